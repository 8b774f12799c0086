//! When each pixel froze under Jacobi's sampler.

use super::snapshot::Settings;

/// The sweep in which each pixel of an image last changed. What froze early did not depend on what came late.
#[derive(Clone, PartialEq, Debug)]
pub struct Frozen {
    /// What was drawn.
    pub settings: Settings,
    /// Rows of the image.
    pub rows: usize,
    /// Columns of the image.
    pub cols: usize,
    /// Sweep of the last change of each pixel, from 1; 0 where the start, all zeros, was right. `[P]`.
    pub at: Vec<u32>,
    /// Sweeps until nothing changed, the last one counted.
    pub sweeps: u32,
}

impl Frozen {
    /// The mean of the sweeps of the last changes.
    pub fn mean(&self) -> f64 {
        self.at.iter().map(|&sweep| f64::from(sweep)).sum::<f64>() / self.at.len().max(1) as f64
    }
}
