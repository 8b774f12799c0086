//! The formula with its numbers, the areas, the fit, and three proofs that are computed while you watch.

use egui::{RichText, Ui};

use super::live::number_of;
use super::micro::Panel;
use super::numbers::scientific;
use super::{FlowLab, Shared, classes, terms};
use crate::labs::walk::moment;
use crate::train::flow_job::{FlowSnapshot, Pictures, ProbeReading};
use crate::ui::chips;
use crate::ui::link;
use crate::ui::math::Math;
use crate::ui::plot::{LossCurves, loss_chart};
use crate::ui::theme::{Palette, letters};
use crate::ui::units::{count, number};

/// The chart leaves out what lies so far above the lowest loss, nats, and says so.
const HIGHEST_ABOVE: f64 = 4.0;

/// The change of variables at the amber point, first in letters, then in numbers.
const FORMULA: &str = r"\begin{aligned}
\term{log_p}{\log p(x)} &= \term{log_n}{\log \mathcal{N}(z)} + \term{log_det}{\textstyle\sum_k \log\lvert\det J_k\rvert} \\
\live{log_p} &= \live{log_n} \;\; \live{log_det}
\end{aligned}";

/// The same in a column that is narrow for its type: the sum has a line of its own.
const NARROW_FORMULA: &str = r"\begin{aligned}
&\term{log_p}{\log p(x)} = \\
&\term{log_n}{\log \mathcal{N}(z)} + \term{log_det}{\textstyle\sum_k \log\lvert\det J_k\rvert} \\
&\live{log_p} = \live{log_n} \;\; \live{log_det}
\end{aligned}";
/// Ems that the formula on one line takes.
const FORMULA_EMS: f32 = 19.0;

/// Draws the panel.
pub(super) fn show(lab: &mut FlowLab, ui: &mut Ui, shared: &Shared) {
    let Some(snapshot) = lab.snapshot.clone() else {
        chips::note(ui, "The model is being prepared.");
        return;
    };
    if let Some(reading) = &snapshot.probe {
        part(lab, ui, Panel::Other, |lab, ui| point(lab, ui, shared, reading));
        if reading.mixture.is_none() {
            if lab.hides_the_sum() {
                chips::note(ui, "The terms are hidden until every layer has been guessed.");
            } else {
                part(lab, ui, Panel::Terms, |lab, ui| terms::show(lab, ui, shared, reading));
            }
            ui.add_space(4.0);
            part(lab, ui, Panel::Other, |lab, ui| areas(lab, ui, reading));
        }
        ui.add_space(6.0);
    }
    part(lab, ui, Panel::Fit, |_, ui| fit(ui, shared, &snapshot));
    ui.add_space(4.0);
    if let Some(pictures) = &snapshot.pictures {
        part(lab, ui, Panel::Other, |lab, ui| proofs(lab, ui, pictures, snapshot.probe.as_deref()));
    }
    if snapshot.config.additive() {
        ui.add_space(4.0);
        chips::note(
            ui,
            "NICE: a coupling only shifts, so every log-determinant is 0 but the last scale's. Mass can be moved, not gathered: compare RealNVP.",
        );
    }
}

/// A part of the panel, which steps back while the slow motion tells of something else.
fn part(lab: &mut FlowLab, ui: &mut Ui, part: Panel, draw: impl FnOnce(&mut FlowLab, &mut Ui)) {
    ui.scope(|ui| {
        lab.dim_beside(ui, part);
        draw(lab, ui);
    });
}

fn point(lab: &FlowLab, ui: &mut Ui, shared: &Shared, reading: &ProbeReading) {
    let palette = Palette::of(ui);
    let units = shared.units;
    let [x, y] = reading.at.map(|v| number(v, 2));
    chips::section(ui, "The amber point", &format!("x = ({x}, {y})"));
    let name = format!("log p({})", classes::subject(lab));
    let key = chips::key_number(ui, &name, &units.format(reading.shown_log_prob(), 2), palette.now);
    link::place(ui, key.rect, "log_p", palette.now);
    if reading.mixture.is_some() {
        return classes::parts(lab, ui, shared, reading);
    }
    let numbers = |name: &str| number_of(lab, name).map(|live| (live.text, live.color));
    let narrow = ui.available_width() < FORMULA_EMS * letters::smallest(ui.ctx());
    Math::new(if narrow { NARROW_FORMULA } else { FORMULA }).size(16.0).numbers(&numbers).show(ui);
}

fn areas(lab: &FlowLab, ui: &mut Ui, reading: &ProbeReading) {
    let palette = Palette::of(ui);
    let k = lab.depth.passed().min(reading.log_dets.len());
    let stretch = reading.cumulative(k);
    chips::card(ui, |ui| {
        let factors = [
            ("area", stretch.exp(), "e to the sum of the log-determinants so far: what a very small square's area became"),
            ("density", (-stretch).exp(), "the inverse of the area's factor"),
        ];
        ui.columns(2, |columns| {
            for (ui, (name, factor, help)) in columns.iter_mut().zip(factors) {
                ui.spacing_mut().item_spacing.y = 1.0;
                let heading = ui.label(RichText::new(format!("{name} ×")).small().color(palette.text_dim));
                let value = ui.label(RichText::new(number(factor, 3)).monospace().size(15.0).color(palette.now)).on_hover_text(help);
                link::place(ui, heading.rect.union(value.rect), name, palette.now);
            }
        });
        let measured = shoelace(&reading.outline[k]) / (reading.side * reading.side);
        let text = format!("{}; the drawn square: area × {}", moment(k), number(measured, 3));
        chips::note(ui, &text)
            .on_hover_text("Mass = area × density stays. The factors hold for a very small square; the drawn one is measured.");
    });
}

/// Area of a closed outline.
fn shoelace(outline: &[[f32; 2]]) -> f64 {
    let next = outline.iter().cycle().skip(1);
    let twice: f64 = outline.iter().zip(next).map(|(a, b)| f64::from(a[0]) * f64::from(b[1]) - f64::from(b[0]) * f64::from(a[1])).sum();
    twice.abs() / 2.0
}

fn fit(ui: &mut Ui, shared: &Shared, snapshot: &FlowSnapshot) {
    let palette = Palette::of(ui);
    let rate = if snapshot.training { format!("{} steps/s", count(snapshot.steps_per_second as u64)) } else { "paused".into() };
    chips::section(ui, "Fit", &format!("step {} · {rate}", count(snapshot.step)));
    // The first steps after a change of data may lie hundreds of nats above the rest, which would then be a flat line.
    let lowest = snapshot.curves.test.iter().chain(&snapshot.curves.train).map(|p| p[1]).fold(f64::INFINITY, f64::min);
    // Without the log-determinants the true loss leaves the shown one far behind: that is what is to be seen.
    let above = if snapshot.wiring.log_det { HIGHEST_ABOVE } else { 100.0 };
    let drawn = |curve: &[[f64; 2]]| -> Vec<[f64; 2]> { curve.iter().copied().filter(|p| p[1] <= lowest + above).collect() };
    let (train, test) = (drawn(&snapshot.curves.train), drawn(&snapshot.curves.test));
    let hidden = snapshot.curves.train.len() + snapshot.curves.test.len() - train.len() - test.len();
    let curves = LossCurves {
        train: &train,
        test: &test,
        ceiling: None,
        floor: snapshot.data.floor.map(|floor| (floor, "entropy of the data")),
        per: "per point",
        looked: snapshot.timeline.looked(),
    };
    // A low window keeps the proofs in sight.
    let height = if ui.ctx().content_rect().height() > 800.0 { 140.0 } else { 80.0 };
    let numbers = loss_chart(ui, "Fit chart", &curves, shared.units, height);
    for (place, name, color) in [(numbers.test, "loss", palette.now), (numbers.floor, "floor", palette.base)] {
        if let Some(rect) = place {
            link::place(ui, rect, name, color);
        }
    }
    if hidden > 0 {
        chips::note(ui, &format!("Losses above {} are not drawn.", shared.units.format(lowest + above, 1)));
    }
    if snapshot.config.classes > 0 && snapshot.wiring.log_det {
        let text = "Of all classes together, whichever is shown: the test loss −ln p(x) and its entropy. The training curve is the price of point and class, −ln p(x, c).";
        chips::note(ui, text);
    }
    let Some(score) = snapshot.pictures.as_ref().and_then(|pictures| pictures.test) else { return };
    let units = shared.units;
    match score.gap {
        Some(gap) => {
            let text = format!("gap {} ± {} {}", number(units.convert(gap), 3), number(units.convert(score.std_error), 3), units.name());
            // Measured on the data before: grey until it is measured anew.
            let stale = snapshot.pictures.as_ref().is_some_and(|pictures| pictures.data_version != snapshot.data.version);
            let (text, ink) = if stale { (format!("{text} · before"), palette.text_dim) } else { (text, palette.seen) };
            let shown = ui.label(RichText::new(text).monospace().color(ink)).on_hover_text(format!(
                "Test loss {} minus the exact entropy {}, on {} held-out points; ± is the standard error. No model can do better than 0.",
                units.format(score.nats, 3),
                units.format(score.floor.unwrap_or_default(), 3),
                count(score.count as u64)
            ));
            link::place(ui, shown.rect, "gap", ink);
        }
        None if snapshot.data.floor_pending => drop(chips::note(ui, "The exact entropy of the drawing is being computed.")),
        None => {
            drop(chips::note(ui, "The law of these points is not known, so neither is its entropy: there is no floor to compare with."))
        }
    }
}

fn proofs(lab: &FlowLab, ui: &mut Ui, pictures: &Pictures, probe: Option<&ProbeReading>) {
    let palette = Palette::of(ui);
    let integral = pictures.integral.map(|integral| {
        let help = format!(
            "The sum of p(x) times the cell's area over {0} × {0} cells of [−{1}, {1}]²: a density has mass 1.",
            integral.side, integral.reach
        );
        (number(integral.mass, 4), (integral.mass - 1.0).abs() < 1e-3, help)
    });
    let back = "The largest distance between a data point drawn and what comes back from its z: going back gives what went in.";
    let round_trip = Some((scientific(pictures.round_trip), pictures.round_trip < 1e-3, back.to_owned()));
    // The sum would tell what a bet is about.
    let numeric = probe.filter(|_| !lab.hides_the_sum()).map(|probe| {
        let sum: f64 = probe.log_dets.iter().sum();
        let off = (sum - probe.numeric_log_det).abs();
        let help = format!(
            "Σ log|det J| at the probe, {}, against central differences of the whole map in f64, {}, which know nothing of the formulas; shown is how far they are apart, in nats.",
            number(sum, 5),
            number(probe.numeric_log_det, 5)
        );
        (scientific(off), off < 1e-3, help)
    });
    ui.columns(3, |columns| {
        let proofs = [("∫ p dx", "mass", integral), ("round trip", "round_trip", round_trip), ("log-det", "numeric", numeric)];
        for (ui, (name, linked, proof)) in columns.iter_mut().zip(proofs) {
            let (value, good, help) = proof.unwrap_or_else(|| ("…".into(), true, "Computed at the next rest.".into()));
            let frame = egui::Frame::new().fill(palette.card).stroke(egui::Stroke::new(1.0, palette.line)).corner_radius(8).inner_margin(6);
            let shown = frame.show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = 2.0;
                ui.vertical_centered(|ui| {
                    ui.label(RichText::new(name).small().color(palette.text_dim)).on_hover_text(&help);
                    let color = if good { palette.text } else { palette.now };
                    ui.label(RichText::new(value).monospace().color(color)).on_hover_text(&help);
                });
            });
            link::place(ui, shown.response.rect, linked, number_of(lab, linked).map_or(palette.text, |live| live.color));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_of_side_2_has_area_4() {
        assert_eq!(shoelace(&[[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]), 4.0);
    }
}
