//! The deep sigmoidal flow of NAF (Huang et al. 2018, 1804.00779, eq. 8): an increasing map as the logit of a mixture of sigmoids.
//!
//! ```text
//! p = sum_j w_j sigmoid(a_j x + b_j),   a > 0,  sum w = 1,   y = ln(p / (1 - p))
//! ln dy/dx = ln sum_j w_j a_j sigmoid'(a_j x + b_j) - ln p - ln(1 - p)
//! ```
//!
//! p is squeezed into `[d/2, 1 - d/2]`, d = 1e-6, so the image is bounded: |y| <= ln(2/d) = 14.5.

use super::Moved;
use super::monotone::{Monotone, columns, lowered, raised};
use super::root;
use crate::graph::{Builder, NodeId, Unary};

/// The squeeze d.
const SQUEEZE: f64 = 1e-6;
/// Where an inverse is looked for. A number outside the image comes back as the nearer end.
const REACH: f64 = 60.0;

/// A mixture of sigmoids: weights, slopes and offsets.
pub(super) struct Sigmoidal {
    pub(super) units: usize,
}

/// `[B,D,J]` each.
struct Units {
    log_weight: NodeId,
    slope: NodeId,
    offset: NodeId,
}

impl Sigmoidal {
    /// Zero raw parameters: equal weights, slopes of 1, offsets spread over `[-2, 2]` so that no two units are the same.
    fn units(&self, b: &mut Builder, raw: NodeId) -> Units {
        let (j, parameters) = (self.units, self.parameters());
        let weights = columns(b, raw, parameters, 0, j);
        let log_weight = b.log_softmax(weights);
        let slopes = columns(b, raw, parameters, j, j);
        let shifted = b.offset(slopes, (std::f64::consts::E - 1.0).ln());
        let positive = b.unary(Unary::Softplus, shifted);
        let slope = b.offset(positive, 1e-6);
        let offsets = columns(b, raw, parameters, 2 * j, j);
        let spread = (0..j).map(|i| 4.0 * (i as f64 + 0.5) / j as f64 - 2.0).collect();
        let spread = b.table(spread, &[1, 1, j]);
        Units { log_weight, slope, offset: b.add(offsets, spread) }
    }
}

impl Units {
    /// `y` and `ln dy/dx` at `x [B,D,1]`.
    fn at(&self, b: &mut Builder, x: NodeId) -> (NodeId, NodeId) {
        let stretched = b.mul(self.slope, x);
        let t = b.add(stretched, self.offset);
        // ln sigmoid(t) = -softplus(-t), ln(1 - sigmoid(t)) = -softplus(t): both keep their digits in the tails.
        let minus = b.neg(t);
        let (fall, rise) = (b.unary(Unary::Softplus, minus), b.unary(Unary::Softplus, t));
        let log_below = b.sub(self.log_weight, fall);
        let log_above = b.sub(self.log_weight, rise);
        let (log_p, log_q) = (squeezed(b, log_below), squeezed(b, log_above));
        let y = b.sub(log_p, log_q);
        let log_steep = b.unary(Unary::Log, self.slope);
        let both = b.sub(log_below, rise);
        let each = b.add(both, log_steep);
        let log_density = b.log_sum_exp(each);
        let held = b.offset(log_density, (1.0 - SQUEEZE).ln());
        let sum = b.add(log_p, log_q);
        (y, b.sub(held, sum))
    }
}

/// `ln(p (1 - d) + d/2)` of `p = sum e^log_parts`.
fn squeezed(b: &mut Builder, log_parts: NodeId) -> NodeId {
    let log_p = b.log_sum_exp(log_parts);
    let p = b.exp(log_p);
    let scaled = b.scale(p, 1.0 - SQUEEZE);
    let inner = b.offset(scaled, SQUEEZE / 2.0);
    b.unary(Unary::Log, inner)
}

impl Monotone for Sigmoidal {
    fn parameters(&self) -> usize {
        3 * self.units
    }

    fn forward(&self, b: &mut Builder, x: NodeId, raw: NodeId) -> Moved {
        let units = self.units(b, raw);
        let x = raised(b, x);
        let (y, log_slope) = units.at(b, x);
        lowered(b, y, log_slope, 1.0)
    }

    fn inverse(&self, b: &mut Builder, y: NodeId, raw: NodeId) -> Moved {
        let units = self.units(b, raw);
        let y = raised(b, y);
        let bracket = [b.scalar(-REACH), b.scalar(REACH)];
        let x = root::find(b, y, bracket, |b, x| {
            let (value, log_slope) = units.at(b, x);
            let slope = b.exp(log_slope);
            (value, slope)
        });
        let (_, log_slope) = units.at(b, x);
        lowered(b, x, log_slope, -1.0)
    }
}
