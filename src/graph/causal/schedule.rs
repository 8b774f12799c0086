use std::ops::Range;

use super::link::{Grid, Link};
use super::{CausalError, Order};
use crate::graph::{Graph, NodeId};

/// No input is seen.
const NOTHING: i32 = -1;
/// No step reads the element.
const NEVER: u32 = u32::MAX;

/// A piece of work: a range of positions of one node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Task {
    /// The node.
    pub node: NodeId,
    start: u32,
    end: u32,
}

impl Task {
    /// The positions to compute.
    pub fn positions(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// When a model computes what while it draws its data position by position.
///
/// Every element that the logits need is computed exactly once. A row of elements runs at once where its last input is drawn before its
/// first reader asks; everything else runs element by element, as soon as it can. So a plain stack does one column of activations a pixel,
/// and the vertical stack of a gated PixelCNN one row of them a row, without a cache written by hand.
#[derive(Clone, Debug)]
pub struct Schedule {
    order: Order,
    data: NodeId,
    logits: NodeId,
    ready: Vec<Vec<i32>>,
    needed: Vec<Vec<u32>>,
    prologue: Vec<NodeId>,
    tasks: Vec<Task>,
    starts: Vec<u32>,
}

impl Schedule {
    /// Analyses a graph that predicts each position of the input `data` by `logits` at the same position.
    ///
    /// # Errors
    /// [`CausalError::Leak`] if the logits of a position see one that is not drawn before it; [`CausalError::Positions`] or
    /// [`CausalError::Order`] if logits, data and order have different numbers of positions.
    pub fn analyse(graph: &Graph, data: NodeId, logits: NodeId, order: Order) -> Result<Schedule, CausalError> {
        let grid = Grid::of(graph.shape(data));
        let found = graph.shape(logits).positions();
        if found != grid.len() {
            return Err(CausalError::Positions { node: graph.describe(logits), expected: grid.len(), found });
        }
        if order.len() != grid.len() {
            return Err(CausalError::Order { expected: grid.len(), step: order.len() });
        }
        let live = live(graph, logits);
        let ready = ready(graph, data, &live, &order);
        for position in 0..grid.len() {
            let last = ready[logits.index()].get(position).copied().unwrap_or(NOTHING);
            let step = order.step(position);
            if last >= step as i32 {
                let (node, sees_step) = (graph.describe(logits), last as usize);
                let sees = order.position(sees_step);
                return Err(CausalError::Leak { node, position, step, sees, sees_step, width: grid.width });
            }
        }
        let needed = needed(graph, logits, &ready, &order);
        let computed = |id: &NodeId| live[id.index()] && !graph.node(*id).op.is_source();
        let prologue = graph.ids().filter(|id| computed(id) && ready[id.index()].is_empty()).collect();
        let (tasks, starts) = tasks(graph, data, &ready, &needed, &order);
        Ok(Schedule { order, data, logits, ready, needed, prologue, tasks, starts })
    }

    /// The order of drawing.
    pub fn order(&self) -> &Order {
        &self.order
    }

    /// The input that is drawn.
    pub fn data(&self) -> NodeId {
        self.data
    }

    /// The node that predicts it.
    pub fn logits(&self) -> NodeId {
        self.logits
    }

    /// Number of steps: one for each position of the data.
    pub fn steps(&self) -> usize {
        self.order.len()
    }

    /// Latest step whose pixel an element sees; `None` if it sees none.
    pub fn ready(&self, node: NodeId, position: usize) -> Option<usize> {
        self.ready[node.index()].get(position).and_then(|&step| usize::try_from(step).ok())
    }

    /// First step that reads an element, of a node that depends on the data; `None` if no step does.
    pub fn needed(&self, node: NodeId, position: usize) -> Option<usize> {
        self.needed[node.index()].get(position).filter(|&&step| step != NEVER).map(|&step| step as usize)
    }

    /// What depends on nothing that is drawn: whole nodes, to run once before the first step.
    pub fn prologue(&self) -> &[NodeId] {
        &self.prologue
    }

    /// What to run after `step` pixels are drawn and before the next is, operands first. It depends on no later pixel: to go back to a
    /// step is to forget the tasks of the steps after it.
    pub fn tasks(&self, step: usize) -> &[Task] {
        &self.tasks[self.starts[step] as usize..self.starts[step + 1] as usize]
    }
}

/// Nodes that the logits read.
fn live(graph: &Graph, logits: NodeId) -> Vec<bool> {
    let mut live = vec![false; graph.nodes().len()];
    live[logits.index()] = true;
    for index in (0..=logits.index()).rev().filter(|&i| i < graph.nodes().len()) {
        if live[index] {
            graph.nodes()[index].inputs.iter().for_each(|input| live[input.index()] = true);
        }
    }
    live
}

/// For each live node that depends on the data, the latest step that each position sees; empty for all other nodes.
fn ready(graph: &Graph, data: NodeId, live: &[bool], order: &Order) -> Vec<Vec<i32>> {
    let mut ready: Vec<Vec<i32>> = vec![Vec::new(); graph.nodes().len()];
    ready[data.index()] = (0..order.len()).map(|p| order.step(p) as i32).collect();
    for id in graph.ids().skip(data.index() + 1).filter(|id| live[id.index()]) {
        let inputs = &graph.node(id).inputs;
        if inputs.iter().all(|input| ready[input.index()].is_empty()) {
            continue;
        }
        let mut latest = vec![NOTHING; graph.shape(id).positions()];
        for (slot, input) in inputs.iter().enumerate().filter(|(_, input)| !ready[input.index()].is_empty()) {
            let operand = &ready[input.index()];
            gather(&Link::new(graph, id, slot), operand, &mut latest, i32::max);
        }
        ready[id.index()] = latest;
    }
    ready
}

/// For each node that depends on the data, the first step that reads each position.
fn needed(graph: &Graph, logits: NodeId, ready: &[Vec<i32>], order: &Order) -> Vec<Vec<u32>> {
    let mut needed: Vec<Vec<u32>> = ready.iter().map(|r| vec![NEVER; r.len()]).collect();
    for (position, step) in needed[logits.index()].iter_mut().enumerate() {
        *step = order.step(position) as u32;
    }
    for id in graph.ids().collect::<Vec<_>>().into_iter().rev().filter(|id| !ready[id.index()].is_empty()) {
        let own = std::mem::take(&mut needed[id.index()]);
        for (slot, input) in graph.node(id).inputs.iter().enumerate().filter(|(_, input)| !ready[input.index()].is_empty()) {
            let link = Link::new(graph, id, slot);
            let operand = &mut needed[input.index()];
            if link.is_all() {
                let first = own.iter().copied().min().unwrap_or(NEVER);
                operand.iter_mut().for_each(|step| *step = first.min(*step));
            } else {
                for (p, &step) in own.iter().enumerate().filter(|&(_, &step)| step != NEVER) {
                    link.reads(p, |q| operand[q] = operand[q].min(step));
                }
            }
        }
        needed[id.index()] = own;
    }
    needed
}

/// `target[p] = merge(target[p], operand[q])` for every q that p reads.
fn gather<T: Copy>(link: &Link<'_>, operand: &[T], target: &mut [T], merge: impl Fn(T, T) -> T) {
    if link.is_all() {
        if let Some(all) = operand.iter().copied().reduce(&merge) {
            target.iter_mut().for_each(|t| *t = merge(*t, all));
        }
    } else {
        for (p, t) in target.iter_mut().enumerate() {
            link.reads(p, |q| *t = merge(*t, operand[q]));
        }
    }
}

/// The work of each step: `(tasks, where each step's begin)`.
fn tasks(graph: &Graph, data: NodeId, ready: &[Vec<i32>], needed: &[Vec<u32>], order: &Order) -> (Vec<Task>, Vec<u32>) {
    let mut when: Vec<Vec<u32>> = vec![Vec::new(); ready.len()];
    when[data.index()] = ready[data.index()].iter().map(|&step| step as u32 + 1).collect();
    let mut timed: Vec<(u32, Task)> = Vec::new();
    for id in graph.ids().filter(|&id| id != data && !ready[id.index()].is_empty()) {
        // An operand may wait for its row, so its own time counts, not only the inputs that it sees.
        let mut steps: Vec<u32> = ready[id.index()].iter().map(|&step| (step + 1) as u32).collect();
        for (slot, input) in graph.node(id).inputs.iter().enumerate().filter(|(_, input)| !when[input.index()].is_empty()) {
            gather(&Link::new(graph, id, slot), &when[input.index()], &mut steps, u32::max);
        }
        let needed = &needed[id.index()];
        for (p, step) in steps.iter_mut().enumerate() {
            if needed[p] == NEVER {
                *step = NEVER;
            }
        }
        if !join(&mut steps, needed) {
            let width = Grid::of(graph.shape(id)).width;
            for (row, needed) in steps.chunks_mut(width).zip(needed.chunks(width)) {
                join(row, needed);
            }
        }
        let mut start = 0;
        for run in steps.chunk_by(|a, b| a == b) {
            let end = start + run.len();
            if run[0] != NEVER {
                timed.push((run[0], Task { node: id, start: start as u32, end: end as u32 }));
            }
            start = end;
        }
        // What is never needed is never read, so it must not delay a reader.
        steps.iter_mut().filter(|step| **step == NEVER).for_each(|step| *step = 0);
        when[id.index()] = steps;
    }
    timed.sort_by_key(|&(step, task)| (step, task.node, task.start));
    let starts = (0..=order.len() as u32).map(|step| timed.partition_point(|&(t, _)| t < step) as u32).collect();
    (timed.into_iter().map(|(_, task)| task).collect(), starts)
}

/// Lets all needed elements run together when the last of them is ready, if nothing asks for one before that.
fn join(steps: &mut [u32], needed: &[u32]) -> bool {
    let Some(last) = steps.iter().copied().filter(|&step| step != NEVER).max() else { return true };
    let first = needed.iter().copied().min().unwrap_or(NEVER);
    if last > first {
        return false;
    }
    steps.iter_mut().filter(|step| **step != NEVER).for_each(|step| *step = last);
    true
}
