//! What is computed for the planes only while it is asked for: the Jacobian on a lattice of places, and the velocity of a continuous flow.
//!
//! Row i of the Jacobian of layer k is the vector-Jacobian product of the layer with the i-th unit vector: exact, nothing is differenced. The
//! Jacobian of the first k layers together is the product of theirs, `J_1..k = J_k ... J_1`, multiplied in f64.

use std::sync::Arc;

use super::cycle::Scene;
use super::programs::{Programs, centres};
use super::snapshot::{Pictures, Point};
use crate::exec::{ProgramId, Session};
use crate::flows::{self, Config, Family};
use crate::graph::{Builder, Graph, GraphError, Mode, Reuse};
use crate::train::TrainError;

/// Places along a side of the lattice of Jacobians.
pub const ELLIPSES: usize = 12;
/// Places along a side of the lattice of velocities.
pub const ARROWS: usize = 16;
/// Stretches of time between the velocities that are computed, about.
const TIMES: usize = 32;

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Asked {
    /// The Jacobians on a lattice of the data window.
    pub jacobians: bool,
    /// The velocity on a lattice of this window, `[left, bottom, right, top]`, if the flow has one.
    pub velocity: Option<[f64; 4]>,
}

impl Asked {
    /// Whether this asks for something that `before` did not ask for.
    pub(super) fn is_more_than(self, before: Asked) -> bool {
        self.jacobians && !before.jacobians || self.velocity.is_some() && self.velocity != before.velocity
    }
}

/// What the layers do to the surroundings of the places of a lattice.
#[derive(Clone, Debug, PartialEq)]
pub struct Jacobians {
    /// `[left, bottom, right, top]` of data space.
    pub bounds: [f64; 4],
    /// Where the places are after k layers, `[K+1][ELLIPSES^2]`, row by row from the top.
    pub points: Vec<Vec<Point>>,
    /// The Jacobian of the first k layers together, its entries row by row, `[K+1][ELLIPSES^2]`: at first the identity.
    pub matrices: Vec<Vec<[f64; 4]>>,
}

/// The velocity `f(z, t)` of a continuous flow, at several times.
#[derive(Clone, Debug, PartialEq)]
pub struct Velocities {
    /// `[left, bottom, right, top]` of the plane.
    pub bounds: [f64; 4],
    /// The places, `[ARROWS^2]`, row by row from the top.
    pub points: Vec<Point>,
    /// The times, from 0 to 1, evenly.
    pub times: Vec<f64>,
    /// The velocity at each of those times, `[T][ARROWS^2]`; 0 in a stretch of time that is left out.
    pub values: Vec<Vec<Point>>,
}

impl Velocities {
    /// The computed time that is nearest to this one, and the velocity then.
    pub fn at(&self, time: f64) -> Option<(f64, &[Point])> {
        let last = self.times.len().checked_sub(1)?;
        let index = ((time * last as f64).round().max(0.0) as usize).min(last);
        Some((self.times[index], self.values.get(index)?))
    }

    /// The largest speed at any place and time, units of the plane per unit of time.
    pub fn fastest(&self) -> f64 {
        self.values.iter().flatten().map(|v| f64::from(v[0]).hypot(f64::from(v[1]))).fold(0.0, f64::max)
    }
}

/// The programs of it, each prepared when it is first asked for.
#[derive(Default)]
pub(super) struct Extras {
    jacobians: Option<ProgramId>,
    velocity: Option<ProgramId>,
}

/// Points and Jacobians of every layer: input `x [B,2]`, outputs `point.k [B,2]` and, for row i of the Jacobian of layer k, `row.i.k [B,2]`.
fn jacobians(config: &Config, batch: usize) -> Result<Graph, GraphError> {
    let mut b = Builder::new(Mode::Evaluate);
    let nodes = flows::forward(&mut b, config, batch);
    let units = [0, 1].map(|axis| b.table((0..2 * batch).map(|i| f64::from(u8::from(i % 2 == axis))).collect(), &[batch, 2]));
    for (k, &point) in nodes.points.iter().enumerate() {
        b.output(&format!("point.{k}"), point);
    }
    for (k, ends) in nodes.points.windows(2).enumerate().filter(|(k, _)| !config.mutes(*k)) {
        for (row, &unit) in units.iter().enumerate() {
            let entries = b.vector_jacobian(&[(ends[1], unit)], &[ends[0]])[0];
            b.output(&format!("row.{row}.{k}"), entries);
        }
    }
    b.finish()
}

/// `a b`, entries row by row.
fn product(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3]]
}

impl Programs {
    /// Prepares what is asked for and not prepared yet.
    ///
    /// # Errors
    /// Shapes that do not fit, a device that fails.
    pub(super) fn prepare_asked(&mut self, session: &mut dyn Session, asked: Asked) -> Result<(), TrainError> {
        if asked.jacobians && self.extras.jacobians.is_none() {
            let graph = jacobians(&self.config, ELLIPSES * ELLIPSES)?;
            self.extras.jacobians = Some(session.prepare(&Arc::new(graph), Reuse::On)?);
        }
        let moves = matches!(self.config.family, Family::Ffjord { .. });
        if asked.velocity.is_some() && moves && self.extras.velocity.is_none() {
            let graph = flows::velocity(&self.config, ARROWS * ARROWS)?;
            self.extras.velocity = Some(session.prepare(&Arc::new(graph), Reuse::On)?);
        }
        Ok(())
    }

    /// Computes a part of what is asked for; true if nothing is left to compute.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn draw_asked(&self, session: &mut dyn Session, scene: &Scene<'_>, pictures: &mut Pictures) -> Result<bool, TrainError> {
        if scene.asked.jacobians && pictures.jacobians.is_none() {
            pictures.jacobians = self.jacobians(session, scene.window)?;
        }
        let (Some(bounds), Some(program)) = (scene.asked.velocity, self.extras.velocity) else { return Ok(true) };
        let velocity = pictures.velocity.get_or_insert_with(|| self.no_velocity_yet(bounds));
        // One time is a few milliseconds.
        let done = velocity.values.len();
        if let Some(&time) = velocity.times.get(done) {
            let values = self.velocity_at(session, program, &velocity.points, time)?;
            velocity.values.push(values);
        }
        Ok(velocity.values.len() == velocity.times.len())
    }

    /// The Jacobians on the lattice of a window; none before they are prepared.
    ///
    /// # Errors
    /// A device that fails.
    fn jacobians(&self, session: &mut dyn Session, bounds: [f64; 4]) -> Result<Option<Jacobians>, TrainError> {
        let Some(program) = self.extras.jacobians else { return Ok(None) };
        let places = centres(bounds, [ELLIPSES; 2], 0, ELLIPSES * ELLIPSES);
        session.run(program, &[("x", places.as_flattened())])?;
        let stages = self.config.stages();
        let mut read =
            |name: String| -> Result<Vec<Point>, TrainError> { Ok(session.read_output(program, &name)?.as_chunks::<2>().0.to_vec()) };
        let points = (0..=stages).map(|k| read(format!("point.{k}"))).collect::<Result<Vec<_>, _>>()?;
        let mut matrices = vec![vec![[1.0, 0.0, 0.0, 1.0]; places.len()]];
        for k in 0..stages {
            let so_far = &matrices[k];
            let next = if self.config.mutes(k) {
                so_far.clone()
            } else {
                let rows = read(format!("row.0.{k}"))?.into_iter().zip(read(format!("row.1.{k}"))?);
                let layer = rows.map(|([a, b], [c, d])| [a, b, c, d].map(f64::from));
                layer.zip(so_far).map(|(layer, &so_far)| product(layer, so_far)).collect()
            };
            matrices.push(next);
        }
        Ok(Some(Jacobians { bounds, points, matrices }))
    }

    /// The lattice and the times.
    fn no_velocity_yet(&self, bounds: [f64; 4]) -> Velocities {
        let stages = self.config.stages();
        let stretches = stages * (TIMES / stages).max(1);
        let times = (0..=stretches).map(|i| i as f64 / stretches as f64).collect();
        Velocities { bounds, points: centres(bounds, [ARROWS; 2], 0, ARROWS * ARROWS), times, values: Vec::new() }
    }

    fn velocity_at(&self, session: &mut dyn Session, program: ProgramId, at: &[Point], time: f64) -> Result<Vec<Point>, TrainError> {
        let stages = self.config.stages();
        let stretch = ((time * stages as f64 + 1e-9) as usize).min(stages - 1);
        if self.config.mutes(stretch) {
            return Ok(vec![[0.0; 2]; at.len()]);
        }
        // The program estimates the trace as well, by a vector that plays no part here.
        let no_estimate = vec![0.0; 2 * at.len()];
        session.run(program, &[("x", at.as_flattened()), ("t", &[time as f32]), ("v", &no_estimate)])?;
        Ok(session.read_output(program, "velocity")?.as_chunks::<2>().0.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::cpu::CpuSession;
    use crate::train::flow_job::{FlowJob, Trained};
    use crate::train::{Lesson, Model};

    const WINDOW: [f64; 4] = [-2.5, -2.0, 2.5, 3.0];

    /// A flow of the moons after some steps, and what is asked for prepared.
    fn trained(config: Config, steps: u64) -> FlowJob {
        let mut lesson = Lesson::preset("realnvp").unwrap();
        (lesson.name, lesson.training.batch, lesson.training.adam.rate) = ("a test".into(), 64, 5e-3);
        lesson.weights = None;
        if let Model::Realnvp { config: present, .. } = &mut lesson.model {
            *present = config;
        }
        let mut job = FlowJob::new(lesson, Box::new(|| Ok(Box::new(CpuSession::new(1)) as _)));
        job.train_ahead(steps).unwrap();
        let Trained { fit, programs, .. } = job.model.as_mut().unwrap();
        programs.prepare_asked(fit.session(), Asked { jacobians: true, velocity: Some(WINDOW) }).unwrap();
        job
    }

    #[test]
    fn areas_change_by_the_models_own_log_determinants() {
        // A continuous flow integrates its trace by Runge-Kutta steps; the determinant is that of the steps themselves, of order h^5 beside it.
        let families = [
            (Family::RealNvp, 1e-4),
            (Family::Nice, 1e-4),
            (Family::Glow { mixing: flows::Mixing::Linear }, 1e-4),
            (Family::Maf, 1e-4),
            (Family::Iaf, 1e-4),
            (Family::Naf { units: 8 }, 1e-4),
            (Family::Planar, 1e-4),
            (Family::Residual, 1e-4),
            (Family::Ffjord { steps: 4 }, 1e-3),
        ];
        for (family, tolerance) in families {
            let config = Config { width: 16, layers: 3, muted: 0b10, ..Config::of(family) };
            let mut job = trained(Config { muted: 0, ..config.clone() }, 60);
            for muted in [0, config.muted] {
                job.rewire(super::super::Wiring { muted, ..job.wiring }).unwrap();
                let Trained { fit, programs, .. } = job.model.as_mut().unwrap();
                programs.prepare_asked(fit.session(), Asked { jacobians: true, velocity: None }).unwrap();
                let found = programs.jacobians(fit.session(), WINDOW).unwrap().unwrap();
                let told = programs.points(fit.session(), &found.points[0]).unwrap();
                assert_eq!((found.matrices.len(), found.points[0].len()), (config.stages() + 1, 144));
                let mut moved: f64 = 0.0;
                for (k, matrices) in found.matrices.iter().enumerate() {
                    assert_eq!(found.points[k], told.points[k], "{family:?}: the ellipses stand at the images of the places");
                    for (i, [a, b, c, d]) in matrices.iter().enumerate() {
                        let log_det: f64 = told.log_dets[..k].iter().map(|layer| f64::from(layer[i])).sum();
                        let ratio = (a * d - b * c).abs() / log_det.exp();
                        assert!((ratio - 1.0).abs() < tolerance, "{family:?}, layer {k}, place {i}: {ratio}");
                        moved = moved.max(log_det.abs());
                    }
                }
                assert!(moved > 0.02, "{family:?} changes areas: {moved}");
            }
        }
    }

    #[test]
    fn every_entry_is_that_of_differences() {
        const STEP: f32 = 4e-3;
        for family in [Family::Residual, Family::Ffjord { steps: 2 }] {
            let mut job = trained(Config { width: 16, layers: 2, ..Config::of(family) }, 60);
            let Trained { fit, programs, .. } = job.model.as_mut().unwrap();
            let found = programs.jacobians(fit.session(), WINDOW).unwrap().unwrap();
            let mut moved = |dx: f32, dy: f32| {
                let places: Vec<Point> = found.points[0].iter().map(|p| [p[0] + dx, p[1] + dy]).collect();
                programs.points(fit.session(), &places).unwrap().points
            };
            let sides = [[moved(STEP, 0.0), moved(-STEP, 0.0)], [moved(0.0, STEP), moved(0.0, -STEP)]];
            for (k, matrices) in found.matrices.iter().enumerate() {
                for (i, matrix) in matrices.iter().enumerate() {
                    for (entry, exact) in matrix.iter().enumerate() {
                        let [plus, minus] = &sides[entry % 2];
                        let slope = f64::from(plus[k][i][entry / 2] - minus[k][i][entry / 2]) / f64::from(2.0 * STEP);
                        // Rounding of f32 leaves 1e-4 of a slope, the third derivative 1e-5 of itself.
                        assert!((slope - exact).abs() < 1e-3 * (1.0 + exact.abs()), "{family:?} {k} {i} {entry}: {slope} {exact}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_velocity_is_the_change_of_the_state_in_a_short_time() {
        const LAYERS: usize = 32;
        let config = Config { width: 16, layers: LAYERS, ..Config::of(Family::Ffjord { steps: 1 }) };
        let mut job = trained(config, 60);
        let drawn = |job: &mut FlowJob| {
            let Trained { fit, programs, .. } = job.model.as_mut().unwrap();
            let mut velocity = programs.no_velocity_yet(WINDOW);
            for &time in &velocity.times {
                let values = programs.velocity_at(fit.session(), programs.extras.velocity.unwrap(), &velocity.points, time).unwrap();
                velocity.values.push(values);
            }
            velocity
        };
        let velocity = drawn(&mut job);
        let fastest = velocity.fastest();
        assert!(fastest > 0.1, "{fastest}");
        for depth in [2, 16, 30] {
            let time = depth as f64 / LAYERS as f64;
            let (found, values) = velocity.at(time).unwrap();
            assert_eq!(found, time);
            for place in [0, 37, 120, 136, 255] {
                let from = job.place_of(depth, velocity.points[place].map(f64::from)).unwrap();
                let Trained { fit, programs, .. } = job.model.as_mut().unwrap();
                let path = programs.points(fit.session(), &[from.map(|v| v as f32)]).unwrap().points;
                let state = |k: usize| path[k][0].map(f64::from);
                for axis in 0..2 {
                    let change =
                        state(depth - 2)[axis] - 8.0 * state(depth - 1)[axis] + 8.0 * state(depth + 1)[axis] - state(depth + 2)[axis];
                    let change = change * LAYERS as f64 / 12.0;
                    // Steps of 1/32: 1e-6 of the fifth derivative, and 1e-4 by the rounding of f32.
                    let off = (change - f64::from(values[place][axis])).abs();
                    assert!(off < 1e-3 * fastest, "t = {time}, place {place}: {change} {:?}, fastest {fastest}", values[place]);
                }
            }
        }
        job.rewire(super::super::Wiring { muted: 0b1, ..job.wiring }).unwrap();
        let Trained { fit, programs, .. } = job.model.as_mut().unwrap();
        programs.prepare_asked(fit.session(), Asked { jacobians: false, velocity: Some(WINDOW) }).unwrap();
        let velocity = drawn(&mut job);
        assert_eq!(velocity.values[0], vec![[0.0; 2]; 256], "nothing moves in a stretch of time that is left out");
        assert_ne!(velocity.values[1], velocity.values[0]);
    }
}
