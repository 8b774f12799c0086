use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exec::cpu::CpuSession;
use crate::exec::{BackendInfo, ExecError, ProgramId, Session};
use crate::graph::{Graph, NodeId, Reuse};

/// A session that answers as one on a lost device does, from the moment that the flag is set; with the other flag set the next losses are
/// no numbers.
pub(crate) struct Breakable {
    inside: CpuSession,
    lost: Arc<AtomicBool>,
    spoiled: Arc<AtomicBool>,
}

impl Breakable {
    /// On the processor with one thread.
    pub(crate) fn new(lost: &Arc<AtomicBool>, spoiled: &Arc<AtomicBool>) -> Breakable {
        Breakable { inside: CpuSession::new(1), lost: Arc::clone(lost), spoiled: Arc::clone(spoiled) }
    }

    fn check(&self) -> Result<(), ExecError> {
        if self.lost.load(Ordering::Relaxed) { Err(ExecError::GpuLost { reason: "the cable was pulled".into() }) } else { Ok(()) }
    }
}

impl Session for Breakable {
    fn prepare(&mut self, graph: &Arc<Graph>, reuse: Reuse) -> Result<ProgramId, ExecError> {
        self.check()?;
        self.inside.prepare(graph, reuse)
    }
    fn run(&mut self, program: ProgramId, inputs: &[(&str, &[f32])]) -> Result<(), ExecError> {
        self.check()?;
        self.inside.run(program, inputs)
    }
    fn read_output(&mut self, program: ProgramId, name: &str) -> Result<Vec<f32>, ExecError> {
        self.check()?;
        self.inside.read_output(program, name)
    }
    fn losses(&mut self) -> Vec<f32> {
        let mut losses = self.inside.losses();
        if !losses.is_empty() && self.spoiled.swap(false, Ordering::Relaxed) {
            losses.fill(f32::NAN);
        }
        losses
    }
    fn skipped_updates(&mut self) -> usize {
        self.inside.skipped_updates()
    }
    fn write_parameter(&mut self, name: &str, values: &[f32]) -> Result<(), ExecError> {
        self.check()?;
        self.inside.write_parameter(name, values)
    }
    fn read_parameter(&mut self, name: &str) -> Result<Vec<f32>, ExecError> {
        self.check()?;
        self.inside.read_parameter(name)
    }
    fn first_non_finite(&mut self, program: ProgramId) -> Option<NodeId> {
        self.inside.first_non_finite(program)
    }
    fn backend(&self) -> BackendInfo {
        BackendInfo { backend: "gpu", ..self.inside.backend() }
    }
}
