use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::curves::Curve;
use crate::exec::{BackendInfo, Session};
use crate::train::{Fit, Lesson, RateSchedule, Score, Scorer, Source, TrainError, Weights};

/// Test images that are scored at once.
const CHUNK: usize = 50;
/// Training goes on for so long before commands are heard.
const SLICE: Duration = Duration::from_millis(25);
/// Further training after the end of a schedule starts at this part of the rate.
const AFTERWARDS: f64 = 0.1;
/// The speed is measured over this time.
const METER: Duration = Duration::from_secs(3);

/// A fit with its curve and its speed.
pub(super) struct Trainer {
    fit: Fit,
    scorer: Option<Scorer>,
    pub(super) curve: Curve,
    meter: VecDeque<(Instant, u64)>,
}

impl Trainer {
    /// Goes on from these weights. The lesson's schedule is followed while it lasts; after its end a small constant rate takes over.
    pub(super) fn new(lesson: &Lesson, source: &Source, weights: &Weights, session: Box<dyn Session>) -> Result<Trainer, TrainError> {
        let mut fit = Fit::new(scheduled(lesson.clone(), weights.step()), source.clone(), session)?;
        fit.load(weights)?;
        Ok(Trainer { fit, scorer: None, curve: Curve::default(), meter: VecDeque::new() })
    }

    /// Trains for a few milliseconds, at least one step.
    pub(super) fn slice(&mut self) -> Result<(), TrainError> {
        let end = Instant::now() + SLICE;
        loop {
            self.fit.advance()?;
            if Instant::now() >= end {
                break;
            }
        }
        for (step, nats) in self.fit.losses()? {
            self.curve.push(step, f64::from(nats));
        }
        let now = Instant::now();
        self.meter.push_back((now, self.fit.step()));
        while self.meter.front().is_some_and(|&(time, _)| now - time > METER) {
            self.meter.pop_front();
        }
        Ok(())
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
