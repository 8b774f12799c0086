//! The autoregressive families and their two directions: what is one pass one way is many passes the other way.

use egui::{Align2, RichText, Ui, pos2, vec2};
use egui_plot::{Line, LineStyle, MarkerShape, Plot, PlotPoints, Points, VLine};

use super::{TaxonomyLab, of_kind, words};
use crate::flows::{Family, Jacobian};
use crate::graph::Direction;
use crate::train::taxonomy_job::TaxonomySnapshot;
use crate::train::taxonomy_job::express::{DATA, STEPS};
use crate::train::taxonomy_job::survey::{self, BATCH, RUNS};
use crate::train::taxonomy_job::sweeps::{POINTS, Sweeps};
use crate::ui::chips;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::{count, number};

/// An error of 0 is drawn here: below what f64 can tell apart.
const NOTHING: f64 = -17.0;

/// Draws the two directions of every autoregressive family, and Jacobi's sweeps.
pub(super) fn show(lab: &mut TaxonomyLab, ui: &mut Ui) {
    let palette = Palette::of(ui);
    let families: Vec<Family> = of_kind(Jacobian::Autoregressive).collect();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(14.0, 1.0);
        let known = || families.iter().filter_map(|&family| lab.measured(family));
        let (runs, machine) = (known().map(|m| m.runs).min().unwrap_or(RUNS), known().find_map(|m| m.machine.as_deref()));
        let taken = words::median_of(runs, machine);
        let what = format!("Milliseconds for {BATCH} points, {taken}, D = {}, a logarithmic length", lab.state.dim);
        ui.label(RichText::new(what).small());
        chips::legend(ui, palette.seen, "forward, x to z: a density");
        chips::legend(ui, palette.now, "inverse, z to x: a sample");
        let learned = format!("one layer: {} above the entropy of {} after {STEPS} steps", lab.look.units.name(), DATA.title());
        chips::legend(ui, palette.base, &learned);
    });
    let times = || families.iter().filter_map(|&family| lab.measured(family)).flat_map(|m| [m.forward, m.inverse]);
    let range = (times().fold(f64::INFINITY, f64::min).min(1.0), times().fold(1.0, f64::max));
    let mut chosen = None;
    for &family in &families {
        if row(lab, ui, family, range) {
            chosen = Some(family);
        }
    }
    if let Some(family) = chosen {
        lab.choose(family);
    }
    ui.add_space(6.0);
    sweeps(lab, ui, &families);
}

/// A family's two bars with their evaluations; true if it was clicked.
fn row(lab: &TaxonomyLab, ui: &mut Ui, family: Family, (least, most): (f64, f64)) -> bool {
    let palette = Palette::of(ui);
    let stretch = letters::stretch(ui.ctx(), 11.0);
    let (small, large) = (letters::proportional(ui.ctx(), 11.0), letters::proportional(ui.ctx(), 13.0));
    let line = 16.0 * stretch;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 2.0 * line + 6.0), egui::Sense::click());
    let response = response.on_hover_cursor(egui::CursorIcon::PointingHand);
    let chosen = lab.state.family == family;
    if chosen || response.hovered() {
        ui.painter().rect_filled(rect, 5.0, palette.card_hover);
    }
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::RadioButton, true, chosen, family.title()));
    let unit = lab.look.units;
    let names = 84.0 * stretch;
    let painter = ui.painter().with_clip_rect(rect);
    painter.text(pos2(rect.left() + 6.0, rect.top() + 3.0), Align2::LEFT_TOP, family.short(), large, palette.text);
    let Some(measured) = lab.measured(family) else {
        painter.text(pos2(rect.left() + names, rect.center().y), Align2::LEFT_CENTER, "being measured", small, palette.text_dim);
        return response.clicked();
    };
    let values = format!("{} values", count(measured.parameters as u64));
    painter.text(
        pos2(rect.left() + 6.0, rect.bottom() - 3.0),
        Align2::LEFT_BOTTOM,
        values,
        letters::proportional(ui.ctx(), 10.0),
        palette.text_dim,
    );
    let bars = [(Direction::Forward, measured.forward, palette.seen), (Direction::Inverse, measured.inverse, palette.now)];
    let left = rect.left() + names + 22.0 * stretch;
    let room = (rect.right() - left) * 0.42;
    for (i, (direction, time, color)) in bars.into_iter().enumerate() {
        let y = rect.top() + 3.0 + (i as f32 + 0.5) * line;
        let share = ((time / least).ln() / (most / least).ln().max(1e-9)) as f32;
        let width = 3.0 + (room - 3.0) * share.clamp(0.0, 1.0);
        painter.rect_filled(egui::Rect::from_min_max(pos2(left, y - 0.32 * line), pos2(left + width, y + 0.32 * line)), 2.0, color);
        let time = format!("{} ms", words::milliseconds(time));
        let way = format!("{time} · {}", words::way(&measured.config, direction));
        let exact = format!("{way} · error {}", words::error(measured.error));
        let texts = if direction == Direction::Inverse { vec![exact, way, time] } else { vec![way, time] };
        first_that_fits(&painter, pos2(left + width + 6.0, y), rect.right(), texts, &small, palette.text);
    }
    if let Some(score) = lab.shown().and_then(|snapshot| snapshot.expressed[TaxonomySnapshot::place(family)]) {
        let value = |nats: f64| number(unit.convert(nats), 3);
        let text = format!("one layer: {} ± {}", value(score.gap.unwrap_or(score.nats)), value(score.std_error));
        let at = pos2(rect.right() - 6.0, rect.top() + 3.0 + 0.5 * line);
        painter.text(at, Align2::RIGHT_CENTER, text, small, palette.base);
    }
    let told = format!(
        "{}: {} layers. Times: {}. Error: how far a coordinate comes back from where it was, at most, divided by 1 + |x|, in single precision.",
        family.title(),
        measured.config.layers,
        words::median_of(measured.runs, measured.machine.as_deref())
    );
    response.on_hover_text(told).clicked()
}

/// Paints the first of some texts, long to short, that ends before an edge.
fn first_that_fits(painter: &egui::Painter, at: egui::Pos2, right: f32, texts: Vec<String>, font: &egui::FontId, color: egui::Color32) {
    let galleys = texts.into_iter().map(|text| painter.layout_no_wrap(text, font.clone(), color));
    if let Some(galley) = galleys.into_iter().find(|galley| at.x + galley.size().x <= right) {
        painter.galley(pos2(at.x, at.y - galley.size().y / 2.0), galley, color);
    }
}

/// Errors after each of Jacobi's sweeps, as powers of ten.
fn sweeps(lab: &TaxonomyLab, ui: &mut Ui, families: &[Family]) {
    let palette = Palette::of(ui);
    let dim = lab.state.dim;
    let chosen = families.iter().position(|&family| family == lab.state.family).unwrap_or(0);
    chips::section(ui, "Jacobi's sweeps: the slow direction of one layer, all coordinates at once", "");
    let known: Vec<(usize, &Sweeps)> = families.iter().enumerate().filter_map(|(i, &family)| Some((i, lab.sweeps(family)?))).collect();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(12.0, 1.0);
        for (i, watched) in &known {
            let weight = if *i == chosen { " (chosen)" } else { "" };
            chips::legend(ui, Palette::category(*i), &format!("{}{weight}", watched.family.short()));
        }
    });
    let height = (ui.available_height() - 40.0).clamp(130.0, 230.0);
    let plot = Plot::new("Errors after Jacobi sweeps")
        .height(height)
        .show_background(false)
        .show_grid([false, true])
        .grid_color(palette.line)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .include_x(0.0)
        .include_x(dim as f64 + 2.0)
        .include_y(NOTHING)
        .include_y(1.0)
        .y_axis_min_width(40.0)
        .x_axis_formatter(|mark, _| if mark.value.fract() == 0.0 { format!("{}", mark.value) } else { String::new() })
        .y_axis_formatter(|mark, _| format!("1e{}", mark.value));
    ui.scope(|ui| {
        let font = letters::proportional(ui.ctx(), 10.5);
        ui.style_mut().text_styles.insert(egui::TextStyle::Body, font);
        plot.show(ui, |plot| {
            plot.vline(VLine::new("D sweeps", dim as f64).color(palette.text_dim).style(LineStyle::dashed_loose()));
            for (i, watched) in &known {
                let at = |(k, &error): (usize, &f64)| [k as f64, error.log10().max(NOTHING)];
                let points: Vec<[f64; 2]> = watched.errors.iter().enumerate().map(at).collect();
                let (color, width) = (Palette::category(*i), if *i == chosen { 3.0 } else { 1.2 });
                plot.line(Line::new(watched.family.short(), PlotPoints::from(points.clone())).color(color).width(width));
                let shape = [
                    MarkerShape::Circle,
                    MarkerShape::Square,
                    MarkerShape::Diamond,
                    MarkerShape::Up,
                    MarkerShape::Down,
                    MarkerShape::Cross,
                ][*i % 6];
                plot.points(Points::new(watched.family.short(), PlotPoints::from(points)).color(color).shape(shape).radius(width + 1.0));
            }
        });
    });
    let sentence = match known.iter().find(|(i, _)| *i == chosen) {
        Some((_, watched)) => format!(
            "Largest error of {POINTS} points against sweeps, in double precision. {}: after {dim} sweeps {}, by dimension {}. A sweep takes {} ms, \
             the {dim} passes by dimension {} ms, {}.",
            watched.family.short(),
            words::error(watched.errors[dim]),
            words::error(watched.by_dimension),
            words::milliseconds(watched.milliseconds[0]),
            words::milliseconds(watched.milliseconds[1]),
            words::median_of(watched.runs, watched.machine.as_deref())
        ),
        None => "The sweeps are being watched.".into(),
    };
    chips::note(ui, &sentence);
}

/// The evaluations that both directions of a family make, for the table.
pub(super) fn both(family: Family, dim: usize) -> [usize; 2] {
    [Direction::Forward, Direction::Inverse].map(|direction| survey::evaluations(&survey::config(family, dim), direction))
}
