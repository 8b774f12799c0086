use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::curves::Curve;
use crate::exec::{BackendInfo, Session};
use crate::train::{Fit, Lesson, Model, RateSchedule, Score, Scorer, Source, TrainError, Weights};

/// Test images that are scored at once.
const CHUNK: usize = 50;
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

/// A fit with its curve and its speed.
pub(super) struct Trainer {
    fit: Fit,
    scorer: Option<Scorer>,
    pub(super) curve: Curve,
    meter: VecDeque<(Instant, u64)>,
    /// What to go back to, with its step.
    kept: (u64, Weights),
    last: f64,
    best: f64,
    ceiling: f64,
}

/// How a slice of training went.
pub(super) enum Progress {
    /// It goes on.
    Sound,
    /// The loss ran away without becoming infinite; the last sound weights are back, and this is the sentence.
    Exploded(String),
}

impl Trainer {
    /// Goes on from these weights. The lesson's schedule is followed while it lasts; after its end a small constant rate takes over.
    pub(super) fn new(lesson: &Lesson, source: &Source, weights: &Weights, session: Box<dyn Session>) -> Result<Trainer, TrainError> {
        let mut fit = Fit::new(scheduled(lesson.clone(), weights.step()), source.clone(), session)?;
        fit.load(weights)?;
        let ceiling = match &lesson.model {
            Model::Pixelcnn { config, .. } => config.uniform_nats(),
            Model::CausalStack { config, .. } => config.uniform_nats(),
            Model::Realnvp { .. } => f64::INFINITY,
        };
        let kept = (weights.step(), weights.clone());
        let (last, best) = (ceiling, f64::INFINITY);
        Ok(Trainer { fit, scorer: None, curve: Curve::default(), meter: VecDeque::new(), kept, last, best, ceiling })
    }

    /// Trains for a few milliseconds, at least one step.
    pub(super) fn slice(&mut self) -> Result<Progress, TrainError> {
        let end = Instant::now() + SLICE;
        loop {
            self.fit.advance()?;
            if Instant::now() >= end {
                break;
            }
        }
        for (step, nats) in self.fit.losses()? {
            let nats = f64::from(nats);
            if nats > EXPLODED * self.ceiling {
                return self.go_back(step, nats).map(Progress::Exploded);
            }
            (self.last, self.best) = (nats, self.best.min(nats));
            self.curve.push(step, nats);
        }
        let now = Instant::now();
        self.meter.push_back((now, self.fit.step()));
        while self.meter.front().is_some_and(|&(time, _)| now - time > METER) {
            self.meter.pop_front();
        }
        Ok(Progress::Sound)
    }

    fn go_back(&mut self, step: u64, nats: f64) -> Result<String, TrainError> {
        let (kept, weights) = &self.kept;
        self.fit.load(weights)?;
        self.curve.truncate(*kept);
        Ok(format!(
            "Training stopped at step {step}: the loss rose to {nats:.0} nats, and knowing nothing costs {:.0}; the weights of step {kept} are back. \
             Lower the learning rate and go on.",
            self.ceiling
        ))
    }

    /// The weights as they are now; kept to go back to while the loss is sound.
    pub(super) fn weights(&mut self) -> Result<Weights, TrainError> {
        let weights = self.fit.weights()?;
        if self.last <= SOUND * self.best {
            self.kept = (self.fit.step(), weights.clone());
        }
        Ok(weights)
    }

    /// The mean of `-ln p` over the first test images.
    pub(super) fn score(&mut self, limit: usize) -> Result<Score, TrainError> {
        let (lesson, source) = (self.fit.lesson().clone(), self.fit.source().clone());
        let scorer = match self.scorer {
            Some(scorer) => scorer,
            None => *self.scorer.insert(Scorer::new(self.fit.session(), &lesson.model, CHUNK)?),
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

    /// The fit.
    pub(super) fn fit(&mut self) -> &mut Fit {
        &mut self.fit
    }

    /// Learning rate at its highest.
    pub(super) fn rate(&self) -> f64 {
        self.fit.lesson().training.adam.rate
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
