//! Branching: a drawn level is replaced, and all that follows is drawn again from the same noise.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::snapshot::SampleRun;

/// A level put in the place of a drawn one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Edit {
    /// The pixel, row by row.
    pub pixel: usize,
    /// Its new level.
    pub level: u8,
}

/// What changes in order leave fixed: a change draws every later pixel again, so changes of later pixels that came before it are gone.
///
/// The result has each pixel at most once, in the order of drawing.
pub fn fixed(edits: &[Edit]) -> Vec<Edit> {
    let mut fixed: Vec<Edit> = Vec::new();
    for edit in edits {
        fixed.retain(|old| old.pixel < edit.pixel);
        fixed.push(*edit);
    }
    fixed
}

/// What the newest change did to the image.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The newest change.
    pub edit: Edit,
    /// The sample without it.
    pub before: Arc<SampleRun>,
    /// The later pixels that got another level `[P]`.
    pub changed: Vec<bool>,
}

impl Branch {
    /// Compares the samples before and after a change.
    pub fn new(edit: Edit, before: Arc<SampleRun>, after: &SampleRun) -> Branch {
        let pairs = before.pixels.iter().zip(&after.pixels).enumerate();
        let changed = pairs.map(|(i, (old, new))| i > edit.pixel && old != new).collect();
        Branch { edit, before, changed }
    }

    /// Number of later pixels that changed.
    pub fn count(&self) -> usize {
        self.changed.iter().filter(|changed| **changed).count()
    }

    /// Number of later pixels.
    pub fn later(&self) -> usize {
        self.changed.len().saturating_sub(self.edit.pixel + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_frees_the_later_pixels_and_replaces_itself() {
        let edit = |pixel, level| Edit { pixel, level };
        let edits = [edit(5, 1), edit(9, 2), edit(7, 3), edit(7, 0)];
        assert_eq!(fixed(&edits[..2]), [edit(5, 1), edit(9, 2)]);
        assert_eq!(fixed(&edits), [edit(5, 1), edit(7, 0)]);
        assert_eq!(fixed(&[edit(5, 1), edit(2, 2)]), [edit(2, 2)]);
    }
}
