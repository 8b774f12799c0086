//! Sessions that earlier runs left: one line above the canvas until the person begins to work, then in the dialog that opens files and in the
//! palette. Each stays on the disk until it is gone on with or discarded.

use egui::{Context, Event, Label, Popup, Rect, ScrollArea, Ui, vec2};

use super::{Over, TractableApp};
use crate::labs::document::in_place;
use crate::labs::keep::Left;
use crate::ui::chips;

/// What the person says about them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    GoOn(usize),
    Discard(usize),
    Later,
}

/// A session in a few words.
pub(super) fn words(left: &Left) -> String {
    let lecture =
        left.document.lecture.as_ref().map_or_else(String::new, |lecture| format!(" · {}, step {}", lecture.title, lecture.at + 1));
    format!("{}{lecture} left {}", left.document.title, ago(left.age().as_secs()))
}

/// A session's two buttons.
fn buttons(ui: &mut Ui, index: usize, primary: bool) -> Option<Answer> {
    let go_on = if primary { chips::primary_button(ui, "Go on") } else { chips::button(ui, "Go on") };
    let discard = chips::button(ui, "Discard").on_hover_text("Removes this session from the disk");
    let discard = discard.clicked().then_some(Answer::Discard(index));
    go_on.on_hover_text("Opens what was open there").clicked().then_some(Answer::GoOn(index)).or(discard)
}

/// The sessions from a number on, one a line.
pub(super) fn list(ui: &mut Ui, left: &[Left], from: usize) -> Option<Answer> {
    let mut answer = None;
    ScrollArea::vertical().id_salt("sessions that were left").max_height(180.0).min_scrolled_height(180.0).show(ui, |ui| {
        for (index, session) in left.iter().enumerate().skip(from) {
            ui.horizontal(|ui| {
                ui.add(Label::new(words(session)).extend());
                answer = answer.or(buttons(ui, index, false));
            });
        }
    });
    answer
}

impl TractableApp {
    /// The newest of them in one line above the canvas. The audience of a show does not see it.
    pub(super) fn offer_to_go_on(&mut self, ui: &mut Ui) {
        let left = &self.desk.left;
        let seen = !self.desk.aside && !self.presenting && self.before_projector.is_none();
        let Some(newest) = left.first().filter(|_| seen) else { return };
        let mut answer = None;
        chips::card(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
                ui.label(words(newest));
                answer = buttons(ui, 0, true);
                if left.len() > 1 {
                    let more = chips::button(ui, &format!("{} more…", left.len() - 1)).on_hover_text("The other sessions that were left");
                    Popup::menu(&more).show(|ui| answer = answer.or(list(ui, left, 1)));
                }
                if chips::button(ui, "Decide later").on_hover_text("They stay where they are; Ctrl+O lists them").clicked() {
                    answer = Some(Answer::Later);
                }
            });
        });
        ui.add_space(6.0);
        self.answer(answer);
    }

    /// Does what the person says about one of them.
    pub(super) fn answer(&mut self, answer: Option<Answer>) {
        match answer {
            Some(Answer::GoOn(index)) => {
                self.going_on = Some(index);
                self.over = Over::Nothing;
            }
            Some(Answer::Discard(index)) => self.desk.left.remove(index).discard(),
            Some(Answer::Later) => self.desk.aside = true,
            None => {}
        }
    }

    /// Puts the offer aside once the person has begun to work in one of these places; not under a pointer that is still pressed.
    pub(super) fn note_work(&mut self, ui: &Ui, places: &[Rect]) {
        if self.desk.left.is_empty() || self.over != Over::Nothing || self.confirm.is_some() || Popup::is_any_open(ui.ctx()) {
            return;
        }
        let pressed = |event: &Event| match event {
            Event::PointerButton { pos, pressed: true, .. } => places.iter().any(|place| place.contains(*pos)),
            _ => false,
        };
        // In a slow frame a button may be pressed and released.
        let (begins, down) = ui.input(|input| (input.events.iter().any(pressed), input.pointer.any_down()));
        self.desk.begun |= begins;
        self.desk.aside |= self.desk.begun && !down;
    }

    /// Goes on where one of the earlier runs ended; the others stay where they are.
    pub(super) fn go_on(&mut self, index: usize, ctx: &Context) {
        if index >= self.desk.left.len() {
            return;
        }
        let left = self.desk.left.remove(index);
        match self.open_document(&left.document, ctx) {
            Ok(()) => {
                if let Some(lab) = self.labs[self.active].as_mut() {
                    lab.begin_history();
                }
                if let Some(keeper) = &mut self.desk.keeper {
                    keeper.take_over(&left);
                }
            }
            // It stays on the disk as it is.
            Err(sentence) => {
                self.desk.left.insert(index, left);
                self.shared.warn(in_place("the session that was left", &sentence));
            }
        }
        self.desk.aside = true;
        match self.desk.left.len() {
            0 => {}
            1 => self.shared.done("The other session stays where it is; Ctrl+O lists it."),
            n => self.shared.done(format!("The other {n} sessions stay where they are; Ctrl+O lists them.")),
        }
    }
}

fn ago(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" })
}
