//! A Jacobian as cells: what is exactly zero stays empty, what is exactly one is neutral, everything else has the colour of its sign.

use egui::{Align2, Color32, Mesh, Rect, Shape, Ui, vec2};

use crate::train::taxonomy_job::pattern::Matrix;
use crate::ui::colormap::Scale;
use crate::ui::pixel_grid::{GridLayout, PixelGrid};
use crate::ui::theme::{Palette, ink_on, letters};
use crate::ui::units::number;

/// Below this side of a cell its number would not fit into it.
const NUMBERED: f32 = 34.0;

fn color(palette: &Palette, scale: &Scale, value: f64) -> Color32 {
    if value == 0.0 { palette.future } else { scale.color(value as f32, palette.dark) }
}

fn scale(matrix: &Matrix) -> Scale {
    Scale::symmetric(matrix.entries.iter().fold(1.0, |most: f64, entry| most.max(entry.abs())) as f32)
}

/// The pattern alone, painted into a rectangle: an entry that is not zero is marked, one on the diagonal that is one more quietly.
pub(super) fn paint(ui: &Ui, rect: Rect, matrix: &Matrix, dim: usize) {
    let palette = Palette::of(ui);
    let layout = GridLayout { rect, rows: dim, cols: dim };
    let mut mesh = Mesh::default();
    for (cell, &entry) in matrix.entries.iter().enumerate() {
        let ink = match entry {
            0.0 => palette.track.gamma_multiply(0.6),
            1.0 => palette.text_dim,
            _ => palette.seen,
        };
        mesh.add_colored_rect(layout.cell(cell).shrink(0.5), ink);
    }
    ui.painter().add(Shape::mesh(mesh));
}

/// The matrix with its numbers; gives the cell under the pointer or the cursor.
pub(super) fn show(ui: &mut Ui, name: &str, matrix: &Matrix, dim: usize, side: f32) -> Option<usize> {
    let palette = Palette::of(ui);
    let scale = scale(matrix);
    let shown = PixelGrid::new(name, dim, dim)
        .fill(|cell| color(palette, &scale, matrix.entries[cell]))
        .summary(format!("{} entries are exactly zero", matrix.zeros()))
        .show(ui, vec2(side, side));
    let font = letters::monospace(ui.ctx(), 10.5);
    let cell = shown.layout.rect.width() / dim as f32;
    if cell >= NUMBERED * letters::stretch(ui.ctx(), 10.5) {
        for (i, &entry) in matrix.entries.iter().enumerate() {
            let ink = || ink_on(color(palette, &scale, entry), [palette.text, palette.ground]);
            let (text, ink) = match entry {
                0.0 => ("0".to_owned(), palette.text_dim),
                1.0 => ("1".to_owned(), ink()),
                _ => (number(entry, if entry.abs() < 10.0 { 2 } else { 0 }), ink()),
            };
            ui.painter().text(shown.layout.cell(i).center(), Align2::CENTER_CENTER, text, font.clone(), ink);
        }
    }
    if let Some(i) = shown.hovered {
        let (row, column) = (i / dim + 1, i % dim + 1);
        shown.response.on_hover_text_at_pointer(format!("∂z{row} / ∂x{column} = {}", number(matrix.entries[i], 6)));
    }
    shown.hovered
}
