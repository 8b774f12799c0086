//! Layers without a network: the diagonal scale of NICE, and actnorm and the mixing of Glow (1807.03039, table 1).

use super::{Layer, Moved};
use crate::graph::{Builder, Direction, Init, NodeId};

/// `z = e^s x`, `log|det J| = sum s` (1410.8516, section 3.3).
pub(super) struct Scale {
    log_scale: NodeId,
}

impl Scale {
    /// Declares `scale`.
    pub(super) fn declare(b: &mut Builder, dim: usize) -> Scale {
        Scale { log_scale: b.parameter("scale", &[dim], Init::Zeros) }
    }
}

impl Layer for Scale {
    fn run(&self, b: &mut Builder, direction: Direction, x: NodeId) -> Moved {
        let batch = b.shape(x).batch();
        let log_scale = signed(b, direction, self.log_scale);
        let factor = b.exp(log_scale);
        Moved { to: b.mul(x, factor), log_det: same_for_all(b, log_scale, batch) }
    }
}

/// `z = e^s (x + b)`: what makes the first batch's mean 0 and variance 1 when its values are set from it.
pub(super) struct Actnorm {
    bias: NodeId,
    log_scale: NodeId,
}

impl Actnorm {
    /// Declares `bias` and `log_scale`.
    pub(super) fn declare(b: &mut Builder, dim: usize) -> Actnorm {
        Actnorm { bias: b.parameter("bias", &[dim], Init::Zeros), log_scale: b.parameter("log_scale", &[dim], Init::Zeros) }
    }
}

impl Layer for Actnorm {
    fn run(&self, b: &mut Builder, direction: Direction, x: NodeId) -> Moved {
        let batch = b.shape(x).batch();
        let log_scale = signed(b, direction, self.log_scale);
        let factor = b.exp(log_scale);
        let to = match direction {
            Direction::Forward => {
                let shifted = b.add(x, self.bias);
                b.mul(shifted, factor)
            }
            Direction::Inverse => {
                let scaled = b.mul(x, factor);
                b.sub(scaled, self.bias)
            }
        };
        Moved { to, log_det: same_for_all(b, log_scale, batch) }
    }
}

/// The order of the coordinates, reversed.
pub(super) struct Reverse;

impl Layer for Reverse {
    fn run(&self, b: &mut Builder, _: Direction, x: NodeId) -> Moved {
        let (batch, dim) = (b.shape(x).batch(), b.shape(x).last());
        let parts: Vec<NodeId> = (0..dim).rev().map(|d| b.slice(x, 1, d, 1)).collect();
        Moved { to: b.concat(&parts, 1), log_det: b.fill(0.0, &[batch, 1]) }
    }
}

/// `z = L U P x`: P reverses the order, L has a unit diagonal, the diagonal of U is `e^s`; `log|det J| = sum s`, and the inverse is two
/// triangular solutions (1807.03039, eq. 10-11). It starts as P.
pub(super) struct Lu {
    lower: NodeId,
    upper: NodeId,
    log_diagonal: NodeId,
}

impl Lu {
    /// Declares `lower` and `upper`, of which only the triangles are read, and `log_diagonal`.
    pub(super) fn declare(b: &mut Builder, dim: usize) -> Lu {
        Lu {
            lower: b.parameter("lower", &[dim, dim], Init::Zeros),
            upper: b.parameter("upper", &[dim, dim], Init::Zeros),
            log_diagonal: b.parameter("log_diagonal", &[dim], Init::Zeros),
        }
    }

    /// `value + sign * sum over columns of entry(row, c) * others[c]`.
    fn row(b: &mut Builder, value: NodeId, sign: f64, matrix: NodeId, row: usize, others: &[(usize, NodeId)]) -> NodeId {
        others.iter().fold(value, |sum, &(column, other)| {
            let entry = entry(b, matrix, row, column);
            let product = b.mul(other, entry);
            if sign > 0.0 { b.add(sum, product) } else { b.sub(sum, product) }
        })
    }
}

impl Layer for Lu {
    fn run(&self, b: &mut Builder, direction: Direction, x: NodeId) -> Moved {
        let (batch, dim) = (b.shape(x).batch(), b.shape(x).last());
        let log_diagonal = signed(b, direction, self.log_diagonal);
        let factor = b.exp(log_diagonal);
        let factors: Vec<NodeId> = (0..dim).map(|d| b.slice(factor, 0, d, 1)).collect();
        let mut value: Vec<NodeId> = (0..dim).map(|d| b.slice(x, 1, d, 1)).collect();
        match direction {
            Direction::Forward => {
                value.reverse();
                let upper: Vec<NodeId> = (0..dim)
                    .map(|i| {
                        let scaled = b.mul(value[i], factors[i]);
                        let others: Vec<_> = (i + 1..dim).map(|c| (c, value[c])).collect();
                        Lu::row(b, scaled, 1.0, self.upper, i, &others)
                    })
                    .collect();
                value = (0..dim)
                    .map(|i| {
                        let others: Vec<_> = (0..i).map(|c| (c, upper[c])).collect();
                        Lu::row(b, upper[i], 1.0, self.lower, i, &others)
                    })
                    .collect();
            }
            Direction::Inverse => {
                for i in 0..dim {
                    let others: Vec<_> = (0..i).map(|c| (c, value[c])).collect();
                    value[i] = Lu::row(b, value[i], -1.0, self.lower, i, &others);
                }
                for i in (0..dim).rev() {
                    let others: Vec<_> = (i + 1..dim).map(|c| (c, value[c])).collect();
                    let rest = Lu::row(b, value[i], -1.0, self.upper, i, &others);
                    value[i] = b.mul(rest, factors[i]);
                }
                value.reverse();
            }
        }
        Moved { to: b.concat(&value, 1), log_det: same_for_all(b, log_diagonal, batch) }
    }
}

/// Entry of a matrix, `[1,1]`.
pub(super) fn entry(b: &mut Builder, matrix: NodeId, row: usize, column: usize) -> NodeId {
    let row = b.slice(matrix, 0, row, 1);
    b.slice(row, 1, column, 1)
}

fn signed(b: &mut Builder, direction: Direction, value: NodeId) -> NodeId {
    if direction == Direction::Forward { value } else { b.neg(value) }
}

/// The sum of a vector, for every point: `[B,1]`.
fn same_for_all(b: &mut Builder, values: NodeId, batch: usize) -> NodeId {
    let sum = b.sum_all(values);
    b.expand(sum, &[batch, 1])
}
