//! Sylvester flows (van den Berg et al. 2018, 1803.05649, eq. 8-10).
//!
//! ```text
//! z = x + Q R1 tanh(R2 Q'x + b),   log|det J| = sum_i ln(1 + tanh'(R2 Q'x + b)_i R1_ii R2_ii)
//! ```
//!
//! Q is orthogonal, R1 and R2 are upper triangular. A tanh holds both diagonals inside (-1, 1), so every factor is positive and the layer
//! invertible: in the coordinates `v = Q'x` each row is an increasing function of its own unknown, the last row first.

use super::family::Basis;
use super::linear::entry;
use super::{Layer, Moved, Scene, root};
use crate::graph::{Binary, Builder, Direction, Init, NodeId, Unary};

/// Steps of the orthogonalisation. A singular value grows by 1.5 a step while it is small, and its error squares once it is near 1: so Q is
/// orthogonal to rounding for matrices of a condition up to a million.
const ORTHOGONALISATIONS: usize = 40;

/// One layer: `Q [D,D]`, `R1` and `R2` `[D,D]` as constrained, `b [1,D]`.
pub(super) struct Sylvester {
    q: NodeId,
    r1: NodeId,
    r2: NodeId,
    bias: NodeId,
}

impl Sylvester {
    /// Declares layer `stage`.
    pub(super) fn declare(b: &mut Builder, dim: usize, basis: Basis, stage: usize) -> Sylvester {
        let q = match basis {
            Basis::Orthogonal => {
                let raw = b.parameter("q", &[dim, dim], Init::Normal(0.3));
                let eye = b.table(identity(dim), &[dim, dim]);
                let matrix = b.add(eye, raw);
                orthogonalised(b, matrix)
            }
            Basis::Householder => {
                let vectors = b.parameter("householder", &[dim, dim], Init::Normal(1.0));
                reflections(b, vectors)
            }
            Basis::Triangular => {
                let order = |i: usize| if stage.is_multiple_of(2) { i } else { dim - 1 - i };
                let table = (0..dim).flat_map(|i| (0..dim).map(move |j| f64::from(u8::from(order(i) == j)))).collect();
                b.table(table, &[dim, dim])
            }
        };
        b.name(q, "orthogonal");
        let r1 = triangular(b, "r1", dim, Init::Normal(0.1));
        let r2 = triangular(b, "r2", dim, Init::Normal(0.5));
        Sylvester { q, r1, r2, bias: b.parameter("bias", &[1, dim], Init::Normal(0.3)) }
    }

    /// `v` with `v + R1 tanh(R2 v + b) = image`, row by row from the last; all `[B,D]`.
    fn solve(&self, b: &mut Builder, image: NodeId) -> NodeId {
        let dim = b.shape(image).last();
        let mut v: Vec<Option<NodeId>> = vec![None; dim];
        let mut bent: Vec<Option<NodeId>> = vec![None; dim];
        for i in (0..dim).rev() {
            let mut target = b.slice(image, 1, i, 1);
            let mut inner = b.slice(self.bias, 1, i, 1);
            for j in i + 1..dim {
                let (known, tanh) = (v[j].expect("later rows are solved"), bent[j].expect("later rows are solved"));
                let (r1, r2) = (entry(b, self.r1, i, j), entry(b, self.r2, i, j));
                let part = b.mul(tanh, r1);
                target = b.sub(target, part);
                let part = b.mul(known, r2);
                inner = b.add(part, inner);
            }
            let (r1, r2) = (entry(b, self.r1, i, i), entry(b, self.r2, i, i));
            let both = b.mul(r1, r2);
            let (low, high) = (b.offset(target, -1.0), b.offset(target, 1.0));
            let found = root::find(b, target, [low, high], |b, x| {
                let stretched = b.mul(x, r2);
                let sum = b.add(stretched, inner);
                let tanh = b.tanh(sum);
                let moved = b.mul(tanh, r1);
                let value = b.add(x, moved);
                (value, factor(b, tanh, both))
            });
            let stretched = b.mul(found, r2);
            let sum = b.add(stretched, inner);
            bent[i] = Some(b.tanh(sum));
            v[i] = Some(found);
        }
        let rows: Vec<NodeId> = v.into_iter().map(|row| row.expect("every row is solved")).collect();
        b.concat(&rows, 1)
    }
}

impl Sylvester {
    /// `tanh(R2 v + b)` of `v [B,D]`.
    fn bend(&self, b: &mut Builder, v: NodeId) -> NodeId {
        let inner = b.matmul_with(v, self.r2, false, true);
        let sum = b.add(inner, self.bias);
        b.tanh(sum)
    }
}

impl Layer for Sylvester {
    fn run(&self, b: &mut Builder, direction: Direction, x: NodeId) -> Moved {
        let dim = b.shape(x).last();
        // Rows are points: Q'x is x Q.
        let turned = b.matmul(x, self.q);
        let v = if direction == Direction::Forward { turned } else { self.solve(b, turned) };
        let tanh = self.bend(b, v);
        let diagonals: Vec<NodeId> = (0..dim)
            .map(|i| {
                let (r1, r2) = (entry(b, self.r1, i, i), entry(b, self.r2, i, i));
                b.mul(r1, r2)
            })
            .collect();
        let both = b.concat(&diagonals, 1);
        let factors = factor(b, tanh, both);
        let logs = b.unary(Unary::Log, factors);
        let log_det = b.sum(logs, &[1]);
        let change = b.matmul_with(tanh, self.r1, false, true);
        match direction {
            Direction::Forward => {
                let change = b.matmul_with(change, self.q, false, true);
                Moved { to: b.add(x, change), log_det }
            }
            // What is found lies in Q's coordinates, all D of them.
            Direction::Inverse => Moved { to: b.matmul_with(v, self.q, false, true), log_det: b.neg(log_det) },
        }
    }

    fn portrait(&self, b: &mut Builder, scene: &Scene) -> Vec<(&'static str, NodeId)> {
        let turned = b.matmul(scene.before, self.q);
        vec![("q", self.q), ("r1", self.r1), ("r2", self.r2), ("bias", self.bias), ("bend", self.bend(b, turned))]
    }
}

/// `1 + (1 - tanh^2) r1 r2`: positive, but for rounding.
fn factor(b: &mut Builder, tanh: NodeId, both: NodeId) -> NodeId {
    let square = b.square(tanh);
    let minus = b.neg(square);
    let steep = b.offset(minus, 1.0);
    let product = b.mul(steep, both);
    let factor = b.offset(product, 1.0);
    let least = b.scalar(1e-12);
    b.binary(Binary::Max, factor, least)
}

/// An upper triangular matrix with a diagonal inside (-1, 1).
fn triangular(b: &mut Builder, name: &str, dim: usize, init: Init) -> NodeId {
    let raw = b.parameter(name, &[dim, dim], init);
    let above = (0..dim).flat_map(|i| (0..dim).map(move |j| f64::from(u8::from(j > i)))).collect();
    let above = b.table(above, &[dim, dim]);
    let eye = b.table(identity(dim), &[dim, dim]);
    let free = b.mul(raw, above);
    let squashed = b.tanh(raw);
    let diagonal = b.mul(squashed, eye);
    b.add(free, diagonal)
}

fn identity(dim: usize) -> Vec<f64> {
    (0..dim).flat_map(|i| (0..dim).map(move |j| f64::from(u8::from(i == j)))).collect()
}

/// The nearest orthogonal matrix: `Q <- Q (I + (I - Q'Q) / 2)` from `Q / |Q|_F` (Bjorck and Bowie 1971; 1803.05649, eq. 14), whose
/// singular values all go to 1.
fn orthogonalised(b: &mut Builder, matrix: NodeId) -> NodeId {
    let square = b.square(matrix);
    let sum = b.sum(square, &[0, 1]);
    let norm = b.unary(Unary::Sqrt, sum);
    let mut q = b.div(matrix, norm);
    for _ in 0..ORTHOGONALISATIONS {
        let gram = b.matmul_with(q, q, true, false);
        let product = b.matmul(q, gram);
        let grown = b.scale(q, 1.5);
        let half = b.scale(product, 0.5);
        q = b.sub(grown, half);
    }
    q
}

/// The product of the reflections `I - 2 v v' / |v|^2` of the rows v of `vectors [D,D]`.
fn reflections(b: &mut Builder, vectors: NodeId) -> NodeId {
    let dim = b.shape(vectors).last();
    let mut q = b.table(identity(dim), &[dim, dim]);
    for row in 0..dim {
        let v = b.slice(vectors, 0, row, 1);
        let square = b.square(v);
        let length = b.sum(square, &[1]);
        let length = b.offset(length, 1e-12);
        let along = b.matmul_with(q, v, false, true);
        let part = b.div(along, length);
        let twice = b.scale(part, 2.0);
        let change = b.matmul(twice, v);
        q = b.sub(q, change);
    }
    q
}
