use std::collections::HashSet;
use std::panic::Location;

mod elementwise;
mod layout;
mod products;
mod reductions;
mod sources;

use super::op::Op;
use super::shape::{MAX_RANK, Shape};
use super::{Graph, GraphError, Node, NodeId};

/// What a model is recorded for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Mode {
    /// Loss, gradients and an optimiser step.
    Train,
    /// Likelihoods and pictures.
    Evaluate,
    /// Latent to data.
    Inverse,
}

/// Records a model as a graph.
///
/// Methods return node ids at once; the first shape mistake is kept (operation, shapes, scope, caller's line) and comes out of
/// [`Builder::finish`], so a model reads as its formula. Nothing here panics on what a user chose.
pub struct Builder {
    mode: Mode,
    pub(in crate::graph) graph: Graph,
    scopes: Vec<String>,
    names: HashSet<String>,
    error: Option<GraphError>,
}

impl Builder {
    /// An empty recording.
    pub fn new(mode: Mode) -> Builder {
        Builder { mode, graph: Graph::default(), scopes: Vec::new(), names: HashSet::new(), error: None }
    }

    /// What this recording is for.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Runs `body` with a name put before every name that it gives: `scope("block", ..)`.
    pub fn scope<T>(&mut self, name: impl Into<String>, body: impl FnOnce(&mut Builder) -> T) -> T {
        self.scopes.push(name.into());
        let value = body(self);
        self.scopes.pop();
        value
    }

    /// Shape of a node's value.
    pub fn shape(&self, id: NodeId) -> Shape {
        self.graph.shape(id)
    }

    /// Full name and node of every parameter declared so far, in order.
    pub fn parameters(&self) -> Vec<(String, NodeId)> {
        self.graph.parameters.iter().map(|p| (self.graph.describe(p.node), p.node)).collect()
    }

    /// The finished graph, or the first mistake that was made while recording.
    pub fn finish(self) -> Result<Graph, GraphError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.graph),
        }
    }

    /// Gives a node its name under the current scopes, so that a picture can read it.
    #[track_caller]
    pub fn name(&mut self, id: NodeId, name: &str) -> NodeId {
        let full = self.full_name(name);
        if !self.names.insert(full.clone()) {
            self.duplicate(full);
        } else if self.graph.node(id).name.is_none() {
            self.graph.nodes[id.index()].name = Some(full);
        }
        id
    }

    /// Declares a result.
    pub fn output(&mut self, name: &str, id: NodeId) {
        self.graph.outputs.push((name.into(), id));
    }

    pub(in crate::graph) fn push(&mut self, op: Op, inputs: &[NodeId], shape: Shape) -> NodeId {
        let id = NodeId(self.graph.nodes.len() as u32);
        self.graph.nodes.push(Node { op, inputs: inputs.to_vec(), shape, name: None });
        id
    }

    pub(in crate::graph) fn set_error(&mut self, error: GraphError) {
        self.error.get_or_insert(error);
    }

    fn full_name(&self, name: &str) -> String {
        let mut full = self.scopes.join(".");
        if !full.is_empty() {
            full.push('.');
        }
        full + name
    }

    #[track_caller]
    pub(super) fn named_source(&mut self, op: Op, name: &str, shape: Shape) -> NodeId {
        let full = self.full_name(name);
        if !self.names.insert(full.clone()) {
            self.duplicate(full.clone());
        }
        let id = self.push(op, &[], shape);
        self.graph.nodes[id.index()].name = Some(full);
        id
    }

    #[track_caller]
    fn duplicate(&mut self, name: String) {
        let location = Location::caller().to_string();
        self.set_error(GraphError::DuplicateName { name, location });
    }

    #[track_caller]
    pub(super) fn checked_shape(&mut self, op: &str, dims: &[usize]) -> Shape {
        match Shape::try_new(dims) {
            Some(shape) => shape,
            None => {
                self.fail(op, format!("1 to {MAX_RANK} axes of length 1 or more"), format!("{dims:?}"));
                Shape::SCALAR
            }
        }
    }

    #[track_caller]
    pub(super) fn broadcast_shape(&mut self, op: &str, a: NodeId, b: NodeId) -> Shape {
        let (sa, sb) = (self.shape(a), self.shape(b));
        match sa.broadcast(sb) {
            Some(shape) => shape,
            None => {
                self.fail(op, "shapes that broadcast".into(), format!("{sa} and {sb}"));
                sa
            }
        }
    }

    #[track_caller]
    pub(super) fn fail(&mut self, op: &str, expected: String, found: String) {
        let location = Location::caller().to_string();
        let scope = self.scopes.join(".");
        self.set_error(GraphError::Shape { op: op.into(), scope, location, expected, found });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_mistake_comes_out_of_finish_with_its_scope() {
        let mut b = Builder::new(Mode::Evaluate);
        let x = b.input("x", &[4, 3]);
        let wrong = b.scope("block.2", |b| {
            let w = b.fill(1.0, &[5, 7]);
            b.matmul(x, w)
        });
        b.exp(wrong);
        let message = b.finish().expect_err("inner lengths differ").to_string();
        assert!(message.contains("matmul in scope `block.2`") && message.contains("[4, 3]") && message.contains("[5, 7]"), "{message}");
        assert!(message.contains("builder/mod.rs"), "{message}");
    }

    #[test]
    fn names_are_unique() {
        let mut b = Builder::new(Mode::Evaluate);
        b.input("x", &[1]);
        b.input("x", &[1]);
        assert!(b.finish().is_err());
    }
}
