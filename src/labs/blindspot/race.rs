use egui::{Color32, RichText, Ui, vec2};
use egui_plot::{HLine, Line, LineStyle, Plot, PlotPoints};

use super::BlindSpotLab;
use crate::labs::Shared;
use crate::train::rain_job::{RacerView, RainSnapshot, TEST_IMAGES};
use crate::ui::chips;
use crate::ui::pixel_grid::PixelGrid;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::{count, number};

/// Names of the two models, as everywhere on this page.
const NAMES: [&str; 2] = ["one stack", "two stacks"];

/// Draws both curves, an image of the law, and an image of each model.
pub(super) fn show(lab: &BlindSpotLab, ui: &mut Ui, shared: &Shared) {
    let Some(snapshot) = &lab.work.snapshot else {
        chips::note(ui, "Both models are being made.");
        return;
    };
    let gap = 14.0;
    let side = ((ui.available_width() - 2.0 * gap) / 3.0).min((ui.available_height() - 150.0) * 0.5).max(90.0);
    let chart = (ui.available_height() - side - 96.0 * letters::stretch(ui.ctx(), 11.0)).max(96.0);
    curves(ui, snapshot, shared, chart);
    ui.add_space(6.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = gap;
        image(ui, &format!("{}: the data", snapshot.law.title()), "", &snapshot.example, snapshot.law.size, side);
        for (racer, name) in snapshot.racers.iter().zip(NAMES) {
            // Titles of one line each: the three images stand side by side.
            let title = if side < 140.0 * letters::stretch(ui.ctx(), 11.0) { name.to_owned() } else { format!("drawn by {name}") };
            let detail = format!("{} values, {} ms a step", count(racer.parameters as u64), number(milliseconds(racer), 1));
            image(ui, &title, if racer.step == 0 { "" } else { &detail }, &racer.sample, snapshot.law.size, side);
        }
    });
}

fn milliseconds(racer: &RacerView) -> f64 {
    1e3 * racer.seconds / racer.step.max(1) as f64
}

fn image(ui: &mut Ui, title: &str, detail: &str, levels: &[u8], size: usize, side: f32) {
    ui.vertical(|ui| {
        ui.set_width(side);
        ui.spacing_mut().item_spacing.y = 2.0;
        let label = ui.label(RichText::new(title).small());
        if !detail.is_empty() {
            label.on_hover_text(detail);
        }
        let palette = Palette::of(ui);
        let level = |cell: usize| match levels.get(cell) {
            Some(0) => Color32::from_gray(16),
            Some(_) => Color32::WHITE,
            None => palette.future,
        };
        PixelGrid::new(title, size, size).fill(level).gap(0.0).passive().show(ui, vec2(side, side));
    });
}

/// Test losses of both, between what nothing costs and the entropy of the law.
fn curves(ui: &mut Ui, snapshot: &RainSnapshot, shared: &Shared, height: f32) {
    let palette = Palette::of(ui);
    let unit = shared.units;
    let colors = [palette.blind, palette.seen];
    let value = |nats: f64| unit.convert(nats);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(14.0, 1.0);
        ui.label(RichText::new(format!("Test loss, {} an image, against training steps", unit.name())).small());
        for ((racer, name), color) in snapshot.racers.iter().zip(NAMES).zip(colors) {
            let nats = racer.score.map_or_else(String::new, |score| format!(" {}", number(value(score.nats), 2)));
            chips::legend(ui, color, &format!("{name}{nats}"));
        }
    });
    let racers: Vec<(Vec<[f64; 2]>, &str, Color32)> = snapshot
        .racers
        .iter()
        .zip(NAMES)
        .zip(colors)
        .map(|((racer, name), color)| (racer.test.iter().map(|p| [p[0], value(p[1])]).collect(), name, color))
        .collect();
    let steps = snapshot.racers[1].step;
    let (nothing, floor) = (value(snapshot.nothing), value(snapshot.floor));
    let plot = Plot::new("Test losses on rain")
        .height(height)
        .show_background(false)
        .show_grid([false, true])
        .grid_color(palette.line)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .include_x(0.0)
        .include_x((steps.max(100)) as f64)
        .include_y(nothing * 1.04)
        .include_y(floor * 0.94)
        .y_axis_min_width(34.0)
        .x_axis_formatter(|mark, _| count(mark.value.max(0.0) as u64));
    ui.scope(|ui| {
        let font = letters::proportional(ui.ctx(), 10.5);
        ui.style_mut().text_styles.insert(egui::TextStyle::Body, font);
        plot.show(ui, |plot| {
            let line = |name, y, color| HLine::new(name, y).color(color).width(1.2).style(LineStyle::dashed_loose());
            plot.hline(line("one bit a pixel", nothing, palette.text_dim));
            plot.hline(line("entropy", floor, palette.base));
            for (points, name, color) in racers {
                plot.line(Line::new(name, PlotPoints::from(points)).color(color).width(2.4));
            }
        });
    });
    let measured = format!(
        "Dashed: one bit for every pixel, {} · entropy of the {}, {}. Held-out: {TEST_IMAGES} images.",
        unit.format(snapshot.nothing, 2),
        snapshot.law.title(),
        unit.format(snapshot.floor, 1)
    );
    chips::note(ui, &measured);
}
