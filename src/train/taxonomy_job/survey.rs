//! What a family costs on this machine and how exactly it comes back: the same batch through all of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

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
/// A time is the median of at most so many runs, and of fewer where they would take longer than this.
const RUNS: usize = 7;
const PATIENCE: Duration = Duration::from_millis(250);

/// A family, measured in its own size with moved weights, in f32 on the processor.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Size and shape.
    pub config: Config,
    /// Trained values.
    pub parameters: usize,
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
    let time = |graph: &Arc<Graph>, input: &str, values: &[f32]| -> Result<(f64, CpuSession, ProgramId), TrainError> {
        let mut session = CpuSession::new(threads);
        let program = session.prepare(graph, Reuse::On)?;
        weights.write_to(&mut session, graph)?;
        let milliseconds = median(&mut session, program, &[(input, values)])?;
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
    Ok(Measured { parameters: whole.parameter_count(), config, points, forward, inverse, error, volume, spread })
}

/// x to z alone: what no output needs is not run.
fn points_alone(config: &Config) -> Result<Graph, GraphError> {
    let mut b = Builder::new(Mode::Evaluate);
    let nodes = flows::forward(&mut b, config, BATCH);
    b.output("z", nodes.points[nodes.points.len() - 1]);
    b.finish()
}

/// Median of some runs, milliseconds; the first run warms the caches and is not counted, unless it alone takes all the time there is.
fn median(session: &mut CpuSession, program: ProgramId, inputs: &[(&str, &[f32])]) -> Result<f64, TrainError> {
    let mut run = || -> Result<f64, TrainError> {
        let begin = Instant::now();
        session.run(program, inputs)?;
        Ok(1e3 * begin.elapsed().as_secs_f64())
    };
    let begin = Instant::now();
    let first = run()?;
    if begin.elapsed() > PATIENCE {
        return Ok(first);
    }
    let mut times = Vec::new();
    while times.len() < RUNS && (times.is_empty() || begin.elapsed() < PATIENCE) {
        times.push(run()?);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}
