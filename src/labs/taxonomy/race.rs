//! Four families and the same points: their densities, and how far each is from the entropy after the same time.

use egui::{Color32, Pos2, Rect, RichText, Role, Sense, Shape, Ui, WidgetInfo, pos2, vec2};
use egui_plot::{HLine, Line, LineStyle, Plot, PlotPoints};

use super::TaxonomyLab;
use crate::labs::Shared;
use crate::train::taxonomy_job::{CONTESTANTS, ContestantView, RaceView, SIDE, TEST_POINTS};
use crate::ui::chips;
use crate::ui::colormap::{Colormap, Scale, colorbar};
use crate::ui::heatmap::FieldTexture;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::{count, number};

/// The densities on the graphics card.
#[derive(Default)]
pub(super) struct Pictures {
    fields: [FieldTexture; CONTESTANTS],
}

/// Colours of the places, each beside its letter.
pub(super) fn mark(place: usize) -> (Color32, char) {
    (Palette::category([0, 1, 2, 6][place % CONTESTANTS]), ['A', 'B', 'C', 'D'][place % CONTESTANTS])
}

/// Draws the densities with their numbers, and the curves.
pub(super) fn show(lab: &mut TaxonomyLab, ui: &mut Ui, shared: &Shared) {
    let Some(race) = lab.work.snapshot.as_ref().and_then(|snapshot| snapshot.race.clone()) else {
        chips::note(ui, "The four families are being made.");
        return;
    };
    let gap = 10.0;
    let width = ((ui.available_width() - 3.0 * gap) / CONTESTANTS as f32).floor();
    let side = width.min(0.45 * ui.available_height()).max(90.0);
    let floor = race.floor.map_or_else(String::new, |floor| format!(" · entropy {}", shared.units.format(floor.nats, 3)));
    ui.label(RichText::new(format!("{}{floor}", race.data.title())).strong());
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing = vec2(gap, 2.0);
        for (place, racer) in race.contestants.iter().enumerate() {
            ui.vertical(|ui| {
                ui.set_width(width);
                picture(ui, lab, &race, racer, place, side);
                numbers(ui, shared, racer);
            });
        }
    });
    colorbar(ui, &Scale::new(Colormap::Density, 0.0, race.peak), "density p(x)", "per unit of area");
    ui.add_space(4.0);
    curves(ui, &race, shared);
}

fn picture(ui: &mut Ui, lab: &mut TaxonomyLab, race: &RaceView, racer: &ContestantView, place: usize, side: f32) {
    let palette = Palette::of(ui);
    let (color, letter) = mark(place);
    let title = format!("{letter} {}", racer.family.short());
    ui.horizontal(|ui| {
        let (square, _) = ui.allocate_exact_size(vec2(10.0, 10.0), Sense::hover());
        ui.painter().rect_filled(square, 2.0, color);
        ui.add(egui::Label::new(RichText::new(&title).strong()).truncate()).on_hover_text(racer.family.title());
    });
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
    ui.painter().rect_filled(rect, 0.0, palette.future);
    let field = &mut lab.pictures.fields[place];
    if racer.density.is_empty() {
        points(ui, rect, race, palette.text_dim);
    } else {
        let version = (race.id << 32) | racer.version;
        let scale = Scale::new(Colormap::Density, 0.0, race.peak);
        field.set_values(ui.ctx(), version, [SIDE, SIDE], &racer.density, scale, palette.dark, true);
        field.paint(ui.painter(), rect);
        if lab.state.points {
            points(ui, rect, race, Color32::WHITE.gamma_multiply(0.5));
        }
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Density of {}", racer.family.title())));
}

fn points(ui: &Ui, rect: Rect, race: &RaceView, color: Color32) {
    let place = |[x, y]: [f32; 2]| -> Pos2 {
        let t = |v: f32| (v / race.half + 1.0) / 2.0;
        pos2(rect.left() + t(x) * rect.width(), rect.bottom() - t(y) * rect.height())
    };
    let mut mesh = egui::Mesh::default();
    for &point in race.points.iter().take(1200) {
        let at = place(point);
        if rect.contains(at) {
            mesh.add_colored_rect(Rect::from_center_size(at, vec2(1.2, 1.2)), color);
        }
    }
    ui.painter().add(Shape::mesh(mesh));
}

/// The gap with its standard error, and what it took.
fn numbers(ui: &mut Ui, shared: &Shared, racer: &ContestantView) {
    let palette = Palette::of(ui);
    let unit = shared.units;
    if let Some(score) = racer.score {
        let value = unit.convert(score.gap.unwrap_or(score.nats));
        let text = format!("{} ± {}", number(value, 3), number(unit.convert(score.std_error), 3));
        let what = if score.gap.is_some() { "above the entropy of the data" } else { "a point: the entropy of these data is not known" };
        let told = format!("{text} {} {what}; {} held-out points, one standard error", unit.name(), count(score.count as u64));
        ui.add(egui::Label::new(RichText::new(text).monospace().color(palette.now)).truncate()).on_hover_text(told);
    }
    let rate = racer.step as f64 / racer.seconds.max(1e-9);
    let rate = if racer.step == 0 { "untrained".into() } else { format!("{} steps/s", number(rate, if rate < 10.0 { 1 } else { 0 })) };
    for text in
        [format!("{} s, {} steps", number(racer.seconds, 1), count(racer.step)), rate, format!("{} values", count(racer.parameters as u64))]
    {
        ui.add(egui::Label::new(RichText::new(text).small().color(palette.text_dim)).truncate());
    }
    if let Some(why) = &racer.stopped {
        ui.add(egui::Label::new(RichText::new("stopped").small().color(palette.blind)).truncate()).on_hover_text(why);
    }
}

/// Held-out losses against the seconds of training, the same for all.
fn curves(ui: &mut Ui, race: &RaceView, shared: &Shared) {
    let palette = Palette::of(ui);
    let unit = shared.units;
    let floor = race.floor.map(|floor| floor.nats);
    let what = if floor.is_some() { "above the entropy" } else { "a point" };
    let measured = format!("Held-out {} {what} against seconds of training, {} points", unit.name(), count(TEST_POINTS as u64));
    chips::note(ui, &if floor.is_some() { measured } else { format!("Held-out {} {what} against seconds of training", unit.name()) });
    let height = (ui.available_height() - 6.0).clamp(96.0, 260.0);
    let worst = race.contestants.iter().filter_map(|racer| racer.curve.last()).map(|point| point[1]).fold(f64::NEG_INFINITY, f64::max);
    // What nobody is above any more is cut off: the last differences are what counts.
    let top = if worst.is_finite() { unit.convert(worst - floor.unwrap_or(0.0)) } else { 1.0 };
    let seconds = race.contestants.iter().map(|racer| racer.seconds).fold(1.0, f64::max);
    let best = race.contestants.iter().flat_map(|racer| racer.curve.iter()).map(|point| point[1]).fold(f64::INFINITY, f64::min);
    let low = if floor.is_some() || !best.is_finite() { 0.0 } else { unit.convert(best) };
    let plot = Plot::new("Losses of the race")
        .height(height)
        .show_background(false)
        .show_grid([false, true])
        .grid_color(palette.line)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .default_x_bounds(0.0, seconds)
        .default_y_bounds(low - 0.06 * (top - low).abs().max(0.05), low + 1.7 * (top - low).abs().max(0.05))
        .y_axis_min_width(34.0);
    ui.scope(|ui| {
        let font = letters::proportional(ui.ctx(), 10.5);
        ui.style_mut().text_styles.insert(egui::TextStyle::Body, font);
        plot.show(ui, |plot| {
            plot.set_auto_bounds(false);
            plot.set_plot_bounds_x(0.0..=seconds);
            let room = (top - low).abs().max(0.05);
            plot.set_plot_bounds_y(low - 0.06 * room..=low + 1.7 * room);
            if floor.is_some() {
                plot.hline(HLine::new("entropy", 0.0).color(palette.base).width(1.2).style(LineStyle::dashed_loose()));
            }
            for (place, racer) in race.contestants.iter().enumerate() {
                // A score that is no number has no place in the plot.
                let scores = racer.curve.iter().filter(|p| p[1].is_finite());
                let points: Vec<[f64; 2]> = scores.map(|p| [p[0], unit.convert(p[1] - floor.unwrap_or(0.0))]).collect();
                plot.line(Line::new(racer.family.short(), PlotPoints::from(points)).color(mark(place).0).width(2.2));
            }
        });
    });
}
