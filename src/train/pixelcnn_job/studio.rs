//! One open lesson: its weights, the sample, the gallery, training, in turns of a few milliseconds.

mod given;
mod insight;
mod masking;
mod turns;

use std::sync::Arc;
use std::time::{Duration, Instant};

use self::given::Given;
use self::masking::Masking;
use super::Ask;
use super::artist::{Artist, SlowWalk};
use super::frozen::Frozen;
use super::gradient::Gradient;
use super::look::Look;
use super::snapshot::{Gallery, MethodCost, SampleRun, Settings, Snapshot, Thumbnail};
use crate::autoregressive::pixelcnn::Config;
use crate::exec::BackendChoice;
use crate::train::learner::{Learner, Origin};
use crate::train::{Lesson, Model, Past, Publisher, TrainError, Weights};

/// While training, new samples are drawn this often.
const REFRESH: Duration = Duration::from_millis(2500);

/// What is open.
pub(super) struct Studio {
    /// Commands heard, as the job counts them.
    pub(super) heard: u64,
    config: Config,
    artist: Artist,
    learner: Learner,
    settings: Settings,
    sample: Option<Arc<SampleRun>>,
    look: Option<Arc<Look>>,
    gradient: Option<Arc<Gradient>>,
    frozen: Option<Arc<Frozen>>,
    masking: Masking,
    /// The pixel whose gradient is asked for.
    slope_of: Option<usize>,
    given: Given,
    gallery: Gallery,
    /// Images of the next gallery: shown when all are drawn, so that no picture stands over another one's number.
    wet: Vec<Thumbnail>,
    /// Next image of the gallery to draw; `GALLERY` when all are there.
    next: usize,
    redraw: bool,
    slow: Option<SlowWalk>,
    costs: Vec<MethodCost>,
    /// Time that the gallery took so far.
    hanging: Duration,
    published: Instant,
    refresh_at: Instant,
    score_at: Instant,
    dirty: bool,
}

impl Studio {
    /// Opens a lesson with its shipped weights, or untrained.
    pub(super) fn open(name: &str, settings: Settings, choice: BackendChoice, threads: usize) -> Result<Studio, String> {
        let sentence = |error: TrainError| error.to_string();
        let lesson = Lesson::open(name).map_err(sentence)?;
        let Model::Pixelcnn { config, .. } = lesson.model.clone() else {
            return Err(format!(
                "Expected a lesson with a PixelCNN, found “{}”, which fits another model; choose another lesson.",
                lesson.title
            ));
        };
        let artist = Artist::new(&lesson.model, &config, lesson.seed).map_err(sentence)?;
        let initial = artist.model.initial(lesson.seed);
        let learner = Learner::new(lesson, initial, choice, threads).map_err(sentence)?;
        let now = Instant::now();
        let mut studio = Studio {
            config,
            artist,
            learner,
            settings,
            sample: None,
            look: None,
            gradient: None,
            frozen: None,
            masking: Masking::default(),
            slope_of: None,
            given: Given::default(),
            gallery: Gallery::default(),
            wet: Vec::new(),
            heard: 0,
            next: 0,
            redraw: true,
            slow: None,
            costs: Vec::new(),
            hanging: Duration::ZERO,
            published: now,
            refresh_at: now,
            score_at: now,
            dirty: true,
        };
        studio.settings.class = studio.settings.class.filter(|&class| class < studio.config.classes);
        let shipped = studio.take_shipped();
        studio.learner.note(shipped);
        Ok(studio)
    }

    /// Versions of galleries go on from another studio's, so that nobody takes this one's pictures for those.
    pub(super) fn hang_after(&mut self, old: &Studio) {
        self.gallery.version = old.gallery.version + 1;
    }

    /// Shows a sentence until the next thing that works.
    pub(super) fn fail(&mut self, sentence: String) {
        self.learner.error = Some(sentence);
        self.dirty = true;
    }

    /// Carries out what the window asked for.
    pub(super) fn ask(&mut self, ask: Ask, out: &mut Publisher<Snapshot>) {
        self.dirty = true;
        match ask {
            Ask::Lesson(_) => {}
            Ask::Draw(settings) => self.set(settings),
            Ask::Gradient(pixel) => self.slope_of = pixel,
            Ask::Branch(edits) => self.branch(edits),
            Ask::Study(order) => self.set_study(order),
            Ask::Borrow(weights) => {
                let outcome = self.take(Weights::clone(&weights), Origin::Trained);
                self.learner.note(outcome);
            }
            Ask::Measure => {
                self.costs.clear();
                self.redraw = true;
            }
            Ask::Mask(taps) => {
                if let Err(sentence) = self.set_mask(taps) {
                    self.fail(sentence);
                }
            }
            Ask::WhatIf => {
                let drawing = self.what_if();
                self.learner.note(drawing);
            }
            Ask::Train(true) => {
                let started = self.start();
                self.learner.note(started);
            }
            Ask::Train(false) => drop(self.pause()),
            Ask::FromScratch => {
                let outcome = self.initial_now().and_then(|weights| self.take(weights, Origin::Untrained)).and_then(|()| self.start());
                self.learner.note(outcome);
            }
            Ask::Rate(rate) => self.learner.set_rate(rate),
            Ask::Past(past) => {
                let seen = self.go(past, out);
                out.tell(seen);
            }
            Ask::Shipped => {
                let outcome = self.shipped_mask().and_then(|()| self.take_shipped());
                self.learner.note(outcome);
            }
            Ask::Load(path) => {
                let outcome = Weights::read(&path).and_then(|weights| self.take(weights, Origin::File(path.clone())));
                self.learner.note_file(outcome, "Loaded", &path, out);
            }
            Ask::Save(path) => {
                let outcome = self.learner.save(&path);
                self.learner.note_file(outcome, "Saved", &path, out);
            }
            Ask::Keep(path) => {
                // One that works is no answer to anything.
                if let Err(error) = self.learner.keep(&path) {
                    self.learner.note(Err(error));
                }
            }
            Ask::Backend(choice) => self.move_to(choice),
        }
    }

    fn set(&mut self, mut settings: Settings) {
        settings.class = settings.class.filter(|&class| class < self.config.classes);
        let others = Settings { stream: self.settings.stream, method: self.settings.method, ..settings };
        if others != self.settings {
            self.next = 0;
        }
        self.settings = settings;
        self.given.due = self.given.order.is_some();
        self.redraw = true;
        self.learner.error = None;
    }

    fn take_shipped(&mut self) -> Result<(), TrainError> {
        let (weights, origin) = self.learner.shipped(&self.artist.model)?;
        self.take(weights, origin)
    }

    /// Draws from other weights; training stops, and would go on from them.
    fn take(&mut self, weights: Weights, origin: Origin) -> Result<(), TrainError> {
        let Some(weights) = self.take_leaking(weights, &origin) else { return Ok(()) };
        self.artist.model.check(&weights)?;
        self.artist.model.load(&weights)?;
        self.forget_mask();
        self.learner.take(weights, origin);
        self.draw_anew();
        Ok(())
    }

    /// Draws the sample and the gallery anew, from other weights.
    fn draw_anew(&mut self) {
        self.given.due = self.given.order.is_some();
        self.learner.score = None;
        (self.redraw, self.next, self.dirty) = (true, 0, true);
    }

    fn start(&mut self) -> Result<(), TrainError> {
        self.learner.start()?;
        self.see_other_step()?;
        self.slow = None;
        self.refresh_at = Instant::now() + REFRESH;
        self.score_at = Instant::now();
        Ok(())
    }

    /// Takes training to another step, and draws from the weights that it had there.
    fn go(&mut self, past: Past, out: &mut Publisher<Snapshot>) -> Result<(), TrainError> {
        self.learner.go(past, out);
        self.see_other_step()?;
        if self.learner.running {
            self.refresh_at = Instant::now() + REFRESH;
            self.score_at = Instant::now();
        }
        Ok(())
    }

    /// Draws from the weights of the step that training stands at, where they are others than those that were drawn from.
    fn see_other_step(&mut self) -> Result<(), TrainError> {
        match &self.learner.trainer {
            Some(trainer) if trainer.step() != self.learner.weights.step() => self.look_at_trained(),
            _ => Ok(()),
        }
    }

    /// Pauses and draws from what training has reached; true if it ran.
    fn pause(&mut self) -> bool {
        let ran = self.learner.pause();
        if ran {
            let outcome = self.look_at_trained();
            self.learner.note(outcome);
        }
        ran
    }

    /// Draws from what training has reached.
    fn look_at_trained(&mut self) -> Result<(), TrainError> {
        let Some(trainer) = &mut self.learner.trainer else { return Ok(()) };
        let weights = trainer.weights()?;
        if self.leak().is_some() {
            self.learner.see(weights, Origin::Trained);
            self.look_again();
            return Ok(());
        }
        self.artist.model.load(&weights)?;
        self.learner.see(weights, Origin::Trained);
        self.draw_anew();
        Ok(())
    }

    fn move_to(&mut self, choice: BackendChoice) {
        let was_running = self.pause();
        self.learner.move_to(choice, was_running);
        if self.learner.running {
            self.refresh_at = Instant::now() + REFRESH;
            self.score_at = Instant::now();
        }
    }
}
