//! What the studio does in a turn: draw, train, hang pictures, measure, tell.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::artist::SlowWalk;
use super::super::snapshot::{Cost, Gallery, Method, MethodCost, SampleRun, Settings, Snapshot, Thumbnail};
use super::super::{GALLERY, TEST_IMAGES};
use super::{REFRESH, Studio};
use crate::exec::BackendChoice;
use crate::train::{Activity, Lesson, Publisher, TrainError};

/// Time of a turn of slow work.
const SLICE: Duration = Duration::from_millis(15);
/// Snapshots while training come at most this often.
const PUBLISH: Duration = Duration::from_millis(100);
/// While training, the test images are scored this often, or more rarely where that would take over a tenth of the time.
const SCORE: Duration = Duration::from_secs(4);

impl Studio {
    /// A few milliseconds of what is most wanted.
    pub(in crate::train::pixelcnn_job) fn turn(&mut self, out: &mut Publisher<Snapshot>) -> Activity {
        match self.work() {
            Ok(activity) => {
                let due = !self.learner.running || self.published.elapsed() >= PUBLISH;
                if self.dirty && due {
                    self.publish(out);
                }
                if self.dirty { Activity::Busy } else { activity }
            }
            Err(error) if self.learner.survives(&error) => {
                self.publish(out);
                Activity::Busy
            }
            Err(error) => {
                // Whatever failed is not tried again by itself.
                self.learner.stop(&error);
                (self.slow, self.next) = (None, GALLERY);
                if let Err(second) = self.look_at_trained() {
                    // The device is gone: what was last seen stays.
                    tracing::warn!("{second}");
                    (self.learner.trainer, self.learner.choice) = (None, BackendChoice::Cpu);
                }
                self.fail(error.to_string());
                self.publish(out);
                Activity::Busy
            }
        }
    }

    fn work(&mut self) -> Result<Activity, TrainError> {
        if self.leak().is_some() {
            return self.turn_while_leaking();
        }
        if self.redraw {
            self.redraw = false;
            self.draw()?;
            return Ok(Activity::Busy);
        }
        if self.study_now()? || self.look()? || self.slope()? {
            return Ok(Activity::Busy);
        }
        if self.learner.running {
            self.train()?;
        }
        if self.slow.as_ref().is_some_and(|slow| *slow.settings() == self.settings) {
            self.walk_slowly()?;
            return Ok(Activity::Busy);
        }
        if self.next < GALLERY {
            self.hang_one()?;
            return Ok(Activity::Busy);
        }
        if self.learner.running {
            return Ok(Activity::Busy);
        }
        if std::mem::take(&mut self.learner.score_wanted) {
            let Lesson { model, seed, .. } = &*self.learner.lesson;
            let score = self.artist.score(model, &self.learner.source, *seed, TEST_IMAGES)?;
            self.learner.scored(score, self.learner.weights.step());
            self.dirty = true;
            return Ok(Activity::Busy);
        }
        if self.slow.is_some() {
            self.walk_slowly()?;
            return Ok(Activity::Busy);
        }
        Ok(self.measure_next())
    }

    /// The cached sampler is so fast that its image comes first, whatever method was asked for; the others are checked against it.
    pub(super) fn draw(&mut self) -> Result<(), TrainError> {
        let run = self.draw_branched()?;
        self.cost(Method::Cached, &run, None);
        self.sample = Some(Arc::new(run));
        self.slow = match self.settings.method {
            // The slow ways know nothing of changed pixels.
            _ if !self.given.edits.is_empty() => None,
            Method::Cached => None,
            Method::Full => Some(SlowWalk::full(&self.artist, self.settings)),
            Method::Jacobi => Some(SlowWalk::jacobi(&self.artist, self.settings)),
        };
        self.dirty = true;
        Ok(())
    }

    fn walk_slowly(&mut self) -> Result<(), TrainError> {
        let Some(slow) = &mut self.slow else { return Ok(()) };
        let Some(run) = slow.advance(&mut self.artist, Instant::now() + SLICE)? else { return Ok(()) };
        if let Some(frozen) = slow.frozen(&self.config) {
            self.frozen = Some(Arc::new(frozen));
        }
        self.slow = None;
        let method = run.settings.method;
        let whole = self.given.edits.is_empty();
        let same = |s: &SampleRun| whole && Settings { method, ..s.settings } == run.settings && s.step == run.step;
        let cached = self.sample.as_ref().filter(|sample| same(sample));
        let differing = cached.map(|s| s.pixels.iter().zip(&run.pixels).filter(|(a, b)| a != b).count());
        self.cost(method, &run, differing);
        if whole && run.settings == self.settings {
            self.sample = Some(Arc::new(run));
        }
        self.dirty = true;
        Ok(())
    }

    /// When nothing else is to do: what do the other methods cost?
    fn measure_next(&mut self) -> Activity {
        let missing = Method::ALL.into_iter().rev().find(|method| !self.costs.iter().any(|cost| cost.method == *method));
        let Some(method) = missing else { return Activity::Idle };
        let settings = Settings { method, ..self.settings };
        self.slow = match method {
            Method::Full => Some(SlowWalk::full(&self.artist, settings)),
            Method::Jacobi => Some(SlowWalk::jacobi(&self.artist, settings)),
            Method::Cached => None,
        };
        if self.slow.is_some() { Activity::Busy } else { Activity::Idle }
    }

    fn cost(&mut self, method: Method, run: &SampleRun, differing: Option<usize>) {
        // The machine does other things too: the shortest time is what the method costs.
        let known = self.costs.iter().find(|cost| cost.method == method).filter(|known| known.cost.passes == run.cost.passes);
        let time = known.map_or(run.cost.time, |known| known.cost.time.min(run.cost.time));
        self.costs.retain(|cost| cost.method != method);
        self.costs.push(MethodCost { method, cost: Cost { time, ..run.cost }, differing, settings: run.settings });
        self.costs.sort_by_key(|cost| Method::ALL.iter().position(|&m| m == cost.method));
    }

    fn hang_one(&mut self) -> Result<(), TrainError> {
        let stream = self.next as u64 + 1;
        let run = self.artist.draw(&Settings { stream, method: Method::Cached, ..self.settings })?;
        self.hanging += run.cost.time;
        self.cost(Method::Cached, &run, None);
        let nats = run.nats();
        let image = Thumbnail { stream, pixels: run.pixels, nats };
        self.wet.truncate(self.next);
        self.wet.push(image);
        self.next += 1;
        // One upload for all of them.
        if self.next == GALLERY {
            let settings = Some(Settings { stream: 0, method: Method::Cached, ..self.settings });
            self.gallery = Gallery { version: self.gallery.version + 1, settings, images: std::mem::take(&mut self.wet) };
            self.dirty = true;
            // Looking must not slow learning down by more than an eighth.
            let pause = REFRESH.max(std::mem::take(&mut self.hanging) * 8);
            self.refresh_at = Instant::now() + pause;
        }
        Ok(())
    }

    pub(super) fn train(&mut self) -> Result<(), TrainError> {
        self.dirty = true;
        self.learner.slice()?;
        let now = Instant::now();
        if now >= self.score_at {
            let trainer = self.learner.trainer()?;
            let (score, step) = (trainer.score(TEST_IMAGES)?, trainer.step());
            self.learner.scored(score, step);
            self.score_at = now + SCORE.max(now.elapsed() * 10);
        }
        if now >= self.refresh_at && (self.next >= GALLERY || self.leak().is_some()) {
            let score = self.learner.score;
            self.look_at_trained()?;
            (self.learner.score, self.learner.score_wanted) = (score, false);
        }
        Ok(())
    }

    fn publish(&mut self, out: &mut Publisher<Snapshot>) {
        let slow = self.slow.as_ref().is_some_and(|slow| *slow.settings() == self.settings);
        let hanging = self.next < GALLERY && !self.learner.running;
        out.snapshot(Snapshot {
            heard: self.heard,
            pending: self.redraw
                || if self.leak().is_some() { self.is_drawing_anyway() } else { slow || hanging || self.given.due || self.insight_due() },
            lesson: Arc::clone(&self.learner.lesson),
            parameters: self.artist.model.parameters(),
            sample: self.sample.clone(),
            branch: self.given.branch.clone(),
            study: self.given.study.clone(),
            weights: Arc::clone(&self.learner.weights),
            look: self.look.clone(),
            gradient: self.gradient.clone(),
            frozen: self.frozen.clone(),
            mask: self.masking.news.clone(),
            gallery: Arc::new(self.gallery.clone()),
            training: self.learner.standing(),
            origin: self.learner.origin.clone(),
            costs: self.costs.clone(),
            training_on: self.learner.info.clone(),
            drawing_on: self.artist.model.backend(),
            choice: self.learner.choice,
            error: self.learner.said(),
            diverged: self.learner.diverged.is_some(),
        });
        self.published = Instant::now();
        self.dirty = false;
    }
}
