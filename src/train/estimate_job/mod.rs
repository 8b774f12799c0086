//! The worker's job behind the chapter of free Jacobians: a residual and a continuous flow learn a toy, and every estimate of their
//! log-determinants is computed beside the exact one. It knows no window.

mod blocks;
mod learner;
mod motion;
pub mod series;
mod snapshot;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use self::blocks::Blocks;
use self::learner::Learner;
use self::motion::Motion;
use self::series::Noise;
pub use self::snapshot::{
    Accuracy, EstimateSnapshot, GRID, ITERATIONS, LearnerView, MOMENTS, MOST_TERMS, MotionView, PROBES, REACH, REPEATS, SOLVES, SPINS,
    SeriesView, TRAVELLERS,
};
use super::trouble::{Sessions, Survivor, Trouble};
use super::{Activity, Job, Lesson, Publisher, TrainError, Weights};
use crate::data::Toy;
use crate::exec::BackendChoice;
use crate::flows::{Config, Family};

/// Time of a turn.
const SLICE: Duration = Duration::from_millis(30);
/// While training, pictures are made this often, and take at most a third of the time.
const LOOK: Duration = Duration::from_millis(500);
/// Snapshots come at most this often.
const PUBLISH: Duration = Duration::from_millis(150);
/// Points of the data that are shown.
const SHOWN: usize = 1_000;
/// Stream of the generator for the points that are shown.
const SHOWN_STREAM: u64 = u64::MAX - 1;

/// Their names in a file of weights.
const RESIDUAL: &str = "residual";
const CONTINUOUS: &str = "continuous";

/// One of the two flows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// `x + g(x)` in blocks.
    Residual,
    /// The solution of `dx/dt = f(x, t)`.
    Continuous,
}

impl Which {
    /// Its size in this chapter.
    pub fn config(self) -> Config {
        match self {
            Which::Residual => Config::of(Family::Residual),
            // Fewer fixed steps would be learned by heart: the flow would fit the method's error, and be no solution of any motion.
            Which::Continuous => Config { width: 32, ..Config::of(Family::Ffjord { steps: 4 }) },
        }
    }
}

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Look {
    /// The flow of which the pictures are made anew while it learns.
    pub which: Which,
    /// A point of the data plane.
    pub probe: [f64; 2],
    /// A block of the residual flow, from 0.
    pub block: usize,
    /// Terms of the series, 1 to [`MOST_TERMS`].
    pub terms: usize,
    /// Random vectors of an estimate.
    pub probes: usize,
    /// What they are drawn from.
    pub noise: Noise,
}

/// What the window may ask.
#[derive(Clone, PartialEq, Debug)]
pub enum EstimateCommand {
    /// Trains this flow, or pauses both.
    Train(Option<Which>),
    /// Trains the flow that broke, at half of its rate.
    Slower,
    /// The sentence about the lost graphics device was read.
    Understood,
    /// Both from their initial values of this seed.
    Restart(u64),
    /// Another toy; both start anew.
    Toy(Toy),
    /// Looks elsewhere.
    Look(Look),
    /// Writes the values of both with the optimisers', and their curves.
    Save(PathBuf),
    /// Goes on from such a file, if it is of the present toy.
    Load(PathBuf),
}

/// The job.
pub struct EstimateJob {
    residual: Learner,
    continuous: Learner,
    blocks: Blocks,
    motion: Motion,
    toy: Toy,
    seed: u64,
    points: Arc<Vec<[f32; 2]>>,
    look: Look,
    /// What the present pictures were made for.
    seen: Look,
    running: Option<Which>,
    sessions: Sessions,
    series: Option<Arc<SeriesView>>,
    moving: Option<Arc<MotionView>>,
    /// What must be looked at again: the residual flow, the continuous one.
    stale: [bool; 2],
    /// The person looks elsewhere: that does not wait for its turn.
    anew: bool,
    /// When the last pictures were finished, and what they took.
    looked: (Instant, Duration),
    published: Instant,
    dirty: bool,
    trouble: Trouble,
    /// The flow that broke, if that is the trouble.
    broke: Option<Which>,
}

impl EstimateJob {
    /// Both flows with their initial values of a seed, on a toy.
    ///
    /// # Errors
    /// A device that fails.
    pub fn new(seed: u64, toy: Toy, look: Look, choice: BackendChoice, threads: usize) -> Result<EstimateJob, TrainError> {
        EstimateJob::with(seed, toy, look, Sessions::on(choice, threads))
    }

    /// The same in sessions of any kind.
    ///
    /// # Errors
    /// A device that fails.
    pub fn with(seed: u64, toy: Toy, look: Look, mut sessions: Sessions) -> Result<EstimateJob, TrainError> {
        let [residual, continuous] = pair(seed, toy, &mut sessions)?;
        let now = Instant::now();
        Ok(EstimateJob {
            residual,
            continuous,
            blocks: Blocks::new(&Which::Residual.config())?,
            motion: Motion::new(&Which::Continuous.config())?,
            toy,
            seed,
            points: shown(toy, seed),
            look,
            seen: look,
            running: None,
            sessions,
            series: None,
            moving: None,
            stale: [true; 2],
            anew: false,
            looked: (now, Duration::ZERO),
            published: now,
            dirty: true,
            trouble: Trouble::default(),
            broke: None,
        })
    }

    /// The lesson of one of the flows.
    pub fn lesson(which: Which, toy: Toy, seed: u64) -> Lesson {
        learner::lesson(which.config(), toy, seed)
    }

    fn learner(&mut self, which: Which) -> &mut Learner {
        match which {
            Which::Residual => &mut self.residual,
            Which::Continuous => &mut self.continuous,
        }
    }

    fn restart(&mut self, seed: u64, toy: Toy) -> Result<(), TrainError> {
        let [residual, continuous] = pair(seed, toy, &mut self.sessions)?;
        (self.residual, self.continuous, self.seed, self.toy) = (residual, continuous, seed, toy);
        self.points = shown(toy, seed);
        self.stale = [true; 2];
        self.settle();
        Ok(())
    }

    /// The same, whatever the device does; a failure is kept.
    fn anew(&mut self, seed: u64, toy: Toy) {
        if let Err(error) = self.surely(|job| job.restart(seed, toy)) {
            self.fail(&error, None);
        }
    }

    /// What failed is over.
    fn settle(&mut self) {
        self.trouble.settle();
        self.broke = None;
    }

    fn weights(&mut self) -> Result<Weights, TrainError> {
        let parts = [(RESIDUAL.to_owned(), self.residual.weights()?), (CONTINUOUS.to_owned(), self.continuous.weights()?)];
        let mut weights = Weights::bundle(parts);
        weights.keep(&self.toy);
        Ok(weights)
    }

    fn load(&mut self, path: &Path) -> Result<(), TrainError> {
        let weights = Weights::read(path)?;
        let toy: Toy = weights.kept()?;
        if toy != self.toy {
            return Err(TrainError::WrongWeights { reason: format!("they have learned {}", toy.title()) });
        }
        // Both are read before either is taken: a wrong part leaves everything as it was.
        let residual = self.residual.read(weights.part(RESIDUAL))?;
        let continuous = self.continuous.read(weights.part(CONTINUOUS))?;
        self.residual.take(residual)?;
        self.continuous.take(continuous)?;
        (self.stale, self.anew) = ([true; 2], true);
        self.settle();
        Ok(())
    }

    /// Keeps what failed, and in which flow if it was one: that need not be the one that runs.
    fn fail(&mut self, error: &TrainError, which: Option<Which>) {
        self.running = None;
        let rate = which.map(|which| self.learner(which).rate());
        self.trouble.fail(error, rate);
        self.broke = which.filter(|_| self.trouble.broke_at.is_some());
        if self.broke.is_some() {
            // The values are those of the last sound step again: they are what is shown.
            (self.stale, self.dirty) = ([true; 2], true);
            return;
        }
        // What cannot be computed is not asked for again and again.
        self.stale = [false; 2];
        self.dirty = true;
    }

    fn train(&mut self, which: Which) -> Result<(), TrainError> {
        let end = Instant::now() + SLICE;
        let learner = self.learner(which);
        while Instant::now() < end {
            learner.step()?;
        }
        learner.collect()?;
        self.stale[usize::from(which == Which::Continuous)] = true;
        self.dirty = true;
        Ok(())
    }

    /// Computes everything about one flow: its density and its chapter's pictures.
    fn draw(&mut self, which: Which) -> Result<(), TrainError> {
        self.learner(which).draw()?;
        let step = self.learner(which).done();
        match which {
            Which::Residual => self.series = Some(Arc::new(self.blocks.look(self.residual.session(), step, &self.look, self.seed)?)),
            Which::Continuous => {
                self.moving = Some(Arc::new(self.motion.look(self.continuous.session(), step, &self.look, &self.points, self.seed)?));
            }
        }
        Ok(())
    }

    /// Makes the pictures that are out of date; `at` is the flow that is looked at, which an error is of.
    fn see(&mut self, at: &mut Option<Which>) -> Result<(), TrainError> {
        let begin = Instant::now();
        if std::mem::take(&mut self.stale[0]) {
            *at = Some(Which::Residual);
            self.draw(Which::Residual)?;
        }
        // The motion of a flow that nobody looks at can wait, after its first picture.
        if self.stale[1] && (self.look.which == Which::Continuous || self.moving.is_none()) {
            self.stale[1] = false;
            *at = Some(Which::Continuous);
            self.draw(Which::Continuous)?;
        }
        self.seen = self.look;
        (self.looked, self.anew) = ((Instant::now(), begin.elapsed()), false);
        self.dirty = true;
        Ok(())
    }

    /// Sees anew, whatever the device does; a failure is kept.
    fn renew(&mut self) {
        let mut at = None;
        if let Err(error) = self.surely(|job| job.see(&mut at)) {
            self.fail(&error, at);
        }
    }

    /// The flow that broke trains on at half of its rate.
    fn slower(&mut self) {
        if let (Some(which), Some(rate)) = (self.broke, self.trouble.broke_at) {
            self.learner(which).set_rate(rate / 2.0);
            self.running = Some(which);
            self.settle();
        }
    }

    fn snapshot(&self) -> EstimateSnapshot {
        EstimateSnapshot {
            look: self.seen,
            running: self.running,
            floor: self.toy.entropy().map(|entropy| entropy.nats),
            points: Arc::clone(&self.points),
            residual: self.residual.view(),
            continuous: self.continuous.view(),
            series: self.series.clone(),
            motion: self.moving.clone(),
            backend: self.residual.backend(),
            trouble: self.trouble.clone(),
            broke: self.broke,
        }
    }
}

/// The two flows.
fn pair(seed: u64, toy: Toy, sessions: &mut Sessions) -> Result<[Learner; 2], TrainError> {
    let residual = Learner::new(Which::Residual.config(), toy, seed, sessions.open()?)?;
    Ok([residual, Learner::new(Which::Continuous.config(), toy, seed, sessions.open()?)?])
}

/// Points of the data that are shown.
fn shown(toy: Toy, seed: u64) -> Arc<Vec<[f32; 2]>> {
    Arc::new(toy.sample(SHOWN, seed, SHOWN_STREAM).xy)
}

impl Survivor for EstimateJob {
    fn parts(&mut self) -> (&mut Sessions, &mut Trouble) {
        (&mut self.sessions, &mut self.trouble)
    }

    fn reopen(&mut self) -> Result<String, TrainError> {
        self.residual.move_to(self.sessions.open()?)?;
        self.continuous.move_to(self.sessions.open()?)?;
        (self.stale, self.anew, self.dirty) = ([true; 2], true, true);
        let steps = [self.residual.done(), self.continuous.done()];
        Ok(format!("the residual flow goes on from step {}, the continuous one from step {}, their last good ones", steps[0], steps[1]))
    }
}

impl Job for EstimateJob {
    type Command = EstimateCommand;
    type Snapshot = EstimateSnapshot;

    fn command(&mut self, command: EstimateCommand, out: &mut Publisher<EstimateSnapshot>) {
        self.dirty = true;
        match command {
            EstimateCommand::Train(which) => {
                self.running = which;
                if which.is_some() {
                    self.settle();
                }
            }
            EstimateCommand::Slower => self.slower(),
            EstimateCommand::Understood => self.trouble.lost = None,
            EstimateCommand::Restart(seed) => self.anew(seed, self.toy),
            EstimateCommand::Toy(toy) => self.anew(self.seed, toy),
            EstimateCommand::Look(look) => {
                let before = std::mem::replace(&mut self.look, look);
                self.stale[0] |= Look { which: before.which, ..look } != before;
                self.stale[1] |= look.probe != before.probe;
                self.anew = true;
            }
            EstimateCommand::Save(path) => out.tell(self.surely(|job| job.weights().and_then(|weights| weights.save(&path)))),
            EstimateCommand::Load(path) => out.tell(self.surely(|job| job.load(&path))),
        }
    }

    fn turn(&mut self, out: &mut Publisher<EstimateSnapshot>) -> Activity {
        if let Some(which) = self.running
            && let Err(error) = self.surely(|job| job.train(which))
        {
            self.fail(&error, Some(which));
        }
        let (last, took) = self.looked;
        let pause = if self.anew { took } else { LOOK.max(2 * took) };
        if self.running.is_none() || self.series.is_none() || last.elapsed() > pause {
            self.renew();
        }
        if self.dirty && (self.running.is_none() || self.published.elapsed() >= PUBLISH) {
            (self.dirty, self.published) = (false, Instant::now());
            out.snapshot(self.snapshot());
        }
        if self.running.is_some() { Activity::Busy } else { Activity::Idle }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::train::breakable::Breakable;

    /// Its last steps are still under way when training is paused, or when the other flow trains: the picture hears of them.
    #[test]
    fn what_breaks_in_a_picture_is_the_flow_of_the_picture_whichever_runs() {
        let spoiled = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&spoiled);
        let make = move || Ok(Box::new(Breakable::new(&Arc::default(), &theirs)) as _);
        let look = Look { which: Which::Continuous, probe: [0.4, -0.7], block: 0, terms: 4, probes: 1, noise: Noise::Normal };
        let mut job = EstimateJob::with(541, Toy::TwoMoons, look, Sessions::by(Box::new(make), 1)).unwrap();
        let rate = job.continuous.rate();
        assert!(rate < job.residual.rate(), "the two rates tell the flows apart");
        for (running, rate) in [(None, rate), (Some(Which::Residual), rate / 2.0)] {
            job.continuous.step().unwrap();
            spoiled.store(true, Ordering::Relaxed);
            (job.running, job.stale) = (running, [false, true]);
            job.renew();
            assert_eq!((job.broke, job.trouble.broke_at), (Some(Which::Continuous), Some(rate)), "{running:?} runs");
            assert_eq!((job.running, job.continuous.done()), (None, 0), "at the last sound weights");
            job.slower();
            assert_eq!((job.running, job.trouble.sentence()), (Some(Which::Continuous), None));
            assert_eq!((job.continuous.rate(), job.residual.rate()), (rate / 2.0, 3e-3), "only the one that broke");
            // A second click finds nothing that is broken.
            job.slower();
            assert_eq!(job.continuous.rate(), rate / 2.0);
        }
    }
}
