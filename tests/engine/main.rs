//! Claims about the engine: gradients against finite differences, causality against perturbation.

#![allow(missing_docs, reason = "a test binary has no readers of its documentation")]
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod causal;
mod causal_stack;
mod claims;
mod gated;
mod gpu_regions;
mod gpu_support;
mod gpu_training;
mod gpu_values;
mod gradients;
mod house;
mod perturbation;
mod pixelcnn;
mod plan;
mod run;
mod sampling;
mod sensitivity;
mod stacks;
