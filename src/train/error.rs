use std::path::{Path, PathBuf};

use super::CurveError;
use crate::data::DataError;
use crate::exec::ExecError;
use crate::exec::sampler::SamplerError;
use crate::graph::GraphError;

/// Why a lesson could not be opened, trained, scored or saved. Its text is one sentence: what was expected, what was found, what to do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TrainError {
    /// A computation failed.
    #[error(transparent)]
    Exec(#[from] ExecError),
    /// A model that cannot be drawn from.
    #[error(transparent)]
    Sampler(Box<SamplerError>),
    /// Data could not be read or written.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A file cannot be read.
    #[error("Expected a readable file at {path}, but {reason}; check the path and its permissions.", path = .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// No lesson of this name.
    #[error("Expected a lesson, found {name:?}, which is neither a file nor one of {known}; check the spelling or the path.")]
    NoSuchLesson {
        /// What was asked for.
        name: String,
        /// The presets.
        known: String,
    },
    /// A file that is no lesson.
    #[error("Expected a lesson (*.tractable.json) at {path}, but {reason}; correct that place or save the lesson anew.", path = .path.display())]
    NotALesson {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A lesson of a newer program.
    #[error("The lesson {path} has format version {found}, this program reads up to {known}; open it with a newer Tractable.", path = .path.display())]
    NewerLesson {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The newest that is read.
        known: u32,
    },
    /// Bytes that are no weights.
    #[error("Expected weights in safetensors format{place}, but {reason}; choose a file that this program saved.")]
    NotWeights {
        /// ` at PATH`, or nothing.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// Weights of another model.
    #[error("These weights do not fit the model: {reason}; choose weights of this lesson, or open the lesson that they were saved with.")]
    WrongWeights {
        /// The first array that differs.
        reason: String,
    },
    /// Weights beside which no curve is kept that could be drawn.
    #[error("These weights cannot be gone on from: {0}; choose a file that this program saved.")]
    NoCurve(#[from] CurveError),
    /// Training broke.
    #[error(
        "Training stopped at step {step}: `{node}` is no longer a finite number; the weights of step {kept} are kept. Lower the learning rate and go on."
    )]
    Diverged {
        /// The step.
        step: u64,
        /// The first node whose value is not finite.
        node: String,
        /// The step whose weights are kept.
        kept: u64,
    },
    /// A loss ran away without becoming infinite.
    #[error(
        "Training stopped at step {step}: the loss rose to {} nats, and knowing nothing costs {ceiling:.0}; the weights of step {kept} are back. Lower the learning rate and go on.",
        written(*nats)
    )]
    Exploded {
        /// The step.
        step: u64,
        /// The loss of an example there.
        nats: f64,
        /// What a model pays that knows nothing.
        ceiling: f64,
        /// The step whose weights are back.
        kept: u64,
    },
    /// A table of another number of columns than the flow has dimensions.
    #[error(
        "Expected {dim} columns of numbers for a flow of {dim} dimensions, found {found} in {place}; choose a table of {dim} columns or a flow of {found} dimensions."
    )]
    WrongColumns {
        /// What the data are called.
        place: String,
        /// Dimension of the flow.
        dim: usize,
        /// Columns of numbers that there are.
        found: usize,
    },
    /// No step that is early enough is kept.
    #[error("No step at least {back} updates before step {from} is kept; start again instead.")]
    NothingKept {
        /// Updates to go back.
        back: u64,
        /// The newest step.
        from: u64,
    },
    /// Nothing to learn from.
    #[error("Expected at least one {what} to learn from, found none; draw or choose some data first.")]
    NoData {
        /// `point` or `image`.
        what: &'static str,
    },
}

/// What the window says of a lost graphics device: how the work goes on (`the fit goes on from step 5, its last good one`), and what to do.
pub(super) fn device_lost(reason: &str, goes_on: &str) -> String {
    format!(
        "The graphics device was lost ({reason}). Nothing is to be done: {goes_on}, on the processor, more slowly. To have the device back, save the \
         session (Ctrl+S) and start the program again."
    )
}

impl TrainError {
    pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> TrainError {
        TrainError::Unreadable { path: path.into(), reason: error.to_string() }
    }

    pub(super) fn not_a_lesson(path: &Path, reason: &str) -> TrainError {
        TrainError::NotALesson { path: path.into(), reason: reason.into() }
    }
}

impl From<SamplerError> for TrainError {
    fn from(error: SamplerError) -> TrainError {
        TrainError::Sampler(Box::new(error))
    }
}

impl From<GraphError> for TrainError {
    fn from(error: GraphError) -> TrainError {
        TrainError::Exec(error.into())
    }
}

/// A loss that may be as large as a float: from a million on by its power of ten.
fn written(nats: f64) -> String {
    if nats.abs() < 1e6 { format!("{nats:.0}") } else { format!("{nats:.1e}") }
}
