//! Weights and how they are learned: what the worker of a lab keeps of it, whatever the model draws.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cpu_model::CpuModel;
use super::curve::Curve;
use super::error::device_lost;
use super::history::{History, Past, Timeline};
use super::trainer::{Scale, Trainer, scheduled};
use super::{Event, Lesson, Publisher, Score, Source, TrainError, Weights};
use crate::exec::{BackendChoice, BackendInfo, ExecError, open_session};

/// Where the weights came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Shipped with the program.
    Shipped,
    /// Initial values: nothing learned yet.
    Untrained,
    /// The weights of another mask, as far as both masks let them through.
    Edited,
    /// Read from a file.
    File(PathBuf),
    /// Trained here.
    Trained,
}

impl Origin {
    /// Whether somebody made or brought these weights: then they are worth keeping.
    #[must_use]
    pub fn is_own(&self) -> bool {
        matches!(self, Origin::Trained | Origin::Edited | Origin::File(_))
    }
}

/// How training stands. Nats are of a whole image, or of a symbol of a sequence.
#[derive(Clone, PartialEq, Debug)]
pub struct Standing {
    /// Whether it runs.
    pub running: bool,
    /// Updates so far.
    pub step: u64,
    /// Updates a second, over the last seconds; 0 when it does not run.
    pub steps_per_second: f64,
    /// Learning rate at its highest.
    pub rate: f64,
    /// `[step, nats]` on the training batches, each the mean over a number of steps.
    pub train: Arc<Vec<[f64; 2]>>,
    /// Steps that one point of `train` is the mean of.
    pub train_width: u64,
    /// `[step, nats]` on held-out data.
    pub test: Arc<Vec<[f64; 2]>>,
    /// The newest score on held-out data.
    pub score: Option<Score>,
    /// Steps that can be seen again.
    pub timeline: Timeline,
}

/// A lesson's weights, and their training once it was asked for.
pub(super) struct Learner {
    pub(super) lesson: Arc<Lesson>,
    pub(super) source: Source,
    /// What is drawn from; with the optimiser's state where there is one.
    pub(super) weights: Arc<Weights>,
    pub(super) origin: Origin,
    pub(super) trainer: Option<Trainer>,
    pub(super) running: bool,
    pub(super) score: Option<Score>,
    pub(super) score_wanted: bool,
    /// What went wrong last.
    pub(super) error: Option<String>,
    /// How training broke, until it goes on: whatever else fails or works meanwhile.
    pub(super) diverged: Option<String>,
    pub(super) choice: BackendChoice,
    /// What training runs on, once it did.
    pub(super) info: Option<BackendInfo>,
    rate: f64,
    history: History,
    curve: Curve,
    test: Arc<Vec<[f64; 2]>>,
    threads: usize,
}

impl Learner {
    /// Opens the lesson's data; training starts from these weights, on `choice` with so many threads.
    ///
    /// # Errors
    /// A file that cannot be read, no data.
    pub(super) fn new(lesson: Lesson, weights: Weights, choice: BackendChoice, threads: usize) -> Result<Learner, TrainError> {
        Ok(Learner {
            source: Source::open(&lesson)?,
            rate: scheduled(lesson.clone(), weights.step()).training.adam.rate,
            lesson: Arc::new(lesson),
            weights: Arc::new(weights),
            origin: Origin::Untrained,
            trainer: None,
            running: false,
            score: None,
            score_wanted: true,
            error: None,
            diverged: None,
            choice,
            info: None,
            history: History::default(),
            curve: Curve::default(),
            test: Arc::default(),
            threads,
        })
    }

    /// What the window says of what went wrong.
    pub(super) fn said(&self) -> Option<String> {
        self.error.clone().or_else(|| self.diverged.clone())
    }

    /// Keeps the sentence of what failed until the next thing that works.
    pub(super) fn note(&mut self, outcome: Result<(), TrainError>) {
        self.error = outcome.err().map(|error| error.to_string());
    }

    /// Notes how a file fared, and tells of it where it went well.
    pub(super) fn note_file<S>(&mut self, outcome: Result<(), TrainError>, done: &str, path: &Path, out: &mut Publisher<S>) {
        if outcome.is_ok() {
            out.event(Event::Done(format!("{done} {}.", path.display())));
        }
        self.note(outcome);
    }

    /// The lesson's trained weights, or where it has none the model's initial ones.
    ///
    /// # Errors
    /// Weights that cannot be read.
    pub(super) fn shipped(&self, model: &CpuModel) -> Result<(Weights, Origin), TrainError> {
        Ok(match self.lesson.trained_weights()? {
            Some(weights) => (weights, Origin::Shipped),
            None => (model.initial(self.lesson.seed), Origin::Untrained),
        })
    }

    /// Takes other weights, which fit; training stops, and would go on from them.
    pub(super) fn take(&mut self, weights: Weights, origin: Origin) {
        (self.running, self.diverged, self.trainer) = (false, None, None);
        self.rate = scheduled(Lesson::clone(&self.lesson), weights.step()).training.adam.rate;
        (self.curve, self.test, self.history) = (Curve::default(), Arc::default(), History::default());
        self.see(weights, origin);
    }

    /// Looks at these weights, which training may have left behind already.
    pub(super) fn see(&mut self, weights: Weights, origin: Origin) {
        (self.weights, self.origin, self.score_wanted) = (Arc::new(weights), origin, true);
    }

    /// The training of the present weights, opened when it is first asked for.
    ///
    /// # Errors
    /// A device that fails, too little memory.
    pub(super) fn trainer(&mut self) -> Result<&mut Trainer, TrainError> {
        if self.trainer.is_none() {
            let session = open_session(self.choice, self.threads)?;
            let mut trainer = Trainer::new(&self.lesson, &self.source, &self.weights, session)?;
            trainer.set_rate(self.rate);
            self.info = Some(trainer.backend());
            if !self.history.looks_back() {
                self.history.rewind(trainer.step());
            }
            self.history.moves_to(trainer.fit().session());
            self.history.keep(trainer.fit())?;
            self.trainer = Some(trainer);
        }
        Ok(self.trainer.as_mut().expect("made above"))
    }

    /// Trains from the next turn on: from the newest step, whichever is shown.
    ///
    /// # Errors
    /// A device that fails, too little memory.
    pub(super) fn start(&mut self) -> Result<(), TrainError> {
        self.trainer()?;
        if let Some(trainer) = &mut self.trainer {
            self.history.return_to_newest(trainer.fit())?;
        }
        (self.running, self.diverged, self.history.broke) = (true, None, None);
        Ok(())
    }

    /// Carries out what is asked of the past, and tells how it fared. The weights that are there then are still to be seen.
    pub(super) fn go<S>(&mut self, past: Past, out: &mut Publisher<S>) {
        match self.take_to(past) {
            Ok(Some(said)) => out.event(Event::Done(said)),
            Ok(None) => {}
            Err(error) if self.survives(&error) => {}
            Err(error) => out.tell(Err(error)),
        }
    }

    fn take_to(&mut self, past: Past) -> Result<Option<String>, TrainError> {
        self.pause();
        if self.history.is_empty() && matches!(past, Past::LookAt(_)) {
            // Nothing has been trained yet.
            return Ok(None);
        }
        self.trainer()?;
        let Some(trainer) = &mut self.trainer else { return Ok(None) };
        let said = match past {
            Past::LookAt(step) => {
                self.history.look_at(trainer.fit(), step)?;
                return Ok(None);
            }
            Past::GoOnFromHere => None,
            Past::GoBack(back) => Some(self.history.go_back(trainer.fit(), back)?),
        };
        // The step that is there now is the newest: what came after it is forgotten.
        trainer.stay_here()?;
        let step = trainer.step();
        self.history.rewind(step);
        self.history.broke = None;
        if self.diverged.take().is_some() {
            self.error = None;
        }
        self.end_curves(step);
        if past == Past::GoOnFromHere {
            self.start()?;
        }
        Ok(said)
    }

    /// Trains for a few milliseconds.
    ///
    /// # Errors
    /// Training that broke: the last sound weights are back.
    pub(super) fn slice(&mut self) -> Result<(), TrainError> {
        match &mut self.trainer {
            Some(trainer) => trainer.slice(&mut self.curve, &mut self.history),
            None => Ok(()),
        }
    }

    /// Stops training; true if it ran.
    pub(super) fn pause(&mut self) -> bool {
        if let Some(trainer) = &mut self.trainer {
            trainer.pause();
        }
        std::mem::take(&mut self.running)
    }

    /// Stops after a failure; the curves end where the weights are.
    pub(super) fn stop(&mut self, error: &TrainError) {
        self.pause();
        self.score_wanted = false;
        let broke = match error {
            TrainError::Diverged { step, .. } | TrainError::Exploded { step, .. } => Some(*step),
            _ => None,
        };
        self.diverged = broke.map(|_| error.to_string());
        if let Some(step) = self.trainer.as_ref().map(Trainer::step)
            && !self.history.looks_back()
        {
            self.history.rewind(step);
            self.history.broke = broke;
            self.end_curves(step);
        }
    }

    /// Goes on after an error if a lost device was its cause: on the processor, from the weights that were seen last. False if it was another.
    pub(super) fn survives(&mut self, error: &TrainError) -> bool {
        let TrainError::Exec(ExecError::GpuLost { reason }) = error else { return false };
        let running = self.pause();
        let step = self.history.newest(self.weights.step());
        if !self.history.looks_back() {
            self.end_curves(step);
        }
        self.move_to(BackendChoice::Cpu, running);
        if self.error.is_none() {
            let then = if running { "training goes on" } else { "training would go on" };
            self.error = Some(device_lost(reason, &format!("{then} from step {step}, the last one that was seen")));
        }
        true
    }

    fn end_curves(&mut self, step: u64) {
        self.curve.truncate(step);
        Arc::make_mut(&mut self.test).retain(|point| point[0] <= step as f64);
    }

    /// Changes the learning rate from the next step on.
    pub(super) fn set_rate(&mut self, rate: f64) {
        self.rate = rate;
        if let Some(trainer) = &mut self.trainer {
            trainer.set_rate(rate);
        }
    }

    /// Has training run elsewhere from now on, from the weights that were seen last; goes on at once if `running`.
    pub(super) fn move_to(&mut self, choice: BackendChoice, running: bool) {
        match open_session(choice, self.threads) {
            Ok(session) => {
                (self.choice, self.trainer, self.error) = (choice, None, None);
                self.info = Some(session.backend());
                if running {
                    let started = self.start();
                    self.note(started);
                }
            }
            Err(error) => (self.error, self.running) = (Some(error.to_string()), running),
        }
    }

    /// Takes a score on held-out data, at a step.
    pub(super) fn scored(&mut self, score: Score, step: u64) {
        self.score = Some(score);
        if self.history.looks_back() {
            return;
        }
        let curve = Arc::make_mut(&mut self.test);
        if curve.last().is_none_or(|last| last[0] < step as f64) {
            curve.push([step as f64, score.nats / Scale::of(&self.lesson.model).unit]);
        }
    }

    /// Writes the weights that training has reached or that are looked back at, with the lesson.
    ///
    /// # Errors
    /// A place that cannot be written to, a lost device.
    pub(super) fn save(&mut self, path: &Path) -> Result<(), TrainError> {
        let weights = match &mut self.trainer {
            Some(trainer) => trainer.weights()?,
            None => {
                let mut weights = Weights::clone(&self.weights);
                let lesson = Lesson { weights: None, view: serde_json::Value::Null, ..Lesson::clone(&self.lesson) };
                weights.metadata.insert("lesson".into(), serde_json::to_string(&lesson).expect("a lesson is plain data"));
                weights
            }
        };
        weights.save(path)
    }

    /// Writes the newest weights, whichever are shown: what keeps itself must not lose what was trained last.
    ///
    /// # Errors
    /// A place that cannot be written to, a lost device.
    pub(super) fn keep(&mut self, path: &Path) -> Result<(), TrainError> {
        match self.history.aside() {
            Some(newest) => newest.save(path),
            None => self.save(path),
        }
    }

    /// How training stands.
    pub(super) fn standing(&self) -> Standing {
        let trainer = self.trainer.as_ref();
        let step = trainer.map_or(self.weights.step(), Trainer::step);
        Standing {
            running: self.running,
            step,
            steps_per_second: trainer.filter(|_| self.running).map_or(0.0, Trainer::steps_per_second),
            rate: self.rate,
            train: Arc::new(self.curve.points().to_vec()),
            train_width: self.curve.width(),
            test: Arc::clone(&self.test),
            score: self.score,
            timeline: self.history.timeline(step),
        }
    }
}

#[cfg(test)]
mod tests;
