//! What each element sees: receptive fields, blind spots, and the schedule by which a model samples.
//!
//! One dependency rule ([`Op::reads`](super::Op::reads)) has three uses. Walked back from one element it is the receptive field that a
//! picture draws ([`receptive_field`], [`field`]). Reduced to two numbers per element (the latest input that it sees, the first step that
//! reads it) it proves the autoregressive order and gives the order of work in which a sampler computes every activation once
//! ([`Schedule`]).
//!
//! A *position* is a pixel, `row * width + column`, with all its channels. An operation whose positions are not understood counts as
//! reading everything: the analysis may then report a leak that is not there, never miss one that is.

mod field;
mod link;
mod order;
mod schedule;

pub use field::{Field, Visibility, field, influence, receptive_field, window};
pub use order::Order;
pub use schedule::{Schedule, Task};

/// Why a graph cannot be sampled in an order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CausalError {
    /// The logits of a pixel see a pixel that is not drawn before it.
    #[error(
        "`{node}` at row {}, column {} sees row {}, column {} of the data, which is drawn at step {sees_step}, not before step {step}",
        position / width, position % width, sees / width, sees % width
    )]
    Leak {
        /// The node that predicts.
        node: String,
        /// The position that it predicts.
        position: usize,
        /// Step at which that position is drawn.
        step: usize,
        /// The latest position that it sees.
        sees: usize,
        /// Step at which the seen position is drawn.
        sees_step: usize,
        /// Width of the image.
        width: usize,
    },
    /// Logits and data are not images of one size.
    #[error("logits `{node}` have {found} positions, the data input has {expected}; one prediction for each position is needed")]
    Positions {
        /// The node that predicts.
        node: String,
        /// Positions of the data input.
        expected: usize,
        /// Positions of the logits.
        found: usize,
    },
    /// An order that is not a permutation of the positions.
    #[error("a sampling order of {expected} positions must hold each step from 0 once; step {step} is missing or out of range")]
    Order {
        /// Number of positions.
        expected: usize,
        /// A step that is wrong.
        step: usize,
    },
}
