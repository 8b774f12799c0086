//! One round of pictures, cut into slices of a few milliseconds so that commands are heard in between.
//!
//! No training step falls between the slices: all numbers of a round belong to the same weights, so what the window shows adds up.

use super::by_class::Shown;
use super::programs::{CHUNK, POINTS, Programs};
use super::snapshot::{Field, Integral, Pictures, Point};
use super::{Asked, Ledger};
use crate::exec::Session;
use crate::train::{Score, TrainError};

/// The plane over which p is summed is `[-r, r]^2` with r between these, as far as the model's own samples reach and half as far again:
/// what lies outside counts as missing mass.
const REACH: (f64, f64) = (6.0, 24.0);

/// How fine the pictures are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fineness {
    /// Cells along a side of the density.
    pub(super) density: usize,
    /// Cells along a side of the integral's grid; 0 leaves it out.
    pub(super) integral: usize,
    /// Held-out points of the score.
    pub(super) test: usize,
}

/// Operations of one point that the full fineness is meant for: about four times those of a RealNVP of 8 couplings.
const AFFORDED: u64 = 150_000;

impl Fineness {
    /// As fine as a flow allows whose likelihood takes so many operations a point.
    pub(super) fn suited(self, cost: u64) -> Fineness {
        let share = (AFFORDED as f64 / cost.max(1) as f64).min(1.0);
        let side = |full: usize| full.min((full as f64 * share.sqrt()) as usize / 16 * 16 + 16);
        let integral = if self.integral == 0 { 0 } else { side(self.integral) };
        Fineness { density: side(self.density), integral, test: self.test.min((self.test as f64 * share) as usize + 1_024) }
    }
}

/// What a round reads.
pub(super) struct Scene<'a> {
    /// Data points to push through the layers.
    pub(super) points: &'a [Point],
    /// Their classes; empty where they have none.
    pub(super) classes: &'a [u8],
    /// The class that is shown.
    pub(super) shown: Shown<'a>,
    /// Held-out points.
    pub(super) test: &'a [Point],
    /// Entropy of the data's law, nats.
    pub(super) floor: Option<f64>,
    /// What is in view, `[left, bottom, right, top]`.
    pub(super) window: [f64; 4],
    /// Seed of the samples.
    pub(super) seed: u64,
    /// Whether the lattice is sent back as well.
    pub(super) error_map: bool,
    /// What else is drawn.
    pub(super) asked: Asked,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Slice {
    Points,
    RoundTrip,
    Lattice,
    Lines,
    Asked,
    Samples,
    Density,
    Integral,
    Test,
}

/// A round under way.
pub(super) struct Cycle {
    fineness: Fineness,
    slice: Slice,
    pictures: Pictures,
    integral: Field,
    nll: Vec<f64>,
}

impl Cycle {
    /// A round that has not begun.
    pub(super) fn new(fineness: Fineness, window: [f64; 4], version: u64, step: u64, data_version: u64) -> Cycle {
        let pictures = Pictures { version, step, data_version, density: Field::over(window, [fineness.density; 2]), ..Pictures::default() };
        Cycle { fineness, slice: Slice::Points, pictures, integral: Field::default(), nll: Vec::new() }
    }

    /// Computes the next slice; gives the pictures after the last one.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn advance(
        &mut self,
        session: &mut dyn Session,
        programs: &Programs,
        scene: &Scene<'_>,
    ) -> Result<Option<Pictures>, TrainError> {
        match self.slice {
            Slice::Points => {
                let shown = &scene.points[..scene.points.len().min(POINTS)];
                let evaluation = programs.points_of(session, shown, scene.classes)?;
                if !shown.is_empty() {
                    self.pictures.mean_log_dets = evaluation.log_dets.iter().map(|column| mean(column)).collect();
                }
                self.pictures.mean_log_base = mean(&evaluation.log_base);
                (self.pictures.log_dets, self.pictures.log_base) = (evaluation.log_dets, evaluation.log_base);
                (self.pictures.log_prob, self.pictures.points) = (evaluation.log_prob, evaluation.points);
                self.slice = if shown.is_empty() { Slice::Lattice } else { Slice::RoundTrip };
            }
            Slice::RoundTrip => {
                let points = &self.pictures.points;
                self.pictures.round_trip = programs.round_trip_of(session, &points[0], &points[points.len() - 1], scene.classes)?;
                self.slice = Slice::Lattice;
            }
            Slice::Lattice => {
                programs.set_class(session, scene.shown.of_grids())?;
                self.pictures.lattice = programs.lattice(session, scene.window)?;
                if scene.shown.is_mixture(programs) {
                    let whole = programs.log_prob_of(session, &self.pictures.lattice.points[0], scene.shown)?;
                    self.pictures.lattice.mixture = Some(whole);
                    programs.set_class(session, scene.shown.of_grids())?;
                }
                self.pictures.conditioners = programs.conditioner_curves(session)?;
                if scene.error_map {
                    self.pictures.round_trip_map = Some(programs.round_trip_map(session, &self.pictures.lattice)?);
                }
                self.slice = Slice::Lines;
            }
            Slice::Lines => {
                self.pictures.lines = programs.lines(session)?;
                self.slice = Slice::Asked;
            }
            Slice::Asked => {
                if programs.draw_asked(session, scene, &mut self.pictures)? {
                    self.slice = Slice::Samples;
                }
            }
            Slice::Samples => {
                (self.pictures.samples, self.pictures.sample_classes) = programs.samples_of(session, scene.seed, scene.shown)?;
                self.pictures.shown = scene.shown.class;
                self.slice = Slice::Density;
            }
            Slice::Density => {
                if fill(&mut self.pictures.density, session, programs, scene.shown)? {
                    self.pictures.ledger = Ledger::of(&self.pictures.density);
                    let farthest = self.pictures.samples[0].as_flattened().iter().fold(0.0, |far: f64, &v| far.max(f64::from(v).abs()));
                    let reach = (1.5 * farthest).ceil().clamp(REACH.0, REACH.1);
                    self.integral = Field::over([-reach, -reach, reach, reach], [self.fineness.integral; 2]);
                    self.slice = if self.fineness.integral > 0 { Slice::Integral } else { Slice::Test };
                }
            }
            Slice::Integral => {
                if fill(&mut self.integral, session, programs, scene.shown)? {
                    let sum: f64 = self.integral.values.iter().map(|&p| f64::from(p)).sum();
                    let mass = sum * self.integral.cell();
                    self.pictures.integral = Some(Integral { mass, reach: self.integral.bounds[2], side: self.fineness.integral });
                    self.slice = Slice::Test;
                }
            }
            Slice::Test => {
                let points = &scene.test[..scene.test.len().min(self.fineness.test)];
                // A drawing may have changed meanwhile.
                self.nll.truncate(points.len());
                let next = &points[self.nll.len()..(self.nll.len() + CHUNK).min(points.len())];
                if !next.is_empty() {
                    // Whatever is shown, the score is that of all points together.
                    let whole = Shown { class: None, ..scene.shown };
                    self.nll.extend(programs.log_prob_of(session, next, whole)?.into_iter().map(|v| -f64::from(v)));
                }
                if self.nll.len() == points.len() {
                    self.pictures.test = (!points.is_empty()).then(|| score(&self.nll, scene.floor));
                    programs.set_class(session, scene.shown.of_grids())?;
                    return Ok(Some(std::mem::take(&mut self.pictures)));
                }
            }
        }
        Ok(None)
    }
}

/// The score of these values against a floor in nats.
pub(super) fn score(nll: &[f64], floor: Option<f64>) -> Score {
    let mut score = Score::of(nll, 2, None);
    score.floor = floor;
    score.gap = floor.map(|floor| score.nats - floor);
    score
}

/// Computes p at the next chunk of cells; true when the field is full.
fn fill(field: &mut Field, session: &mut dyn Session, programs: &Programs, shown: Shown<'_>) -> Result<bool, TrainError> {
    let next = field.next_centres(CHUNK);
    let values = programs.log_prob_of(session, &next, shown)?;
    field.values.extend(values.into_iter().map(f32::exp));
    Ok(field.values.len() == field.size[0] * field.size[1])
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len().max(1) as f64
}
