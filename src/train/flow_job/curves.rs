//! Learning curves that stay short however long the training is.

use super::snapshot::Curves;

/// A curve is thinned by two when it has this many points.
const MOST: usize = 480;

/// Collects losses.
#[derive(Clone, Debug)]
pub(super) struct Collector {
    curves: Curves,
    sum: f64,
    count: u64,
}

impl Default for Collector {
    fn default() -> Collector {
        Collector { curves: Curves { averaged: 1, ..Curves::default() }, sum: 0.0, count: 0 }
    }
}

impl Collector {
    /// A training loss.
    pub(super) fn train(&mut self, step: u64, nats: f32) {
        self.sum += f64::from(nats);
        self.count += 1;
        if self.count < self.curves.averaged {
            return;
        }
        self.curves.train.push([step as f64, self.sum / self.count as f64]);
        (self.sum, self.count) = (0.0, 0);
        if self.curves.train.len() >= MOST {
            let pairs = self.curves.train.chunks_exact(2);
            self.curves.train = pairs.map(|p| [p[1][0], 0.5 * (p[0][1] + p[1][1])]).collect();
            self.curves.averaged *= 2;
        }
    }

    /// A loss on held-out points.
    pub(super) fn test(&mut self, step: u64, nats: f64) {
        self.curves.test.retain(|point| point[0] < step as f64);
        self.curves.test.push([step as f64, nats]);
        if self.curves.test.len() >= MOST {
            let mut keep = false;
            self.curves.test.retain(|_| {
                keep = !keep;
                keep
            });
        }
    }

    /// Forgets what came after a step: training went back to it.
    pub(super) fn rewind(&mut self, step: u64) {
        let before = |point: &[f64; 2]| point[0] <= step as f64;
        self.curves.train.retain(before);
        self.curves.test.retain(before);
        (self.sum, self.count) = (0.0, 0);
    }

    /// The curves so far.
    pub(super) fn curves(&self) -> Curves {
        self.curves.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_stays_short_and_keeps_its_mean() {
        let mut collector = Collector::default();
        for step in 1..=10_000u64 {
            collector.train(step, step as f32);
        }
        let curves = collector.curves();
        assert!(curves.train.len() < MOST && curves.averaged.is_power_of_two());
        // Every point is the mean of the steps that end at it.
        let [step, mean] = curves.train[0];
        assert_eq!(mean, (step + 1.0) / 2.0);
        collector.rewind(5_000);
        assert!(collector.curves().train.iter().all(|p| p[0] <= 5_000.0));
    }
}
