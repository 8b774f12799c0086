//! The page of the cost: seconds of a dense log-determinant and of a coupling's, against the dimension, both on logarithmic axes.

use egui::{Rangef, RichText, Ui, vec2};
use egui_plot::{AxisHints, GridMark, Line, LineStyle, MarkerShape, Plot, PlotPoints, Points, VLine};

use super::ChangeLab;
use crate::labs::times::taken;
use crate::train::det_job::{DetSnapshot, FITTED_FROM, SIZES};
use crate::ui::chips;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::{count, number};

/// Dimensions of a colour image of 64 by 64, to which the lines are drawn on in the text.
pub(super) const IMAGE: f64 = 64.0 * 64.0 * 3.0;

/// `3.2 µs`, `41 ms`.
pub(super) fn duration(seconds: f64) -> String {
    let units = [(1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1.0, 1e3, "ms"), (120.0, 1.0, "s"), (7200.0, 1.0 / 60.0, "min")];
    let (_, factor, unit) = units.into_iter().find(|(below, ..)| seconds < *below).unwrap_or((0.0, 1.0 / 3600.0, "h"));
    let value = seconds * factor;
    format!("{} {unit}", number(value, usize::from(value < 10.0)))
}

/// Draws the page.
pub(super) fn show(lab: &ChangeLab, ui: &mut Ui) {
    let palette = Palette::of(ui);
    let snapshot = &lab.costs;
    let chosen = snapshot.costs.get(lab.state.cost.size);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(14.0, 2.0);
        ui.label(RichText::new("Seconds of one log-determinant, against m").small().color(palette.text));
        let power = |i: usize| snapshot.fits().map_or_else(String::new, |fits| format!(", power {}", number(fits[i].1, 2)));
        chips::legend(ui, palette.blind, &format!("dense, LU{}", power(0)));
        chips::legend(ui, palette.seen, &format!("coupling, a sum{}", power(1)));
    });
    let foot = 3.4 * letters::size(ui.ctx(), 12.0) + letters::key(ui.ctx()).size + 26.0;
    chart(ui, lab, (ui.available_height() - foot).max(120.0));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(24.0, 4.0);
        match chosen {
            Some(cost) => {
                chips::key_number(ui, "dimensions m", &count(cost.m as u64), palette.now);
                chips::key_number(ui, "dense", &duration(cost.dense), palette.blind);
                chips::key_number(ui, "coupling", &duration(cost.coupling), palette.seen);
                chips::key_number(ui, "times as long", &count((cost.dense / cost.coupling).round() as u64), palette.text);
            }
            None => drop(chips::key_number(ui, "measured", &format!("{} of {} sizes", snapshot.costs.len(), SIZES.len()), palette.now)),
        }
    });
    let measured = match &lab.then {
        Some(machine) => taken("The shortest of 5 runs", Some(machine)),
        None => "Measured here, the shortest of 5 runs".to_owned(),
    };
    let words = format!("{measured}. Dotted: powers fitted from m = {FITTED_FROM} on.");
    chips::note(ui, &words);
}

fn chart(ui: &mut Ui, lab: &ChangeLab, height: f32) {
    let palette = Palette::of(ui);
    let snapshot: &DetSnapshot = &lab.costs;
    let series = |seconds: fn(&crate::train::det_job::Cost) -> f64| -> Vec<[f64; 2]> {
        snapshot.costs.iter().map(|cost| [(cost.m as f64).log2(), seconds(cost).log10()]).collect()
    };
    let both = [("dense", series(|cost| cost.dense), palette.blind), ("coupling", series(|cost| cost.coupling), palette.seen)];
    let ends = [FITTED_FROM as f64, SIZES[SIZES.len() - 1] as f64];
    let fits = snapshot.fits();
    let marked = SIZES[lab.state.cost.size] as f64;
    let whole = |range: (f64, f64)| -> Vec<GridMark> {
        let (low, high) = (range.0.ceil() as i64, range.1.floor() as i64);
        (low..=high).map(|i| GridMark { value: i as f64, step_size: 1.0 }).collect()
    };
    let plot = Plot::new("Seconds of a log-determinant")
        .height(height)
        .show_background(false)
        .grid_color(palette.line)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .include_x(0.6)
        .include_x(9.4)
        .include_y(-9.0)
        .include_y(-1.0)
        // A number at every size and every power of ten, also where they lie close together.
        .custom_x_axes(vec![AxisHints::new_x().label_spacing(Rangef::new(18.0, 26.0))])
        .custom_y_axes(vec![AxisHints::new_y().label_spacing(Rangef::new(10.0, 16.0))])
        .y_axis_min_width(52.0)
        .x_grid_spacer(move |input| whole(input.bounds))
        .y_grid_spacer(move |input| whole(input.bounds))
        .x_axis_formatter(|mark, _| if mark.value >= 1.0 { count(mark.value.exp2().round() as u64) } else { String::new() })
        .y_axis_formatter(|mark, _| duration(10f64.powf(mark.value)).replace(".0 ", " "));
    ui.scope(|ui| {
        let font = letters::proportional(ui.ctx(), 10.5);
        ui.style_mut().text_styles.insert(egui::TextStyle::Body, font);
        plot.show(ui, |plot| {
            plot.vline(VLine::new("chosen", marked.log2()).color(palette.now).width(1.5));
            for (i, (name, points, color)) in both.into_iter().enumerate() {
                if let Some(fits) = fits {
                    let (c, p) = fits[i];
                    let line: Vec<[f64; 2]> = ends.iter().map(|m| [m.log2(), (c * m.powf(p)).log10()]).collect();
                    plot.line(Line::new(name, PlotPoints::from(line)).color(palette.text).width(1.5).style(LineStyle::dotted_dense()));
                }
                plot.line(Line::new(name, PlotPoints::from(points.clone())).color(color).width(1.5));
                plot.points(Points::new(name, PlotPoints::from(points)).color(color).radius(4.5).shape(MarkerShape::Circle));
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_the_unit_that_suits_them() {
        let shown = [2.3e-9, 4.7e-5, 0.041, 12.0, 1800.0, 86_400.0].map(duration);
        assert_eq!(shown, ["2.3 ns", "47 µs", "41 ms", "12 s", "30 min", "24 h"]);
    }
}
