//! The two densities that are transported here.

use std::f64::consts::TAU;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::flows::quadrature::gauss_legendre;

/// Nodes for the mass of an interval.
static RULE: LazyLock<(Vec<f64>, Vec<f64>)> = LazyLock::new(|| gauss_legendre(20));

/// The density of X.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// 1 on [0, 1], 0 elsewhere.
    Uniform,
    /// The standard normal density.
    Normal,
}

impl Law {
    /// `p_X(x)`.
    #[must_use]
    pub fn density(self, x: f64) -> f64 {
        match self {
            Law::Uniform => f64::from(u8::from((0.0..=1.0).contains(&x))),
            Law::Normal => (-0.5 * x * x).exp() / TAU.sqrt(),
        }
    }

    /// Where the mass lies: all of it, or all but 1e-15 of it.
    #[must_use]
    pub fn support(self) -> [f64; 2] {
        match self {
            Law::Uniform => [0.0, 1.0],
            Law::Normal => [-8.0, 8.0],
        }
    }

    /// `P(a < X < b)` for `a < b`, by Gauss's rule over that part of the support.
    #[must_use]
    pub fn mass(self, a: f64, b: f64) -> f64 {
        let [low, high] = self.support();
        let (a, b) = (a.max(low), b.min(high));
        if a >= b {
            return 0.0;
        }
        let (middle, half) = (0.5 * (a + b), 0.5 * (b - a));
        half * RULE.0.iter().zip(&RULE.1).map(|(node, weight)| weight * self.density(middle + half * node)).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masses_are_those_of_the_tables() {
        assert!((Law::Normal.mass(-1.0, 1.0) - 0.682_689_492_137_085_9).abs() < 1e-12);
        assert!((Law::Normal.mass(-1.96, 1.96) - 0.950_004_209_703_559_2).abs() < 1e-12);
        assert!((Law::Uniform.mass(-3.0, 0.25) - 0.25).abs() < 1e-15);
        assert!(Law::Uniform.mass(1.5, 2.0).abs() < 1e-15);
    }
}
