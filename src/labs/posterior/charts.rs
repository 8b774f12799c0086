//! The ELBO against the exact `ln Z`, and the numbers beside it.

use egui::{RichText, Ui, vec2};

use super::PosteriorLab;
use crate::train::posterior_job::{Held, MEASURED, Reached};
use crate::ui::chart::{Axes, chart, level, line};
use crate::ui::chips;
use crate::ui::theme::Palette;
use crate::ui::units::{Units, count, number};

/// The curve of the ELBO in a place of this height.
pub(super) fn elbo(lab: &PosteriorLab, ui: &mut Ui, height: f32) {
    let (palette, units) = (Palette::of(ui), lab.look.units);
    let Some(snapshot) = &lab.work.snapshot else {
        chips::note(ui, "The flow is being made.");
        return;
    };
    let begin = ui.cursor().top();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(10.0, 1.0);
        ui.label(RichText::new(format!("ELBO, {}, against training steps", units.name())).small());
        let last = snapshot.elbo.last().map_or_else(String::new, |row| format!(" {}", number(units.convert(row[1]), 3)));
        chips::legend(ui, palette.seen, &format!("ELBO{last}"));
        chips::legend(ui, palette.base, &format!("{} {}", log_z_name(units), number(units.convert(snapshot.target.log_z), 3)));
        chips::legend(ui, palette.text_dim, "while tempered, on the batches");
    });
    let room = height - (ui.cursor().top() - begin) - 4.0;
    let log_z = snapshot.target.log_z;
    let points: Vec<[f64; 2]> = snapshot.elbo.iter().map(|row| [row[0], row[1]]).filter(|point| point[1].is_finite()).collect();
    // The untrained flow's bound may lie far below: the chart shows what is near the integral.
    let low = points.iter().map(|p| p[1]).fold(log_z - 0.5, f64::min).max(log_z - 3.5);
    let shown = |p: [f64; 2]| [p[0], units.convert(p[1])];
    let include = [[0.0, log_z + 0.3], [200.0, low]].map(shown).to_vec();
    let axes = Axes { name: "ELBO against ln Z", x: "training steps", include, ..Axes::default() };
    let held = |p: [f64; 2]| shown([p[0], p[1].max(low)]);
    let batches: Vec<[f64; 2]> = snapshot.train.iter().map(|p| held([p[0], (-p[1]).min(log_z + 1.5)])).collect();
    let points: Vec<[f64; 2]> = points.into_iter().map(held).collect();
    chart(ui, &axes, room, |plot| {
        line(plot, "batches", batches, palette.text_dim.gamma_multiply(0.5), false);
        level(plot, log_z_name(units), units.convert(log_z), palette.base);
        line(plot, "ELBO", points, palette.seen, false);
    });
}

/// The logarithm of Z as the unit writes it.
pub(super) fn log_z_name(units: Units) -> &'static str {
    if units == Units::Nats { "ln Z" } else { "log₂ Z" }
}

/// The numbers of the present flow and of those before it.
pub(super) fn numbers(lab: &PosteriorLab, ui: &mut Ui) {
    let (palette, units) = (Palette::of(ui), lab.look.units);
    let logs = |nats: f64, decimals| number(units.convert(nats), decimals);
    let Some(snapshot) = &lab.work.snapshot else { return };
    let reached = snapshot.reached;
    chips::section(ui, "A lower bound", "");
    let log_z = log_z_name(units);
    chips::key_number(ui, &format!("KL from p = {log_z} − ELBO, {}", units.name()), &logs(reached.gap, 3), palette.now);
    let elbo = snapshot.target.log_z - reached.gap;
    chips::card(ui, |ui| {
        chips::value_row(ui, &format!("{log_z} by quadrature"), &logs(snapshot.target.log_z, 4), palette.base);
        chips::value_row(ui, "ELBO", &format!("{} ± {}", logs(elbo, 3), logs(reached.error, 3)), palette.seen);
        if let Some(depth) = snapshot.depths.get(lab.state.depth).filter(|_| lab.state.depth > 0) {
            chips::value_row(ui, &format!("mean log|det|, layer {}", lab.state.depth), &logs(depth.mean_log_det, 3), palette.text);
        }
        chips::value_row(ui, "inverse, largest error", &format!("{:.1e}", reached.inverse), palette.text);
        chips::value_row(ui, "trained values", &count(reached.parameters as u64), palette.text);
    });
    if let Some(held) = snapshot.held.get(lab.state.depth.max(1) - 1) {
        layer(ui, lab.state.depth.max(1), held);
    }
    if snapshot.ledger.len() > 1 {
        chips::section(ui, "Flows on this target", &format!("KL, {}", units.name()));
        chips::card(ui, |ui| {
            let mut rows: Vec<&Reached> = snapshot.ledger.iter().collect();
            rows.sort_by(|a, b| a.gap.total_cmp(&b.gap));
            for row in rows {
                let name = format!("{}, K = {} ({} s)", row.title(), row.layers, number(row.seconds, 1));
                chips::value_row(ui, &name, &logs(row.gap, 3), palette.seen);
            }
        });
    }
    chips::note(
        ui,
        &format!(
            "Measured on {} fixed draws of the noise: near {log_z} the error of the mean may carry the bound past it.",
            count(MEASURED as u64)
        ),
    );
}

fn layer(ui: &mut Ui, index: usize, held: &Held) {
    let palette = Palette::of(ui);
    chips::section(ui, &format!("Layer {index}"), "");
    let [raw, used] = held.numbers().map(|v| number(v, 3));
    let rows = match held {
        Held::Planar(layer) => {
            [("w'u, as trained", raw, false), ("w'u, as used, > −1", used, true), ("b", number(layer.bias, 3), false)].to_vec()
        }
        Held::Radial(layer) => [
            ("α", number(layer.held[0], 3), false),
            ("β in training", raw, false),
            ("β held above −α", used, true),
            ("−α", number(-layer.held[0], 3), false),
        ]
        .to_vec(),
        Held::Sylvester(_) => [("least r₁ r₂ in training", raw, false), ("least r₁ r₂ held above −1", used, true)].to_vec(),
    };
    chips::card(ui, |ui| {
        for (name, value, now) in &rows {
            chips::value_row(ui, name, value, if *now { palette.now } else { palette.text });
        }
    });
}
