//! One open stack: its weights, the drawn sequence, training, in turns of a few milliseconds.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Ask;
use super::artist::{Artist, ArtistError};
use super::snapshot::{Origin, Settings, Snapshot, StackRun, Training};
use crate::autoregressive::causal_stack::Config;
use crate::exec::{BackendChoice, BackendInfo, open_session};
use crate::train::pixelcnn_job::Curve;
use crate::train::{
    Activity, Event, Fit, Lesson, Model, Publisher, RateSchedule, Score, Scorer, SequenceData, Source, TrainError, Weights,
};

/// Training goes on for so long before commands are heard.
const SLICE: Duration = Duration::from_millis(25);
/// Snapshots while training come at most this often.
const PUBLISH: Duration = Duration::from_millis(120);
/// While training, the sequence is drawn anew and the held-out bars are scored this often.
const REFRESH: Duration = Duration::from_millis(1500);
/// Held-out windows that are scored at once.
const CHUNK: usize = 2;
/// Further training after the end of a schedule starts at this part of the rate.
const AFTERWARDS: f64 = 0.1;

/// What is open.
pub(super) struct Studio {
    shipped: Lesson,
    lesson: Arc<Lesson>,
    config: Config,
    data: SequenceData,
    artist: Artist,
    weights: Weights,
    origin: Origin,
    settings: Settings,
    run: Option<Arc<StackRun>>,
    redraw: bool,
    fit: Option<(Fit, Scorer)>,
    running: bool,
    rate: f64,
    curve: Curve,
    test: Arc<Vec<[f64; 2]>>,
    score: Option<Score>,
    score_wanted: bool,
    meter: Option<(Instant, u64)>,
    speed: f64,
    choice: BackendChoice,
    threads: usize,
    info: Option<BackendInfo>,
    error: Option<String>,
    diverged: bool,
    answered: u64,
    published: Instant,
    refresh_at: Instant,
    dirty: bool,
}

fn sentence(error: &ArtistError) -> String {
    error.to_string()
}

impl Studio {
    /// Opens a lesson with its shipped weights, or untrained.
    pub(super) fn open(name: &str, settings: Settings, choice: BackendChoice, threads: usize) -> Result<Studio, String> {
        let shipped = Lesson::open(name).map_err(|error| error.to_string())?;
        let Model::CausalStack { config, data } = shipped.model.clone() else {
            return Err(format!(
                "Expected a lesson with a causal stack, found “{}”, which fits another model; choose another lesson.",
                shipped.title
            ));
        };
        let artist = Artist::new(&config, shipped.seed).map_err(|error| sentence(&error))?;
        let now = Instant::now();
        let mut studio = Studio {
            lesson: Arc::new(shipped.clone()),
            weights: artist.initial(shipped.seed),
            rate: shipped.training.adam.rate,
            shipped,
            config,
            data,
            artist,
            origin: Origin::Untrained,
            settings,
            run: None,
            redraw: true,
            fit: None,
            running: false,
            curve: Curve::default(),
            test: Arc::default(),
            score: None,
            score_wanted: true,
            meter: None,
            speed: 0.0,
            choice,
            threads,
            info: None,
            error: None,
            diverged: false,
            answered: 0,
            published: now,
            refresh_at: now,
            dirty: true,
        };
        let taken = studio.take_shipped();
        studio.note(taken);
        Ok(studio)
    }

    fn note(&mut self, outcome: Result<(), TrainError>) {
        self.error = outcome.err().map(|error| error.to_string());
        self.dirty = true;
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
                self.note(started);
            }
            Ask::Train(false) => {
                self.running = false;
                let seen = self.see_trained();
                self.note(seen);
            }
            Ask::FromScratch => {
                let weights = self.artist.initial(self.lesson.seed);
                let outcome = self.take(weights, Origin::Untrained).and_then(|()| self.start());
                self.note(outcome);
            }
            Ask::Rate(rate) => {
                self.rate = rate;
                if let Some((fit, _)) = &mut self.fit {
                    fit.set_rate(rate);
                }
            }
            Ask::Shipped => {
                if let Model::CausalStack { config, .. } = self.shipped.model.clone() {
                    self.restructure(config);
                }
                let outcome = self.take_shipped();
                self.note(outcome);
            }
            Ask::Load(path) => {
                let outcome = self.load(&path);
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
            Ask::Backend(choice) => {
                let was_running = std::mem::take(&mut self.running);
                let seen = self.see_trained();
                self.note(seen);
                (self.choice, self.fit, self.info) = (choice, None, None);
                if was_running {
                    let started = self.start();
                    self.note(started);
                }
            }
        }
    }

    /// Another structure: an untrained net of it, or the shipped one.
    fn restructure(&mut self, config: Config) {
        if config == self.config {
            return;
        }
        let lesson = Lesson { model: Model::CausalStack { config: config.clone(), data: self.data }, ..self.shipped.clone() };
        match Artist::new(&config, lesson.seed) {
            Ok(artist) => {
                (self.artist, self.config, self.lesson, self.run) = (artist, config, Arc::new(lesson), None);
                let taken = self.take_shipped();
                self.note(taken);
            }
            Err(error) => self.error = Some(sentence(&error)),
        }
    }

    fn take_shipped(&mut self) -> Result<(), TrainError> {
        match self.lesson.trained_weights()? {
            Some(weights) => self.take(weights, Origin::Shipped),
            None => {
                let weights = self.artist.initial(self.lesson.seed);
                self.take(weights, Origin::Untrained)
            }
        }
    }

    /// Draws from other weights; training stops, and would go on from them.
    fn take(&mut self, weights: Weights, origin: Origin) -> Result<(), TrainError> {
        self.artist.check(&weights)?;
        (self.running, self.diverged, self.fit) = (false, false, None);
        self.rate = self.scheduled(weights.step()).training.adam.rate;
        (self.curve, self.test, self.origin) = (Curve::default(), Arc::default(), origin);
        self.see(weights)
    }

    fn see(&mut self, weights: Weights) -> Result<(), TrainError> {
        self.artist.load(&weights)?;
        self.weights = weights;
        (self.redraw, self.score_wanted, self.dirty) = (true, true, true);
        Ok(())
    }

    /// The lesson as it is trained from this step on.
    fn scheduled(&self, step: u64) -> Lesson {
        let mut lesson = Lesson::clone(&self.lesson);
        if let RateSchedule::Cosine { total, .. } = lesson.training.schedule
            && step >= total
        {
            lesson.training.schedule = RateSchedule::Constant;
            lesson.training.adam.rate *= AFTERWARDS;
        }
        lesson
    }

    /// A fit of the present weights, and what scores it.
    fn fit(&mut self) -> Result<&mut (Fit, Scorer), TrainError> {
        if self.fit.is_none() {
            let lesson = self.scheduled(self.weights.step());
            let source = Source::open(&lesson)?;
            let mut fit = Fit::new(lesson, source, open_session(self.choice, self.threads)?)?;
            fit.load(&self.weights)?;
            fit.set_rate(self.rate);
            self.info = Some(fit.backend());
            let model = self.lesson.model.clone();
            let scorer = Scorer::new(fit.session(), &model, CHUNK)?;
            self.fit = Some((fit, scorer));
        }
        Ok(self.fit.as_mut().expect("made above"))
    }

    fn start(&mut self) -> Result<(), TrainError> {
        self.fit()?;
        (self.running, self.diverged, self.meter) = (true, false, None);
        self.refresh_at = Instant::now();
        Ok(())
    }

    /// Draws from what training has reached.
    fn see_trained(&mut self) -> Result<(), TrainError> {
        let Some((fit, _)) = &mut self.fit else { return Ok(()) };
        let weights = fit.weights()?;
        if weights.step() == self.weights.step() {
            return Ok(());
        }
        self.origin = Origin::Trained;
        self.see(weights)
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

    fn save(&mut self, path: &Path) -> Result<(), TrainError> {
        let mut weights = match &mut self.fit {
            Some((fit, _)) => fit.weights()?,
            None => self.weights.clone(),
        };
        let lesson = Lesson { weights: None, view: serde_json::Value::Null, ..Lesson::clone(&self.lesson) };
        weights.metadata.insert("lesson".into(), serde_json::to_string(&lesson).expect("a lesson is plain data"));
        weights.save(path)
    }

    /// A few milliseconds of what is most wanted.
    pub(super) fn turn(&mut self, out: &mut Publisher<Snapshot>) -> Activity {
        if let Err(error) = self.work() {
            (self.running, self.score_wanted, self.redraw) = (false, false, false);
            self.diverged = matches!(error, TrainError::Diverged { .. });
            let step = self.fit.as_ref().map_or(0, |(fit, _)| fit.step());
            self.curve.truncate(step);
            Arc::make_mut(&mut self.test).retain(|point| point[0] <= step as f64);
            if self.see_trained().is_err() {
                self.fit = None;
            }
            self.error = Some(error.to_string());
            self.dirty = true;
        }
        if self.dirty && (!self.running || self.published.elapsed() >= PUBLISH) && !self.redraw {
            self.publish(out);
        }
        if self.running || self.dirty || self.redraw || self.score_wanted { Activity::Busy } else { Activity::Idle }
    }

    fn work(&mut self) -> Result<(), TrainError> {
        if std::mem::take(&mut self.redraw) {
            let (given, _) = self.data.melody().split();
            self.run = Some(Arc::new(self.artist.draw(&self.settings, given)));
            self.dirty = true;
        } else if self.running {
            self.train()?;
        } else if std::mem::take(&mut self.score_wanted) {
            self.measure()?;
        }
        Ok(())
    }

    fn train(&mut self) -> Result<(), TrainError> {
        let symbols = self.config.length as f64;
        let (fit, _) = self.fit()?;
        let end = Instant::now() + SLICE;
        while Instant::now() < end {
            fit.advance()?;
        }
        let (step, losses) = (fit.step(), fit.losses()?);
        for (step, nats) in losses {
            self.curve.push(step, f64::from(nats) / symbols);
        }
        let now = Instant::now();
        let (since, first) = *self.meter.get_or_insert((now, step));
        if now > since {
            self.speed = (step - first) as f64 / (now - since).as_secs_f64();
        }
        if now >= self.refresh_at {
            self.refresh_at = now + REFRESH;
            self.see_trained()?;
            self.measure()?;
            self.score_wanted = false;
        }
        self.dirty = true;
        Ok(())
    }

    fn measure(&mut self) -> Result<(), TrainError> {
        let (model, seed, symbols) = (self.lesson.model.clone(), self.lesson.seed, self.config.length as f64);
        let (fit, scorer) = self.fit()?;
        let (step, source, scorer) = (fit.step(), fit.source().clone(), *scorer);
        let score = scorer.score(fit.session(), &model, &source, seed, usize::MAX)?;
        self.score = Some(score);
        let curve = Arc::make_mut(&mut self.test);
        if curve.last().is_none_or(|last| last[0] < step as f64) {
            curve.push([step as f64, score.nats / symbols]);
        }
        self.dirty = true;
        Ok(())
    }

    fn publish(&mut self, out: &mut Publisher<Snapshot>) {
        let training = Training {
            running: self.running,
            step: self.fit.as_ref().map_or(self.weights.step(), |(fit, _)| fit.step()),
            steps_per_second: if self.running { self.speed } else { 0.0 },
            rate: self.rate,
            train: Arc::new(self.curve.points().to_vec()),
            train_width: self.curve.width(),
            test: Arc::clone(&self.test),
            score: self.score,
        };
        out.snapshot(Snapshot {
            lesson: Arc::clone(&self.lesson),
            config: self.config.clone(),
            parameters: self.artist.parameters(),
            run: self.run.clone(),
            training,
            unigram: crate::data::melody::unigram_nats(self.data.melody().split().0),
            origin: self.origin.clone(),
            training_on: self.info.clone(),
            drawing_on: self.artist.backend(),
            error: self.error.clone(),
            diverged: self.diverged,
            answered: self.answered,
        });
        self.published = Instant::now();
        self.dirty = false;
    }
}
