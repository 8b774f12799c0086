//! What lies over everything: messages, the frame-time figures, the blank screen.

use egui::{Align2, Area, Color32, Frame, Id, Margin, Order, RichText, Role, Stroke, Ui, WidgetInfo, vec2};

use super::TractableApp;
use crate::labs::shared::Tone;

impl TractableApp {
    /// Messages above the transport bar, newest at the bottom.
    pub(super) fn toasts(&self, ctx: &egui::Context) {
        let progress = self.export_progress();
        if self.shared.toasts.is_empty() && progress.is_empty() {
            return;
        }
        let palette = self.shared.palette();
        let area = Area::new(Id::unique("toasts")).order(Order::Foreground).anchor(Align2::CENTER_BOTTOM, vec2(0.0, -88.0));
        area.interactable(false).show(ctx, |ui| {
            if !progress.is_empty() {
                ui.label(RichText::new(progress).background_color(palette.card).color(palette.seen));
            }
            for toast in &self.shared.toasts {
                let line = match toast.tone {
                    Tone::Done => palette.seen,
                    Tone::Warning => palette.now,
                };
                let frame =
                    Frame::new().fill(palette.card).stroke(Stroke::new(1.5, line)).corner_radius(8).inner_margin(Margin::symmetric(14, 8));
                let shown = frame.show(ui, |ui| {
                    ui.set_max_width(520.0);
                    ui.label(RichText::new(&toast.text).color(palette.text));
                });
                shown.response.widget_info(|| WidgetInfo::labeled(Role::Status, true, &toast.text));
                ui.add_space(4.0);
            }
        });
    }

    /// What drawing costs this machine.
    pub(super) fn frame_time_figures(&self, ctx: &egui::Context) {
        let palette = self.shared.palette();
        let figures = self.frame_times.figures();
        let ms = |d: std::time::Duration| format!("{:.1} ms", d.as_secs_f64() * 1e3);
        let text = format!(
            "window thread, CPU a frame: median {}, p99 {}\nlongest gap while moving {} · {} frames",
            ms(figures.median),
            ms(figures.p99),
            ms(figures.longest_gap),
            figures.frames
        );
        Area::new(Id::unique("frame times")).order(Order::Foreground).anchor(Align2::RIGHT_TOP, vec2(-12.0, 54.0)).show(ctx, |ui| {
            Frame::new().fill(palette.card).stroke(Stroke::new(1.0, palette.line)).corner_radius(6).inner_margin(8).show(ui, |ui| {
                ui.label(RichText::new(text).monospace().color(palette.text));
            });
        });
    }

    /// Black, until B, a clicker's blank button or Esc.
    pub(super) fn blank_screen(&self, ui: &mut Ui) {
        let rect = ui.max_rect();
        ui.painter().rect_filled(rect, 0.0, Color32::BLACK);
        let response = ui.interact(rect, ui.scope_id().with("blank"), egui::Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Status, true, "Blank screen. B or Escape goes on."));
    }
}
