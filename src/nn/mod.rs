//! Layers as graph builders.

mod conv;
mod linear;
mod mlp;

pub use conv::{class_bias, conv_1x1, masked_conv};
pub use linear::{Activation, linear};
pub use mlp::Mlp;
