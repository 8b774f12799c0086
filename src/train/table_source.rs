//! A table, opened: what a flow's training and score draw from.

use std::sync::Arc;

use super::TrainError;
use crate::data::table::{Prepared, Standard};
use crate::data::{Batches, Points};

/// Rows of numbers, standardised and split.
#[derive(Clone, Debug)]
pub struct TableSource {
    prepared: Arc<Prepared>,
    /// The same as points of the plane, where the table has two columns.
    points: Arc<[Points; 2]>,
}

impl TableSource {
    /// A source of prepared rows.
    pub fn new(prepared: Prepared) -> TableSource {
        let points = if prepared.dim() == 2 { prepared.points() } else { Default::default() };
        TableSource { prepared: Arc::new(prepared), points: Arc::new(points) }
    }

    /// The rows.
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// Names and units of the columns.
    pub fn standard(&self) -> &Standard {
        &self.prepared.standard
    }

    /// Rows that train and rows that test, where they are points of the plane; none else.
    pub fn points(&self) -> &[Points; 2] {
        &self.points
    }

    /// Number of columns D.
    pub fn dim(&self) -> usize {
        self.prepared.dim()
    }

    /// Rows `[n, D]` and classes `[n]` (none where the table has none) of the batch of step `step`: a pure function of (seed, step).
    ///
    /// # Errors
    /// No rows.
    pub fn batch(&self, n: usize, seed: u64, step: u64) -> Result<(Vec<f32>, Vec<u8>), TrainError> {
        let (dim, prepared) = (self.dim(), &self.prepared);
        let mut batches = Batches::new(prepared.train.len() / dim.max(1), n, seed)?;
        let rows = batches.at(step);
        let x = rows.iter().flat_map(|&row| &prepared.train[row * dim..][..dim]).copied().collect();
        let classes = rows.iter().filter_map(|&row| prepared.classes[0].get(row).copied()).collect();
        Ok((x, classes))
    }
}
