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
use crate::train::{Activity, Event, Job, Publisher};

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
    /// Reads weights.
    Load(PathBuf),
    /// Writes the weights.
    Save(PathBuf),
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
