//! The worker's job behind the lab of the blind spot: one masked stack and two gated stacks learn the same rain side by side. It knows no
//! window.
//!
//! Both take their steps in turn, on the same images, with the same kernels and the same optimiser. What one stack cannot see is all that
//! there is to know, so its curve stays at one bit a pixel.

mod racer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::racer::Racer;
use super::trouble::{Sessions, Survivor, Trouble};
use super::{Activity, ImageData, Job, Lesson, Model, Publisher, Score, TrainError, Weights};
use crate::autoregressive::pixelcnn::Wiring;
use crate::data::rain::Rain;
use crate::exec::{BackendChoice, BackendInfo};

/// Held-out images on which the curves are measured.
pub const TEST_IMAGES: usize = 200;
/// Time of a turn.
const SLICE: Duration = Duration::from_millis(30);
/// The test images are scored this often.
const SCORE: Duration = Duration::from_secs(2);
/// Snapshots come at most this often.
const PUBLISH: Duration = Duration::from_millis(200);

/// What the window may ask.
#[derive(Clone, PartialEq, Debug)]
pub enum RainCommand {
    /// Starts or pauses both.
    Train(bool),
    /// Both go on at half of the rate, after one of them broke.
    Slower,
    /// The sentence about the lost graphics device was read.
    Understood,
    /// Both from their initial values of this seed.
    Restart(u64),
    /// Another law of images; both start anew.
    Law(Rain),
    /// The layer of the gated model whose values are published, from 0.
    Look(usize),
    /// Writes the values of both with the optimisers', and their curves.
    Save(PathBuf),
    /// Goes on from such a file, if it is of the present law.
    Load(PathBuf),
}

/// One of the two models.
#[derive(Clone, Debug)]
pub struct RacerView {
    /// One stack or two.
    pub wiring: Wiring,
    /// Updates so far.
    pub step: u64,
    /// Seconds that its updates took.
    pub seconds: f64,
    /// Trained values.
    pub parameters: usize,
    /// `[step, nats]` on the batches.
    pub train: Arc<Vec<[f64; 2]>>,
    /// `[step, nats]` on held-out images.
    pub test: Arc<Vec<[f64; 2]>>,
    /// The newest test score.
    pub score: Option<Score>,
    /// An image that it draws, levels row by row, from the same noise each time.
    pub sample: Arc<Vec<u8>>,
}

/// Values inside one layer of the gated model on the example image, `[P, channels]` each.
#[derive(Clone, Debug)]
pub struct LayerValues {
    /// Grows with each new set of values.
    pub version: u64,
    /// The layer, from 0.
    pub layer: usize,
    /// Channels C of a stack; `vertical`, `link` and `horizontal` have 2 C.
    pub channels: usize,
    /// The vertical convolution before its gate.
    pub vertical: Vec<f32>,
    /// The vertical stack after its gate; `None` in the last layer, where nothing reads it.
    pub vertical_out: Option<Vec<f32>>,
    /// What comes over the link.
    pub link: Vec<f32>,
    /// The horizontal convolution.
    pub horizontal: Vec<f32>,
    /// The half of the gate that proposes.
    pub tanh: Vec<f32>,
    /// The half that lets through.
    pub sigmoid: Vec<f32>,
    /// The horizontal stack after the layer.
    pub horizontal_out: Vec<f32>,
}

/// All that the window draws. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RainSnapshot {
    /// The law of the images.
    pub law: Rain,
    /// Whether both learn.
    pub running: bool,
    /// Entropy of the law, nats an image: no model is below it.
    pub floor: f64,
    /// `P ln 2`: what a model pays that knows nothing.
    pub nothing: f64,
    /// Layers of the gated model.
    pub layers: usize,
    /// One masked stack, then two stacks.
    pub racers: [RacerView; 2],
    /// An image of the law, held out.
    pub example: Arc<Vec<u8>>,
    /// Inside the gated model, on that image.
    pub values: Option<Arc<LayerValues>>,
    /// What they learn on.
    pub backend: BackendInfo,
    /// What went wrong.
    pub trouble: Trouble,
}

/// The job.
pub struct RainJob {
    racers: [Racer; 2],
    law: Rain,
    running: bool,
    look: usize,
    sessions: Sessions,
    scored: Instant,
    published: Instant,
    dirty: bool,
    trouble: Trouble,
}

impl RainJob {
    /// Both models with their initial values of a seed, on the shipped law or another one.
    ///
    /// # Errors
    /// A law out of range, a device that fails.
    pub fn new(seed: u64, law: Option<Rain>, choice: BackendChoice, threads: usize) -> Result<RainJob, TrainError> {
        RainJob::with(seed, law, Sessions::on(choice, threads))
    }

    /// The same in sessions of any kind.
    ///
    /// # Errors
    /// A law out of range, a device that fails.
    pub fn with(seed: u64, law: Option<Rain>, mut sessions: Sessions) -> Result<RainJob, TrainError> {
        let now = Instant::now();
        let racers = pair(seed, law, &mut sessions)?;
        let (law, trouble) = (racers[0].law(), Trouble::default());
        Ok(RainJob { racers, law, running: false, look: 1, sessions, scored: now, published: now, dirty: true, trouble })
    }

    fn restart(&mut self, seed: u64, law: Rain) {
        let made = self.surely(|job| {
            (job.racers, job.law) = (pair(seed, Some(law), &mut job.sessions)?, law);
            job.trouble.settle();
            Ok(())
        });
        match made {
            // Before the first update there is something to see as well.
            Ok(()) => self.look_inside(),
            Err(error) => self.fail(&error),
        }
        self.dirty = true;
    }

    fn save(&mut self, path: &Path) -> Result<(), TrainError> {
        let parts = self.racers.iter_mut().map(|racer| Ok((racer.name(), racer.weights()?)));
        let mut weights = Weights::bundle(parts.collect::<Result<Vec<_>, TrainError>>()?);
        weights.keep(&self.law);
        weights.save(path)
    }

    fn load(&mut self, path: &Path) -> Result<(), TrainError> {
        let weights = Weights::read(path)?;
        let law: Rain = weights.kept()?;
        if law != self.law {
            return Err(TrainError::WrongWeights { reason: format!("they have learned {}", law.title()) });
        }
        // Both are read before either is taken: a wrong part leaves everything as it was.
        let [plain, gated] = &self.racers;
        let read = [plain.read(weights.part(&plain.name()))?, gated.read(weights.part(&gated.name()))?];
        self.racers.iter_mut().zip(read).try_for_each(|(racer, read)| racer.take(read))?;
        self.trouble.settle();
        Ok(())
    }

    fn fail(&mut self, error: &TrainError) {
        self.trouble.fail(error, Some(self.racers[0].rate()));
        (self.running, self.dirty) = (false, true);
    }

    fn train(&mut self) -> Result<(), TrainError> {
        let end = Instant::now() + SLICE;
        while Instant::now() < end {
            // Both have taken the same number of steps, unless one of them had to go back further.
            let behind = usize::from(self.racers[1].done() < self.racers[0].done());
            self.racers[behind].step()?;
        }
        for racer in &mut self.racers {
            racer.collect()?;
        }
        Ok(())
    }

    fn measure(&mut self) -> Result<(), TrainError> {
        for racer in &mut self.racers {
            racer.measure(TEST_IMAGES)?;
        }
        self.racers[1].look(self.look)
    }

    fn look_inside(&mut self) {
        if let Err(error) = self.surely(RainJob::measure) {
            self.fail(&error);
            // The values are those of the last sound step again: they are what is shown.
            if self.trouble.broke_at.is_some()
                && let Err(error) = self.surely(RainJob::measure)
            {
                self.fail(&error);
            }
        }
        self.scored = Instant::now();
        self.dirty = true;
    }

    fn snapshot(&mut self) -> RainSnapshot {
        RainSnapshot {
            law: self.law,
            running: self.running,
            floor: self.law.entropy().nats,
            nothing: (self.law.size * self.law.size) as f64 * std::f64::consts::LN_2,
            layers: self.racers[1].layers(),
            example: self.racers[0].example(),
            values: self.racers[1].values(),
            backend: self.racers[1].backend(),
            racers: [0, 1].map(|i| self.racers[i].view()),
            trouble: self.trouble.clone(),
        }
    }
}

/// The two lessons, with one law and one seed, opened.
fn pair(seed: u64, law: Option<Rain>, sessions: &mut Sessions) -> Result<[Racer; 2], TrainError> {
    let mut open = |name: &str| {
        let mut lesson = Lesson::preset(name).expect("a test reads every shipped lesson");
        lesson.seed = seed;
        if let (Some(law), Model::Pixelcnn { config, data }) = (law, &mut lesson.model) {
            *data = ImageData::Rain(law);
            (config.height, config.width) = (law.size, law.size);
        }
        Racer::new(lesson, sessions.open()?)
    };
    Ok([open("rain-plain")?, open("rain-gated")?])
}

impl Survivor for RainJob {
    fn parts(&mut self) -> (&mut Sessions, &mut Trouble) {
        (&mut self.sessions, &mut self.trouble)
    }

    fn reopen(&mut self) -> Result<String, TrainError> {
        for racer in &mut self.racers {
            racer.move_to(self.sessions.open()?)?;
        }
        self.dirty = true;
        let [plain, gated] = [0, 1].map(|i| self.racers[i].done());
        Ok(format!("one stack goes on from step {plain}, two stacks from step {gated}, their last good ones"))
    }
}

impl Job for RainJob {
    type Command = RainCommand;
    type Snapshot = RainSnapshot;

    fn command(&mut self, command: RainCommand, out: &mut Publisher<RainSnapshot>) {
        self.dirty = true;
        match command {
            RainCommand::Train(on) => {
                let pausing = self.running && !on;
                self.running = on;
                if on {
                    self.trouble.settle();
                }
                if pausing {
                    self.look_inside();
                }
            }
            RainCommand::Slower => {
                if let Some(rate) = self.trouble.broke_at {
                    // Both, so that they still differ in nothing but their stacks.
                    self.racers.iter_mut().for_each(|racer| racer.set_rate(rate / 2.0));
                    self.running = true;
                    self.trouble.settle();
                }
            }
            RainCommand::Understood => self.trouble.lost = None,
            RainCommand::Restart(seed) => self.restart(seed, self.law),
            RainCommand::Law(law) => self.restart(self.racers[0].seed(), law),
            RainCommand::Look(layer) => {
                self.look = layer.min(self.racers[1].layers() - 1);
                out.tell(self.racers[1].look(self.look));
            }
            RainCommand::Save(path) => out.tell(self.surely(|job| job.save(&path))),
            RainCommand::Load(path) => out.tell(self.surely(|job| job.load(&path))),
        }
    }

    fn turn(&mut self, out: &mut Publisher<RainSnapshot>) -> Activity {
        if self.racers[0].view().score.is_none() && self.trouble.error.is_none() {
            self.look_inside();
        }
        if self.running {
            if let Err(error) = self.surely(RainJob::train) {
                self.fail(&error);
                if self.trouble.broke_at.is_some() {
                    // The values are those of the last sound step again: they are what is shown.
                    self.look_inside();
                }
            }
            self.dirty = true;
            if self.scored.elapsed() >= SCORE {
                self.look_inside();
            }
        }
        if self.dirty && (!self.running || self.published.elapsed() >= PUBLISH) {
            (self.dirty, self.published) = (false, Instant::now());
            let snapshot = self.snapshot();
            out.snapshot(snapshot);
        }
        if self.running { Activity::Busy } else { Activity::Idle }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::data::rain::Toward;
    use crate::train::breakable::Breakable;

    #[test]
    fn weights_that_broke_are_not_scored_and_the_sound_ones_are() {
        let spoiled = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&spoiled);
        let make = move || Ok(Box::new(Breakable::new(&Arc::default(), &theirs)) as _);
        let law = Rain { size: 8, offset: 2, eps: 0.05, toward: Toward::Left };
        let mut job = RainJob::with(541, Some(law), Sessions::by(Box::new(make), 1)).unwrap();
        let learn = |racer: &mut Racer, steps: usize| (0..steps).for_each(|_| racer.step().unwrap());
        job.racers.iter_mut().for_each(|racer| learn(racer, 30));
        job.measure().unwrap();
        let shown = |racer: &Racer| {
            let view = racer.view();
            (view.step, view.score.unwrap().nats, view.test.last().copied().unwrap())
        };
        let sound = [0, 1].map(|i| shown(&job.racers[i]));
        assert!(sound.iter().all(|&(step, nats, last)| step == 30 && last == [30.0, nats]), "{sound:?}");
        for racer in &mut job.racers {
            learn(racer, 9);
            spoiled.store(true, Ordering::Relaxed);
            assert!(matches!(racer.measure(TEST_IMAGES), Err(TrainError::Diverged { kept: 30, .. })));
        }
        assert_eq!([0, 1].map(|i| shown(&job.racers[i])), sound);
        // The first breaks, so the job's look ends there: both are looked at again.
        job.racers.iter_mut().for_each(|racer| learn(racer, 9));
        spoiled.store(true, Ordering::Relaxed);
        job.look_inside();
        assert_eq!(job.trouble.broke_at, Some(job.racers[0].rate()));
        assert_eq!(shown(&job.racers[0]), sound[0]);
        let (step, nats, last) = shown(&job.racers[1]);
        assert!(step == 39 && last == [39.0, nats], "{step} {nats} {last:?}");
    }
}
