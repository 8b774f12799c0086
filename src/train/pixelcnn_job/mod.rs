//! The worker's job behind the PixelCNN lab: draws whole samples, trains, measures, saves. It knows no window.
//!
//! Time is state. A sample is a pure function of (weights, class, temperature, noise), so the job computes all of it at once and the window
//! only walks through it.

mod artist;
mod branch;
mod frozen;
mod gradient;
mod look;
mod mask;
mod snapshot;
mod studio;
mod study;

use std::path::PathBuf;
use std::sync::Arc;

pub use branch::{Branch, Edit, fixed};
pub use frozen::Frozen;
pub use gradient::Gradient;
pub use look::{LayerValues, Look};
pub use mask::{Leak, Mask, leak};
pub use snapshot::{Cost, Gallery, Method, MethodCost, SampleRun, Settings, Snapshot, Thumbnail};
pub use study::{COMPLETIONS, Study, StudyOrder, Subject};

use self::studio::Studio;
pub use super::Origin;
use crate::exec::BackendChoice;
use crate::train::{Activity, Event, Job, Past, Publisher, Weights};

/// Number of images in the gallery.
pub const GALLERY: usize = 16;
/// Test images on which the curve is measured while training: the first of the held-out ones, always the same.
pub const TEST_IMAGES: usize = 200;

/// What the window may ask.
#[derive(Clone, PartialEq, Debug)]
pub enum Ask {
    /// Opens a lesson by the name of its preset.
    Lesson(String),
    /// Draws with these settings.
    Draw(Settings),
    /// Finds out what the logits of a pixel react to; `None` ends that.
    Gradient(Option<usize>),
    /// Measures all samplers anew, on the present image.
    Measure,
    /// Gives the first layer another mask: the offsets that it reads.
    Mask(Vec<(i32, i32)>),
    /// Draws although the mask leaks.
    WhatIf,
    /// Puts levels in the place of drawn ones, in the order in which they were changed, and draws what follows again.
    Branch(Vec<Edit>),
    /// Scores and completes an image; `None` ends that.
    Study(Option<StudyOrder>),
    /// Draws from another lab's weights.
    Borrow(Arc<Weights>),
    /// Starts or pauses training.
    Train(bool),
    /// Forgets what was learned and trains.
    FromScratch,
    /// Changes the learning rate.
    Rate(f64),
    /// Shows an earlier step of the training, or goes back to it.
    Past(Past),
    /// Reads weights.
    Load(PathBuf),
    /// Writes the weights that are shown.
    Save(PathBuf),
    /// Writes the newest weights, whichever are shown, without a word: a session keeps itself.
    Keep(PathBuf),
    /// Takes the shipped weights again.
    Shipped,
    /// Where training runs.
    Backend(BackendChoice),
}

/// The job. Opens a lesson at once and draws its first sample.
pub struct PixelcnnJob {
    studio: Option<Studio>,
    settings: Settings,
    choice: BackendChoice,
    threads: usize,
    failed: Option<String>,
    /// What was asked so far.
    heard: u64,
}

impl PixelcnnJob {
    /// Opens a preset; training would run on `choice` with so many threads.
    pub fn new(lesson: &str, settings: Settings, choice: BackendChoice, threads: usize) -> PixelcnnJob {
        let mut job = PixelcnnJob { studio: None, settings, choice, threads, failed: None, heard: 0 };
        job.open(lesson);
        job
    }

    /// Opens a lesson; the one that was open stays if that fails.
    fn open(&mut self, name: &str) {
        match Studio::open(name, self.settings, self.choice, self.threads) {
            Ok(mut studio) => {
                if let Some(old) = &self.studio {
                    studio.hang_after(old);
                }
                self.studio = Some(studio);
            }
            Err(error) => match &mut self.studio {
                Some(studio) => studio.fail(error),
                None => self.failed = Some(error),
            },
        }
    }
}

impl Job for PixelcnnJob {
    type Command = Ask;
    type Snapshot = Snapshot;

    fn command(&mut self, ask: Ask, out: &mut Publisher<Snapshot>) {
        self.heard += 1;
        match (ask, &mut self.studio) {
            (Ask::Lesson(name), _) => self.open(&name),
            (ask, Some(studio)) => {
                match &ask {
                    Ask::Draw(settings) => self.settings = *settings,
                    Ask::Backend(choice) => self.choice = *choice,
                    _ => {}
                }
                studio.ask(ask, out);
            }
            (_, None) => {}
        }
        if let Some(studio) = &mut self.studio {
            studio.heard = self.heard;
        }
    }

    fn turn(&mut self, out: &mut Publisher<Snapshot>) -> Activity {
        if let Some(sentence) = self.failed.take() {
            out.event(Event::Failed(sentence));
        }
        self.studio.as_mut().map_or(Activity::Idle, |studio| studio.turn(out))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::exec::cpu::CpuSession;
    use crate::train::{Fit, Lesson, Source, Weights, Worker};

    /// The smallest of the shipped models.
    const NAME: &str = "pixelcnn-binary";

    fn open() -> Worker<PixelcnnJob> {
        let settings = Settings { class: Some(3), temperature: 1.0, seed: 541, stream: 0, method: Method::Cached };
        Worker::spawn("pixelcnn", move || PixelcnnJob::new(NAME, settings, BackendChoice::Cpu, 1), || {})
    }

    #[track_caller]
    fn wait(worker: &Worker<PixelcnnJob>, what: &str, done: impl Fn(&Snapshot) -> bool) -> Snapshot {
        let start = Instant::now();
        loop {
            if let Some(snapshot) = worker.take_snapshot().filter(|snapshot| done(snapshot)) {
                return snapshot;
            }
            assert!(start.elapsed() < Duration::from_secs(90), "waited in vain for {what}: {:?}", worker.events());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Trains from scratch for at least so many steps, and pauses.
    fn trained(worker: &Worker<PixelcnnJob>, least: u64) -> Snapshot {
        worker.send(Ask::FromScratch);
        wait(worker, "progress", |s| s.origin == Origin::Trained && s.training.step >= least || s.training.step > least);
        worker.send(Ask::Train(false));
        wait(worker, "a pause", |s| s.heard == 2 && !s.training.running)
    }

    #[test]
    fn an_earlier_step_is_shown_bit_for_bit_and_training_makes_the_same_steps_from_there() {
        let worker = open();
        let rest = trained(&worker, 40);
        let line = rest.training.timeline.clone();
        assert_eq!((line.kept[0], line.newest, line.shown, line.broke), (0, rest.training.step, rest.training.step, None));
        assert!(line.every.is_power_of_two() && line.kept.iter().all(|step| step.is_multiple_of(line.every)), "{line:?}");
        // What a fit of its own has after as many steps.
        let lesson = Lesson::preset(NAME).unwrap();
        let mut fit = Fit::new(lesson.clone(), Source::open(&lesson).unwrap(), Box::new(CpuSession::new(1))).unwrap();
        let mut fresh = |step: u64| {
            while fit.step() < step {
                fit.advance().unwrap();
            }
            fit.weights().unwrap().arrays
        };
        let wish = rest.training.step - 7;
        let shown = *line.kept.iter().rev().find(|kept| **kept <= wish).unwrap();
        worker.send(Ask::Past(Past::LookAt(wish)));
        let drawn = |step: u64| move |s: &Snapshot| s.sample.as_ref().is_some_and(|run| run.step == step) && s.weights.step() == step;
        let back = wait(&worker, "the past", drawn(shown));
        assert_eq!((back.training.timeline.shown, back.training.timeline.newest), (shown, rest.training.step));
        assert_eq!(back.training.train, rest.training.train, "the curve is still there");
        assert!(back.weights.arrays == fresh(shown), "step {shown}");
        // What keeps itself meanwhile is the newest, what somebody saves is what is shown.
        let folder = tempfile::tempdir().unwrap();
        let [kept, saved] = ["kept", "saved"].map(|name| folder.path().join(name));
        worker.send(Ask::Keep(kept.clone()));
        worker.send(Ask::Save(saved.clone()));
        wait(&worker, "two files", |s| s.heard == 5);
        let [kept, saved] = [kept, saved].map(|path| Weights::read(&path).unwrap());
        assert!(kept.arrays == rest.weights.arrays && saved.arrays == back.weights.arrays);
        assert_eq!((kept.step(), saved.step()), (rest.training.step, shown));
        worker.send(Ask::Past(Past::LookAt(u64::MAX)));
        let newest = wait(&worker, "the newest", drawn(rest.training.step));
        assert!(newest.weights.arrays == rest.weights.arrays);

        worker.send(Ask::Past(Past::LookAt(shown)));
        worker.send(Ask::Past(Past::GoOnFromHere));
        wait(&worker, "training from there", |s| s.heard == 8 && s.training.running && s.training.step > shown);
        worker.send(Ask::Train(false));
        let again = wait(&worker, "a pause", |s| s.heard == 9 && s.weights.step() == s.training.step);
        assert_eq!(again.training.timeline.newest, again.training.step);
        assert!(again.weights.arrays == fresh(again.training.step), "the same batches follow");
    }

    #[test]
    fn after_a_failure_twenty_updates_back_are_sound_weights_that_training_goes_on_from() {
        let worker = open();
        trained(&worker, 60);
        worker.send(Ask::Rate(1e3));
        worker.send(Ask::Train(true));
        let stopped = wait(&worker, "the failure", |s| s.diverged && s.weights.step() == s.training.step);
        let line = &stopped.training.timeline;
        assert!(line.broke.is_some_and(|broke| broke > line.newest) && line.newest == stopped.training.step, "{line:?}");
        assert!(line.kept.iter().all(|kept| *kept <= line.newest) && stopped.error.is_some());
        // Other things that work do not hide what happened: a session keeps itself every few seconds.
        let folder = tempfile::tempdir().unwrap();
        worker.send(Ask::Keep(folder.path().join("kept.safetensors")));
        worker.send(Ask::Draw(Settings { class: Some(5), temperature: 1.0, seed: 541, stream: 0, method: Method::Cached }));
        let later = wait(&worker, "another image", |s| s.heard == 6 && !s.pending);
        assert!(later.diverged && later.error == stopped.error, "{:?}", later.error);
        worker.send(Ask::Past(Past::GoBack(20)));
        let back = wait(&worker, "before it", |s| !s.diverged && s.weights.step() + 20 <= stopped.training.step);
        let line = &back.training.timeline;
        assert_eq!((line.broke, line.newest, line.shown), (None, back.weights.step(), back.weights.step()));
        assert!(back.error.is_none() && !back.training.running && back.training.train.iter().all(|p| p[0] <= line.newest as f64));
        assert!(back.weights.arrays.values().all(|(_, values)| values.iter().all(|v| v.is_finite())));
        worker.send(Ask::Rate(1e-3));
        worker.send(Ask::Train(true));
        let on = wait(&worker, "going on", |s| s.training.running && s.training.step > back.training.step + 10);
        assert!(!on.diverged && on.error.is_none());
    }
}
