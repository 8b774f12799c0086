use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::curve::Curve;
use super::history::History;
use super::{Fit, Lesson, Model, RateSchedule, Score, Scorer, Source, TrainError, Weights};
use crate::exec::{BackendInfo, Session};

/// Training goes on for so long before commands are heard.
const SLICE: Duration = Duration::from_millis(25);
/// Further training after the end of a schedule starts at this part of the rate.
const AFTERWARDS: f64 = 0.1;
/// A loss this many times that of a model that knows nothing will not come back by itself.
const EXPLODED: f64 = 10.0;
/// Weights are worth going back to while the loss is below this many times the best one so far.
const SOUND: f64 = 2.0;
/// The speed is measured over this time.
const METER: Duration = Duration::from_secs(3);

/// What the losses of a model are measured by.
pub(super) struct Scale {
    /// Nats of an example for a model that knows nothing.
    ceiling: f64,
    /// A curve shows nats over this: a sequence is priced by the symbol.
    pub(super) unit: f64,
    /// Held-out examples that are scored at once.
    chunk: usize,
}

impl Scale {
    /// The scale of a model.
    pub(super) fn of(model: &Model) -> Scale {
        match model {
            Model::Pixelcnn { config, .. } => Scale { ceiling: config.uniform_nats(), unit: 1.0, chunk: 50 },
            Model::CausalStack { config, .. } => Scale { ceiling: config.uniform_nats(), unit: config.length as f64, chunk: 2 },
            Model::Realnvp { .. } => Scale { ceiling: f64::INFINITY, unit: 1.0, chunk: 1_000 },
        }
    }
}

/// A fit with its speed, and what to go back to.
pub(super) struct Trainer {
    fit: Fit,
    scorer: Option<Scorer>,
    meter: VecDeque<(Instant, u64)>,
    /// What to go back to, with its step.
    kept: (u64, Weights),
    last: f64,
    best: f64,
    scale: Scale,
}

impl Trainer {
    /// Goes on from these weights. The lesson's schedule is followed while it lasts; after its end a small constant rate takes over.
    pub(super) fn new(lesson: &Lesson, source: &Source, weights: &Weights, session: Box<dyn Session>) -> Result<Trainer, TrainError> {
        let mut fit = Fit::new(scheduled(lesson.clone(), weights.step()), source.clone(), session)?;
        fit.load(weights)?;
        let scale = Scale::of(&lesson.model);
        let kept = (weights.step(), weights.clone());
        let (last, best) = (scale.ceiling, f64::INFINITY);
        Ok(Trainer { fit, scorer: None, meter: VecDeque::new(), kept, last, best, scale })
    }

    /// Trains for a few milliseconds, at least one step; the losses that have arrived go into the curve, and some steps into the history.
    ///
    /// # Errors
    /// A loss that ran away, with or without becoming infinite: the last sound weights are back.
    pub(super) fn slice(&mut self, curve: &mut Curve, history: &mut History) -> Result<(), TrainError> {
        let end = Instant::now() + SLICE;
        loop {
            self.fit.advance()?;
            history.keep_in_time(&mut self.fit)?;
            if Instant::now() >= end {
                break;
            }
        }
        for (step, nats) in self.fit.losses()? {
            let nats = f64::from(nats);
            if nats > EXPLODED * self.scale.ceiling {
                let (kept, weights) = &self.kept;
                self.fit.load(weights)?;
                return Err(TrainError::Exploded { step, nats, ceiling: self.scale.ceiling, kept: *kept });
            }
            (self.last, self.best) = (nats, self.best.min(nats));
            curve.push(step, nats / self.scale.unit);
        }
        let now = Instant::now();
        self.meter.push_back((now, self.fit.step()));
        while self.meter.front().is_some_and(|&(time, _)| now - time > METER) {
            self.meter.pop_front();
        }
        Ok(())
    }

    /// The weights as they are now; kept to go back to while the loss is sound.
    pub(super) fn weights(&mut self) -> Result<Weights, TrainError> {
        let weights = self.fit.weights()?;
        // What is only looked back at is nothing to go back to.
        if self.last <= SOUND * self.best && self.fit.step() >= self.kept.0 {
            self.kept = (self.fit.step(), weights.clone());
        }
        Ok(weights)
    }

    /// Goes on from the step that the fit has been taken to, as from any other weights.
    ///
    /// # Errors
    /// A lost device.
    pub(super) fn stay_here(&mut self) -> Result<(), TrainError> {
        self.kept = (self.fit.step(), self.fit.weights()?);
        (self.last, self.best) = (self.scale.ceiling, f64::INFINITY);
        self.meter.clear();
        Ok(())
    }

    /// The fit, to be taken to another step.
    pub(super) fn fit(&mut self) -> &mut Fit {
        &mut self.fit
    }

    /// The mean of `-ln p` over the first held-out examples.
    pub(super) fn score(&mut self, limit: usize) -> Result<Score, TrainError> {
        let (lesson, source) = (self.fit.lesson().clone(), self.fit.source().clone());
        let scorer = match self.scorer {
            Some(scorer) => scorer,
            None => *self.scorer.insert(Scorer::new(self.fit.session(), &lesson.model, self.scale.chunk)?),
        };
        scorer.score(self.fit.session(), &lesson.model, &source, lesson.seed, limit)
    }

    /// Updates a second, over the last seconds.
    pub(super) fn steps_per_second(&self) -> f64 {
        match (self.meter.front(), self.meter.back()) {
            (Some(first), Some(last)) if last.0 > first.0 => (last.1 - first.1) as f64 / (last.0 - first.0).as_secs_f64(),
            _ => 0.0,
        }
    }

    /// Training pauses: the speed is measured anew afterwards.
    pub(super) fn pause(&mut self) {
        self.meter.clear();
    }

    /// Changes the learning rate from the next step on.
    pub(super) fn set_rate(&mut self, rate: f64) {
        self.fit.set_rate(rate);
    }

    /// Updates so far.
    pub(super) fn step(&self) -> u64 {
        self.fit.step()
    }

    /// What it runs on.
    pub(super) fn backend(&self) -> BackendInfo {
        self.fit.backend()
    }
}

/// The lesson as it is trained from this step on.
pub(super) fn scheduled(mut lesson: Lesson, step: u64) -> Lesson {
    let training = &mut lesson.training;
    if let RateSchedule::Cosine { total, .. } = training.schedule
        && step >= total
    {
        training.schedule = RateSchedule::Constant;
        training.adam.rate *= AFTERWARDS;
    }
    lesson
}
