//! The density of Y = f(X).

use std::sync::LazyLock;

use super::{Law, LineMap};
use crate::flows::quadrature::gauss_legendre;

/// Nodes in a panel.
static RULE: LazyLock<(Vec<f64>, Vec<f64>)> = LazyLock::new(|| gauss_legendre(8));
/// Panels of the integral over y.
const PANELS: usize = 64;

/// A density and the map that carries it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pushed {
    /// f
    pub map: LineMap,
    /// `p_X`
    pub law: Law,
}

impl Pushed {
    /// `p_Y(y) = p_X(f^-1(y)) |d f^-1 / dy|`; 0 where no x comes to y, not a number for a map that is refused.
    #[must_use]
    pub fn density(&self, y: f64) -> f64 {
        if self.map.refusal(self.law).is_some() {
            return f64::NAN;
        }
        self.map.inverse(y, self.law).map_or(0.0, |x| self.law.density(x) / self.map.slope(x).abs())
    }

    /// `p_X(f^-1(y))`: what is left of the formula if the factor is forgotten.
    #[must_use]
    pub fn without_jacobian(&self, y: f64) -> f64 {
        if self.map.refusal(self.law).is_some() {
            return f64::NAN;
        }
        self.map.inverse(y, self.law).map_or(0.0, |x| self.law.density(x))
    }

    /// The integral over y of [`density`](Self::density), or of [`without_jacobian`](Self::without_jacobian), by quadrature; `None` for a map
    /// that is refused, infinite where the integral has no bound.
    #[must_use]
    pub fn integral(&self, jacobian: bool) -> Option<f64> {
        if self.map.refusal(self.law).is_some() {
            return None;
        }
        // A constant over the whole line.
        if !jacobian && self.map == LineMap::Logit {
            return Some(f64::INFINITY);
        }
        let edges = self.edges();
        let panel = |pair: &[f64]| {
            let (middle, half) = (0.5 * (pair[0] + pair[1]), 0.5 * (pair[1] - pair[0]).abs());
            let value = |y: f64| if jacobian { self.density(y) } else { self.without_jacobian(y) };
            half * RULE.0.iter().zip(&RULE.1).map(|(node, weight)| weight * value(middle + half * node)).sum::<f64>()
        };
        Some(edges.windows(2).map(panel).sum())
    }

    /// Ends of the panels: images of places that lie closer together towards the ends of the support, where a density may be without bound,
    /// and of the knots, where its slope jumps.
    fn edges(&self) -> Vec<f64> {
        let [low, high] = self.law.support();
        let (low, high) = if self.map == LineMap::Logit { (1e-12, 1.0 - 1e-12) } else { (low, high) };
        let place = |i: usize| {
            let t = i as f64 / PANELS as f64;
            low + (high - low) * t * t * t * (10.0 - 15.0 * t + 6.0 * t * t)
        };
        let knots = if let LineMap::Drawn(curve) = &self.map { curve.knots() } else { &[] };
        let mut places: Vec<f64> = (0..=PANELS).map(|i| place(i).clamp(low, high)).collect();
        places.extend(knots.iter().map(|knot| knot[0]).filter(|x| (low..high).contains(x)));
        places.sort_by(f64::total_cmp);
        places.into_iter().map(|x| self.map.forward(x)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Monotone;
    use super::*;

    fn cases() -> Vec<(LineMap, Law, f64)> {
        let curve = |shift: f64, size: f64| {
            let knots = [[0.0, 0.1], [0.25, 0.4], [0.5, 0.5], [0.75, 0.95], [1.0, 1.0]];
            LineMap::Drawn(Monotone::through(&knots.map(|knot| knot.map(|v| shift + size * v))).unwrap())
        };
        let affine = |slope, shift| LineMap::Affine { slope, shift };
        // The mean of |f'(X)|, by hand: what the integral becomes without the factor.
        vec![
            (affine(2.0, 0.0), Law::Uniform, 2.0),
            (affine(2.0, 0.0), Law::Normal, 2.0),
            (affine(-0.7, 1.3), Law::Normal, 0.7),
            (LineMap::Sigmoid, Law::Uniform, 1.0 / (1.0 + (-1f64).exp()) - 0.5),
            (LineMap::Logit, Law::Uniform, f64::INFINITY),
            (LineMap::Exp, Law::Uniform, 1f64.exp() - 1.0),
            (LineMap::Exp, Law::Normal, 0.5f64.exp()),
            (LineMap::Cubic, Law::Uniform, 1.0),
            (LineMap::Cubic, Law::Normal, 2.0),
            (LineMap::Square, Law::Uniform, 1.0),
            (curve(0.0, 1.0), Law::Uniform, 0.9),
            (curve(-3.0, 6.0), Law::Normal, f64::NAN),
        ]
    }

    #[test]
    fn every_density_integrates_to_one_and_without_the_factor_to_the_mean_slope() {
        for (map, law, slope) in cases() {
            let pushed = Pushed { map, law };
            let total = pushed.integral(true).unwrap();
            assert!((total - 1.0).abs() < 2e-5, "{pushed:?}: {total}");
            let without = pushed.integral(false).unwrap();
            assert!(slope.is_nan() || without == slope || (without - slope).abs() < 2e-5, "{pushed:?}: {without}, not {slope}");
        }
    }

    #[test]
    fn the_lecture_s_rectangle_is_twice_as_wide_and_half_as_high() {
        let twice = Pushed { map: LineMap::Affine { slope: 2.0, shift: 0.0 }, law: Law::Uniform };
        assert_eq!([-0.1, 0.0, 0.7, 2.0, 2.1].map(|y| twice.density(y)), [0.0, 0.5, 0.5, 0.5, 0.0]);
    }

    #[test]
    fn known_densities_come_out() {
        let lognormal = Pushed { map: LineMap::Exp, law: Law::Normal };
        let logistic = Pushed { map: LineMap::Logit, law: Law::Uniform };
        for y in [0.1, 0.9, 2.5] {
            let expected = Law::Normal.density(f64::ln(y)) / y;
            assert!((lognormal.density(y) - expected).abs() < 1e-14);
            let e = f64::exp(-y);
            assert!((logistic.density(y) - e / (1.0 + e).powi(2)).abs() < 1e-14);
        }
        assert!(Pushed { map: LineMap::Sine, law: Law::Uniform }.density(0.5).is_nan());
    }
}
