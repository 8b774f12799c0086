//! Increasing maps of one number whose parameters come from a conditioner: what a coupling and an autoregressive layer are made of.

use super::Moved;
use super::cubic::Cubic;
use super::family::Family;
use super::integral::Integral;
use super::polynomial::Polynomial;
use super::rational_quadratic::RationalQuadratic;
use super::sigmoidal::Sigmoidal;
use crate::graph::{Builder, Direction, NodeId};

/// Largest log-scale of one affine map: a layer stretches by at most e^2.
const LOG_SCALE_BOUND: f64 = 2.0;

/// An increasing map of one number, with [`Monotone::parameters`] raw parameters for each number that it moves.
pub(super) trait Monotone {
    /// Raw parameters of one coordinate, P.
    fn parameters(&self) -> usize;

    /// Moves `x [B,D]` by the maps of `raw [B, D*P]`, whose columns run coordinate by coordinate; the log-determinant is the sum of the
    /// logarithms of the slopes.
    fn forward(&self, b: &mut Builder, x: NodeId, raw: NodeId) -> Moved;

    /// Moves back.
    fn inverse(&self, b: &mut Builder, y: NodeId, raw: NodeId) -> Moved;

    /// What is drawn beside the map of one number `x [1,1]` with raw parameters `[1,P]`: knots, or the nodes of a quadrature.
    fn landmarks(&self, b: &mut Builder, x: NodeId, raw: NodeId) -> Vec<(&'static str, NodeId)> {
        let _ = (b, x, raw);
        Vec::new()
    }

    /// Either.
    fn run(&self, b: &mut Builder, direction: Direction, x: NodeId, raw: NodeId) -> Moved {
        match direction {
            Direction::Forward => self.forward(b, x, raw),
            Direction::Inverse => self.inverse(b, x, raw),
        }
    }
}

/// The map of a family; declares the arrays that it has beside the conditioner's.
pub(super) fn of_family(b: &mut Builder, family: Family, width: usize) -> Box<dyn Monotone> {
    match family {
        Family::Nice => Box::new(Shift),
        Family::CubicSpline(spline) => Box::new(Cubic { spline, width }),
        Family::RationalQuadratic(spline) | Family::SplineAutoregressive(spline) => Box::new(RationalQuadratic { spline, width }),
        Family::Naf { units } => Box::new(Sigmoidal { units }),
        Family::Sos { polynomials, degree } => Box::new(Polynomial { polynomials, degree }),
        Family::Umnn { order } => Box::new(Integral::declare(b, order, width)),
        _ => Box::new(Affine),
    }
}

/// The map of one number along a line `[N,1]` and at `here [1,1]`, for raw parameters `[1,P]`.
pub(super) fn drawn(b: &mut Builder, map: &dyn Monotone, raw: NodeId, line: NodeId, here: NodeId) -> Vec<(&'static str, NodeId)> {
    let parameters = b.shape(raw).last();
    let for_all = b.expand(raw, &[b.shape(line).batch(), parameters]);
    let along = map.forward(b, line, for_all);
    let at = map.forward(b, here, raw);
    let mut all = vec![("map", along.to), ("log_slope", along.log_det), ("log_slope_here", at.log_det)];
    all.extend(map.landmarks(b, here, raw));
    all
}

/// `y = x + t` (NICE, 1410.8516).
struct Shift;

impl Monotone for Shift {
    fn parameters(&self) -> usize {
        1
    }

    fn forward(&self, b: &mut Builder, x: NodeId, raw: NodeId) -> Moved {
        let batch = b.shape(x).batch();
        Moved { to: b.add(x, raw), log_det: b.fill(0.0, &[batch, 1]) }
    }

    fn inverse(&self, b: &mut Builder, y: NodeId, raw: NodeId) -> Moved {
        let batch = b.shape(y).batch();
        Moved { to: b.sub(y, raw), log_det: b.fill(0.0, &[batch, 1]) }
    }
}

/// `y = x e^s + t`, `s = c tanh(s_raw / c)`, `c = 2` (RealNVP, 1605.08803; MAF, 1705.07057).
///
/// RealNVP's authors learn the bound c for each channel; here it is fixed, so a layer stretches by at most e^2 whatever training does.
pub(super) struct Affine;

impl Affine {
    /// Log-scales and shifts, `[B,D]` each.
    pub(super) fn settings(b: &mut Builder, raw: NodeId) -> (NodeId, NodeId) {
        let shape = b.shape(raw);
        let dim = shape.last() / 2;
        let [raw_scale, shift] = [0, 1].map(|which| {
            let column = columns(b, raw, 2, which, 1);
            b.reshape(column, &[shape.batch(), dim])
        });
        let shrunk = b.scale(raw_scale, 1.0 / LOG_SCALE_BOUND);
        let squashed = b.tanh(shrunk);
        (b.scale(squashed, LOG_SCALE_BOUND), shift)
    }

    fn move_by(b: &mut Builder, direction: Direction, x: NodeId, raw: NodeId) -> Moved {
        let dim = b.shape(x).last();
        let (log_scale, shift) = Affine::settings(b, raw);
        let moved_and_log_det = b.affine_coupling(direction, x, log_scale, shift);
        Moved { to: b.slice(moved_and_log_det, 1, 0, dim), log_det: b.slice(moved_and_log_det, 1, dim, 1) }
    }
}

impl Monotone for Affine {
    fn parameters(&self) -> usize {
        2
    }

    fn forward(&self, b: &mut Builder, x: NodeId, raw: NodeId) -> Moved {
        Affine::move_by(b, Direction::Forward, x, raw)
    }

    fn inverse(&self, b: &mut Builder, y: NodeId, raw: NodeId) -> Moved {
        Affine::move_by(b, Direction::Inverse, y, raw)
    }
}

/// Raw parameters `start..start + length` of every coordinate, `[B,D,length]`, of the `[B, D*P]` that a conditioner gives.
pub(super) fn columns(b: &mut Builder, raw: NodeId, parameters: usize, start: usize, length: usize) -> NodeId {
    let shape = b.shape(raw);
    if shape.last() == parameters {
        let own = b.slice(raw, 1, start, length);
        return b.reshape(own, &[shape.batch(), 1, length]);
    }
    let all = b.reshape(raw, &[shape.batch(), shape.last() / parameters, parameters]);
    b.slice(all, 2, start, length)
}

/// `x [B,D]` as `[B,D,1]`, to meet what has one value for each bin, unit or node.
pub(super) fn raised(b: &mut Builder, x: NodeId) -> NodeId {
    let shape = b.shape(x);
    b.reshape(x, &[shape.batch(), shape.last(), 1])
}

/// Values and logarithms of slopes, `[B,D,1]` each, as what a layer gives; `sign` is -1 where the map is run backwards.
pub(super) fn lowered(b: &mut Builder, y: NodeId, log_slope: NodeId, sign: f64) -> Moved {
    let shape = b.shape(y);
    let dims = [shape.batch(), shape.dims()[1]];
    let to = b.reshape(y, &dims);
    let flat = b.reshape(log_slope, &dims);
    let sum = b.sum(flat, &[1]);
    Moved { to, log_det: if sign == 1.0 { sum } else { b.scale(sum, sign) } }
}
