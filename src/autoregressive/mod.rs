//! One file for each autoregressive model of the lecture.

pub mod causal_stack;
pub mod gated;
mod head;
pub mod pixelcnn;
pub mod sensitivity;
