//! Completing: what is known stays, and the model draws the rest several times.

use egui::{RichText, Ui, vec2};

use super::hand::painted;
use super::{brush, caption, cell_grey};
use crate::labs::Shared;
use crate::labs::pixelcnn::lab::PixelcnnLab;
use crate::train::pixelcnn_job::Study;
use crate::ui::chips;
use crate::ui::pixel_grid::PixelGrid;
use crate::ui::theme::Palette;

/// What a raster model can use.
const WHY: &str = "A pixel is drawn from those before it: above, and left in its row. Known pixels below stay as they are, but no drawn pixel \
                   looks down at them: the model multiplies p(x_i | x_<i), and would need a sum over all that could follow to look ahead.";

/// The parts that a button makes known: name, help, test of (row, column) in an image of a size.
type Part = (&'static str, &'static str, fn(usize, usize, usize, usize) -> bool);
const PARTS: [Part; 4] = [
    ("upper half", "What a raster model can use best", |row, _, rows, _| row < rows / 2),
    ("left half", "Each row begins with what is known", |_, col, _, cols| col < cols / 2),
    ("lower half", "What it can hardly use: nothing that is drawn looks down", |row, _, rows, _| row >= rows / 2),
    ("nothing", "The model draws all of it", |_, _, _, _| false),
];

/// The original with its brush, and the completions.
pub(super) fn show(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &Shared, study: &Study, width: f32) {
    let palette = Palette::of(ui);
    let run = &study.scored;
    let (rows, cols) = (run.rows, run.cols);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 4.0);
        ui.label("Known:");
        for (label, help, part) in PARTS {
            if chips::button(ui, label).on_hover_text(help).clicked() {
                lab.desk.known = (0..rows * cols).map(|i| part(i / cols, i % cols, rows, cols)).collect();
            }
        }
        ui.label("Brush:");
        brush(lab, ui, "known", "unknown");
    });
    let room = ui.available_height();
    let side = (room * 0.46).min(width * 0.5).max(90.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        let known = lab.desk.known.clone();
        let is_known = |cell: usize| known.get(cell).copied().unwrap_or(false);
        let fill = |cell: usize| cell_grey(run.pixels[cell], run.levels);
        let grid = PixelGrid::new("Original", rows, cols).fill(fill).hatch(|cell| !is_known(cell)).gap(0.6).summary("Paint what is known.");
        let grid = grid.show(ui, vec2(side, side));
        for cell in painted(ui, &grid, &mut lab.desk.stroke) {
            if let Some(value) = lab.desk.known.get_mut(cell) {
                *value = !lab.desk.erase;
            }
        }
        ui.vertical(|ui| {
            ui.set_width((width - side - 14.0).max(60.0));
            let given = known.iter().filter(|known| **known).count();
            ui.label(RichText::new(format!("{given} of {} pixels known", rows * cols)).strong());
            chips::note(ui, &caption(study));
            chips::note(ui, WHY);
        });
    });
    ui.add_space(4.0);
    let at = lab.walk.at();
    let done = at >= rows * cols;
    let title = if done { "Six completions, each from its own noise" } else { "Six completions, being drawn" };
    ui.label(RichText::new(title).small().color(palette.text_dim));
    completions(lab, ui, shared, study, width);
}

/// Six small pictures, as far as time has come.
fn completions(lab: &PixelcnnLab, ui: &mut Ui, shared: &Shared, study: &Study, width: f32) {
    let palette = Palette::of(ui);
    let at = lab.walk.at();
    let known = study.order.known.clone().unwrap_or_default();
    let columns = if width > ui.available_height() * 2.4 { 6 } else { 3 };
    let lines = 6 / columns;
    let gap = 8.0;
    let wide = (width - gap * (columns as f32 - 1.0)) / columns as f32;
    let high = ui.available_height() / lines as f32 - 24.0;
    let side = wide.min(high).max(30.0);
    for line in study.completions.chunks(columns).enumerate() {
        let (row, runs) = line;
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for (i, run) in runs.iter().enumerate() {
                let number = row * columns + i + 1;
                let nats = shared.units.format(study.drawn_nats(run), 1);
                let shown = |cell: usize| cell < at || known.get(cell).copied().unwrap_or(false);
                let fill = |cell: usize| if shown(cell) { cell_grey(run.pixels[cell], run.levels) } else { palette.future };
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 1.0;
                    let name = format!("Completion {number}");
                    PixelGrid::new(&name, run.rows, run.cols).fill(fill).gap(0.0).passive().show(ui, vec2(side, side));
                    ui.label(RichText::new(format!("{number} · {nats}")).small().color(palette.text_dim))
                        .on_hover_text("−log p of the drawn pixels, each given all before it");
                });
            }
        });
    }
}
