use egui::Ui;

use super::lab::PixelcnnLab;
use super::walk::log_name;
use crate::labs::{Command, Shared};
use crate::train::Model;
use crate::train::pixelcnn_job::{Ask, Origin, TEST_IMAGES};
use crate::ui::chips;
use crate::ui::plot::{LossCurves, loss_chart};
use crate::ui::units::{count, number};

/// Draws the curves and the buttons.
pub(super) fn show(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &Shared) {
    let Some(snapshot) = &lab.snapshot else { return };
    let Model::Pixelcnn { config, .. } = &snapshot.lesson.model else { return };
    let training = &snapshot.training;
    let step = count(training.step);
    let state = match (training.running, training.step) {
        (true, _) => {
            format!("step {step} · {} steps/s", number(training.steps_per_second, if training.steps_per_second < 10.0 { 1 } else { 0 }))
        }
        (false, 0) => "untrained".to_owned(),
        (false, _) => format!("paused at step {step}"),
    };
    chips::section(ui, "Training", &state);
    let ceiling = format!("untrained: {} {} per pixel", log_name(shared.units), config.levels);
    let alone = match (&training.train[..], &training.test[..]) {
        ([], [[_, nats]]) => Some(*nats),
        _ => None,
    };
    let curves = LossCurves {
        train: &training.train,
        test: &training.test,
        ceiling: Some((config.uniform_nats(), &ceiling)),
        // One measurement is no curve yet: a line across says more than a dot.
        floor: alone.map(|nats| (nats, "these weights")),
        per: "per image",
    };
    let height = (ui.available_height() - 136.0).clamp(84.0, 260.0);
    loss_chart(ui, "Learning curves", &curves, shared.units, height);
    let bits = training.score.map_or_else(String::new, |score| format!(": {} bits a pixel", number(score.bits_per_dim, 3)));
    let width = match training.train_width {
        0 | 1 => "each step".to_owned(),
        width => format!("mean of {width} steps"),
    };
    chips::note(ui, &format!("test: first {TEST_IMAGES} held-out images{bits}. train: batches, {width}."));
    let (rate, diverged) = (training.rate, snapshot.diverged);
    let (running, fresh) = (training.running, snapshot.origin == Origin::Untrained && training.step == 0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(6.0, 5.0);
        let label = match (running, fresh) {
            (true, _) => "Pause training",
            (false, true) => "Train",
            (false, false) => "Keep training",
        };
        if chips::primary_button(ui, label).on_hover_text(Command::Train.tooltip()).clicked() {
            lab.ask(Ask::Train(!running));
        }
        if chips::button(ui, "From scratch")
            .on_hover_text("Forgets the weights on screen and learns from random ones; files stay as they are")
            .clicked()
        {
            lab.ask(Ask::FromScratch);
        }
        if diverged && chips::button(ui, "Half the rate and go on").on_hover_text("From the last good weights").clicked() {
            lab.ask(Ask::Rate(rate / 2.0));
            lab.ask(Ask::Train(true));
        }
    });
}
