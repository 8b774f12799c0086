//! What the window draws.

use std::sync::Arc;

use super::series::{Histogram, Jacobian, Spread};
use super::{Look, Which};
use crate::exec::BackendInfo;
use crate::train::Trouble;

/// Terms of the series that are shown.
pub const MOST_TERMS: usize = 20;
/// Iterations of the inverse that are shown.
pub const ITERATIONS: usize = 60;
/// Numbers of random vectors whose variance is measured.
pub const PROBES: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];
/// Estimates behind each measured variance and each histogram of Hutchinson's.
pub const REPEATS: usize = 2_000;
/// Estimates of the roulette.
pub const SPINS: usize = 20_000;
/// Side of a density's grid, and half of the side of the square that it covers.
pub const GRID: usize = 72;
/// Half of the side of the square that a density covers.
pub const REACH: f64 = 4.0;
/// Points whose paths are drawn.
pub const TRAVELLERS: usize = 200;
/// Steps in which the paths are drawn.
pub const MOMENTS: usize = 40;
/// Estimates of the log-determinant of a continuous flow by each kind of vector.
pub const SOLVES: usize = 128;

/// A flow that learns.
#[derive(Clone, Debug)]
pub struct LearnerView {
    /// Updates so far.
    pub step: u64,
    /// Seconds that they took.
    pub seconds: f64,
    /// Trained values.
    pub parameters: usize,
    /// `[step, nats]` on the batches, nats a point.
    pub curve: Arc<Vec<[f64; 2]>>,
    /// `p(x)` on [`GRID`] times [`GRID`] points of `[-REACH, REACH]^2`, the row of the largest y first.
    pub density: Arc<Vec<f32>>,
    /// Grows with each new density.
    pub version: u64,
}

/// Everything about one block of the residual flow at the probe.
#[derive(Clone, Debug)]
pub struct SeriesView {
    /// The step of the weights.
    pub step: u64,
    /// The probe at the block's input, and the point after every block, the probe itself first.
    pub path: Vec<[f64; 2]>,
    /// J of the block's g.
    pub jacobian: Jacobian,
    /// `ln det(I + J)` as the graph eliminates it, nats.
    pub exact: f64,
    /// The same by 400 terms of the series.
    pub series_end: f64,
    /// `S_n` for n = 1 to [`MOST_TERMS`], from the graph's own `v'J^k v` with both basis vectors.
    pub sums: Vec<f64>,
    /// The bound on `|S_n - exact|`, with [`SeriesView::contraction`].
    pub bounds: Vec<f64>,
    /// What `Lip(g)` is at most, for any input.
    pub contraction: f64,
    /// Variance of Hutchinson's estimate for each of [`PROBES`], normal vectors and then signs.
    pub variances: [Vec<f64>; 2],
    /// The variance of one vector, by its formula.
    pub variance_of_one: [f64; 2],
    /// Estimates of the wished number of probes, terms and noise.
    pub hutchinson: Histogram,
    /// Their spread.
    pub spread: Spread,
    /// Estimates of the roulette.
    pub roulette: Histogram,
    /// `[n, mean, standard error]` of the first n of them.
    pub roulette_running: Vec<[f64; 3]>,
    /// Their spread.
    pub roulette_spread: Spread,
    /// Terms that one of them took, in the mean.
    pub mean_terms: f64,
    /// `|x_k - x|` of the fixed-point iteration from `x_0 = z`, k = 0 to [`ITERATIONS`].
    pub inverse: Vec<f64>,
}

/// One tolerance of the adaptive method.
#[derive(Clone, Copy, Debug, Default)]
pub struct Accuracy {
    /// What is asked of a step; of a fixed method, nothing.
    pub tolerance: Option<f64>,
    /// Evaluations of the velocity.
    pub evaluations: usize,
    /// Steps that were tried again shorter.
    pub rejected: usize,
    /// Largest difference of an end point from that of a tolerance of 1e-10.
    pub error: f64,
    /// Largest difference from the end points of the trained flow's fixed steps.
    pub from_fixed: f64,
    /// Largest distance of a point from itself after the way there and back.
    pub round_trip: f64,
}

/// Everything about the continuous flow.
#[derive(Clone, Debug)]
pub struct MotionView {
    /// The step of the weights.
    pub step: u64,
    /// Places of [`TRAVELLERS`] points at each of [`MOMENTS`] + 1 times.
    pub paths: Arc<Vec<Vec<[f32; 2]>>>,
    /// The probe's own path.
    pub probe: Vec<[f64; 2]>,
    /// Tolerances 1e-2 to 1e-6.
    pub adaptive: Vec<Accuracy>,
    /// The fixed method with 1, 2, 4, ... steps.
    pub fixed: Vec<Accuracy>,
    /// Evaluations of the trained flow's fixed steps.
    pub trained_evaluations: usize,
    /// Log-determinant at the probe with the exact trace, nats.
    pub exact: f64,
    /// Estimates, each with one vector for the whole solve: normal vectors, then signs.
    pub estimates: [Histogram; 2],
    /// Their spreads.
    pub spreads: [Spread; 2],
}

/// All that the window draws. Cheap to clone.
#[derive(Clone, Debug)]
pub struct EstimateSnapshot {
    /// What the pictures were made for.
    pub look: Look,
    /// The flow that learns, if one does.
    pub running: Option<Which>,
    /// The entropy of the data, where it is known, nats a point.
    pub floor: Option<f64>,
    /// Some of the data.
    pub points: Arc<Vec<[f32; 2]>>,
    /// The residual flow.
    pub residual: LearnerView,
    /// The continuous flow.
    pub continuous: LearnerView,
    /// The residual flow at the probe.
    pub series: Option<Arc<SeriesView>>,
    /// The continuous flow's motion.
    pub motion: Option<Arc<MotionView>>,
    /// What they learn on.
    pub backend: BackendInfo,
    /// What went wrong.
    pub trouble: Trouble,
    /// The flow that broke, if that is the trouble.
    pub broke: Option<Which>,
}

impl EstimateSnapshot {
    /// One of the two flows.
    pub fn learner(&self, which: Which) -> &LearnerView {
        match which {
            Which::Residual => &self.residual,
            Which::Continuous => &self.continuous,
        }
    }
}
