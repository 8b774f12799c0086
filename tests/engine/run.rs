//! Runs graphs on the CPU executor in f32 or f64.

use std::sync::Arc;

use tractable::data::noise::normals;
use tractable::exec::cpu::{CpuProgram, Real, Store, Workers};
use tractable::graph::{Graph, NodeId, Plan, Reuse};

pub(crate) struct Runner<T> {
    pub(crate) program: CpuProgram<T>,
    pub(crate) store: Store<T>,
    pub(crate) workers: Workers,
}

impl<T: Real> Runner<T> {
    /// Parameters start as their initialisers say, biases (which start at zero) at random: a claim must not hold for want of a bias.
    pub(crate) fn new(graph: &Arc<Graph>, outputs: &[NodeId], seed: u64) -> Runner<T> {
        let plan = Plan::new(graph, outputs, Reuse::On);
        let mut store = Store::new();
        store.initialise(graph, seed).unwrap();
        let biases: Vec<String> = store.names().filter(|name| name.ends_with("bias")).map(String::from).collect();
        for (stream, name) in biases.iter().enumerate() {
            let count = store.get(name).unwrap().len();
            let values: Vec<T> = normals(seed, 1000 + stream as u64, count).iter().map(|&x| T::from_f64(0.3 * f64::from(x))).collect();
            store.set(name, &values).unwrap();
        }
        let program = CpuProgram::new(graph, &plan, &mut store).unwrap();
        Runner { program, store, workers: Workers::new(1) }
    }

    /// Normal numbers of this size in every parameter: larger than at the start of training, so that the pixels depend on each other.
    pub(crate) fn randomise(mut self, sigma: f64, seed: u64) -> Runner<T> {
        let mut names: Vec<String> = self.store.names().map(String::from).collect();
        names.sort();
        for (stream, name) in names.iter().enumerate() {
            let count = self.store.get(name).unwrap().len();
            let values: Vec<T> = normals(seed, stream as u64, count).into_iter().map(|x| T::from_f64(sigma * f64::from(x))).collect();
            self.store.set(name, &values).unwrap();
        }
        self
    }

    /// Makes every parameter positive, so that nothing cancels and no rectifier dies.
    pub(crate) fn positive(mut self) -> Runner<T> {
        let names: Vec<String> = self.store.names().map(String::from).collect();
        for name in names {
            let values: Vec<T> = self.store.get(&name).unwrap().iter().map(|x| T::from_f64(x.to_f64().abs() + 0.01)).collect();
            self.store.set(&name, &values).unwrap();
        }
        self
    }

    pub(crate) fn run(&mut self, inputs: &[(&str, &[T])], output: NodeId) -> Vec<T> {
        for (name, values) in inputs {
            self.program.set_input(name, values).unwrap();
        }
        self.program.evaluate(&self.workers, &self.store);
        self.program.output(output).to_vec()
    }
}
