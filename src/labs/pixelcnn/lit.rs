//! A pixel of the picture and its spike light up together, and so do a row and its own.

use egui::{Rect, Response, Stroke, StrokeKind, Ui, pos2, vec2};

use crate::ui::link;
use crate::ui::pixel_grid::GridLayout;
use crate::ui::theme::Palette;

/// A part of the picture that a spike stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    /// A pixel, counted row by row.
    Pixel(usize),
    /// A whole row.
    Row(usize),
}

impl Part {
    /// Its name among the linked ones: the pixel that is explained is `pixel`, as in every formula.
    fn name(self, focus: usize) -> String {
        match self {
            Part::Pixel(pixel) if pixel == focus => "pixel".to_owned(),
            Part::Pixel(pixel) => format!("pixel {pixel}"),
            Part::Row(row) => format!("row {row}"),
        }
    }

    /// The part of this name.
    fn named(name: &str, focus: usize) -> Option<Part> {
        if name == "pixel" {
            return Some(Part::Pixel(focus));
        }
        let (kind, number) = name.split_once(' ')?;
        let number = number.parse().ok()?;
        match kind {
            "pixel" => Some(Part::Pixel(number)),
            "row" => Some(Part::Row(number)),
            _ => None,
        }
    }

    /// The part that is lit now.
    fn lit(ui: &Ui, focus: usize) -> Option<Part> {
        Part::named(&link::lit_name(ui.ctx())?, focus)
    }
}

/// Over a picture: the pixel that is explained answers to the pointer, and what a spike lights is framed.
pub(super) fn picture(ui: &Ui, layout: &GridLayout, focus: usize) {
    let palette = Palette::of(ui);
    explained(ui, layout.cell(focus), palette);
    let place = match Part::lit(ui, focus) {
        Some(Part::Pixel(pixel)) if pixel != focus && pixel < layout.rows * layout.cols => layout.cell(pixel),
        Some(Part::Row(row)) if row < layout.rows => {
            let first = row * layout.cols;
            layout.cell(first).union(layout.cell(first + layout.cols - 1))
        }
        _ => return,
    };
    ui.painter().rect_stroke(place.expand(1.0), 2.0, Stroke::new(2.5, palette.now), StrokeKind::Outside);
}

/// The pixel that is explained has its own frame: lit, it has a second one around it. A line under it, as words have, would deform the first.
fn explained(ui: &Ui, cell: Rect, palette: &Palette) {
    if ui.rect_contains_pointer(cell) {
        link::hover(ui.ctx(), "pixel");
    }
    if link::lit(ui.ctx(), "pixel") {
        ui.painter().rect_filled(cell, 0.0, palette.now.gamma_multiply(0.22));
        ui.painter().rect_stroke(cell.expand(4.0), 5.0, Stroke::new(1.5, palette.now), StrokeKind::Middle);
    }
}

/// The spikes of the rows: the one under the pointer lights its row, and the row of what is lit lights its spike.
pub(super) fn rows(ui: &Ui, strip: &Response, pointed: Option<usize>, [rows, cols]: [usize; 2], focus: usize) {
    say(ui, pointed.map(Part::Row), focus);
    let lit = Part::lit(ui, focus).map(|part| match part {
        Part::Pixel(pixel) => pixel / cols,
        Part::Row(row) => row,
    });
    if let Some(row) = lit.filter(|&row| row < rows) {
        light(ui, strip.rect, rows, row);
    }
}

/// The spikes of one row's pixels: the one under the pointer lights its pixel, and the pixel that is lit lights its spike.
pub(super) fn pixels(ui: &Ui, strip: &Response, pointed: Option<usize>, row: usize, cols: usize, focus: usize) {
    say(ui, pointed.map(|column| Part::Pixel(row * cols + column)), focus);
    if let Some(Part::Pixel(pixel)) = Part::lit(ui, focus)
        && pixel / cols == row
    {
        light(ui, strip.rect, cols, pixel % cols);
    }
}

fn say(ui: &Ui, part: Option<Part>, focus: usize) {
    if let Some(part) = part {
        link::hover(ui.ctx(), &part.name(focus));
    }
}

/// Lights one of the spikes that share the width of a strip.
fn light(ui: &Ui, strip: Rect, spikes: usize, spike: usize) {
    let step = strip.width() / spikes.max(1) as f32;
    let place = Rect::from_min_size(pos2(strip.left() + spike as f32 * step, strip.top()), vec2(step, strip.height()));
    link::light(ui, place, Palette::of(ui).now);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_again_by_its_name_and_no_other_name_is_one() {
        for part in [Part::Pixel(7), Part::Pixel(12), Part::Row(0), Part::Row(7)] {
            assert_eq!(Part::named(&part.name(7), 7), Some(part));
        }
        assert_eq!(Part::Pixel(7).name(7), "pixel");
        for other in ["row", "p", "price", "level 3", "pixel x"] {
            assert_eq!(Part::named(other, 7), None, "{other}");
        }
    }
}
