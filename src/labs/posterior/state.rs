//! What a person sets in the chapter.

use serde::{Deserialize, Serialize};

use crate::flows::{Basis, Energy};
use crate::labs::history::Paged;
use crate::train::posterior_job::{Kind, Look, REACH};

/// Most bumps of a drawn target.
pub(super) const MOST_BUMPS: usize = 48;

/// What the canvas shows beside the flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Page {
    /// The target.
    Fit,
    /// Where a layer's values may lie.
    Constraint,
}

/// What a person sets here.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) page: Page,
    pub(super) energy: Energy,
    pub(super) kind: Kind,
    /// How a Sylvester flow makes its orthogonal matrices.
    #[serde(default)]
    pub(super) basis: Basis,
    /// Layers K.
    pub(super) layers: usize,
    /// Layers that are shown, 0 to K.
    pub(super) depth: usize,
    pub(super) training: bool,
    /// Whether samples are drawn over the density.
    pub(super) samples: bool,
}

impl Default for State {
    fn default() -> State {
        State {
            page: Page::Fit,
            energy: Energy::Ring,
            kind: Kind::Planar,
            basis: Basis::default(),
            layers: 8,
            depth: 8,
            training: true,
            samples: true,
        }
    }
}

impl Paged for State {
    /// Where the walk through the layers stands in another state, and with its training.
    fn seen_as(self, now: &State) -> State {
        State { training: now.training, depth: now.depth_in(self.layers), ..self }
    }

    fn on_page_of(self, other: &State) -> State {
        State { page: other.page, ..self }
    }
}

impl State {
    /// The depth that is shown of a flow of so many layers: whoever looked at the whole flow goes on doing so.
    pub(super) fn depth_in(&self, layers: usize) -> usize {
        if self.depth == self.layers { layers } else { self.depth.min(layers) }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if !(1..=32).contains(&self.layers) {
            return Err(format!("Expected 1 to 32 layers, found {}.", self.layers));
        }
        if self.depth > self.layers {
            return Err(format!("Expected a depth of at most {} layers, found {}.", self.layers, self.depth));
        }
        if let Energy::Drawn(places) = &self.energy {
            if places.is_empty() || places.len() > MOST_BUMPS {
                return Err(format!("Expected 1 to {MOST_BUMPS} bumps of a drawn target, found {}.", places.len()));
            }
            if let Some(place) = places.iter().find(|place| place.iter().any(|v| v.is_nan() || v.abs() > REACH)) {
                return Err(format!("Expected bumps within {REACH} of 0, found one at {place:?}."));
            }
        }
        Ok(())
    }

    /// What the worker is to fit.
    pub(super) fn look(&self) -> Look {
        Look { kind: self.kind, layers: self.layers, basis: self.basis, energy: self.energy.clone() }
    }
}
