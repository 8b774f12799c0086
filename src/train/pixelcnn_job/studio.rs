//! One open lesson: its weights, the sample, the gallery, training, in turns of a few milliseconds.

mod given;
mod insight;
mod masking;
mod turns;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::given::Given;
use self::masking::Masking;
use super::Ask;
use super::artist::{Artist, SlowWalk};
use super::frozen::Frozen;
use super::gradient::Gradient;
use super::look::Look;
use super::snapshot::{Gallery, MethodCost, Origin, SampleRun, Settings, Snapshot, Thumbnail};
use super::trainer::{Trainer, scheduled};
use crate::autoregressive::pixelcnn::Config;
use crate::exec::{BackendChoice, BackendInfo, open_session};
use crate::train::{Event, Lesson, Model, Publisher, Score, Source, TrainError, Weights};

/// While training, new samples are drawn this often.
const REFRESH: Duration = Duration::from_millis(2500);

/// What is open.
pub(super) struct Studio {
    /// Commands heard, as the job counts them.
    pub(super) heard: u64,
    lesson: Arc<Lesson>,
    config: Config,
    source: Source,
    artist: Artist,
    /// What the artist draws from; with the optimiser's state where there is one.
    weights: Arc<Weights>,
    origin: Origin,
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
    trainer: Option<Trainer>,
    running: bool,
    rate: f64,
    train_curve: Arc<Vec<[f64; 2]>>,
    train_width: u64,
    test_curve: Arc<Vec<[f64; 2]>>,
    score: Option<Score>,
    choice: BackendChoice,
    threads: usize,
    info: Option<BackendInfo>,
    error: Option<String>,
    diverged: bool,
    score_wanted: bool,
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
        let lesson = Lesson::open(name).map_err(|error| error.to_string())?;
        let Model::Pixelcnn { config, .. } = lesson.model.clone() else {
            return Err(format!(
                "Expected a lesson with a PixelCNN, found “{}”, which fits another model; choose another lesson.",
                lesson.title
            ));
        };
        let source = Source::open(&lesson).map_err(|error| error.to_string())?;
        let artist = Artist::new(&lesson.model, &config, lesson.seed).map_err(|error| error.to_string())?;
        let now = Instant::now();
        let weights = artist.initial(lesson.seed);
        let mut studio = Studio {
            rate: scheduled(lesson.clone(), 0).training.adam.rate,
            lesson: Arc::new(lesson),
            config,
            source,
            artist,
            weights: Arc::new(weights),
            origin: Origin::Untrained,
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
            trainer: None,
            running: false,
            train_curve: Arc::default(),
            train_width: 1,
            test_curve: Arc::default(),
            score: None,
            choice,
            threads,
            info: None,
            error: None,
            diverged: false,
            score_wanted: true,
            hanging: Duration::ZERO,
            published: now,
            refresh_at: now,
            score_at: now,
            dirty: true,
        };
        studio.settings.class = studio.settings.class.filter(|&class| class < studio.config.classes);
        let shipped = studio.take_shipped();
        studio.note(shipped);
        Ok(studio)
    }

    /// Versions of galleries go on from another studio's, so that nobody takes this one's pictures for those.
    pub(super) fn hang_after(&mut self, old: &Studio) {
        self.gallery.version = old.gallery.version + 1;
    }

    /// Shows a sentence until the next thing that works.
    pub(super) fn fail(&mut self, sentence: String) {
        self.error = Some(sentence);
        self.dirty = true;
    }

    fn note(&mut self, outcome: Result<(), TrainError>) {
        match outcome {
            Ok(()) => self.error = None,
            Err(error) => self.error = Some(error.to_string()),
        }
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
                self.note(outcome);
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
                self.note(drawing);
            }
            Ask::Train(true) if self.leak().is_some() => self.refuse(),
            Ask::Train(true) => {
                let started = self.start();
                self.note(started);
            }
            Ask::Train(false) => self.pause(),
            Ask::FromScratch => {
                let weights = self.artist.initial(self.lesson.seed);
                let outcome = self.take(weights, Origin::Untrained).and_then(|()| self.start());
                self.note(outcome);
            }
            Ask::Rate(rate) => {
                self.rate = rate;
                if let Some(trainer) = &mut self.trainer {
                    trainer.fit().set_rate(rate);
                }
            }
            Ask::Shipped => {
                let outcome = self.shipped_mask().and_then(|()| self.take_shipped());
                self.note(outcome);
            }
            Ask::Load(path) => {
                let outcome = Weights::read(&path).and_then(|weights| self.take(weights, Origin::File(path.clone())));
                if outcome.is_ok() {
                    out.event(Event::Done(format!("Loaded {}.", path.display())));
                }
                self.note(outcome);
            }
            Ask::Save(path) => {
                let outcome = self.save(&path);
                if outcome.is_ok() {
                    out.event(Event::Done(format!("Saved {}.", path.display())));
                }
                self.note(outcome);
            }
            Ask::Keep(path) => {
                let outcome = self.save(&path);
                self.note(outcome);
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
        self.error = None;
    }

    fn take_shipped(&mut self) -> Result<(), TrainError> {
        match self.lesson.trained_weights() {
            Ok(Some(weights)) => self.take(weights, Origin::Shipped),
            Ok(None) => {
                let weights = self.artist.initial(self.lesson.seed);
                self.take(weights, Origin::Untrained)
            }
            Err(error) => Err(error),
        }
    }

    /// Draws from other weights; training stops, and would go on from them.
    fn take(&mut self, weights: Weights, origin: Origin) -> Result<(), TrainError> {
        self.artist.check(&weights)?;
        self.forget_mask();
        self.running = false;
        self.trainer = None;
        self.rate = scheduled(Lesson::clone(&self.lesson), weights.step()).training.adam.rate;
        self.train_curve = Arc::default();
        self.test_curve = Arc::default();
        self.origin = origin;
        self.see(weights)
    }

    /// Draws the sample and the gallery anew from these weights.
    fn see(&mut self, weights: Weights) -> Result<(), TrainError> {
        self.artist.load(&weights)?;
        self.weights = Arc::new(weights);
        self.given.due = self.given.order.is_some();
        self.score = None;
        self.score_wanted = true;
        self.redraw = true;
        self.next = 0;
        self.dirty = true;
        Ok(())
    }

    fn start(&mut self) -> Result<(), TrainError> {
        if self.trainer.is_none() {
            let mut trainer = Trainer::new(&self.lesson, &self.source, &self.weights, open_session(self.choice, self.threads)?)?;
            trainer.fit().set_rate(self.rate);
            self.info = Some(trainer.backend());
            self.trainer = Some(trainer);
        }
        self.running = true;
        self.diverged = false;
        self.slow = None;
        self.refresh_at = Instant::now() + REFRESH;
        self.score_at = Instant::now();
        Ok(())
    }

    fn pause(&mut self) {
        if !std::mem::take(&mut self.running) {
            return;
        }
        if let Some(trainer) = &mut self.trainer {
            trainer.pause();
        }
        let outcome = self.look_at_trained();
        self.note(outcome);
    }

    /// Draws from what training has reached.
    fn look_at_trained(&mut self) -> Result<(), TrainError> {
        let Some(trainer) = &mut self.trainer else { return Ok(()) };
        let weights = trainer.weights()?;
        self.origin = Origin::Trained;
        self.see(weights)
    }

    fn save(&mut self, path: &Path) -> Result<(), TrainError> {
        let mut weights = match &mut self.trainer {
            Some(trainer) => trainer.weights()?,
            None => Weights::clone(&self.weights),
        };
        let lesson = Lesson { weights: None, view: serde_json::Value::Null, ..Lesson::clone(&self.lesson) };
        if let Ok(text) = serde_json::to_string(&lesson) {
            weights.metadata.entry("lesson".into()).or_insert(text);
        }
        weights.save(path)
    }

    fn move_to(&mut self, choice: BackendChoice) {
        let was_running = self.running;
        self.pause();
        let before = std::mem::replace(&mut self.choice, choice);
        match open_session(choice, self.threads) {
            Ok(session) => {
                self.info = Some(session.backend());
                self.error = None;
                let curve = self.trainer.take().map(|trainer| trainer.curve);
                if was_running {
                    let started = self.start();
                    self.note(started);
                    if let (Some(trainer), Some(curve)) = (&mut self.trainer, curve) {
                        trainer.curve = curve;
                    }
                }
            }
            Err(error) => {
                self.choice = before;
                self.error = Some(error.to_string());
                self.running = was_running;
            }
        }
    }
}
