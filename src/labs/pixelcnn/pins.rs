//! Pinned pixels: up to three, each with a letter and a colour of its own.

use egui::{Align2, Color32, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::canvas::grey;
use super::lab::View;
use super::live::{probability, rank};
use crate::train::pixelcnn_job::SampleRun;
use crate::ui::chips;
use crate::ui::pixel_grid::GridLayout;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::Units;

/// Height of a pinned pixel's distribution, points.
const ROW: f32 = 32.0;
/// Size of its words.
const WORDS: f32 = 12.0;

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

/// The distributions of several pinned pixels under one another, each by the pixels before it: those of the drawn pixels and of
/// the present one. One pin alone is explained already.
pub(super) fn compared(ui: &mut Ui, run: &SampleRun, pins: &[usize], at: usize, units: Units) {
    if pins.len() < 2 {
        return;
    }
    chips::section(ui, "Pinned pixels", &format!("{} levels each", run.levels));
    for (i, &cell) in pins.iter().enumerate().filter(|(_, cell)| **cell < run.len()) {
        let (row, column) = (cell / run.cols, cell % run.cols);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW * letters::stretch(ui.ctx(), WORDS)), Sense::hover());
        let right = match cell <= at {
            true => format!("p {}\nrank {}", probability(run.chosen_p(cell)), rank(run.distribution(cell), usize::from(run.pixels[cell]))),
            false => "still\nto come".to_owned(),
        };
        let spoken = match cell <= at {
            true => format!("{}, {}", right.replace('\n', ", "), units.format(run.price[cell], 2)),
            false => "still to come".to_owned(),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Pin {}, row {row}, column {column}: {spoken}", letter(i))));
        let left = format!("{}\n({row}, {column})", letter(i));
        let bars = words(ui, rect, &left, &right, color(i, Palette::of(ui)));
        if cell <= at {
            columns(ui, bars, run, cell, color(i, Palette::of(ui)));
        }
    }
}

/// Words at both ends of a row; gives what they leave between them.
fn words(ui: &Ui, rect: Rect, left: &str, right: &str, ink: Color32) -> Rect {
    let lay = |text: &str, ink: Color32| ui.painter().layout_no_wrap(text.to_owned(), letters::proportional(ui.ctx(), WORDS), ink);
    let (left, right) = (lay(left, ink), lay(right, Palette::of(ui).text));
    let from = rect.right() - right.size().x;
    let bars = Rect::from_min_max(pos2(rect.left() + left.size().x + 10.0, rect.top() + 2.0), pos2(from - 10.0, rect.bottom() - 2.0));
    let top = |height: f32| rect.center().y - height / 2.0;
    let (at_left, at_right) = (pos2(rect.left(), top(left.size().y)), pos2(from, top(right.size().y)));
    ui.painter().galley(at_left, left, ink);
    ui.painter().galley(at_right, right, ink);
    bars
}

/// An upright bar for each level over its grey; the drawn level's is filled, the others are pale.
fn columns(ui: &Ui, rect: Rect, run: &SampleRun, cell: usize, ink: Color32) {
    let step = rect.width() / run.levels as f32;
    if step < 2.0 {
        return;
    }
    let floor = rect.bottom() - 6.0;
    for (level, &p) in run.distribution(cell).iter().enumerate() {
        let x = rect.left() + level as f32 * step;
        let chosen = usize::from(run.pixels[cell]) == level;
        let high = (p.clamp(0.0, 1.0) * (floor - rect.top())).max(1.0);
        let bar = Rect::from_min_max(pos2(x, floor - high), pos2(x + step - 1.0, floor));
        ui.painter().rect_filled(bar, 1.0, if chosen { ink } else { ink.gamma_multiply(0.45) });
        ui.painter().rect_filled(Rect::from_min_size(pos2(x, floor + 2.0), vec2(step - 1.0, 4.0)), 0.0, grey(level as u8, run.levels));
    }
    ui.painter().hline(rect.x_range(), floor + 1.0, Stroke::new(1.0, Palette::of(ui).line));
}
