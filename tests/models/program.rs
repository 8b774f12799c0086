//! A recorded graph on the CPU, with every output kept.

use std::sync::Arc;

use tractable::data::noise;
use tractable::exec::cpu::{CpuProgram, Real, Store, Workers};
use tractable::flows::SHOWN_CLASS;
use tractable::graph::{Graph, Plan, Reuse};
use tractable::train::Weights;

/// A recorded graph, in f64 unless said otherwise, with every output kept.
pub(crate) struct Program<T = f64> {
    pub(crate) graph: Arc<Graph>,
    pub(crate) program: CpuProgram<T>,
    pub(crate) store: Store<T>,
    workers: Workers,
}

impl<T: Real> Program<T> {
    pub(crate) fn new(graph: Graph) -> Program<T> {
        Program::with(graph, &[])
    }

    /// The same with further nodes kept, by their names.
    pub(crate) fn with(graph: Graph, names: &[&str]) -> Program<T> {
        let graph = Arc::new(graph);
        let mut outputs: Vec<_> = graph.outputs().iter().map(|&(_, node)| node).collect();
        outputs.extend(names.iter().map(|name| graph.find(name).unwrap()));
        let plan = Plan::new(&graph, &outputs, Reuse::On);
        let mut store = Store::new();
        let program = CpuProgram::new(&graph, &plan, &mut store).unwrap();
        Program { graph, program, store, workers: Workers::new(1) }
    }

    /// Normal weights of this size in every array: nothing is zero, nothing special.
    pub(crate) fn randomise(mut self, sigma: f64, seed: u64) -> Program<T> {
        // By name: the two directions declare their parameters in opposite orders.
        let mut parameters: Vec<(String, usize)> =
            self.graph.parameters().iter().map(|p| (self.graph.describe(p.node), self.graph.shape(p.node).elements())).collect();
        parameters.sort();
        for (i, (name, n)) in parameters.iter().enumerate() {
            let values: Vec<T> = noise::normals(seed, i as u64, *n).into_iter().map(|v| T::from_f64(sigma * f64::from(v))).collect();
            self.store.set(name, &values).unwrap();
        }
        self
    }

    /// All points are of this class, for a graph that takes one for all; the others are left as they are.
    pub(crate) fn of_class(mut self, class: usize) -> Program<T> {
        if let Some(shown) = self.graph.find(SHOWN_CLASS) {
            let one_hot: Vec<T> = (0..self.graph.shape(shown).elements()).map(|c| T::from_f64(f64::from(u8::from(c == class)))).collect();
            self.store.set(SHOWN_CLASS, &one_hot).unwrap();
        }
        self
    }

    pub(crate) fn take(mut self, weights: &Weights) -> Program<T> {
        for parameter in self.graph.parameters() {
            let name = self.graph.describe(parameter.node);
            let values: Vec<T> = weights.arrays[&name].1.iter().map(|&v| T::from_f64(v.into())).collect();
            self.store.set(&name, &values).unwrap();
        }
        self
    }

    pub(crate) fn run(&mut self, input: &str, values: &[f64]) {
        let values: Vec<T> = values.iter().map(|&v| T::from_f64(v)).collect();
        self.program.set_input(input, &values).unwrap();
        self.program.evaluate(&self.workers, &self.store);
    }

    /// An output, or a node that was kept.
    pub(crate) fn output(&self, name: &str) -> Vec<f64> {
        let node = self.graph.output(name).or_else(|| self.graph.find(name)).unwrap();
        self.program.output(node).iter().map(|v| v.to_f64()).collect()
    }
}
