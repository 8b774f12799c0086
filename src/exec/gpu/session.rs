use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::device::GpuDevice;
use super::losses::LossRing;
use super::program::{GpuProgram, Tuning};
use crate::exec::cpu::Region;
use crate::exec::{BackendInfo, ExecError, ProgramId, Session};
use crate::graph::{Graph, NodeId, Op, Plan, Reuse, Shape};

/// Runs that may be under way at once: the next one waits for the oldest, so that the queue cannot grow without bound.
const IN_FLIGHT: usize = 4;

/// Parameters and state on a GPU, and the programs that share them.
pub struct GpuSession {
    gpu: Arc<GpuDevice>,
    tuning: Tuning,
    stored: HashMap<String, wgpu::Buffer>,
    shapes: HashMap<String, Shape>,
    programs: Vec<GpuProgram>,
    in_flight: VecDeque<wgpu::SubmissionIndex>,
    ring: LossRing,
}

impl GpuSession {
    /// An empty session on a device, which several sessions may share.
    pub fn new(gpu: Arc<GpuDevice>) -> GpuSession {
        let tuning = Tuning::for_device(&gpu);
        GpuSession::with_tuning(gpu, tuning)
    }

    /// An empty session that cuts its work in this way.
    pub fn with_tuning(gpu: Arc<GpuDevice>, tuning: Tuning) -> GpuSession {
        GpuSession {
            gpu,
            tuning,
            stored: HashMap::new(),
            shapes: HashMap::new(),
            programs: Vec::new(),
            in_flight: VecDeque::new(),
            ring: LossRing::default(),
        }
    }

    /// The device.
    pub fn device(&self) -> &GpuDevice {
        &self.gpu
    }

    /// Writes inputs of a program without running it: some or all, for runs of regions.
    ///
    /// # Errors
    /// Unknown names, wrong lengths.
    pub fn write_inputs(&mut self, program: ProgramId, inputs: &[(&str, &[f32])]) -> Result<(), ExecError> {
        let program = &self.programs[program.0];
        for &(name, values) in inputs {
            let id = find(&program.graph, &program.plan.sources, "input", name)?;
            check_length(name, program.graph.shape(id).elements(), values.len())?;
            self.gpu.queue.write_buffer(program.location(id, &self.stored), 0, bytemuck::cast_slice(values));
        }
        Ok(())
    }

    /// Computes some nodes of a program, each list of nodes on its region, in this order; inputs are those that were written last.
    ///
    /// A value has the bits that the whole run gives it. Nodes must have the batch on axis 0, or mix positions: those are computed whole.
    /// The program should be planned without reuse of buffers, so that values of other regions stay.
    ///
    /// # Errors
    /// A lost device.
    pub fn run_regions(&mut self, program: ProgramId, work: &[(&[NodeId], Region)]) -> Result<(), ExecError> {
        self.programs[program.0].run_regions(&self.gpu, work);
        self.gpu.check()
    }

    /// Value of any node of a program that was planned without reuse of buffers (or of an output); waits for it.
    ///
    /// # Errors
    /// A lost device.
    pub fn read_node(&mut self, program: ProgramId, node: NodeId) -> Result<Vec<f32>, ExecError> {
        let program = &self.programs[program.0];
        self.gpu.read(program.location(node, &self.stored), program.graph.shape(node).elements())
    }

    /// Buffers for the parameters and states of a plan that the store lacks.
    fn store(&mut self, graph: &Graph, plan: &Plan) -> Result<(), ExecError> {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
        for &id in &plan.stored {
            let (name, shape) = (graph.describe(id), graph.shape(id));
            match self.shapes.get(&name) {
                Some(known) => check_length(&name, known.elements(), shape.elements())?,
                None => {
                    // A new buffer is zeros.
                    self.stored.insert(name.clone(), self.gpu.buffer(&name, shape.elements() * 4, usage)?);
                    self.shapes.insert(name, shape);
                }
            }
        }
        Ok(())
    }

    fn known(&self, name: &str) -> Result<Shape, ExecError> {
        self.shapes.get(name).copied().ok_or_else(|| {
            let mut known: Vec<&str> = self.shapes.keys().map(String::as_str).collect();
            known.sort_unstable();
            ExecError::UnknownName { kind: "parameter", name: name.into(), known: known.join(", ") }
        })
    }

    fn build(&mut self, graph: &Arc<Graph>, plan: Plan) -> Result<GpuProgram, ExecError> {
        let validation = self.gpu.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let memory = self.gpu.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let program =
            self.store(graph, &plan).and_then(|()| GpuProgram::new(&self.gpu, Arc::clone(graph), plan, &self.stored, self.tuning));
        let errors = [pollster::block_on(memory.pop()), pollster::block_on(validation.pop())];
        match errors.into_iter().flatten().next() {
            Some(error) => Err(ExecError::NoGpu { reason: error.to_string() }),
            None => program,
        }
    }
}

impl Session for GpuSession {
    fn prepare(&mut self, graph: &Arc<Graph>, reuse: Reuse) -> Result<ProgramId, ExecError> {
        let outputs: Vec<NodeId> = graph.outputs().iter().map(|&(_, id)| id).collect();
        let program = self.build(graph, Plan::new(graph, &outputs, reuse))?;
        self.programs.push(program);
        Ok(ProgramId(self.programs.len() - 1))
    }

    fn run(&mut self, program: ProgramId, inputs: &[(&str, &[f32])]) -> Result<(), ExecError> {
        {
            let program = &self.programs[program.0];
            let missing = |id: &&NodeId| {
                let node = program.graph.node(**id);
                node.op == Op::Input && !inputs.iter().any(|(name, _)| node.name.as_deref() == Some(name))
            };
            if let Some(&id) = program.plan.sources.iter().find(missing) {
                let known = inputs.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
                return Err(ExecError::UnknownName { kind: "given input", name: program.graph.describe(id), known });
            }
        }
        self.write_inputs(program, inputs)?;
        if self.in_flight.len() >= IN_FLIGHT {
            let oldest = self.in_flight.pop_front();
            self.gpu.wait(oldest)?;
        }
        let program = &self.programs[program.0];
        let mut encoders = program.record(&self.gpu, true);
        if let Some(last) = encoders.last_mut() {
            let loss = program.graph.output("loss").filter(|&id| program.graph.shape(id).elements() == 1);
            let loss = loss.map(|id| program.location(id, &self.stored));
            self.ring.record(&self.gpu, last, loss, program.applied());
        }
        let submissions = encoders.into_iter().map(|encoder| self.gpu.queue.submit([encoder.finish()]));
        self.in_flight.extend(submissions.last());
        self.ring.submitted();
        self.gpu.check()
    }

    fn read_output(&mut self, program: ProgramId, name: &str) -> Result<Vec<f32>, ExecError> {
        let graph = &self.programs[program.0].graph;
        let Some(id) = graph.output(name) else {
            let known = graph.outputs().iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
            return Err(ExecError::UnknownName { kind: "output", name: name.into(), known });
        };
        self.read_node(program, id)
    }

    fn losses(&mut self) -> Vec<f32> {
        self.ring.take_losses(&self.gpu)
    }

    fn skipped_updates(&mut self) -> usize {
        self.ring.take_skipped(&self.gpu)
    }

    fn write_parameter(&mut self, name: &str, values: &[f32]) -> Result<(), ExecError> {
        check_length(name, self.known(name)?.elements(), values.len())?;
        self.gpu.queue.write_buffer(&self.stored[name], 0, bytemuck::cast_slice(values));
        Ok(())
    }

    fn read_parameter(&mut self, name: &str) -> Result<Vec<f32>, ExecError> {
        let elements = self.known(name)?.elements();
        self.gpu.read(&self.stored[name], elements)
    }

    /// Runs the program once more with a buffer for each node and without the optimiser, on the inputs of the last run. The optimiser
    /// skipped its step in that run, so the parameters are still those that gave the bad value.
    fn first_non_finite(&mut self, program: ProgramId) -> Option<NodeId> {
        let graph = Arc::clone(&self.programs[program.0].graph);
        let outputs = self.programs[program.0].plan.outputs.clone();
        let every = self.build(&graph, Plan::new(&graph, &outputs, Reuse::Off)).ok()?;
        let program = &self.programs[program.0];
        let mut encoder = self.gpu.device.create_command_encoder(&Default::default());
        for &id in every.plan.sources.iter().filter(|id| graph.node(**id).op == Op::Input) {
            let bytes = graph.shape(id).elements() as u64 * 4;
            encoder.copy_buffer_to_buffer(program.location(id, &self.stored), 0, every.location(id, &self.stored), 0, bytes);
        }
        self.gpu.queue.submit([encoder.finish()]);
        self.gpu.queue.submit(every.record(&self.gpu, false).into_iter().map(wgpu::CommandEncoder::finish));
        let mut nodes: Vec<NodeId> = [&every.plan.sources, &every.plan.stored, &every.plan.steps].into_iter().flatten().copied().collect();
        nodes.retain(|&id| graph.node(id).op != Op::AdamStep);
        nodes.sort_unstable();
        nodes.into_iter().find(|&id| {
            let values = self.gpu.read(every.location(id, &self.stored), graph.shape(id).elements());
            values.is_ok_and(|values| values.iter().any(|v| !v.is_finite()))
        })
    }

    fn backend(&self) -> BackendInfo {
        let info = self.gpu.info();
        BackendInfo { backend: "gpu", adapter: format!("{} ({})", info.name, info.backend), threads: 1 }
    }
}

/// The source of this name.
fn find(graph: &Graph, among: &[NodeId], kind: &'static str, name: &str) -> Result<NodeId, ExecError> {
    let inputs = || among.iter().copied().filter(|&id| graph.node(id).op == Op::Input);
    inputs().find(|&id| graph.node(id).name.as_deref() == Some(name)).ok_or_else(|| {
        let known = inputs().map(|id| graph.describe(id)).collect::<Vec<_>>().join(", ");
        ExecError::UnknownName { kind, name: name.into(), known }
    })
}

fn check_length(name: &str, expected: usize, found: usize) -> Result<(), ExecError> {
    if expected == found { Ok(()) } else { Err(ExecError::WrongLength { name: name.into(), expected, found }) }
}
