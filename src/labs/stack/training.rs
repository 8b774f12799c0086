use egui::Ui;

use super::lab::StackLab;
use crate::data::melody::TEST_BARS;
use crate::labs::{Command, Shared};
use crate::train::stack_job::Ask;
use crate::ui::chips;
use crate::ui::plot::{LossCurves, loss_chart};
use crate::ui::units::{Units, count, number};

/// Draws the curves and the buttons.
pub(super) fn show(lab: &mut StackLab, ui: &mut Ui, shared: &Shared) {
    let untrained = lab.untrained();
    let Some(snapshot) = &lab.snapshot else { return };
    let training = &snapshot.training;
    let step = count(training.step);
    let state = match (training.running, training.step) {
        (true, _) => format!("step {step} · {} steps/s", number(training.steps_per_second, 0)),
        (false, 0) => "untrained".to_owned(),
        (false, _) => format!("paused at step {step}"),
    };
    chips::section(ui, "Training", &state);
    let levels = snapshot.config.levels;
    let log = if shared.units == Units::Nats { "ln" } else { "log₂" };
    let ceiling = format!("untrained: {log} {levels}");
    let curves = LossCurves {
        train: &training.train,
        test: &training.test,
        ceiling: Some(((levels as f64).ln(), &ceiling)),
        floor: Some((snapshot.unigram, "frequencies alone")),
        per: "per step",
    };
    loss_chart(ui, "Learning curves", &curves, shared.units, 128.0);
    chips::note(ui, &format!("test: the last {TEST_BARS} bars. train: windows moved up and down, mean of {} steps.", training.train_width));
    let (running, diverged, rate) = (training.running, snapshot.diverged, training.rate);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(6.0, 5.0);
        let label = match (running, untrained) {
            (true, _) => "Pause training",
            (false, true) => "Train",
            (false, false) => "Keep training",
        };
        if chips::primary_button(ui, label).on_hover_text(Command::Train.tooltip()).clicked() {
            lab.ask(Ask::Train(!running));
        }
        if chips::button(ui, "From scratch").on_hover_text("Forgets the weights on screen; files stay as they are").clicked() {
            lab.ask(Ask::FromScratch);
        }
        if diverged && chips::button(ui, "Half the rate and go on").clicked() {
            lab.ask(Ask::Rate(rate / 2.0));
            lab.ask(Ask::Train(true));
        }
    });
}
