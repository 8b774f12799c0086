use egui::Ui;

use super::{BlindSpotLab, Page, WiredAs};
use crate::data::rain::Toward;
use crate::labs::Command;
use crate::ui::chips;

/// The three pictures of the lab.
const PAGES: [(Page, &str); 3] = [(Page::Fields, "Receptive fields"), (Page::Block, "Inside a gated layer"), (Page::Rain, "Rain")];

/// The row of chips above the picture.
pub(super) fn pages(lab: &mut BlindSpotLab, ui: &mut Ui) {
    chips::segmented(ui, &mut lab.state.page, &PAGES);
    ui.add_space(6.0);
}

/// The column of what can be chosen, for the picture that is shown.
pub(super) fn show(lab: &mut BlindSpotLab, ui: &mut Ui) {
    match lab.state.page {
        Page::Fields => fields(lab, ui),
        Page::Block => block(lab, ui),
        Page::Rain => rain(lab, ui),
    }
}

fn fields(lab: &mut BlindSpotLab, ui: &mut Ui) {
    chips::section(ui, "Network", "");
    let mut layers = lab.depth.place() + 1;
    if chips::slider_usize(ui, "Layers L", "", &mut layers, 1..=super::MOST_LAYERS).changed() {
        lab.depth.set(layers - 1, super::MOST_LAYERS - 1);
    }
    ui.add_space(4.0);
    ui.label("Kernel k").on_hover_text("Side of every masked kernel; r = (k − 1) / 2");
    chips::segmented(ui, &mut lab.state.kernel, &[(3, "3×3"), (5, "5×5"), (7, "7×7")]);
    ui.add_space(8.0);
    chips::section(ui, "Two stacks", "");
    let choices =
        [(WiredAs::Right, "one shift, at the link"), (WiredAs::EveryLayer, "a shift in every layer"), (WiredAs::Nowhere, "no shift")];
    chips::segmented(ui, &mut lab.state.wired, &choices);
    let sentence = match lab.state.wired {
        WiredAs::Right => "As in the paper: the horizontal stack reads the vertical one a row further up.",
        WiredAs::EveryLayer => "A mistake of published programs: each layer climbs a row, so the blind spot is back.",
        WiredAs::Nowhere => "A mistake: the vertical stack's own row reaches pixels that are drawn later.",
    };
    chips::note(ui, sentence);
}

fn block(lab: &mut BlindSpotLab, ui: &mut Ui) {
    let (layers, channels) = lab
        .work
        .snapshot
        .as_ref()
        .map_or((1, 1), |snapshot| (snapshot.layers, snapshot.values.as_ref().map_or(1, |values| values.channels)));
    chips::section(ui, "What is shown", "");
    let mut layer = lab.state.layer.min(layers - 1) + 1;
    if chips::slider_usize(ui, "Layer", &format!("of {layers}"), &mut layer, 1..=layers.max(2)).changed() {
        lab.state.layer = (layer - 1).min(layers - 1);
    }
    let mut channel = lab.state.channel.min(channels - 1) + 1;
    if chips::slider_usize(ui, "Channel", &format!("of {channels}"), &mut channel, 1..=channels.max(2)).changed() {
        lab.state.channel = (channel - 1).min(channels - 1);
    }
    chips::note(ui, "Values of the two-stack model of the page “Rain”, on one held-out image, with its present weights.");
    ui.add_space(6.0);
    train_buttons(lab, ui);
}

fn rain(lab: &mut BlindSpotLab, ui: &mut Ui) {
    chips::section(ui, "Data", lab.state.law.title());
    let law = &mut lab.state.law;
    chips::segmented(ui, &mut law.toward, &[(Toward::Right, "rain"), (Toward::Left, "snow")]);
    ui.add_space(4.0);
    let mut offset = law.offset;
    if chips::slider_usize(ui, "Slope q", "columns", &mut offset, 1..=8).changed() {
        law.offset = offset;
    }
    let mut eps = law.eps;
    if chips::slider(ui, "Flips ε", "", &mut eps, 0.0..=0.5, false).changed() {
        law.eps = (eps * 100.0).round() / 100.0;
    }
    chips::note(
        ui,
        "A pixel copies the one q columns to the right on the row above, and is flipped with chance ε. Snow copies from the left.",
    );
    ui.add_space(6.0);
    train_buttons(lab, ui);
}

fn train_buttons(lab: &mut BlindSpotLab, ui: &mut Ui) {
    chips::section(ui, "Training", "");
    let running = lab.running();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(6.0, 5.0);
        let label = if running { "Pause both" } else { "Train both" };
        if chips::primary_button(ui, label).on_hover_text(Command::Train.tooltip()).clicked() {
            let page = lab.state.page;
            lab.train(!running);
            lab.state.page = page;
        }
        if chips::button(ui, "From scratch").on_hover_text(Command::Reset.tooltip()).clicked() {
            lab.work.send(crate::train::rain_job::RainCommand::Restart(lab.work.seed));
        }
    });
}
