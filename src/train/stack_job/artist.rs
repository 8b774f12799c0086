use std::sync::Arc;

use super::snapshot::{Settings, StackRun};
use crate::autoregressive::causal_stack::{self, Config, Nodes};
use crate::data::noise;
use crate::exec::sampler::{CpuSampler, SamplerError};
use crate::exec::{BackendInfo, Session};
use crate::graph::causal::Order;
use crate::graph::{Graph, NodeId, Shape};
use crate::train::{TrainError, Weights, initial_weights};

/// Why a stack cannot be drawn from.
#[derive(Debug, thiserror::Error)]
pub(super) enum ArtistError {
    /// Shapes, files, devices.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// Symbols that see later ones.
    #[error(transparent)]
    Sampler(#[from] SamplerError),
}

/// Draws single sequences on the CPU, whatever trains, and keeps every value on the way.
pub(super) struct Artist {
    config: Config,
    graph: Arc<Graph>,
    nodes: Nodes,
    sampler: CpuSampler,
    step: u64,
}

impl Artist {
    /// Prepares a stack with the weights of no training.
    pub(super) fn new(config: &Config, seed: u64) -> Result<Artist, ArtistError> {
        let (graph, nodes) = causal_stack::evaluation(config, 1).map_err(TrainError::from)?;
        let graph = Arc::new(graph);
        let sampler = CpuSampler::new(&graph, nodes.levels, nodes.logits, Order::raster(config.length), 1)?;
        let mut artist = Artist { config: config.clone(), graph, nodes, sampler, step: 0 };
        let initial = artist.initial(seed);
        artist.load(&initial)?;
        Ok(artist)
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

    /// Whether these are weights of this stack.
    pub(super) fn check(&self, weights: &Weights) -> Result<(), TrainError> {
        weights.check(&self.graph)
    }

    /// Number of trained values.
    pub(super) fn parameters(&self) -> usize {
        self.graph.parameter_count()
    }

    /// What it draws on.
    pub(super) fn backend(&mut self) -> BackendInfo {
        self.sampler.session().backend()
    }

    /// Draws a sequence: first the given symbols, then its own.
    pub(super) fn draw(&mut self, settings: &Settings, given: &[u8]) -> StackRun {
        let Config { length, levels, .. } = self.config;
        let u = noise::uniforms(settings.seed, settings.stream, length);
        self.sampler.start(&u, settings.temperature as f32);
        for &symbol in given.iter().take(settings.prompt.min(length)) {
            self.sampler.force(u16::from(symbol));
        }
        let drawn = self.sampler.finish().clone();
        let price: Vec<f64> = drawn.nats.iter().map(|&nats| f64::from(nats)).collect();
        let mut sum = vec![0.0];
        price.iter().for_each(|nats| sum.push(sum[sum.len() - 1] + nats));
        let rows: Vec<NodeId> = std::iter::once(self.nodes.front).chain(self.nodes.layers.iter().map(|layer| layer.value)).collect();
        let values = rows.iter().map(|&node| self.sampler.value(node).to_vec()).collect();
        StackRun {
            settings: *settings,
            config: self.config.clone(),
            symbols: drawn.image(0).iter().map(|&level| level.min(levels as u16 - 1) as u8).collect(),
            p: drawn.log_p.iter().map(|log_p| log_p.exp()).collect(),
            u,
            price,
            sum,
            values,
            cached_cost: self.cached_cost(),
            full_cost: self.graph.ids().map(|id| self.cost(id)).sum(),
            step: self.step,
        }
    }

    /// Multiply-adds of a whole node, if it is a product; the rest is small beside them.
    fn cost(&self, node: NodeId) -> u64 {
        let node = self.graph.node(node);
        let products = ["masked_conv", "matmul"].contains(&node.op.label());
        let operands: Vec<Shape> = node.inputs.iter().map(|&input| self.graph.shape(input)).collect();
        if products { node.op.cost(node.shape, &operands) } else { 0 }
    }

    /// Multiply-adds that the schedule asks for at each step.
    fn cached_cost(&self) -> Vec<u64> {
        let schedule = self.sampler.cached().schedule();
        let task = |node: NodeId, positions: usize| self.cost(node) * positions as u64 / self.graph.shape(node).positions() as u64;
        (0..schedule.steps()).map(|step| schedule.tasks(step).iter().map(|t| task(t.node, t.positions().len())).sum()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cached_sequence_costs_one_full_pass_and_keeps_what_was_given() {
        let config = Config { length: 20, levels: 5, channels: 6, front: 2, kernel: 2, dilations: vec![1, 2, 4], head: 7, gated: true };
        let mut artist = Artist::new(&config, 1).unwrap();
        let settings = Settings { temperature: 1.0, seed: 3, stream: 0, prompt: 4 };
        let run = artist.draw(&settings, &[4, 3, 2, 1, 0]);
        assert_eq!(run.symbols[..4], [4, 3, 2, 1]);
        // Each column of each layer is computed once: together the steps cost a full pass.
        assert_eq!(run.cached_cost.iter().sum::<u64>(), run.full_cost);
        // By hand: front 2 C K, three layers of 2 C 2C, skips C head, two outs C C, the head.
        let column = 2 * 5 * 6 + 3 * (2 * 6 * 12 + 6 * 7) + 2 * 6 * 6 + 7 * 7 + 7 * 5;
        assert_eq!(run.full_cost, 20 * column);
        assert!(run.cached_cost.iter().all(|&cost| cost == column));
        assert_eq!(run.sum.len(), 21);
        assert_eq!(run.values.len(), 4);
    }
}
