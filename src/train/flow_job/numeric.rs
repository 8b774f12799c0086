//! The log-determinant without formulas: central differences of the map itself, in f64.

use std::sync::Arc;

use crate::exec::Session;
use crate::exec::cpu::{CpuProgram, Store, Workers};
use crate::flows::{self, Config, SHOWN_CLASS};
use crate::graph::{Direction, Graph, NodeId, Plan, Reuse};
use crate::train::TrainError;

/// Step of the differences: rounding leaves 1e-16 / 1e-6 of a derivative, the third derivative 1e-12 of it.
const STEP: f64 = 1e-6;

/// The same recording as the trained one, run in f64 on four points.
pub(super) struct Numeric {
    graph: Arc<Graph>,
    program: CpuProgram<f64>,
    store: Store<f64>,
    workers: Workers,
    last: NodeId,
    copied: Option<u64>,
}

impl Numeric {
    /// Prepares it.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub(super) fn new(config: &Config) -> Result<Numeric, TrainError> {
        let graph = Arc::new(flows::evaluation(config, 4, Direction::Forward)?);
        let last = graph.output(&format!("point.{}", config.stages())).expect("an evaluation names its points");
        let plan = Plan::new(&graph, &[last], Reuse::On);
        let mut store = Store::new();
        let program = CpuProgram::new(&graph, &plan, &mut store)?;
        Ok(Numeric { graph, program, store, workers: Workers::new(1), last, copied: None })
    }

    /// `log|det df/dx|` at a point, nats, with the session's weights, which are copied anew when `step` differs from the last call's.
    ///
    /// # Errors
    /// A lost device.
    pub(super) fn log_det(&mut self, session: &mut dyn Session, step: u64, [x, y]: [f64; 2]) -> Result<f64, TrainError> {
        if self.copied != Some(step) {
            let shown = self.graph.find(SHOWN_CLASS);
            for node in self.graph.parameters().iter().map(|parameter| parameter.node).chain(shown) {
                let name = self.graph.describe(node);
                let values: Vec<f64> = session.read_parameter(&name)?.into_iter().map(f64::from).collect();
                self.store.set(&name, &values)?;
            }
            self.copied = Some(step);
        }
        self.program.set_input("x", &[x + STEP, y, x - STEP, y, x, y + STEP, x, y - STEP])?;
        self.program.evaluate(&self.workers, &self.store);
        let z = self.program.output(self.last);
        let slope = |plus: usize, axis: usize| (z[2 * plus + axis] - z[2 * plus + 2 + axis]) / (2.0 * STEP);
        let det = slope(0, 0) * slope(2, 1) - slope(0, 1) * slope(2, 0);
        Ok(det.abs().ln())
    }

    /// The weights have changed without a step.
    pub(super) fn forget(&mut self) {
        self.copied = None;
    }
}
