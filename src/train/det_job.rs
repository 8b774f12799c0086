//! The worker's job behind the cost of a log-determinant: a dense one by LU and a coupling's sum, timed on this machine for growing sizes. It
//! knows no window.
//!
//! Only the log-determinants are timed. The matrix and the log-scales are given: what a network spends on them is another matter.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Activity, Job, Publisher};
use crate::data::noise;
use crate::flows::maps::log_abs_det;

/// Dimensions m that are timed.
pub const SIZES: [usize; 9] = [2, 4, 8, 16, 32, 64, 128, 256, 512];
/// Both lines are fitted from this size on: below it, calls and loops cost more than the numbers do.
pub const FITTED_FROM: usize = 64;
/// One measurement repeats its work for at least this long.
const AT_LEAST: Duration = Duration::from_millis(4);
/// Measurements of which the shortest counts: what else the machine does only adds to a time.
const TRIES: usize = 5;

/// Seconds for one log-determinant of m dimensions.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Cost {
    /// Dimensions.
    pub m: usize,
    /// A dense matrix of m rows, by LU with partial pivoting.
    pub dense: f64,
    /// A coupling that moves half of the dimensions: the sum of m / 2 log-scales.
    pub coupling: f64,
}

/// What has been measured so far.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct DetSnapshot {
    /// One entry a size, smallest first.
    pub costs: Vec<Cost>,
}

impl DetSnapshot {
    /// Times that were measured at another time; none if they are not of every size.
    #[must_use]
    pub fn of(costs: Vec<Cost>) -> Option<DetSnapshot> {
        let sound = |cost: &Cost| cost.dense > 0.0 && cost.coupling > 0.0;
        let all = costs.iter().map(|cost| cost.m).eq(SIZES) && costs.iter().all(sound);
        all.then_some(DetSnapshot { costs })
    }

    /// Whether every size is measured.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.costs.len() == SIZES.len()
    }

    /// The fitted powers `seconds = c m^p`, dense and coupling, each as `(c, p)`; `None` until everything is measured.
    #[must_use]
    pub fn fits(&self) -> Option<[(f64, f64); 2]> {
        let fitted = |seconds: fn(&Cost) -> f64| {
            let large = self.costs.iter().filter(|cost| cost.m >= FITTED_FROM);
            power(&large.map(|cost| [cost.m as f64, seconds(cost)]).collect::<Vec<_>>())
        };
        self.complete().then(|| [fitted(|cost| cost.dense), fitted(|cost| cost.coupling)])
    }
}

/// `(c, p)` of the line `log y = log c + p log x` with the least squares.
fn power(points: &[[f64; 2]]) -> (f64, f64) {
    let n = points.len() as f64;
    let logs: Vec<[f64; 2]> = points.iter().map(|point| point.map(f64::ln)).collect();
    let mean = |axis: usize| logs.iter().map(|point| point[axis]).sum::<f64>() / n;
    let (x, y) = (mean(0), mean(1));
    let (with, own) = logs.iter().fold((0.0, 0.0), |(with, own), [a, b]| (with + (a - x) * (b - y), own + (a - x) * (a - x)));
    let slope = with / own;
    ((y - slope * x).exp(), slope)
}

/// What the window may ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DetCommand {
    /// Measure all sizes.
    Measure,
}

/// The job. It waits until it is asked.
#[derive(Default)]
pub struct DetJob {
    snapshot: DetSnapshot,
    asked: bool,
}

impl Job for DetJob {
    type Command = DetCommand;
    type Snapshot = DetSnapshot;

    fn command(&mut self, command: DetCommand, out: &mut Publisher<DetSnapshot>) {
        match command {
            DetCommand::Measure => {
                self.asked = true;
                self.snapshot.costs.clear();
                out.snapshot(self.snapshot.clone());
            }
        }
    }

    fn turn(&mut self, out: &mut Publisher<DetSnapshot>) -> Activity {
        match SIZES.get(self.snapshot.costs.len()).filter(|_| self.asked) {
            Some(&m) => {
                self.snapshot.costs.push(measure(m));
                out.snapshot(self.snapshot.clone());
                Activity::Busy
            }
            None => Activity::Idle,
        }
    }
}

/// Times both for one size.
fn measure(m: usize) -> Cost {
    let matrix: Vec<f64> = noise::normals(541, m as u64, m * m).into_iter().map(f64::from).collect();
    let scales: Vec<f64> = noise::normals(542, m as u64, m / 2).into_iter().map(f64::from).collect();
    let mut work = matrix.clone();
    let dense = shortest(|| {
        work.copy_from_slice(&matrix);
        black_box(log_abs_det(black_box(&mut work), m));
    });
    // Each sum waits for the one before: else short sums overlap in the processor and look cheaper than they are.
    let mut last = 0.0;
    let coupling = shortest(|| last = black_box(black_box(&scales[..]).iter().fold(0.5 * last, |sum, scale| sum + scale)));
    Cost { m, dense, coupling }
}

/// Seconds of one call, the shortest of several measurements.
fn shortest(mut work: impl FnMut()) -> f64 {
    let mut repeats = 1_u32;
    // How many calls fill the least time.
    loop {
        let begin = Instant::now();
        (0..repeats).for_each(|_| work());
        if begin.elapsed() >= AT_LEAST || repeats >= 1 << 24 {
            break;
        }
        repeats *= 2;
    }
    let once = |work: &mut dyn FnMut()| {
        let begin = Instant::now();
        (0..repeats).for_each(|_| work());
        begin.elapsed().as_secs_f64() / f64::from(repeats)
    };
    (0..TRIES).map(|_| once(&mut work)).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Worker;

    #[test]
    fn a_power_law_is_found_again() {
        let (c, p) = power(&[[64.0, 64f64.powi(3) * 2e-10], [128.0, 128f64.powi(3) * 2e-10], [512.0, 512f64.powi(3) * 2e-10]]);
        assert!((c / 2e-10 - 1.0).abs() < 1e-9 && (p - 3.0).abs() < 1e-9);
    }

    #[test]
    fn every_size_is_measured_when_asked_and_elimination_costs_more() {
        let worker = Worker::spawn("determinants", DetJob::default, || {});
        worker.send(DetCommand::Measure);
        let begin = Instant::now();
        let snapshot = loop {
            if let Some(snapshot) = worker.take_snapshot().filter(DetSnapshot::complete) {
                break snapshot;
            }
            assert!(begin.elapsed() < Duration::from_secs(60), "never complete");
            std::thread::sleep(Duration::from_millis(5));
        };
        assert!(snapshot.costs.iter().map(|cost| cost.m).eq(SIZES));
        // m^3 against m at 512: a factor of about 100,000, so a hundred stands for any machine.
        let last = snapshot.costs[SIZES.len() - 1];
        assert!(last.dense > 100.0 * last.coupling && last.coupling > 0.0, "{last:?}");
        let [dense, coupling] = snapshot.fits().unwrap();
        assert!(dense.1 > coupling.1 + 0.5, "{dense:?} {coupling:?}");
    }
}
