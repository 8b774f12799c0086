//! Objectives, the optimiser, the worker thread, snapshots and checkpoints.

mod actnorm;
mod adam;
mod cpu_model;
mod curve;
mod error;
mod fit;
pub mod flow_job;
mod image_data;
mod learner;
mod lesson;
mod objective;
pub mod ode;
pub mod pixelcnn_job;
mod presets;
pub mod rain_job;
mod ring;
mod score;
mod sequence;
mod source;
pub mod stack_job;
mod trainer;
mod weights;
mod worker;

pub use adam::{Adam, RateSchedule};
pub use error::TrainError;
pub use fit::{Fit, Source, initial_weights};
pub use image_data::ImageData;
pub use learner::{Origin, Standing};
pub use lesson::{FORMAT_VERSION, Lesson, Model, Training};
pub use objective::{causal_stack_training, minimise, minimise_by, pixelcnn_training, realnvp_training, realnvp_training_of};
pub use ring::Ring;
pub use score::{FRESH_POINTS, Score, Scorer};
pub use sequence::{SequenceData, SequenceSource};
pub use source::{ImageSource, PointData, PointSource};
pub use weights::Weights;
pub use worker::{Activity, Event, Job, Publisher, Worker};
