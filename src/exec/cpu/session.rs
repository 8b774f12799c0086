use std::sync::Arc;

use super::program::CpuProgram;
use super::store::Store;
use super::threads::Workers;
use crate::exec::session::filled_up;
use crate::exec::{BackendInfo, ExecError, ProgramId, Session};
use crate::graph::{Graph, NodeId, Op, Plan, Reuse};

/// A plan that asks for more is refused with a sentence, where allocating it could end in the process being killed.
const MEMORY_LIMIT_MIB: usize = 8 * 1024;

/// A [`Session`] on the CPU, in f32.
#[derive(Debug)]
pub struct CpuSession {
    workers: Workers,
    /// For batches that run beside each other, each on one thread.
    single: Workers,
    store: Store<f32>,
    programs: Vec<Prepared>,
    losses: Vec<f32>,
    skipped: usize,
}

#[derive(Debug)]
struct Prepared {
    program: CpuProgram<f32>,
    /// The same program with buffers of its own, one for every thread but the first, once batches ran beside each other.
    copies: Vec<CpuProgram<f32>>,
    /// MiB of its buffers.
    mib: usize,
    loss: Option<NodeId>,
}

impl CpuSession {
    /// A session on so many threads, the calling one included.
    pub fn new(threads: usize) -> CpuSession {
        CpuSession {
            workers: Workers::new(threads),
            single: Workers::new(1),
            store: Store::new(),
            programs: Vec::new(),
            losses: Vec::new(),
            skipped: 0,
        }
    }

    /// Parameters and states.
    pub fn store(&self) -> &Store<f32> {
        &self.store
    }

    /// Parameters and states, to be changed.
    pub fn store_mut(&mut self) -> &mut Store<f32> {
        &mut self.store
    }

    /// A program with the store and the workers that it runs with: for the sampler, which computes region by region.
    ///
    /// # Panics
    /// If the id is not of the session.
    pub fn parts(&mut self, program: ProgramId) -> (&mut CpuProgram<f32>, &Store<f32>, &Workers) {
        (&mut self.programs[program.0].program, &self.store, &self.workers)
    }

    /// An output's values, without copying.
    ///
    /// # Errors
    /// An unknown name.
    pub fn output(&self, program: ProgramId, name: &str) -> Result<&[f32], ExecError> {
        let prepared = &self.programs[program.0];
        let graph = prepared.program.graph();
        match graph.output(name) {
            Some(node) if !matches!(graph.node(node).op, Op::Parameter | Op::State) => Ok(prepared.program.output(node)),
            Some(node) => self.store.get(&graph.describe(node)),
            None => {
                let known = graph.outputs().iter().map(|(name, _)| &name[..]).collect::<Vec<_>>().join(", ");
                Err(ExecError::UnknownName { kind: "output", name: name.into(), known })
            }
        }
    }
}

impl Session for CpuSession {
    fn prepare(&mut self, graph: &Arc<Graph>, reuse: Reuse) -> Result<ProgramId, ExecError> {
        let outputs: Vec<NodeId> = graph.outputs().iter().map(|&(_, node)| node).collect();
        let plan = Plan::new(graph, &outputs, reuse);
        let needed_mib = plan.footprint().saturating_mul(size_of::<f32>()) >> 20;
        if needed_mib > MEMORY_LIMIT_MIB {
            return Err(ExecError::TooLarge { needed_mib, allowed_mib: MEMORY_LIMIT_MIB, place: "this program".into() });
        }
        let program = CpuProgram::new(graph, &plan, &mut self.store)?;
        self.programs.push(Prepared { program, copies: Vec::new(), mib: needed_mib, loss: graph.output("loss") });
        Ok(ProgramId(self.programs.len() - 1))
    }

    fn run(&mut self, program: ProgramId, inputs: &[(&str, &[f32])]) -> Result<(), ExecError> {
        let Prepared { program, loss, .. } = &mut self.programs[program.0];
        for (name, values) in inputs {
            program.set_input(name, values)?;
        }
        if let Some((missing, _)) = program.inputs().find(|(name, _)| !inputs.iter().any(|(given, _)| given == name)) {
            let known = inputs.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            return Err(ExecError::UnknownName { kind: "given input", name: missing.into(), known });
        }
        let skipped = program.run(&self.workers, &mut self.store);
        self.losses.extend(loss.and_then(|node| program.output(node).first()));
        self.skipped += usize::from(skipped > 0);
        Ok(())
    }

    fn run_batches(&mut self, program: ProgramId, input: &str, values: &[f32], length: usize, output: &str) -> Result<Vec<f32>, ExecError> {
        // Before anything runs: whether names and lengths fit, and how many numbers a batch gives.
        let width = self.output(program, output)?.len();
        let Prepared { program, copies, mib, .. } = &mut self.programs[program.0];
        if let Some((other, _)) = program.inputs().find(|(name, _)| *name != input) {
            return Err(ExecError::UnknownName { kind: "given input", name: other.into(), known: input.into() });
        }
        let expected = program.input_mut(input)?.len();
        if expected != length {
            return Err(ExecError::WrongLength { name: input.into(), expected, found: length });
        }
        let Some(node) = program.graph().output(output) else { return Ok(Vec::new()) };
        let batches = values.len().div_ceil(length);
        // All copies together stay within what one program may ask for.
        let beside = self.workers.threads().min(MEMORY_LIMIT_MIB / (*mib).max(1));
        let share = batches.div_ceil(beside).max(1);
        while copies.len() + 1 < batches.div_ceil(share) {
            copies.push(program.clone());
        }
        let mut all = vec![0.0; batches * width];
        let shares = values.chunks(share * length).zip(all.chunks_mut(share * width));
        let jobs: Vec<_> = std::iter::once(program).chain(copies).zip(shares).collect();
        // One thread for each of several batches; a batch that is alone is split itself.
        let (store, workers) = (&self.store, if batches == 1 { &self.workers } else { &self.single });
        self.workers.each(jobs.into_iter(), |(program, (values, out))| {
            for (batch, out) in values.chunks(length).zip(out.chunks_exact_mut(width)) {
                program.set_input(input, &filled_up(batch, length)).expect("the name and the length fit");
                program.evaluate(workers, store);
                out.copy_from_slice(program.output(node));
            }
        });
        Ok(all)
    }

    fn read_output(&mut self, program: ProgramId, name: &str) -> Result<Vec<f32>, ExecError> {
        self.output(program, name).map(<[f32]>::to_vec)
    }

    fn losses(&mut self) -> Vec<f32> {
        std::mem::take(&mut self.losses)
    }

    fn skipped_updates(&mut self) -> usize {
        std::mem::take(&mut self.skipped)
    }

    fn write_parameter(&mut self, name: &str, values: &[f32]) -> Result<(), ExecError> {
        self.store.set(name, values)
    }

    fn read_parameter(&mut self, name: &str) -> Result<Vec<f32>, ExecError> {
        self.store.get(name).map(<[f32]>::to_vec)
    }

    fn first_non_finite(&mut self, program: ProgramId) -> Option<NodeId> {
        self.programs[program.0].program.first_non_finite(&self.workers, &self.store)
    }

    fn backend(&self) -> BackendInfo {
        let adapter = self.workers.instructions();
        BackendInfo { backend: "cpu", adapter, threads: self.workers.threads() }
    }
}
