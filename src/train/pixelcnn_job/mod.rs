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
use crate::train::{Activity, Event, Job, Publisher, Weights};

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
    /// Reads weights.
    Load(PathBuf),
    /// Writes the weights.
    Save(PathBuf),
    /// Writes the weights without a word: a session keeps itself.
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
