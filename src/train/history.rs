//! The time-line of a training: looking back, going on from the newest or from an earlier step, and what is left after a failure.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Fit, Ring, TrainError, Weights};
use crate::exec::Session;

/// Bytes of parameters that are kept: the optimiser's moments go with them, so that training goes on from any of them as it did then.
const BYTES: usize = 64 << 20;
/// More places than this nobody can tell apart on a slider.
const PLACES: usize = 512;
/// Reading all parameters from a graphics card takes as long as many steps.
const GPU_EVERY: u64 = 16;
/// Keeping takes at most this part of the time that training takes, where the model is large enough for that to matter.
const SHARE: f64 = 0.01;
/// Where it takes at most this part of that share, twice as many steps are kept: they still take only half of it.
const CHEAP: f64 = 0.25;
/// However long reading takes, so many steps are far enough apart.
const RAREST: u64 = 1_024;

/// What the window may ask of the past of a training.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Past {
    /// Shows the newest kept step that is not after this one, or the newest of all; training stands still meanwhile.
    LookAt(u64),
    /// Trains from the step that is shown: what came after it is forgotten.
    GoOnFromHere,
    /// Makes a kept step at least so many updates before the newest the newest; training stands still there.
    GoBack(u64),
}

/// The time-line as the window shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// Steps whose parameters are kept, oldest first.
    pub kept: Arc<Vec<u64>>,
    /// Kept are the multiples of this, a power of two.
    pub every: u64,
    /// The newest step.
    pub newest: u64,
    /// The step that is shown; training goes on from the newest unless asked.
    pub shown: u64,
    /// The step at which training broke, until it goes on.
    pub broke: Option<u64>,
}

impl Timeline {
    /// The earlier step that is shown; none while it is the newest.
    pub fn looked(&self) -> Option<u64> {
        (self.shown < self.newest).then_some(self.shown)
    }
}

/// What a worker keeps of the past of its fit.
pub(super) struct History {
    ring: Ring,
    kept: Arc<Vec<u64>>,
    /// The newest weights, kept aside while an earlier step is shown.
    newest: Option<Weights>,
    /// The step at which training broke, until it goes on.
    pub(super) broke: Option<u64>,
    /// The shortest time that keeping a step took, and when one was kept last.
    cost: Duration,
    kept_at: Instant,
    /// Kept is at most every so-many-th step on this backend.
    least: u64,
}

impl Default for History {
    fn default() -> History {
        History {
            ring: Ring::new(BYTES, PLACES, 1),
            kept: Arc::default(),
            newest: None,
            broke: None,
            cost: Duration::MAX,
            kept_at: Instant::now(),
            least: 1,
        }
    }
}

impl History {
    /// An empty one for training on this backend.
    pub(super) fn new(session: &dyn Session) -> History {
        let mut history = History::default();
        history.moves_to(session);
        history
    }

    /// Training runs on this backend from now on.
    pub(super) fn moves_to(&mut self, session: &dyn Session) {
        self.least = if session.backend().backend == "cpu" { 1 } else { GPU_EVERY };
        self.ring.widen(self.least);
        self.kept = Arc::new(self.ring.steps());
        (self.cost, self.kept_at) = (Duration::MAX, Instant::now());
    }

    /// Keeps the fit's weights if their step is one that is wanted; true if they are kept.
    ///
    /// # Errors
    /// A lost device.
    pub(super) fn keep(&mut self, fit: &mut Fit) -> Result<bool, TrainError> {
        if !self.ring.wants(fit.step()) {
            return Ok(false);
        }
        let kept = self.ring.keep(fit.step(), &fit.weights()?);
        self.kept = Arc::new(self.ring.steps());
        Ok(kept)
    }

    /// As [`keep`](Self::keep), and rarer from then on if it takes more than its share of the time, more often if it takes far less.
    ///
    /// # Errors
    /// A lost device.
    pub(super) fn keep_in_time(&mut self, fit: &mut Fit) -> Result<(), TrainError> {
        if !self.ring.wants(fit.step()) {
            return Ok(());
        }
        // What the device still computes is training, not keeping.
        fit.wait()?;
        let begin = Instant::now();
        self.keep(fit)?;
        // The shortest: at another time somebody else may have had the processor meanwhile.
        self.cost = self.cost.min(begin.elapsed());
        let every = affordable(self.ring.every(), self.cost, begin - self.kept_at);
        self.ring.narrow(every.max(self.least));
        self.ring.widen(every);
        self.kept = Arc::new(self.ring.steps());
        self.kept_at = Instant::now();
        Ok(())
    }

    /// Training goes another way from this step on.
    pub(super) fn rewind(&mut self, step: u64) {
        self.ring.rewind(step);
        self.kept = Arc::new(self.ring.steps());
        self.newest = None;
    }

    /// Whether nothing is kept.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Whether an earlier step is shown.
    pub(super) fn looks_back(&self) -> bool {
        self.newest.is_some()
    }

    /// The newest weights, where an earlier step is shown.
    pub(super) fn aside(&self) -> Option<&Weights> {
        self.newest.as_ref()
    }

    /// The newest weights, whichever step the fit shows.
    ///
    /// # Errors
    /// A lost device.
    pub(super) fn newest_weights(&self, fit: &mut Fit) -> Result<Weights, TrainError> {
        self.aside().map_or_else(|| fit.weights(), |weights| Ok(weights.clone()))
    }

    /// The newest step, with the fit at this one.
    pub(super) fn newest(&self, step: u64) -> u64 {
        self.newest.as_ref().map_or(step, Weights::step)
    }

    /// As the window shows it, with the fit at this step.
    pub(super) fn timeline(&self, step: u64) -> Timeline {
        Timeline { kept: Arc::clone(&self.kept), every: self.ring.every(), newest: self.newest(step), shown: step, broke: self.broke }
    }

    /// Gives the fit the newest kept weights that are not after this step, or the newest of all.
    ///
    /// # Errors
    /// A lost device.
    pub(super) fn look_at(&mut self, fit: &mut Fit, step: u64) -> Result<(), TrainError> {
        let newest = self.newest_weights(fit)?;
        let earlier = if step < newest.step() { self.ring.at(step) } else { None };
        match earlier {
            Some((_, weights)) => {
                fit.load(&weights)?;
                self.newest = Some(newest);
            }
            None => {
                fit.load(&newest)?;
                self.newest = None;
            }
        }
        Ok(())
    }

    /// Gives the fit its newest weights again; true if an earlier step was shown.
    ///
    /// # Errors
    /// A lost device.
    pub(super) fn return_to_newest(&mut self, fit: &mut Fit) -> Result<bool, TrainError> {
        let Some(newest) = &self.newest else { return Ok(false) };
        fit.load(newest)?;
        self.newest = None;
        Ok(true)
    }

    /// Gives the fit the newest kept weights that lie at least `back` updates before its newest; says where it stands.
    ///
    /// # Errors
    /// None are kept; then it has its newest. A lost device.
    pub(super) fn go_back(&mut self, fit: &mut Fit, back: u64) -> Result<String, TrainError> {
        self.return_to_newest(fit)?;
        let from = fit.step();
        let (step, weights) = self.ring.at(from.saturating_sub(back)).ok_or(TrainError::NothingKept { back, from })?;
        fit.load(&weights)?;
        Ok(format!("Back at step {step}, {} updates before step {from}.", from - step))
    }
}

/// How often a step is kept if keeping one takes so long and training took so long since the last one.
fn affordable(every: u64, cost: Duration, trained: Duration) -> u64 {
    let over = cost.as_secs_f64() / (SHARE * trained.as_secs_f64()).max(1e-9);
    if over <= CHEAP {
        return (every / 2).max(1);
    }
    // Never beyond what is rare enough.
    let wanted = (every as f64 * over).min(RAREST as f64).ceil() as u64;
    every.max(wanted.next_power_of_two())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::cpu::CpuSession;
    use crate::exec::{BackendInfo, ExecError, ProgramId};
    use crate::graph::{Graph, NodeId, Reuse};
    use crate::train::{Lesson, Source};

    /// Computing a step takes so long on the device of the test.
    const STEP: Duration = Duration::from_millis(30);

    /// A device that computes steps after they were ordered, up to four of them, and gives a parameter when all are done.
    struct Queue {
        inside: CpuSession,
        done: Instant,
    }

    impl Session for Queue {
        fn prepare(&mut self, graph: &Arc<Graph>, reuse: Reuse) -> Result<ProgramId, ExecError> {
            self.inside.prepare(graph, reuse)
        }
        fn run(&mut self, program: ProgramId, inputs: &[(&str, &[f32])]) -> Result<(), ExecError> {
            self.inside.run(program, inputs)?;
            let full = self.done.saturating_duration_since(Instant::now()).saturating_sub(3 * STEP);
            std::thread::sleep(full);
            self.done = self.done.max(Instant::now()) + STEP;
            Ok(())
        }
        fn read_output(&mut self, program: ProgramId, name: &str) -> Result<Vec<f32>, ExecError> {
            self.inside.read_output(program, name)
        }
        fn losses(&mut self) -> Vec<f32> {
            self.inside.losses()
        }
        fn skipped_updates(&mut self) -> usize {
            self.inside.skipped_updates()
        }
        fn write_parameter(&mut self, name: &str, values: &[f32]) -> Result<(), ExecError> {
            self.inside.write_parameter(name, values)
        }
        fn read_parameter(&mut self, name: &str) -> Result<Vec<f32>, ExecError> {
            std::thread::sleep(self.done.saturating_duration_since(Instant::now()));
            self.inside.read_parameter(name)
        }
        fn first_non_finite(&mut self, program: ProgramId) -> Option<NodeId> {
            self.inside.first_non_finite(program)
        }
        fn backend(&self) -> BackendInfo {
            BackendInfo { backend: "gpu", ..self.inside.backend() }
        }
    }

    #[test]
    fn waiting_for_steps_that_are_under_way_is_no_cost_of_keeping_them() {
        let lesson = Lesson::preset("stack-prelude").unwrap();
        let session = Queue { inside: CpuSession::new(1), done: Instant::now() };
        let mut fit = Fit::new(lesson.clone(), Source::open(&lesson).unwrap(), Box::new(session)).unwrap();
        let mut history = History::new(fit.session());
        history.keep(&mut fit).unwrap();
        while fit.step() < 4 * GPU_EVERY {
            fit.advance().unwrap();
            history.keep_in_time(&mut fit).unwrap();
        }
        // Reading may take 19 ms, the hundredth of 64 steps: it takes a few. Waiting for four steps takes 120, which 512 steps do not afford.
        let line = history.timeline(fit.step());
        assert!((GPU_EVERY..=4 * GPU_EVERY).contains(&line.every), "every {} steps", line.every);
    }

    #[test]
    fn keeping_takes_a_hundredth_of_the_time_however_long_it_takes() {
        let ms = Duration::from_millis;
        // 1 ms after 100 ms of training is a hundredth; after 10 ms it is ten times that, which 16 times as many steps afford.
        assert_eq!(affordable(1, ms(1), ms(100)), 1);
        assert_eq!(affordable(1, ms(1), ms(10)), 16);
        assert_eq!(affordable(16, ms(1), ms(10)), 256);
        // More often again by halves, and only where half as far apart is still well within the share.
        assert_eq!(affordable(64, ms(1), ms(60_000)), 32);
        assert_eq!([affordable(64, ms(1), ms(401)), affordable(64, ms(1), ms(399))], [32, 64]);
        assert_eq!(affordable(1, ms(1), ms(60_000)), 1);
        assert_eq!(affordable(2, ms(900), Duration::ZERO), RAREST);
        assert_eq!(affordable(4_096, ms(900), ms(1)), 4_096);
    }
}
