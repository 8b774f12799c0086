//! The time-line of the training as the worker draws it: what was asked for while someone scrubs, and the fit that goes back.

use super::{FlowJob, Phase};
use crate::train::{Event, Publisher, TrainError};

/// What is under way while someone scrubs.
#[derive(Default)]
pub(super) struct Scrub {
    /// The step that the window asked to see, while a round of pictures of another one is under way.
    pub(super) wanted: Option<u64>,
    /// The round under way is a coarse one, made because someone scrubs: a fine one follows.
    pub(super) hurried: bool,
}

impl FlowJob {
    /// Shows a kept step; training stands still meanwhile. While a hurried round is under way the newest wish waits for its end, so that a
    /// scrubber that moves always shows something.
    pub(super) fn look_at(&mut self, step: u64) -> Result<(), TrainError> {
        self.training = false;
        self.scrub.wanted = Some(step);
        if self.scrub.hurried && matches!(self.phase, Phase::Draw { .. }) {
            return Ok(());
        }
        self.follow_scrubber()
    }

    /// Takes the step that is wanted, if there is one, and draws it coarsely first.
    pub(super) fn follow_scrubber(&mut self) -> Result<(), TrainError> {
        let (Some(step), Some(model)) = (self.scrub.wanted.take(), &mut self.model) else { return Ok(()) };
        self.history.look_at(&mut model.fit, step)?;
        model.numeric.forget();
        self.scrub.hurried = true;
        self.draw_soon();
        Ok(())
    }

    /// Back to the newest step, if an earlier one is shown.
    pub(super) fn return_to_newest(&mut self) -> Result<(), TrainError> {
        if let Some(model) = &mut self.model
            && self.history.return_to_newest(&mut model.fit)?
        {
            model.numeric.forget();
        }
        self.scrub.wanted = None;
        Ok(())
    }

    /// The step that is shown is the newest from now on: what came after it is forgotten.
    pub(super) fn stay_here(&mut self) -> Result<(), TrainError> {
        let Some(model) = &mut self.model else { return Ok(()) };
        let step = model.fit.step();
        model.good = (step, model.fit.weights()?);
        model.first_loss = None;
        self.history.rewind(step);
        self.scrub.wanted = None;
        self.history.broke = None;
        self.diverged = None;
        self.collector.rewind(step);
        self.draw_soon();
        Ok(())
    }

    /// Makes the newest kept step that lies at least `back` updates before the newest the newest one.
    pub(super) fn go_back(&mut self, back: u64, out: &mut Publisher<super::FlowSnapshot>) -> Result<(), TrainError> {
        let Some(model) = &mut self.model else { return Ok(()) };
        self.scrub.wanted = None;
        model.numeric.forget();
        let said = self.history.go_back(&mut model.fit, back)?;
        self.training = false;
        out.event(Event::Done(said));
        self.stay_here()
    }
}
