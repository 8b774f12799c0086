//! What the window draws.

use std::sync::Arc;

use super::{Kind, Look};
use crate::exec::BackendInfo;
use crate::flows::Basis;
use crate::train::Trouble;

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

/// A radial layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RadialLayer {
    /// Alpha and beta as they are trained.
    pub raw: [f64; 2],
    /// Both as they are used, with `beta > -alpha`.
    pub held: [f64; 2],
}

/// The diagonals of a Sylvester layer, row by row: the entries of R1 and R2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SylvesterLayer {
    /// As they are trained.
    pub raw: [[f64; 2]; 2],
    /// As they are used, with a product above -1.
    pub held: [[f64; 2]; 2],
}

/// A layer that must keep inside a region to be invertible.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Held {
    /// `w'u > -1`.
    Planar(PlanarLayer),
    /// `beta > -alpha`.
    Radial(RadialLayer),
    /// `1 + tanh' r1_ii r2_ii > 0`, and tanh' may be 1.
    Sylvester(SylvesterLayer),
}

impl Held {
    /// The number that is held above [`bound`](Self::bound), as it is trained and as it is used; of the row that is nearer to it.
    pub fn numbers(&self) -> [f64; 2] {
        match self {
            Held::Planar(layer) => [layer.raw, layer.held].map(|u| layer.w[0] * u[0] + layer.w[1] * u[1]),
            Held::Radial(layer) => [layer.raw[1], layer.held[1]],
            Held::Sylvester(layer) => {
                let product = |row: usize| [layer.raw[row][0] * layer.raw[row][1], layer.held[row][0] * layer.held[row][1]];
                if product(0)[1] < product(1)[1] { product(0) } else { product(1) }
            }
        }
    }

    /// What it must stay above.
    pub fn bound(&self) -> f64 {
        if let Held::Radial(layer) = self { -layer.held[0] } else { -1.0 }
    }
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
    /// How its orthogonal matrices are made, where it has some.
    pub basis: Basis,
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

impl Reached {
    /// The flow's name on the screen.
    pub fn title(&self) -> String {
        match (self.kind, self.basis) {
            (Kind::Sylvester, Basis::Householder) => "Sylvester, Householder".into(),
            (Kind::Sylvester, Basis::Triangular) => "Sylvester, triangular".into(),
            (kind, _) => kind.title().into(),
        }
    }
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
    /// Every layer that has a constraint.
    pub held: Arc<Vec<Held>>,
    /// What every flow that was trained on this target has reached.
    pub ledger: Arc<Vec<Reached>>,
    /// The learning rate while it is held, and that of the next step.
    pub rates: [f64; 2],
    /// What it learns on.
    pub backend: BackendInfo,
    /// What went wrong.
    pub trouble: Trouble,
}
