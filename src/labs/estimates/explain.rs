use egui::Ui;

use super::state::Page;
use super::{EstimatesLab, squared};
use crate::train::estimate_job::series::EXACT_TERMS;
use crate::train::estimate_job::{Accuracy, EstimateSnapshot, MotionView, SeriesView};
use crate::ui::chips;
use crate::ui::theme::Palette;
use crate::ui::units::{Units, number};

/// Draws the numbers of the page that is shown.
pub(super) fn show(lab: &EstimatesLab, ui: &mut Ui) {
    let Some(snapshot) = &lab.work.snapshot else { return };
    let (Some(series), Some(motion)) = (&snapshot.series, &snapshot.motion) else { return };
    let units = lab.look.units;
    match lab.state.page {
        Page::Series => exact(series, ui, units),
        Page::Hutchinson => hutchinson(snapshot, series, ui, units),
        Page::Roulette => roulette(series, ui, units),
        Page::Inverse => inverse(series, ui),
        Page::Motion => accuracy(motion, ui),
        Page::Trace => trace(motion, ui, units),
    }
}

fn exact(series: &SeriesView, ui: &mut Ui, units: Units) {
    let palette = Palette::of(ui);
    let logs = |nats: f64, decimals| number(units.convert(nats), decimals);
    chips::section(ui, "The exact value", "");
    chips::key_number(ui, &format!("log det(I + J), {}", units.name()), &logs(series.exact, 5), palette.base);
    let [a, b, c, d] = series.jacobian.0;
    chips::card(ui, |ui| {
        chips::value_row(ui, "J, first row", &format!("{}  {}", number(a, 3), number(b, 3)), palette.text);
        chips::value_row(ui, "J, second row", &format!("{}  {}", number(c, 3), number(d, 3)), palette.text);
        chips::value_row(ui, "by 2×2", &logs(series.jacobian.log_det(), 8), palette.base);
        chips::value_row(ui, "tr log, 400 terms", &logs(series.series_end, 8), palette.seen);
        chips::value_row(ui, "|J| here", &number(series.jacobian.norm(), 3), palette.text);
        chips::value_row(ui, "Lip(g), at most", &number(series.contraction, 3), palette.blind);
    });
    chips::note(
        ui,
        "The series alternates its sign. Each term costs one more product with J, and no determinant; in two dimensions nobody needs it, in 3,072 everybody.",
    );
}

fn hutchinson(snapshot: &EstimateSnapshot, series: &SeriesView, ui: &mut Ui, units: Units) {
    let palette = Palette::of(ui);
    let logs = |nats: f64, decimals| number(units.convert(nats), decimals);
    chips::section(ui, "A trace by chance", "");
    let mean = &series.spread;
    chips::key_number(ui, &format!("deviation of an estimate, {}", units.name()), &logs(mean.deviation, 4), palette.seen);
    chips::card(ui, |ui| {
        chips::value_row(ui, "mean", &logs(mean.mean, 4), palette.now);
        chips::value_row(ui, "its standard error", &logs(mean.error, 4), palette.text);
        chips::value_row(ui, "sum of the terms", &logs(series.sums[snapshot.look.terms - 1], 4), palette.seen);
        chips::value_row(ui, "exact", &logs(series.exact, 4), palette.base);
        chips::value_row(ui, "variance, normal", &number(squared(units, series.variance_of_one[0]), 5), palette.seen);
        chips::value_row(ui, "variance, signs", &number(squared(units, series.variance_of_one[1]), 5), palette.positive);
    });
    chips::note(
        ui,
        "E[vv'] = I makes v'Av unbiased for tr A. Signs know the diagonal exactly: all of their variance comes from beside it. The mean goes to the sum of the n terms, not to the exact value.",
    );
}

fn roulette(series: &SeriesView, ui: &mut Ui, units: Units) {
    let palette = Palette::of(ui);
    let logs = |nats: f64, decimals| number(units.convert(nats), decimals);
    let spread = series.roulette_spread;
    chips::section(ui, "No bias, in finite time", "");
    chips::key_number(ui, "mean − exact, in standard errors", &number((spread.mean - series.exact) / spread.error, 2), palette.now);
    chips::card(ui, |ui| {
        chips::value_row(ui, &format!("mean, {}", units.name()), &logs(spread.mean, 5), palette.now);
        chips::value_row(ui, "standard error", &logs(spread.error, 5), palette.text);
        chips::value_row(ui, "exact", &logs(series.exact, 5), palette.base);
        chips::value_row(ui, "deviation of one", &logs(spread.deviation, 4), palette.seen);
        chips::value_row(ui, "terms, in the mean", &number(series.mean_terms, 2), palette.text);
    });
    let note = format!(
        "{EXACT_TERMS} terms always, then a coin decides after each further term. Term k is divided by the chance that it is reached: rare \
         terms count more, so that the mean is the whole series."
    );
    chips::note(ui, &note);
}

fn inverse(series: &SeriesView, ui: &mut Ui) {
    let palette = Palette::of(ui);
    chips::section(ui, "The inverse", "");
    let needed = series.inverse.iter().position(|&error| error < 1e-6);
    let text = needed.map_or_else(|| "more than shown".to_owned(), |k| k.to_string());
    chips::key_number(ui, "iterations to 1e-6", &text, palette.seen);
    chips::card(ui, |ui| {
        for k in [0, 5, 10, 20, 40, 60] {
            if let Some(error) = series.inverse.get(k) {
                chips::value_row(ui, &format!("after {k}"), &format!("{error:.1e}"), palette.seen);
            }
        }
    });
    chips::note(
        ui,
        "Banach: each step multiplies the distance to the fixed point by at most c = Lip(g) < 1. At the probe it is |J| in the end.",
    );
}

fn accuracy(motion: &MotionView, ui: &mut Ui) {
    let palette = Palette::of(ui);
    chips::section(ui, "What a solve costs", "");
    let Some(tight) = motion.adaptive.last() else { return };
    chips::key_number(ui, "evaluations at 1e-6", &tight.evaluations.to_string(), palette.seen);
    let rows = |ui: &mut Ui, rows: &[Accuracy], name: &dyn Fn(&Accuracy) -> String| {
        for row in rows {
            let text = format!("{:.0e} {:.0e}", row.from_fixed, row.round_trip);
            chips::value_row(ui, &name(row), &text, palette.text);
        }
    };
    chips::card(ui, |ui| {
        chips::note(ui, "Distance of an end point from the trained flow's, and of a point from itself after the way there and back:");
        rows(ui, &motion.adaptive, &|row| format!("dopri5 {:.0e}", row.tolerance.unwrap_or_default()));
        rows(ui, &motion.fixed, &|row| format!("RK4, {} evaluations", row.evaluations));
    });
    let rejected: usize = motion.adaptive.iter().map(|row| row.rejected).sum();
    chips::note(
        ui,
        &format!(
            "Steps that were too long and tried again, over all tolerances: {rejected}. As training bends the field, the number of evaluations grows."
        ),
    );
}

fn trace(motion: &MotionView, ui: &mut Ui, units: Units) {
    let palette = Palette::of(ui);
    let logs = |nats: f64, decimals| number(units.convert(nats), decimals);
    chips::section(ui, "The trace of a whole solve", "");
    chips::key_number(ui, &format!("log|det| at the probe, {}", units.name()), &logs(motion.exact, 4), palette.base);
    chips::card(ui, |ui| {
        for (name, spread) in ["normal", "signs"].iter().zip(motion.spreads) {
            chips::value_row(ui, &format!("mean, {name}"), &logs(spread.mean, 4), palette.now);
            chips::value_row(ui, "standard error", &logs(spread.error, 4), palette.text);
            chips::value_row(ui, "deviation of one", &logs(spread.deviation, 4), palette.seen);
        }
    });
    chips::note(
        ui,
        "The vector stays the same for a whole solve: so the solver integrates a smooth function, and the sum is still unbiased.",
    );
}
