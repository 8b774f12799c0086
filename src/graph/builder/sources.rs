//! Values that come from outside: stored, given at each run, or constant.

use super::Builder;
use crate::graph::op::Op;
use crate::graph::{Init, NodeId, ParameterDecl, Shape};

impl Builder {
    /// A trainable array.
    #[track_caller]
    pub fn parameter(&mut self, name: &str, dims: &[usize], init: Init) -> NodeId {
        let shape = self.checked_shape("parameter", dims);
        let node = self.named_source(Op::Parameter, name, shape);
        self.graph.parameters.push(ParameterDecl { node, init });
        node
    }

    /// A persistent array that no gradient reaches.
    #[track_caller]
    pub fn state(&mut self, name: &str, dims: &[usize]) -> NodeId {
        let shape = self.checked_shape("state", dims);
        self.named_source(Op::State, name, shape)
    }

    /// An array given anew at each run. Its name carries no scope.
    #[track_caller]
    pub fn input(&mut self, name: &str, dims: &[usize]) -> NodeId {
        let shape = self.checked_shape("input", dims);
        let scopes = std::mem::take(&mut self.scopes);
        let node = self.named_source(Op::Input, name, shape);
        self.scopes = scopes;
        node
    }

    /// One number, as a scalar that broadcasts.
    pub fn scalar(&mut self, value: f64) -> NodeId {
        self.push(Op::Fill(value), &[], Shape::SCALAR)
    }

    /// One number everywhere.
    #[track_caller]
    pub fn fill(&mut self, value: f64, dims: &[usize]) -> NodeId {
        let shape = self.checked_shape("fill", dims);
        self.push(Op::Fill(value), &[], shape)
    }

    /// Given numbers, row-major.
    #[track_caller]
    pub fn table(&mut self, values: Vec<f64>, dims: &[usize]) -> NodeId {
        let shape = self.checked_shape("table", dims);
        if shape.elements() != values.len() {
            let found = values.len().to_string();
            self.fail("table", format!("{} numbers for {shape}", shape.elements()), found);
        }
        self.push(Op::Table(values.into()), &[], shape)
    }
}
