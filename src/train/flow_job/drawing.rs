//! A turn of drawing: one round of pictures with the weights held still, and when the next one starts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::cycle::{Cycle, Fineness, Scene};
use super::snapshot::FlowSnapshot;
use super::target::{STILL_TEST_POINTS, TEST_POINTS};
use super::{FlowJob, Phase, TURN};
use crate::train::{Publisher, TrainError};

/// Rounds of pictures take at most one part in this many plus one.
const TRAIN_SHARE: u32 = 2;
/// A round starts at most this often.
const LEAST_TRAINING: Duration = Duration::from_millis(90);
/// While training, p is summed over the plane this often.
const INTEGRAL_EVERY: Duration = Duration::from_secs(4);
const WHILE_TRAINING: Fineness = Fineness { density: 128, integral: 0, test: TEST_POINTS };
const STILL: Fineness = Fineness { density: 256, integral: 512, test: STILL_TEST_POINTS };

impl FlowJob {
    /// Starts a round of pictures in the next turn.
    pub(super) fn draw_soon(&mut self) {
        self.versions += 1;
        let step = self.model.as_ref().map_or(0, |model| model.fit.step());
        let mut fineness = if self.trains() || self.scrub.hurried { WHILE_TRAINING } else { STILL };
        // The first pictures of a flow come as soon as they can.
        let due = self.pictures.is_some() && self.last_integral.is_none_or(|(at, _)| at.elapsed() > INTEGRAL_EVERY);
        if self.trains() && due {
            fineness.integral = 384;
        }
        let fineness = fineness.suited(self.model.as_ref().map_or(0, |model| model.cost));
        let cycle = Cycle::new(fineness, self.window, self.versions, step, self.target.view.version);
        self.phase = Phase::Draw { cycle: Box::new(cycle), spent: Duration::ZERO };
    }

    /// Has new pictures made: at once at rest, after the present round while one is under way. In training a round comes soon anyway, and
    /// starting one with every movement of the mouse would leave no time to train.
    pub(super) fn look_again(&mut self) {
        match self.phase {
            Phase::Train { .. } if self.trains() => {}
            Phase::Draw { .. } => self.again = true,
            _ => self.draw_soon(),
        }
    }

    /// Goes on with a round of pictures; published when it is complete.
    pub(super) fn draw_turn(
        &mut self,
        mut cycle: Box<Cycle>,
        spent: Duration,
        out: &mut Publisher<FlowSnapshot>,
    ) -> Result<(), TrainError> {
        let Some(model) = &mut self.model else { return Ok(()) };
        let start = Instant::now();
        let floor = self.target.view.floor;
        let (points, test) = (&self.target.view.points[..], &self.target.test.xy[..]);
        let shown = super::by_class::Shown { class: self.shown, shares: &self.target.view.shares };
        let classes = &self.target.view.classes[..];
        let (seed, window, asked) = (self.lesson.seed, self.window, self.asked);
        let scene = Scene { points, classes, shown, test, floor, window, seed, error_map: self.error_map, asked };
        model.programs.prepare_asked(model.fit.session(), asked)?;
        let mut done = None;
        while done.is_none() && start.elapsed() < TURN {
            done = cycle.advance(model.fit.session(), &model.programs, &scene)?;
        }
        let spent = spent + start.elapsed();
        let Some(mut pictures) = done else {
            self.phase = Phase::Draw { cycle, spent };
            return Ok(());
        };
        if let Some(score) = pictures.test.as_ref().filter(|_| !self.history.looks_back()) {
            self.collector.test(pictures.step, score.nats);
            let sound = score.nats.is_finite() && model.first_loss.is_none_or(|first| score.nats < f64::from(first.max(0.0)) + 5.0);
            if sound && pictures.step > model.good.0 {
                model.good = (pictures.step, model.fit.weights()?);
            }
        }
        pictures.wiring = self.wiring;
        match pictures.integral {
            Some(integral) => self.last_integral = Some((Instant::now(), integral)),
            None => pictures.integral = self.last_integral.map(|(_, integral)| integral),
        }
        self.pictures = Some(Arc::new(pictures));
        self.measure_probe()?;
        self.measure_places()?;
        self.publish(out);
        if std::mem::take(&mut self.scrub.hurried) {
            // First what else was asked for while scrubbing, at last the fine pictures.
            self.draw_soon();
            return self.follow_scrubber();
        }
        self.phase = if std::mem::take(&mut self.again) && !self.trains() {
            self.draw_soon();
            return Ok(());
        } else if self.trains() {
            Phase::Train { until: Instant::now() + (spent * TRAIN_SHARE).max(LEAST_TRAINING) }
        } else {
            Phase::Rest
        };
        Ok(())
    }
}
