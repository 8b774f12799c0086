//! Maps of the line, with their slopes and inverses.

use std::f64::consts::PI;

use super::{Law, Monotone};

/// A slope below this has no use for a reciprocal.
const FLAT: f64 = 1e-9;

/// A map `y = f(x)`.
#[derive(Clone, Debug, PartialEq)]
pub enum LineMap {
    /// `y = a x + b`.
    Affine {
        /// a
        slope: f64,
        /// b
        shift: f64,
    },
    /// `y = 1 / (1 + e^-x)`.
    Sigmoid,
    /// `y = log(x / (1 - x))`, for x in (0, 1).
    Logit,
    /// `y = e^x`.
    Exp,
    /// `y = (x + x^3) / 2`.
    Cubic,
    /// A monotone curve through knots.
    Drawn(Monotone),
    /// `y = x^2`, which folds the line at 0.
    Square,
    /// `y = sin(pi x)`, which folds it again and again.
    Sine,
}

/// Why a map cannot carry a density by the formula.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Several places of the base density come to the same y.
    Folds,
    /// All places come to the same y.
    Flattens,
    /// The base density has mass where the map is not defined.
    Undefined,
}

impl LineMap {
    /// `f(x)`; not a number where it is not defined.
    #[must_use]
    pub fn forward(&self, x: f64) -> f64 {
        match self {
            LineMap::Affine { slope, shift } => slope * x + shift,
            LineMap::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            LineMap::Logit => x.ln() - (-x).ln_1p(),
            LineMap::Exp => x.exp(),
            LineMap::Cubic => 0.5 * (x + x * x * x),
            LineMap::Drawn(curve) => curve.forward(x),
            LineMap::Square => x * x,
            LineMap::Sine => (PI * x).sin(),
        }
    }

    /// `f'(x)`.
    #[must_use]
    pub fn slope(&self, x: f64) -> f64 {
        match self {
            LineMap::Affine { slope, .. } => *slope,
            LineMap::Sigmoid => {
                let s = self.forward(x);
                s * (1.0 - s)
            }
            LineMap::Logit => 1.0 / (x * (1.0 - x)),
            LineMap::Exp => x.exp(),
            LineMap::Cubic => 0.5 + 1.5 * x * x,
            LineMap::Drawn(curve) => curve.slope(x),
            LineMap::Square => 2.0 * x,
            LineMap::Sine => PI * (PI * x).cos(),
        }
    }

    /// All x in `[low, high]` with `f(x) = y`, in order.
    #[must_use]
    pub fn sources(&self, y: f64, [low, high]: [f64; 2]) -> Vec<f64> {
        let mut all = match self {
            LineMap::Affine { slope, .. } if slope.abs() < FLAT => Vec::new(),
            LineMap::Affine { slope, shift } => vec![(y - shift) / slope],
            LineMap::Sigmoid if y > 0.0 && y < 1.0 => vec![y.ln() - (-y).ln_1p()],
            LineMap::Logit => vec![1.0 / (1.0 + (-y).exp())],
            LineMap::Exp if y > 0.0 => vec![y.ln()],
            // The only real root of x^3 + x - 2 y.
            LineMap::Cubic => vec![2.0 / 3f64.sqrt() * ((3.0 * 3f64.sqrt() * y).asinh() / 3.0).sinh()],
            LineMap::Drawn(curve) => vec![curve.inverse(y)],
            LineMap::Square if y > 0.0 => vec![-y.sqrt(), y.sqrt()],
            LineMap::Square if y == 0.0 => vec![0.0],
            LineMap::Sine if y.abs() <= 1.0 => {
                let first = y.asin() / PI;
                let turns = low.floor() as i64 - 1..=high.ceil() as i64 + 1;
                turns.map(|k| k as f64 + if k.rem_euclid(2) == 0 { first } else { -first }).collect()
            }
            _ => Vec::new(),
        };
        // Rounding must not push an edge out of the interval.
        let slack = 1e-12 * (1.0 + high - low);
        all.retain(|x| (low - slack..=high + slack).contains(x));
        all.iter_mut().for_each(|x| *x = x.clamp(low, high));
        all.dedup_by(|a, b| (*a - *b).abs() < slack);
        all
    }

    /// The one x in the support of the base density with `f(x) = y`; `None` if there is none, or more than one.
    #[must_use]
    pub fn inverse(&self, y: f64, law: Law) -> Option<f64> {
        let support = match law {
            Law::Uniform => law.support(),
            Law::Normal => [-1e3, 1e3],
        };
        let sources = self.sources(y, support);
        if sources.len() == 1 { Some(sources[0]) } else { None }
    }

    /// Why the formula does not hold for this base density; `None` where it does.
    #[must_use]
    pub fn refusal(&self, law: Law) -> Option<Refusal> {
        match (self, law) {
            (LineMap::Affine { slope, .. }, _) if slope.abs() < FLAT => Some(Refusal::Flattens),
            (LineMap::Logit, Law::Normal) => Some(Refusal::Undefined),
            (LineMap::Sine, _) | (LineMap::Square, Law::Normal) => Some(Refusal::Folds),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn maps() -> Vec<(&'static str, LineMap)> {
        let curve = Monotone::through(&[[0.0, 0.0], [0.3, 0.7], [0.6, 0.9], [1.0, 2.0]]).unwrap();
        vec![
            ("twice", LineMap::Affine { slope: 2.0, shift: 0.0 }),
            ("falling", LineMap::Affine { slope: -1.5, shift: 0.5 }),
            ("sigmoid", LineMap::Sigmoid),
            ("logit", LineMap::Logit),
            ("exp", LineMap::Exp),
            ("cubic", LineMap::Cubic),
            ("drawn", LineMap::Drawn(curve)),
            ("square", LineMap::Square),
            ("sine", LineMap::Sine),
        ]
    }

    #[test]
    fn the_inverse_undoes_the_map_wherever_it_is_not_refused() {
        for law in [Law::Uniform, Law::Normal] {
            for (name, map) in maps().into_iter().filter(|(_, map)| map.refusal(law).is_none()) {
                let [low, high] = if law == Law::Uniform { [0.0, 1.0] } else { [-4.0, 4.0] };
                for i in 1..200 {
                    let x = low + (high - low) * f64::from(i) / 200.0;
                    let back = map.inverse(map.forward(x), law).unwrap_or(f64::NAN);
                    assert!((back - x).abs() < 1e-10, "{name} {law:?}: {x} comes back as {back}");
                }
            }
        }
    }

    #[test]
    fn slopes_are_those_of_differences() {
        for (name, map) in maps() {
            for i in 1..40 {
                let x = f64::from(i) / 40.0 - 1e-3;
                let h = 1e-6 * x.max(0.01);
                let measured = (map.forward(x + h) - map.forward(x - h)) / (2.0 * h);
                assert!((map.slope(x) - measured).abs() < 1e-5 * (1.0 + measured.abs()), "{name} at {x}");
            }
        }
    }

    #[test]
    fn a_fold_names_all_its_sources_and_is_refused() {
        assert_eq!(LineMap::Square.sources(0.25, [-3.0, 3.0]), [-0.5, 0.5]);
        assert!(LineMap::Square.sources(-0.25, [-3.0, 3.0]).is_empty());
        let sources = LineMap::Sine.sources(0.5, [-2.0, 2.0]);
        assert_eq!(sources.len(), 4);
        assert!(sources.iter().all(|x| ((PI * x).sin() - 0.5).abs() < 1e-12), "{sources:?}");
        assert_eq!(LineMap::Sine.sources(0.5, [0.0, 1.0]).len(), 2);
        assert_eq!(LineMap::Sine.inverse(0.5, Law::Uniform), None);
        assert_eq!(LineMap::Square.refusal(Law::Normal), Some(Refusal::Folds));
        // On [0, 1] alone the square does not fold.
        assert_eq!(LineMap::Square.refusal(Law::Uniform), None);
        assert_eq!(LineMap::Logit.refusal(Law::Normal), Some(Refusal::Undefined));
        assert_eq!(LineMap::Affine { slope: 0.0, shift: 1.0 }.refusal(Law::Uniform), Some(Refusal::Flattens));
    }
}
