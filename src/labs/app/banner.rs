//! The sentence about what went wrong, above the canvas until it is solved.

use egui::{Frame, Margin, RichText, Role, Stroke, Ui, WidgetInfo};

use crate::ui::theme::Palette;

/// Draws the banner.
pub(super) fn show(ui: &mut Ui, sentence: &str) {
    let palette = Palette::of(ui);
    let frame =
        Frame::new().fill(palette.card).stroke(Stroke::new(1.5, palette.blind)).corner_radius(8).inner_margin(Margin::symmetric(12, 8));
    let response = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(egui::Label::new(RichText::new(sentence).color(palette.text)).wrap());
    });
    response.response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, sentence));
    ui.add_space(8.0);
}
