//! Pinned pixels: up to three, each with a letter and a colour of its own.

use egui::{Align2, Color32, Ui};

use super::lab::View;
use crate::ui::pixel_grid::GridLayout;
use crate::ui::theme::{Palette, letters};

/// More pins would not be told apart.
pub(super) const MOST_PINS: usize = 3;

/// The letter of a pin.
pub(super) fn letter(pin: usize) -> char {
    ['A', 'B', 'C'][pin.min(MOST_PINS - 1)]
}

/// The colour of a pin.
pub(super) fn color(pin: usize, palette: &Palette) -> Color32 {
    [palette.base, palette.positive, palette.negative][pin.min(MOST_PINS - 1)]
}

impl View {
    /// Pins a pixel, or takes its pin out; a fourth pin replaces the oldest one.
    pub(super) fn toggle_pin(&mut self, cell: usize) {
        match self.pins.iter().position(|&pin| pin == cell) {
            Some(at) => drop(self.pins.remove(at)),
            None => {
                if self.pins.len() == MOST_PINS {
                    self.pins.remove(0);
                }
                self.pins.push(cell);
            }
        }
        self.pinned = self.pins.last().copied();
    }

    /// Takes all pins out.
    pub(super) fn unpin_all(&mut self) {
        self.pins.clear();
        self.pinned = None;
    }
}

/// Writes the letters into the corners of the pinned cells.
pub(super) fn letters(ui: &Ui, layout: &GridLayout, pins: &[usize], palette: &Palette) {
    for (i, &cell) in pins.iter().enumerate().filter(|(_, cell)| **cell < layout.rows * layout.cols) {
        let square = layout.cell(cell);
        let corner = square.left_top();
        let side = square.width().clamp(9.0, 15.0);
        let badge = egui::Rect::from_center_size(corner + egui::vec2(1.0, 1.0), egui::vec2(side, side));
        ui.painter().rect_filled(badge, 3.0, color(i, palette));
        let font = letters::proportional(ui.ctx(), side * 0.8);
        ui.painter().text(badge.center(), Align2::CENTER_CENTER, letter(i), font, palette.on_accent);
    }
}
