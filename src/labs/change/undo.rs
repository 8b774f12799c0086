//! Changes that can be taken back.

use super::state::State;

/// Changes that are kept.
const MOST: usize = 200;

/// States before and after the present one.
#[derive(Default)]
pub(super) struct History {
    /// The last state that was seen at rest.
    rest: Option<State>,
    back: Vec<State>,
    forth: Vec<State>,
}

impl History {
    /// Looks at the state when no hand moves it.
    pub(super) fn look(&mut self, state: &State) {
        match &self.rest {
            Some(rest) if rest.settings() == state.settings() => {}
            Some(rest) => {
                self.back.push(rest.clone());
                if self.back.len() > MOST {
                    self.back.remove(0);
                }
                self.forth.clear();
            }
            None => {}
        }
        self.rest = Some(state.clone());
    }

    /// The state before this one, or after it.
    pub(super) fn go(&mut self, back: bool, now: &State) -> Option<State> {
        self.look(now);
        let (from, to) = if back { (&mut self.back, &mut self.forth) } else { (&mut self.forth, &mut self.back) };
        let state = from.pop()?;
        to.push(now.clone());
        self.rest = Some(state.clone());
        Some(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_taken_back_in_order_and_a_moved_probe_is_none() {
        let mut history = History::default();
        let mut state = State::default();
        history.look(&state);
        state.line.probe = 0.7;
        history.look(&state);
        assert_eq!(history.go(true, &state), None);
        state.line.slope = 2.5;
        history.look(&state);
        state.line.slope = -1.0;
        let before = history.go(true, &state).unwrap();
        assert_eq!(before.line.slope, 2.5);
        assert_eq!(history.go(true, &before).unwrap().line.slope, 1.5);
        assert_eq!(history.go(false, &State::default()).unwrap().line.slope, 2.5);
    }
}
