use std::borrow::Cow;
use std::sync::Arc;

use crate::graph::{Graph, GraphError, NodeId, Reuse};

/// A program that a session has prepared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ProgramId(pub usize);

/// Which backend a person asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackendChoice {
    /// The GPU when the adapter is a real one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU, even if it is a software rasteriser.
    Gpu,
}

/// What a session runs on, for the status bar and `doctor`.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct BackendInfo {
    /// `cpu` or `gpu`.
    pub backend: &'static str,
    /// Name of the adapter or of the vector instructions.
    pub adapter: String,
    /// Worker threads (1 on a GPU).
    pub threads: usize,
}

/// Why a computation could not be prepared or run.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ExecError {
    /// The model's recording has a mistake.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// A name that the program or the store does not know.
    #[error("no {kind} named `{name}`; there are: {known}")]
    UnknownName {
        /// Input, output or parameter.
        kind: &'static str,
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// An array of the wrong length.
    #[error("`{name}` needs {expected} numbers, but {found} were given")]
    WrongLength {
        /// The input or parameter.
        name: String,
        /// Its elements.
        expected: usize,
        /// What came.
        found: usize,
    },
    /// A program that would not fit in memory.
    #[error(
        "this needs {needed_mib} MiB of memory for its intermediate values, more than the {allowed_mib} MiB that {place} allows; use a smaller batch or model"
    )]
    TooLarge {
        /// MiB that the plan asks for.
        needed_mib: usize,
        /// MiB that there may be.
        allowed_mib: usize,
        /// `this program`, or the adapter.
        place: String,
    },
    /// No usable GPU.
    #[error("no GPU can be used ({reason}); run with `--backend cpu`, or install a Vulkan driver (for example mesa-vulkan-drivers)")]
    NoGpu {
        /// What the driver said.
        reason: String,
    },
    /// The GPU went away.
    #[error("the GPU stopped answering ({reason}); the work goes on from the last saved weights with `--backend cpu`")]
    GpuLost {
        /// What the driver said.
        reason: String,
    },
}

/// Parameters and state on one backend, and the programs that share them.
///
/// Programs are prepared once; running allocates nothing and waits for nothing. Numbers are f32.
pub trait Session: Send {
    /// Plans a graph's outputs for this backend. Parameters and states that the store lacks are created: zeros until they are written.
    ///
    /// # Errors
    /// A parameter of the same name and another shape.
    fn prepare(&mut self, graph: &Arc<Graph>, reuse: Reuse) -> Result<ProgramId, ExecError>;

    /// Runs a program with these inputs (all of them, in any order).
    ///
    /// # Errors
    /// Unknown or missing names, wrong lengths, a lost device.
    fn run(&mut self, program: ProgramId, inputs: &[(&str, &[f32])]) -> Result<(), ExecError>;

    /// Runs a program of one input and no optimiser step over consecutive batches of `length` numbers (the last is filled up with zeros) and gives an output of
    /// all of them, one after the other. A backend may compute several batches at once; the values are those of [`Session::run`].
    ///
    /// # Errors
    /// Unknown or missing names, wrong lengths, a lost device.
    fn run_batches(&mut self, program: ProgramId, input: &str, values: &[f32], length: usize, output: &str) -> Result<Vec<f32>, ExecError> {
        let mut all = Vec::new();
        for batch in values.chunks(length) {
            self.run(program, &[(input, &filled_up(batch, length))])?;
            all.extend(self.read_output(program, output)?);
        }
        Ok(all)
    }

    /// Values of an output of the last run; waits for them.
    ///
    /// # Errors
    /// An unknown name, a lost device.
    fn read_output(&mut self, program: ProgramId, name: &str) -> Result<Vec<f32>, ExecError>;

    /// The scalars named `loss` of runs since the last call, oldest first; never waits.
    fn losses(&mut self) -> Vec<f32>;

    /// How many optimiser steps were skipped since the last call because the gradient's norm was not finite.
    fn skipped_updates(&mut self) -> usize;

    /// Sets a parameter or state.
    ///
    /// # Errors
    /// An unknown name, a wrong length.
    fn write_parameter(&mut self, name: &str, values: &[f32]) -> Result<(), ExecError>;

    /// Gets a parameter or state; waits for it.
    ///
    /// # Errors
    /// An unknown name, a lost device.
    fn read_parameter(&mut self, name: &str) -> Result<Vec<f32>, ExecError>;

    /// After a run that gave a value that is not finite: the first node of the program whose value is not.
    fn first_non_finite(&mut self, program: ProgramId) -> Option<NodeId>;

    /// What the session runs on.
    fn backend(&self) -> BackendInfo;
}

/// A batch with zeros behind it where it is short.
pub(super) fn filled_up(batch: &[f32], length: usize) -> Cow<'_, [f32]> {
    if batch.len() == length {
        return Cow::Borrowed(batch);
    }
    let mut whole = batch.to_vec();
    whole.resize(length, 0.0);
    Cow::Owned(whole)
}
