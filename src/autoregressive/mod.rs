//! One file for each autoregressive model of the lecture.

pub mod gated;
pub mod pixelcnn;
