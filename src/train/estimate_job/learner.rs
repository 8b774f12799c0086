//! One flow that learns a toy, with its curve and its density.

use std::sync::Arc;
use std::time::Instant;

use super::snapshot::{GRID, LearnerView, REACH};
use crate::data::Toy;
use crate::exec::{BackendInfo, ProgramId, Session};
use crate::flows::{self, Config, Family};
use crate::graph::Reuse;
use crate::train::curve::{Curve, KeptCurve};
use crate::train::{Adam, FORMAT_VERSION, Fit, Lesson, Model, PointData, RateSchedule, Source, TrainError, Training, Weights};

/// Points of a step.
const BATCH: usize = 256;
/// Rows of a pass of the density.
const CHUNK: usize = GRID * GRID / 8;

/// The flow.
pub(super) struct Learner {
    config: Config,
    fit: Fit,
    likelihood: ProgramId,
    parameters: usize,
    seconds: f64,
    curve: Curve,
    density: Arc<Vec<f32>>,
    version: u64,
}

/// What a file holds of one, checked in full.
pub(super) struct Read {
    weights: Weights,
    seconds: f64,
    curve: Curve,
}

impl Learner {
    /// With its initial values of a seed.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn new(config: Config, toy: Toy, seed: u64, session: Box<dyn Session>) -> Result<Learner, TrainError> {
        let lesson = lesson(config.clone(), toy, seed);
        let source = Source::open(&lesson)?;
        let graph = Arc::new(flows::likelihood(&config, CHUNK)?);
        let parameters = graph.parameter_count();
        let mut fit = Fit::new(lesson, source, session)?;
        let likelihood = fit.session().prepare(&graph, Reuse::On)?;
        let (curve, density) = (Curve::default(), Arc::default());
        Ok(Learner { config, fit, likelihood, parameters, seconds: 0.0, curve, density, version: 0 })
    }

    /// Goes on in another session, from its last sound weights, with its rate.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn move_to(&mut self, session: Box<dyn Session>) -> Result<(), TrainError> {
        let kept = self.fit.kept().clone();
        self.fit = Fit::new(self.fit.lesson().clone(), self.fit.source().clone(), session)?;
        self.fit.load(&kept)?;
        self.likelihood = self.fit.session().prepare(&Arc::new(flows::likelihood(&self.config, CHUNK)?), Reuse::On)?;
        self.curve.truncate(kept.step());
        Ok(())
    }

    /// The learning rate.
    pub(super) fn rate(&self) -> f64 {
        self.fit.lesson().training.adam.rate
    }

    /// Learns with another rate from the next step on.
    pub(super) fn set_rate(&mut self, rate: f64) {
        self.fit.set_rate(rate);
    }

    /// One update.
    pub(super) fn step(&mut self) -> Result<(), TrainError> {
        let begin = Instant::now();
        self.fit.advance()?;
        self.seconds += begin.elapsed().as_secs_f64();
        Ok(())
    }

    /// Takes the losses that have arrived into the curve.
    pub(super) fn collect(&mut self) -> Result<(), TrainError> {
        let losses = self.fit.losses();
        if losses.is_err() {
            // The values are those of an earlier step: the curve ends there too.
            self.curve.truncate(self.fit.step());
        }
        losses?.into_iter().for_each(|(step, nats)| self.curve.push(step, f64::from(nats)));
        Ok(())
    }

    /// The values with the optimiser's, and the time and the curve that led there.
    ///
    /// # Errors
    /// A lost device.
    pub(super) fn weights(&mut self) -> Result<Weights, TrainError> {
        let mut weights = self.fit.weights()?;
        weights.keep(&(self.seconds, self.curve.kept()));
        Ok(weights)
    }

    /// Reads such weights; nothing is changed yet.
    ///
    /// # Errors
    /// Weights of another flow, a curve that is none.
    pub(super) fn read(&self, weights: Weights) -> Result<Read, TrainError> {
        let (seconds, curve): (f64, KeptCurve) = weights.kept()?;
        self.fit.check(&weights)?;
        Ok(Read { weights, seconds, curve: Curve::of(&curve)? })
    }

    /// Goes on from what was read.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn take(&mut self, read: Read) -> Result<(), TrainError> {
        self.fit.resume(&read.weights)?;
        (self.seconds, self.curve) = (read.seconds, read.curve);
        Ok(())
    }

    /// Computes the density with the present weights.
    pub(super) fn draw(&mut self) -> Result<(), TrainError> {
        let cell = |i: usize| 2.0 * REACH * ((i as f64 + 0.5) / GRID as f64) - REACH;
        let plane: Vec<f32> = (0..GRID * GRID).flat_map(|i| [cell(i % GRID) as f32, -cell(i / GRID) as f32]).collect();
        let log_prob = self.fit.session().run_batches(self.likelihood, "x", &plane, 2 * CHUNK, "log_prob")?;
        let density = log_prob.into_iter().map(f32::exp).collect();
        self.density = Arc::new(density);
        self.version += 1;
        // All losses have arrived now: these weights may be the ones to go back to.
        self.collect()
    }

    pub(super) fn done(&self) -> u64 {
        self.fit.step()
    }

    pub(super) fn session(&mut self) -> &mut dyn Session {
        self.fit.session()
    }

    pub(super) fn backend(&self) -> BackendInfo {
        self.fit.backend()
    }

    pub(super) fn view(&self) -> LearnerView {
        LearnerView {
            step: self.fit.step(),
            seconds: self.seconds,
            parameters: self.parameters,
            curve: Arc::new(self.curve.points().to_vec()),
            density: Arc::clone(&self.density),
            version: self.version,
        }
    }
}

/// A flow on a toy, as `tractable train` understands it.
pub(super) fn lesson(config: Config, toy: Toy, seed: u64) -> Lesson {
    let rate = if config.family == Family::Residual { 3e-3 } else { 2e-3 };
    let adam = Adam { rate, clip: 10.0, ..Adam::default() };
    Lesson {
        format_version: FORMAT_VERSION,
        name: config.family.name(),
        title: format!("{} on {}", config.family.title(), toy.title()),
        seed,
        model: Model::Realnvp { config, data: PointData::Toy { toy } },
        training: Training { batch: BATCH, steps: 3_000, adam, schedule: RateSchedule::Constant, shift: 0, class_dropout: 0.0 },
        weights: None,
        view: serde_json::Value::Null,
    }
}
