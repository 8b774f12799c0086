//! The lab "Causal stacks": dilated causal convolutions pulled apart, and a small trained one that plays on.
//!
//! The worker computes a whole sequence with every value on the way ([`stack_job`](crate::train::stack_job)); this folder walks through it. What
//! lights up is always an answer of the causal analysis, never a formula.

mod analysis;
mod canvas;
mod controls;
mod explain;
mod growth;
mod lab;
mod net;
mod roll;
mod state;
mod table;
mod training;
mod walk;

pub use lab::{StackLab, open};
