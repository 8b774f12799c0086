//! A curve of any length in a bounded number of points.

use serde::{Deserialize, Serialize};

/// Largest number of points that are kept.
const POINTS: usize = 400;

/// Means over equally many steps; when there are too many, neighbours are merged and the width doubles. No value is dropped, none is smoothed
/// twice.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
}
