//! The time-line of the training: looking back, going on from the newest or from an earlier step, and what is left after a failure.

use std::sync::Arc;

use super::{FlowJob, Phase, Trained};
use crate::exec::Session;
use crate::train::{Event, Publisher, Ring, TrainError, Weights};

/// Bytes of parameters that are kept: the optimiser's moments go with them, so that training goes on from any of them as it did then.
const BYTES: usize = 64 << 20;
/// More places than this nobody can tell apart on a slider.
const PLACES: usize = 512;
/// Reading all parameters from a graphics card takes as long as many steps.
const GPU_EVERY: u64 = 16;

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

/// What the job keeps of the past.
pub(super) struct History {
    ring: Ring,
    kept: Arc<Vec<u64>>,
    /// The newest weights, kept aside while an earlier step is shown.
    newest: Option<Weights>,
    /// The step that the window asked to see, while a round of pictures of another one is under way.
    wanted: Option<u64>,
    /// The round under way is a coarse one, made because someone scrubs: a fine one follows.
    pub(super) hurried: bool,
    pub(super) broke: Option<u64>,
}

impl Default for History {
    fn default() -> History {
        History { ring: Ring::new(BYTES, PLACES, 1), kept: Arc::default(), newest: None, wanted: None, hurried: false, broke: None }
    }
}

impl History {
    /// An empty one for training on this backend.
    pub(super) fn new(session: &dyn Session) -> History {
        let every = if session.backend().backend == "cpu" { 1 } else { GPU_EVERY };
        History { ring: Ring::new(BYTES, PLACES, every), ..History::default() }
    }

    /// Keeps the fit's weights if their step is one that is kept.
    ///
    /// # Errors
    /// A lost device.
    pub(super) fn keep(&mut self, model: &mut Trained) -> Result<(), TrainError> {
        let step = model.fit.step();
        if self.ring.wants(step) {
            self.ring.keep(step, &model.fit.weights()?);
            self.kept = Arc::new(self.ring.steps());
        }
        Ok(())
    }

    /// Training goes another way from this step on.
    pub(super) fn rewind(&mut self, step: u64) {
        self.ring.rewind(step);
        self.kept = Arc::new(self.ring.steps());
        self.newest = None;
        self.wanted = None;
    }

    /// Whether an earlier step is shown.
    pub(super) fn looks_back(&self) -> bool {
        self.newest.is_some()
    }

    /// As the window shows it, with the fit at this step.
    pub(super) fn timeline(&self, step: u64) -> Timeline {
        let newest = self.newest.as_ref().map_or(step, Weights::step);
        Timeline { kept: Arc::clone(&self.kept), every: self.ring.every(), newest, shown: step, broke: self.broke }
    }
}

impl FlowJob {
    /// Shows a kept step; training stands still meanwhile. While a hurried round is under way the newest wish waits for its end, so that a
    /// scrubber that moves always shows something.
    pub(super) fn look_at(&mut self, step: u64) -> Result<(), TrainError> {
        self.training = false;
        self.history.wanted = Some(step);
        if self.history.hurried && matches!(self.phase, Phase::Draw { .. }) {
            return Ok(());
        }
        self.follow_scrubber()
    }

    /// Takes the step that is wanted, if there is one, and draws it coarsely first.
    pub(super) fn follow_scrubber(&mut self) -> Result<(), TrainError> {
        let (Some(step), Some(model)) = (self.history.wanted.take(), &mut self.model) else { return Ok(()) };
        let newest = match &self.history.newest {
            Some(weights) => weights.clone(),
            None => model.fit.weights()?,
        };
        let earlier = if step < newest.step() { self.history.ring.at(step) } else { None };
        match earlier {
            Some((_, weights)) => {
                model.fit.load(&weights)?;
                self.history.newest = Some(newest);
            }
            None => {
                model.fit.load(&newest)?;
                self.history.newest = None;
            }
        }
        model.numeric.forget();
        self.history.hurried = true;
        self.draw_soon();
        Ok(())
    }

    /// Back to the newest step, if an earlier one is shown.
    pub(super) fn return_to_newest(&mut self) -> Result<(), TrainError> {
        if let (Some(newest), Some(model)) = (self.history.newest.take(), &mut self.model) {
            model.fit.load(&newest)?;
            model.numeric.forget();
        }
        self.history.wanted = None;
        Ok(())
    }

    /// The step that is shown is the newest from now on: what came after it is forgotten.
    pub(super) fn stay_here(&mut self) -> Result<(), TrainError> {
        let Some(model) = &mut self.model else { return Ok(()) };
        let step = model.fit.step();
        model.good = (step, model.fit.weights()?);
        model.first_loss = None;
        self.history.rewind(step);
        self.history.broke = None;
        self.diverged = None;
        self.collector.rewind(step);
        self.draw_soon();
        Ok(())
    }

    /// Makes the newest kept step that lies at least `back` updates before the newest the newest one.
    pub(super) fn go_back(&mut self, back: u64, out: &mut Publisher<super::FlowSnapshot>) -> Result<(), TrainError> {
        self.return_to_newest()?;
        let Some(model) = &mut self.model else { return Ok(()) };
        let from = model.fit.step();
        let Some((step, weights)) = self.history.ring.at(from.saturating_sub(back)) else {
            out.event(Event::Warning(format!("No step at least {back} updates before step {from} is kept; start again instead.")));
            return Ok(());
        };
        model.fit.load(&weights)?;
        model.numeric.forget();
        self.training = false;
        out.event(Event::Done(format!("Back at step {step}, {} updates before step {from}.", from - step)));
        self.stay_here()
    }
}
