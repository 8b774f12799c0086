//! Dormand and Prince's method of order 5 with its own estimate of the error (1980): steps as long as the tolerance allows.

/// Nodes of the seven stages.
const NODES: [f64; 7] = [0.0, 0.2, 0.3, 0.8, 8.0 / 9.0, 1.0, 1.0];
/// What each stage adds of the ones before it; the last row is also the solution of order 5.
const STAGES: [&[f64]; 7] = [
    &[],
    &[0.2],
    &[3.0 / 40.0, 9.0 / 40.0],
    &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
    &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
    &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
    &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
];
/// Order 5 less order 4.
const ERROR: [f64; 7] = [71.0 / 57600.0, 0.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339200.0, 22.0 / 525.0, -1.0 / 40.0];

/// A solution, with what it cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Solution {
    /// Times of the accepted steps, the first included.
    pub times: Vec<f64>,
    /// The state at each of them.
    pub states: Vec<Vec<f64>>,
    /// Evaluations of the velocity.
    pub evaluations: usize,
    /// Steps that were tried again shorter.
    pub rejected: usize,
    /// A step could not be made short enough, and was taken as it was: the state is less exact than was asked.
    pub stalled: bool,
}

/// Solves `dy/dt = velocity(y, t)` from `from` to `to`, either way round, with an error of each step below `tolerance (1 + |y|)`, root mean
/// square.
///
/// # Errors
/// What the velocity fails with.
pub fn dormand_prince<E>(
    mut velocity: impl FnMut(&[f64], f64) -> Result<Vec<f64>, E>,
    start: &[f64],
    [from, to]: [f64; 2],
    tolerance: f64,
) -> Result<Solution, E> {
    let span = to - from;
    let least = 1e-4 * span.abs();
    let mut solution = Solution { times: vec![from], states: vec![start.to_vec()], ..Solution::default() };
    let (mut t, mut y, mut h) = (from, start.to_vec(), span / 20.0);
    let mut first = velocity(&y, t)?;
    solution.evaluations = 1;
    while (to - t) * span.signum() > 1e-12 * span.abs() {
        if (t + h - to) * span.signum() > 0.0 {
            h = to - t;
        }
        let mut slopes = vec![first.clone()];
        for stage in 1..7 {
            let at = combined(&y, h, &slopes, STAGES[stage]);
            slopes.push(velocity(&at, t + NODES[stage] * h)?);
        }
        solution.evaluations += 6;
        let next = combined(&y, h, &slopes, STAGES[6]);
        let wrong = combined(&vec![0.0; y.len()], h, &slopes, &ERROR);
        let scaled = |(e, (a, b)): (&f64, (&f64, &f64))| (e / (tolerance * (1.0 + a.abs().max(b.abs())))).powi(2);
        let mean = wrong.iter().zip(y.iter().zip(&next)).map(scaled).sum::<f64>() / y.len().max(1) as f64;
        let error = mean.sqrt();
        let factor = (0.9 * error.max(1e-10).powf(-0.2)).clamp(0.2, 5.0);
        let shortest = h.abs() <= least;
        // A number that is not finite is no error that shorter steps mend for ever.
        if error <= 1.0 || shortest {
            solution.stalled |= error.is_nan() || error > 1.0;
            t += h;
            y = next;
            first = slopes.pop().expect("there are seven stages");
            solution.times.push(t);
            solution.states.push(y.clone());
        } else {
            solution.rejected += 1;
        }
        let factor = if error.is_nan() { 0.2 } else { factor };
        h = span.signum() * (h.abs() * factor).max(least);
    }
    Ok(solution)
}

/// `y + h sum of weights * slopes`.
fn combined(y: &[f64], h: f64, slopes: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    let mut out = y.to_vec();
    for (slope, weight) in slopes.iter().zip(weights) {
        out.iter_mut().zip(slope).for_each(|(out, slope)| *out += h * weight * slope);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    /// A turning and shrinking field `dy/dt = A y` with the growth of its volume, the trace of A, as a third state.
    fn field(y: &[f64], _: f64) -> Result<Vec<f64>, Infallible> {
        Ok(vec![-0.3 * y[0] - 2.0 * y[1], 2.0 * y[0] - 0.1 * y[1], -0.4])
    }

    #[test]
    fn a_linear_field_is_solved_both_ways_and_its_volume_shrinks_by_the_trace() {
        let start = [1.0, -0.5, 0.0];
        let there = dormand_prince(field, &start, [0.0, 1.5], 1e-9).unwrap();
        let end = there.states.last().unwrap();
        assert!((end[2] + 0.4 * 1.5).abs() < 1e-9, "log-det is t tr(A): {}", end[2]);
        // The exact solution by many small steps of the exponential series.
        let mut exact = start.to_vec();
        for _ in 0..15_000 {
            let h = 1e-4;
            let slope = field(&exact, 0.0).unwrap();
            let second = field(&slope, 0.0).unwrap();
            let third = field(&second, 0.0).unwrap();
            for i in 0..2 {
                exact[i] += h * slope[i] + h * h / 2.0 * second[i] + h * h * h / 6.0 * third[i];
            }
        }
        assert!((0..2).all(|i| (exact[i] - end[i]).abs() < 1e-7), "{exact:?} {end:?}");
        let back = dormand_prince(field, end, [1.5, 0.0], 1e-9).unwrap();
        let found = back.states.last().unwrap();
        assert!(start.iter().zip(found).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}");
        assert_eq!(there.times.len(), there.states.len());
        assert!(!there.stalled && there.evaluations == 1 + 6 * (there.times.len() - 1 + there.rejected));
    }

    #[test]
    fn a_looser_tolerance_costs_less_and_errs_more() {
        let run = |tolerance: f64| dormand_prince(field, &[1.0, 1.0, 0.0], [0.0, 3.0], tolerance).unwrap();
        let (loose, tight) = (run(1e-3), run(1e-10));
        assert!(loose.evaluations * 2 < tight.evaluations, "{} {}", loose.evaluations, tight.evaluations);
        let distance = (loose.states.last().unwrap()[0] - tight.states.last().unwrap()[0]).abs();
        assert!(distance > 1e-7 && distance < 1e-2, "{distance}");
    }

    #[test]
    fn a_field_that_breaks_ends_all_the_same() {
        let broken = |y: &[f64], _: f64| Ok::<_, Infallible>(vec![if y[0] > 1.5 { f64::NAN } else { 1.0 }]);
        let solution = dormand_prince(broken, &[1.0], [0.0, 1.0], 1e-6).unwrap();
        assert!(solution.stalled && solution.states.last().unwrap()[0].is_nan());
    }
}
