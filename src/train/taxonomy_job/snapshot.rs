use std::sync::Arc;

use super::pattern::Pattern;
use super::survey::Measured;
use super::sweeps::Sweeps;
use crate::data::Entropy;
use crate::exec::BackendInfo;
use crate::flows::Family;
use crate::train::{PointData, Score, Trouble};

/// One family of the race.
#[derive(Clone, Debug)]
pub struct ContestantView {
    /// Which.
    pub family: Family,
    /// Its layers.
    pub layers: usize,
    /// Updates so far.
    pub step: u64,
    /// Seconds that they took.
    pub seconds: f64,
    /// Trained values.
    pub parameters: usize,
    /// The newest score on held-out points.
    pub score: Option<Score>,
    /// `[seconds of training, nats]` of every score.
    pub curve: Arc<Vec<[f64; 2]>>,
    /// p at the cells of the window, row 0 at the top; empty before the first score.
    pub density: Arc<Vec<f32>>,
    /// Grows with each new density.
    pub version: u64,
    /// Why it does not learn any more.
    pub stopped: Option<String>,
}

/// The race.
#[derive(Clone, Debug)]
pub struct RaceView {
    /// Counts the races: another one has other pictures.
    pub id: u64,
    /// What is learned.
    pub data: PointData,
    /// Some points of it.
    pub points: Arc<Vec<[f32; 2]>>,
    /// Half of the side of the window that is drawn.
    pub half: f32,
    /// The density at which the colours end: the law's own largest value in the window, or the fullest cell of a histogram.
    pub peak: f32,
    /// Entropy of the law, where it is known.
    pub floor: Option<Entropy>,
    /// The families, in the order that was asked for.
    pub contestants: Vec<ContestantView>,
}

/// All that the window draws. Cheap to clone.
#[derive(Clone, Debug)]
pub struct TaxonomySnapshot {
    /// Dimension D of the chart.
    pub dim: usize,
    /// Jacobians at the probe, one place for each of [`Family::ALL`].
    pub patterns: Vec<Option<Arc<Pattern>>>,
    /// What was measured in D dimensions, in the same order.
    pub measured: Vec<Option<Arc<Measured>>>,
    /// Jacobi's iteration in D dimensions, in the same order; none where there is none.
    pub sweeps: Vec<Option<Arc<Sweeps>>>,
    /// What one layer of each autoregressive family learns in a fixed number of steps, in the same order; see [`express`](super::express).
    pub expressed: Vec<Option<Score>>,
    /// Grows with each new pattern or measurement.
    pub version: u64,
    /// The race, once it was asked for.
    pub race: Option<RaceView>,
    /// Whether the race runs.
    pub running: bool,
    /// What everything runs on.
    pub backend: BackendInfo,
    /// What went wrong.
    pub trouble: Trouble,
}

impl TaxonomySnapshot {
    /// A family's place in the lists.
    pub fn place(family: Family) -> usize {
        Family::ALL.into_iter().position(|known| known == family).unwrap_or(0)
    }
}
