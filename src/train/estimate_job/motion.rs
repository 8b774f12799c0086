//! The continuous flow's motion: paths, what the adaptive method costs, and the trace by one random vector.

use std::sync::Arc;

use super::Look;
use super::series::{Histogram, Noise, Spread};
use super::snapshot::{Accuracy, MOMENTS, MotionView, SOLVES, TRAVELLERS};
use crate::data::noise::rng;
use crate::exec::Session;
use crate::flows::{self, Config, Family};
use crate::train::TrainError;
use crate::train::double::Double;
use crate::train::ode::dormand_prince;

/// Points on which the methods are compared.
const COMPARED: usize = 64;
/// Tolerances that are compared.
const TOLERANCES: [f64; 5] = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6];
/// Of the solution that all are measured by.
const TIGHT: f64 = 1e-10;
/// Numbers of fixed steps.
const STEPS: [usize; 6] = [1, 2, 4, 8, 16, 32];
/// Fixed steps of the solves with a random vector.
const SOLVE_STEPS: usize = 16;
/// Stream of the generator.
const VECTORS: u64 = 0x5645_4354;

/// The programs of a continuous flow.
pub(super) struct Motion {
    config: Config,
    travellers: Double,
    compared: Double,
    traces: Double,
}

/// Places of every point at each time.
type Paths = Vec<Vec<[f32; 2]>>;

impl Motion {
    pub(super) fn new(config: &Config) -> Result<Motion, TrainError> {
        Ok(Motion {
            config: config.clone(),
            travellers: Double::new(flows::velocity(config, TRAVELLERS + 1)?, &["velocity"])?,
            compared: Double::new(flows::velocity(config, COMPARED)?, &["velocity"])?,
            traces: Double::new(flows::velocity(config, 2 * SOLVES)?, &["velocity", "trace", "estimate"])?,
        })
    }

    /// Everything with the session's weights of step `step`, for data points and the probe.
    ///
    /// # Errors
    /// A lost device.
    pub(super) fn look(
        &mut self,
        session: &mut dyn Session,
        step: u64,
        look: &Look,
        points: &[[f32; 2]],
        seed: u64,
    ) -> Result<MotionView, TrainError> {
        for program in [&mut self.travellers, &mut self.compared, &mut self.traces] {
            program.copy(session)?;
        }
        let start: Vec<f64> = points.iter().flatten().map(|&v| f64::from(v)).collect();
        let (paths, probe) = self.paths(&start, look.probe)?;
        let Family::Ffjord { steps } = self.config.family else { unreachable!("a continuous flow was made") };
        let trained = self.config.layers * steps;
        let (adaptive, fixed) = compare(&mut self.compared, &start[..2 * COMPARED], trained)?;
        let (exact, estimates) = self.estimates(look.probe, seed)?;
        let spreads = [0, 1].map(|i: usize| Spread::of(&estimates[i]));
        let estimates = estimates.map(|values| Histogram::of(&values));
        Ok(MotionView { step, paths: Arc::new(paths), probe, adaptive, fixed, trained_evaluations: 4 * trained, exact, estimates, spreads })
    }

    /// Places of the points and of the probe at each moment.
    fn paths(&mut self, start: &[f64], probe: [f64; 2]) -> Result<(Paths, Vec<[f64; 2]>), TrainError> {
        let mut at = [&start[..2 * TRAVELLERS], &probe[..]].concat();
        let (mut paths, mut own) = (Vec::new(), Vec::new());
        for moment in 0..=MOMENTS {
            paths.push(at[..2 * TRAVELLERS].chunks(2).map(|p| [p[0] as f32, p[1] as f32]).collect());
            own.push([at[2 * TRAVELLERS], at[2 * TRAVELLERS + 1]]);
            if moment < MOMENTS {
                let h = 1.0 / MOMENTS as f64;
                at = runge_kutta(|y, t| velocity(&mut self.travellers, y, t), &at, [moment as f64 * h, (moment + 1) as f64 * h], 1)?;
            }
        }
        Ok((paths, own))
    }

    /// The log-determinant at the probe by the exact trace, and by normal vectors and signs, each vector kept for a whole solve.
    fn estimates(&mut self, probe: [f64; 2], seed: u64) -> Result<(f64, [Vec<f64>; 2]), TrainError> {
        let mut rng = rng(seed, VECTORS);
        let vectors: Vec<f64> =
            Noise::ALL.iter().flat_map(|noise| (0..SOLVES).flat_map(|_| noise.vector(&mut rng)).collect::<Vec<_>>()).collect();
        let rows = 2 * SOLVES;
        // Of each row the point, then all exact integrals, then all estimated ones.
        let mut start: Vec<f64> = (0..2 * rows).map(|i| probe[i % 2]).collect();
        start.resize(4 * rows, 0.0);
        let traces = &mut self.traces;
        let end = runge_kutta(
            |y, t| {
                traces.run(&[("x", &y[..2 * rows]), ("t", &[t]), ("v", &vectors)])?;
                Ok([traces.output("velocity"), traces.output("trace"), traces.output("estimate")].concat())
            },
            &start,
            [0.0, 1.0],
            SOLVE_STEPS,
        )?;
        let estimated = &end[3 * rows..];
        Ok((end[2 * rows], [estimated[..SOLVES].to_vec(), estimated[SOLVES..].to_vec()]))
    }
}

fn velocity(program: &mut Double, y: &[f64], t: f64) -> Result<Vec<f64>, TrainError> {
    program.run(&[("x", y), ("t", &[t])])?;
    Ok(program.output("velocity").to_vec())
}

/// The adaptive method at every tolerance, and the fixed one with every number of steps, on the same points.
fn compare(program: &mut Double, start: &[f64], trained: usize) -> Result<(Vec<Accuracy>, Vec<Accuracy>), TrainError> {
    let truth = dormand_prince(|y, t| velocity(program, y, t), start, [0.0, 1.0], TIGHT)?.states;
    let truth = truth.last().expect("a solution has a start");
    let as_trained = runge_kutta(|y, t| velocity(program, y, t), start, [0.0, 1.0], trained)?;
    let mut adaptive = Vec::new();
    for tolerance in TOLERANCES {
        let there = dormand_prince(|y, t| velocity(program, y, t), start, [0.0, 1.0], tolerance)?;
        let end = there.states.last().expect("a solution has a start");
        let back = dormand_prince(|y, t| velocity(program, y, t), end, [1.0, 0.0], tolerance)?;
        adaptive.push(Accuracy {
            tolerance: Some(tolerance),
            evaluations: there.evaluations,
            rejected: there.rejected,
            error: farthest(end, truth),
            from_fixed: farthest(end, &as_trained),
            round_trip: farthest(back.states.last().expect("a solution has a start"), start),
        });
    }
    let mut fixed = Vec::new();
    for steps in STEPS {
        let end = runge_kutta(|y, t| velocity(program, y, t), start, [0.0, 1.0], steps)?;
        let back = runge_kutta(|y, t| velocity(program, y, t), &end, [1.0, 0.0], steps)?;
        fixed.push(Accuracy {
            tolerance: None,
            evaluations: 4 * steps,
            rejected: 0,
            error: farthest(&end, truth),
            from_fixed: farthest(&end, &as_trained),
            round_trip: farthest(&back, start),
        });
    }
    Ok((adaptive, fixed))
}

/// Largest distance of a point from its counterpart.
fn farthest(a: &[f64], b: &[f64]) -> f64 {
    a.chunks(2).zip(b.chunks(2)).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).fold(0.0, f64::max)
}

/// The classical method of order 4 with equal steps.
fn runge_kutta(
    mut velocity: impl FnMut(&[f64], f64) -> Result<Vec<f64>, TrainError>,
    start: &[f64],
    [from, to]: [f64; 2],
    steps: usize,
) -> Result<Vec<f64>, TrainError> {
    let h = (to - from) / steps as f64;
    let mut y = start.to_vec();
    let moved = |y: &[f64], slope: &[f64], h: f64| -> Vec<f64> { y.iter().zip(slope).map(|(y, slope)| y + h * slope).collect() };
    for step in 0..steps {
        let t = from + step as f64 * h;
        let first = velocity(&y, t)?;
        let second = velocity(&moved(&y, &first, h / 2.0), t + h / 2.0)?;
        let third = velocity(&moved(&y, &second, h / 2.0), t + h / 2.0)?;
        let fourth = velocity(&moved(&y, &third, h), t + h)?;
        for (i, y) in y.iter_mut().enumerate() {
            *y += h / 6.0 * (first[i] + 2.0 * second[i] + 2.0 * third[i] + fourth[i]);
        }
    }
    Ok(y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_the_step_divides_the_error_by_sixteen() {
        let error = |steps| {
            let turn = |y: &[f64], _: f64| Ok(vec![-y[1], y[0]]);
            let end = runge_kutta(turn, &[1.0, 0.0], [0.0, 2.0], steps).unwrap();
            (end[0] - 2f64.cos()).hypot(end[1] - 2f64.sin())
        };
        let ratio = error(16) / error(32);
        assert!((ratio - 16.0).abs() < 1.0, "{ratio}");
    }
}
