//! The Jacobian of a family's own layers at a point, entry by entry, and what kind of matrix it is.

use super::weights::{Exact, OF_A_LAYER, moved_weights};
use crate::data::noise;
use crate::flows::{self, Config, Family};
use crate::graph::{Builder, Graph, GraphError, Mode};
use crate::train::TrainError;

/// Layers that are looked at: two, since the order of the coordinates turns from each to the next.
pub const LAYERS: usize = 2;
/// Stream of the coordinates of the probe beyond the first two.
const PROBE: u64 = 0x5052_4f42_4500;
/// A pivot below this part of the largest entry counts as zero: eliminations in f64 leave about 1e-15.
const NEGLIGIBLE: f64 = 1e-10;

/// A matrix of derivatives, `d z_row / d x_column`, with its determinant twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// `[D,D]` row by row.
    pub entries: Vec<f64>,
    /// `log|det|` by elimination of these entries, nats: D^3 / 3 multiplications.
    pub eliminated: f64,
    /// `log|det|` as the layer itself states it, nats.
    pub stated: f64,
    /// What kind of matrix it is, found in the entries.
    pub shape: Shape,
}

/// What can be seen in the entries of a Jacobian.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// The identity.
    Identity,
    /// Some coordinates stay, each of the others has its own slope: triangular in two blocks.
    Blocks {
        /// Coordinates that stay.
        passive: usize,
    },
    /// Zeros on one side of the diagonal.
    Triangular {
        /// The zeros are above the diagonal: a coordinate reads those before it.
        ascending: bool,
    },
    /// `scale I` and a matrix of this rank, less than D.
    LowRank {
        /// The multiple of the identity.
        scale: f64,
        /// Rank of the rest.
        rank: usize,
    },
    /// Nothing of that.
    Full,
}

/// The Jacobians of the first two layers of a family and of both together, at one point.
#[derive(Clone, Debug, PartialEq)]
pub struct Pattern {
    /// Whose.
    pub family: Family,
    /// Dimension D.
    pub dim: usize,
    /// Where, `[D]`.
    pub point: Vec<f64>,
    /// Of the first layer, of the second, and of both one after the other. For Glow a layer is its coupling; both are the whole steps.
    pub parts: [Matrix; 3],
}

/// The flow whose Jacobians are shown: the family's own size, in two layers and D dimensions.
pub fn config(family: Family, dim: usize) -> Config {
    Config { dim, layers: LAYERS, ..Config::of(family) }
}

/// The probe in D dimensions: the first two coordinates are given, the others are normal numbers of the seed.
pub fn probe(dim: usize, seed: u64, first: [f64; 2]) -> Vec<f64> {
    let mut point: Vec<f64> = noise::normals(seed ^ PROBE, 0, dim).into_iter().map(f64::from).collect();
    point[..2].copy_from_slice(&first);
    point
}

/// One family's Jacobians, prepared for any point.
pub(super) struct Jacobians {
    config: Config,
    program: Exact,
    /// The stages that stand for the first and the second layer.
    layers: [usize; LAYERS],
}

impl Jacobians {
    /// # Errors
    /// Shapes that do not fit.
    pub(super) fn new(family: Family, dim: usize, seed: u64) -> Result<Jacobians, TrainError> {
        let config = config(family, dim);
        let graph = graph(&config)?;
        let weights = moved_weights(&graph, seed, OF_A_LAYER);
        let layers = match family {
            Family::Glow { .. } => [2, 5],
            _ => [0, 1],
        };
        Ok(Jacobians { program: Exact::new(graph, &weights)?, config, layers })
    }

    /// The matrices at a point.
    ///
    /// # Errors
    /// A point of another dimension.
    pub(super) fn at(&mut self, point: &[f64]) -> Result<Pattern, TrainError> {
        let dim = self.config.dim;
        self.program.run(&[("x", &point.repeat(dim))])?;
        let log_det = |stage: usize| self.program.output(&format!("log_det.{stage}"))[0];
        let layer = |stage: usize| Matrix::new(self.program.output(&format!("jacobian.{stage}")).to_vec(), dim, log_det(stage));
        let total = (0..self.config.stages()).map(log_det).sum();
        let both = Matrix::new(self.program.output("jacobian").to_vec(), dim, total);
        let [first, second] = self.layers.map(layer);
        Ok(Pattern { family: self.config.family, dim, point: point.to_vec(), parts: [first, second, both] })
    }
}

/// The flow at D equal rows of `x [D,D]`; row i of every output `jacobian.k [D,D]` is that of layer k, since row i is read backwards by the i-th
/// unit vector. `jacobian [D,D]` is of all layers together, `log_det.k [D,1]` as the layers state it.
fn graph(config: &Config) -> Result<Graph, GraphError> {
    let dim = config.dim;
    let mut b = Builder::new(Mode::Evaluate);
    let nodes = flows::forward(&mut b, config, dim);
    let unit = (0..dim * dim).map(|i| f64::from(u8::from(i / dim == i % dim))).collect();
    let unit = b.table(unit, &[dim, dim]);
    for (k, ends) in nodes.points.windows(2).enumerate() {
        let rows = b.vector_jacobian(&[(ends[1], unit)], &[ends[0]])[0];
        b.output(&format!("jacobian.{k}"), rows);
        b.output(&format!("log_det.{k}"), nodes.log_dets[k]);
    }
    let all = b.vector_jacobian(&[(nodes.points[nodes.points.len() - 1], unit)], &[nodes.points[0]])[0];
    b.output("jacobian", all);
    b.finish()
}

impl Matrix {
    /// A matrix with its determinant and its kind.
    pub fn new(entries: Vec<f64>, dim: usize, stated: f64) -> Matrix {
        let (_, eliminated) = eliminate(&entries, dim);
        let shape = shape(&entries, dim);
        Matrix { entries, eliminated, stated, shape }
    }

    /// Entries that are exactly zero.
    pub fn zeros(&self) -> usize {
        self.entries.iter().filter(|entry| **entry == 0.0).count()
    }
}

fn shape(entries: &[f64], dim: usize) -> Shape {
    let at = |row: usize, column: usize| entries[row * dim + column];
    let stays = |row: usize| (0..dim).all(|column| at(row, column) == f64::from(u8::from(row == column)));
    let passive: Vec<bool> = (0..dim).map(stays).collect();
    let count = passive.iter().filter(|stays| **stays).count();
    if count == dim {
        return Shape::Identity;
    }
    let zero = |test: &dyn Fn(usize, usize) -> bool| (0..dim * dim).all(|i| !test(i / dim, i % dim) || entries[i] == 0.0);
    // A coordinate that moves reads those that stay, and of the others only itself.
    if count > 0 && zero(&|row, column| row != column && !passive[column]) {
        return Shape::Blocks { passive: count };
    }
    if zero(&|row, column| column > row) {
        return Shape::Triangular { ascending: true };
    }
    if zero(&|row, column| column < row) {
        return Shape::Triangular { ascending: false };
    }
    let (scale, rank) = identity_and_rest(entries, dim);
    if rank < dim { Shape::LowRank { scale, rank } } else { Shape::Full }
}

/// The multiple of the identity that leaves the smallest rank, 1 or the one that fits a rest of rank one, and that rank.
fn identity_and_rest(entries: &[f64], dim: usize) -> (f64, usize) {
    let rest = |scale: f64| {
        let mut rest = entries.to_vec();
        (0..dim).for_each(|i| rest[i * dim + i] -= scale);
        eliminate(&rest, dim).0
    };
    let mut best = (1.0, rest(1.0));
    if dim > 2 {
        // With J = c I + a b': J_00 = c + a_0 b_0, and a_0 b_0 = J_01 J_20 / J_21.
        let scale = entries[0] - entries[1] * entries[2 * dim] / entries[2 * dim + 1];
        if scale.is_finite() && rest(scale) < best.1 {
            best = (scale, rest(scale));
        }
    }
    best
}

/// Rank and `log|det|` by Gauss's elimination with full pivoting.
fn eliminate(entries: &[f64], dim: usize) -> (usize, f64) {
    let mut left = entries.to_vec();
    let largest = left.iter().fold(0.0, |most: f64, entry| most.max(entry.abs()));
    let mut log_det = 0.0;
    for step in 0..dim {
        let free = (step..dim).flat_map(|row| (step..dim).map(move |column| (row, column)));
        let Some((row, column)) = free.max_by(|a, b| left[a.0 * dim + a.1].abs().total_cmp(&left[b.0 * dim + b.1].abs())) else { break };
        let pivot = left[row * dim + column];
        if pivot.abs() <= NEGLIGIBLE * largest {
            return (step, f64::NEG_INFINITY);
        }
        log_det += pivot.abs().ln();
        (0..dim).for_each(|k| left.swap(step * dim + k, row * dim + k));
        (0..dim).for_each(|k| left.swap(k * dim + step, k * dim + column));
        for below in step + 1..dim {
            let ratio = left[below * dim + step] / left[step * dim + step];
            (step..dim).for_each(|k| left[below * dim + k] -= ratio * left[step * dim + k]);
        }
    }
    (dim, log_det)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rank_and_determinant_of_known_matrices() {
        let (rank, log_det) = eliminate(&[0.0, 2.0, 3.0, 1.0], 2);
        assert!(rank == 2 && (log_det - 6.0_f64.ln()).abs() < 1e-14);
        assert_eq!(eliminate(&[1.0, 2.0, 2.0, 4.0], 2).0, 1);
        assert_eq!(eliminate(&[0.0; 9], 3).0, 0);
    }

    #[test]
    fn kinds_are_told_apart() {
        let a = [1.0, -2.0, 0.5, 3.0];
        let b = [0.3, 1.1, -0.7, 0.2];
        let low = |c: f64| (0..16).map(|i| if i / 4 == i % 4 { c } else { 0.0 } + a[i / 4] * b[i % 4]).collect::<Vec<_>>();
        assert_eq!(shape(&low(1.0), 4), Shape::LowRank { scale: 1.0, rank: 1 });
        let Shape::LowRank { scale, rank: 1 } = shape(&low(1.7), 4) else { panic!("{:?}", shape(&low(1.7), 4)) };
        assert!((scale - 1.7).abs() < 1e-12);
        assert_eq!(shape(&[1.0, 0.0, 0.4, 2.0], 2), Shape::Blocks { passive: 1 });
        assert_eq!(shape(&[3.0, 0.0, 0.4, 2.0], 2), Shape::Triangular { ascending: true });
        assert_eq!(shape(&[3.0, 0.4, 0.0, 2.0], 2), Shape::Triangular { ascending: false });
        assert_eq!(shape(&[3.0, 0.4, 0.1, 2.0], 2), Shape::Full);
        assert_eq!(shape(&[1.0, 0.0, 0.0, 1.0], 2), Shape::Identity);
    }
}
