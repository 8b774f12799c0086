//! Resets say what they lose, in place, and happen only when they are asked for twice.

use egui::{RichText, Ui};

use super::TractableApp;
use crate::labs::Command;
use crate::ui::chips;

impl TractableApp {
    /// Asks before something is lost; true if it may happen now.
    pub(super) fn may_reset(&mut self, command: Command) -> bool {
        let asked = self.confirm.take();
        if asked == Some(command) {
            return true;
        }
        self.confirm = Some(command);
        false
    }

    /// The question, above the canvas.
    pub(super) fn ask_in_place(&mut self, ui: &mut Ui) {
        let Some(command) = self.confirm else { return };
        let palette = self.shared.palette();
        let entry = command.entry();
        chips::card(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(format!("{}? {}", entry.title, entry.help)).color(palette.text));
                if chips::primary_button(ui, &format!("Yes: {}", entry.title.to_lowercase())).clicked() {
                    self.confirmed = true;
                }
                if chips::button(ui, "Keep it").clicked() {
                    self.confirm = None;
                }
            });
        });
        ui.add_space(6.0);
    }

    /// Carries out a reset; a lab that has none of its own is opened anew.
    pub(super) fn reset(&mut self, command: Command) {
        if self.offer(command) {
            return;
        }
        match command {
            Command::ResetAll => {
                self.labs[self.active] = None;
                self.open(self.active);
                self.shared.done("The chapter is as it opened.");
            }
            other => self.nothing_to_do(other),
        }
    }
}
