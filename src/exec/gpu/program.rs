use std::collections::HashMap;
use std::sync::Arc;

use super::device::GpuDevice;
use super::dispatch::{Binding, Dispatch, RegionUniform, region_uniform};
use super::lower::lower;
use super::pipeline::Pipeline;
use crate::exec::ExecError;
use crate::exec::cpu::Region;
use crate::graph::{Graph, NodeId, Op, Plan};

const STORAGE: wgpu::BufferUsages = wgpu::BufferUsages::STORAGE.union(wgpu::BufferUsages::COPY_SRC).union(wgpu::BufferUsages::COPY_DST);

/// Regions that one submit can have beside the whole.
const REGION_SLOTS: usize = 1024;

/// How work is cut for a device. Values do not depend on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tuning {
    /// Workgroups in one dispatch at most; kernels loop over what is left.
    pub workgroups: u32,
    /// Multiply-adds in one submit at most, so that a long step does not hold up the picture.
    pub submit_cost: u64,
}

impl Tuning {
    /// As many workgroups as the device allows; submits of about 8 ms on a small GPU (0.5 T multiply-adds a second), and no cuts on a
    /// software rasteriser, where nothing waits for the queue.
    pub fn for_device(gpu: &GpuDevice) -> Tuning {
        let submit_cost = if gpu.is_software() { u64::MAX } else { 4_000_000_000 };
        Tuning { workgroups: gpu.limits().max_compute_workgroups_per_dimension, submit_cost }
    }
}

/// A dispatch with everything that it needs bound.
struct Launch {
    pipeline: Arc<Pipeline>,
    group: wgpu::BindGroup,
    dispatch: Dispatch,
    whole: u32,
}

/// The launches of one node.
struct Step {
    node: NodeId,
    launches: Vec<Launch>,
    /// Whether a new submit begins here.
    cut: bool,
}

/// A planned graph with its buffers, bind groups and dispatches: what is left is to write the inputs and to submit.
pub(super) struct GpuProgram {
    pub(super) graph: Arc<Graph>,
    pub(super) plan: Plan,
    buffers: Vec<wgpu::Buffer>,
    /// The values of optimiser steps, kept apart from the plan so that they can be reported after the run.
    applied: HashMap<NodeId, wgpu::Buffer>,
    steps: Vec<Step>,
    step_of: HashMap<NodeId, usize>,
    regions: wgpu::Buffer,
    region_stride: u32,
    tuning: Tuning,
}

impl GpuProgram {
    /// Makes buffers for the plan, fills the constants, and binds every kernel. `stored` has the parameters and states by name.
    pub(super) fn new(
        gpu: &GpuDevice,
        graph: Arc<Graph>,
        plan: Plan,
        stored: &HashMap<String, wgpu::Buffer>,
        tuning: Tuning,
    ) -> Result<GpuProgram, ExecError> {
        let allocate = |(index, &length): (usize, &usize)| gpu.buffer(&format!("buffer {index}"), length * 4, STORAGE);
        let buffers: Vec<wgpu::Buffer> = plan.buffers.iter().enumerate().map(allocate).collect::<Result<_, _>>()?;
        let stride = (gpu.limits().min_uniform_buffer_offset_alignment as usize).max(size_of::<RegionUniform>());
        let regions = gpu.buffer("regions", stride * (1 + REGION_SLOTS), wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST)?;
        gpu.queue.write_buffer(&regions, 0, bytemuck::bytes_of(&region_uniform(None)));
        let mut program = GpuProgram {
            graph,
            plan,
            buffers,
            applied: HashMap::new(),
            steps: Vec::new(),
            step_of: HashMap::new(),
            regions,
            region_stride: stride as u32,
            tuning,
        };
        program.fill_constants(gpu);
        program.bind(gpu, stored)?;
        Ok(program)
    }

    fn fill_constants(&self, gpu: &GpuDevice) {
        for &id in &self.plan.sources {
            let values: Vec<f32> = match &self.graph.node(id).op {
                Op::Fill(value) => vec![*value as f32; self.graph.shape(id).elements()],
                Op::Table(values) => values.iter().map(|&v| v as f32).collect(),
                _ => continue,
            };
            if let Some(buffer) = self.plan.buffer[id.index()] {
                gpu.queue.write_buffer(&self.buffers[buffer.index()], 0, bytemuck::cast_slice(&values));
            }
        }
    }

    fn bind(&mut self, gpu: &GpuDevice, stored: &HashMap<String, wgpu::Buffer>) -> Result<(), ExecError> {
        let graph = Arc::clone(&self.graph);
        let nodes = self.plan.steps.clone();
        let lowered: Vec<_> = nodes.iter().map(|&id| lower(&graph.node(id).op, &graph.operand_shapes(id), graph.shape(id))).collect();

        // One buffer with every kernel's parameters, one for each scratch slot, one for each table.
        let stride = self.region_stride as usize;
        let mut bytes = Vec::new();
        let mut scratch_lengths: Vec<usize> = Vec::new();
        for node in &lowered {
            for dispatch in &node.dispatches {
                bytes.extend_from_slice(&dispatch.params);
                bytes.resize(bytes.len().next_multiple_of(stride), 0);
            }
            for (slot, &length) in node.scratch.iter().enumerate() {
                scratch_lengths.resize(scratch_lengths.len().max(slot + 1), 0);
                scratch_lengths[slot] = scratch_lengths[slot].max(length);
            }
        }
        let params = gpu.buffer_with("kernel parameters", &bytes, wgpu::BufferUsages::UNIFORM)?;
        let scratch: Vec<wgpu::Buffer> =
            scratch_lengths.iter().map(|&n| gpu.buffer("scratch", n * 4, STORAGE)).collect::<Result<_, _>>()?;
        let mut tables: HashMap<Arc<[u8]>, wgpu::Buffer> = HashMap::new();

        let (mut offset, mut cost) = (0u64, 0u64);
        for (id, node) in nodes.into_iter().zip(lowered) {
            if graph.node(id).op == Op::AdamStep {
                self.applied.insert(id, gpu.buffer("applied", 4, STORAGE)?);
            }
            let mut launches = Vec::new();
            for dispatch in node.dispatches {
                for binding in &dispatch.bindings {
                    if let Binding::Table(table) = binding
                        && !tables.contains_key(table)
                    {
                        tables.insert(Arc::clone(table), gpu.buffer_with("table", table, wgpu::BufferUsages::STORAGE)?);
                    }
                }
                let pipeline = gpu.pipeline(dispatch.shader);
                let group = {
                    let storage = dispatch.bindings.iter().map(|binding| match binding {
                        Binding::Operand(slot) => self.location(graph.node(id).inputs[*slot], stored),
                        Binding::Result => self.location(id, stored),
                        Binding::Scratch(slot) => &scratch[*slot],
                        Binding::Table(table) => &tables[table],
                    });
                    let size = |bytes: usize| wgpu::BufferSize::new(bytes as u64);
                    let region = wgpu::BufferBinding { buffer: &self.regions, offset: 0, size: size(size_of::<RegionUniform>()) };
                    let uniform = wgpu::BufferBinding { buffer: &params, offset, size: size(dispatch.params.len()) };
                    let entries: Vec<wgpu::BindGroupEntry> =
                        [wgpu::BindingResource::Buffer(region), wgpu::BindingResource::Buffer(uniform)]
                            .into_iter()
                            .chain(storage.map(wgpu::Buffer::as_entire_binding))
                            .zip(0..)
                            .map(|(resource, binding)| wgpu::BindGroupEntry { binding, resource })
                            .collect();
                    gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
                        label: Some(&graph.describe(id)),
                        layout: &pipeline.layout,
                        entries: &entries,
                    })
                };
                offset += (dispatch.params.len() as u64).next_multiple_of(stride as u64);
                let whole = dispatch.workgroups(None, self.tuning.workgroups);
                launches.push(Launch { pipeline, group, dispatch, whole });
            }
            let own = graph.node(id).op.cost(graph.shape(id), &graph.operand_shapes(id));
            let cut = cost > 0 && cost + own > self.tuning.submit_cost;
            cost = if cut { own } else { cost + own };
            self.step_of.insert(id, self.steps.len());
            self.steps.push(Step { node: id, launches, cut });
        }
        Ok(())
    }

    /// Where a node's value is.
    pub(super) fn location<'a>(&'a self, id: NodeId, stored: &'a HashMap<String, wgpu::Buffer>) -> &'a wgpu::Buffer {
        if let Some(buffer) = self.applied.get(&id) {
            return buffer;
        }
        match self.plan.buffer[id.index()] {
            Some(buffer) => &self.buffers[buffer.index()],
            None => {
                let name = self.graph.node(id).name.as_deref().unwrap_or_default();
                stored.get(name).expect("the session creates every live parameter and state before it binds them")
            }
        }
    }

    /// Value of the last optimiser step: 1 where it was taken, 0 where it was not.
    pub(super) fn applied(&self) -> Option<&wgpu::Buffer> {
        let last = self.steps.iter().rev().find(|step| self.applied.contains_key(&step.node))?;
        self.applied.get(&last.node)
    }

    /// Records the whole program: one command buffer, or several where one would take too long.
    pub(super) fn record(&self, gpu: &GpuDevice, optimise: bool) -> Vec<wgpu::CommandEncoder> {
        let mut encoders = Vec::new();
        let mut from = 0;
        while from < self.steps.len() {
            let until = (from + 1..self.steps.len()).find(|&i| self.steps[i].cut).unwrap_or(self.steps.len());
            let mut encoder = gpu.device.create_command_encoder(&Default::default());
            {
                let mut pass = encoder.begin_compute_pass(&Default::default());
                for step in &self.steps[from..until] {
                    if optimise || !self.applied.contains_key(&step.node) {
                        self.launch(&mut pass, step, None);
                    }
                }
            }
            encoders.push(encoder);
            from = until;
        }
        if encoders.is_empty() {
            encoders.push(gpu.device.create_command_encoder(&Default::default()));
        }
        encoders
    }

    /// Records some nodes, each on its region; as many submits as the regions need.
    ///
    /// The nodes must have the batch on axis 0; those that mix positions or have none are computed whole.
    pub(super) fn run_regions(&self, gpu: &GpuDevice, work: &[(&[NodeId], Region)]) {
        for batch in work.chunks(REGION_SLOTS) {
            let mut table = vec![0u8; batch.len() * self.region_stride as usize];
            for (slot, (_, region)) in table.chunks_mut(self.region_stride as usize).zip(batch) {
                slot[..size_of::<RegionUniform>()].copy_from_slice(bytemuck::bytes_of(&region_uniform(Some(region))));
            }
            gpu.queue.write_buffer(&self.regions, u64::from(self.region_stride), &table);
            let mut encoder = gpu.device.create_command_encoder(&Default::default());
            {
                let mut pass = encoder.begin_compute_pass(&Default::default());
                for (slot, (nodes, region)) in (1u32..).zip(batch) {
                    for step in nodes.iter().filter_map(|id| self.step_of.get(id)) {
                        self.launch(&mut pass, &self.steps[*step], Some((slot, region)));
                    }
                }
            }
            gpu.queue.submit([encoder.finish()]);
        }
    }

    fn launch(&self, pass: &mut wgpu::ComputePass<'_>, step: &Step, region: Option<(u32, &Region)>) {
        for launch in &step.launches {
            let (slot, workgroups) = match region {
                None => (0, launch.whole),
                Some((slot, region)) => (slot, launch.dispatch.workgroups(Some(region), self.tuning.workgroups)),
            };
            if workgroups > 0 {
                pass.set_pipeline(&launch.pipeline.pipeline);
                pass.set_bind_group(0, &launch.group, &[slot * self.region_stride]);
                pass.dispatch_workgroups(workgroups, 1, 1);
            }
        }
    }
}
