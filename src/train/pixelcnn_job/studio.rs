//! One open lesson: its weights, the sample, the gallery, training, in turns of a few milliseconds.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::artist::{Artist, SlowWalk};
use super::snapshot::{Cost, Gallery, Method, MethodCost, Origin, SampleRun, Settings, Snapshot, Thumbnail, Training};
use super::trainer::{Trainer, scheduled};
use super::{Ask, GALLERY, TEST_IMAGES};
use crate::autoregressive::pixelcnn::Config;
use crate::exec::{BackendChoice, BackendInfo, open_session};
use crate::train::{Activity, Event, Lesson, Model, Publisher, Score, Source, TrainError, Weights};

/// Time of a turn of slow work.
const SLICE: Duration = Duration::from_millis(15);
/// Snapshots while training come at most this often.
const PUBLISH: Duration = Duration::from_millis(100);
/// While training, new samples are drawn this often.
const REFRESH: Duration = Duration::from_millis(2500);
/// While training, the test images are scored this often, or more rarely where that would take over a tenth of the time.
const SCORE: Duration = Duration::from_secs(4);

/// What is open.
pub(super) struct Studio {
    lesson: Arc<Lesson>,
    config: Config,
    source: Source,
    artist: Artist,
    /// What the artist draws from; with the optimiser's state where there is one.
    weights: Weights,
    origin: Origin,
    settings: Settings,
    sample: Option<Arc<SampleRun>>,
    gallery: Gallery,
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
            weights,
            origin: Origin::Untrained,
            settings,
            sample: None,
            gallery: Gallery::default(),
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
                let outcome = self.take_shipped();
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
        self.weights = weights;
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
        let weights = trainer.fit().weights()?;
        self.origin = Origin::Trained;
        self.see(weights)
    }

    fn save(&mut self, path: &Path) -> Result<(), TrainError> {
        let mut weights = match &mut self.trainer {
            Some(trainer) => trainer.fit().weights()?,
            None => self.weights.clone(),
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

    /// A few milliseconds of what is most wanted.
    pub(super) fn turn(&mut self, out: &mut Publisher<Snapshot>) -> Activity {
        match self.work() {
            Ok(activity) => {
                let due = !self.running || self.published.elapsed() >= PUBLISH;
                if self.dirty && due {
                    self.publish(out);
                }
                if self.dirty { Activity::Busy } else { activity }
            }
            Err(error) => {
                // Whatever failed is not tried again by itself.
                (self.running, self.score_wanted, self.slow, self.next) = (false, false, None, GALLERY);
                self.diverged = matches!(error, TrainError::Diverged { .. });
                if let Some(trainer) = &mut self.trainer {
                    trainer.pause();
                    trainer.curve.truncate(trainer.step());
                }
                if let Err(second) = self.look_at_trained() {
                    // The device is gone: what was last seen stays.
                    tracing::warn!("{second}");
                    self.trainer = None;
                    self.choice = BackendChoice::Cpu;
                }
                self.fail(error.to_string());
                self.publish(out);
                Activity::Busy
            }
        }
    }

    fn work(&mut self) -> Result<Activity, TrainError> {
        if self.redraw {
            self.redraw = false;
            self.draw()?;
            return Ok(Activity::Busy);
        }
        if self.running {
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
        if self.running {
            return Ok(Activity::Busy);
        }
        if std::mem::take(&mut self.score_wanted) {
            let score = self.artist.score(&self.lesson.model, &self.source, self.lesson.seed, TEST_IMAGES)?;
            self.scored(score, self.weights.step());
            return Ok(Activity::Busy);
        }
        if self.slow.is_some() {
            self.walk_slowly()?;
            return Ok(Activity::Busy);
        }
        Ok(self.measure_next())
    }

    /// The cached sampler is so fast that its image comes first, whatever method was asked for; the others are checked against it.
    fn draw(&mut self) -> Result<(), TrainError> {
        let cached = Settings { method: Method::Cached, ..self.settings };
        let run = self.artist.draw(&cached)?;
        self.cost(Method::Cached, &run, None);
        self.sample = Some(Arc::new(run));
        self.slow = match self.settings.method {
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
        self.slow = None;
        let method = run.settings.method;
        let same = |s: &SampleRun| Settings { method, ..s.settings } == run.settings && s.step == run.step;
        let cached = self.sample.as_ref().filter(|sample| same(sample));
        let differing = cached.map(|s| s.pixels.iter().zip(&run.pixels).filter(|(a, b)| a != b).count());
        self.cost(method, &run, differing);
        if run.settings == self.settings {
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
        self.costs.push(MethodCost { method, cost: Cost { time, ..run.cost }, differing });
        self.costs.sort_by_key(|cost| Method::ALL.iter().position(|&m| m == cost.method));
    }

    fn hang_one(&mut self) -> Result<(), TrainError> {
        let stream = self.next as u64 + 1;
        let run = self.artist.draw(&Settings { stream, method: Method::Cached, ..self.settings })?;
        self.hanging += run.cost.time;
        self.cost(Method::Cached, &run, None);
        let nats = run.nats();
        let image = Thumbnail { stream, pixels: run.pixels, nats };
        match self.gallery.images.get_mut(self.next) {
            Some(place) => *place = image,
            None => self.gallery.images.push(image),
        }
        self.next += 1;
        // One upload for all of them.
        if self.next == GALLERY {
            self.gallery.version += 1;
            self.dirty = true;
            // Looking must not slow learning down by more than an eighth.
            let pause = REFRESH.max(std::mem::take(&mut self.hanging) * 8);
            self.refresh_at = Instant::now() + pause;
        }
        Ok(())
    }

    fn train(&mut self) -> Result<(), TrainError> {
        let Some(trainer) = &mut self.trainer else { return Ok(()) };
        trainer.slice()?;
        self.dirty = true;
        let now = Instant::now();
        if now >= self.score_at {
            let score = trainer.score(TEST_IMAGES)?;
            let took = now.elapsed();
            self.score_at = now + SCORE.max(took * 10);
            let step = trainer.step();
            self.scored(score, step);
        }
        if now >= self.refresh_at && self.next >= GALLERY {
            let score = self.score;
            self.look_at_trained()?;
            self.score = score;
            self.score_wanted = false;
        }
        Ok(())
    }

    fn scored(&mut self, score: Score, step: u64) {
        self.score = Some(score);
        let curve = Arc::make_mut(&mut self.test_curve);
        if curve.last().is_none_or(|last| last[0] < step as f64) {
            curve.push([step as f64, score.nats]);
        }
        self.dirty = true;
    }

    fn publish(&mut self, out: &mut Publisher<Snapshot>) {
        if let Some(trainer) = &self.trainer {
            self.train_curve = Arc::new(trainer.curve.points().to_vec());
            self.train_width = trainer.curve.width();
        }
        let training = Training {
            running: self.running,
            step: self.trainer.as_ref().map_or(self.weights.step(), Trainer::step),
            steps_per_second: self.trainer.as_ref().filter(|_| self.running).map_or(0.0, Trainer::steps_per_second),
            rate: self.trainer.as_ref().map_or(self.rate, Trainer::rate),
            train: Arc::clone(&self.train_curve),
            train_width: self.train_width,
            test: Arc::clone(&self.test_curve),
            score: self.score,
        };
        out.snapshot(Snapshot {
            lesson: Arc::clone(&self.lesson),
            parameters: self.artist.parameters(),
            sample: self.sample.clone(),
            gallery: Arc::new(self.gallery.clone()),
            training,
            origin: self.origin.clone(),
            costs: self.costs.clone(),
            training_on: self.info.clone(),
            drawing_on: self.artist.backend(),
            choice: self.choice,
            error: self.error.clone(),
            diverged: self.diverged,
        });
        self.published = Instant::now();
        self.dirty = false;
    }
}
