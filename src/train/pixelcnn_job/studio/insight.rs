//! What the studio finds out about the sample that is shown: the values of its layers.

use std::sync::Arc;

use super::Studio;
use crate::train::TrainError;

impl Studio {
    /// Looks into the newest sample if that has not been done; true if there was something to do.
    pub(super) fn look(&mut self) -> Result<bool, TrainError> {
        let Some(sample) = &self.sample else { return Ok(false) };
        if self.look.as_ref().is_some_and(|look| Arc::ptr_eq(&look.sample, sample)) {
            return Ok(false);
        }
        let sample = Arc::clone(sample);
        self.look = Some(Arc::new(self.artist.look(&sample)?));
        self.dirty = true;
        Ok(true)
    }
}
