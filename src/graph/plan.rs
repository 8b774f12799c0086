use super::{Graph, NodeId, Op};

/// A buffer of a plan.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BufferId(pub u32);

impl BufferId {
    /// Position in [`Plan::buffers`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Whether buffers are shared by values that are never alive together.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reuse {
    /// Share whole buffers.
    On,
    /// One buffer a node: for finding mistakes, and for pictures that read every node.
    Off,
}

/// The order of a graph's live nodes and where each value is kept.
///
/// Only whole buffers are shared, never parts of one (WebGPU forbids reading and writing parts of one buffer in one dispatch).
/// Parameters and states live in the store; inputs and constants keep a buffer of their own.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Nodes to compute, in order; sources are not among them.
    pub steps: Vec<NodeId>,
    /// Buffer of each node's value, by node; `None` for dead nodes and for what the store holds.
    pub buffer: Vec<Option<BufferId>>,
    /// Length of each buffer, in elements.
    pub buffers: Vec<usize>,
    /// Live inputs and constants: what must be filled before the first step.
    pub sources: Vec<NodeId>,
    /// Live parameters and states: what the store must hold.
    pub stored: Vec<NodeId>,
    /// Nodes whose values can be read after the run.
    pub outputs: Vec<NodeId>,
}

impl Plan {
    /// Plans what `outputs` and the nodes with an effect need.
    ///
    /// A value lives from its step to its last reader; an output lives for ever. The smallest free buffer that fits is taken, else a new
    /// one, so the plan is a pure function of the graph.
    pub fn new(graph: &Graph, outputs: &[NodeId], reuse: Reuse) -> Plan {
        let count = graph.nodes().len();
        let live = live_nodes(graph, outputs);
        let mut last_use = vec![0usize; count];
        for id in graph.ids().filter(|id| live[id.index()]) {
            for input in &graph.node(id).inputs {
                last_use[input.index()] = id.index();
            }
        }
        for id in outputs {
            last_use[id.index()] = usize::MAX;
        }

        let mut plan = Plan {
            steps: Vec::new(),
            buffer: vec![None; count],
            buffers: Vec::new(),
            sources: Vec::new(),
            stored: Vec::new(),
            outputs: outputs.to_vec(),
        };
        let mut free: Vec<BufferId> = Vec::new();
        for id in graph.ids().filter(|id| live[id.index()]) {
            let node = graph.node(id);
            let length = node.shape.elements();
            match node.op {
                Op::Parameter | Op::State => plan.stored.push(id),
                Op::Input | Op::Fill(_) | Op::Table(_) => {
                    plan.sources.push(id);
                    plan.buffer[id.index()] = Some(plan.new_buffer(length));
                }
                _ => {
                    plan.steps.push(id);
                    plan.buffer[id.index()] = Some(plan.take(&mut free, length));
                    if reuse == Reuse::On {
                        plan.release(graph, id, &last_use, &mut free);
                    }
                }
            }
        }
        plan
    }

    /// Elements of all buffers together.
    pub fn footprint(&self) -> usize {
        self.buffers.iter().sum()
    }

    fn new_buffer(&mut self, length: usize) -> BufferId {
        self.buffers.push(length);
        BufferId(self.buffers.len() as u32 - 1)
    }

    /// The free buffer that wastes least; one more than twice too long is left for a larger value.
    fn take(&mut self, free: &mut Vec<BufferId>, length: usize) -> BufferId {
        let fits = |id: &BufferId| (length..=2 * length).contains(&self.buffers[id.index()]);
        let best = free.iter().copied().filter(fits).min_by_key(|id| (self.buffers[id.index()], id.0));
        match best {
            Some(id) => {
                free.retain(|&other| other != id);
                id
            }
            None => self.new_buffer(length),
        }
    }

    /// Frees the operands that `id` was the last to read, and `id` itself if nothing reads it.
    fn release(&mut self, graph: &Graph, id: NodeId, last_use: &[usize], free: &mut Vec<BufferId>) {
        let inputs = &graph.node(id).inputs;
        let ended = inputs.iter().copied().filter(|input| last_use[input.index()] == id.index());
        let unread = (last_use[id.index()] == 0).then_some(id);
        for done in ended.chain(unread) {
            let computed = !graph.node(done).op.is_source();
            if let Some(buffer) = self.buffer[done.index()]
                && computed
                && !free.contains(&buffer)
            {
                free.push(buffer);
            }
        }
    }
}

fn live_nodes(graph: &Graph, outputs: &[NodeId]) -> Vec<bool> {
    let mut live = vec![false; graph.nodes().len()];
    for id in outputs {
        live[id.index()] = true;
    }
    for id in graph.ids().collect::<Vec<_>>().into_iter().rev() {
        let node = graph.node(id);
        if live[id.index()] || node.op.has_effect() {
            live[id.index()] = true;
            for input in &node.inputs {
                live[input.index()] = true;
            }
        }
    }
    live
}
