//! The chapter rail: the whole lecture at a glance.

use egui::{CornerRadius, Rect, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::TractableApp;
use crate::labs::{Command, Section};
use crate::ui::chips;
use crate::ui::theme::letters;

impl TractableApp {
    /// Draws the rail; a click opens a chapter.
    pub(super) fn rail(&mut self, ui: &mut Ui) {
        let palette = self.shared.palette();
        let mut opened = None;
        ui.with_layout(egui::Layout::bottom_up(egui::Align::LEFT), |ui| {
            chips::key_hint(ui, &Command::Palette.key_text(), "commands");
            ui.with_layout(egui::Layout::top_down(egui::Align::LEFT), |ui| {
                egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 1.0;
                    for section in [Section::Autoregressive, Section::Flows] {
                        ui.add_space(4.0);
                        ui.horizontal(|ui| {
                            ui.add_space(9.0);
                            let text =
                                RichText::new(section.title().to_uppercase()).size(letters::size(ui.ctx(), 11.0)).extra_letter_spacing(1.4);
                            ui.label(text.color(palette.text_dim));
                        });
                        ui.add_space(3.0);
                        for (index, chapter) in self.chapters.iter().enumerate() {
                            if chapter.section == section && self.rail_entry(ui, index) {
                                opened = Some(index);
                            }
                        }
                        ui.add_space(6.0);
                    }
                });
            });
        });
        if let Some(index) = opened {
            self.open(index);
        }
    }

    fn rail_entry(&self, ui: &mut Ui, index: usize) -> bool {
        let palette = self.shared.palette();
        let chapter = &self.chapters[index];
        let active = index == self.active;
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 27.0), Sense::click());
        let painter = ui.painter();
        if active || response.hovered() {
            painter.rect_filled(rect, 5.0, palette.card_hover);
        }
        if active {
            let mark = Rect::from_min_size(pos2(rect.left(), rect.top() + 5.0), vec2(3.0, rect.height() - 10.0));
            painter.rect_filled(mark, CornerRadius::same(2), palette.seen);
        }
        if response.has_focus() {
            painter.rect_stroke(rect, 5.0, egui::Stroke::new(2.0, palette.now), egui::StrokeKind::Inside);
        }
        // What is built stands out; what is not stays readable.
        let built = chapter.open.is_some();
        let ink = if active || built { palette.text } else { palette.text_dim };
        let font = letters::proportional(ui.ctx(), 12.6);
        let galley = painter.layout_no_wrap(chapter.title.to_owned(), font, ink);
        painter.galley(pos2(rect.left() + 11.0, rect.center().y - galley.size().y / 2.0), galley, ink);
        response.widget_info(|| WidgetInfo::selected(Role::Tab, true, active, chapter.title));
        let tip = if built { chapter.question.to_owned() } else { format!("{} (not built yet)", chapter.question) };
        response.on_hover_cursor(egui::CursorIcon::PointingHand).on_hover_text(tip).clicked()
    }
}
