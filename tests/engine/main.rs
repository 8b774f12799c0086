//! Claims about the engine: gradients against finite differences, causality against perturbation.

#![allow(missing_docs, reason = "a test binary has no readers of its documentation")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod causal;
mod stacks;
