//! The charts beside the plane: what is estimated, against what is exact.

use egui::{RichText, Ui, vec2};

use super::state::Page;
use super::{EstimatesLab, squared};
use crate::train::estimate_job::series::{Histogram, Noise, Spread};
use crate::train::estimate_job::{EstimateSnapshot, MOST_TERMS, MotionView, PROBES, REPEATS, SOLVES, SPINS, SeriesView};
use crate::ui::chart::{Axes, bars, chart, dots, level, line, log10, upright};
use crate::ui::chips;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::{Units, count, number};

/// Names of the two noises, as everywhere in this chapter.
pub(super) const NOISES: [(Noise, &str); 2] = [(Noise::Normal, "normal"), (Noise::Rademacher, "signs ±1")];

/// A chart with its words is not drawn lower than this, in the usual type: below it the column scrolls.
const LEAST: f32 = 150.0;

/// Draws the charts of the page below each other in a column of this height.
pub(super) fn show(lab: &EstimatesLab, ui: &mut Ui, height: f32) {
    let Some(snapshot) = &lab.work.snapshot else {
        chips::note(ui, "Both flows are being made.");
        return;
    };
    let (Some(series), Some(motion)) = (&snapshot.series, &snapshot.motion) else { return };
    let least = LEAST * letters::stretch(ui.ctx(), 11.0);
    let one = ((height - ui.spacing().item_spacing.y) / 2.0).max(least);
    let units = lab.look.units;
    egui::ScrollArea::vertical().id_salt("charts").max_height(height).show(ui, |ui| match lab.state.page {
        Page::Series => power_series(lab, series, ui, one),
        Page::Hutchinson => hutchinson(snapshot, series, ui, one, units),
        Page::Roulette => roulette(snapshot, series, ui, one, units),
        Page::Inverse => inverse(series, ui, height),
        Page::Motion => cost(motion, ui, one),
        Page::Trace => trace(motion, ui, one, units),
    });
}

/// A title and its legends, and what `draw` puts into the height that is left of a room.
fn headed(ui: &mut Ui, title: &str, legends: &[(egui::Color32, String)], height: f32, draw: impl FnOnce(&mut Ui, f32)) {
    let palette = Palette::of(ui);
    let begin = ui.cursor().top();
    ui.add(egui::Label::new(RichText::new(title).small().color(palette.text)).wrap());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(10.0, 1.0);
        for (color, text) in legends {
            chips::legend(ui, *color, text);
        }
    });
    let left = height - (ui.cursor().top() - begin) - 6.0;
    draw(ui, left);
}

fn indexed(values: &[f64], from: usize, value: impl Fn(f64) -> f64) -> Vec<[f64; 2]> {
    values.iter().enumerate().map(|(i, &v)| [(i + from) as f64, value(v)]).collect()
}

fn power_series(lab: &EstimatesLab, series: &SeriesView, ui: &mut Ui, height: f32) {
    let palette = Palette::of(ui);
    let chosen = lab.state.terms;
    let units = lab.look.units;
    let legends = [(palette.seen, "sum of n terms".to_owned()), (palette.base, exact_text(series.exact, units))];
    let title = format!("log det(I + J), {}, against the number of terms n", units.name());
    headed(ui, &title, &legends, height, |ui, room| {
        chart(ui, &Axes { name: "Sums of the power series", x: "terms n", ..Axes::default() }, room, |plot| {
            level(plot, "exact", units.convert(series.exact), palette.base);
            line(plot, "sum of n terms", indexed(&series.sums, 1, |v| units.convert(v)), palette.seen, false);
            dots(plot, "chosen n", vec![[chosen as f64, units.convert(series.sums[chosen - 1])]], palette.now);
        });
    });
    // The formula of the bound is in the explanation as well.
    let wide = ui.available_width() > 330.0 * letters::stretch(ui.ctx(), 11.0);
    let legends = [
        (palette.seen, "|bias|".to_owned()),
        (palette.blind, format!("bound{}, c = {}", if wide { " 2c^(n+1)/((n+1)(1−c))" } else { "" }, number(series.contraction, 3))),
    ];
    headed(ui, &format!("Bias of the truncated series, {} (log scale)", units.name()), &legends, height, |ui, room| {
        let axes = Axes { name: "Bias against its bound", x: "terms n", log: [false, true], ..Axes::default() };
        chart(ui, &axes, room, |plot| {
            line(plot, "bound", indexed(&series.bounds, 1, |v| log10(units.convert(v))), palette.blind, true);
            let bias: Vec<f64> = series.sums.iter().map(|sum| units.convert((sum - series.exact).abs())).collect();
            line(plot, "bias", indexed(&bias, 1, |v| log10(v.max(1e-14))), palette.seen, false);
            dots(plot, "chosen n", vec![[chosen as f64, log10(bias[chosen - 1].max(1e-14))]], palette.now);
        });
    });
}

/// A histogram of estimates with its mean and the exact value, all in nats.
fn histogram(ui: &mut Ui, name: &str, (histogram, spread, exact): (&Histogram, Spread, f64), units: Units, height: f32) {
    let palette = Palette::of(ui);
    let exact = units.convert(exact);
    let x = format!("estimate, {}", units.name());
    let axes = Axes { name, x: &x, include: vec![[exact, 0.0]], ..Axes::default() };
    chart(ui, &axes, height, |plot| {
        let cells = (units.convert(histogram.low), units.convert(histogram.width));
        bars(plot, "estimates", cells, &histogram.counts, palette.seen);
        upright(plot, "exact", exact, palette.base, true);
        upright(plot, "mean", units.convert(spread.mean), palette.now, false);
    });
}

fn exact_text(exact: f64, units: Units) -> String {
    format!("exact {}", number(units.convert(exact), 4))
}

/// `mean a ± b`, with the digits that the error allows.
fn mean_text(spread: Spread, units: Units) -> String {
    let [mean, error] = [spread.mean, spread.error].map(|nats| units.convert(nats));
    let decimals = (1.0 - error.max(1e-9).log10().floor()).clamp(2.0, 7.0) as usize;
    format!("mean {} ± {}", number(mean, decimals), number(error, decimals))
}

fn hutchinson(snapshot: &EstimateSnapshot, series: &SeriesView, ui: &mut Ui, height: f32, units: Units) {
    let palette = Palette::of(ui);
    let look = snapshot.look;
    let legends = [(palette.now, mean_text(series.spread, units)), (palette.base, exact_text(series.exact, units))];
    let vectors = if look.probes == 1 { "one vector".to_owned() } else { format!("{} vectors", look.probes) };
    let title = format!("{} estimates, each by {vectors} and {} terms", count(REPEATS as u64), look.terms);
    headed(ui, &title, &legends, height, |ui, room| {
        histogram(ui, "Estimates of Hutchinson", (&series.hutchinson, series.spread, series.exact), units, room);
    });
    let colors = [palette.seen, palette.positive];
    let legends: Vec<_> = NOISES.iter().zip(colors).map(|((_, name), color)| (color, format!("{name}, dashed: its formula"))).collect();
    let title = format!("Variance, {}², against the number of vectors (both log scale)", units.name());
    headed(ui, &title, &legends, height, |ui, room| {
        let axes = Axes { name: "Variance against vectors", x: "vectors", log: [true, true], ..Axes::default() };
        chart(ui, &axes, room, |plot| {
            for (i, ((_, name), color)) in NOISES.iter().zip(colors).enumerate() {
                let at = |k: usize, variance: f64| [log10(PROBES[k] as f64), log10(squared(units, variance.max(1e-12)))];
                line(plot, name, (0..PROBES.len()).map(|k| at(k, series.variance_of_one[i] / PROBES[k] as f64)).collect(), color, true);
                dots(plot, name, series.variances[i].iter().enumerate().map(|(k, &variance)| at(k, variance)).collect(), color);
            }
        });
    });
}

fn roulette(snapshot: &EstimateSnapshot, series: &SeriesView, ui: &mut Ui, height: f32, units: Units) {
    let palette = Palette::of(ui);
    let spread = series.roulette_spread;
    let legends = [(palette.now, mean_text(spread, units)), (palette.base, exact_text(series.exact, units))];
    let beyond = series.roulette.outside;
    let title = format!("{} spins of the roulette, {} beyond the chart", count(SPINS as u64), count(u64::from(beyond)));
    headed(ui, &title, &legends, height, |ui, room| {
        histogram(ui, "Estimates of the roulette", (&series.roulette, spread, series.exact), units, room);
    });
    let terms = snapshot.look.terms;
    let cut = units.convert(series.sums[terms - 1]);
    let legends = [
        (palette.seen, "mean so far, ± 2 standard errors".to_owned()),
        (palette.blind, format!("{terms} terms and no roulette: {}", number(cut, 4))),
    ];
    headed(ui, &format!("Mean of the first spins, {} (x: log scale)", units.name()), &legends, height, |ui, room| {
        chart(ui, &Axes { name: "Mean of the spins", x: "spins", log: [true, false], ..Axes::default() }, room, |plot| {
            level(plot, "exact", units.convert(series.exact), palette.base);
            level(plot, "truncated", cut, palette.blind);
            let run = |errors: f64| -> Vec<[f64; 2]> {
                series.roulette_running.iter().map(|r| [log10(r[0]), units.convert(r[1] + errors * r[2])]).collect()
            };
            for errors in [-2.0, 2.0] {
                line(plot, "two standard errors", run(errors), palette.seen, true);
            }
            line(plot, "mean", run(0.0), palette.seen, false);
        });
    });
}

fn inverse(series: &SeriesView, ui: &mut Ui, height: f32) {
    let palette = Palette::of(ui);
    let norm = series.jacobian.norm();
    let legends = [
        (palette.seen, "error of the iteration".to_owned()),
        (palette.blind, format!("bound, c = {}", number(series.contraction, 3))),
        (palette.base, format!("|J| at the probe, {}, to the power k", number(norm, 3))),
    ];
    let axes = Axes { name: "Error of the inverse", x: "iterations k", log: [false, true], ..Axes::default() };
    let start = series.inverse[0];
    headed(ui, "Distance from x after k steps of x = z − g(x) (log scale)", &legends, height, |ui, room| {
        chart(ui, &axes, room, |plot| {
            let power = |rate: f64| -> Vec<[f64; 2]> {
                (0..series.inverse.len()).map(|k| [k as f64, log10(start * rate.powi(k as i32))]).filter(|p| p[1] > -17.0).collect()
            };
            line(plot, "bound", power(series.contraction), palette.blind, true);
            line(plot, "local rate", power(norm), palette.base, true);
            line(plot, "error", indexed(&series.inverse, 0, |v| log10(v.max(1e-17))), palette.seen, false);
        })
    });
}

fn cost(motion: &MotionView, ui: &mut Ui, height: f32) {
    let palette = Palette::of(ui);
    let legends = [
        (palette.seen, "dopri5, steps as long as allowed".to_owned()),
        (palette.base, format!("the trained flow's RK4: {}", motion.trained_evaluations)),
    ];
    headed(ui, "Evaluations of f against the tolerance (x: log scale)", &legends, height, |ui, room| {
        let include = vec![[-2.0, 0.0]];
        let axes = Axes { name: "Evaluations against tolerance", x: "tolerance", log: [true, false], include };
        chart(ui, &axes, room, |plot| {
            let points: Vec<[f64; 2]> =
                motion.adaptive.iter().filter_map(|row| Some([log10(row.tolerance?), row.evaluations as f64])).collect();
            line(plot, "dopri5", points.clone(), palette.seen, false);
            dots(plot, "dopri5", points, palette.seen);
            level(plot, "trained", motion.trained_evaluations as f64, palette.base);
        });
    });
    let legends = [
        (palette.seen, "dopri5, solid: error".to_owned()),
        (palette.positive, "RK4".to_owned()),
        (palette.text_dim, "dashed: there and back".to_owned()),
    ];
    headed(ui, "Largest error against evaluations (both log scale)", &legends, height, |ui, room| {
        let axes = Axes { name: "Error against evaluations", x: "evaluations", log: [true, true], ..Axes::default() };
        chart(ui, &axes, room, |plot| {
            for (name, rows, color) in [("dopri5", &motion.adaptive, palette.seen), ("RK4", &motion.fixed, palette.positive)] {
                let at = |evaluations: usize, error: f64| [log10(evaluations as f64), log10(error.max(1e-12))];
                let error: Vec<[f64; 2]> = rows.iter().map(|row| at(row.evaluations, row.error)).collect();
                line(plot, name, error.clone(), color, false);
                dots(plot, name, error, color);
                line(plot, "there and back", rows.iter().map(|row| at(row.evaluations, row.round_trip)).collect(), color, true);
            }
        });
    });
}

fn trace(motion: &MotionView, ui: &mut Ui, height: f32, units: Units) {
    let palette = Palette::of(ui);
    for (i, (_, name)) in NOISES.iter().enumerate() {
        let legends = [
            (palette.now, mean_text(motion.spreads[i], units)),
            (palette.base, format!("by the exact trace {}", number(units.convert(motion.exact), 4))),
        ];
        let title = format!("log|det| by {SOLVES} solves, one vector for each whole solve: {name}");
        headed(ui, &title, &legends, height, |ui, room| {
            histogram(ui, name, (&motion.estimates[i], motion.spreads[i], motion.exact), units, room);
        });
    }
}

/// A number of terms that the page of the series can show.
pub(super) const TERMS: std::ops::RangeInclusive<usize> = 1..=MOST_TERMS;
