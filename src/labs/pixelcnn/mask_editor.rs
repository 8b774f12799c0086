//! The first layer's mask, cell by cell: a click opens or closes one, and the causal analysis says at once what that means.

use egui::{Align2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::lab::PixelcnnLab;
use crate::autoregressive::pixelcnn::{Config, Wiring};
use crate::graph::{MaskKind, Taps};
use crate::labs::{Command, Shared};
use crate::train::Model;
use crate::train::pixelcnn_job::{Ask, Mask};
use crate::ui::chips;
use crate::ui::theme::{Palette, letters};

/// Why there are no micro-steps in what a leaking model drew.
const CLOSED: &str = "This picture is of no autoregressive model: there are no steps inside its pixels. Close the cell that leaks.";

/// Draws the editor.
pub(super) fn show(lab: &mut PixelcnnLab, ui: &mut Ui) {
    let palette = Palette::of(ui);
    let Some(config) = lab.masked_config() else { return };
    let side = config.first_kernel;
    chips::section(ui, "The first layer's mask", &format!("{side}×{side}"));
    if config.wiring == Wiring::Gated {
        chips::note(ui, "This model has two stacks of masks; open a plain model to edit its one.");
        return;
    }
    chips::note(ui, "Click a cell to open or close it. The framed cell is the pixel that is predicted.");
    let live = config.mask_a();
    if let Some(cell) = cells(ui, side, &live) {
        let mut taps = live.clone();
        match taps.iter().position(|&tap| tap == cell) {
            Some(index) => drop(taps.remove(index)),
            None => taps.push(cell),
        }
        lab.ask(Ask::Mask(taps));
    }
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
        let reach = |size: usize| Taps::raster(size, MaskKind::A).offsets().to_vec();
        let mut offers = vec![("mask A", reach(side)), ("mask B", Taps::raster(side, MaskKind::B).offsets().to_vec())];
        offers.extend([(3, "3×3"), (5, "5×5")].into_iter().filter(|(size, _)| *size < side).map(|(size, name)| (name, reach(size))));
        for (name, mut taps) in offers {
            taps.sort_unstable();
            if chips::chip(ui, name, taps == live).clicked() {
                lab.ask(Ask::Mask(taps));
            }
        }
    });
    ui.add_space(4.0);
    let leak = lab.mask().and_then(|mask| mask.leak);
    let Some(leak) = leak else {
        let open = live.len();
        ui.label(egui::RichText::new(format!("Autoregressive: {open} open cells, all of them drawn earlier.")).color(palette.seen));
        if config.first_taps.is_some() {
            chips::note(
                ui,
                "The weights of the open cells are kept, new cells start at random: train on to let the model get used to its mask.",
            );
        }
        return;
    };
    chips::card(ui, |ui| {
        ui.add(egui::Label::new(egui::RichText::new(format!("Not autoregressive: {}.", leak.sentence())).color(palette.blind)).wrap());
        let help = "Draws in raster order all the same, a whole forward pass for each pixel, although what a pixel saw changes afterwards";
        if chips::button(ui, "what if").on_hover_text(help).clicked() {
            lab.ask(Ask::WhatIf);
        }
        if lab.is_garbage() {
            chips::note(ui, "In the red frame: what it draws all the same. Each pixel was predicted from values that changed afterwards.");
        }
    });
}

/// The kernel as cells to click; gives the offset of the one that was clicked.
fn cells(ui: &mut Ui, side: usize, live: &[(i32, i32)]) -> Option<(i32, i32)> {
    let palette = Palette::of(ui);
    let reach = (side / 2) as i32;
    let width = (ui.available_width().min(260.0) / side as f32).floor();
    let (area, _) = ui.allocate_exact_size(vec2(width * side as f32, width * side as f32), Sense::hover());
    let mut clicked = None;
    for (i, (dy, dx)) in (-reach..=reach).flat_map(|dy| (-reach..=reach).map(move |dx| (dy, dx))).enumerate() {
        let corner = pos2(area.left() + (i % side) as f32 * width, area.top() + (i / side) as f32 * width);
        let rect = Rect::from_min_size(corner, vec2(width, width)).shrink(1.5);
        let response = ui.interact(rect, ui.scope_id().with(("mask cell", i)), Sense::click());
        let (on, earlier) = (live.contains(&(dy, dx)), (dy, dx) < (0, 0));
        let (fill, ink) = match (on, earlier) {
            (true, true) => (palette.seen, palette.on_accent),
            (true, false) => (palette.blind, palette.on_accent),
            (false, _) => (palette.track, palette.text_dim),
        };
        let line = if response.hovered() || response.has_focus() { palette.now } else { palette.line };
        ui.painter().rect(rect, 3.0, fill, Stroke::new(1.5, line), StrokeKind::Inside);
        if (dy, dx) == (0, 0) {
            ui.painter().rect_stroke(rect.expand(1.0), 3.0, Stroke::new(2.5, palette.now), StrokeKind::Middle);
        }
        ui.painter().text(
            rect.center(),
            Align2::CENTER_CENTER,
            if on { "1" } else { "0" },
            letters::monospace(ui.ctx(), width * 0.45),
            ink,
        );
        response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, format!("Mask cell {dy:+}, {dx:+}")));
        if response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
            clicked = Some((dy, dx));
        }
    }
    clicked
}

impl PixelcnnLab {
    /// The mask that was set last, if one was.
    pub(super) fn mask(&self) -> Option<&Mask> {
        self.snapshot.as_ref()?.mask.as_ref()
    }

    /// The model with the mask that was set last, whether or not it can draw.
    pub(super) fn masked_config(&self) -> Option<Config> {
        if let Some(mask) = self.mask().filter(|mask| mask.leak.is_some()) {
            return Some(mask.config.clone());
        }
        match &self.snapshot.as_ref()?.lesson.model {
            Model::Pixelcnn { config, .. } => Some(config.clone()),
            _ => None,
        }
    }

    /// Why nothing can be drawn, if the mask leaks and nobody asked what if.
    pub(super) fn refusal(&self) -> Option<String> {
        let mask = self.mask().filter(|mask| !mask.what_if)?;
        mask.leak.map(|leak| format!("Sampling is refused: {}.", leak.sentence()))
    }

    /// Whether the picture shows what a model drew that is not autoregressive.
    pub(super) fn is_garbage(&self) -> bool {
        self.mask().is_some_and(|mask| mask.what_if && mask.leak.is_some())
    }

    /// Refuses the commands that would draw a next pixel; true if it did.
    pub(super) fn refuses(&self, command: Command, shared: &mut Shared) -> bool {
        let draws = matches!(command, Command::Step | Command::LargeStep | Command::RunPause | Command::MicroStep | Command::End);
        let blind = self.is_garbage() && command == Command::MicroStep;
        let refusal = if blind { Some(CLOSED.to_owned()) } else { self.refusal().filter(|_| draws) };
        if let Some(sentence) = &refusal {
            shared.warn(sentence.clone());
        }
        refusal.is_some()
    }
}

/// Over the picture of a model that is not autoregressive: a veil and the reason, or a red frame around what it drew all the same.
pub(super) fn over(lab: &PixelcnnLab, ui: &mut Ui, whole: Rect) {
    let palette = Palette::of(ui);
    if lab.is_garbage() {
        ui.painter().rect_stroke(whole.expand(3.0), 2.0, Stroke::new(6.0, palette.blind), StrokeKind::Middle);
    } else if let Some(sentence) = lab.refusal() {
        ui.painter().rect_filled(whole, 0.0, palette.ground.gamma_multiply(0.8));
        let galley = ui.painter().layout(sentence, letters::proportional(ui.ctx(), 15.0), palette.blind, whole.width() - 40.0);
        let at = whole.center() - galley.size() / 2.0;
        ui.painter().galley(at, galley, palette.blind);
    }
}
