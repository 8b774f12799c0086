//! Monotone cubic splines (Durkan et al. 2019, 1906.02145) with Steffen's slopes: identity outside a box.
//!
//! ```text
//! t = x - x_k,  y = y_k + d_k t + (3 s - 2 d_k - d_{k+1}) t^2 / w + (d_k + d_{k+1} - 2 s) t^3 / w^2
//! d_k = min(s_{k-1}, s_k, half the weighted mean of both) * 2        between the bins
//! ```
//!
//! A slope above three times that of a bin beside it would bend the cubic back. So at the ends of the box, where the identity has slope 1,
//! `d = min(1, 3 s)`: the density has a jump there only where the last bin is flatter than a third.

use super::Moved;
use super::family::Spline;
use super::knots::{Boxed, Knots, pick};
use super::monotone::{Monotone, columns, lowered, raised};
use super::root;
use crate::graph::{Binary, Builder, NodeId, Unary};

/// The spline: K widths and K heights.
pub(super) struct Cubic {
    pub(super) spline: Spline,
    /// Hidden width of the conditioner.
    pub(super) width: usize,
}

/// Knots of both axes, and the slopes where a bin begins and ends.
struct Bins {
    xs: Knots,
    ys: Knots,
    start: NodeId,
    end: NodeId,
}

/// One bin: corner, width, and the polynomial's coefficients, `[B,D,1]` each.
struct Piece {
    x: NodeId,
    width: NodeId,
    y: NodeId,
    linear: NodeId,
    square: NodeId,
    cube: NodeId,
}

impl Cubic {
    fn bins(&self, b: &mut Builder, raw: NodeId) -> Bins {
        let k = self.spline.bins;
        let widths = columns(b, raw, 2 * k, 0, k);
        let heights = columns(b, raw, 2 * k, k, k);
        let (xs, ys) = (Knots::new(b, widths, self.width), Knots::new(b, heights, self.width));
        let (w, h) = (b.sub(xs.right, xs.left), b.sub(ys.right, ys.left));
        let s = b.div(h, w);
        let (w0, w1) = (b.slice(w, 2, 0, k - 1), b.slice(w, 2, 1, k - 1));
        let (s0, s1) = (b.slice(s, 2, 0, k - 1), b.slice(s, 2, 1, k - 1));
        // Steffen 1990, eq. 8 and 11: the parabola's slope through three knots, held to where no knot is passed.
        let (cross0, cross1) = (b.mul(s0, w1), b.mul(s1, w0));
        let (top, bottom) = (b.add(cross0, cross1), b.add(w0, w1));
        let mean = b.div(top, bottom);
        let half = b.scale(mean, 0.5);
        let least = b.binary(Binary::Min, s0, s1);
        let least = b.binary(Binary::Min, least, half);
        let inner = b.scale(least, 2.0);
        let [first, last] = [0, k - 1].map(|bin| {
            let slope = b.slice(s, 2, bin, 1);
            let most = b.scale(slope, 3.0);
            let one = b.scalar(1.0);
            b.binary(Binary::Min, most, one)
        });
        Bins { xs, ys, start: b.concat(&[first, inner], 2), end: b.concat(&[inner, last], 2) }
    }
}

impl Bins {
    fn piece(&self, b: &mut Builder, bin: NodeId) -> Piece {
        let mut value = |values: NodeId| pick(b, bin, values);
        let [x, x_end, y, y_end, start, end] =
            [self.xs.left, self.xs.right, self.ys.left, self.ys.right, self.start, self.end].map(&mut value);
        let (width, height) = (b.sub(x_end, x), b.sub(y_end, y));
        let s = b.div(height, width);
        let (triple, twice) = (b.scale(s, 3.0), b.scale(s, 2.0));
        let two_starts = b.scale(start, 2.0);
        let square = b.sub(triple, two_starts);
        let square = b.sub(square, end);
        let square = b.div(square, width);
        let both = b.add(start, end);
        let cube = b.sub(both, twice);
        let cube = b.div(cube, width);
        let cube = b.div(cube, width);
        Piece { x, width, y, linear: start, square, cube }
    }
}

impl Piece {
    /// Height above the bin's corner, and slope, at `t`.
    fn at(&self, b: &mut Builder, t: NodeId) -> (NodeId, NodeId) {
        let cubic = b.mul(self.cube, t);
        let bend = b.add(self.square, cubic);
        let bent = b.mul(bend, t);
        let mean = b.add(self.linear, bent);
        let rise = b.mul(mean, t);
        // d + 2 c t + 3 a t^2 = d + t (2 (c + a t) + a t)
        let twice = b.scale(bend, 2.0);
        let inner = b.add(twice, cubic);
        let inner = b.mul(inner, t);
        (rise, b.add(self.linear, inner))
    }
}

/// A slope may touch zero inside a bin: so that its logarithm stays finite.
fn log_slope(b: &mut Builder, slope: NodeId) -> NodeId {
    let least = b.scalar(1e-7);
    let held = b.binary(Binary::Max, slope, least);
    b.unary(Unary::Log, held)
}

impl Monotone for Cubic {
    fn parameters(&self) -> usize {
        2 * self.spline.bins
    }

    fn landmarks(&self, b: &mut Builder, _: NodeId, raw: NodeId) -> Vec<(&'static str, NodeId)> {
        let Bins { xs, ys, .. } = self.bins(b, raw);
        vec![("knots_x", xs.all(b, self.spline)), ("knots_y", ys.all(b, self.spline))]
    }

    fn forward(&self, b: &mut Builder, x: NodeId, raw: NodeId) -> Moved {
        let x = raised(b, x);
        let boxed = Boxed::new(b, self.spline, x);
        let bins = self.bins(b, raw);
        let marked = bins.xs.bin_of(b, boxed.unit);
        let piece = bins.piece(b, marked);
        let t = b.sub(boxed.unit, piece.x);
        let (rise, slope) = piece.at(b, t);
        let unit = b.add(piece.y, rise);
        let log_slope = log_slope(b, slope);
        let (y, log_slope) = boxed.out(b, unit, log_slope);
        lowered(b, y, log_slope, 1.0)
    }

    /// A bracketed search inside the bin: Cardano's formula loses half of the digits where the cubic is nearly flat.
    fn inverse(&self, b: &mut Builder, y: NodeId, raw: NodeId) -> Moved {
        let y = raised(b, y);
        let boxed = Boxed::new(b, self.spline, y);
        let bins = self.bins(b, raw);
        let marked = bins.ys.bin_of(b, boxed.unit);
        let piece = bins.piece(b, marked);
        let above = b.sub(boxed.unit, piece.y);
        let zero = b.scale(piece.width, 0.0);
        let t = root::find(b, above, [zero, piece.width], |b, t| piece.at(b, t));
        let (_, slope) = piece.at(b, t);
        let unit = b.add(piece.x, t);
        let log_slope = log_slope(b, slope);
        let (x, log_slope) = boxed.out(b, unit, log_slope);
        lowered(b, x, log_slope, -1.0)
    }
}
