use serde::{Deserialize, Serialize};

use crate::autoregressive::causal_stack::Config;
use crate::labs::history::Remembered;
use crate::train::{Lesson, Model};

/// Name of the lesson that the lab opens on.
pub(super) const PRESET: &str = "stack-prelude";
/// Most layers, and the largest dilation.
pub(super) const MOST_LAYERS: usize = 12;
pub(super) const LARGEST_DILATION: usize = 64;

/// What the colour of a node means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Shown {
    /// Root of the mean square of the channels.
    Strength,
    /// The value of one channel.
    Channel(usize),
}

/// Everything that the person set here.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// Taps of the input convolution.
    pub(super) front: usize,
    /// Taps of the layers.
    pub(super) kernel: usize,
    /// Dilation of each layer.
    pub(super) dilations: Vec<usize>,
    /// Divides the logits.
    pub(super) temperature: f64,
    /// Which of the seed's sequences.
    pub(super) stream: u64,
    /// Steps that the melody gives.
    pub(super) prompt: usize,
    /// Columns of the picture.
    pub(super) columns: usize,
    /// What the colour of a node means.
    pub(super) shown: Shown,
    /// Whether the caches are marked.
    pub(super) cache: bool,
    /// The node whose cone stays lit: row from below, column.
    pub(super) pinned: Option<[usize; 2]>,
    /// Symbols that are drawn.
    pub(super) at: usize,
    /// Rows of the present column that are computed; all of them when `null`.
    pub(super) micro: Option<usize>,
    /// Steps a second.
    pub(super) speed: f64,
    /// The earlier update of the training that is shown; `null` is the newest.
    #[serde(default)]
    pub(super) update: Option<u64>,
}

/// The shipped stack.
pub(super) fn shipped() -> Config {
    let lesson = Lesson::preset(PRESET).expect("a test reads every shipped lesson");
    match lesson.model {
        Model::CausalStack { config, .. } => config,
        _ => unreachable!("the shipped lesson of this lab is a causal stack: a test opens it"),
    }
}

impl Default for State {
    fn default() -> State {
        let Config { front, kernel, dilations, .. } = shipped();
        State {
            front,
            kernel,
            dilations,
            temperature: 1.0,
            stream: 0,
            prompt: 16,
            columns: 24,
            shown: Shown::Strength,
            cache: true,
            pinned: None,
            at: 20,
            micro: None,
            speed: 2.0,
            update: None,
        }
    }
}

/// How the dilations are chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pattern {
    /// 1, 2, 4, ...
    Doubling,
    /// 1, 1, 1, ...
    Plain,
    /// Anything else.
    ByHand,
}

/// What undo goes by: what was set, with the seed of the noise.
pub(super) type Moment = (State, u64);

impl Remembered for Moment {
    fn same(&self, (state, seed): &Moment) -> bool {
        self.1 == *seed && self.0.clone().seen_as(state) == *state
    }
}

impl State {
    /// These settings where time stands in another state.
    pub(super) fn seen_as(self, now: &State) -> State {
        State { at: now.at, micro: now.micro, speed: now.speed, update: now.update, ..self }
    }

    /// The stack of this structure.
    pub(super) fn config(&self) -> Config {
        Config { front: self.front, kernel: self.kernel, dilations: self.dilations.clone(), ..shipped() }
    }

    /// What is out of range, as a sentence.
    pub(super) fn check(&self) -> Result<(), String> {
        let range = |name: &str, value: usize, low: usize, high: usize| {
            if (low..=high).contains(&value) { Ok(()) } else { Err(format!("`{name}` must be {low} to {high}, but is {value}.")) }
        };
        range("front", self.front, 1, 3)?;
        range("kernel", self.kernel, 2, 3)?;
        range("dilations", self.dilations.len(), 1, MOST_LAYERS)?;
        self.dilations.iter().try_for_each(|&dilation| range("a dilation", dilation, 1, LARGEST_DILATION))?;
        let Config { length, channels, .. } = shipped();
        range("columns", self.columns, 8, length)?;
        range("prompt", self.prompt, 0, length)?;
        range("at", self.at, 0, length)?;
        if let Shown::Channel(channel) = self.shown {
            range("channel", channel, 0, channels - 1)?;
        }
        let finite = |name: &str, value: f64, low: f64, high: f64| {
            if (low..=high).contains(&value) { Ok(()) } else { Err(format!("`{name}` must be {low} to {high}, but is {value}.")) }
        };
        finite("temperature", self.temperature, 0.0, 2.0)?;
        finite("speed", self.speed, 0.1, 100.0)
    }

    /// How the dilations are chosen, and the number of stacks, one after the other.
    pub(super) fn pattern(&self) -> (Pattern, usize) {
        let n = self.dilations.len();
        if n > 1 && self.dilations.iter().all(|&dilation| dilation == 1) {
            return (Pattern::Plain, 1);
        }
        let cycles = (1..=n).filter(|stacks| n.is_multiple_of(*stacks));
        for stacks in cycles {
            if self.dilations == doubling(n / stacks, stacks) {
                return (Pattern::Doubling, stacks);
            }
        }
        (Pattern::ByHand, 1)
    }
}

/// `layers` dilations that double from 1, `stacks` times.
pub(super) fn doubling(layers: usize, stacks: usize) -> Vec<usize> {
    let one: Vec<usize> = (0..layers).map(|layer| (1 << layer.min(16)).min(LARGEST_DILATION)).collect();
    one.repeat(stacks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_recognised() {
        let pattern = |dilations: &[usize]| State { dilations: dilations.to_vec(), ..State::default() }.pattern();
        assert_eq!(pattern(&[1, 2, 4, 8]), (Pattern::Doubling, 1));
        assert_eq!(pattern(&[1, 2, 4, 1, 2, 4]), (Pattern::Doubling, 2));
        assert_eq!(pattern(&[1, 1, 1]), (Pattern::Plain, 1));
        assert_eq!(pattern(&[3, 1]), (Pattern::ByHand, 1));
        assert_eq!(State::default().check(), Ok(()));
        assert!(State { kernel: 5, ..State::default() }.check().unwrap_err().contains("`kernel` must be 2 to 3"));
    }
}
