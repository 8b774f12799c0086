//! One family that learns the race's data: its fit, its time, its score and its density.

use std::sync::Arc;
use std::time::Instant;

use super::snapshot::ContestantView;
use crate::data::Points;
use crate::exec::ProgramId;
use crate::exec::cpu::CpuSession;
use crate::flows::{self, Config, Family};
use crate::graph::Reuse;
use crate::train::curve::Rows;
use crate::train::{Fit, Lesson, Model, PointData, PointSource, RateSchedule, Score, Source, TrainError, Weights};

/// Side of a density picture in cells.
pub const SIDE: usize = 96;
/// Held-out points of a score, where they can be drawn anew.
pub const TEST_POINTS: usize = 4096;
/// Points of one run of the likelihood.
const CHUNK: usize = 1024;
/// Points of a training step.
const BATCH: usize = 256;
/// The learning rate, the same for all.
const RATE: f64 = 2e-3;

/// One family that learns.
pub(super) struct Contestant {
    fit: Fit,
    likelihood: ProgramId,
    config: Config,
    parameters: usize,
    seconds: f64,
    /// Seconds of training when it was scored last.
    scored: Option<f64>,
    score: Option<Score>,
    curve: Vec<[f64; 2]>,
    density: Arc<Vec<f32>>,
    version: u64,
    /// Why it does not learn any more.
    pub(super) stopped: Option<TrainError>,
}

/// What a file holds of one, checked in full.
pub(super) struct Read {
    weights: Weights,
    seconds: f64,
    curve: Vec<[f64; 2]>,
}

impl Contestant {
    /// From the initial values of a seed.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub(super) fn new(config: Config, data: &PointData, source: &PointSource, seed: u64, threads: usize) -> Result<Contestant, TrainError> {
        let mut lesson = Lesson::preset("realnvp").expect("a test reads every shipped lesson");
        let family = config.family;
        lesson.name = family.name();
        lesson.title = family.title().into();
        lesson.seed = seed;
        lesson.model = Model::Realnvp { config: config.clone(), data: data.clone() };
        lesson.training.batch = BATCH;
        lesson.training.adam.rate = RATE;
        lesson.training.schedule = RateSchedule::default();
        let mut fit = Fit::new(lesson, Source::Points(source.clone()), Box::new(CpuSession::new(threads)))?;
        let graph = Arc::new(flows::likelihood(&config, CHUNK)?);
        let likelihood = fit.session().prepare(&graph, Reuse::On)?;
        Ok(Contestant {
            fit,
            likelihood,
            config,
            parameters: graph.parameter_count(),
            seconds: 0.0,
            scored: None,
            score: None,
            curve: Vec::new(),
            density: Arc::default(),
            version: 0,
            stopped: None,
        })
    }

    /// Its name in a file of weights; no family races twice.
    pub(super) fn name(&self) -> String {
        self.config.family.name()
    }

    /// Its values with the optimiser's, its time and its curve.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn weights(&mut self) -> Result<Weights, TrainError> {
        let mut weights = self.fit.weights()?;
        weights.keep(&(self.seconds, Rows::of(&self.curve)));
        Ok(weights)
    }

    /// Reads such weights; nothing is changed yet.
    ///
    /// # Errors
    /// Weights of another family, a curve that is none.
    pub(super) fn read(&self, weights: Weights) -> Result<Read, TrainError> {
        let (seconds, curve): (f64, Rows) = weights.kept()?;
        self.fit.check(&weights)?;
        Ok(Read { weights, seconds, curve: curve.points()? })
    }

    /// Goes on from what was read; it is scored anew.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn take(&mut self, read: Read) -> Result<(), TrainError> {
        self.fit.resume(&read.weights)?;
        (self.seconds, self.curve, self.scored, self.stopped) = (read.seconds, read.curve, None, None);
        Ok(())
    }

    /// Its family.
    pub(super) fn family(&self) -> Family {
        self.config.family
    }

    /// The learning rate.
    pub(super) fn rate(&self) -> f64 {
        self.fit.lesson().training.adam.rate
    }

    /// Learns on at another rate, from its last sound weights if it had broken.
    pub(super) fn go_on(&mut self, rate: f64) {
        self.fit.set_rate(rate);
        self.stopped = None;
    }

    /// Seconds that its updates took.
    pub(super) fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Seconds of training since its last score; none if it has no score.
    pub(super) fn since_score(&self) -> Option<f64> {
        self.scored.map(|at| self.seconds - at)
    }

    /// Updates for about this long, at least one. One that breaks stops, with its sentence, at its last sound weights.
    pub(super) fn train(&mut self, seconds: f64) {
        let begin = Instant::now();
        while self.stopped.is_none() {
            if let Err(error) = self.fit.advance() {
                self.stopped = Some(error);
            }
            if begin.elapsed().as_secs_f64() >= seconds {
                break;
            }
        }
        if let Err(error) = self.fit.losses() {
            self.stopped = Some(error);
        }
        self.seconds += begin.elapsed().as_secs_f64();
    }

    /// Scores the held-out points and paints the density over `[-half, half]^2`, row 0 at the top.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn measure(&mut self, test: &Points, source: &PointSource, half: f32) -> Result<(), TrainError> {
        let score = self.score(test, source)?;
        let density: Vec<f32> = self.log_prob(&grid(half))?.into_iter().map(f32::exp).collect();
        self.curve.retain(|point| point[0] < self.seconds);
        self.curve.push([self.seconds, score.nats]);
        (self.score, self.scored) = (Some(score), Some(self.seconds));
        (self.density, self.version) = (Arc::new(density), self.version + 1);
        Ok(())
    }

    /// The score on these points.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn score(&mut self, test: &Points, source: &PointSource) -> Result<Score, TrainError> {
        let nll: Vec<f64> = self.log_prob(&test.xy)?.into_iter().map(|p| -f64::from(p)).collect();
        Ok(Score::of(&nll, 2, source.floor()))
    }

    /// Number of updates so far.
    pub(super) fn step(&self) -> u64 {
        self.fit.step()
    }

    /// One update.
    ///
    /// # Errors
    /// One that breaks.
    pub(super) fn advance(&mut self) -> Result<(), TrainError> {
        self.fit.advance()?;
        self.fit.losses().map(|_| ())
    }

    fn log_prob(&mut self, points: &[[f32; 2]]) -> Result<Vec<f32>, TrainError> {
        let mut all = self.fit.session().run_batches(self.likelihood, "x", points.as_flattened(), 2 * CHUNK, "log_prob")?;
        all.truncate(points.len());
        Ok(all)
    }

    pub(super) fn view(&self) -> ContestantView {
        ContestantView {
            family: self.config.family,
            layers: self.config.layers,
            step: self.fit.step(),
            seconds: self.seconds,
            parameters: self.parameters,
            score: self.score,
            curve: Arc::new(self.curve.clone()),
            density: Arc::clone(&self.density),
            version: self.version,
            stopped: self.stopped.as_ref().map(ToString::to_string),
        }
    }
}

/// Middles of the cells of `[-half, half]^2`, row by row from the top.
pub(super) fn grid(half: f32) -> Vec<[f32; 2]> {
    let at = |i: usize| half * ((2 * i + 1) as f32 / SIDE as f32 - 1.0);
    (0..SIDE * SIDE).map(|cell| [at(cell % SIDE), -at(cell / SIDE)]).collect()
}
