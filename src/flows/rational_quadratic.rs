//! Monotone rational-quadratic splines (Durkan et al. 2019, 1906.04032, eq. 4-5): identity outside a box, once differentiable everywhere.
//!
//! ```text
//! s = (y_{k+1} - y_k) / (x_{k+1} - x_k),   xi = (x - x_k) / (x_{k+1} - x_k)
//! y = y_k + (y_{k+1} - y_k) (s xi^2 + d_k xi (1 - xi)) / (s + (d_k + d_{k+1} - 2 s) xi (1 - xi))
//! ```
//!
//! The slopes d at both ends of the box are 1, as outside. With all raw parameters zero the spline is the identity.

use super::Moved;
use super::family::Spline;
use super::knots::{Boxed, Knots, pick, slopes};
use super::monotone::{Monotone, columns, lowered, raised};
use crate::graph::{Binary, Builder, NodeId, Unary};

/// The spline: K widths, K heights, K - 1 slopes.
pub(super) struct RationalQuadratic {
    pub(super) spline: Spline,
    /// Hidden width of the conditioner.
    pub(super) width: usize,
}

/// The bin of each number: its corners, its mean slope `s`, the slopes at its ends, `[B,D,1]` each.
struct Bin {
    x: NodeId,
    width: NodeId,
    y: NodeId,
    height: NodeId,
    s: NodeId,
    start: NodeId,
    /// `d_k + d_{k+1} - 2 s`.
    bend: NodeId,
    end: NodeId,
}

impl RationalQuadratic {
    fn bins(&self, b: &mut Builder, raw: NodeId) -> (Knots, Knots, NodeId, NodeId) {
        let (k, parameters) = (self.spline.bins, self.parameters());
        let widths = columns(b, raw, parameters, 0, k);
        let heights = columns(b, raw, parameters, k, k);
        let raw_slopes = columns(b, raw, parameters, 2 * k, k - 1);
        let inner = slopes(b, raw_slopes);
        let shape = b.shape(inner);
        let one = b.fill(1.0, &[shape.batch(), shape.dims()[1], 1]);
        let (start, end) = (b.concat(&[one, inner], 2), b.concat(&[inner, one], 2));
        (Knots::new(b, widths, self.width), Knots::new(b, heights, self.width), start, end)
    }

    fn bin(b: &mut Builder, bin: NodeId, (xs, ys, start, end): &(Knots, Knots, NodeId, NodeId)) -> Bin {
        let mut value = |values: NodeId| pick(b, bin, values);
        let [x, x_end, y, y_end, start, end] = [xs.left, xs.right, ys.left, ys.right, *start, *end].map(&mut value);
        let (width, height) = (b.sub(x_end, x), b.sub(y_end, y));
        let s = b.div(height, width);
        let both = b.add(start, end);
        let twice = b.scale(s, 2.0);
        Bin { x, width, y, height, s, start, bend: b.sub(both, twice), end }
    }
}

impl Bin {
    /// `xi (1 - xi)` and the denominator.
    fn denominator(&self, b: &mut Builder, xi: NodeId, rest: NodeId) -> (NodeId, NodeId) {
        let both = b.mul(xi, rest);
        let bent = b.mul(self.bend, both);
        (both, b.add(self.s, bent))
    }

    /// `ln dy/dx = ln( s^2 (d_{k+1} xi^2 + 2 s xi (1-xi) + d_k (1-xi)^2) ) - 2 ln(denominator)`.
    fn log_slope(&self, b: &mut Builder, xi: NodeId) -> NodeId {
        let rest = one_minus(b, xi);
        let (both, denominator) = self.denominator(b, xi, rest);
        let (first, last) = (b.square(xi), b.square(rest));
        let first = b.mul(self.end, first);
        let last = b.mul(self.start, last);
        let middle = b.mul(self.s, both);
        let middle = b.scale(middle, 2.0);
        let sum = b.add(first, middle);
        let sum = b.add(sum, last);
        let square = b.square(self.s);
        let numerator = b.mul(square, sum);
        let top = b.unary(Unary::Log, numerator);
        let bottom = b.unary(Unary::Log, denominator);
        let twice = b.scale(bottom, 2.0);
        b.sub(top, twice)
    }
}

impl Monotone for RationalQuadratic {
    fn parameters(&self) -> usize {
        3 * self.spline.bins - 1
    }

    fn landmarks(&self, b: &mut Builder, _: NodeId, raw: NodeId) -> Vec<(&'static str, NodeId)> {
        let (xs, ys, ..) = self.bins(b, raw);
        vec![("knots_x", xs.all(b, self.spline)), ("knots_y", ys.all(b, self.spline))]
    }

    fn forward(&self, b: &mut Builder, x: NodeId, raw: NodeId) -> Moved {
        let x = raised(b, x);
        let boxed = Boxed::new(b, self.spline, x);
        let bins = self.bins(b, raw);
        let marked = bins.0.bin_of(b, boxed.unit);
        let bin = RationalQuadratic::bin(b, marked, &bins);
        let into = b.sub(boxed.unit, bin.x);
        let xi = b.div(into, bin.width);
        let rest = one_minus(b, xi);
        let (both, denominator) = bin.denominator(b, xi, rest);
        let square = b.square(xi);
        let first = b.mul(bin.s, square);
        let second = b.mul(bin.start, both);
        let sum = b.add(first, second);
        let part = b.div(sum, denominator);
        let rise = b.mul(bin.height, part);
        let unit = b.add(bin.y, rise);
        let log_slope = bin.log_slope(b, xi);
        let (y, log_slope) = boxed.out(b, unit, log_slope);
        lowered(b, y, log_slope, 1.0)
    }

    /// The root of a quadratic, by the form that never subtracts equal numbers, `2 c / (-b - sqrt(b^2 - 4 a c))` (1906.04032, eq. 6-8).
    fn inverse(&self, b: &mut Builder, y: NodeId, raw: NodeId) -> Moved {
        let y = raised(b, y);
        let boxed = Boxed::new(b, self.spline, y);
        let bins = self.bins(b, raw);
        let marked = bins.1.bin_of(b, boxed.unit);
        let bin = RationalQuadratic::bin(b, marked, &bins);
        let above = b.sub(boxed.unit, bin.y);
        let bent = b.mul(above, bin.bend);
        let steep = b.sub(bin.s, bin.start);
        let steep = b.mul(bin.height, steep);
        let quadratic = b.add(steep, bent);
        let tall = b.mul(bin.height, bin.start);
        let linear = b.sub(tall, bent);
        let constant = b.mul(bin.s, above);
        // With c = -constant: disc = linear^2 + 4 quadratic constant, root = 2 constant / (linear + sqrt(disc)).
        let square = b.square(linear);
        let product = b.mul(quadratic, constant);
        let product = b.scale(product, 4.0);
        let discriminant = b.add(square, product);
        // Rounding may leave a little less than nothing.
        let zero = b.scalar(0.0);
        let discriminant = b.binary(Binary::Max, discriminant, zero);
        let root = b.unary(Unary::Sqrt, discriminant);
        let sum = b.add(linear, root);
        let twice = b.scale(constant, 2.0);
        let ratio = b.div(twice, sum);
        let one = b.scalar(1.0);
        let capped = b.binary(Binary::Min, ratio, one);
        let xi = b.binary(Binary::Max, capped, zero);
        let into = b.mul(xi, bin.width);
        let unit = b.add(bin.x, into);
        let log_slope = bin.log_slope(b, xi);
        let (x, log_slope) = boxed.out(b, unit, log_slope);
        lowered(b, x, log_slope, -1.0)
    }
}

fn one_minus(b: &mut Builder, x: NodeId) -> NodeId {
    let minus = b.neg(x);
    b.offset(minus, 1.0)
}
