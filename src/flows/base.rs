use crate::graph::{Builder, NodeId};

/// `ln N(z; 0, I) = -|z|^2 / 2 - D/2 ln(2 pi)` for `z [B,D]`, as `[B,1]`, nats.
pub fn standard_normal(b: &mut Builder, z: NodeId) -> NodeId {
    let dim = b.shape(z).last() as f64;
    let square = b.square(z);
    let norm = b.sum(square, &[1]);
    let half = b.scale(norm, -0.5);
    b.offset(half, -0.5 * dim * (2.0 * std::f64::consts::PI).ln())
}
