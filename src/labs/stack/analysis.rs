use std::cell::OnceCell;

use crate::autoregressive::causal_stack::{self, Config, Nodes};
use crate::graph::causal::{influence, receptive_field};
use crate::graph::{Graph, NodeId};

/// A node of the picture: a row from below (0 is the input, the last one the output) and a column.
///
/// Column c predicts symbol c. The input node of column c is the symbol before it, c - 1: the one shift of the model.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub(super) struct Cell {
    pub(super) row: usize,
    pub(super) column: usize,
}

/// Everything that a node hears, and everything that hears it: for each row, which columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cone {
    pub(super) tip: Cell,
    pub(super) rows: Vec<Vec<bool>>,
}

impl Cone {
    /// Whether a node belongs to it.
    pub(super) fn has(&self, cell: Cell) -> bool {
        self.rows.get(cell.row).and_then(|row| row.get(cell.column)).copied().unwrap_or(false)
    }

    /// Number of columns of a row that belong to it.
    pub(super) fn count(&self, row: usize) -> usize {
        self.rows[row].iter().filter(|&&on| on).count()
    }
}

/// The structure of a stack, answered by the causal analysis of its graph. Channels do not matter, so there is one.
pub(super) struct Analysis {
    config: Config,
    graph: Graph,
    nodes: Nodes,
    /// Nodes of the rows, from the first above the input to the output.
    rows: Vec<NodeId>,
    /// How many columns back each row reads in the row below, nearest first; of the input row, for the first one.
    offsets: Vec<Vec<usize>>,
    /// Symbols heard after the input convolution and after each layer.
    growth: Vec<usize>,
    /// Symbols heard by the output.
    heard: usize,
    /// Nodes in the cone of each column's output, counted when they are first asked for.
    in_cone: Vec<OnceCell<usize>>,
}

impl Analysis {
    /// Records the stack on a sequence that is long enough to count all that it hears; `None` if its shapes do not fit.
    pub(super) fn new(config: &Config) -> Option<Analysis> {
        // Only the room: what is heard in it is counted.
        let room = config.front + (config.kernel - 1) * config.dilations.iter().sum::<usize>() + 2;
        let small = Config { length: config.length.max(room), channels: 1, head: 1, levels: 2, ..config.clone() };
        let (graph, nodes) = causal_stack::evaluation(&small, 1).ok()?;
        let front = (config.front > 1).then_some(nodes.front);
        let rows: Vec<NodeId> = front.into_iter().chain(nodes.layers.iter().map(|layer| layer.value)).chain([nodes.logits]).collect();
        let last = small.length - 1;
        let distances = |reader: NodeId, read: NodeId, shift: usize| -> Vec<usize> {
            let field = receptive_field(&graph, reader, last, read);
            (0..=last).rev().filter(|&q| field[q]).map(|q| last - q - shift).collect()
        };
        let mut offsets = vec![distances(rows[0], nodes.levels, 1)];
        offsets.extend(rows.windows(2).map(|pair| distances(pair[1], pair[0], 0)));
        let count = |node: NodeId| receptive_field(&graph, node, last, nodes.levels).iter().filter(|&&seen| seen).count();
        let growth = std::iter::once(nodes.front).chain(nodes.layers.iter().map(|layer| layer.value)).map(count).collect();
        let heard = count(nodes.logits);
        let in_cone = vec![OnceCell::new(); config.length];
        Some(Analysis { config: config.clone(), graph, rows, offsets, growth, heard, nodes, in_cone })
    }

    /// The stack.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Rows of the picture: the input, the input convolution if it has several taps, the layers, the output.
    pub(super) fn rows(&self) -> usize {
        self.rows.len() + 1
    }

    /// The row of a layer, counted from 0.
    pub(super) fn layer_row(&self, layer: usize) -> usize {
        self.rows.len() - self.config.dilations.len() + layer
    }

    /// The layer of a row, counted from 0, if it is one.
    pub(super) fn row_layer(&self, row: usize) -> Option<usize> {
        row.checked_sub(self.layer_row(0)).filter(|&layer| layer < self.config.dilations.len())
    }

    /// Columns back that a row above the input reads in the row below it.
    pub(super) fn offsets(&self, row: usize) -> &[usize] {
        &self.offsets[row - 1]
    }

    /// How many columns of this row the row above it still reads after they are computed: the length of its cache.
    pub(super) fn kept(&self, row: usize) -> usize {
        self.offsets.get(row).and_then(|offsets| offsets.iter().max()).copied().unwrap_or(0)
    }

    /// Symbols heard after the input convolution and after each layer.
    pub(super) fn growth(&self) -> &[usize] {
        &self.growth
    }

    /// Symbols heard by the output.
    pub(super) fn heard(&self) -> usize {
        self.heard
    }

    /// Nodes in the cone of a column's output: what a sampler without a cache computes for it. Each column is walked through once.
    pub(super) fn in_cone(&self, column: usize) -> usize {
        let count = || -> usize {
            let cone = self.cone(Cell { row: self.rows() - 1, column });
            (0..self.rows()).map(|row| cone.count(row)).sum()
        };
        self.in_cone.get(column).map_or_else(count, |known| *known.get_or_init(count))
    }

    /// What a node hears below it and what hears it above: walked back and forth through the graph.
    pub(super) fn cone(&self, tip: Cell) -> Cone {
        let length = self.config.length;
        let mut rows = vec![vec![false; length]; self.rows()];
        rows[tip.row][tip.column] = true;
        // The input's positions are symbols, a column behind.
        let shifted = |mut set: Vec<bool>| {
            set.insert(0, false);
            set.truncate(length);
            set
        };
        let cut = |mut set: Vec<bool>| {
            set.truncate(length);
            set
        };
        let node = |row: usize| self.rows[row - 1];
        for (row, set) in rows.iter_mut().enumerate() {
            *set = match (row, tip.row) {
                (0, above) if above > 0 => shifted(receptive_field(&self.graph, node(above), tip.column, self.nodes.levels)),
                (below, above) if below < above => cut(receptive_field(&self.graph, node(above), tip.column, node(below))),
                (above, 0) if above > 0 && tip.column > 0 => cut(influence(&self.graph, node(above), self.nodes.levels, tip.column - 1)),
                (above, below) if above > below && below > 0 => cut(influence(&self.graph, node(above), node(below), tip.column)),
                _ => continue,
            };
        }
        Cone { tip, rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack(front: usize, kernel: usize, dilations: &[usize]) -> Analysis {
        let config = Config { length: 40, levels: 3, channels: 4, front, kernel, dilations: dilations.to_vec(), head: 4, gated: true };
        Analysis::new(&config).expect("shapes fit")
    }

    #[test]
    fn dilations_double_what_is_heard_and_plain_layers_add_one() {
        assert_eq!(stack(1, 2, &[1, 2, 4, 8]).growth(), [1, 2, 4, 8, 16]);
        assert_eq!(stack(1, 2, &[1, 1, 1, 1]).growth(), [1, 2, 3, 4, 5]);
        assert_eq!(stack(2, 2, &[1, 2, 4, 8]).heard(), 17);
        // Longer than the sequence that is drawn, and counted all the same.
        assert_eq!(stack(1, 3, &[1, 2, 4, 8, 16, 32]).heard(), 127);
    }

    #[test]
    fn the_cone_of_an_output_is_the_lectures_figure() {
        let stack = stack(1, 2, &[1, 2, 4, 8]);
        assert_eq!(stack.rows(), 6);
        let cone = stack.cone(Cell { row: 5, column: 20 });
        let columns = |row: usize| (0..40).filter(|&column| cone.has(Cell { row, column })).collect::<Vec<_>>();
        assert_eq!(columns(4), [20]);
        assert_eq!(columns(3), [12, 20]);
        assert_eq!(columns(2), [8, 12, 16, 20]);
        assert_eq!(cone.count(1), 8);
        assert_eq!(columns(0), (5..=20).collect::<Vec<_>>(), "sixteen symbols, the newest right below");
        let kept: Vec<usize> = (0..5).map(|row| stack.kept(row)).collect();
        assert_eq!(kept, [1, 2, 4, 8, 0]);
        assert!(stack.in_cone[20].get().is_none(), "nobody has asked");
        // The output, the last layer, then 2, 4, 8 and 16 nodes.
        assert_eq!(stack.in_cone(20), 1 + 1 + 2 + 4 + 8 + 16);
        assert_eq!(stack.in_cone[20].get(), Some(&32), "and it is not counted again");
    }

    #[test]
    fn an_input_is_in_the_cone_of_exactly_the_outputs_that_it_reaches() {
        for stack in [stack(1, 2, &[1, 2, 4]), stack(2, 3, &[1, 3]), stack(1, 2, &[2, 4])] {
            let output = stack.rows() - 1;
            for column in 0..40 {
                let reached = stack.cone(Cell { row: 0, column });
                for p in 0..40 {
                    let heard = stack.cone(Cell { row: output, column: p }).has(Cell { row: 0, column });
                    assert_eq!(reached.has(Cell { row: output, column: p }), heard, "{column} to {p}");
                }
            }
        }
    }
}
