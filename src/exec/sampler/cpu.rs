use std::ops::Range;
use std::sync::Arc;

use super::{CachedSampler, Regions, Trajectory};
use crate::exec::cpu::{CpuProgram, CpuSession, Region, Store, Workers};
use crate::exec::iterate::{Iteration, Jacobi};
use crate::exec::{ExecError, ProgramId, Session};
use crate::graph::causal::{CausalError, Order};
use crate::graph::{Graph, NodeId, Reuse};

/// A CPU program (planned without reuse) with its weights: what a [`CachedSampler`] walks.
#[derive(Debug)]
pub struct CpuRegions<'a> {
    /// The program.
    pub program: &'a mut CpuProgram<f32>,
    /// Its weights.
    pub store: &'a Store<f32>,
    /// What it runs on.
    pub workers: &'a Workers,
    region: Region,
}

impl<'a> CpuRegions<'a> {
    /// From the parts of a session.
    pub fn new(program: &'a mut CpuProgram<f32>, store: &'a Store<f32>, workers: &'a Workers) -> CpuRegions<'a> {
        // Larger than any batch: the program clips it to each node.
        CpuRegions { program, store, workers, region: Region { batch: 0..usize::MAX, positions: 0..0 } }
    }
}

impl Regions for CpuRegions<'_> {
    #[inline]
    fn compute(&mut self, node: NodeId, positions: Range<usize>) {
        self.region.positions = positions;
        self.program.run_node_region(self.workers, self.store, node, &self.region);
    }

    fn compute_whole(&mut self, node: NodeId) {
        self.program.run_node(self.workers, self.store, node);
    }

    #[inline]
    fn value(&self, node: NodeId) -> &[f32] {
        self.program.output(node)
    }

    #[inline]
    fn input_mut(&mut self, node: NodeId) -> &mut [f32] {
        self.program.input_node_mut(node)
    }
}

/// Why a model cannot be sampled.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SamplerError {
    /// It is not autoregressive.
    #[error(transparent)]
    Causal(#[from] CausalError),
    /// It cannot be run.
    #[error(transparent)]
    Exec(#[from] ExecError),
}

/// A model, its weights and the state of a drawing, on the CPU: all three samplers over one program.
#[derive(Debug)]
pub struct CpuSampler {
    session: CpuSession,
    program: ProgramId,
    cached: CachedSampler,
}

impl CpuSampler {
    /// Prepares a graph that predicts its input `data [B,H,W,1]` by its output `logits [B,H,W,K]`. Weights are zeros until they are
    /// written to [`CpuSampler::session`].
    ///
    /// # Errors
    /// A model that is not autoregressive in this order, or that cannot be run.
    pub fn new(graph: &Arc<Graph>, data: NodeId, logits: NodeId, order: Order, threads: usize) -> Result<CpuSampler, SamplerError> {
        let cached = CachedSampler::new(graph, data, logits, order)?;
        let mut session = CpuSession::new(threads);
        let program = session.prepare(graph, Reuse::Off)?;
        Ok(CpuSampler { session, program, cached })
    }

    /// The session with the weights. After a change of weights, start anew.
    pub fn session(&mut self) -> &mut CpuSession {
        &mut self.session
    }

    /// Sets another input, such as `class [B,1]`; start anew afterwards.
    ///
    /// # Errors
    /// An unknown name, a wrong length.
    pub fn set_input(&mut self, name: &str, values: &[f32]) -> Result<(), ExecError> {
        self.session.parts(self.program).0.set_input(name, values)
    }

    /// See [`CachedSampler::start`].
    pub fn start(&mut self, u: &[f32], temperature: f32) {
        let (mut program, cached) = self.parts();
        cached.start(&mut program, u, temperature);
    }

    /// See [`CachedSampler::predict`].
    pub fn predict(&mut self) -> Option<usize> {
        let (mut program, cached) = self.parts();
        cached.predict(&mut program)
    }

    /// See [`CachedSampler::step`].
    pub fn step(&mut self) -> Option<usize> {
        let (mut program, cached) = self.parts();
        cached.step(&mut program)
    }

    /// See [`CachedSampler::force`].
    pub fn force(&mut self, level: u16) -> Option<usize> {
        let (mut program, cached) = self.parts();
        cached.force(&mut program, level)
    }

    /// See [`CachedSampler::finish`].
    pub fn finish(&mut self) -> &Trajectory {
        let (mut program, cached) = self.parts();
        cached.finish(&mut program)
    }

    /// See [`CachedSampler::resume_from`].
    pub fn resume_from(&mut self, step: usize) {
        self.cached.resume_from(step);
    }

    /// What was drawn so far.
    pub fn trajectory(&self) -> &Trajectory {
        self.cached.trajectory()
    }

    /// The sampler's state and schedule.
    pub fn cached(&self) -> &CachedSampler {
        &self.cached
    }

    /// Present values of a node, for pictures: a position holds what the last computation of it left.
    pub fn value(&mut self, node: NodeId) -> &[f32] {
        self.session.parts(self.program).0.output(node)
    }

    /// One whole forward pass: logits `[B,P,K]` of levels `[B,P]`. The cached drawing goes on afterwards as if nothing had been.
    pub fn forward(&mut self, levels: &[f32], logits: &mut [f32]) {
        let (program, cached) = self.parts();
        let CpuRegions { program, store, workers, .. } = program;
        let schedule = cached.schedule();
        program.input_node_mut(schedule.data()).copy_from_slice(levels);
        program.evaluate(workers, store);
        logits.copy_from_slice(program.output(schedule.logits()));
        cached.invalidate(program.input_node_mut(cached.schedule().data()));
    }

    /// Draws by a whole forward pass for each position, see [`super::full_forward`].
    pub fn full_forward(&mut self, u: &[f32], temperature: f32) -> Trajectory {
        let order = self.cached.schedule().order().clone();
        let level_count = self.cached.trajectory().level_count;
        let forward = |levels: &[f32], logits: &mut [f32]| -> Result<(), std::convert::Infallible> {
            self.forward(levels, logits);
            Ok(())
        };
        match super::full_forward(&order, level_count, u, temperature, forward) {
            Ok(trajectory) => trajectory,
            Err(never) => match never {},
        }
    }

    /// Draws by sweeps, see [`Jacobi`].
    pub fn jacobi(&mut self, u: &[f32], temperature: f32) -> (Jacobi, Iteration) {
        let &Trajectory { positions, level_count, .. } = self.cached.trajectory();
        let mut jacobi = Jacobi::new(positions, level_count, u, temperature);
        let forward = |levels: &[f32], logits: &mut [f32]| -> Result<(), std::convert::Infallible> {
            self.forward(levels, logits);
            Ok(())
        };
        match jacobi.run(forward) {
            Ok(iteration) => (jacobi, iteration),
            Err(never) => match never {},
        }
    }

    fn parts(&mut self) -> (CpuRegions<'_>, &mut CachedSampler) {
        let (program, store, workers) = self.session.parts(self.program);
        (CpuRegions::new(program, store, workers), &mut self.cached)
    }
}
