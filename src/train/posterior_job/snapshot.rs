//! What the window draws.

use std::sync::Arc;

use super::{Kind, Look};
use crate::exec::BackendInfo;

/// Side of the grid of noise that the layers bend.
pub const GRID: usize = 56;
/// Half of the side of the square of that grid: beyond it lies one point of the noise in 700.
pub const NOISE_REACH: f64 = 3.4;
/// Half of the side of the square on which the target is drawn and integrated.
pub const REACH: f64 = 4.5;
/// Side of the target's picture.
pub const TARGET: usize = 160;
/// Points that are drawn.
pub const SAMPLES: usize = 1_200;
/// Points on which the free energy is measured, the same at each step.
pub const MEASURED: usize = 4_096;

/// The density that is to be sampled.
#[derive(Clone, Debug)]
pub struct TargetView {
    /// Grows with each other target.
    pub version: u64,
    /// `exp(-U) / Z` on [`TARGET`] times [`TARGET`] points of `[-REACH, REACH]^2`, the row of the largest y first.
    pub density: Arc<Vec<f32>>,
    /// `ln Z`, by quadrature.
    pub log_z: f64,
}

/// A planar layer, in the plane's numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlanarLayer {
    /// u as it is trained.
    pub raw: [f64; 2],
    /// u as it is used, with `w'u > -1`.
    pub held: [f64; 2],
    /// The direction w.
    pub w: [f64; 2],
    /// The offset b.
    pub bias: f64,
}

/// Samples and the bent grid after some layers.
#[derive(Clone, Debug, Default)]
pub struct DepthView {
    /// [`SAMPLES`] points.
    pub samples: Vec<[f32; 2]>,
    /// [`GRID`] times [`GRID`] points.
    pub grid: Vec<[f32; 2]>,
    /// Mean of q over each of the [`GRID`] - 1 times [`GRID`] - 1 cells between them.
    pub density: Vec<f32>,
    /// Log-determinant of the last of the layers, mean over the samples, nats; 0 before the first layer.
    pub mean_log_det: f64,
}

/// What one kind of flow has reached on this target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reached {
    /// The flow.
    pub kind: Kind,
    /// Its layers.
    pub layers: usize,
    /// Trained values.
    pub parameters: usize,
    /// Updates.
    pub step: u64,
    /// Seconds that they took.
    pub seconds: f64,
    /// `ln Z - ELBO`, the divergence KL(q || p), nats, with the standard error of the ELBO.
    pub gap: f64,
    /// Standard error of the gap.
    pub error: f64,
    /// Largest distance of a point from itself after the way there and back.
    pub inverse: f64,
}

/// All that the window draws. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PosteriorSnapshot {
    /// What was asked for.
    pub look: Look,
    /// Whether it learns.
    pub running: bool,
    /// The target.
    pub target: TargetView,
    /// The present flow.
    pub reached: Reached,
    /// `[step, free energy]` of the batches, with the tempered energy, nats.
    pub train: Arc<Vec<[f64; 2]>>,
    /// `[step, ELBO, standard error]` on fixed noise, nats.
    pub elbo: Arc<Vec<[f64; 3]>>,
    /// After 0, 1, ... layers.
    pub depths: Arc<Vec<DepthView>>,
    /// The layers of a planar flow.
    pub planar: Arc<Vec<PlanarLayer>>,
    /// What every flow that was trained on this target has reached.
    pub ledger: Arc<Vec<Reached>>,
    /// What it learns on.
    pub backend: BackendInfo,
    /// What went wrong last.
    pub error: Option<String>,
}
