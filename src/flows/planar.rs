//! Planar flows (Rezende and Mohamed 2015, 1505.05770, eq. 10-12 and appendix A.1).
//!
//! ```text
//! z = x + u tanh(w'x + b),   log|det J| = ln |1 + u'w (1 - tanh^2(w'x + b))|
//! ```
//!
//! It is invertible where `w'u > -1`: the component of u along w is replaced by `m(w'u) = -1 + softplus(w'u)`, so
//! `u = u_raw + (m(w'u_raw) - w'u_raw) w / |w|^2`, divided by the square of the length.

use super::{Layer, Moved, Scene, root};
use crate::graph::{Binary, Builder, Direction, Init, NodeId, Unary};

/// One layer: `u [1,D]` as constrained, `w [1,D]`, `b [1,1]`, and `w'u [1,1]`.
pub(super) struct Planar {
    u: NodeId,
    w: NodeId,
    bias: NodeId,
    along: NodeId,
}

impl Planar {
    /// Declares `u`, `w` and `bias`.
    pub(super) fn declare(b: &mut Builder, dim: usize) -> Planar {
        let raw = b.parameter("u", &[1, dim], Init::Normal(0.3));
        let w = b.parameter("w", &[1, dim], Init::Normal(1.0));
        let bias = b.parameter("bias", &[1, 1], Init::Zeros);
        let product = b.mul(raw, w);
        let raw_along = b.sum(product, &[1]);
        let positive = b.unary(Unary::Softplus, raw_along);
        let along = b.offset(positive, -1.0);
        b.name(along, "along");
        let missing = b.sub(along, raw_along);
        let square = b.square(w);
        let length = b.sum(square, &[1]);
        let length = b.offset(length, 1e-8);
        let part = b.div(missing, length);
        let change = b.mul(w, part);
        Planar { u: b.add(raw, change), w, bias, along }
    }

    /// `tanh(a + b)` and its slope at `a [B,1]`.
    fn bend(&self, b: &mut Builder, a: NodeId) -> (NodeId, NodeId) {
        let sum = b.add(a, self.bias);
        let tanh = b.tanh(sum);
        let square = b.square(tanh);
        let minus = b.neg(square);
        (tanh, b.offset(minus, 1.0))
    }

    fn along_w(&self, b: &mut Builder, x: NodeId) -> NodeId {
        let product = b.mul(x, self.w);
        b.sum(product, &[1])
    }

    /// `1 + w'u tanh'`: positive, but for rounding.
    fn slope(&self, b: &mut Builder, steep: NodeId) -> NodeId {
        let product = b.mul(steep, self.along);
        let slope = b.offset(product, 1.0);
        let least = b.scalar(1e-12);
        b.binary(Binary::Max, slope, least)
    }
}

impl Layer for Planar {
    fn run(&self, b: &mut Builder, direction: Direction, x: NodeId) -> Moved {
        let image = self.along_w(b, x);
        let a = match direction {
            Direction::Forward => image,
            // Along w the layer is a + w'u tanh(a + b), increasing, and within |w'u| of a.
            Direction::Inverse => {
                let reach = b.unary(Unary::Abs, self.along);
                let reach = b.offset(reach, 1e-6);
                let (low, high) = (b.sub(image, reach), b.add(image, reach));
                root::find(b, image, [low, high], |b, a| {
                    let (tanh, steep) = self.bend(b, a);
                    let moved = b.mul(tanh, self.along);
                    let value = b.add(a, moved);
                    (value, self.slope(b, steep))
                })
            }
        };
        let (tanh, steep) = self.bend(b, a);
        let change = b.mul(tanh, self.u);
        let slope = self.slope(b, steep);
        let log_det = b.unary(Unary::Log, slope);
        match direction {
            Direction::Forward => Moved { to: b.add(x, change), log_det },
            Direction::Inverse => Moved { to: b.sub(x, change), log_det: b.neg(log_det) },
        }
    }

    fn portrait(&self, b: &mut Builder, scene: &Scene) -> Vec<(&'static str, NodeId)> {
        let at = self.along_w(b, scene.before);
        let (bend, steep) = self.bend(b, at);
        vec![("u", self.u), ("w", self.w), ("bias", self.bias), ("along", self.along), ("bend", bend), ("steep", steep)]
    }
}
