//! The first layer's mask, cell by cell: a click opens or closes one, and the causal analysis says at once what that means.

use egui::{Align2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::lab::PixelcnnLab;
use crate::autoregressive::pixelcnn::{Config, Wiring};
use crate::graph::{MaskKind, Taps};
use crate::labs::{Command, Shared};
use crate::train::pixelcnn_job::{Ask, Mask};
use crate::train::{Lesson, Model};
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
    if !letters::of_a_hall(ui.ctx()) {
        // There the class must see what the mask means, which stands below.
        chips::note(ui, "Click a cell to open or close it. The framed cell is the pixel that is predicted.");
    }
    let live = config.mask_a();
    if let Some(cell) = cells(ui, side, &live) {
        let mut taps = live.clone();
        match taps.iter().position(|&tap| tap == cell) {
            Some(index) => drop(taps.remove(index)),
            None => taps.push(cell),
        }
        lab.set_mask(Some(taps));
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
                lab.set_mask(Some(taps));
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
            lab.set_what_if(true);
        }
        chips::note(
            ui,
            "It can be trained all the same: what falls then is no likelihood. Over the picture in red: what a pixel sees that is not drawn before it.",
        );
        if lab.is_garbage() {
            chips::note(ui, "In the red frame: what it draws all the same. Each pixel was predicted from values that changed afterwards.");
        }
    });
}

fn sorted(mut taps: Vec<(i32, i32)>) -> Vec<(i32, i32)> {
    taps.sort_unstable();
    taps
}

/// The kernel as cells to click; gives the offset of the one that was clicked.
fn cells(ui: &mut Ui, side: usize, live: &[(i32, i32)]) -> Option<(i32, i32)> {
    let palette = Palette::of(ui);
    let reach = (side / 2) as i32;
    let most = if letters::of_a_hall(ui.ctx()) { 160.0 } else { 260.0 };
    let width = (ui.available_width().min(most) / side as f32).floor();
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

/// A mask that a shipped model can have.
///
/// # Errors
/// A sentence about a model whose mask cannot be edited, or a cell that it does not have.
pub(super) fn check(preset: &str, taps: &[(i32, i32)]) -> Result<(), String> {
    let Some(config) = own_config(preset) else { return Ok(()) };
    if config.wiring != Wiring::Plain {
        return Err(format!("`{preset}` has two stacks of masks; only a plain model's one mask can be edited."));
    }
    let reach = (config.first_kernel / 2) as i32;
    if taps.is_empty() || taps.iter().any(|&(dy, dx)| dy.abs() > reach || dx.abs() > reach) {
        return Err(format!("Expected at least one open cell of the mask, each within {reach} of the centre."));
    }
    Ok(())
}

/// The model of a preset, with its own mask.
fn own_config(preset: &str) -> Option<Config> {
    match Lesson::preset(preset)?.model {
        Model::Pixelcnn { config, .. } => Some(config),
        _ => None,
    }
}

impl PixelcnnLab {
    /// Gives the first layer another mask, or with `None` the model's own.
    pub(super) fn set_mask(&mut self, mask: Option<Vec<(i32, i32)>>) {
        let own = own_config(&self.preset).map(|config| config.mask_a()).unwrap_or_default();
        let mask = mask.map(sorted).filter(|taps| *taps != own);
        if mask != self.mask {
            self.ask(Ask::Mask(mask.clone().unwrap_or(own)));
            self.mask = mask;
            self.what_if = false;
        }
    }

    /// Has a model whose mask leaks draw all the same, or refuse again.
    pub(super) fn set_what_if(&mut self, on: bool) {
        if on != self.what_if && self.mask.is_some() {
            self.what_if = on;
            self.ask(if on { Ask::WhatIf } else { Ask::Mask(self.mask.clone().unwrap_or_default()) });
        }
    }

    /// The worker has heard everything: the mask is the one that it has, also where it refused one or loaded weights with their own.
    pub(super) fn follow_mask(&mut self) {
        let heard =
            self.snapshot.as_ref().is_some_and(|snapshot| snapshot.heard == self.asked.get() && snapshot.lesson.name == self.preset);
        if heard && let Some(config) = self.masked_config() {
            self.mask = config.first_taps;
            self.what_if &= self.mask().is_some_and(|mask| mask.leak.is_some());
        }
    }

    /// The model that is open, with its mask, as a lesson.
    pub(super) fn open_lesson(&self) -> Option<Lesson> {
        let mut lesson = self.snapshot.as_ref().map(|snapshot| Lesson::clone(&snapshot.lesson)).or_else(|| Lesson::preset(&self.preset))?;
        if let (Model::Pixelcnn { config, .. }, Some(masked)) = (&mut lesson.model, self.masked_config()) {
            *config = masked;
        }
        Some(lesson)
    }

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

/// Over the picture of a model that is not autoregressive: the reason why nothing is drawn, or a red frame around what it drew all the same.
pub(super) fn over(lab: &PixelcnnLab, ui: &mut Ui, whole: Rect) {
    let palette = Palette::of(ui);
    if lab.is_garbage() {
        ui.painter().rect_stroke(whole.expand(3.0), 2.0, Stroke::new(6.0, palette.blind), StrokeKind::Middle);
    } else if let Some(sentence) = lab.refusal() {
        // At the end that the field of the pixel leaves free.
        let upper = lab.focus().zip(lab.walk.run()).is_some_and(|(focus, run)| focus / run.cols > run.rows / 2);
        let galley = ui.painter().layout(sentence, letters::proportional(ui.ctx(), 15.0), palette.blind, whole.width() - 40.0);
        let size = galley.size() + vec2(20.0, 14.0);
        let y = if upper { whole.top() + 6.0 } else { whole.bottom() - size.y - 6.0 };
        let card = Rect::from_min_size(pos2(whole.center().x - size.x / 2.0, y), size);
        ui.painter().rect(card, 6.0, palette.panel, Stroke::new(2.0, palette.blind), StrokeKind::Inside);
        ui.painter().galley(card.min + vec2(10.0, 7.0), galley, palette.blind);
    }
}
