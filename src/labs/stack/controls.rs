use egui::{Ui, vec2};

use super::lab::StackLab;
use super::state::{LARGEST_DILATION, MOST_LAYERS, Pattern, Shown, doubling};
use super::training;
use crate::data::melody::BAR;
use crate::labs::{Command, Shared};
use crate::train::stack_job::Ask;
use crate::ui::chips;

/// Draws the column of what can be chosen.
pub(super) fn show(lab: &mut StackLab, ui: &mut Ui, shared: &mut Shared) {
    structure(lab, ui);
    ui.add_space(6.0);
    drawing(lab, ui);
    ui.spacing_mut().item_spacing.y = 6.0;
    ui.add_space(4.0);
    chips::toggle(ui, if lab.more { "less" } else { "more" }, &mut lab.more);
    if lab.more {
        ui.add_space(2.0);
        view(lab, ui);
        training::weights(lab, ui, shared);
    }
}

fn structure(lab: &mut StackLab, ui: &mut Ui) {
    let before = lab.state.config();
    chips::section(ui, "Stack", if lab.untrained() { "untrained" } else { "" });
    ui.label("Kernel").on_hover_text("Taps of every layer: the present step, and one or two that lie d and 2 d back");
    chips::segmented(ui, &mut lab.state.kernel, &[(2, "2 taps"), (3, "3 taps")]);
    ui.label("Dilations");
    let (pattern, stacks) = lab.state.pattern();
    let layers = lab.state.dilations.len();
    let mut chosen = pattern;
    if chips::segmented(ui, &mut chosen, &[(Pattern::Doubling, "1, 2, 4, …"), (Pattern::Plain, "all 1")]) {
        lab.state.dilations = if chosen == Pattern::Plain { vec![1; layers] } else { doubling(layers, 1) };
    }
    if pattern == Pattern::ByHand {
        chips::note(ui, "by hand: the numbers in the picture");
    }
    depth(lab, ui, pattern, stacks);
    ui.label("Input convolution").on_hover_text("An embedding reads the last symbol only; WaveNet's has as many taps as the layers");
    let mut wide = lab.state.front > 1;
    chips::segmented(ui, &mut wide, &[(false, "embedding"), (true, "causal")]);
    lab.state.front = if wide { lab.state.kernel } else { 1 };
    if lab.state.config() != before {
        lab.restructured();
    }
    // Below what is clicked, so that its coming and going moves nothing under the pointer.
    if lab.untrained() && !lab.training() && chips::primary_button(ui, "Train this stack").on_hover_text(Command::Train.tooltip()).clicked()
    {
        lab.ask(Ask::Train(true));
    }
}

/// Layers and stacks.
fn depth(lab: &mut StackLab, ui: &mut Ui, pattern: Pattern, stacks: usize) {
    let layers = lab.state.dilations.len();
    let (mut cycle, mut cycles) = (layers / stacks, stacks);
    let name = if stacks > 1 { "Layers of a stack" } else { "Layers" };
    chips::slider_usize(ui, name, "", &mut cycle, 1..=MOST_LAYERS / stacks);
    if pattern == Pattern::Doubling {
        chips::slider_usize(ui, "Stacks", "", &mut cycles, 1..=(MOST_LAYERS / cycle).max(1))
            .on_hover_text("Begins the dilations from 1 again, as WaveNet does");
    }
    if (cycle, cycles) != (layers / stacks, stacks) {
        lab.state.dilations = match pattern {
            Pattern::Doubling => doubling(cycle, cycles.min(MOST_LAYERS / cycle)),
            _ => lab.state.dilations.iter().copied().chain(std::iter::repeat(1)).take(cycle).collect(),
        };
    }
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
        let layers = lab.state.dilations.len();
        if chips::button(ui, "Add a layer").on_hover_text("On top, twice as dilated as the last one").clicked() && layers < MOST_LAYERS {
            let last = lab.state.dilations[layers - 1];
            let next = if pattern == Pattern::Plain { last } else { (2 * last).min(LARGEST_DILATION) };
            lab.state.dilations.push(next);
        }
        if chips::button(ui, "Remove").on_hover_text("The top layer").clicked() && layers > 1 {
            lab.state.dilations.pop();
        }
    });
}

fn drawing(lab: &mut StackLab, ui: &mut Ui) {
    chips::section(ui, "Melody", "");
    let mut temperature = lab.state.temperature;
    if chips::slider(ui, "Temperature", "", &mut temperature, 0.0..=2.0, false)
        .on_hover_text("Divides the logits; 0 takes the likeliest pitch")
        .changed()
    {
        lab.state.temperature = (temperature * 20.0).round() / 20.0;
        lab.redraw();
    }
    let mut bars = lab.state.prompt / BAR;
    let most = lab.state.config().length / BAR - 1;
    if chips::slider_usize(ui, "Given bars", "", &mut bars, 0..=most)
        .on_hover_text("The first bars are Bach's; the net goes on from there")
        .changed()
    {
        lab.state.prompt = bars * BAR;
        lab.redraw();
    }
    if chips::button(ui, "Another continuation").on_hover_text("The next sequence of the same seed").clicked() {
        lab.state.stream += 1;
        lab.redraw();
    }
    chips::note(ui, "J. S. Bach, Prelude in C major BWV 846: one pitch for each sixteenth.");
}

fn view(lab: &mut StackLab, ui: &mut Ui) {
    chips::section(ui, "View", "");
    let length = lab.state.config().length;
    chips::slider_usize(ui, "Columns", "", &mut lab.state.columns, 8..=length);
    chips::toggle(ui, "cache", &mut lab.state.cache).on_hover_text("Marks what each layer still keeps for later steps");
    let channels = lab.state.config().channels;
    let mut one = matches!(lab.state.shown, Shown::Channel(_));
    ui.label("Colour of a node");
    if chips::segmented(ui, &mut one, &[(false, "strength"), (true, "a channel")]) {
        lab.state.shown = if one { Shown::Channel(0) } else { Shown::Strength };
    }
    if let Shown::Channel(channel) = &mut lab.state.shown {
        chips::slider_usize(ui, "Channel", &format!("of {channels}"), channel, 0..=channels - 1);
    }
    if let Some(snapshot) = &lab.snapshot {
        let mut rate = snapshot.training.rate;
        if chips::slider(ui, "Learning rate", "", &mut rate, 1e-5..=1.0, true).changed() {
            lab.ask(Ask::Rate(rate));
        }
    }
    chips::tag(ui, &format!("sequence {} of the seed", lab.state.stream)).on_hover_text(Command::NewSeed.tooltip());
}
