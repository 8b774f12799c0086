//! Sums, maxima and softmax.

use super::Builder;
use crate::graph::op::Op;
use crate::graph::{Axes, NodeId};

impl Builder {
    /// Sum over axes, which stay with length 1.
    pub fn sum(&mut self, a: NodeId, axes: &[usize]) -> NodeId {
        let axes = Axes::of(axes);
        let shape = axes.reduce(self.shape(a));
        self.push(Op::Sum(axes), &[a], shape)
    }

    /// Sum of every element, `[1]`.
    pub fn sum_all(&mut self, a: NodeId) -> NodeId {
        let shape = self.shape(a);
        let axes = Axes::all(shape);
        let sum = self.push(Op::Sum(axes), &[a], axes.reduce(shape));
        self.reshape(sum, &[1])
    }

    /// Mean of every element, `[1]`.
    pub fn mean_all(&mut self, a: NodeId) -> NodeId {
        let count = self.shape(a).elements() as f64;
        let sum = self.sum_all(a);
        self.scale(sum, 1.0 / count)
    }

    /// Largest over axes, which stay with length 1.
    pub fn max(&mut self, a: NodeId, axes: &[usize]) -> NodeId {
        let axes = Axes::of(axes);
        let shape = axes.reduce(self.shape(a));
        self.push(Op::Max(axes), &[a], shape)
    }

    /// `a - ln sum_c e^a` over the last axis.
    pub fn log_softmax(&mut self, a: NodeId) -> NodeId {
        let shape = self.shape(a);
        self.push(Op::LogSoftmax, &[a], shape)
    }

    /// `ln sum_c e^a` over the last axis, which stays with length 1.
    pub fn log_sum_exp(&mut self, a: NodeId) -> NodeId {
        let shape = self.shape(a);
        let shape = shape.with_axis(shape.rank() - 1, 1);
        self.push(Op::LogSumExp, &[a], shape)
    }
}
