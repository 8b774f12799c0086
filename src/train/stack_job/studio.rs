//! One open stack: its weights, the drawn sequence, training, in turns of a few milliseconds.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Ask;
use super::artist::Artist;
use super::snapshot::{Settings, Snapshot, StackRun};
use crate::autoregressive::causal_stack::Config;
use crate::exec::BackendChoice;
use crate::train::learner::{Learner, Origin};
use crate::train::{Activity, Lesson, Model, Publisher, SequenceData, Source, TrainError, Weights};

/// Snapshots while training come at most this often.
const PUBLISH: Duration = Duration::from_millis(120);
/// While training, the sequence is drawn anew and the held-out bars are scored this often.
const REFRESH: Duration = Duration::from_millis(1500);

/// What is open.
pub(super) struct Studio {
    shipped: Lesson,
    config: Config,
    data: SequenceData,
    artist: Artist,
    learner: Learner,
    settings: Settings,
    run: Option<Arc<StackRun>>,
    redraw: bool,
    answered: u64,
    published: Instant,
    refresh_at: Instant,
    dirty: bool,
}

impl Studio {
    /// Opens a lesson with its shipped weights, or untrained.
    pub(super) fn open(name: &str, settings: Settings, choice: BackendChoice, threads: usize) -> Result<Studio, String> {
        let sentence = |error: TrainError| error.to_string();
        let shipped = Lesson::open(name).map_err(sentence)?;
        let Model::CausalStack { config, data } = shipped.model.clone() else {
            return Err(format!(
                "Expected a lesson with a causal stack, found “{}”, which fits another model; choose another lesson.",
                shipped.title
            ));
        };
        let artist = Artist::new(&config, shipped.seed).map_err(sentence)?;
        let initial = artist.model.initial(shipped.seed);
        let learner = Learner::new(shipped.clone(), initial, choice, threads).map_err(sentence)?;
        let now = Instant::now();
        let mut studio = Studio {
            shipped,
            config,
            data,
            artist,
            learner,
            settings,
            run: None,
            redraw: true,
            answered: 0,
            published: now,
            refresh_at: now,
            dirty: true,
        };
        let taken = studio.take_shipped();
        studio.learner.note(taken);
        Ok(studio)
    }

    /// Carries out what the window asked for.
    pub(super) fn ask(&mut self, number: u64, ask: Ask, out: &mut Publisher<Snapshot>) {
        self.answered = number;
        self.dirty = true;
        match ask {
            Ask::Structure(config) => self.restructure(config),
            Ask::Draw(settings) => {
                self.settings = settings;
                self.redraw = true;
            }
            Ask::Train(true) => {
                let started = self.start();
                self.learner.note(started);
            }
            Ask::Train(false) => drop(self.pause()),
            Ask::FromScratch => {
                let weights = self.artist.model.initial(self.learner.lesson.seed);
                let outcome = self.take(weights, Origin::Untrained).and_then(|()| self.start());
                self.learner.note(outcome);
            }
            Ask::Rate(rate) => self.learner.set_rate(rate),
            Ask::Past(past) => {
                self.learner.go(past, out);
                let seen = self.see_trained();
                out.tell(seen);
            }
            Ask::Shipped => {
                if let Model::CausalStack { config, .. } = self.shipped.model.clone() {
                    self.restructure(config);
                }
                let outcome = self.take_shipped();
                self.learner.note(outcome);
            }
            Ask::Load(path) => {
                let outcome = self.load(&path);
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
            Ask::Backend(choice) => {
                let was_running = self.pause();
                self.learner.move_to(choice, was_running);
            }
        }
    }

    /// Another structure: an untrained net of it, or the shipped one.
    fn restructure(&mut self, config: Config) {
        if config != self.config {
            let outcome = self.open_structure(config);
            self.learner.note(outcome);
        }
    }

    fn open_structure(&mut self, config: Config) -> Result<(), TrainError> {
        let lesson = Lesson { model: Model::CausalStack { config: config.clone(), data: self.data }, ..self.shipped.clone() };
        let artist = Artist::new(&config, lesson.seed)?;
        self.learner.source = Source::open(&lesson)?;
        self.learner.lesson = Arc::new(lesson);
        (self.artist, self.config, self.run) = (artist, config, None);
        self.take_shipped()
    }

    fn take_shipped(&mut self) -> Result<(), TrainError> {
        let (weights, origin) = self.learner.shipped(&self.artist.model)?;
        self.take(weights, origin)
    }

    /// Draws from other weights; training stops, and would go on from them.
    fn take(&mut self, weights: Weights, origin: Origin) -> Result<(), TrainError> {
        self.artist.model.check(&weights)?;
        self.artist.model.load(&weights)?;
        self.learner.take(weights, origin);
        self.redraw = true;
        Ok(())
    }

    fn start(&mut self) -> Result<(), TrainError> {
        self.learner.start()?;
        self.refresh_at = Instant::now();
        Ok(())
    }

    /// Pauses and draws from what training has reached; true if it ran.
    fn pause(&mut self) -> bool {
        let ran = self.learner.pause();
        let seen = self.see_trained();
        self.learner.note(seen);
        ran
    }

    /// Draws from what training has reached.
    fn see_trained(&mut self) -> Result<(), TrainError> {
        let Some(trainer) = &mut self.learner.trainer else { return Ok(()) };
        if trainer.step() == self.learner.weights.step() {
            return Ok(());
        }
        let weights = trainer.weights()?;
        self.artist.model.load(&weights)?;
        self.learner.see(weights, Origin::Trained);
        (self.redraw, self.dirty) = (true, true);
        Ok(())
    }

    fn load(&mut self, path: &Path) -> Result<(), TrainError> {
        let weights = Weights::read(path)?;
        // The file says which stack it belongs to.
        let saved = weights.metadata.get("lesson").and_then(|text| serde_json::from_str::<Lesson>(text).ok());
        if let Some(Model::CausalStack { config, data }) = saved.map(|lesson| lesson.model)
            && data == self.data
        {
            self.restructure(config);
        }
        self.take(weights, Origin::File(path.into()))
    }

    /// A few milliseconds of what is most wanted.
    pub(super) fn turn(&mut self, out: &mut Publisher<Snapshot>) -> Activity {
        if let Err(error) = self.work() {
            self.dirty = true;
            if !self.learner.survives(&error) {
                self.give_up(&error);
            }
        }
        let running = self.learner.running;
        if self.dirty && (!running || self.published.elapsed() >= PUBLISH) && !self.redraw {
            self.publish(out);
        }
        if running || self.dirty || self.redraw || self.learner.score_wanted { Activity::Busy } else { Activity::Idle }
    }

    fn give_up(&mut self, error: &TrainError) {
        // Whatever failed is not tried again by itself.
        self.learner.stop(error);
        if self.see_trained().is_err() {
            self.learner.trainer = None;
        }
        self.learner.error = Some(error.to_string());
    }

    fn work(&mut self) -> Result<(), TrainError> {
        if std::mem::take(&mut self.redraw) {
            let (given, _) = self.data.melody().split();
            self.run = Some(Arc::new(self.artist.draw(&self.settings, given)));
            self.dirty = true;
        } else if self.learner.running {
            self.train()?;
        } else if std::mem::take(&mut self.learner.score_wanted) {
            self.measure()?;
        }
        Ok(())
    }

    fn train(&mut self) -> Result<(), TrainError> {
        self.learner.slice()?;
        if Instant::now() >= self.refresh_at {
            self.refresh_at = Instant::now() + REFRESH;
            self.see_trained()?;
            self.measure()?;
            self.learner.score_wanted = false;
        }
        self.dirty = true;
        Ok(())
    }

    fn measure(&mut self) -> Result<(), TrainError> {
        let trainer = self.learner.trainer()?;
        let (score, step) = (trainer.score(usize::MAX)?, trainer.step());
        self.learner.scored(score, step);
        self.dirty = true;
        Ok(())
    }

    fn publish(&mut self, out: &mut Publisher<Snapshot>) {
        let learner = &self.learner;
        out.snapshot(Snapshot {
            lesson: Arc::clone(&learner.lesson),
            config: self.config.clone(),
            parameters: self.artist.model.parameters(),
            run: self.run.clone(),
            training: learner.standing(),
            unigram: crate::data::melody::unigram_nats(self.data.melody().split().0),
            origin: learner.origin.clone(),
            training_on: learner.info.clone(),
            drawing_on: self.artist.model.backend(),
            error: learner.said(),
            diverged: learner.diverged.is_some(),
            answered: self.answered,
        });
        self.published = Instant::now();
        self.dirty = false;
    }
}
