use egui::{Label, RichText, Ui};

use super::lab::PixelcnnLab;
use super::walk::log_name;
use crate::labs::Shared;
use crate::labs::scrubber;
use crate::labs::training::{self, Wish};
use crate::labs::weights::Facts;
use crate::train::pixelcnn_job::{Ask, Origin, TEST_IMAGES};
use crate::train::{Model, Past};
use crate::ui::chips;
use crate::ui::plot::{LossCurves, loss_chart};
use crate::ui::theme::{Palette, letters};
use crate::ui::units::number;

/// Draws the curves and the buttons.
pub(super) fn show(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &Shared) {
    let Some(snapshot) = &lab.snapshot else { return };
    let Model::Pixelcnn { config, .. } = &snapshot.lesson.model else { return };
    let training = &snapshot.training;
    chips::section(ui, "Training", &training::state(training));
    if let Some(leak) = lab.mask().and_then(|mask| mask.leak) {
        let palette = Palette::of(ui);
        chips::card(ui, |ui| {
            ui.label(RichText::new("Not a likelihood").size(18.0).strong().color(palette.blind));
            let why = format!("{}. The curve below says how well values are copied, not how well they are predicted.", leak.sentence());
            ui.add(Label::new(RichText::new(capital(&why)).color(palette.blind)).wrap());
        });
    }
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
        looked: training.timeline.looked(),
    };
    // Where the time-line would fall below the fold of a small window, the curve makes room for it; large letters leave it none to give.
    let line = scrubber::height(&training.timeline);
    let given = if letters::of_a_hall(ui.ctx()) { 0.0 } else { line.min(28.0) };
    let height = (ui.available_height() - 136.0 - line).clamp(84.0 - given, 260.0);
    loss_chart(ui, "Learning curves", &curves, shared.units, height);
    let bits = training.score.map_or_else(String::new, |score| format!(": {} bits a pixel", number(score.bits_per_dim, 3)));
    let width = match training.train_width {
        0 | 1 => "each step".to_owned(),
        width => format!("mean of {width} steps"),
    };
    chips::note(ui, &format!("test: first {TEST_IMAGES} held-out images{bits}. train: batches, {width}."));
    let fresh = snapshot.origin == Origin::Untrained && training.step == 0;
    let mut wishes = training::buttons(ui, training, fresh);
    wishes.extend(scrubber::show(ui, &training.timeline, &mut lab.scrub, "model").map(Wish::Past));
    lab.wish(wishes);
}

impl PixelcnnLab {
    /// Asks the worker for what a person wants of the training.
    pub(super) fn wish(&mut self, wishes: Vec<Wish>) {
        for wish in wishes {
            if let Wish::Past(past) = wish {
                self.scrub = self.scrub.filter(|_| matches!(past, Past::LookAt(_)));
                self.looked = scrubber::looked(past, self.snapshot.as_ref().map(|snapshot| &snapshot.training.timeline));
            }
            self.ask(wish.into());
        }
    }
}

/// The panel of the weights.
pub(super) fn weights(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &mut Shared) {
    let Some(snapshot) = &lab.snapshot else { return };
    let facts = Facts {
        origin: &snapshot.origin,
        step: snapshot.training.step,
        parameters: snapshot.parameters,
        name: &lab.preset,
        load: "Reads the file of this path",
        shipped: "Back to the weights that came with the program",
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

/// The sentence with a capital letter.
fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
