use egui::{RichText, Ui};

use super::{BlindSpotLab, Page};
use crate::labs::Shared;
use crate::ui::chips;
use crate::ui::theme::Palette;
use crate::ui::units::number;

/// Columns that one layer of the race's 3x3 kernels gains on the right with each row.
const REACH: usize = 1;

/// Draws the numbers of the page that is shown.
pub(super) fn show(lab: &BlindSpotLab, ui: &mut Ui, shared: &Shared) {
    match lab.state.page {
        Page::Fields => wedge(lab, ui),
        Page::Block => gate(ui),
        Page::Rain => race(lab, ui, shared),
    }
}

/// The published sizes beside the counted ones.
fn wedge(lab: &BlindSpotLab, ui: &mut Ui) {
    let Some(growth) = &lab.growth else { return };
    let palette = Palette::of(ui);
    let (l, r) = (lab.state.layers, growth.kernel / 2);
    let (missing, window) = (growth.missing[l - 1], growth.window[l - 1]);
    chips::section(ui, "The missing wedge", "");
    chips::key_number(ui, "share missed by one stack", &format!("{} %", number(100.0 * growth.share(l), 1)), palette.blind);
    chips::card(ui, |ui| {
        chips::value_row(ui, "r L (L − 1) / 2", &format!("{r}·{l}·{}/2 = {}", l - 1, r * l * (l - 1) / 2), palette.text);
        chips::value_row(ui, "counted in the graph", &missing.to_string(), palette.blind);
        chips::value_row(ui, "window 2 L r (L r + 1)", &window.to_string(), palette.text);
        chips::value_row(ui, "share missed", &format!("{} %", number(100.0 * growth.share(l), 1)), palette.blind);
        chips::value_row(ui, "limit of depth 1 / (4 r)", &format!("{} %", number(25.0 / r as f64, 1)), palette.text);
        chips::value_row(ui, "two stacks, counted", &growth.missing_gated[l - 1].to_string(), palette.seen);
    });
    chips::note(
        ui,
        "To gain a column on the right, one stack must climb a row: with kernels of reach r it gains r columns a row and never more. \
         Depth moves the wedge's tip, not its slope.",
    );
    chips::note(
        ui,
        "Two stacks: the vertical one mixes finished rows to both sides; the horizontal one reads the own row on the left, and the vertical \
         one shifted down by one row, once. Point at any pixel to see its three fields.",
    );
}

fn gate(ui: &mut Ui) {
    chips::section(ui, "A gated layer", "");
    chips::card(ui, |ui| {
        for line in ["V  = conv_v(v)", "H  = conv_h(h) + link(V[y−1])", "v' = tanh(V_f) · σ(V_g)", "h' = h + W · (tanh(H_f) · σ(H_g))"]
        {
            ui.label(RichText::new(line).monospace());
        }
    });
    chips::note(
        ui,
        "Half of the channels propose a value (tanh), the other half let it through (σ): a product, where a rectifier has only a switch. \
         The link takes V before its gate. The vertical stack never reads the horizontal one: that would leak the own row.",
    );
    chips::note(
        ui,
        "In the first layer nothing is added to the horizontal stack: its input is the image, which contains the pixel itself.",
    );
}

fn race(lab: &BlindSpotLab, ui: &mut Ui, shared: &Shared) {
    let palette = Palette::of(ui);
    let law = lab.state.law;
    chips::section(ui, "What the blind spot costs", "");
    if let Some(snapshot) = &lab.work.snapshot {
        let unit = shared.units;
        if let Some(score) = snapshot.racers[1].score {
            chips::key_number(ui, "two stacks, an image", &unit.format(score.nats, 1), palette.seen);
        }
        chips::card(ui, |ui| {
            let nats = |i: usize| {
                snapshot.racers[i].score.map_or_else(
                    || "…".to_owned(),
                    |score| format!("{} ± {}", number(unit.convert(score.nats), 2), number(unit.convert(score.std_error), 1)),
                )
            };
            chips::value_row(ui, "one bit a pixel", &unit.format(snapshot.nothing, 2), palette.text);
            chips::value_row(ui, "one stack", &nats(0), palette.blind);
            chips::value_row(ui, "two stacks", &nats(1), palette.seen);
            chips::value_row(ui, "entropy of the law", &unit.format(snapshot.floor, 1), palette.base);
            let seconds: f64 = snapshot.racers.iter().map(|racer| racer.seconds).sum();
            chips::value_row(ui, "seconds of training", &number(seconds, 1), palette.text);
        });
    }
    let sentence = match law.toward {
        crate::data::rain::Toward::Right if law.offset > REACH => format!(
            "The one pixel that tells lies {} columns to the right on the row above. One stack of 3×3 kernels reaches {REACH} column a row, so \
             it lies in the blind spot, whatever the depth: nothing can be learned, and the best guess is a coin.",
            law.offset
        ),
        crate::data::rain::Toward::Right => "With one column a row the telling pixel is just inside what one stack sees.".to_owned(),
        crate::data::rain::Toward::Left => {
            "Snow's telling pixel lies on the left, where one stack sees: both learn it. The control.".to_owned()
        }
    };
    chips::note(ui, &sentence);
    let hardly = format!("Digits hardly show the blind spot: a few {}.", shared.units.name());
    chips::note(ui, &format!("Same images, kernels, channels, optimiser and steps for both. {hardly}"));
}
