//! Objectives, the optimiser, the worker thread, snapshots and checkpoints.

mod adam;
mod objective;

pub use adam::{Adam, RateSchedule};
pub use objective::{minimise, pixelcnn_training, realnvp_training};
