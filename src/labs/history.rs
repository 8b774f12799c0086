//! Undo: what was set before, and what was taken back. One list for settings and drawings, because a person does not tell them apart.

use super::{Command, Shared};

/// Changes that are kept.
const KEPT: usize = 100;

/// What is said after a reset that takes along what was trained.
pub(super) const REOPENED: &str = "The chapter is as it opened. Ctrl+Z takes back what was set, not what was learned.";

/// What is remembered of each change: what was set, and how it was looked at.
pub(super) trait Remembered: Clone + PartialEq {
    /// Whether nothing was set from one to the other: places in time, pages and what is pointed at are no settings.
    fn same(&self, other: &Self) -> bool {
        self == other
    }
}

/// What is set in a chapter of several pages. Undo turns to the page of the change, but a page that is turned is no change.
pub(super) trait Paged: Clone + PartialEq {
    /// These settings where time and what is pointed at stand in another state.
    fn seen_as(self, now: &Self) -> Self;

    /// These settings on the page of another state.
    fn on_page_of(self, other: &Self) -> Self;
}

impl<T: Paged> Remembered for T {
    fn same(&self, other: &T) -> bool {
        self.clone().seen_as(other).on_page_of(other) == *other
    }
}

/// What there was, in order, with the present in the middle.
#[derive(Debug)]
pub(super) struct History<T> {
    past: Vec<T>,
    present: Option<T>,
    future: Vec<T>,
    /// Until what is being opened is there, it is no change.
    begins: bool,
}

impl<T> Default for History<T> {
    fn default() -> Self {
        History { past: Vec::new(), present: None, future: Vec::new(), begins: false }
    }
}

impl<T> History<T> {
    /// Forgets all; what is there at the next call of [`History::has_begun`] is the first.
    pub(super) fn begin(&mut self) {
        *self = History { begins: true, ..History::default() };
    }

    /// What was being opened is there.
    pub(super) fn has_begun(&mut self) {
        self.begins = false;
    }

    /// Whether there is something to undo and to redo.
    pub(super) fn can(&self) -> (bool, bool) {
        (!self.past.is_empty(), !self.future.is_empty())
    }

    /// What was gone to could not be taken exactly as it was: what came of it is no new change.
    pub(super) fn settle(&mut self, now: T) {
        self.present = Some(now);
    }
}

impl<T: Remembered> History<T> {
    /// Looks at the present. While `busy` (a slider is dragged, a stroke is drawn) a change is not finished, so that one drag is one step.
    pub(super) fn observe(&mut self, now: T, busy: bool) {
        let changed = !self.begins && self.present.as_ref().is_some_and(|before| !before.same(&now));
        if changed && busy {
            return;
        }
        let before = self.present.replace(now);
        if changed {
            if self.past.len() == KEPT {
                self.past.remove(0);
            }
            self.past.extend(before);
            self.future.clear();
        }
    }

    /// Changes all that is remembered alike: what was set elsewhere and holds for every moment here. Steps in which nothing is left are none.
    pub(super) fn revise(&mut self, change: impl Fn(&mut T)) {
        self.past.iter_mut().chain(&mut self.present).chain(&mut self.future).for_each(change);
        for steps in [&mut self.past, &mut self.future] {
            // The one next to the present is last.
            steps.extend(self.present.clone());
            steps.reverse();
            steps.dedup_by(|later, kept| later.same(kept));
            steps.reverse();
            if self.present.is_some() {
                steps.pop();
            }
        }
    }

    /// Where undo or redo leads from `now`, which becomes the present; that there is nothing is said.
    pub(super) fn go(&mut self, command: Command, now: T, shared: &mut Shared) -> Option<T> {
        self.observe(now, false);
        let redo = command == Command::Redo;
        let (from, to) = if redo { (&mut self.future, &mut self.past) } else { (&mut self.past, &mut self.future) };
        let Some(there) = from.pop() else {
            shared.warn(format!("“{}” has nothing left to do.", command.entry().title));
            return None;
        };
        to.extend(self.present.replace(there.clone()));
        Some(there)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A setting and a place.
    type Seen = (i32, i32);

    impl Remembered for Seen {
        fn same(&self, other: &Seen) -> bool {
            self.0 == other.0
        }
    }

    fn go(history: &mut History<Seen>, command: Command, now: Seen) -> Option<Seen> {
        history.go(command, now, &mut Shared::default())
    }

    #[test]
    fn undo_and_redo_walk_over_finished_changes_only() {
        let mut history = History::default();
        for (value, busy) in [(1, false), (2, true), (3, true), (4, false), (4, false), (5, false)] {
            history.observe((value, 0), busy);
        }
        assert_eq!(history.can(), (true, false));
        assert_eq!(go(&mut history, Command::Undo, (5, 0)), Some((4, 0)));
        assert_eq!(go(&mut history, Command::Undo, (4, 0)), Some((1, 0)), "one drag is one change");
        assert_eq!(go(&mut history, Command::Undo, (1, 0)), None);
        assert_eq!(go(&mut history, Command::Redo, (1, 0)), Some((4, 0)));
        assert_eq!(history.can(), (true, true));
        history.observe((9, 0), false);
        assert_eq!(go(&mut history, Command::Redo, (9, 0)), None, "another change ends what could be made again");
        assert_eq!(go(&mut history, Command::Undo, (9, 0)), Some((4, 0)));
    }

    #[test]
    fn a_place_is_no_change_and_undo_knows_the_last_one_before_the_change() {
        let mut history = History::default();
        for seen in [(1, 0), (1, 7), (2, 7), (2, 8)] {
            history.observe(seen, false);
        }
        assert_eq!(go(&mut history, Command::Undo, (2, 9)), Some((1, 7)));
        assert_eq!(go(&mut history, Command::Undo, (1, 7)), None);
        assert_eq!(go(&mut history, Command::Redo, (1, 3)), Some((2, 9)), "the change is made again although the place has moved");
    }

    #[test]
    fn what_is_being_opened_is_no_change_and_only_so_many_are_kept() {
        let mut history = History::default();
        history.observe((1, 0), false);
        history.begin();
        history.observe((2, 0), false);
        history.observe((3, 0), false);
        history.has_begun();
        assert_eq!(go(&mut history, Command::Undo, (3, 0)), None);
        for value in 0..2 * KEPT as i32 {
            history.observe((value, 0), false);
        }
        assert_eq!(history.past.len(), KEPT);
    }

    #[test]
    fn what_is_revised_is_the_same_in_every_moment_and_no_step_is_left_without_a_change() {
        let mut history = History::default();
        for value in [10, 11, 21, 22, 32] {
            history.observe((value, 0), false);
        }
        assert_eq!(go(&mut history, Command::Undo, (32, 0)), Some((22, 0)));
        // The ones are forgotten: what is left are the tens.
        history.revise(|(value, _)| *value = *value / 10 * 10);
        assert_eq!(go(&mut history, Command::Undo, (20, 0)), Some((10, 0)));
        assert_eq!(go(&mut history, Command::Undo, (10, 0)), None);
        assert_eq!(go(&mut history, Command::Redo, (10, 0)), Some((20, 0)));
        assert_eq!(go(&mut history, Command::Redo, (20, 0)), Some((30, 0)));
        assert_eq!(go(&mut history, Command::Redo, (30, 0)), None);
    }

    #[test]
    fn what_could_not_be_taken_exactly_is_no_new_change() {
        let mut history = History::default();
        history.observe((1, 0), false);
        history.observe((2, 0), false);
        assert_eq!(go(&mut history, Command::Undo, (2, 0)), Some((1, 0)));
        history.settle((0, 0));
        history.observe((0, 0), false);
        assert_eq!(go(&mut history, Command::Redo, (0, 0)), Some((2, 0)));
    }
}
