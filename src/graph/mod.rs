//! What is computed: a static graph of array operations, its gradients, its causal analysis and its plan.
//!
//! A model is recorded once with a [`Builder`]; [`Builder::gradients`] appends its reverse pass as ordinary nodes; [`Plan`] orders what the
//! outputs need and shares buffers; [`causal`] says which pixel sees which.

mod builder;
pub mod causal;
mod error;
mod grad;
mod init;
pub mod op;
mod plan;
mod shape;
mod taps;
pub mod verify;

pub use builder::{Builder, Mode};
pub use error::GraphError;
pub use init::{Init, initial_values};
pub use op::{Binary, Direction, Op, Reads, Unary};
pub use plan::{BufferId, Plan, Reuse};
pub use shape::{Axes, MAX_RANK, Shape};
pub use taps::{MaskKind, Taps};

/// A node of a graph; operands always have smaller ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// Position in [`Graph::nodes`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One operation, its operands and the shape of its value.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it computes.
    pub op: Op,
    /// Operands, in the operation's order.
    pub inputs: Vec<NodeId>,
    /// Shape of the value.
    pub shape: Shape,
    /// Name, unique where given, with its scopes: `block.3.conv`.
    pub name: Option<String>,
}

/// A trainable array, as declared.
#[derive(Clone, Debug)]
pub struct ParameterDecl {
    /// Its node.
    pub node: NodeId,
    /// How it starts.
    pub init: Init,
}

/// A finished recording: nodes in an order in which they can be computed.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    parameters: Vec<ParameterDecl>,
    outputs: Vec<(String, NodeId)>,
}

impl Graph {
    /// Every node, operands first.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// One node.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// Shape of a node's value.
    pub fn shape(&self, id: NodeId) -> Shape {
        self.node(id).shape
    }

    /// Ids in order.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// The trainable arrays, in order of declaration.
    pub fn parameters(&self) -> &[ParameterDecl] {
        &self.parameters
    }

    /// Named results, in order of declaration.
    pub fn outputs(&self) -> &[(String, NodeId)] {
        &self.outputs
    }

    /// The result of this name.
    pub fn output(&self, name: &str) -> Option<NodeId> {
        self.outputs.iter().find(|(n, _)| n == name).map(|&(_, id)| id)
    }

    /// The node of this full name.
    pub fn find(&self, name: &str) -> Option<NodeId> {
        self.ids().find(|&id| self.node(id).name.as_deref() == Some(name))
    }

    /// Name for messages: the node's own, else the operation and its number.
    pub fn describe(&self, id: NodeId) -> String {
        let node = self.node(id);
        match &node.name {
            Some(name) => name.clone(),
            None => format!("{}#{}", node.op.label(), id.0),
        }
    }

    /// Shapes of a node's operands.
    pub fn operand_shapes(&self, id: NodeId) -> Vec<Shape> {
        self.node(id).inputs.iter().map(|&i| self.shape(i)).collect()
    }

    /// Multiply-adds (or elementwise operations) of one run.
    pub fn cost(&self) -> u64 {
        self.ids().map(|id| self.node(id).op.cost(self.shape(id), &self.operand_shapes(id))).sum()
    }

    /// Number of trained values.
    pub fn parameter_count(&self) -> usize {
        self.parameters.iter().map(|p| self.shape(p.node).elements()).sum()
    }
}
