//! Proves a plan: replays it and checks that every value that is read is the one that was meant.

use super::{Graph, NodeId, Op, Plan};

/// What is wrong with a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A step reads a value that is not there: never computed, or overwritten by another node.
    #[error("step {reader:?} reads {operand:?}, but its buffer holds {holds:?}")]
    Stale {
        /// The node that reads.
        reader: NodeId,
        /// The operand that it means.
        operand: NodeId,
        /// What the buffer holds.
        holds: Option<NodeId>,
    },
    /// A buffer too short for its value.
    #[error("the buffer of {node:?} holds {length} elements, its value has {needed}")]
    TooShort {
        /// The node.
        node: NodeId,
        /// Length of the buffer.
        length: usize,
        /// Length of the value.
        needed: usize,
    },
    /// A step writes the buffer that it reads.
    #[error("step {node:?} writes the buffer of its operand {operand:?}")]
    Alias {
        /// The node.
        node: NodeId,
        /// The operand.
        operand: NodeId,
    },
    /// A parameter is read after its update.
    #[error("{reader:?} reads the stored value {stored:?} after {update:?} changed it")]
    ReadAfterUpdate {
        /// The node that reads.
        reader: NodeId,
        /// The parameter or state.
        stored: NodeId,
        /// The update.
        update: NodeId,
    },
}

/// Replays the plan symbolically: each buffer holds the node that wrote it last.
///
/// # Errors
/// The first step at which a value would be wrong.
pub fn verify(graph: &Graph, plan: &Plan) -> Result<(), PlanError> {
    let mut holds: Vec<Option<NodeId>> = vec![None; plan.buffers.len()];
    let mut updated: Vec<Option<NodeId>> = vec![None; graph.nodes().len()];
    for &id in &plan.sources {
        write(graph, plan, &mut holds, id)?;
    }
    for &id in &plan.steps {
        for &operand in &graph.node(id).inputs {
            read(graph, plan, &holds, id, operand)?;
            if plan.buffer[operand.index()].is_some() && plan.buffer[operand.index()] == plan.buffer[id.index()] {
                return Err(PlanError::Alias { node: id, operand });
            }
            if let Some(update) = updated[operand.index()] {
                return Err(PlanError::ReadAfterUpdate { reader: id, stored: operand, update });
            }
        }
        if graph.node(id).op == Op::AdamStep {
            for slot in [0, 2, 3] {
                updated[graph.node(id).inputs[slot].index()] = Some(id);
            }
        }
        write(graph, plan, &mut holds, id)?;
    }
    for &id in &plan.outputs {
        read(graph, plan, &holds, id, id)?;
    }
    Ok(())
}

fn write(graph: &Graph, plan: &Plan, holds: &mut [Option<NodeId>], node: NodeId) -> Result<(), PlanError> {
    let buffer = plan.buffer[node.index()].ok_or(PlanError::Stale { reader: node, operand: node, holds: None })?;
    let (length, needed) = (plan.buffers[buffer.index()], graph.shape(node).elements());
    if length < needed {
        return Err(PlanError::TooShort { node, length, needed });
    }
    holds[buffer.index()] = Some(node);
    Ok(())
}

fn read(graph: &Graph, plan: &Plan, holds: &[Option<NodeId>], reader: NodeId, operand: NodeId) -> Result<(), PlanError> {
    if matches!(graph.node(operand).op, Op::Parameter | Op::State) {
        return Ok(());
    }
    let found = plan.buffer[operand.index()].and_then(|b| holds[b.index()]);
    if found == Some(operand) { Ok(()) } else { Err(PlanError::Stale { reader, operand, holds: found }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Builder, Mode, Reuse};

    fn chain() -> Graph {
        let mut b = Builder::new(Mode::Evaluate);
        let x = b.input("x", &[8, 4]);
        let y = b.exp(x);
        let z = b.tanh(y);
        let w = b.add(y, z);
        let v = b.square(w);
        b.output("v", v);
        b.finish().expect("valid")
    }

    #[test]
    fn a_plan_with_reuse_is_proved_and_smaller() {
        let graph = chain();
        let outputs = [graph.output("v").expect("declared")];
        let (on, off) = (Plan::new(&graph, &outputs, Reuse::On), Plan::new(&graph, &outputs, Reuse::Off));
        assert_eq!(verify(&graph, &on), Ok(()));
        assert_eq!(verify(&graph, &off), Ok(()));
        assert!(on.footprint() < off.footprint());
    }

    #[test]
    fn sharing_a_live_buffer_is_refused() {
        let graph = chain();
        let outputs = [graph.output("v").expect("declared")];
        let mut plan = Plan::new(&graph, &outputs, Reuse::Off);
        // tanh writes over exp, which the sum still needs.
        let (exp, tanh) = (plan.steps[0], plan.steps[1]);
        plan.buffer[tanh.index()] = plan.buffer[exp.index()];
        assert!(verify(&graph, &plan).is_err());
    }
}
