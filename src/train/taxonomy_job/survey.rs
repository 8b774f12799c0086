//! What a family costs on this machine and how exactly it comes back: the same batch through all of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::weights::{OF_A_FLOW, moved_weights};
use crate::data::noise;
use crate::exec::cpu::CpuSession;
use crate::exec::{ProgramId, Session};
use crate::flows::{self, Config, Family, Inversion};
use crate::graph::{Builder, Direction, Graph, GraphError, Mode, Reuse};
use crate::train::TrainError;

/// Points of the batch that everything is timed on.
pub const BATCH: usize = 1024;
/// Stream of those points.
const POINTS: u64 = 0x5355_5256_4559;
/// A time is the median of so many runs, after one that warms the caches and is not counted. Where a run takes longer than this it is the median
/// of fewer, the first one among them: it is cold for the smallest part of its time.
pub const RUNS: usize = 5;
const RUNS_OF_DEAR: usize = 3;
const DEAR: Duration = Duration::from_millis(400);

/// A family, measured in its own size with moved weights, in f32 on the processor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Size and shape.
    pub config: Config,
    /// Trained values.
    pub parameters: usize,
    /// Runs of which every time is the median, at least.
    pub runs: usize,
    /// What it was measured on, if not here and now.
    pub machine: Option<String>,
    /// Milliseconds for the batch: x to z without log-determinants.
    pub points: f64,
    /// x to z with all log-determinants, as a density needs it.
    pub forward: f64,
    /// z to x with all log-determinants.
    pub inverse: f64,
    /// Largest `|x - f^-1(f(x))| / (1 + |x|)` of a coordinate.
    pub error: f64,
    /// Largest `|log det|` of the whole flow over the batch, nats, and how far its values lie apart.
    pub volume: f64,
    /// Largest minus smallest log-determinant over the batch, nats: 0 where it does not depend on the point.
    pub spread: f64,
}

impl Measured {
    /// Whether these are times of this family as it is measured here, and every number is one.
    pub(super) fn is_of(&self, family: Family, dim: usize) -> bool {
        let numbers = [self.points, self.forward, self.inverse, self.error, self.volume, self.spread];
        self.config == config(family, dim) && self.runs > 0 && numbers.iter().all(|v| v.is_finite() && *v >= 0.0)
    }
}

/// Evaluations of one layer's map for one batch: passes through its network, steps of a search, velocities.
pub fn evaluations(config: &Config, direction: Direction) -> usize {
    match (direction, config.inversion()) {
        (Direction::Forward, Inversion::ReverseTime { evaluations }) => evaluations,
        // What the network reads is the other side.
        (Direction::Forward, _) if config.family == Family::Iaf => config.dim,
        (Direction::Forward, _) | (Direction::Inverse, Inversion::ClosedForm) => 1,
        (Direction::Inverse, Inversion::ByDimension) => config.dim,
        (Direction::Inverse, Inversion::RootSearch { evaluations } | Inversion::ReverseTime { evaluations }) => evaluations,
        (Direction::Inverse, Inversion::FixedPoint { iterations }) => iterations,
    }
}

/// The flow that is measured: the family's own size in D dimensions.
pub fn config(family: Family, dim: usize) -> Config {
    Config { dim, ..Config::of(family) }
}

/// Measures a family.
///
/// # Errors
/// Shapes that do not fit, too little memory.
pub fn measure(family: Family, dim: usize, seed: u64, threads: usize) -> Result<Measured, TrainError> {
    let config = config(family, dim);
    let x = noise::normals(seed ^ POINTS, 0, BATCH * dim);
    let whole = Arc::new(flows::evaluation(&config, BATCH, Direction::Forward)?);
    let weights = moved_weights(&whole, seed, OF_A_FLOW);
    let mut runs = RUNS;
    let mut time = |graph: &Arc<Graph>, input: &str, values: &[f32]| -> Result<(f64, CpuSession, ProgramId), TrainError> {
        let mut session = CpuSession::new(threads);
        let program = session.prepare(graph, Reuse::On)?;
        weights.write_to(&mut session, graph)?;
        let (milliseconds, made) = median(|| Ok(session.run(program, &[(input, values)])?))?;
        runs = runs.min(made);
        Ok((milliseconds, session, program))
    };
    let (points, ..) = time(&Arc::new(points_alone(&config)?), "x", &x)?;
    let (forward, mut session, program) = time(&whole, "x", &x)?;
    let z = session.read_output(program, &format!("point.{}", config.stages()))?;
    let mut log_det = vec![0.0_f64; BATCH];
    for stage in 0..config.stages() {
        let layer = session.read_output(program, &format!("log_det.{stage}"))?;
        log_det.iter_mut().zip(layer).for_each(|(sum, l)| *sum += f64::from(l));
    }
    let (inverse, mut session, program) = time(&Arc::new(flows::evaluation(&config, BATCH, Direction::Inverse)?), "z", &z)?;
    let back = session.read_output(program, "point.0")?;
    let error = x.iter().zip(&back).map(|(x, back)| f64::from((x - back).abs() / (1.0 + x.abs()))).fold(0.0, f64::max);
    let (low, high) = log_det.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &l| (low.min(l), high.max(l)));
    let (volume, spread) = (low.abs().max(high.abs()), high - low);
    Ok(Measured { parameters: whole.parameter_count(), config, runs, machine: None, points, forward, inverse, error, volume, spread })
}

/// x to z alone: what no output needs is not run.
fn points_alone(config: &Config) -> Result<Graph, GraphError> {
    let mut b = Builder::new(Mode::Evaluate);
    let nodes = flows::forward(&mut b, config, BATCH);
    b.output("z", nodes.points[nodes.points.len() - 1]);
    b.finish()
}

/// Milliseconds of a run, the median of some, and of how many.
pub(super) fn median(mut run: impl FnMut() -> Result<(), TrainError>) -> Result<(f64, usize), TrainError> {
    let mut timed = || -> Result<Duration, TrainError> {
        let begin = Instant::now();
        run()?;
        Ok(begin.elapsed())
    };
    let first = timed()?;
    let (runs, mut times) = if first > DEAR { (RUNS_OF_DEAR, vec![first]) } else { (RUNS, Vec::new()) };
    while times.len() < runs {
        times.push(timed()?);
    }
    times.sort();
    Ok((1e3 * times[runs / 2].as_secs_f64(), runs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cold_run_and_an_outlier_do_not_count() {
        // Waits are never shorter than asked for, and the machine may lengthen any of them.
        let waits = [60, 1, 1, 90, 1, 1];
        let mut next = waits.into_iter();
        let mut made = 0;
        let (median, runs) = median(|| {
            made += 1;
            std::thread::sleep(Duration::from_millis(next.next().unwrap()));
            Ok(())
        })
        .unwrap();
        assert_eq!((made, runs), (RUNS + 1, RUNS), "one more warms up");
        assert!((1.0..50.0).contains(&median), "{median}");
    }
}
