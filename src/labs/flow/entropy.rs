//! The switch that takes the log-determinant out of the loss, and what happens then.

use egui::Ui;

use super::{FlowLab, Shared};
use crate::ui::chips;
use crate::ui::theme::Palette;
use crate::ui::units::number;

/// Draws the switch and, while it is off, the two losses and the sentence.
pub(super) fn show(lab: &mut FlowLab, ui: &mut Ui, shared: &Shared) {
    let mut on = lab.desk.wiring.log_det;
    let help = "Take it out and train: nothing holds the points apart any more";
    if chips::toggle(ui, "Log-det in the loss", &mut on).on_hover_text(help).changed() {
        lab.desk.wiring.log_det = on;
        lab.wire();
    }
    if on {
        return;
    }
    let palette = Palette::of(ui);
    let Some(snapshot) = &lab.snapshot else { return };
    let units = shared.units;
    let text = |nats: Option<f64>| nats.map_or_else(|| "…".into(), |nats| format!("{} {}", number(units.convert(nats), 3), units.name()));
    let shown = snapshot.curves.train.last().map(|point| point[1]);
    let truth = snapshot.pictures.as_ref().and_then(|pictures| pictures.test).map(|score| score.nats);
    chips::value_row(ui, "loss shown, −mean log N(z)", &text(shown), palette.seen);
    chips::value_row(ui, "true −mean log p(x)", &text(truth), palette.now);
    let least = text(Some(std::f64::consts::TAU.ln()));
    chips::note(
        ui,
        &format!(
            "Every point is sent to z = 0, where that loss is least: ln 2π = {least}, whatever the data. The true loss rises. The log-det term regularizes the entropy: it charges for every squeeze."
        ),
    );
}
