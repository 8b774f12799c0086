//! A curve of any length in a bounded number of points.

use serde::{Deserialize, Serialize};

/// Why what a file holds is no curve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CurveError {
    /// A point of too few or too many numbers.
    #[error("point {index} of a curve holds {found} numbers instead of {expected}")]
    Numbers {
        /// The point, from 0.
        index: usize,
        /// Numbers of a point.
        expected: usize,
        /// Numbers that it has.
        found: usize,
    },
    /// A point without a place.
    #[error("point {index} of a curve stands at no step")]
    NoPlace {
        /// The point, from 0.
        index: usize,
    },
    /// A point before the one that it follows.
    #[error("point {index} of a curve does not stand after the one before it")]
    Order {
        /// The point, from 0.
        index: usize,
    },
    /// Means over no number of steps, or over one that no curve comes to.
    #[error("a curve holds {count} of the {width} steps of its next point")]
    Width {
        /// Steps that a point is the mean of.
        width: u64,
        /// Steps of the next point so far.
        count: u64,
    },
}

/// Points as a file holds them, one row each. JSON has no NaN and no infinity: what is not finite is `null`, and comes back as NaN.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Rows(Vec<Vec<Option<f64>>>);

impl Rows {
    /// The rows of these points.
    pub(super) fn of<const N: usize>(points: &[[f64; N]]) -> Rows {
        Rows(points.iter().map(|point| point.iter().map(|&value| Some(value).filter(|value| value.is_finite())).collect()).collect())
    }

    /// The points: each of N numbers, the first of which is finite and above that of the point before.
    ///
    /// # Errors
    /// The first row that is none.
    pub(super) fn points<const N: usize>(&self) -> Result<Vec<[f64; N]>, CurveError> {
        let mut points = Vec::with_capacity(self.0.len());
        let mut before = f64::NEG_INFINITY;
        for (index, row) in self.0.iter().enumerate() {
            let numbers: Vec<f64> = row.iter().map(|value| value.unwrap_or(f64::NAN)).collect();
            let wrong = |numbers: Vec<f64>| CurveError::Numbers { index, expected: N, found: numbers.len() };
            let point: [f64; N] = numbers.try_into().map_err(wrong)?;
            let place = point.first().copied().unwrap_or(f64::NAN);
            if !place.is_finite() {
                return Err(CurveError::NoPlace { index });
            }
            if place <= before {
                return Err(CurveError::Order { index });
            }
            before = place;
            points.push(point);
        }
        Ok(points)
    }
}

/// A curve as a file holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct KeptCurve {
    points: Rows,
    width: u64,
    sum: Option<f64>,
    count: u64,
}

/// Largest number of points that are kept.
const POINTS: usize = 400;

/// Means over equally many steps; when there are too many, neighbours are merged and the width doubles. No value is dropped, none is smoothed
/// twice.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    points: Vec<[f64; 2]>,
    width: u64,
    sum: f64,
    count: u64,
}

impl Default for Curve {
    fn default() -> Self {
        Curve { points: Vec::new(), width: 1, sum: 0.0, count: 0 }
    }
}

impl Curve {
    /// Adds the value of a step.
    pub(super) fn push(&mut self, step: u64, value: f64) {
        self.sum += value;
        self.count += 1;
        if self.count < self.width {
            return;
        }
        self.points.push([step as f64, self.sum / self.count as f64]);
        (self.sum, self.count) = (0.0, 0);
        if self.points.len() >= POINTS {
            self.points = self.points.chunks_exact(2).map(|pair| [pair[1][0], (pair[0][1] + pair[1][1]) / 2.0]).collect();
            self.width *= 2;
        }
    }

    /// `[last step, mean]`, oldest first.
    pub(super) fn points(&self) -> &[[f64; 2]] {
        &self.points
    }

    /// Steps that a point is the mean of.
    pub(super) fn width(&self) -> u64 {
        self.width
    }

    /// What a file holds of it.
    pub(super) fn kept(&self) -> KeptCurve {
        let sum = Some(self.sum).filter(|sum| sum.is_finite());
        KeptCurve { points: Rows::of(&self.points), width: self.width, sum, count: self.count }
    }

    /// The curve that a file holds.
    ///
    /// # Errors
    /// Points that are none, or in no order.
    pub(super) fn of(kept: &KeptCurve) -> Result<Curve, CurveError> {
        let &KeptCurve { ref points, width, sum, count } = kept;
        if !width.is_power_of_two() || count >= width {
            return Err(CurveError::Width { width, count });
        }
        Ok(Curve { points: points.points()?, width, sum: sum.unwrap_or(f64::NAN), count })
    }

    /// Forgets what lies after a step: training went back there.
    pub(super) fn truncate(&mut self, step: u64) {
        self.points.retain(|point| point[0] <= step as f64);
        (self.sum, self.count) = (0.0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_curve_keeps_its_mean_and_its_last_step() {
        let mut curve = Curve::default();
        let n = 2048;
        for step in 1..=n {
            curve.push(step, step as f64);
        }
        assert!(curve.points().len() < POINTS);
        let mean = curve.points().iter().map(|p| p[1]).sum::<f64>() / curve.points().len() as f64;
        assert_eq!(mean, (n + 1) as f64 / 2.0, "whole numbers of equal weight add exactly");
        assert_eq!(curve.points().last().expect("points")[0], n as f64);
    }

    /// Through the text of a file and back.
    fn through(curve: &Curve) -> Result<Curve, CurveError> {
        let text = serde_json::to_string(&curve.kept()).unwrap();
        Curve::of(&serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn a_curve_with_values_that_are_no_numbers_comes_back_and_goes_on_as_before() {
        let mut curve = Curve::default();
        for step in 1..=1_001 {
            curve.push(step, if step % 300 == 0 { f64::NAN } else { step as f64 / 7.0 });
        }
        let mut back = through(&curve).unwrap();
        curve.push(1_002, 0.5);
        back.push(1_002, 0.5);
        let bits =
            |curve: &Curve| curve.points().iter().flatten().map(|v| if v.is_nan() { None } else { Some(v.to_bits()) }).collect::<Vec<_>>();
        assert_eq!((bits(&back), back.width()), (bits(&curve), curve.width()));
        assert!(curve.points().iter().any(|point| point[1].is_nan()));
    }

    #[test]
    fn what_is_no_curve_is_refused_with_the_point() {
        let points = |rows: &str| serde_json::from_str::<Rows>(rows).unwrap().points::<2>();
        assert_eq!(points("[[1, 2], [2, null]]").unwrap().len(), 2);
        assert_eq!(points("[[1, 2], [1, 2]]"), Err(CurveError::Order { index: 1 }));
        assert_eq!(points("[[1, 2], [null, 2]]"), Err(CurveError::NoPlace { index: 1 }));
        assert_eq!(points("[[1, 2, 3]]"), Err(CurveError::Numbers { index: 0, expected: 2, found: 3 }));
        let curve = |width: u64, count: u64| Curve::of(&KeptCurve { points: Rows(Vec::new()), width, sum: None, count }).map(|_| ());
        assert_eq!(curve(4, 3), Ok(()));
        for (width, count) in [(0, 0), (3, 0), (4, 4)] {
            assert_eq!(curve(width, count), Err(CurveError::Width { width, count }));
        }
    }
}
