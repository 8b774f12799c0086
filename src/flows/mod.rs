//! Flows: one file for each family or part of one. `forward` takes data x to latent z, `inverse` back; both give every layer's
//! log-determinant.

mod autoregressive;
mod base;
mod config;
mod coupling;
mod cubic;
mod energy;
mod estimate;
mod family;
mod ffjord;
mod integral;
mod knots;
mod linear;
mod made;
pub mod maps;
mod monotone;
mod planar;
mod polynomial;
pub mod quadrature;
mod radial;
mod rational_quadratic;
mod record;
mod residual;
mod root;
mod sigmoidal;
mod sylvester;
mod tangents;

pub use autoregressive::jacobi_sweep;
pub use base::standard_normal;
pub use config::{Config, MOST_CLASSES};
pub use energy::{BUMP, Energy};
pub use estimate::{residual_lipschitz, residual_traces, velocity};
pub use family::{Basis, Family, Inversion, Jacobian, Mixing, Spline};
pub use record::{Nodes, SHOWN_CLASS, conditioners, evaluation, forward, inverse, likelihood};

use crate::graph::{Builder, Direction, NodeId};

/// What a layer makes of a batch of points.
struct Moved {
    /// The points, `[B,D]`.
    to: NodeId,
    /// `log|det J|` of the map that was run, `[B,1]`, nats.
    log_det: NodeId,
}

/// One invertible layer, its arrays declared.
trait Layer {
    /// Runs it, or its inverse.
    fn run(&self, b: &mut Builder, direction: Direction, x: NodeId) -> Moved;
}
