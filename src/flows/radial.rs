//! Radial flows (Rezende and Mohamed 2015, 1505.05770, eq. 14 and appendix A.2).
//!
//! ```text
//! z = x + beta h (x - x_0),   h = 1 / (alpha + r),   r = |x - x_0|,   alpha > 0,  beta > -alpha
//! log|det J| = (D - 1) ln(1 + beta h) + ln(1 + beta h + beta h' r) ,   h' = -1 / (alpha + r)^2
//! ```
//!
//! The inverse has a closed form: the image's distance is `r_z = r (1 + beta h)`, so r is the positive root of
//! `r^2 + (alpha + beta - r_z) r - alpha r_z = 0`.

use super::{Layer, Moved, Scene};
use crate::graph::{Binary, Builder, Direction, Init, NodeId, Unary};

/// Least alpha.
const FLOOR: f64 = 1e-3;

/// One layer: `x_0 [1,D]`, `alpha` and `beta` `[1,1]` as constrained.
pub(super) struct Radial {
    centre: NodeId,
    alpha: NodeId,
    beta: NodeId,
}

impl Radial {
    /// Declares `centre`, `alpha` and `beta`; it starts as a weak contraction around a random centre.
    pub(super) fn declare(b: &mut Builder, dim: usize) -> Radial {
        let centre = b.parameter("centre", &[1, dim], Init::Normal(1.0));
        let raw_alpha = b.parameter("alpha", &[1, 1], Init::Normal(0.3));
        let raw_beta = b.parameter("beta", &[1, 1], Init::Normal(0.3));
        let positive = b.unary(Unary::Softplus, raw_alpha);
        let alpha = b.offset(positive, FLOOR);
        let positive = b.unary(Unary::Softplus, raw_beta);
        let beta = b.sub(positive, alpha);
        b.name(alpha, "alpha.constrained");
        b.name(beta, "beta.constrained");
        Radial { centre, alpha, beta }
    }

    /// The distance; a little more than zero at the centre itself, where it has no direction.
    fn distance(b: &mut Builder, from: NodeId) -> NodeId {
        let square = b.square(from);
        let sum = b.sum(square, &[1]);
        let held = b.offset(sum, 1e-12);
        b.unary(Unary::Sqrt, held)
    }

    /// `1 + beta h` and the log-determinant at distance r.
    fn stretch(&self, b: &mut Builder, r: NodeId, dim: usize) -> (NodeId, NodeId) {
        let reach = b.add(self.alpha, r);
        let part = b.div(self.beta, reach);
        let across = b.offset(part, 1.0);
        // 1 + beta h + beta h' r = 1 + beta alpha / (alpha + r)^2
        let inner = b.div(self.alpha, reach);
        let bent = b.mul(part, inner);
        let along = b.offset(bent, 1.0);
        let log = |b: &mut Builder, value: NodeId| {
            let least = b.scalar(1e-12);
            let held = b.binary(Binary::Max, value, least);
            b.unary(Unary::Log, held)
        };
        let log_across = log(b, across);
        let log_along = log(b, along);
        let many = b.scale(log_across, dim as f64 - 1.0);
        (across, b.add(many, log_along))
    }
}

impl Layer for Radial {
    fn run(&self, b: &mut Builder, direction: Direction, x: NodeId) -> Moved {
        let dim = b.shape(x).last();
        let from = b.sub(x, self.centre);
        let image = Radial::distance(b, from);
        match direction {
            Direction::Forward => {
                let (across, log_det) = self.stretch(b, image, dim);
                let moved = b.mul(from, across);
                Moved { to: b.add(self.centre, moved), log_det }
            }
            Direction::Inverse => {
                let both = b.add(self.alpha, self.beta);
                let linear = b.sub(both, image);
                let square = b.square(linear);
                let product = b.mul(self.alpha, image);
                let four = b.scale(product, 4.0);
                let discriminant = b.add(square, four);
                let root = b.unary(Unary::Sqrt, discriminant);
                // Of the two forms of the root, the one that adds.
                let (apart, together) = (b.sub(root, linear), b.add(root, linear));
                let half = b.scale(apart, 0.5);
                let twice = b.scale(product, 2.0);
                let ratio = b.div(twice, together);
                let zero = b.scalar(0.0);
                let positive = b.binary(Binary::Greater, linear, zero);
                let r = b.select(positive, ratio, half);
                let (across, log_det) = self.stretch(b, r, dim);
                let back = b.div(from, across);
                Moved { to: b.add(self.centre, back), log_det: b.neg(log_det) }
            }
        }
    }

    fn portrait(&self, _: &mut Builder, _: &Scene) -> Vec<(&'static str, NodeId)> {
        vec![("centre", self.centre), ("alpha", self.alpha), ("beta", self.beta)]
    }
}
