//! Undo and redo: one list for the drawing and the settings, because a person does not tell them apart.

use egui::Context;

use super::state::State;
use super::{Command, FlowLab, Shared};

/// So many changes are kept.
const MOST: usize = 100;

/// What was set and drawn, with the number of the fit that it belonged to.
type Moment = (State, u64);

/// What was, what is, and what was undone.
#[derive(Default)]
pub(super) struct History {
    past: Vec<Moment>,
    now: Option<Moment>,
    undone: Vec<Moment>,
    /// Until what is being opened is there, it is no change.
    begins: bool,
}

impl History {
    /// Forgets all; what is shown once nothing is awaited any more is the first moment.
    pub(super) fn begin(&mut self) {
        *self = History { begins: true, ..History::default() };
    }

    /// Whether there is something to undo and to redo.
    pub(super) fn can(&self) -> (bool, bool) {
        (!self.past.is_empty(), !self.undone.is_empty())
    }

    /// Takes in what is; true if it is a change.
    fn look(&mut self, moment: Moment) -> bool {
        if self.now.as_ref() == Some(&moment) {
            return false;
        }
        if let Some(before) = self.now.replace(moment).filter(|_| !self.begins) {
            self.past.push(before);
            if self.past.len() > MOST {
                self.past.remove(0);
            }
            self.undone.clear();
        }
        true
    }

    /// The moment before, or the one that was undone last; it becomes what is.
    fn walk(&mut self, redo: bool) -> Option<Moment> {
        let (from, to) = if redo { (&mut self.undone, &mut self.past) } else { (&mut self.past, &mut self.undone) };
        let moment = from.pop()?;
        to.extend(self.now.replace(moment.clone()));
        Some(moment)
    }
}

impl FlowLab {
    /// Takes note of a change, once the hand that made it is lifted.
    pub(super) fn remember(&mut self, ctx: &Context) {
        let busy = self.stroke_under_way() || self.curve_under_way();
        let heard = self.snapshot.as_ref().is_none_or(|snapshot| snapshot.heard == self.sent.get());
        if !ctx.input(|input| input.pointer.any_down()) && !busy && heard {
            let moment = self.moment();
            self.history.look(moment);
            // What comes later are pictures, not settings.
            self.history.begins &= self.snapshot.is_none() || self.load_at_start.is_some();
        }
    }

    /// Takes note of what is before a hand changes it: a worker that has not heard of the last stroke must not make one step of two.
    pub(super) fn mark(&mut self) {
        self.history.begins = false;
        let moment = self.moment();
        self.history.look(moment);
    }

    /// Takes the last change back, or makes it again.
    pub(super) fn change_back(&mut self, command: Command, shared: &mut Shared) {
        self.mark();
        // A loop lies around dabs as they were.
        self.tools.lasso = super::tools::Lasso::default();
        match self.history.walk(command == Command::Redo) {
            Some((was, run)) => {
                let taken = self.present().with_settings_of(was);
                self.fit_next |= self.apply(taken, Some(run), shared);
                // What could not be taken exactly as it was is no new change.
                self.history.now = Some(self.moment());
            }
            None => shared.warn(format!("“{}” has nothing left to do.", command.entry().title)),
        }
    }

    fn moment(&self) -> Moment {
        (self.asked_state().only_settings(), self.run.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::flow::FlowLab;
    use crate::train::Lesson;

    #[test]
    fn changes_are_walked_back_and_forth_and_a_new_one_forgets_what_was_undone() {
        let lab = FlowLab::new(Lesson::preset("realnvp").unwrap());
        let at = |run: u64| (lab.present().only_settings(), run);
        let mut history = History::default();
        assert_eq!(history.can(), (false, false));
        (0..4).for_each(|run| assert!(history.look(at(run))));
        assert!(!history.look(at(3)));
        assert_eq!(history.walk(false).unwrap().1, 2);
        assert_eq!(history.walk(false).unwrap().1, 1);
        assert_eq!(history.walk(true).unwrap().1, 2);
        assert_eq!(history.can(), (true, true));
        history.look(at(9));
        assert_eq!(history.can(), (true, false));
        assert_eq!(history.walk(false).unwrap().1, 2);
    }
}
