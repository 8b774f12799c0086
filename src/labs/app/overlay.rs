//! What lies over everything: messages, the frame-time figures, the blank screen.

use egui::{Align2, Area, Color32, Frame, Id, Margin, Order, RichText, Role, Stroke, Ui, WidgetInfo, vec2};

use super::TractableApp;
use crate::labs::frame_times::resident_memory;
use crate::labs::shared::Tone;
use crate::ui::theme::letters;

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
        let status = self.labs[self.active].as_ref().map(|lab| lab.status()).unwrap_or_default();
        let memory = resident_memory().map_or_else(|| "memory unknown".into(), |bytes| format!("memory {} MB", bytes / 1_000_000));
        let work = match self.step_meter.rate() {
            Some(rate) => format!("{rate:.0} steps/s"),
            None => "no training".into(),
        };
        let text = format!(
            "window thread, CPU a frame: median {}, p99 {}\nlongest gap while moving {} · {} frames\n{work} · {memory}\n{}",
            ms(figures.median),
            ms(figures.p99),
            ms(figures.longest_gap),
            figures.frames,
            if status.backend.is_empty() { "no worker" } else { &status.backend },
        );
        Area::new(Id::unique("frame times")).order(Order::Foreground).anchor(Align2::RIGHT_TOP, vec2(-12.0, 54.0)).show(ctx, |ui| {
            Frame::new().fill(palette.card).stroke(Stroke::new(1.0, palette.line)).corner_radius(6).inner_margin(8).show(ui, |ui| {
                // Beside the right edge a line would be broken where the area was narrow before.
                ui.add(egui::Label::new(RichText::new(text).monospace().color(palette.text)).extend());
            });
        });
    }

    /// Black, until B, a clicker's blank button or Esc.
    pub(super) fn blank_screen(&self, ui: &mut Ui) {
        let rect = ui.max_rect();
        ui.painter().rect_filled(rect, 0.0, Color32::BLACK);
        // Dim, so that it does not draw the eye; without it a lecturer may not find the way back.
        let hint = "B, . or Esc goes on";
        let place = rect.center_bottom() - vec2(0.0, 18.0);
        ui.painter().text(place, Align2::CENTER_BOTTOM, hint, letters::proportional(ui.ctx(), 12.0), Color32::from_gray(70));
        let response = ui.interact(rect, ui.scope_id().with("blank"), egui::Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Status, true, "Blank screen. B or Escape goes on."));
    }
}

/// Training steps a second, from what the labs say of themselves.
#[derive(Default)]
pub(super) struct StepMeter {
    seen: std::collections::VecDeque<(std::time::Instant, u64)>,
}

impl StepMeter {
    /// Notes what is going on, for example `training · step 12,400`.
    pub(super) fn note(&mut self, busy: &str) {
        let step = busy.starts_with("training").then(|| busy.chars().filter(char::is_ascii_digit).collect::<String>());
        let Some(step) = step.and_then(|digits| digits.parse().ok()) else { return self.seen.clear() };
        let now = std::time::Instant::now();
        if self.seen.back().is_some_and(|&(_, last)| step < last) {
            self.seen.clear();
        }
        if self.seen.back().is_none_or(|&(_, last)| step > last) {
            self.seen.push_back((now, step));
        }
        while self.seen.front().is_some_and(|&(time, _)| (now - time).as_secs_f64() > 3.0) {
            self.seen.pop_front();
        }
    }

    fn rate(&self) -> Option<f64> {
        let (first, last) = (self.seen.front()?, self.seen.back()?);
        let seconds = (last.0 - first.0).as_secs_f64();
        (seconds > 0.2).then(|| (last.1 - first.1) as f64 / seconds)
    }
}
