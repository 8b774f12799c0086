//! The evaluation programs of the flow lab: forward-only, sharing the fit's parameters, so that a picture never is a second model.

use std::sync::Arc;

use super::conditioner::CURVE;
use super::overlays::Extras;
use super::portrait::{ALONG, PLACES};
use super::snapshot::{Field, Lattice, Lines, Point, ProbeReading};
use crate::data::noise;
use crate::exec::{ProgramId, Session};
use crate::flows::{self, Config};
use crate::graph::{Direction, Reuse};
use crate::train::TrainError;

/// Data points that are drawn.
pub(super) const POINTS: usize = 2_048;
/// Draws of the model that are drawn.
pub(super) const SAMPLES: usize = 1_024;
/// Nodes along a side of the lattice.
pub(super) const LATTICE: usize = 64;
/// Points of the outline of the probe's square.
pub(super) const OUTLINE: usize = 32;
/// Points that the likelihood program takes at once: what its layers hold meanwhile stays in a processor's own cache.
const BATCH: usize = 1_024;
/// Points whose likelihood is asked for at once, at most; several batches, for several processors.
pub(super) const CHUNK: usize = 4 * BATCH;

/// Half of the side of the latent grid, and the distance of its lines.
const GRID: (f64, f64) = (4.0, 0.5);
const CIRCLES: [f64; 3] = [1.0, 2.0, 3.0];
const LINE_LENGTH: usize = 110;
const PROBE_BATCH: usize = 1 + OUTLINE;
/// The stream of the samples' noise.
const SAMPLE_STREAM: u64 = u64::MAX - 1;

/// Prepared programs for one configuration.
pub(super) struct Programs {
    pub(super) config: Config,
    pub(super) conditioners: Option<ProgramId>,
    pub(super) portraits: Option<ProgramId>,
    depth: usize,
    points: ProgramId,
    lattice: ProgramId,
    lines: ProgramId,
    samples: ProgramId,
    round_trip: ProgramId,
    likelihood: ProgramId,
    probe: ProgramId,
    back: ProgramId,
    pub(super) extras: Extras,
}

/// Points after every layer, `[K+1][N]`, and what else a forward evaluation gives.
pub(super) struct Evaluation {
    /// Points after k layers.
    pub(super) points: Vec<Vec<Point>>,
    /// Log-determinants, `[K][N]`.
    pub(super) log_dets: Vec<Vec<f32>>,
    /// `ln N(z)`.
    pub(super) log_base: Vec<f32>,
    /// `ln p(x)`.
    pub(super) log_prob: Vec<f32>,
}

impl Programs {
    /// Prepares them.
    ///
    /// # Errors
    /// Shapes that do not fit, a device that fails.
    pub(super) fn new(session: &mut dyn Session, config: &Config) -> Result<Programs, TrainError> {
        let mut evaluation = |batch, direction| -> Result<ProgramId, TrainError> {
            Ok(session.prepare(&Arc::new(flows::evaluation(config, batch, direction)?), Reuse::On)?)
        };
        let points = evaluation(POINTS, Direction::Forward)?;
        let lattice = evaluation(LATTICE * LATTICE, Direction::Forward)?;
        let lines = evaluation(line_count() * LINE_LENGTH, Direction::Inverse)?;
        let samples = evaluation(SAMPLES, Direction::Inverse)?;
        let round_trip = evaluation(POINTS, Direction::Inverse)?;
        let probe = evaluation(PROBE_BATCH, Direction::Forward)?;
        let back = evaluation(1, Direction::Inverse)?;
        let likelihood = session.prepare(&Arc::new(flows::likelihood(config, BATCH)?), Reuse::On)?;
        let conditioners = match flows::conditioners(config, CURVE)? {
            Some(graph) => Some(session.prepare(&Arc::new(graph), Reuse::On)?),
            None => None,
        };
        let portraits = match flows::portraits(config, ALONG, PLACES * PLACES)? {
            Some(graph) => Some(session.prepare(&Arc::new(graph), Reuse::On)?),
            None => None,
        };
        Ok(Programs {
            config: config.clone(),
            conditioners,
            portraits,
            depth: config.stages(),
            points,
            lattice,
            lines,
            samples,
            round_trip,
            likelihood,
            probe,
            back,
            extras: Extras::default(),
        })
    }

    /// At most [`POINTS`] data points through all layers.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn points(&self, session: &mut dyn Session, points: &[Point]) -> Result<Evaluation, TrainError> {
        let live = points.len().min(POINTS);
        let mut evaluation = self.forward(session, self.points, &padded(&points[..live], POINTS))?;
        let all = evaluation.points.iter_mut();
        all.for_each(|at| at.truncate(live));
        let columns = evaluation.log_dets.iter_mut().chain([&mut evaluation.log_base, &mut evaluation.log_prob]);
        columns.for_each(|values| values.truncate(live));
        Ok(evaluation)
    }

    /// Largest distance between these points and what comes back from their `z`.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn round_trip(&self, session: &mut dyn Session, x: &[Point], z: &[Point]) -> Result<f64, TrainError> {
        let back = self.inverse(session, z)?;
        let distance = |(a, b): (&Point, &Point)| f64::from(a[0] - b[0]).hypot(f64::from(a[1] - b[1]));
        // `max` would pass over NaN.
        Ok(x.iter().zip(&back).map(distance).fold(0.0, |worst, d| if d > worst || d.is_nan() { d } else { worst }))
    }

    /// At most [`POINTS`] latent points, brought back to data space.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn inverse(&self, session: &mut dyn Session, z: &[Point]) -> Result<Vec<Point>, TrainError> {
        session.run(self.round_trip, &[("z", padded(z, POINTS).as_flattened())])?;
        let mut x = read_points(session, self.round_trip, 0)?;
        x.truncate(z.len());
        Ok(x)
    }

    /// The lattice of a window, pushed forward.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn lattice(&self, session: &mut dyn Session, bounds: [f64; 4]) -> Result<Lattice, TrainError> {
        let nodes = centres(bounds, [LATTICE; 2], 0, LATTICE * LATTICE);
        let Evaluation { points, log_dets, log_prob, .. } = self.forward(session, self.lattice, &nodes)?;
        Ok(Lattice { bounds, side: LATTICE, points, log_dets, log_prob, mixture: None })
    }

    /// Draws of the model at every depth.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn samples(&self, session: &mut dyn Session, seed: u64) -> Result<Vec<Vec<Point>>, TrainError> {
        session.run(self.samples, &[("z", &noise::normals(seed, SAMPLE_STREAM, 2 * SAMPLES))])?;
        (0..=self.depth).map(|k| read_points(session, self.samples, k)).collect()
    }

    /// The latent grid and the circles of the base density, pulled back.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn lines(&self, session: &mut dyn Session) -> Result<Lines, TrainError> {
        session.run(self.lines, &[("z", latent_lines().as_flattened())])?;
        let points = (0..=self.depth).map(|k| read_points(session, self.lines, k)).collect::<Result<_, _>>()?;
        Ok(Lines { length: LINE_LENGTH, straight: line_count() - CIRCLES.len(), points })
    }

    /// `ln p(x)` of these points.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn log_prob(&self, session: &mut dyn Session, points: &[Point]) -> Result<Vec<f32>, TrainError> {
        let mut values = session.run_batches(self.likelihood, "x", points.as_flattened(), 2 * BATCH, "log_prob")?;
        values.truncate(points.len());
        Ok(values)
    }

    /// The point of data space that the layers bring to `z`.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn back(&self, session: &mut dyn Session, z: [f64; 2]) -> Result<[f64; 2], TrainError> {
        session.run(self.back, &[("z", &z.map(|v| v as f32))])?;
        let x = session.read_output(self.back, "point.0")?;
        Ok([x[0].into(), x[1].into()])
    }

    /// What the layers do to a point and to the square of this side around it.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn probe(&self, session: &mut dyn Session, at: [f64; 2], side: f64) -> Result<ProbeReading, TrainError> {
        let mut inputs = vec![at.map(|v| v as f32)];
        inputs.extend(square(at, side));
        let evaluation = self.forward(session, self.probe, &inputs)?;
        let path: Vec<Point> = evaluation.points.iter().map(|p| p[0]).collect();
        Ok(ProbeReading {
            at,
            step: 0,
            conditioners: self.conditioners_at(session, &path)?,
            portraits: Vec::new(),
            points: path,
            log_dets: evaluation.log_dets.iter().map(|l| f64::from(l[0])).collect(),
            log_base: evaluation.log_base[0].into(),
            log_prob: evaluation.log_prob[0].into(),
            side,
            outline: evaluation.points.iter().map(|p| p[1..].to_vec()).collect(),
            numeric_log_det: f64::NAN,
            ..ProbeReading::default()
        })
    }

    /// `ln p(x)` of one point.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn log_prob_at(&self, session: &mut dyn Session, at: Point) -> Result<f64, TrainError> {
        session.run(self.probe, &[("x", padded(&[at], PROBE_BATCH).as_flattened())])?;
        Ok(session.read_output(self.probe, "log_prob")?[0].into())
    }

    fn forward(&self, session: &mut dyn Session, program: ProgramId, x: &[Point]) -> Result<Evaluation, TrainError> {
        session.run(program, &[("x", x.as_flattened())])?;
        let points = (0..=self.depth).map(|k| read_points(session, program, k)).collect::<Result<_, _>>()?;
        let log_dets = (0..self.depth).map(|k| session.read_output(program, &format!("log_det.{k}"))).collect::<Result<_, _>>()?;
        let log_base = session.read_output(program, "log_base")?;
        let log_prob = session.read_output(program, "log_prob")?;
        Ok(Evaluation { points, log_dets, log_base, log_prob })
    }
}

impl Field {
    /// An empty field of this size over a window.
    pub(super) fn over(bounds: [f64; 4], size: [usize; 2]) -> Field {
        Field { bounds, size, values: Vec::with_capacity(size[0] * size[1]) }
    }

    /// The centres of the next cells, at most `most`, in the order of `values`.
    pub(super) fn next_centres(&self, most: usize) -> Vec<Point> {
        let left = self.size[0] * self.size[1] - self.values.len();
        centres(self.bounds, self.size, self.values.len(), most.min(left))
    }

    /// Area of a cell.
    pub(super) fn cell(&self) -> f64 {
        let [left, bottom, right, top] = self.bounds;
        (right - left) * (top - bottom) / (self.size[0] * self.size[1]) as f64
    }
}

fn read_points(session: &mut dyn Session, program: ProgramId, k: usize) -> Result<Vec<Point>, TrainError> {
    let flat = session.read_output(program, &format!("point.{k}"))?;
    Ok(flat.as_chunks::<2>().0.to_vec())
}

/// Centres of cells `from..from + count` of a grid over a window, row by row from the top.
pub(super) fn centres([left, bottom, right, top]: [f64; 4], [columns, rows]: [usize; 2], from: usize, count: usize) -> Vec<Point> {
    let (dx, dy) = ((right - left) / columns as f64, (top - bottom) / rows as f64);
    (from..from + count)
        .map(|i| {
            let (row, column) = (i / columns, i % columns);
            [(left + (column as f64 + 0.5) * dx) as f32, (top - (row as f64 + 0.5) * dy) as f32]
        })
        .collect()
}

/// As many points as the program takes: the rest are copies of the origin, which is computed and forgotten.
fn padded(points: &[Point], size: usize) -> Vec<Point> {
    let mut all = points.to_vec();
    all.resize(size, [0.0; 2]);
    all
}

/// The outline of a square, [`OUTLINE`] points, counter-clockwise.
fn square(at: [f64; 2], side: f64) -> impl Iterator<Item = Point> {
    const CORNERS: [[f64; 2]; 4] = [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]];
    (0..OUTLINE).map(move |i| {
        let per_side = OUTLINE / 4;
        let (corner, t) = (i / per_side, (i % per_side) as f64 / per_side as f64);
        let (a, b) = (CORNERS[corner], CORNERS[(corner + 1) % 4]);
        [0, 1].map(|axis| (at[axis] + side * (a[axis] + t * (b[axis] - a[axis]))) as f32)
    })
}

fn line_count() -> usize {
    2 * ((2.0 * GRID.0 / GRID.1).round() as usize + 1) + CIRCLES.len()
}

fn latent_lines() -> Vec<Point> {
    let (half, step) = GRID;
    let along = |i: usize| (i as f64 / (LINE_LENGTH - 1) as f64 * 2.0 - 1.0) * half;
    let across = (0..=(2.0 * half / step).round() as usize).map(|i| i as f64 * step - half);
    let mut points: Vec<Point> = Vec::with_capacity(line_count() * LINE_LENGTH);
    for c in across {
        points.extend((0..LINE_LENGTH).map(|i| [c as f32, along(i) as f32]));
        points.extend((0..LINE_LENGTH).map(|i| [along(i) as f32, c as f32]));
    }
    for radius in CIRCLES {
        points.extend((0..LINE_LENGTH).map(|i| {
            let angle = i as f64 / (LINE_LENGTH - 1) as f64 * std::f64::consts::TAU;
            [(radius * angle.cos()) as f32, (radius * angle.sin()) as f32]
        }));
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_listed_from_the_top_left() {
        let field = Field::over([0.0, 0.0, 2.0, 2.0], [2, 2]);
        assert_eq!(field.next_centres(9), vec![[0.5, 1.5], [1.5, 1.5], [0.5, 0.5], [1.5, 0.5]]);
        assert_eq!(field.cell(), 1.0);
    }

    #[test]
    fn the_square_has_its_side_and_the_lines_their_number() {
        let outline: Vec<_> = square([1.0, 2.0], 0.5).collect();
        assert_eq!((outline[0], outline[16]), ([0.75, 1.75], [1.25, 2.25]));
        assert_eq!(latent_lines().len(), line_count() * LINE_LENGTH);
    }
}
