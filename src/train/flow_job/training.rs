//! A turn of training: the rate as it falls, the steps, and the way back where they break.

use std::time::{Duration, Instant};

use super::{FlowJob, TURN};
use crate::train::TrainError;

/// A training loss so far above the first one, in nats, does not come back.
const HOPELESS: f32 = 50.0;

/// After a change of data, model or rate the rate falls over this many steps, as half a cosine, to this part of itself: it learns the new
/// law fast and then settles.
pub const COOLING: u64 = 3_000;
const COOLED: f64 = 0.05;

/// The rate of the step after `step`, where it began to fall from `rate` after step `since`; none where it has fallen.
pub fn cooled(rate: f64, since: Option<u64>, step: u64) -> f64 {
    let done = since.map_or(1.0, |since| (step.saturating_sub(since) as f64 / COOLING as f64).min(1.0));
    rate * (COOLED + (1.0 - COOLED) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()))
}

/// Steps a second over the last second.
pub(super) struct Clock {
    since: Instant,
    step: u64,
    pub(super) rate: f64,
}

impl Clock {
    /// A clock that has seen nothing since this step.
    pub(super) fn at(step: u64) -> Clock {
        Clock { since: Instant::now(), step, rate: 0.0 }
    }

    /// Measures from this step on; until it has, the rate stands.
    pub(super) fn restart(&mut self, step: u64) {
        (self.since, self.step) = (Instant::now(), step);
    }

    /// Measures anew once enough time has passed.
    fn tick(&mut self, step: u64) {
        let passed = self.since.elapsed();
        if passed > Duration::from_millis(700) {
            let rate = step.saturating_sub(self.step) as f64 / passed.as_secs_f64();
            *self = Clock { since: Instant::now(), step, rate };
        }
    }
}

impl FlowJob {
    /// The learning rate of the next step.
    pub(super) fn rate_now(&self) -> f64 {
        let step = self.model.as_ref().map_or(0, |model| model.fit.step());
        cooled(self.lesson.training.adam.rate, self.warm_since, step)
    }

    /// The rate is at its highest again.
    pub(super) fn warm_up(&mut self) {
        self.warm_since = self.model.as_ref().map(|model| model.fit.step());
    }

    /// Whether the next turns train.
    pub(super) fn trains(&self) -> bool {
        let trainable = self.model.as_ref().is_some_and(|model| self.wiring.trains(&model.config));
        self.training && self.target.source.is_some() && self.diverged.is_none() && trainable
    }

    /// Takes steps for a turn; draws from `until` on.
    pub(super) fn train_turn(&mut self, until: Instant) -> Result<(), TrainError> {
        let (rate, since) = (self.lesson.training.adam.rate, self.warm_since);
        let class_nats = self.class_nats();
        let Some(model) = &mut self.model else { return Ok(()) };
        let start = Instant::now();
        while start.elapsed() < TURN {
            // For each step: so that a step never depends on how many fell into one turn.
            model.fit.set_rate(cooled(rate, since, model.fit.step()));
            model.fit.advance()?;
            self.history.keep(&mut model.fit)?;
        }
        match model.fit.losses() {
            Ok(losses) => {
                for (step, loss) in losses {
                    let first = *model.first_loss.get_or_insert(loss);
                    self.collector.train(step, loss + class_nats);
                    if loss > first.max(0.0) + HOPELESS {
                        return self.stop_diverged(step, format!("the loss rose to {loss:.0} nats"));
                    }
                }
            }
            Err(TrainError::Diverged { step, node, .. }) => {
                return self.stop_diverged(step, format!("`{node}` is no longer a finite number"));
            }
            Err(other) => return Err(other),
        }
        self.clock.tick(model.fit.step());
        if Instant::now() >= until {
            self.draw_soon();
        }
        Ok(())
    }

    /// Goes back to the last sound weights and waits for the person.
    fn stop_diverged(&mut self, step: u64, what: String) -> Result<(), TrainError> {
        let Some(model) = &mut self.model else { return Ok(()) };
        let (kept, weights) = &model.good;
        model.fit.load(weights)?;
        model.numeric.forget();
        model.first_loss = None;
        self.collector.rewind(*kept);
        self.history.rewind(*kept);
        self.scrub.wanted = None;
        self.history.broke = Some(step);
        self.diverged = Some(format!(
            "Training stopped at step {step}: {what}. The weights of step {kept} are kept; halve the learning rate and go on."
        ));
        self.draw_soon();
        Ok(())
    }
}
