//! The top bar: where we are, where it is computed, with which seed, and how it looks.

use egui::{Key, RichText, Sense, Stroke, TextEdit, Ui, vec2};

use super::TractableApp;
use crate::labs::Command;
use crate::ui::chips;
use crate::ui::icons::{Icon, icon_button};
use crate::ui::theme::Palette;

impl TractableApp {
    /// Draws the bar.
    pub(super) fn top_bar(&mut self, ui: &mut Ui) {
        let palette = self.shared.palette();
        let chapter = &self.chapters[self.active];
        let status = self.lab().map(|lab| lab.status()).unwrap_or_default();
        ui.set_min_height(32.0);
        let width = ui.available_width();
        let mut asked = None;
        ui.horizontal_centered(|ui| {
            logo(ui, palette);
            ui.label(RichText::new("Tractable").size(16.5).color(palette.text));
            ui.add_space(14.0);
            if width >= 800.0 {
                ui.label(RichText::new(format!("{} ›", chapter.section.title())).color(palette.text_dim));
            }
            ui.label(RichText::new(chapter.title).color(palette.text));
            if !status.busy.is_empty() && width >= 1000.0 {
                ui.add_space(10.0);
                let (dot, _) = ui.allocate_exact_size(vec2(8.0, 8.0), Sense::hover());
                ui.painter().circle_filled(dot.center(), 3.5, palette.seen);
                ui.label(RichText::new(&status.busy).small().color(palette.seen));
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 7.0;
                let mut chip = |ui: &mut Ui, label: &str, command: Command| {
                    if chips::button(ui, label).on_hover_text(command.tooltip()).clicked() {
                        asked = Some(command);
                    }
                };
                chip(ui, "?", Command::Sheet);
                chip(ui, "Projector", Command::Projector);
                let other = if palette.dark { "Light" } else { "Dark" };
                chip(ui, other, Command::Theme);
                chip(ui, self.shared.units.name(), Command::Units);
                if icon_button(ui, Icon::Panels, "Fold the side panels", 25.0, false).on_hover_text(Command::FoldPanels.tooltip()).clicked()
                {
                    asked = Some(Command::FoldPanels);
                }
                if icon_button(ui, Icon::Dice, "New seed", 25.0, false).on_hover_text(Command::NewSeed.tooltip()).clicked() {
                    asked = Some(Command::NewSeed);
                }
                self.seed_field(ui);
                if !status.backend.is_empty() && width >= 740.0 {
                    chips::tag(ui, &status.backend).on_hover_text("Where the numbers on this screen are computed");
                }
            });
        });
        if let Some(command) = asked {
            let ctx = ui.ctx().clone();
            self.run(command, &ctx);
        }
    }

    /// The seed: a chip that turns into a text field when clicked.
    fn seed_field(&mut self, ui: &mut Ui) {
        let Some(text) = &mut self.seed_text else {
            let label = format!("Seed {}", self.shared.seed);
            if chips::button(ui, &label).on_hover_text("The seed of all noise. Click to type another.").clicked() {
                self.seed_text = Some(self.shared.seed.to_string());
            }
            return;
        };
        let response = ui.add(TextEdit::singleline(text).desired_width(72.0).hint_text("seed").char_limit(18));
        response.widget_info(|| {
            let mut info = egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Seed");
            info.current_text_value = Some(text.clone());
            info
        });
        if response.lost_focus() {
            let entered = ui.input(|input| input.key_pressed(Key::Enter));
            let parsed = text.trim().parse::<u64>();
            self.seed_text = None;
            match parsed {
                Ok(seed) if entered => self.set_seed(seed),
                Err(_) if entered => self.shared.warn("A seed is a whole number such as 541; the old one stays."),
                _ => {}
            }
        } else if !response.has_focus() {
            response.request_focus();
        }
    }
}

/// Two interlocking rings: data and latent space.
fn logo(ui: &mut Ui, palette: &Palette) {
    let (rect, _) = ui.allocate_exact_size(vec2(26.0, 22.0), Sense::hover());
    let c = rect.center();
    ui.painter().circle_stroke(c - vec2(4.6, 0.0), 7.0, Stroke::new(2.6, palette.seen));
    ui.painter().circle_stroke(c + vec2(4.6, 0.0), 7.0, Stroke::new(2.6, palette.now));
}
