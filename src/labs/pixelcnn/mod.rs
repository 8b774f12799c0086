//! The lab "PixelCNN": a trained model draws a digit one pixel at a time, and says what each pixel sees and costs.
//!
//! The worker computes a whole sample at once ([`pixelcnn_job`](crate::train::pixelcnn_job)); this folder only walks through it and draws it.

mod actions;
mod bet;
mod branch;
mod canvas;
mod channels;
mod controls;
mod cost_panel;
mod explain;
pub(in crate::labs) mod field;
mod gallery;
mod insight;
mod lab;
mod layers;
mod lit;
mod live;
mod mask_editor;
mod micro;
mod micro_chart;
mod micro_panel;
mod micro_picture;
mod pins;
mod side;
mod spoken;
mod state;
mod study;
mod table;
mod training;
mod versus;
mod view;
mod walk;

pub use lab::{PixelcnnLab, open};
