//! The slow direction of an autoregressive layer by Jacobi's iteration: all coordinates at once, each from the guesses before it.
//!
//! ```text
//! x_t <- f^-1(z_t; x_<t of the sweep before)   for all t together
//! ```
//!
//! The first coordinate reads nothing and is right after one sweep, the second after two: after D sweeps all are, whatever the first guess was.

use super::Autoregressive;
use crate::flows::{Config, Jacobian};
use crate::graph::{Builder, Graph, GraphError, Mode, NodeId};

impl Autoregressive {
    /// One sweep: the points `[B,D]` whose every coordinate has the image's under the map that the guess asks for.
    fn sweep(&self, b: &mut Builder, image: NodeId, guess: NodeId) -> NodeId {
        let raw = self.made.all(b, guess);
        self.map.inverse(b, image, raw).to
    }
}

/// The graph of one sweep of the first layer of an autoregressive flow: inputs `image [B,D]`, `guess [B,D]` and, with classes, `class [B,1]`, output `next [B,D]`. The image is
/// latent and the guess data, for IAF the other way round. None for other families.
///
/// # Errors
/// A configuration whose shapes do not fit.
pub fn jacobi_sweep(config: &Config, batch: usize) -> Result<Option<Graph>, GraphError> {
    if config.family.jacobian() != Jacobian::Autoregressive {
        return Ok(None);
    }
    let mut b = Builder::new(Mode::Inverse);
    let image = b.input("image", &[batch, config.dim]);
    let guess = b.input("guess", &[batch, config.dim]);
    let class = crate::flows::record::class(&mut b, config, batch);
    let layer = b.scope(config.scope(0), |b| Autoregressive::declare(b, config, 0, class));
    let next = layer.sweep(&mut b, image, guess);
    b.output("next", next);
    b.finish().map(Some)
}
