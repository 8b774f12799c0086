//! How strongly the logits of a pixel react to every other pixel: the reverse pass from the logits to the input of a PixelCNN.
//!
//! The levels enter as zeros and ones, which have no slope by themselves; so a `nudge` of the same shape is added to them, zero when the
//! graph is run, and the gradient is taken by it. It is the gradient by the one-hot input:
//!
//! ```text
//! g[q, j] = sum_{p, k} v[p, k] d l[p, k] / d x[q, j]
//! ```
//!
//! With v one at a single (p, k) this is one row of the Jacobian. Its support lies inside the exact receptive field of the causal
//! analysis; it may be smaller, where rectifiers are off. (Effective receptive field: Luo and others 2016, 1701.04128.)

use super::pixelcnn::{Config, Input, Nodes, record_from};
use crate::graph::{Builder, Graph, GraphError, MaskKind, Mode};

/// The graph for a batch. Inputs: `levels [B,H,W,1]`, `class [B,1]` where the model has classes, `nudge [B,H,W,K]` (zeros), and the
/// weights `v [B,H,W,K]` of the logits. Outputs: `logits [B,H,W,K]` and `gradient [B,H,W,K]`.
///
/// # Errors
/// A configuration whose shapes do not fit.
pub fn reverse(config: &Config, batch: usize) -> Result<(Graph, Nodes), GraphError> {
    let mut b = Builder::new(Mode::Evaluate);
    let dims = [batch, config.height, config.width, config.levels];
    let nudge = b.input("nudge", &dims);
    let input = Input::nudged(&mut b, config, batch, Some(nudge));
    let nodes = record_from(&mut b, config, &input, MaskKind::A);
    let v = b.input("v", &dims);
    let gradients = b.vector_jacobian(&[(nodes.logits, v)], &[nudge]);
    b.output("logits", nodes.logits);
    for gradient in gradients {
        b.output("gradient", gradient);
    }
    Ok((b.finish()?, nodes))
}
