//! Opens documents: lessons, sessions, chapters.

use egui::Context;

use super::TractableApp;
use crate::labs::code;
use crate::labs::document::Document;
use crate::labs::state::{overlaid, patch_between};
use crate::labs::table::Table;
use crate::labs::working::end_aside;

impl TractableApp {
    /// Shows a document: its chapter, seed, theme, units, weights and view.
    ///
    /// # Errors
    /// A sentence about what was not understood; the chapter is open then, as far as it could be.
    pub fn open_document(&mut self, document: &Document, ctx: &Context) -> Result<(), String> {
        let index = self.chapters.iter().position(|chapter| chapter.id == document.chapter);
        let index = index.ok_or_else(|| format!("There is no chapter named “{}”; take a newer program.", document.chapter))?;
        self.desk.settings.lend(document.theme(), document.units());
        if let Some(theme) = document.theme() {
            // In the lecture hall it is the theme for afterwards.
            match &mut self.before_projector {
                Some(before) => *before = theme,
                None => self.shared.theme = theme,
            }
        }
        if let Some(units) = document.units() {
            self.shared.units = units;
        }
        if let Some(seed) = document.seed {
            self.shared.seed = seed;
        }
        self.keep_waiting(document, index);
        self.open(index);
        let Some(mut lab) = self.labs[index].take() else {
            return Ok(());
        };
        // The worker must run before it can be asked.
        lab.update(ctx, &mut self.shared);
        let mut outcome = Ok(());
        if let Some(preset) = &document.preset
            && lab.state().get("preset").is_some()
        {
            outcome = lab.restore(&serde_json::json!({ "preset": preset }), &mut self.shared);
        }
        let mut view = document.view.clone();
        if document.over_fresh
            && let Some(fresh) = self.desk.fresh.get(self.chapters[index].id)
        {
            view = overlaid(fresh, &document.view);
        }
        if !view.is_null() {
            outcome = outcome.and(lab.restore(&view, &mut self.shared));
        }
        // After the view: weights belong to the model that it names.
        match document.weights.as_deref() {
            Some(weights) if weights.exists() => lab.load_weights(weights),
            Some(weights) => {
                let missing =
                    format!("Expected the session's weights at {}, found no file; the model is shown without them.", weights.display());
                outcome = outcome.and(Err(missing));
            }
            None => {}
        }
        if self.still && document.view.get("training").is_none() && lab.state().get("training").is_some() {
            // A picture of a model that is still learning would be another one each time.
            outcome = outcome.and(lab.restore(&serde_json::json!({ "training": false }), &mut self.shared));
        }
        self.labs[index] = Some(lab);
        self.begin_lecture(document, ctx);
        ctx.request_repaint();
        outcome
    }

    /// Chapters that a session has and that are not on screen wait until they are opened; what was open of them before is put away.
    fn keep_waiting(&mut self, document: &Document, index: usize) {
        if document.others.is_empty() && document.other_weights.is_empty() && document.explain.is_empty() {
            // A lesson or a lecture leaves the chapters that it does not show as they were left.
            return;
        }
        self.desk.waiting.clone_from(&document.others);
        self.desk.waiting_weights.clone_from(&document.other_weights);
        self.desk.waiting_explain.clone_from(&document.explain);
        for (i, chapter) in self.chapters.iter().enumerate() {
            if i != index && document.others.contains_key(chapter.id) {
                end_aside(self.labs[i].take());
            }
        }
        for explain in &mut self.explains {
            if let Some(place) = self.desk.waiting_explain.remove(explain.chapter()) {
                explain.stand_at(place);
            }
        }
    }

    /// Lets time stand, at a place if one is given.
    pub fn stand_at(&mut self, place: Option<f64>) {
        if let Some(transport) = self.lab().and_then(|lab| lab.transport()) {
            transport.set_playing(false);
            if let Some(place) = place {
                let place = place.clamp(0.0, transport.length());
                transport.seek(place);
            }
        }
    }

    /// The last place of the walk on screen, if there is one.
    pub fn walk_length(&mut self) -> Option<f64> {
        self.lab().and_then(|lab| lab.transport()).map(|transport| transport.length())
    }

    /// Why the document of the options was not opened, if it was not.
    pub fn refused(&mut self) -> Option<String> {
        self.refused.take()
    }

    /// What is on screen as one word of text ([`code`]): the chapter, the seed, the unit, and how the lab differs from the one that opened.
    ///
    /// # Errors
    /// A sentence where the chapter keeps no state.
    pub fn code(&self) -> Result<String, String> {
        let chapter = self.chapters[self.active].id;
        let (lab, fresh) = (self.labs[self.active].as_ref(), self.desk.fresh.get(chapter));
        let (lab, fresh) = lab.zip(fresh).ok_or("This chapter has no state to put into a code.")?;
        let Document { format_version, seed, units, .. } = self.document();
        let mut fresh = fresh.clone();
        if let Some(fields) = fresh.as_object_mut() {
            // A chapter opens with the seed of its window, which another window does not have.
            fields.remove("seed");
        }
        let view = patch_between(&fresh, &lab.state());
        code::encode(&Document { format_version, chapter: chapter.into(), seed, units, view, ..Document::default() })
    }

    /// The lab's own table of numbers.
    #[must_use]
    pub fn table(&self) -> Option<Table> {
        self.labs[self.active].as_ref()?.table()
    }

    /// The present place as a row of the frame's own table.
    pub fn place_row(&mut self) -> Option<Vec<String>> {
        let lab = self.lab()?;
        let summary = lab.spoken_summary();
        let transport = lab.transport()?;
        let labels = transport.labels();
        Some(vec![transport.position().to_string(), labels.position, labels.detail, summary])
    }
}
