//! What the studio finds out about the sample that is shown: the values of its layers, and what a pixel's logits react to.

use std::sync::Arc;

use super::Studio;
use crate::train::TrainError;

impl Studio {
    /// Whether something about the newest sample is still to be found out.
    pub(super) fn insight_due(&self) -> bool {
        let Some(sample) = &self.sample else { return false };
        let looked = self.look.as_ref().is_some_and(|look| Arc::ptr_eq(&look.sample, sample));
        let known = |pixel: usize| self.gradient.as_ref().is_some_and(|known| known.pixel == pixel && Arc::ptr_eq(&known.sample, sample));
        !looked || self.slope_of.is_some_and(|pixel| pixel < sample.len() && !known(pixel))
    }

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

    /// Takes the gradient of the pixel that was asked for, if that has not been done; true if there was something to do.
    pub(super) fn slope(&mut self) -> Result<bool, TrainError> {
        let (Some(sample), Some(pixel)) = (&self.sample, self.slope_of) else { return Ok(false) };
        let known = self.gradient.as_ref().is_some_and(|known| known.pixel == pixel && Arc::ptr_eq(&known.sample, sample));
        if known || pixel >= sample.len() {
            return Ok(false);
        }
        let sample = Arc::clone(sample);
        self.gradient = Some(Arc::new(self.artist.gradient(&sample, pixel)?));
        self.dirty = true;
        Ok(true)
    }
}
