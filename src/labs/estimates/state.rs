//! What a person sets in the chapter.

use serde::{Deserialize, Serialize};

use crate::data::Toy;
use crate::labs::history::Paged;
use crate::train::estimate_job::series::Noise;
use crate::train::estimate_job::{Look, MOMENTS, MOST_TERMS, REACH, Which};

/// What the canvas shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Page {
    /// The power series cut off at n.
    Series,
    /// The trace by random vectors.
    Hutchinson,
    /// Russian roulette.
    Roulette,
    /// The fixed-point inverse.
    Inverse,
    /// Paths of the continuous flow, and what they cost.
    Motion,
    /// Its log-determinant by one vector a solve.
    Trace,
}

impl Page {
    pub(super) const ALL: [(Page, &'static str); 6] = [
        (Page::Series, "Series"),
        (Page::Hutchinson, "Hutchinson"),
        (Page::Roulette, "Roulette"),
        (Page::Inverse, "Inverse"),
        (Page::Motion, "FFJORD"),
        (Page::Trace, "Trace"),
    ];

    /// The flow that the page is about.
    pub(super) fn which(self) -> Which {
        match self {
            Page::Motion | Page::Trace => Which::Continuous,
            _ => Which::Residual,
        }
    }
}

/// What a person sets here.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) page: Page,
    pub(super) toy: Toy,
    /// Whether the flow of the page learns.
    pub(super) training: bool,
    pub(super) probe: [f64; 2],
    /// A block of the residual flow, from 1.
    pub(super) block: usize,
    /// Terms n of the series.
    pub(super) terms: usize,
    /// Random vectors of one estimate.
    pub(super) probes: usize,
    pub(super) noise: Noise,
    /// The moment of the continuous flow, in steps of 1/[`MOMENTS`].
    pub(super) moment: usize,
}

impl Default for State {
    fn default() -> State {
        State {
            page: Page::Series,
            toy: Toy::TwoMoons,
            training: true,
            probe: [-1.5, 0.9],
            block: 1,
            terms: 5,
            probes: 1,
            noise: Noise::Normal,
            moment: MOMENTS,
        }
    }
}

impl Paged for State {
    /// Where time, the walk through the blocks and the probe stand in another state, and with its training.
    fn seen_as(self, now: &State) -> State {
        State { training: now.training, probe: now.probe, block: now.block, moment: now.moment, ..self }
    }

    fn on_page_of(self, other: &State) -> State {
        State { page: other.page, ..self }
    }
}

impl State {
    pub(super) fn check(&self) -> Result<(), String> {
        let range = |what: &str, value: usize, least: usize, most: usize| {
            if (least..=most).contains(&value) { Ok(()) } else { Err(format!("Expected {what} from {least} to {most}, found {value}.")) }
        };
        range("a block", self.block, 1, Which::Residual.config().layers)?;
        range("terms of the series", self.terms, 1, MOST_TERMS)?;
        range("random vectors", self.probes, 1, 64)?;
        range("a moment", self.moment, 0, MOMENTS)?;
        if self.probe.iter().any(|v| v.abs() > REACH || v.is_nan()) {
            return Err(format!("Expected a probe within {REACH} of 0, found {:?}.", self.probe));
        }
        Ok(())
    }

    /// What the worker is to look at.
    pub(super) fn look(&self) -> Look {
        Look {
            which: self.page.which(),
            probe: self.probe,
            block: self.block - 1,
            terms: self.terms,
            probes: self.probes,
            noise: self.noise,
        }
    }
}
