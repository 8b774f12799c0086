//! Undo: what was set before, and what was taken back.

/// Changes that are kept.
const KEPT: usize = 100;

/// The values that something had, in order, with the present one in the middle.
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
    /// Forgets all; what is there at the next call of [`History::has_begun`] is the first value.
    pub(super) fn begin(&mut self) {
        *self = History { begins: true, ..History::default() };
    }

    /// What was being opened is there.
    pub(super) fn has_begun(&mut self) {
        self.begins = false;
    }
}

impl<T: PartialEq + Clone> History<T> {
    /// Looks at the present value. While `busy` (a slider is dragged) a change is not finished, so that one drag is one step.
    pub(super) fn observe(&mut self, now: T, busy: bool) {
        match &self.present {
            _ if self.begins => self.present = Some(now),
            None => self.present = Some(now),
            Some(before) if *before != now && !busy => {
                if self.past.len() == KEPT {
                    self.past.remove(0);
                }
                self.past.extend(self.present.replace(now));
                self.future.clear();
            }
            Some(_) => {}
        }
    }

    /// The value before the last change, which becomes the present one.
    pub(super) fn undo(&mut self) -> Option<T> {
        let before = self.past.pop()?;
        self.future.extend(self.present.replace(before.clone()));
        Some(before)
    }

    /// The value that was taken back last.
    pub(super) fn redo(&mut self) -> Option<T> {
        let after = self.future.pop()?;
        self.past.extend(self.present.replace(after.clone()));
        Some(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undo_and_redo_walk_over_finished_changes_only() {
        let mut history = History::default();
        for (value, busy) in [(1, false), (2, true), (3, true), (4, false), (4, false), (5, false)] {
            history.observe(value, busy);
        }
        assert_eq!(history.undo(), Some(4));
        assert_eq!(history.undo(), Some(1), "one drag is one change");
        assert_eq!(history.undo(), None);
        assert_eq!(history.redo(), Some(4));
        history.observe(9, false);
        assert_eq!(history.redo(), None, "another change ends what could be made again");
        assert_eq!(history.undo(), Some(4));
    }
}
