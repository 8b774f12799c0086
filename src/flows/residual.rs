//! Residual flows (Behrmann et al. 2019, 1811.00995; Chen et al. 2019, 1906.02735): `z = x + g(x)` with `Lip(g) < 1`.
//!
//! Every weight matrix of g is shrunk to a spectral norm of at most c, and its nonlinearity has slope at most 1; so g contracts, and the
//! fixed-point iteration `x <- z - g(x)` finds the inverse (theorem 1 of 1811.00995). The log-determinant here is the exact one: the Jacobian of
//! g is carried along, and `I + J_g` is eliminated without pivots: `|J_g| < 1` makes its symmetric part positive definite, and so all its
//! leading minors positive.

use super::tangents::Tangents;
use super::{Layer, Moved, Scene};
use crate::graph::{Binary, Builder, Direction, Init, NodeId, Unary};

/// Largest spectral norm of a weight matrix; three of them make `Lip(g) <= 0.86`.
pub(super) const CONTRACTION: f64 = 0.95;
/// Iterations of an inverse: `0.86^90` is 1e-6.
pub(super) const ITERATIONS: usize = 90;
/// Squarings in the bound on a spectral norm.
const SQUARINGS: usize = 6;

/// One block: weights as shrunk, and biases.
pub(super) struct Residual {
    layers: [[NodeId; 2]; 3],
    /// Of each hidden layer's LipSwish.
    beta: [NodeId; 2],
}

impl Residual {
    /// Declares `hidden_1`, `hidden_2`, `out`, each with `weight` and `bias`, and `beta`.
    pub(super) fn declare(b: &mut Builder, dim: usize, width: usize) -> Residual {
        let sizes = [dim, width, width, dim];
        let mut layer = 0;
        let layers = ["hidden_1", "hidden_2", "out"].map(|name| {
            let dims = [sizes[layer], sizes[layer + 1]];
            layer += 1;
            b.scope(name, |b| {
                let weight = b.parameter("weight", &dims, Init::lecun(dims[0]));
                let weight = contracted(b, weight);
                b.name(weight, "contracted");
                [weight, b.parameter("bias", &dims[1..], Init::Normal(0.1))]
            })
        });
        let beta = ["beta_1", "beta_2"].map(|name| {
            let raw = b.parameter(name, &[1], Init::Constant(0.5));
            b.unary(Unary::Softplus, raw)
        });
        Residual { layers, beta }
    }

    /// `g(x)` with its Jacobian.
    pub(super) fn with_jacobian(&self, b: &mut Builder, x: NodeId) -> Tangents {
        let [first, second, last] = self.layers;
        let hidden = Tangents::first(b, x, first[0], first[1]).lip_swish(b, self.beta[0]);
        let hidden = hidden.linear(b, second[0], second[1]).lip_swish(b, self.beta[1]);
        hidden.linear(b, last[0], last[1])
    }

    /// `g(x)` alone.
    pub(super) fn value(&self, b: &mut Builder, x: NodeId) -> NodeId {
        let [first, second, last] = self.layers;
        let plain = Tangents { value: x, by_input: Vec::new() };
        let hidden = plain.linear(b, first[0], first[1]).lip_swish(b, self.beta[0]);
        let hidden = hidden.linear(b, second[0], second[1]).lip_swish(b, self.beta[1]);
        hidden.linear(b, last[0], last[1]).value
    }
}

impl Layer for Residual {
    fn run(&self, b: &mut Builder, direction: Direction, x: NodeId) -> Moved {
        match direction {
            Direction::Forward => {
                let g = self.with_jacobian(b, x);
                Moved { to: b.add(x, g.value), log_det: log_det(b, &g) }
            }
            Direction::Inverse => {
                let mut found = x;
                for _ in 0..ITERATIONS {
                    let g = self.value(b, found);
                    found = b.sub(x, g);
                }
                let g = self.with_jacobian(b, found);
                let log_det = log_det(b, &g);
                Moved { to: found, log_det: b.neg(log_det) }
            }
        }
    }

    fn portrait(&self, b: &mut Builder, scene: &Scene) -> Vec<(&'static str, NodeId)> {
        let g = self.with_jacobian(b, scene.places);
        let dim = g.by_input.len();
        let entries: Vec<NodeId> = (0..dim * dim).map(|i| g.entry(b, i % dim, i / dim)).collect();
        vec![("field", g.value), ("jacobian", b.concat(&entries, 1))]
    }
}

/// `ln det(I + J_g)`, `[B,1]`: the sum of the logarithms of the pivots.
pub(super) fn log_det(b: &mut Builder, g: &Tangents) -> NodeId {
    let dim = g.by_input.len();
    let mut rows: Vec<Vec<NodeId>> = (0..dim)
        .map(|row| {
            let entry = |(column, b): (usize, &mut Builder)| {
                let entry = g.entry(b, row, column);
                if row == column { b.offset(entry, 1.0) } else { entry }
            };
            (0..dim).map(|column| entry((column, b))).collect()
        })
        .collect();
    let mut sum = None;
    for pivot in 0..dim {
        let log = b.unary(Unary::Log, rows[pivot][pivot]);
        sum = Some(match sum {
            Some(so_far) => b.add(so_far, log),
            None => log,
        });
        let (done, below) = rows.split_at_mut(pivot + 1);
        let top = &done[pivot];
        for row in below {
            let ratio = b.div(row[pivot], top[pivot]);
            for (entry, &over) in row.iter_mut().zip(top).skip(pivot + 1) {
                let part = b.mul(ratio, over);
                *entry = b.sub(*entry, part);
            }
        }
    }
    sum.expect("a point has a coordinate")
}

/// `W c / max(c, s)`, where s is at least the spectral norm of W and at most 3 % more: `s = |(W'W)^{2^k}|_F^{1 / 2^{k+1}}`.
///
/// The power iteration of the authors gives a bound from below, which the true norm may pass; the Frobenius norm of a high power bounds it
/// from above, needs no state between steps, and has a gradient.
fn contracted(b: &mut Builder, weight: NodeId) -> NodeId {
    let dims = b.shape(weight).dims().to_vec();
    // The smaller of the two Gram matrices.
    let mut gram = b.matmul_with(weight, weight, dims[0] > dims[1], dims[0] <= dims[1]);
    let mut log_norm = None;
    for squaring in 0..=SQUARINGS {
        // Each power is brought to norm 1 and its logarithm kept, so that nothing overflows.
        let square = b.square(gram);
        let sum = b.sum(square, &[0, 1]);
        let held = b.offset(sum, 1e-30);
        let log = b.unary(Unary::Log, held);
        let part = b.scale(log, 0.25 / f64::from(1_u32 << squaring));
        log_norm = Some(match log_norm {
            Some(so_far) => b.add(so_far, part),
            None => part,
        });
        if squaring < SQUARINGS {
            let norm = b.unary(Unary::Sqrt, held);
            let scaled = b.div(gram, norm);
            gram = b.matmul(scaled, scaled);
        }
    }
    let bound = b.exp(log_norm.expect("there is a first power"));
    let most = b.scalar(CONTRACTION);
    let least = b.binary(Binary::Max, bound, most);
    let reciprocal = b.unary(Unary::Reciprocal, least);
    let factor = b.scale(reciprocal, CONTRACTION);
    b.mul(weight, factor)
}
