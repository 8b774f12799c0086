//! Training as every lab shows it: where it stands, its buttons, what computes.

use std::path::PathBuf;

use egui::Ui;

use super::{Command, LabStatus};
use crate::exec::BackendInfo;
use crate::train::{Past, Standing};
use crate::ui::chips;
use crate::ui::units::{count, number};

/// What the person asks of a lab's worker, whatever the model.
pub(super) enum Wish {
    /// Starts or pauses training.
    Train(bool),
    /// Forgets what was learned and trains.
    FromScratch,
    /// Changes the learning rate.
    Rate(f64),
    /// Shows an earlier step, or goes back to it.
    Past(Past),
    /// Reads weights.
    Load(PathBuf),
    /// Writes the weights.
    Save(PathBuf),
    /// Takes the shipped weights again.
    Shipped,
}

/// Where training stands, in a few words.
pub(super) fn state(training: &Standing) -> String {
    let step = count(training.step);
    match (training.running, training.step) {
        (true, _) => {
            let decimals = if training.steps_per_second < 10.0 { 1 } else { 0 };
            format!("step {step} · {} steps/s", number(training.steps_per_second, decimals))
        }
        (false, 0) => "untrained".to_owned(),
        (false, _) => format!("paused at step {step}"),
    }
}

/// Updates that one goes back after training broke.
const BACK: u64 = 20;

/// A way on after training broke.
pub(super) enum Rescue {
    /// Trains on from the last good step, half as fast.
    HalfTheRate,
    /// Stands so many updates before the last good step.
    Back(u64),
}

/// The buttons of the ways on after training broke at this rate; gives the one that was clicked.
pub(super) fn rescue(ui: &mut Ui, rate: f64) -> Option<Rescue> {
    let half = chips::primary_button(ui, &format!("Half the rate ({:.1e}) and go on", rate / 2.0));
    let back = chips::button(ui, "Back 20").on_hover_text("Twenty updates before the last good step, to look or to go on from");
    match (half.clicked(), back.clicked()) {
        (true, _) => Some(Rescue::HalfTheRate),
        (_, true) => Some(Rescue::Back(BACK)),
        _ => None,
    }
}

/// The buttons beside the sentence about training that broke; gives what was clicked.
pub(super) fn trouble(ui: &mut Ui, training: &Standing) -> Vec<Wish> {
    match ui.horizontal(|ui| rescue(ui, training.rate)).inner {
        Some(Rescue::HalfTheRate) => vec![Wish::Rate(training.rate / 2.0), Wish::Train(true)],
        Some(Rescue::Back(updates)) => vec![Wish::Past(Past::GoBack(updates))],
        None => Vec::new(),
    }
}

/// The buttons under the curves; gives what was clicked. `fresh` weights have learned nothing yet.
pub(super) fn buttons(ui: &mut Ui, training: &Standing, fresh: bool) -> Vec<Wish> {
    let mut wishes = Vec::new();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(6.0, 5.0);
        let label = match (training.running, fresh) {
            (true, _) => "Pause training",
            (false, true) => "Train",
            (false, false) => "Keep training",
        };
        if chips::primary_button(ui, label).on_hover_text(Command::Train.tooltip()).clicked() {
            wishes.push(Wish::Train(!training.running));
        }
        let forgets = "Forgets the weights on screen and learns from random ones; files stay as they are";
        if chips::button(ui, "From scratch").on_hover_text(forgets).clicked() {
            wishes.push(Wish::FromScratch);
        }
    });
    wishes
}

/// The processor in a few words.
pub(super) fn device(info: &BackendInfo) -> String {
    if info.backend == "gpu" {
        // The name alone: drivers add versions in brackets.
        format!("GPU · {}", info.adapter.split(" (").next().unwrap_or_default())
    } else {
        format!("CPU · {} thread{}", info.threads, if info.threads == 1 { "" } else { "s" })
    }
}

/// What the frame says of a lab whose model is at this step.
pub(super) fn status(info: &BackendInfo, running: bool, step: u64, error: Option<String>) -> LabStatus {
    let busy = if running { format!("training · step {}", count(step)) } else { String::new() };
    LabStatus { backend: device(info), busy, error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_gpu_ends_before_its_driver() {
        let gpu = BackendInfo { backend: "gpu", adapter: "llvmpipe (LLVM 15.0.6, 256 bits)".into(), threads: 1 };
        assert_eq!(device(&gpu), "GPU · llvmpipe");
        assert_eq!(device(&BackendInfo { backend: "cpu", ..gpu }), "CPU · 1 thread");
    }

    #[test]
    fn training_is_untrained_then_runs_then_pauses() {
        let mut standing = Standing {
            running: false,
            step: 0,
            steps_per_second: 0.0,
            rate: 1e-3,
            train: Default::default(),
            train_width: 1,
            test: Default::default(),
            score: None,
            timeline: Default::default(),
        };
        assert_eq!(state(&standing), "untrained");
        (standing.running, standing.step, standing.steps_per_second) = (true, 12_400, 8.3);
        assert_eq!(state(&standing), "step 12,400 · 8.3 steps/s");
        standing.running = false;
        assert_eq!(state(&standing), "paused at step 12,400");
    }
}
