//! A chapter that is not built yet: its title, the one question that it will answer, and nothing that pretends to work.

use egui::{RichText, Ui, vec2};

use super::TractableApp;
use crate::ui::theme::letters;

impl TractableApp {
    /// Fills the middle of the window.
    pub(super) fn placeholder(&self, ui: &mut Ui) {
        let palette = self.shared.palette();
        let chapter = &self.chapters[self.active];
        let height = ui.available_height();
        ui.vertical_centered(|ui| {
            ui.add_space(height * 0.3);
            ui.label(
                RichText::new(chapter.section.title().to_uppercase())
                    .size(letters::size(ui.ctx(), 12.0))
                    .extra_letter_spacing(1.5)
                    .color(palette.text_dim),
            );
            ui.add_space(6.0);
            ui.label(RichText::new(chapter.title).size(27.0).color(palette.text));
            ui.add_space(16.0);
            let width = (ui.available_width() * 0.62).min(620.0);
            ui.allocate_ui(vec2(width, 80.0), |ui| {
                ui.add(egui::Label::new(RichText::new(chapter.question).size(18.0).color(palette.seen)).wrap());
            });
            ui.add_space(20.0);
            ui.label(RichText::new("This chapter is not built yet.").color(palette.text_dim));
        });
    }
}
