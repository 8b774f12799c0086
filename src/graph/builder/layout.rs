//! Elements put elsewhere.

use super::Builder;
use crate::graph::op::Op;
use crate::graph::{MAX_RANK, NodeId, Shape};

impl Builder {
    /// The same elements in another shape.
    #[track_caller]
    pub fn reshape(&mut self, a: NodeId, dims: &[usize]) -> NodeId {
        let (from, to) = (self.shape(a), self.checked_shape("reshape", dims));
        if from == to {
            return a;
        }
        if from.elements() != to.elements() {
            self.fail("reshape", format!("{} elements", from.elements()), to.to_string());
            return a;
        }
        self.push(Op::Reshape, &[a], to)
    }

    /// Axis `i` of the result is axis `permutation[i]` of `a`.
    #[track_caller]
    pub fn permute(&mut self, a: NodeId, permutation: &[usize]) -> NodeId {
        let shape = self.shape(a);
        let mut sorted = permutation.to_vec();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..shape.rank()) {
            self.fail("permute", format!("a permutation of the {} axes", shape.rank()), format!("{permutation:?}"));
            return a;
        }
        let mut all: [usize; MAX_RANK] = [0, 1, 2, 3];
        all[..permutation.len()].copy_from_slice(permutation);
        let dims: Vec<usize> = permutation.iter().map(|&axis| shape.dims()[axis]).collect();
        let to = self.checked_shape("permute", &dims);
        self.push(Op::Permute(all), &[a], to)
    }

    /// Broadcast to a shape.
    #[track_caller]
    pub fn expand(&mut self, a: NodeId, dims: &[usize]) -> NodeId {
        let (from, to) = (self.shape(a), self.checked_shape("expand", dims));
        if from == to {
            return a;
        }
        if from.broadcast(to) != Some(to) {
            self.fail("expand", format!("a shape that {from} broadcasts to"), to.to_string());
            return a;
        }
        self.push(Op::Expand, &[a], to)
    }

    /// `length` elements from `start` along an axis.
    #[track_caller]
    pub fn slice(&mut self, a: NodeId, axis: usize, start: usize, length: usize) -> NodeId {
        let shape = self.shape(a);
        if axis >= shape.rank() || length == 0 || start + length > shape.dims()[axis] {
            self.fail("slice", format!("a range inside axis {axis} of {shape}"), format!("{start}..{}", start + length));
            return a;
        }
        if length == shape.dims()[axis] {
            return a;
        }
        self.push(Op::Slice { axis, start }, &[a], shape.with_axis(axis, length))
    }

    /// Zeros around `a` along an axis, `total` elements in all.
    #[track_caller]
    pub fn pad(&mut self, a: NodeId, axis: usize, before: usize, total: usize) -> NodeId {
        let shape = self.shape(a);
        if axis >= shape.rank() || before + shape.dims()[axis] > total {
            self.fail("pad", format!("room for axis {axis} of {shape}"), format!("{before} before, {total} in all"));
            return a;
        }
        self.push(Op::Pad { axis, before }, &[a], shape.with_axis(axis, total))
    }

    /// Operands one after the other along an axis.
    #[track_caller]
    pub fn concat(&mut self, parts: &[NodeId], axis: usize) -> NodeId {
        let first = self.shape(parts[0]);
        let total = parts.iter().map(|&p| self.shape(p).dims().get(axis).copied().unwrap_or(0)).sum();
        if parts.len() == 1 {
            return parts[0];
        }
        let fits = |s: Shape| s.rank() == first.rank() && axis < s.rank() && s.with_axis(axis, 1) == first.with_axis(axis, 1);
        if !parts.iter().all(|&p| fits(self.shape(p))) {
            let found = format!("{:?}", parts.iter().map(|&p| self.shape(p)).collect::<Vec<_>>());
            self.fail("concat", format!("shapes equal but for axis {axis}"), found);
            return parts[0];
        }
        self.push(Op::Concat { axis }, parts, first.with_axis(axis, total))
    }

    /// Index `[..., 1]` to one-hot `[..., classes]`.
    #[track_caller]
    pub fn one_hot(&mut self, index: NodeId, classes: usize) -> NodeId {
        let shape = self.shape(index);
        if shape.last() != 1 || classes == 0 {
            self.fail("one_hot", "an index with a last axis of 1".into(), shape.to_string());
            return index;
        }
        self.push(Op::OneHot, &[index], shape.with_axis(shape.rank() - 1, classes))
    }
}
