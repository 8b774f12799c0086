//! Sum-of-squares polynomials (Jaini et al. 2019, 1905.02325, eq. 10): an increasing map as the integral of squares.
//!
//! ```text
//! y = c + integral from 0 to x of g,   g(u) = mean_k (1 + q_k(u / 4))^2 + 1e-3
//! ```
//!
//! Gauss's rule of r + 1 nodes is exact for a square of degree 2r, so the integral has no error of its own. A polynomial grows without
//! measure where there are no data; so beyond 6 the map reads the
//! logarithm, `sign(x) (6 + ln(1 + |x| - 6))`, which keeps it finite for every number.

use super::Moved;
use super::monotone::{Monotone, columns, lowered, raised};
use super::quadrature::gauss_legendre;
use super::root;
use crate::graph::{Binary, Builder, NodeId, Unary};

/// Least slope of the integral.
const FLOOR: f64 = 1e-3;
/// The polynomials read `u / SCALE`.
const SCALE: f64 = 4.0;
/// Up to here a number is read as it is.
const LINEAR: f64 = 6.0;
/// Where an inverse is looked for: beyond the logarithm of any f32, 94.7.
const REACH: f64 = 100.0;

/// K polynomials of degree r, and a constant.
pub(super) struct Polynomial {
    pub(super) polynomials: usize,
    pub(super) degree: usize,
}

/// Coefficients of each power, `[B,D,1,K]`, lowest first; the constant, `[B,D,1]`.
struct Coefficients {
    powers: Vec<NodeId>,
    constant: NodeId,
    polynomials: usize,
}

impl Polynomial {
    fn coefficients(&self, b: &mut Builder, raw: NodeId) -> Coefficients {
        let (k, parameters) = (self.polynomials, self.parameters());
        let powers = (0..=self.degree)
            .map(|power| {
                let column = columns(b, raw, parameters, power * k, k);
                let shape = b.shape(column);
                let own = b.reshape(column, &[shape.batch(), shape.dims()[1], 1, k]);
                // Polynomials with equal coefficients would stay equal for ever: each starts a little tilted.
                let tilt = (0..k).map(|i| if power == 1 { 0.02 * (i as f64 - (k as f64 - 1.0) / 2.0) } else { 0.0 }).collect();
                let tilt = b.table(tilt, &[1, 1, 1, k]);
                b.add(own, tilt)
            })
            .collect();
        Coefficients { powers, constant: columns(b, raw, parameters, k * (self.degree + 1), 1), polynomials: k }
    }
}

impl Coefficients {
    /// `g` at `u [B,D,N]`.
    fn slope(&self, b: &mut Builder, u: NodeId) -> NodeId {
        let shape = b.shape(u);
        let (batch, dim, nodes) = (shape.batch(), shape.dims()[1], shape.last());
        let scaled = b.scale(u, 1.0 / SCALE);
        let u = b.reshape(scaled, &[batch, dim, nodes, 1]);
        let mut q = *self.powers.last().expect("a polynomial has a constant");
        for &lower in self.powers.iter().rev().skip(1) {
            let product = b.mul(q, u);
            q = b.add(product, lower);
        }
        let value = b.offset(q, 1.0);
        let square = b.square(value);
        let sum = b.sum(square, &[3]);
        let flat = b.reshape(sum, &[batch, dim, nodes]);
        let mean = b.scale(flat, 1.0 / self.polynomials as f64);
        b.offset(mean, FLOOR)
    }

    /// Where the rule looks at g between 0 and `x [B,D,1]`.
    fn nodes(&self, b: &mut Builder, x: NodeId) -> NodeId {
        let (nodes, _) = gauss_legendre(self.powers.len());
        let count = nodes.len();
        let places = b.table(nodes.iter().map(|n| 0.5 * (1.0 + n)).collect(), &[1, 1, count]);
        b.mul(x, places)
    }

    /// `y` at `x [B,D,1]`: half of x times the weighted sum over the nodes of `[0, x]`.
    fn integral(&self, b: &mut Builder, x: NodeId) -> NodeId {
        let (_, weights) = gauss_legendre(self.powers.len());
        let count = weights.len();
        let weights = b.table(weights.iter().map(|w| 0.5 * w).collect(), &[1, 1, count]);
        let u = self.nodes(b, x);
        let g = self.slope(b, u);
        let weighted = b.mul(g, weights);
        let mean = b.sum(weighted, &[2]);
        let area = b.mul(mean, x);
        b.add(self.constant, area)
    }
}

impl Monotone for Polynomial {
    fn parameters(&self) -> usize {
        self.polynomials * (self.degree + 1) + 1
    }

    fn landmarks(&self, b: &mut Builder, x: NodeId, raw: NodeId) -> Vec<(&'static str, NodeId)> {
        let coefficients = self.coefficients(b, raw);
        let x = raised(b, x);
        let (calm, _) = calmed(b, x);
        let u = coefficients.nodes(b, calm);
        vec![("nodes_x", u), ("nodes_y", coefficients.slope(b, u))]
    }

    fn forward(&self, b: &mut Builder, x: NodeId, raw: NodeId) -> Moved {
        let coefficients = self.coefficients(b, raw);
        let x = raised(b, x);
        let (clipped, log_clip) = calmed(b, x);
        let y = coefficients.integral(b, clipped);
        let slope = coefficients.slope(b, clipped);
        let log_slope = b.unary(Unary::Log, slope);
        let log_slope = b.add(log_slope, log_clip);
        lowered(b, y, log_slope, 1.0)
    }

    fn inverse(&self, b: &mut Builder, y: NodeId, raw: NodeId) -> Moved {
        let coefficients = self.coefficients(b, raw);
        let y = raised(b, y);
        let bracket = [b.scalar(-REACH), b.scalar(REACH)];
        let clipped = root::find(b, y, bracket, |b, x| (coefficients.integral(b, x), coefficients.slope(b, x)));
        let x = wild(b, clipped);
        let (_, log_clip) = calmed(b, x);
        let slope = coefficients.slope(b, clipped);
        let log_slope = b.unary(Unary::Log, slope);
        let log_slope = b.add(log_slope, log_clip);
        lowered(b, x, log_slope, -1.0)
    }
}

/// `sign(x) (6 + ln(1 + |x| - 6))` beyond 6, x within, and the logarithm of the slope, `-ln(1 + |x| - 6)` and 0.
fn calmed(b: &mut Builder, x: NodeId) -> (NodeId, NodeId) {
    let (beyond, sign, over) = far(b, x);
    let whole = b.offset(over, 1.0);
    let log = b.unary(Unary::Log, whole);
    let size = b.offset(log, LINEAR);
    let signed = b.mul(sign, size);
    (b.select(beyond, signed, x), b.neg(log))
}

/// Its inverse.
fn wild(b: &mut Builder, calm: NodeId) -> NodeId {
    let (beyond, sign, over) = far(b, calm);
    let grown = b.exp(over);
    let size = b.offset(grown, LINEAR - 1.0);
    let signed = b.mul(sign, size);
    b.select(beyond, signed, calm)
}

/// Where `|x| > 6`, the sign, and how far beyond 6.
fn far(b: &mut Builder, x: NodeId) -> (NodeId, NodeId, NodeId) {
    let size = b.unary(Unary::Abs, x);
    let shifted = b.offset(size, -LINEAR);
    let over = b.relu(shifted);
    let zero = b.scalar(0.0);
    (b.binary(Binary::Greater, over, zero), b.unary(Unary::Sign, x), over)
}
