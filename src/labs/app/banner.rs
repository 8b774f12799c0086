//! The sentence about what went wrong, above the canvas until it is solved, with its button where the lab has a way out.

use egui::{Frame, Margin, RichText, Role, Stroke, Ui, WidgetInfo};

use crate::ui::chips;
use crate::ui::theme::Palette;

/// Draws the banner; true if its button is clicked, which is there for a lab that is `dead`.
pub(super) fn show(ui: &mut Ui, sentence: &str, dead: bool) -> bool {
    let palette = Palette::of(ui);
    let frame =
        Frame::new().fill(palette.card).stroke(Stroke::new(1.5, palette.blind)).corner_radius(8).inner_margin(Margin::symmetric(12, 8));
    let response = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(egui::Label::new(RichText::new(sentence).color(palette.text)).wrap());
        dead && chips::primary_button(ui, "Restart the lab").on_hover_text("A new worker with the settings as they are").clicked()
    });
    response.response.widget_info(|| WidgetInfo::labeled(Role::Alert, true, sentence));
    ui.add_space(8.0);
    response.inner
}
