use egui::{Ui, vec2};

use super::PosteriorLab;
use super::state::Page;
use crate::flows::{Basis, Energy};
use crate::labs::Command;
use crate::train::posterior_job::{HELD_STEPS, Kind, PosteriorCommand};
use crate::ui::chips;
use crate::ui::units::count;

/// What a person finds who asks for a drawn target: an arc of bumps, to be drawn on.
fn bumps() -> Vec<[f64; 2]> {
    (0..7).map(|i| 0.5 * std::f64::consts::PI * f64::from(i) / 3.0).map(|a| [-2.2 * a.cos(), 1.0 - 2.2 * a.sin()]).collect()
}

/// The row of chips above the picture.
pub(super) fn pages(lab: &mut PosteriorLab, ui: &mut Ui) {
    chips::segmented(ui, &mut lab.state.page, &[(Page::Fit, "Target and flow"), (Page::Constraint, "Constraint of a layer")]);
    ui.add_space(6.0);
}

/// The column of what can be chosen.
pub(super) fn show(lab: &mut PosteriorLab, ui: &mut Ui) {
    chips::section(ui, "Flow", "");
    chips::segmented(ui, &mut lab.state.kind, &Kind::ALL);
    if lab.state.kind == Kind::Sylvester {
        ui.add_space(4.0);
        ui.label("Basis Q");
        let bases = [(Basis::Orthogonal, "orthogonal"), (Basis::Householder, "Householder"), (Basis::Triangular, "triangular")];
        chips::segmented(ui, &mut lab.state.basis, &bases);
    }
    ui.add_space(4.0);
    let mut layers = lab.state.layers;
    ui.label("Layers K");
    if chips::segmented(ui, &mut layers, &[(2, "2"), (8, "8"), (16, "16"), (32, "32")]) {
        (lab.state.depth, lab.state.layers) = (lab.state.depth_in(layers), layers);
    }
    ui.add_space(8.0);
    let (step, rates) = lab.work.snapshot.as_ref().map_or((0, None), |snapshot| (snapshot.reached.step, Some(snapshot.rates)));
    chips::section(ui, "Training", &format!("step {}", count(step)));
    if let Some([rate, now]) = rates {
        let held = count(HELD_STEPS);
        chips::note(ui, &format!("Adam at {rate:.1e} up to step {held}, then falling as 1 / step: now {now:.1e}."));
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 5.0);
        let label = if lab.state.training { "Pause training" } else { "Train" };
        if chips::primary_button(ui, label).on_hover_text(Command::Train.tooltip()).clicked() {
            lab.state.training = !lab.state.training;
        }
        if chips::button(ui, "From scratch").on_hover_text(Command::Reset.tooltip()).clicked() {
            lab.work.send(PosteriorCommand::Restart(lab.work.seed));
        }
    });
    ui.add_space(8.0);
    chips::section(ui, "Target exp(−U) / Z", "");
    let mut choices: Vec<(Energy, &str)> = Energy::PAPER
        .into_iter()
        .map(|energy| {
            let title = energy.title();
            (energy, title)
        })
        .collect();
    let drawn = if let Energy::Drawn(places) = &lab.state.energy { places.clone() } else { bumps() };
    choices.push((Energy::Drawn(drawn), "drawn"));
    chips::segmented(ui, &mut lab.state.energy, &choices);
    if matches!(lab.state.energy, Energy::Drawn(_)) {
        ui.add_space(4.0);
        if chips::button(ui, "One bump only").clicked() {
            lab.state.energy = Energy::Drawn(vec![[0.0, 0.0]]);
        }
    }
    chips::note(ui, "Click or draw on the target's plane to make your own of bumps.");
    ui.add_space(4.0);
    chips::toggle(ui, "samples", &mut lab.state.samples);
}
