//! What the person gives the model to go on from: changed pixels, a known part of an image, somebody else's weights.

use std::sync::Arc;

use super::super::branch::{Branch, Edit, fixed};
use super::super::snapshot::{Method, SampleRun, Settings};
use super::super::study::{Study, StudyOrder, study};
use super::Studio;
use crate::train::TrainError;

/// What was given.
#[derive(Default)]
pub(super) struct Given {
    /// Changed pixels, in the order in which they were changed.
    pub(super) edits: Vec<Edit>,
    /// What the newest change did.
    pub(super) branch: Option<Arc<Branch>>,
    /// The image to be studied.
    pub(super) order: Option<StudyOrder>,
    /// What is known of it.
    pub(super) study: Option<Arc<Study>>,
    /// Whether it has to be studied again.
    pub(super) due: bool,
}

impl Studio {
    /// Takes over changed pixels.
    pub(super) fn branch(&mut self, edits: Vec<Edit>) {
        self.given.edits = edits;
        self.redraw = true;
    }

    /// Takes over an image to be studied; `None` ends that.
    pub(super) fn set_study(&mut self, order: Option<StudyOrder>) {
        self.given.due = order.is_some();
        self.learner.error = None;
        if order.is_none() {
            self.given.study = None;
        }
        self.given.order = order;
    }

    /// The sample with all changes, and what the newest of them did.
    pub(super) fn draw_branched(&mut self) -> Result<SampleRun, TrainError> {
        let cached = Settings { method: Method::Cached, ..self.settings };
        let mut with = |edits: &[Edit]| {
            let fixed = fixed(edits);
            self.artist.draw_given(&cached, |pixel| fixed.iter().find(|edit| edit.pixel == pixel).map(|edit| edit.level))
        };
        let edits = &self.given.edits;
        let run = with(edits)?;
        self.given.branch = match edits.split_last() {
            Some((last, earlier)) if last.pixel < run.len() => {
                let before = Arc::new(with(earlier)?);
                Some(Arc::new(Branch::new(*last, before, &run)))
            }
            _ => None,
        };
        Ok(run)
    }

    /// Studies the image if it is due; true if there was something to do.
    pub(super) fn study_now(&mut self) -> Result<bool, TrainError> {
        if !std::mem::take(&mut self.given.due) {
            return Ok(false);
        }
        let Some(order) = &self.given.order else { return Ok(false) };
        let outcome = study(&mut self.artist, &self.learner.lesson.model, &self.config, &self.learner.source, &self.settings, order);
        match outcome {
            Ok(study) => self.given.study = Some(Arc::new(study)),
            // A file that is no image is no reason to stop anything else.
            Err(error) => {
                self.given.order = None;
                self.given.study = None;
                self.learner.error = Some(error.to_string());
            }
        }
        self.dirty = true;
        Ok(true)
    }
}
