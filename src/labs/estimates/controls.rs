use egui::{Ui, vec2};

use super::EstimatesLab;
use super::pages::{NOISES, TERMS};
use super::state::Page;
use crate::data::Toy;
use crate::labs::Command;
use crate::train::estimate_job::{EstimateCommand, Which};
use crate::ui::chips;
use crate::ui::units::count;

/// The row of chips above the picture.
pub(super) fn pages(lab: &mut EstimatesLab, ui: &mut Ui) {
    chips::segmented(ui, &mut lab.state.page, &Page::ALL);
    ui.add_space(6.0);
}

/// The column of what can be chosen, for the page that is shown.
pub(super) fn show(lab: &mut EstimatesLab, ui: &mut Ui) {
    match lab.state.page.which() {
        Which::Residual => block(lab, ui),
        Which::Continuous => {
            chips::section(ui, "Motion", "");
            let mut moment = lab.state.moment;
            if chips::slider_usize(ui, "Time t", &format!("of {}", super::MOMENTS), &mut moment, 0..=super::MOMENTS).changed() {
                lab.state.moment = moment;
            }
            chips::note(ui, "At t = 0 the points are data, at t = 1 noise. Nothing is in between but the solution of dx/dt = f(x, t).");
        }
    }
    ui.add_space(6.0);
    training(lab, ui);
    ui.add_space(6.0);
    chips::section(ui, "Data", "");
    let toys = Toy::ALL.map(|toy| (toy, toy.title()));
    chips::segmented(ui, &mut lab.state.toy, &toys);
}

fn block(lab: &mut EstimatesLab, ui: &mut Ui) {
    let blocks = Which::Residual.config().layers;
    chips::section(ui, "Block", "");
    let mut block = lab.state.block;
    if chips::slider_usize(ui, "Block", &format!("of {blocks}"), &mut block, 1..=blocks).changed() {
        lab.state.block = block;
    }
    if lab.state.page != Page::Inverse {
        let mut terms = lab.state.terms;
        if chips::slider_usize(ui, "Terms n", "", &mut terms, TERMS).changed() {
            lab.state.terms = terms;
        }
    }
    if lab.state.page == Page::Hutchinson {
        ui.label("Vectors in an estimate");
        chips::segmented(
            ui,
            &mut lab.state.probes,
            &[1, 4, 16, 64].map(|k| (k, ["1", "4", "16", "64"][(k as f64).log(4.0).round() as usize])),
        );
    }
    if matches!(lab.state.page, Page::Hutchinson | Page::Roulette) {
        ui.add_space(4.0);
        ui.label("Drawn from");
        chips::segmented(ui, &mut lab.state.noise, &NOISES);
    }
}

fn training(lab: &mut EstimatesLab, ui: &mut Ui) {
    let which = lab.state.page.which();
    let title = if which == Which::Residual { "Residual flow" } else { "Continuous flow" };
    let step = lab.work.snapshot.as_ref().map_or(0, |snapshot| snapshot.learner(which).step);
    chips::section(ui, title, &format!("step {}", count(step)));
    if let Some(snapshot) = &lab.work.snapshot {
        let learner = snapshot.learner(which);
        let units = lab.look.units;
        let loss = learner.curve.last().map_or_else(|| "untrained".to_owned(), |point| format!("{} a point", units.format(point[1], 3)));
        let floor = snapshot.floor.map_or_else(String::new, |floor| format!("; the data's entropy is {}", units.format(floor, 3)));
        chips::note(ui, &format!("{} values. Loss: {loss}{floor}.", count(learner.parameters as u64)));
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 5.0);
        let label = if lab.state.training { "Pause training" } else { "Train" };
        if chips::primary_button(ui, label).on_hover_text(Command::Train.tooltip()).clicked() {
            lab.state.training = !lab.state.training;
        }
        if chips::button(ui, "From scratch").on_hover_text(Command::Reset.tooltip()).clicked() {
            lab.work.send(EstimateCommand::Restart(lab.work.seed));
        }
    });
}
