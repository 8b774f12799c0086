//! How much one layer of a family can express: a fixed number of steps on data of many humps, and how far it stays from their entropy.

use std::time::{Duration, Instant};

use super::contestant::Contestant;
use crate::data::Toy;
use crate::flows::{Config, Family};
use crate::train::{PointData, PointSource, Score, TrainError};

/// Training steps of each.
pub const STEPS: u64 = 400;
/// What is learned: the conditional of the second coordinate has up to three humps.
pub const DATA: Toy = Toy::EightGaussians;
/// Held-out points of the score.
const TEST: usize = 8192;
/// Time of a turn.
const SLICE: Duration = Duration::from_millis(40);

/// One layer of one family that learns.
pub(super) struct Expression {
    pub(super) family: Family,
    learner: Contestant,
    seed: u64,
}

impl Expression {
    /// From the initial values of a seed.
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub(super) fn new(family: Family, seed: u64, threads: usize) -> Result<Expression, TrainError> {
        let config = Config { layers: 1, ..Config::of(family) };
        let data = PointData::Toy { toy: DATA };
        Ok(Expression { family, learner: Contestant::new(config, &data, &PointSource::Toy(DATA), seed, threads)?, seed })
    }

    /// A few steps; the score once all are done.
    ///
    /// # Errors
    /// A training that breaks.
    pub(super) fn turn(&mut self) -> Result<Option<Score>, TrainError> {
        let end = Instant::now() + SLICE;
        while self.learner.step() < STEPS {
            if Instant::now() >= end {
                return Ok(None);
            }
            self.learner.advance()?;
        }
        let source = PointSource::Toy(DATA);
        self.learner.score(&source.test(TEST, self.seed), &source).map(Some)
    }
}
