//! Weights for a flow that nobody has trained: the initial ones, moved so far that no layer is special.

use std::sync::Arc;

use crate::data::noise;
use crate::exec::ExecError;
use crate::exec::cpu::{CpuProgram, Store, Workers};
use crate::graph::{Graph, NodeId, Plan, Reuse};
use crate::train::{TrainError, Weights, initial_weights};

/// Streams of the noise that moves the weights, beside those of the initial values.
const MOVES: u64 = 0x5441_584f_4e00;
/// How far the weights of layers that are looked at alone are moved, and those of a whole flow, whose layers add up.
pub(super) const OF_A_LAYER: f32 = 0.5;
pub(super) const OF_A_FLOW: f32 = 0.25;

/// Initial weights of a seed with normal noise added: of this standard deviation for a bias, of this over the root of its number of rows for
/// a matrix. Many layers start as the identity, whose Jacobian shows nothing.
pub(super) fn moved_weights(graph: &Graph, seed: u64, spread: f32) -> Weights {
    let mut weights = initial_weights(graph, seed);
    for (stream, (dims, values)) in weights.arrays.values_mut().enumerate() {
        let deviation = if dims.len() > 1 { spread / (dims[0] as f32).sqrt() } else { spread };
        let moves = noise::normals(seed ^ MOVES, stream as u64, values.len());
        values.iter_mut().zip(moves).for_each(|(value, by)| *value += deviation * by);
    }
    weights
}

/// A graph in f64 on one thread: what is exact here is shown as exact.
pub(super) struct Exact {
    graph: Arc<Graph>,
    program: CpuProgram<f64>,
    store: Store<f64>,
    workers: Workers,
}

impl Exact {
    /// Prepares all outputs of a graph, with these weights.
    ///
    /// # Errors
    /// Shapes that do not fit, weights that lack an array.
    pub(super) fn new(graph: Graph, weights: &Weights) -> Result<Exact, TrainError> {
        let graph = Arc::new(graph);
        let outputs: Vec<NodeId> = graph.outputs().iter().map(|&(_, node)| node).collect();
        let plan = Plan::new(&graph, &outputs, Reuse::On);
        let mut store = Store::new();
        let program = CpuProgram::new(&graph, &plan, &mut store)?;
        for parameter in graph.parameters() {
            let name = graph.describe(parameter.node);
            let known = || weights.arrays.keys().cloned().collect::<Vec<_>>().join(", ");
            let (_, values) =
                weights.arrays.get(&name).ok_or_else(|| ExecError::UnknownName { kind: "array", name: name.clone(), known: known() })?;
            let values: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
            // An array that no output reads has no place in the store.
            if store.shape(&name).is_some() {
                store.set(&name, &values)?;
            }
        }
        Ok(Exact { graph, program, store, workers: Workers::new(1) })
    }

    /// Runs it with these inputs.
    ///
    /// # Errors
    /// An unknown name, a wrong length.
    pub(super) fn run(&mut self, inputs: &[(&str, &[f64])]) -> Result<(), TrainError> {
        for (name, values) in inputs {
            self.program.set_input(name, values)?;
        }
        self.program.evaluate(&self.workers, &self.store);
        Ok(())
    }

    /// An output of the last run.
    pub(super) fn output(&self, name: &str) -> &[f64] {
        self.program.output(self.graph.output(name).expect("the outputs are named where the graph is recorded"))
    }
}
