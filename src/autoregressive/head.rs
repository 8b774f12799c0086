//! How the convolutional models end: a small net at every position, the logits, and the likelihood.
//!
//! ```text
//! p(x_i | x_<i) = softmax(W_2 relu(W_1 features))        -ln p(x) = -sum_i ln p(x_i | x_<i)
//! ```

use crate::graph::{Builder, Init, NodeId, Taps};
use crate::nn;

/// What a model is asked for.
pub(super) struct Head {
    /// Logits `[B,H,W,K]`.
    pub(super) logits: NodeId,
    /// `ln p(x_i = k | x_<i)`, `[B,H,W,K]`.
    pub(super) log_p: NodeId,
    /// `-ln p(x)` of each example, `[B,1,1,1]`, nats.
    pub(super) nll: NodeId,
}

impl Head {
    /// Records `hidden` channels over rectified features `[B,H,W,C]`, read through `taps`, and the price of the one-hot symbols `[B,H,W,K]`.
    pub(super) fn record(b: &mut Builder, features: NodeId, taps: &Taps, hidden: usize, symbols: NodeId) -> Head {
        let (fan_in, levels) = (b.shape(features).last(), b.shape(symbols).last());
        let logits = b.scope("head", |b| {
            let hidden_value = nn::masked_conv(b, "hidden", taps, features, hidden, Init::he(fan_in));
            let active = b.relu(hidden_value);
            // Small last weights, so that the first loss is ln K a symbol.
            nn::conv_1x1(b, "logits", active, levels, Init::Normal(0.1 / (hidden as f64).sqrt()))
        });
        let log_p = b.log_softmax(logits);
        let chosen = b.mul(log_p, symbols);
        let log_likelihood = b.sum(chosen, &[1, 2, 3]);
        Head { logits, log_p, nll: b.neg(log_likelihood) }
    }
}
