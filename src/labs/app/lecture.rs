//! A lecture: ordered steps, each with a note for the speaker and a patch for the lab.

use egui::Context;

use super::TractableApp;
use crate::labs::command::TABLE;
use crate::labs::document::{Document, Step};

/// The places around the canvas that a step may hide.
pub(super) const PLACES: [&str; 5] = ["top", "chapters", "controls", "explain", "transport"];

/// The lecture that is open.
#[derive(Default)]
pub(super) struct Lecture {
    pub(super) title: String,
    pub(super) steps: Vec<Step>,
    /// The step on screen.
    pub(super) at: usize,
}

impl TractableApp {
    /// Takes over the steps of a document and shows the first one.
    pub(super) fn begin_lecture(&mut self, document: &Document, ctx: &Context) {
        if document.steps.is_empty() {
            return;
        }
        self.hidden.clear();
        self.lecture = Some(Lecture { title: document.title.clone(), steps: document.steps.clone(), at: 0 });
        self.tell_keys(ctx);
        self.go_to_step(0, ctx);
    }

    /// While a lecture is shown, a clicker's PageDown and PageUp walk through its steps.
    pub(super) fn tell_keys(&self, ctx: &Context) {
        let walks = self.lecture.is_some() && self.presenting;
        ctx.plugin_or_default::<crate::labs::keys::KeyPlugin>().lock().lecture = walks;
    }

    /// The next step of the lecture, or the one before; false if no lecture is open.
    pub(super) fn step_lecture(&mut self, forward: bool, ctx: &Context) -> bool {
        let Some(lecture) = &self.lecture else { return false };
        let last = lecture.steps.len().saturating_sub(1);
        let to = if forward { (lecture.at + 1).min(last) } else { lecture.at.saturating_sub(1) };
        if to == lecture.at {
            self.shared.done(if forward { "This is the last step of the lecture." } else { "This is the first step of the lecture." });
        } else {
            self.go_to_step(to, ctx);
        }
        true
    }

    /// Shows a step.
    pub(super) fn go_to_step(&mut self, to: usize, ctx: &Context) {
        let Some(lecture) = &mut self.lecture else { return };
        let Some(step) = lecture.steps.get(to).cloned() else { return };
        lecture.at = to;
        if let Some(id) = &step.chapter {
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
            self.labs[self.active] = Some(lab);
        }
        if step.at.is_some() {
            self.stand_at(step.at);
        }
        if let Some(show) = &step.show {
            if let Some(odd) = show.iter().find(|name| !PLACES.contains(&name.as_str())) {
                self.shared.warn(format!("Step {} shows “{odd}”, which is no place; the places are {}.", to + 1, PLACES.join(", ")));
            }
            self.hidden = PLACES.into_iter().filter(|place| !show.iter().any(|name| name == place)).collect();
        }
        if let Some(controls) = step.controls {
            (self.panels_open, self.panels_chosen) = (controls, true);
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
