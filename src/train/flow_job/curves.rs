//! Learning curves that stay short however long the training is.

use super::snapshot::Curves;
use crate::train::curve::Curve;

/// The held-out curve is thinned by two when it has this many points.
const MOST: usize = 480;

/// Collects losses.
#[derive(Clone, Debug, Default)]
pub(super) struct Collector {
    train: Curve,
    test: Vec<[f64; 2]>,
}

impl Collector {
    /// A training loss.
    pub(super) fn train(&mut self, step: u64, nats: f32) {
        self.train.push(step, f64::from(nats));
    }

    /// A loss on held-out points.
    pub(super) fn test(&mut self, step: u64, nats: f64) {
        self.test.retain(|point| point[0] < step as f64);
        self.test.push([step as f64, nats]);
        if self.test.len() >= MOST {
            let mut keep = false;
            self.test.retain(|_| {
                keep = !keep;
                keep
            });
        }
    }

    /// Forgets what came after a step: training went back to it.
    pub(super) fn rewind(&mut self, step: u64) {
        self.train.truncate(step);
        self.test.retain(|point| point[0] <= step as f64);
    }

    /// The curves so far.
    pub(super) fn curves(&self) -> Curves {
        Curves { train: self.train.points().to_vec(), test: self.test.clone(), averaged: self.train.width() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_back_forgets_what_came_after_on_both_curves() {
        let mut collector = Collector::default();
        for step in 1..=1_000u64 {
            collector.train(step, step as f32);
            collector.test(step, step as f64);
        }
        collector.rewind(500);
        let curves = collector.curves();
        assert!(curves.train.iter().chain(&curves.test).all(|point| point[0] <= 500.0));
        assert!(curves.train.len() > 100 && curves.test.len() > 30 && curves.averaged > 1);
    }
}
