//! The worker's job behind the lab of causal stacks: records any structure at once, draws whole sequences, trains, saves. It knows no window.
//!
//! Time is state. A sequence is a pure function of (weights, temperature, noise, what was given), so the job computes all of it with every
//! value on the way, and the window only walks through it.

mod artist;
mod snapshot;
mod studio;

use std::path::PathBuf;

pub use snapshot::{Settings, Snapshot, StackRun};

pub use super::Origin;

use self::studio::Studio;
use crate::autoregressive::causal_stack::Config;
use crate::exec::BackendChoice;
use crate::train::{Activity, Event, Job, Past, Publisher};

/// What the window may ask.
#[derive(Clone, PartialEq, Debug)]
pub enum Ask {
    /// Another structure: untrained, unless it is the shipped one.
    Structure(Config),
    /// Draws with these settings.
    Draw(Settings),
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
    /// Takes the shipped structure and weights again.
    Shipped,
    /// Where training runs.
    Backend(BackendChoice),
}

/// The job. Opens a lesson at once and draws its first sequence.
pub struct StackJob {
    studio: Option<Studio>,
    failed: Option<String>,
}

impl StackJob {
    /// Opens a preset; training would run on `choice` with so many threads.
    pub fn new(lesson: &str, settings: Settings, choice: BackendChoice, threads: usize) -> StackJob {
        match Studio::open(lesson, settings, choice, threads) {
            Ok(studio) => StackJob { studio: Some(studio), failed: None },
            Err(error) => StackJob { studio: None, failed: Some(error) },
        }
    }
}

impl Job for StackJob {
    /// A request with its number, so that the window knows when it is answered.
    type Command = (u64, Ask);
    type Snapshot = Snapshot;

    fn command(&mut self, (number, ask): (u64, Ask), out: &mut Publisher<Snapshot>) {
        if let Some(studio) = &mut self.studio {
            studio.ask(number, ask, out);
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

    const NAME: &str = "stack-prelude";

    /// The worker, the number of the last request, and a folder for its weights.
    struct Bench(Worker<StackJob>, u64, tempfile::TempDir);

    impl Bench {
        fn open() -> Bench {
            let settings = Settings { temperature: 1.0, seed: 541, stream: 0, prompt: 16 };
            let worker = Worker::spawn("stack", move || StackJob::new(NAME, settings, BackendChoice::Cpu, 1), || {});
            Bench(worker, 0, tempfile::tempdir().unwrap())
        }

        fn ask(&mut self, ask: Ask) {
            self.1 += 1;
            self.0.send((self.1, ask));
        }

        /// The first snapshot that answers all that was asked and is as wanted.
        #[track_caller]
        fn wait(&self, what: &str, done: impl Fn(&Snapshot) -> bool) -> Snapshot {
            let start = Instant::now();
            loop {
                if let Some(snapshot) = self.0.take_snapshot().filter(|snapshot| snapshot.answered == self.1 && done(snapshot)) {
                    return snapshot;
                }
                assert!(start.elapsed() < Duration::from_secs(90), "waited in vain for {what}: {:?}", self.0.events());
                std::thread::sleep(Duration::from_millis(2));
            }
        }

        /// Trains from scratch for at least so many steps, and pauses.
        fn train(&mut self, least: u64) -> Snapshot {
            self.ask(Ask::FromScratch);
            self.wait("progress", |s| s.training.running && s.training.step >= least);
            self.ask(Ask::Train(false));
            self.wait("a pause", |s| !s.training.running)
        }

        /// The weights that it has.
        fn weights(&mut self) -> Weights {
            let path = self.2.path().join("weights.safetensors");
            self.ask(Ask::Save(path.clone()));
            self.wait("a file", |_| true);
            Weights::read(&path).unwrap()
        }
    }

    #[test]
    fn an_earlier_step_is_shown_bit_for_bit_and_training_makes_the_same_steps_from_there() {
        let mut bench = Bench::open();
        let rest = bench.train(60);
        let newest = bench.weights();
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
        bench.ask(Ask::Past(Past::LookAt(wish)));
        let back = bench.wait("the past", |s| s.training.step == shown);
        assert_eq!((back.training.timeline.shown, back.training.timeline.newest), (shown, rest.training.step));
        let (then, now) = (back.run.unwrap(), rest.run.unwrap());
        assert!(then.step == shown && then.p != now.p && then.values != now.values, "the older net drew and was looked into");
        assert!(bench.weights().arrays == fresh(shown), "step {shown}");
        // What keeps itself meanwhile is the newest, which another bench opens.
        let kept = bench.2.path().join("kept.safetensors");
        bench.ask(Ask::Keep(kept.clone()));
        bench.wait("a file", |_| true);
        let mut reopened = Bench::open();
        reopened.ask(Ask::Load(kept));
        reopened.wait("the kept net", |s| s.training.step == rest.training.step);
        assert!(reopened.weights().arrays == newest.arrays, "bit for bit, with the optimiser's state");
        bench.ask(Ask::Past(Past::LookAt(u64::MAX)));
        let again = bench.wait("the newest", |s| s.training.step == rest.training.step).run.unwrap();
        assert!(again == now && bench.weights().arrays == newest.arrays);

        bench.ask(Ask::Past(Past::LookAt(shown)));
        bench.ask(Ask::Past(Past::GoOnFromHere));
        bench.wait("training from there", |s| s.training.running && s.training.step > shown);
        bench.ask(Ask::Train(false));
        let again = bench.wait("a pause", |s| !s.training.running);
        assert_eq!(again.training.timeline.newest, again.training.step);
        assert!(bench.weights().arrays == fresh(again.training.step), "the same batches follow");
    }

    #[test]
    fn after_a_failure_twenty_updates_back_are_sound_weights_that_training_goes_on_from() {
        let mut bench = Bench::open();
        bench.train(60);
        bench.ask(Ask::Rate(1e3));
        bench.ask(Ask::Train(true));
        let stopped = bench.wait("the failure", |s| s.diverged);
        let line = &stopped.training.timeline;
        assert!(line.broke.is_some_and(|broke| broke > line.newest) && line.newest == stopped.training.step, "{line:?}");
        assert!(line.kept.iter().all(|kept| *kept <= line.newest) && stopped.error.is_some());
        bench.ask(Ask::Past(Past::GoBack(20)));
        let back = bench.wait("before it", |s| !s.diverged && s.training.step + 20 <= stopped.training.step);
        let line = &back.training.timeline;
        assert_eq!((line.broke, line.newest, line.shown), (None, back.training.step, back.training.step));
        assert!(back.error.is_none() && !back.training.running && back.training.train.iter().all(|p| p[0] <= line.newest as f64));
        // Reading refuses what is not finite.
        assert_eq!(bench.weights().step(), back.training.step);
        bench.ask(Ask::Rate(1e-3));
        bench.ask(Ask::Train(true));
        let on = bench.wait("going on", |s| s.training.running && s.training.step > back.training.step + 10);
        assert!(!on.diverged && on.error.is_none());
    }
}
