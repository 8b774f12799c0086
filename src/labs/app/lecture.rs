//! A lecture: ordered steps, each with a note for the speaker and a patch for the lab.

use egui::Context;

use super::TractableApp;
use crate::labs::command::TABLE;
use crate::labs::document::{Document, Lecture, Step};

/// The places around the canvas that a step may hide.
pub(super) const PLACES: [&str; 5] = ["top", "chapters", "controls", "explain", "transport"];

impl TractableApp {
    /// Takes over the steps of a document and shows the first one, or goes on with the lecture that a session has. A document without
    /// either leaves the lecture that is open as it is.
    pub(super) fn begin_lecture(&mut self, document: &Document, ctx: &Context) {
        if !document.steps.is_empty() {
            let Document { title, chapter, then, .. } = document;
            let mut steps = document.steps.clone();
            if let Some(first) = steps.first_mut() {
                first.chapter.get_or_insert_with(|| chapter.clone());
            }
            self.lecture = Some(Lecture { title: title.clone(), at: 0, then: then.clone(), steps });
            self.tell_keys(ctx);
            self.go_to_step(0, ctx);
        } else if let Some(lecture) = document.lecture.as_ref().filter(|lecture| !lecture.steps.is_empty()) {
            // The session's view is on screen already: it may be further than the step's.
            let at = lecture.at.min(lecture.steps.len() - 1);
            self.lecture = Some(Lecture { at, ..lecture.clone() });
            self.tell_keys(ctx);
            match &document.show {
                Some(show) => self.show_only(show),
                None => self.hidden.clear(),
            }
            self.fold_or_unfold(document.controls);
        }
    }

    /// The part of a session that tells of the lecture: its steps, the one on screen, and what its audience sees around the canvas.
    pub(super) fn lecture_part(&self) -> Document {
        let Some(lecture) = &self.lecture else { return Document::default() };
        let show = PLACES.into_iter().filter(|place| !self.hidden.contains(place)).map(str::to_owned).collect();
        let controls = self.panels_chosen.then_some(self.panels_open);
        Document { lecture: Some(lecture.clone()), show: Some(show), controls, ..Document::default() }
    }

    /// Hides the places around the canvas that are not among these.
    fn show_only(&mut self, show: &[String]) {
        self.hidden = PLACES.into_iter().filter(|place| !show.iter().any(|name| name == place)).collect();
    }

    /// Folds the side panels or unfolds them, if that was decided.
    fn fold_or_unfold(&mut self, controls: Option<bool>) {
        if let Some(controls) = controls {
            (self.panels_open, self.panels_chosen) = (controls, true);
        }
    }

    /// While a lecture is shown, a clicker's PageDown and PageUp walk through its steps.
    pub(super) fn tell_keys(&self, ctx: &Context) {
        let walks = self.lecture.is_some() && self.presenting;
        ctx.plugin_or_default::<crate::labs::keys::KeyPlugin>().lock().lecture = walks;
    }

    /// The next step of the lecture, or the one before; after the last one the lecture that follows, if one does. False if none is open.
    pub(super) fn step_lecture(&mut self, forward: bool, ctx: &Context) -> bool {
        let Some(lecture) = &self.lecture else { return false };
        let last = lecture.steps.len().saturating_sub(1);
        let to = if forward { (lecture.at + 1).min(last) } else { lecture.at.saturating_sub(1) };
        if to != lecture.at {
            self.go_to_step(to, ctx);
        } else if let Some(next) = lecture.then.clone().filter(|_| forward) {
            let opened = Document::open(&next).and_then(|document| self.open_document(&document, ctx).map(|()| document.title));
            match opened {
                Ok(title) => self.shared.done(format!("{title} begins.")),
                Err(sentence) => self.shared.warn(sentence),
            }
        } else {
            self.shared.done(if forward { "This is the last step of the lecture." } else { "This is the first step of the lecture." });
        }
        true
    }

    /// Shows a step.
    pub(super) fn go_to_step(&mut self, to: usize, ctx: &Context) {
        let Some(lecture) = &mut self.lecture else { return };
        let Some(step) = lecture.steps.get(to).cloned() else { return };
        let from = std::mem::replace(&mut lecture.at, to);
        // Also on the way back, and after a look at another chapter.
        let chapter = last_said(&lecture.steps, to, |step| &step.chapter);
        let show = last_said(&lecture.steps, to, |step| &step.show);
        let controls = last_said(&lecture.steps, to, |step| &step.controls);
        // What the person has folded since stays, where the step that is left wanted the same.
        let shown_anew = step.show.is_some() || to == from || show != last_said(&lecture.steps, from, |step| &step.show);
        let folded_anew = step.controls.is_some() || to == from || controls != last_said(&lecture.steps, from, |step| &step.controls);
        if let Some(id) = chapter {
            match self.chapters.iter().position(|chapter| chapter.id == id) {
                Some(index) => self.open(index),
                None => self.shared.warn(format!("Step {} names the chapter “{id}”, which does not exist.", to + 1)),
            }
        }
        if let Some(mut lab) = self.labs[self.active].take() {
            // The worker must run before it can be asked.
            lab.update(ctx, &mut self.shared);
            if !step.patch.is_null()
                && let Err(sentence) = lab.restore(&step.patch, &mut self.shared)
            {
                self.shared.warn(format!("Step {} cannot be shown as it was written. {sentence}", to + 1));
            }
            if let Some(heading) = &step.explain {
                let chapter = self.chapters[self.active].id;
                let explain = self.explains.iter_mut().find(|explain| explain.chapter() == chapter);
                if !explain.is_some_and(|explain| explain.stand_at_heading(heading, lab.as_ref())) {
                    self.shared.warn(format!("Step {} names the explanation “{heading}”, which this chapter does not have.", to + 1));
                }
            }
            self.labs[self.active] = Some(lab);
        }
        if step.at.is_some() {
            self.stand_at(step.at);
        }
        if let Some(show) = &step.show
            && let Some(odd) = show.iter().find(|name| !PLACES.contains(&name.as_str()))
        {
            self.shared.warn(format!("Step {} shows “{odd}”, which is no place; the places are {}.", to + 1, PLACES.join(", ")));
        }
        if shown_anew {
            match &show {
                Some(show) => self.show_only(show),
                None => self.hidden.clear(),
            }
        }
        if folded_anew {
            // Before the first step that decides it, the width does, as when the window opened.
            self.panels_chosen &= to == from;
            self.fold_or_unfold(controls);
        }
        for id in &step.commands {
            match TABLE.iter().find(|entry| entry.id == id) {
                Some(entry) => self.run(entry.command, ctx),
                None => self.shared.warn(format!("Step {} asks for “{id}”, which is no command.", to + 1)),
            }
        }
        ctx.request_repaint();
    }
}

/// What this step says, or the last one before it that says anything.
fn last_said<T: Clone>(steps: &[Step], at: usize, said: impl Fn(&Step) -> &Option<T>) -> Option<T> {
    steps[..=at].iter().rev().find_map(|step| said(step).clone())
}
