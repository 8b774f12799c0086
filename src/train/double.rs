//! A recorded graph in f64 with a session's weights: for the numbers that f32 would round away.

use std::sync::Arc;

use crate::exec::Session;
use crate::exec::cpu::{CpuProgram, Store, Workers};
use crate::graph::{Graph, NodeId, Plan, Reuse};
use crate::train::TrainError;

/// The graph, run in f64 by one thread.
pub(super) struct Double {
    graph: Arc<Graph>,
    program: CpuProgram<f64>,
    store: Store<f64>,
    workers: Workers,
}

impl Double {
    /// Prepares what these outputs need.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub(super) fn new(graph: Graph, outputs: &[&str]) -> Result<Double, TrainError> {
        let graph = Arc::new(graph);
        let wanted: Vec<NodeId> = outputs.iter().filter_map(|name| graph.output(name)).collect();
        debug_assert_eq!(wanted.len(), outputs.len(), "every output is one of the graph's");
        let plan = Plan::new(&graph, &wanted, Reuse::On);
        let mut store = Store::new();
        store.declare(&graph)?;
        let program = CpuProgram::new(&graph, &plan, &mut store)?;
        Ok(Double { graph, program, store, workers: Workers::new(1) })
    }

    /// Copies the weights.
    ///
    /// # Errors
    /// A lost device.
    pub(super) fn copy(&mut self, session: &mut dyn Session) -> Result<(), TrainError> {
        for parameter in self.graph.parameters() {
            let name = self.graph.describe(parameter.node);
            let values: Vec<f64> = session.read_parameter(&name)?.into_iter().map(f64::from).collect();
            self.store.set(&name, &values)?;
        }
        Ok(())
    }

    /// Runs it with these inputs; the others keep their values.
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

    /// Values of an output of the last run.
    pub(super) fn output(&self, name: &str) -> &[f64] {
        self.graph.output(name).map_or(&[], |node| self.program.output(node))
    }
}
