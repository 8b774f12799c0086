//! What both splines share: bins of positive width in the unit box, and the bin that a number falls into.

use super::family::Spline;
use crate::graph::{Binary, Builder, NodeId, Unary};

/// Least width and height of a bin, and least slope at a knot, in the unit box.
pub(super) const FLOOR: f64 = 1e-3;

/// The knots of K bins along one axis of the unit box: first and last are exactly 0 and 1.
pub(super) struct Knots {
    /// Where each bin begins, `[B,D,K]`.
    pub(super) left: NodeId,
    /// Where it ends.
    pub(super) right: NodeId,
    /// The K - 1 knots between them.
    inner: NodeId,
}

impl Knots {
    /// Widths `floor + (1 - K floor) softmax(raw / sqrt(width))`, summed up; `width` is that of the conditioner's hidden layers, whose
    /// outputs would otherwise start steep (1906.04032, appendix B.1).
    pub(super) fn new(b: &mut Builder, raw: NodeId, width: usize) -> Knots {
        let shape = b.shape(raw);
        let (batch, dim, bins) = (shape.batch(), shape.dims()[1], shape.last());
        let calm = b.scale(raw, 1.0 / (width as f64).sqrt());
        let log_part = b.log_softmax(calm);
        let part = b.exp(log_part);
        let scaled = b.scale(part, 1.0 - bins as f64 * FLOOR);
        let widths = b.offset(scaled, FLOOR);
        let rows = b.reshape(widths, &[batch * dim, bins]);
        // Column j sums the widths of bins 0..=j.
        let upper = (0..bins).flat_map(|i| (0..bins - 1).map(move |j| f64::from(u8::from(i <= j)))).collect();
        let upper = b.table(upper, &[bins, bins - 1]);
        let sums = b.matmul(rows, upper);
        let inner = b.reshape(sums, &[batch, dim, bins - 1]);
        let (zero, one) = (b.fill(0.0, &[batch, dim, 1]), b.fill(1.0, &[batch, dim, 1]));
        Knots { left: b.concat(&[zero, inner], 2), right: b.concat(&[inner, one], 2), inner }
    }

    /// All K + 1 knots in units of the plane, `[B,D,K+1]`.
    pub(super) fn all(&self, b: &mut Builder, spline: Spline) -> NodeId {
        let last = b.slice(self.right, 2, spline.bins - 1, 1);
        let unit = b.concat(&[self.left, last], 2);
        let stretched = b.scale(unit, 2.0 * spline.bound as f64);
        b.offset(stretched, -(spline.bound as f64))
    }

    /// One where `x [B,D,1]` lies in the bin, else zero, `[B,D,K]`. A knot belongs to the bin that it ends.
    pub(super) fn bin_of(&self, b: &mut Builder, x: NodeId) -> NodeId {
        let shape = b.shape(self.inner);
        let past = b.binary(Binary::Greater, x, self.inner);
        let edge = [shape.batch(), shape.dims()[1], 1];
        let (zero, one) = (b.fill(0.0, &edge), b.fill(1.0, &edge));
        let begun = b.concat(&[one, past], 2);
        let ended = b.concat(&[past, zero], 2);
        b.sub(begun, ended)
    }
}

/// The value of the bin that `bin` marks, `[B,D,1]`.
pub(super) fn pick(b: &mut Builder, bin: NodeId, values: NodeId) -> NodeId {
    let product = b.mul(bin, values);
    b.sum(product, &[2])
}

/// Positive slopes at the knots, `softplus(raw + c) + floor`, where c makes zero the slope 1.
pub(super) fn slopes(b: &mut Builder, raw: NodeId) -> NodeId {
    let shifted = b.offset(raw, ((1.0 - FLOOR).exp() - 1.0).ln());
    let positive = b.unary(Unary::Softplus, shifted);
    b.offset(positive, FLOOR)
}

/// A number of the plane in the box, and back.
pub(super) struct Boxed {
    /// In the unit box; what lies outside is at its edge, so that the spline and its gradient are finite everywhere.
    pub(super) unit: NodeId,
    /// One where it lay inside, edges included.
    inside: NodeId,
    /// As it was.
    x: NodeId,
    bound: f64,
}

impl Boxed {
    /// Into the box.
    pub(super) fn new(b: &mut Builder, spline: Spline, x: NodeId) -> Boxed {
        let bound = spline.bound as f64;
        let (low, high) = (b.scalar(-bound), b.scalar(bound));
        let capped = b.binary(Binary::Min, x, high);
        let clamped = b.binary(Binary::Max, capped, low);
        let inside = b.binary(Binary::Equal, x, clamped);
        let raised = b.offset(clamped, bound);
        Boxed { unit: b.scale(raised, 0.5 / bound), inside, x, bound }
    }

    /// Value and logarithm of the slope of the spline where it acts, of the identity elsewhere.
    pub(super) fn out(&self, b: &mut Builder, unit: NodeId, log_slope: NodeId) -> (NodeId, NodeId) {
        let stretched = b.scale(unit, 2.0 * self.bound);
        let y = b.offset(stretched, -self.bound);
        let zero = b.scalar(0.0);
        (b.select(self.inside, y, self.x), b.select(self.inside, log_slope, zero))
    }
}
