use super::snapshot::{Settings, StackRun};
use crate::autoregressive::causal_stack::{self, Config, Nodes};
use crate::data::noise;
use crate::graph::{NodeId, Shape};
use crate::train::TrainError;
use crate::train::cpu_model::{CpuModel, prices};

/// Draws single sequences, and keeps every value on the way.
pub(super) struct Artist {
    config: Config,
    nodes: Nodes,
    pub(super) model: CpuModel,
}

impl Artist {
    /// Prepares a stack with the weights of no training.
    pub(super) fn new(config: &Config, seed: u64) -> Result<Artist, TrainError> {
        let (graph, nodes) = causal_stack::evaluation(config, 1)?;
        let model = CpuModel::new(graph, nodes.levels, nodes.logits, seed)?;
        Ok(Artist { config: config.clone(), nodes, model })
    }

    /// Draws a sequence: first the given symbols, then its own.
    pub(super) fn draw(&mut self, settings: &Settings, given: &[u8]) -> StackRun {
        let Config { length, levels, .. } = self.config;
        let u = noise::uniforms(settings.seed, settings.stream, length);
        self.model.sampler.start(&u, settings.temperature as f32);
        for &symbol in given.iter().take(settings.prompt.min(length)) {
            self.model.sampler.force(u16::from(symbol));
        }
        let drawn = self.model.sampler.finish().clone();
        let (price, sum) = prices(&drawn);
        let rows: Vec<NodeId> = std::iter::once(self.nodes.front).chain(self.nodes.layers.iter().map(|layer| layer.value)).collect();
        let values = rows.iter().map(|&node| self.model.sampler.value(node).to_vec()).collect();
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
            full_cost: self.model.graph.ids().map(|id| self.cost(id)).sum(),
            step: self.model.step,
        }
    }

    /// Multiply-adds of a whole node, if it is a product; the rest is small beside them.
    fn cost(&self, node: NodeId) -> u64 {
        let node = self.model.graph.node(node);
        let products = ["masked_conv", "matmul"].contains(&node.op.label());
        let operands: Vec<Shape> = node.inputs.iter().map(|&input| self.model.graph.shape(input)).collect();
        if products { node.op.cost(node.shape, &operands) } else { 0 }
    }

    /// Multiply-adds that the schedule asks for at each step.
    fn cached_cost(&self) -> Vec<u64> {
        let schedule = self.model.sampler.cached().schedule();
        let task = |node: NodeId, positions: usize| self.cost(node) * positions as u64 / self.model.graph.shape(node).positions() as u64;
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
