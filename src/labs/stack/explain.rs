//! The formulas with their numbers: the distribution of the step, what the stack hears, how that grows, what training has reached.

use egui::{RichText, Ui};

use super::canvas::costs;
use super::lab::StackLab;
use super::{growth, training};
use crate::data::Melody;
use crate::labs::{Live, Shared};
use crate::train::stack_job::StackRun;
use crate::ui::bars::ProbabilityBars;
use crate::ui::chips;
use crate::ui::link;
use crate::ui::math::Math;
use crate::ui::theme::Palette;
use crate::ui::units::{Units, count, number};

/// Pitches of which the probability is shown.
const MOST: usize = 6;

/// Draws the panel.
pub(super) fn show(lab: &mut StackLab, ui: &mut Ui, shared: &Shared) {
    field(lab, ui);
    ui.add_space(4.0);
    match lab.walk.run().cloned() {
        Some(run) => next(ui, &run, lab.walk.at.min(run.len() - 1), lab.walk.at, shared.units),
        None => drop(chips::note(ui, "The sequence is being drawn.")),
    }
    ui.add_space(4.0);
    training::show(lab, ui, shared);
}

/// What is heard: counted, by the formula, and by as many plain layers.
fn field(lab: &StackLab, ui: &mut Ui) {
    let palette = Palette::of(ui);
    let (Some(analysis), Some(growth)) = (&lab.analysis, &lab.growth) else { return };
    chips::section(ui, "What it hears", "");
    let key = chips::key_number(ui, "receptive field", &format!("{} steps", analysis.heard()), palette.seen);
    link::place(ui, key.rect, "heard", palette.seen);
    let config = analysis.config();
    let sum: usize = config.dilations.iter().sum();
    let k = config.kernel;
    let reach = config.front + (k - 1) * sum;
    let tex = format!(r"R = {} + ({k} - 1) \cdot {sum} = {reach}", config.front);
    Math::new(&tex)
        .size(16.0)
        .show(ui)
        .response
        .on_hover_text("taps of the input, and (k − 1) times the sum of the dilations: how far back the oldest step lies");
    let heard = chips::value_row(ui, "counted in the graph", &format!("{} steps", analysis.heard()), palette.seen);
    if heard.contains_pointer() {
        link::hover(ui.ctx(), "heard");
    }
    if link::lit(ui.ctx(), "heard") {
        ui.painter().rect_stroke(heard.rect.expand(2.0), 3.0, egui::Stroke::new(1.5, palette.seen), egui::StrokeKind::Outside);
    }
    chips::value_row(ui, "as many layers, d = 1", &format!("{} steps", growth.plain.last().copied().unwrap_or(0)), palette.now);
    if analysis.heard() < reach {
        chips::note(ui, &format!("{} steps within reach are on no path: gaps.", reach - analysis.heard()));
    }
    if reach > config.length {
        chips::note(ui, &format!("More than the {} steps of the melody's window.", config.length));
    }
    growth::show(growth, ui, 104.0);
}

fn next(ui: &mut Ui, run: &StackRun, focus: usize, at: usize, units: Units) {
    let palette = Palette::of(ui);
    let n = focus + 1;
    chips::section(ui, if at < run.len() { "The next step" } else { "The last step" }, &format!("step {n}"));
    let tex = format!(r"p(x_{{{n}}} \mid x_{{<{n}}}) = \mathrm{{softmax}}(l_{{{n}}})");
    Math::new(&tex).size(16.0).show(ui);
    let p = run.distribution(focus);
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[b].total_cmp(&p[a]));
    order.truncate(MOST);
    let names: Vec<String> = order.iter().map(|&level| Melody::prelude().name(level)).collect();
    let shown: Vec<f32> = order.iter().map(|&level| p[level]).collect();
    let chosen = order.iter().position(|&level| level == usize::from(run.symbols[focus]));
    ProbabilityBars::new("Distribution of the step", &shown).labels(&names).chosen(chosen).row_height(19.0).show(ui);
    let name = Melody::prelude().name(usize::from(run.symbols[focus]));
    let sentence = if focus < run.settings.prompt {
        format!("given: {name}")
    } else {
        format!("u = {} falls on {name}", number(f64::from(run.u[focus]), 3))
    };
    ui.label(RichText::new(sentence).color(palette.text_dim));
    let log = if units == Units::Nats { "ln" } else { "log₂" };
    chips::value_row(ui, &format!("−{log} p of it"), &units.format(run.price[focus], 2), palette.now);
    let drawn = at.min(run.len());
    if drawn > 0 {
        chips::value_row(ui, "so far, a step", &units.format(run.sum[drawn] / drawn as f64, 2), palette.seen);
    }
}

/// A number of the present picture by its name.
pub(super) fn live(lab: &StackLab, name: &str) -> Option<Live> {
    let palette = lab.theme.palette();
    let analysis = lab.analysis.as_ref()?;
    let config = analysis.config();
    let run = lab.walk.run();
    let at = lab.walk.at;
    let (text, color) = match name {
        "layers" => (config.dilations.len().to_string(), palette.text),
        "kernel" => (config.kernel.to_string(), palette.text),
        "front" => (config.front.to_string(), palette.text),
        "dilation_sum" => (config.dilations.iter().sum::<usize>().to_string(), palette.text),
        "heard" => (analysis.heard().to_string(), palette.seen),
        "plain" => (lab.growth.as_ref()?.plain.last()?.to_string(), palette.now),
        "step" => ((at + 1).min(config.length).to_string(), palette.now),
        "kept" => (costs(lab)?.kept.to_string(), palette.base),
        "new" => (costs(lab)?.new.to_string(), palette.now),
        "cone" => (costs(lab)?.cone.to_string(), palette.seen),
        "cached" => (count(costs(lab)?.cached?), palette.now),
        "full" => (count(costs(lab)?.full?), palette.text),
        "p" => {
            let run = run.filter(|run| at < run.len())?;
            (number(f64::from(run.distribution(at)[usize::from(run.symbols[at])]), 3), palette.now)
        }
        "nats" => (number(*run?.sum.get(at)?, 2), palette.seen),
        "test" => {
            let training = &lab.snapshot.as_ref()?.training;
            (number(training.score?.nats / config.length as f64, 3), palette.now)
        }
        "unigram" => (number(lab.snapshot.as_ref()?.unigram, 3), palette.text),
        _ => return None,
    };
    Some(Live { text, color })
}
