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
mod portrait;
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
pub use portrait::{Conditioning, portraits};
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

    /// The nodes of which it is drawn, with their names. A layer without a network is one matrix and a shift: the images of the origin and of
    /// the two unit vectors say all of it.
    fn portrait(&self, b: &mut Builder, _: &Scene) -> Vec<(&'static str, NodeId)> {
        let corners = b.table(vec![0.0, 0.0, 1.0, 0.0, 0.0, 1.0], &[3, 2]);
        vec![("corners", self.run(b, Direction::Forward, corners).to)]
    }
}

/// Where the layers are looked at that are drawn.
struct Scene {
    /// The point before the layer, `[1,D]`.
    before: NodeId,
    /// The point after it, `[1,D]`.
    after: NodeId,
    /// Places along one coordinate, `[N,1]`.
    line: NodeId,
    /// Places of the plane before the layer, `[M,D]`.
    places: NodeId,
}
