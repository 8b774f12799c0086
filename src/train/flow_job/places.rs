//! Places that the window asks about beside the probe: pinned points, and a curve that was drawn at some depth.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::FlowJob;
use super::snapshot::{Point, ProbeReading};
use crate::exec::ProgramId;
use crate::flows::{self, Config};
use crate::graph::{Direction, Reuse};
use crate::train::TrainError;

/// Points that an inverse program takes at once.
const CHUNK: usize = 64;
/// Points of a curve that are followed; further ones are left out.
const MOST_POINTS: usize = 2_048;
/// Pinned points.
pub const MOST_PINS: usize = 3;

/// A curve, drawn at one depth, at every depth.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// The depth at which it was drawn: 0 is data space.
    pub depth: usize,
    /// What was drawn there.
    pub drawn: Vec<Point>,
    /// The curve after k layers, `[K+1][N]`.
    pub points: Vec<Vec<Point>>,
    /// The largest distance between what was drawn and what the layers make of its place in data space, units of the plane.
    pub off: f64,
}

/// What is asked, and the answers for the present weights.
#[derive(Default)]
pub(super) struct Places {
    pins: Vec<[f64; 2]>,
    pub(super) readings: Arc<Vec<ProbeReading>>,
    /// Depth and points of the curve that was drawn.
    drawn: (usize, Vec<Point>),
    pub(super) trace: Option<Arc<Trace>>,
    /// Inverse programs by the depth at which they begin.
    backs: BTreeMap<usize, ProgramId>,
}

impl Places {
    /// Another session: its programs are others.
    pub(super) fn forget(&mut self) {
        self.backs.clear();
        self.readings = Arc::default();
        self.trace = None;
    }
}

impl FlowJob {
    /// Other pinned points.
    pub(super) fn pin(&mut self, pins: &[[f64; 2]]) -> Result<(), TrainError> {
        let sound = |at: [f64; 2]| at.map(|v| if v.is_finite() { v.clamp(-1e3, 1e3) } else { 0.0 });
        self.places.pins = pins.iter().take(MOST_PINS).map(|&at| sound(at)).collect();
        self.measure_pins()
    }

    /// One of the pinned points, elsewhere.
    pub(super) fn move_pin(&mut self, index: usize, to: [f64; 2]) -> Result<(), TrainError> {
        let mut pins = self.places.pins.clone();
        if let Some(pin) = pins.get_mut(index) {
            *pin = to;
        }
        self.pin(&pins)
    }

    /// Another curve; one without points takes it away.
    pub(super) fn draw_trace(&mut self, depth: usize, mut points: Vec<Point>) -> Result<(), TrainError> {
        points.retain(|p| p.iter().all(|v| v.is_finite()));
        points.truncate(MOST_POINTS);
        self.places.drawn = (depth, points);
        self.follow_trace()
    }

    /// The place in data space that the first `depth` layers bring to `at`.
    pub(super) fn place_of(&mut self, depth: usize, at: [f64; 2]) -> Result<[f64; 2], TrainError> {
        let back = self.back_from(depth, &[at.map(|v| v as f32)])?;
        Ok(back.first().map_or(at, |p| p.map(f64::from)))
    }

    /// Measures everything anew, for other weights.
    pub(super) fn measure_places(&mut self) -> Result<(), TrainError> {
        self.measure_pins()?;
        self.follow_trace()
    }

    fn measure_pins(&mut self) -> Result<(), TrainError> {
        let side = self.square_side();
        let shown = super::by_class::Shown { class: self.shown, shares: &self.target.view.shares };
        let Some(model) = &mut self.model else { return Ok(()) };
        let step = model.fit.step();
        let mut readings = Vec::with_capacity(self.places.pins.len());
        for &at in &self.places.pins {
            let mut reading = model.programs.probe(model.fit.session(), at, side)?;
            reading.step = step;
            reading.numeric_log_det = model.numeric.log_det(model.fit.session(), step, at)?;
            model.programs.weigh(model.fit.session(), &mut reading, shown)?;
            readings.push(reading);
        }
        self.places.readings = Arc::new(readings);
        Ok(())
    }

    fn follow_trace(&mut self) -> Result<(), TrainError> {
        let (depth, drawn) = self.places.drawn.clone();
        if drawn.is_empty() {
            self.places.trace = None;
            return Ok(());
        }
        let x = self.back_from(depth, &drawn)?;
        let Some(model) = &mut self.model else { return Ok(()) };
        let points = model.programs.points(model.fit.session(), &x)?.points;
        let depth = depth.min(points.len() - 1);
        let distance = |(a, b): (&Point, &Point)| f64::from(a[0] - b[0]).hypot(f64::from(a[1] - b[1]));
        let off = drawn.iter().zip(&points[depth]).map(distance).fold(0.0, f64::max);
        self.places.trace = Some(Arc::new(Trace { depth, drawn, points, off }));
        Ok(())
    }

    /// Where points that lie in the plane after `depth` layers came from in data space: only those layers are inverted.
    fn back_from(&mut self, depth: usize, points: &[Point]) -> Result<Vec<Point>, TrainError> {
        let Some(model) = &mut self.model else { return Ok(points.to_vec()) };
        let config = model.programs.config.clone();
        let depth = depth.min(config.stages());
        if depth == 0 {
            return Ok(points.to_vec());
        }
        let session = model.fit.session();
        let program = match self.places.backs.get(&depth) {
            Some(&program) => program,
            None => {
                let graph = flows::evaluation(&first_layers(&config, depth), CHUNK, Direction::Inverse)?;
                let program = session.prepare(&Arc::new(graph), Reuse::On)?;
                self.places.backs.insert(depth, program);
                program
            }
        };
        let mut back = Vec::with_capacity(points.len());
        for chunk in points.chunks(CHUNK) {
            let mut z = chunk.to_vec();
            z.resize(CHUNK, [0.0; 2]);
            session.run(program, &[("z", z.as_flattened())])?;
            let x = session.read_output(program, "point.0")?;
            back.extend(x.as_chunks::<2>().0.iter().take(chunk.len()).copied());
        }
        Ok(back)
    }
}

/// The flow of the first `depth` layers alone: what is left out of the whole is left out of it, and so is a last scale that comes later.
fn first_layers(config: &Config, depth: usize) -> Config {
    let later = if depth < 64 { !0 << depth } else { 0 };
    Config { muted: config.muted | later, ..config.clone() }
}
