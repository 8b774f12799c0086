//! Undo and redo: what was set and drawn, each with its fit.

use egui::Context;

use super::state::State;
use super::{Command, FlowLab, Shared};
use crate::labs::history::{self, Remembered};

/// What was set and drawn, with the number of the fit that it belonged to.
type Moment = (State, u64);

impl Remembered for Moment {}

/// What was, what is, and what was undone.
pub(super) type History = history::History<Moment>;

impl FlowLab {
    /// Takes note of a change, once the hand that made it is lifted.
    pub(super) fn remember(&mut self, ctx: &Context) {
        let busy = self.stroke_under_way() || self.curve_under_way();
        let heard = self.snapshot.as_ref().is_none_or(|snapshot| snapshot.heard == self.sent.get());
        if !Shared::held(ctx) && !busy && heard {
            self.history.observe(self.moment(), false);
            // What comes later are pictures, not settings.
            if self.snapshot.is_some() && self.load_at_start.is_none() {
                self.history.has_begun();
            }
        }
    }

    /// Takes note of what is before a hand changes it: a worker that has not heard of the last stroke must not make one step of two.
    pub(super) fn mark(&mut self) {
        self.history.has_begun();
        self.history.observe(self.moment(), false);
    }

    /// Takes the last change back, or makes it again.
    pub(super) fn change_back(&mut self, command: Command, shared: &mut Shared) {
        self.history.has_begun();
        // A loop lies around dabs as they were.
        self.tools.lasso = super::tools::Lasso::default();
        if let Some((was, run)) = self.history.go(command, self.moment(), shared) {
            let taken = self.present().with_settings_of(was);
            self.fit_next |= self.apply(taken, Some(run), shared);
            // What could not be taken exactly as it was is no new change.
            self.history.settle(self.moment());
        }
    }

    fn moment(&self) -> Moment {
        (self.asked_state().only_settings(), self.run.0)
    }
}
