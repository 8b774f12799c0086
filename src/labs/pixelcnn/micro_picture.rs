//! The micro-steps over the picture: the masked kernel that gathers, and the value that is written.

use egui::{Align2, Color32, Id, LayerId, Order, Painter, Pos2, Rect, Stroke, StrokeKind, Ui, UiBuilder, pos2, vec2};

use super::canvas::grey;
use super::lab::PixelcnnLab;
use super::micro::{DIMMED, Idea};
use crate::graph::causal::{Field, Visibility};
use crate::train::pixelcnn_job::SampleRun;
use crate::ui::pixel_grid::GridLayout;
use crate::ui::theme::{Palette, letters};

/// Draws what the idea does on the picture; everything else on it is dimmed.
pub(super) fn show(lab: &mut PixelcnnLab, ui: &mut Ui, layout: &GridLayout, run: &SampleRun) {
    let Some(idea) = lab.idea() else { return };
    let palette = Palette::of(ui);
    let pixel = lab.walk.at();
    let t = lab.micro.movement();
    let cell = layout.cell(pixel);
    ui.painter().rect_filled(layout.rect, 0.0, palette.ground.gamma_multiply(1.0 - DIMMED));
    match idea {
        Idea::Gather => {
            let Some(field) = lab.fields.as_mut().map(|fields| fields.field(pixel, 1).clone()) else { return };
            let window = gather(ui.painter(), layout, run, pixel, &field, t, palette);
            callout(ui, layout.rect, window, &idea.label(run, pixel));
        }
        Idea::Write => {
            write(ui, lab.micro_source(), cell, run, pixel, t);
            callout(ui, layout.rect, cell.expand(4.0), &idea.label(run, pixel));
        }
        _ => {
            ui.painter().rect_stroke(cell, 2.0, Stroke::new(2.0, palette.now.gamma_multiply(DIMMED)), StrokeKind::Outside);
        }
    }
}

/// The kernel slides on from the pixel before; what it may see is lifted, what it may not is barred. Gives the kernel's place.
fn gather(painter: &Painter, layout: &GridLayout, run: &SampleRun, pixel: usize, field: &Field, t: f32, palette: &Palette) -> Rect {
    let (row, col) = ((pixel / run.cols) as i64, (pixel % run.cols) as i64);
    let (up, aside) = (field.rows as i64, field.columns as i64);
    let side = layout.cell(pixel).width();
    let slide = vec2(-side * (1.0 - t), 0.0);
    let place = |dy: i64, dx: i64| layout.cell(pixel).translate(vec2(dx as f32 * side, dy as f32 * side) + slide);
    for dy in -up..=up {
        for dx in -aside..=aside {
            let (y, x) = (row + dy, col + dx);
            if !(0..run.rows as i64).contains(&y) || !(0..run.cols as i64).contains(&x) {
                continue;
            }
            let index = y as usize * run.cols + x as usize;
            let rect = place(dy, dx);
            if field.pixels[index] == Visibility::Seen {
                let lift = side * 0.14 * t;
                painter.rect_filled(rect.translate(vec2(lift, lift)), 2.0, Color32::from_black_alpha(90));
                let up = rect.translate(vec2(-lift, -lift)).shrink(0.5);
                painter.rect(up, 2.0, grey(run.pixels[index], run.levels), Stroke::new(2.0, palette.seen), StrokeKind::Inside);
            } else {
                // A bar, as on a closed road: the value there may not be used.
                painter.rect_filled(rect.shrink(0.5), 1.0, palette.future);
                let bar = Rect::from_center_size(rect.center(), vec2(rect.width() * 0.7, (rect.height() * 0.2).max(2.0)));
                painter.rect_filled(bar, 1.0, palette.blind);
            }
        }
    }
    let centre = place(0, 0);
    painter.rect_stroke(centre, 2.0, Stroke::new(2.5, palette.now), StrokeKind::Inside);
    let window = Rect::from_min_max(place(-up, -aside).min, place(up, aside).max);
    painter.with_clip_rect(layout.rect.expand(2.0)).rect_stroke(window, 3.0, Stroke::new(1.5, palette.now), StrokeKind::Outside);
    window.intersect(layout.rect)
}

/// The value flies from the ladder to its cell.
fn write(ui: &Ui, source: Option<Pos2>, cell: Rect, run: &SampleRun, pixel: usize, t: f32) {
    let palette = Palette::of(ui);
    let color = grey(run.pixels[pixel], run.levels);
    let here = cell.translate((source.unwrap_or(cell.center()) - cell.center()) * (1.0 - t));
    let painter =
        if t < 1.0 { ui.ctx().layer_painter(LayerId::new(Order::Foreground, Id::unique("micro write"))) } else { ui.painter().clone() };
    painter.rect(here, 2.0, color, Stroke::new(3.0, palette.now), StrokeKind::Outside);
}

/// A numbered label beside what it names: under it, or above it where there is no room.
fn callout(ui: &mut Ui, whole: Rect, thing: Rect, text: &str) {
    let palette = Palette::of(ui);
    let font = letters::proportional(ui.ctx(), 14.0);
    let width = whole.width().min(300.0);
    let galley = ui.painter().layout(text.to_owned(), font, palette.now, width - 16.0);
    let size = galley.size() + vec2(16.0, 10.0);
    let x = thing.center().x.clamp(whole.left() + size.x / 2.0, (whole.right() - size.x / 2.0).max(whole.left() + size.x / 2.0));
    let below = thing.bottom() + 6.0 + size.y <= whole.bottom();
    let rect = if below {
        Align2::CENTER_TOP.anchor_size(pos2(x, thing.bottom() + 6.0), size)
    } else {
        Align2::CENTER_BOTTOM.anchor_size(pos2(x, thing.top() - 6.0), size)
    };
    ui.painter().rect(rect, 6.0, palette.panel, Stroke::new(1.0, palette.now), StrokeKind::Outside);
    let mut inner = ui.new_child(UiBuilder::new().max_rect(rect.shrink2(vec2(8.0, 5.0))));
    inner.add(egui::Label::new(egui::RichText::new(text).size(14.0).color(palette.now)).wrap().selectable(false));
}
