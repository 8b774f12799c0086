//! The melody as a piano roll: time to the right, pitch upwards.

use egui::{Align2, Mesh, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::lab::StackLab;
use crate::data::{Melody, melody::BAR};
use crate::train::stack_job::StackRun;
use crate::ui::colormap::{Colormap, Scale};
use crate::ui::theme::{Palette, letters};
use crate::ui::transport::TransportModel;

/// Room for the names of the pitches.
const LEFT: f32 = 34.0;

/// Draws the roll over the height that is left; a click goes there.
pub(super) fn show(lab: &mut StackLab, ui: &mut Ui) {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), ui.available_height().max(60.0));
    let (all, response) = ui.allocate_exact_size(size, Sense::click());
    let rect = Rect::from_min_max(all.min + vec2(LEFT, 0.0), all.max);
    ui.painter().rect_filled(rect, 4.0, palette.future);
    let spoken = match lab.walk.run() {
        Some(run) => format!("Piano roll of {} steps, {} given, {} drawn", run.len(), run.settings.prompt, lab.walk.at),
        None => "Piano roll: the sequence is being drawn".to_owned(),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, &spoken));
    let Some(run) = lab.walk.run().cloned() else { return };
    paint(ui, rect, &run, lab.walk.at, palette);
    let step = rect.width() / run.len() as f32;
    let Some(pos) = response.hover_pos().filter(|pos| rect.contains(*pos)) else { return };
    let column = (((pos.x - rect.left()) / step) as usize).min(run.len() - 1);
    let clicked = response.clicked();
    let text = match column {
        c if c < lab.walk.at => {
            let origin = if c < run.settings.prompt { "given" } else { "drawn" };
            format!("step {}: {}, {origin}", c + 1, Melody::prelude().name(usize::from(run.symbols[c])))
        }
        c => format!("step {}: still to be drawn", c + 1),
    };
    response.on_hover_text_at_pointer(text);
    if clicked {
        lab.walk.set_playing(false);
        lab.walk.seek(column as f64);
    }
}

fn paint(ui: &Ui, rect: Rect, run: &StackRun, at: usize, palette: &Palette) {
    let painter = ui.painter();
    let levels = run.config.levels;
    let step = vec2(rect.width() / run.len() as f32, rect.height() / levels as f32);
    let cell = |column: usize, level: usize| {
        let corner = pos2(rect.left() + column as f32 * step.x, rect.bottom() - (level + 1) as f32 * step.y);
        Rect::from_min_size(corner, vec2((step.x - 1.0).max(1.0), step.y.max(2.0)))
    };
    for bar in 1..run.len().div_ceil(BAR) {
        painter.vline(rect.left() + (bar * BAR) as f32 * step.x - 0.5, rect.y_range(), Stroke::new(1.0, palette.line));
    }
    let mut mesh = Mesh::default();
    for (column, &symbol) in run.symbols.iter().enumerate().take(at) {
        let color = if column < run.settings.prompt { palette.base } else { palette.seen };
        mesh.add_colored_rect(cell(column, usize::from(symbol)), color);
    }
    // Before a symbol is drawn there is a distribution.
    if at < run.len() {
        let scale = Scale::new(Colormap::Density, 0.0, 1.0);
        for (level, &p) in run.distribution(at).iter().enumerate() {
            mesh.add_colored_rect(cell(at, level), scale.color(p, palette.dark));
        }
    }
    painter.add(Shape::mesh(mesh));
    if at < run.len() {
        let column = Rect::from_min_max(cell(at, levels - 1).min, cell(at, 0).max);
        painter.rect_stroke(column, 0.0, Stroke::new(1.5, palette.now), egui::StrokeKind::Outside);
    }
    let font = letters::monospace(painter.ctx(), 11.0);
    let melody = Melody::prelude();
    for level in (0..levels).filter(|level| (usize::from(melody.lowest) + level).is_multiple_of(12)) {
        // The lowest name stays within the picture.
        let half = font.size * 0.6;
        let y = cell(0, level).center().y.clamp(rect.top() + half, rect.bottom() - half);
        painter.text(pos2(rect.left() - 5.0, y), Align2::RIGHT_CENTER, melody.name(level), font.clone(), palette.text_dim);
    }
}
