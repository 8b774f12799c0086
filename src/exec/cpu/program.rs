use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::adam::adam_step;
use super::kernel::Kernel;
use super::real::Real;
use super::region::{Region, RowLayout};
use super::store::Store;
use super::threads::Workers;
use crate::exec::ExecError;
use crate::graph::{Graph, NodeId, Op, Plan};

/// Where a value is kept.
#[derive(Clone, Copy, Debug)]
enum Place {
    Buffer(usize),
    Store(usize),
}

#[derive(Clone, Copy, Debug)]
struct Operand {
    place: Place,
    length: usize,
}

/// One node of the plan with all that running it needs.
#[derive(Clone, Debug)]
struct Step {
    node: NodeId,
    kernel: Kernel,
    operands: Vec<Operand>,
    out: usize,
    length: usize,
    rows: RowLayout,
    whole: Region,
}

/// A plan made ready for the CPU: its buffers, and a compiled step for each node. Running allocates nothing on one thread.
///
/// Parameters and states live in a [`Store`] that programs share; a program must always be given the store that it was compiled with.
#[derive(Clone, Debug)]
pub struct CpuProgram<T> {
    graph: Arc<Graph>,
    steps: Vec<Step>,
    buffers: Vec<Vec<T>>,
    scratch: Vec<T>,
    places: Vec<Option<Operand>>,
    step_of: Vec<u32>,
    inputs: HashMap<String, Operand>,
    outputs: Vec<NodeId>,
}

const NO_STEP: u32 = u32::MAX;

impl<T: Real> CpuProgram<T> {
    /// Compiles a plan; parameters and states that the store lacks are made (zeros).
    ///
    /// # Errors
    /// A parameter that the store has with another shape.
    pub fn new(graph: &Arc<Graph>, plan: &Plan, store: &mut Store<T>) -> Result<CpuProgram<T>, ExecError> {
        let mut places = vec![None; graph.nodes().len()];
        for (index, buffer) in plan.buffer.iter().enumerate() {
            let length = graph.nodes()[index].shape.elements();
            places[index] = buffer.map(|buffer| Operand { place: Place::Buffer(buffer.index()), length });
        }
        for &id in &plan.stored {
            let shape = graph.shape(id);
            let slot = store.slot_for(&graph.describe(id), shape)?;
            places[id.index()] = Some(Operand { place: Place::Store(slot), length: shape.elements() });
        }
        let mut buffers: Vec<Vec<T>> = plan.buffers.iter().map(|&length| vec![T::ZERO; length]).collect();
        let mut inputs = HashMap::new();
        for &id in &plan.sources {
            let Some(Operand { place: Place::Buffer(buffer), length }) = places[id.index()] else { continue };
            match &graph.node(id).op {
                Op::Fill(value) => buffers[buffer].fill(T::from_f64(*value)),
                Op::Table(values) => buffers[buffer].iter_mut().zip(&values[..]).for_each(|(to, &x)| *to = T::from_f64(x)),
                _ => {
                    inputs.insert(graph.describe(id), Operand { place: Place::Buffer(buffer), length });
                }
            }
        }
        let mut steps = Vec::with_capacity(plan.steps.len());
        let mut step_of = vec![NO_STEP; graph.nodes().len()];
        for &id in &plan.steps {
            let node = graph.node(id);
            let (Some(kernel), Some(Operand { place: Place::Buffer(out), length })) = (Kernel::new(graph, id), places[id.index()]) else {
                continue;
            };
            let operands = node.inputs.iter().filter_map(|input| places[input.index()]).collect();
            let rows = RowLayout::of(node.shape);
            step_of[id.index()] = steps.len() as u32;
            steps.push(Step { node: id, kernel, operands, out, length, rows, whole: rows.whole() });
        }
        let scratch = steps.iter().map(|step| step.kernel.scratch()).max().unwrap_or(0);
        let outputs = plan.outputs.clone();
        Ok(CpuProgram { graph: graph.clone(), steps, buffers, scratch: vec![T::ZERO; scratch], places, step_of, inputs, outputs })
    }

    /// The graph that this program computes.
    pub fn graph(&self) -> &Arc<Graph> {
        &self.graph
    }

    /// Names and lengths of the inputs.
    pub fn inputs(&self) -> impl Iterator<Item = (&str, usize)> {
        self.inputs.iter().map(|(name, operand)| (&name[..], operand.length))
    }

    /// Sets an input by name.
    ///
    /// # Errors
    /// An unknown name, a wrong length.
    pub fn set_input(&mut self, name: &str, values: &[T]) -> Result<(), ExecError> {
        let to = self.input_mut(name)?;
        if to.len() != values.len() {
            return Err(ExecError::WrongLength { name: name.into(), expected: to.len(), found: values.len() });
        }
        to.copy_from_slice(values);
        Ok(())
    }

    /// The memory of an input, to be written in place.
    ///
    /// # Errors
    /// An unknown name.
    pub fn input_mut(&mut self, name: &str) -> Result<&mut [T], ExecError> {
        match self.inputs.get(name) {
            Some(&Operand { place: Place::Buffer(buffer), length }) => Ok(&mut self.buffers[buffer][..length]),
            _ => {
                let known = self.inputs.keys().cloned().collect::<Vec<_>>().join(", ");
                Err(ExecError::UnknownName { kind: "input", name: name.into(), known })
            }
        }
    }

    /// The memory of an input node, to be written in place without a look-up by name; empty where the node is not a live input.
    pub fn input_node_mut(&mut self, node: NodeId) -> &mut [T] {
        match (&self.graph.node(node).op, self.places[node.index()]) {
            (Op::Input, Some(Operand { place: Place::Buffer(buffer), length })) => &mut self.buffers[buffer][..length],
            _ => &mut [],
        }
    }

    /// Values of a node: an output, or any live node of a program planned without reuse. Empty for nodes that are not live and for
    /// parameters, which the store has.
    pub fn output(&self, node: NodeId) -> &[T] {
        match self.places[node.index()] {
            Some(Operand { place: Place::Buffer(buffer), length }) => &self.buffers[buffer][..length],
            _ => &[],
        }
    }

    /// Nodes whose values can be read after a run.
    pub fn outputs(&self) -> &[NodeId] {
        &self.outputs
    }

    /// Runs every step; optimiser steps write to the store. Returns how many of those were skipped because the gradient's norm was not
    /// finite.
    pub fn run(&mut self, workers: &Workers, store: &mut Store<T>) -> usize {
        let mut skipped = 0;
        for index in 0..self.steps.len() {
            if matches!(self.steps[index].kernel, Kernel::Adam) {
                skipped += usize::from(!self.update(workers, index, store));
            } else {
                self.compute(workers, index, None, store);
            }
        }
        skipped
    }

    /// Runs every step but optimiser steps, so that the store is only read.
    pub fn evaluate(&mut self, workers: &Workers, store: &Store<T>) {
        for index in 0..self.steps.len() {
            self.compute(workers, index, None, store);
        }
    }

    /// Computes a region of one node from the present values of its operands: the sampler's step. Operations that mix positions are
    /// computed whole; nodes that are not steps are left as they are.
    #[inline]
    pub fn run_node_region(&mut self, workers: &Workers, store: &Store<T>, node: NodeId, region: &Region) {
        let index = self.step_of[node.index()];
        if index != NO_STEP {
            self.compute(workers, index as usize, Some(region), store);
        }
    }

    /// Computes all of one node from the present values of its operands.
    pub fn run_node(&mut self, workers: &Workers, store: &Store<T>, node: NodeId) {
        let index = self.step_of[node.index()];
        if index != NO_STEP {
            self.compute(workers, index as usize, None, store);
        }
    }

    /// Runs as [`CpuProgram::evaluate`] does, and names the first node whose value is not finite everywhere (sources included).
    pub fn first_non_finite(&mut self, workers: &Workers, store: &Store<T>) -> Option<NodeId> {
        let finite = |values: &[T]| values.iter().all(|x| x.is_finite());
        let sources = self.graph.ids().filter(|id| self.graph.node(*id).op.is_source());
        for id in sources {
            let values = self.places[id.index()].map(|operand| resolve(operand, &self.buffers, store));
            if values.is_some_and(|values| !finite(values)) {
                return Some(id);
            }
        }
        for index in 0..self.steps.len() {
            self.compute(workers, index, None, store);
            if !finite(&self.buffers[self.steps[index].out][..self.steps[index].length]) {
                return Some(self.steps[index].node);
            }
        }
        None
    }

    /// Runs as [`CpuProgram::evaluate`] does, and says how long each step took: what a profile shows.
    pub fn time_steps(&mut self, workers: &Workers, store: &Store<T>) -> Vec<(NodeId, Duration)> {
        let count = self.steps.len();
        let time = |index: usize| {
            let start = Instant::now();
            self.compute(workers, index, None, store);
            (self.steps[index].node, start.elapsed())
        };
        (0..count).map(time).collect()
    }

    #[inline]
    fn compute(&mut self, workers: &Workers, index: usize, region: Option<&Region>, store: &Store<T>) {
        let step = &self.steps[index];
        // The plan never lets a step write what it reads, so its buffer can be taken out while the others are borrowed.
        let mut out = std::mem::take(&mut self.buffers[step.out]);
        let buffers = &self.buffers;
        let operand = |i: usize| resolve(step.operands[i], buffers, store);
        let bias = step.operands.len() > 2;
        let y = &mut out[..step.length];
        match region {
            None => step.kernel.run(workers, &step.rows, &step.whole, operand, bias, y, &mut self.scratch),
            Some(region) => step.kernel.run(workers, &step.rows, &step.rows.clip(region), operand, bias, y, &mut self.scratch),
        }
        self.buffers[step.out] = out;
    }

    /// An optimiser step; returns whether it applied.
    fn update(&mut self, workers: &Workers, index: usize, store: &mut Store<T>) -> bool {
        let step = &self.steps[index];
        let [parameter, gradient, first, second, hyper, norm2] = step.operands[..] else { return true };
        let (Place::Store(p), Place::Store(m), Place::Store(v)) = (parameter.place, first.place, second.place) else { return true };
        let [mut values, mut mean, mut square] = [p, m, v].map(|slot| std::mem::take(store.slot_mut(slot)));
        let operand = |operand| resolve(operand, &self.buffers, store);
        let norm2 = operand(norm2)[0];
        let applied = adam_step(workers.arch(), &mut values, operand(gradient), &mut mean, &mut square, operand(hyper), norm2);
        for (slot, values) in [(p, values), (m, mean), (v, square)] {
            *store.slot_mut(slot) = values;
        }
        self.buffers[step.out][0] = if applied { T::ONE } else { T::ZERO };
        applied
    }
}

#[inline(always)]
fn resolve<'a, T: Real>(operand: Operand, buffers: &'a [Vec<T>], store: &'a Store<T>) -> &'a [T] {
    match operand.place {
        Place::Buffer(buffer) => &buffers[buffer][..operand.length],
        Place::Store(slot) => store.slot(slot),
    }
}
