//! A model on the CPU from which single examples are drawn, whatever trains: one example costs about one forward pass there.

use std::sync::Arc;

use super::{TrainError, Weights, initial_weights};
use crate::exec::BackendInfo;
use crate::exec::sampler::{CpuSampler, Trajectory};
use crate::graph::causal::Order;
use crate::graph::{Graph, NodeId};

/// A graph of one example with its sampler and the weights that it holds.
pub(super) struct CpuModel {
    pub(super) graph: Arc<Graph>,
    pub(super) sampler: CpuSampler,
    /// Training step of the weights.
    pub(super) step: u64,
}

impl CpuModel {
    /// Prepares a graph of batch 1 with the weights of no training; positions are drawn in raster order.
    ///
    /// # Errors
    /// Positions that see later ones, too little memory.
    pub(super) fn new(graph: Graph, levels: NodeId, logits: NodeId, seed: u64) -> Result<CpuModel, TrainError> {
        let graph = Arc::new(graph);
        let order = Order::raster(graph.shape(levels).positions());
        let sampler = CpuSampler::new(&graph, levels, logits, order, 1)?;
        let mut model = CpuModel { graph, sampler, step: 0 };
        let initial = model.initial(seed);
        model.load(&initial)?;
        Ok(model)
    }

    /// The weights of no training.
    pub(super) fn initial(&self, seed: u64) -> Weights {
        initial_weights(&self.graph, seed)
    }

    /// Draws from these weights from now on.
    pub(super) fn load(&mut self, weights: &Weights) -> Result<(), TrainError> {
        weights.write_to(self.sampler.session(), &self.graph)?;
        self.step = weights.step();
        Ok(())
    }

    /// Whether these are weights of this model.
    pub(super) fn check(&self, weights: &Weights) -> Result<(), TrainError> {
        weights.check(&self.graph)
    }

    /// Number of trained values.
    pub(super) fn parameters(&self) -> usize {
        self.graph.parameter_count()
    }

    /// What it runs on.
    pub(super) fn backend(&mut self) -> BackendInfo {
        use crate::exec::Session as _;
        self.sampler.session().backend()
    }
}

/// `-ln p` of each drawn level, nats, and the sum of them before each position and at the end, one number more.
pub(super) fn prices(trajectory: &Trajectory) -> (Vec<f64>, Vec<f64>) {
    let price: Vec<f64> = trajectory.nats.iter().map(|&nats| f64::from(nats)).collect();
    let running = price.iter().scan(0.0, |total, nats| {
        *total += nats;
        Some(*total)
    });
    let sum = std::iter::once(0.0).chain(running).collect();
    (price, sum)
}
