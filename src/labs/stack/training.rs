use egui::Ui;

use super::lab::StackLab;
use super::state::PRESET;
use crate::data::melody::TEST_BARS;
use crate::labs::Shared;
use crate::labs::scrubber;
use crate::labs::training::{self, Wish};
use crate::labs::weights::Facts;
use crate::train::Past;
use crate::train::stack_job::Ask;
use crate::ui::chips;
use crate::ui::plot::{LossCurves, loss_chart};
use crate::ui::units::Units;

/// Draws the curves and the buttons.
pub(super) fn show(lab: &mut StackLab, ui: &mut Ui, shared: &Shared) {
    let untrained = lab.untrained();
    let Some(snapshot) = &lab.snapshot else { return };
    let training = &snapshot.training;
    chips::section(ui, "Training", &training::state(training));
    let levels = snapshot.config.levels;
    let log = if shared.units == Units::Nats { "ln" } else { "log₂" };
    let ceiling = format!("untrained: {log} {levels}");
    let curves = LossCurves {
        train: &training.train,
        test: &training.test,
        ceiling: Some(((levels as f64).ln(), &ceiling)),
        floor: Some((snapshot.unigram, "frequencies alone")),
        per: "per step",
        looked: training.timeline.looked(),
    };
    loss_chart(ui, "Learning curves", &curves, shared.units, 128.0);
    chips::note(ui, &format!("test: the last {TEST_BARS} bars. train: windows moved up and down, mean of {} steps.", training.train_width));
    let mut wishes = training::buttons(ui, training, untrained);
    wishes.extend(scrubber::show(ui, &training.timeline, &mut lab.scrub, "stack").map(Wish::Past));
    lab.wish(wishes);
}

impl StackLab {
    /// Asks the worker for what a person wants of the training.
    pub(super) fn wish(&mut self, wishes: Vec<Wish>) {
        for wish in wishes {
            if let Wish::Past(past) = wish {
                self.scrub = self.scrub.filter(|_| matches!(past, Past::LookAt(_)));
                self.state.update = scrubber::looked(past, self.snapshot.as_ref().map(|snapshot| &snapshot.training.timeline));
            }
            self.ask(wish.into());
        }
    }
}

/// The panel of the weights.
pub(super) fn weights(lab: &mut StackLab, ui: &mut Ui, shared: &mut Shared) {
    let Some(snapshot) = &lab.snapshot else { return };
    let facts = Facts {
        origin: &snapshot.origin,
        step: snapshot.training.step,
        parameters: snapshot.parameters,
        name: PRESET,
        load: "Reads the file of this path, with its structure",
        shipped: "Back to the stack and the weights that came with the program",
    };
    if let Some(wish) = lab.file.show(ui, shared, &facts) {
        lab.ask(wish.into());
    }
}

impl From<Wish> for Ask {
    fn from(wish: Wish) -> Ask {
        match wish {
            Wish::Train(on) => Ask::Train(on),
            Wish::FromScratch => Ask::FromScratch,
            Wish::Rate(rate) => Ask::Rate(rate),
            Wish::Past(past) => Ask::Past(past),
            Wish::Load(path) => Ask::Load(path),
            Wish::Save(path) => Ask::Save(path),
            Wish::Shipped => Ask::Shipped,
        }
    }
}
