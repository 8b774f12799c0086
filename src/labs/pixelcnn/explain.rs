//! The formula with its numbers: the distribution of a pixel, its price, the sum, and the surprise of every row.

use std::f64::consts::LN_2;

use egui::{Color32, Context, Ui};

use super::canvas::grey;
use super::lab::PixelcnnLab;
use super::live::{bar_names, number_of, probability, rank};
use super::side::Side;
use super::study::Task;
use super::walk::log_name;
use super::{lit, pins};
use crate::graph::causal::Visibility;
use crate::labs::Shared;
use crate::train::pixelcnn_job::{Origin, SampleRun};
use crate::ui::bars::{ProbabilityBars, spikes};
use crate::ui::chips;
use crate::ui::link;
use crate::ui::math::Math;
use crate::ui::theme::{Palette, letters};
use crate::ui::transport::TransportModel;
use crate::ui::units::{Units, number};

/// Draws the panel.
pub(super) fn show(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &Shared) {
    let beside = lab.bars_beside_picture(ui.ctx());
    let (Some(run), Some(focus)) = (lab.walk.run().cloned(), lab.focus()) else {
        if !beside {
            chips::section(ui, "The next pixel", "");
            chips::note(ui, "The first sample is being drawn.");
        }
        return;
    };
    if lab.refusal().is_some() {
        chips::section(ui, "Nothing is drawn", "");
        chips::note(ui, "The product of such factors is no likelihood, so there is no price, no sum and no surprise to show.");
        return;
    }
    let at = lab.walk.at();
    if !beside {
        pixel(lab, ui, &run, focus, shared);
    }
    if focus <= at {
        price(lab, ui, &run, focus, shared.units);
    }
    pins::compared(ui, &run, &lab.view.pins, at, shared.units);
    ui.add_space(6.0);
    surprise(lab, ui, &run, at, focus, shared.units);
}

/// The key number, the formula and the bars of the pixel that is explained.
pub(super) fn pixel(lab: &mut PixelcnnLab, ui: &mut Ui, run: &SampleRun, focus: usize, shared: &Shared) {
    let at = lab.walk.at();
    if focus > at {
        waiting(lab, ui, run, focus, at);
        return;
    }
    let log = log_name(shared.units);
    let name = format!("−{log} p of the {}", if focus == at { "next pixel" } else { "pixel" });
    let key = chips::key_number(ui, &name, &shared.units.format(run.price[focus], 2), Palette::of(ui).now);
    link::place(ui, key.rect, "price", Palette::of(ui).now);
    if let Some(level) = distribution(lab, ui, run, focus, at) {
        lab.change_pixel(focus, level);
    }
}

impl PixelcnnLab {
    /// Whether something stands beside the picture: in a lecture hall a step's text takes the panel, and the class must see the pixel, its
    /// bars and its number at once. Inside a pixel the micro-steps have that place.
    fn shares_the_canvas(&self, ctx: &Context) -> bool {
        letters::of_a_hall(ctx) && self.desk.task == Task::Sample && !self.versus.other.on && self.idea().is_none()
    }

    /// Whether the bars stand beside the picture instead of in the panel.
    pub(super) fn bars_beside_picture(&self, ctx: &Context) -> bool {
        self.shares_the_canvas(ctx) && self.side == Side::Layers
    }

    /// Whether the mask or the costs do, which were asked for by name.
    pub(super) fn tool_beside_picture(&self, ctx: &Context) -> bool {
        self.shares_the_canvas(ctx) && self.side != Side::Layers
    }
}

/// A pixel that is still to come has no distribution.
fn waiting(lab: &mut PixelcnnLab, ui: &mut Ui, run: &SampleRun, focus: usize, at: usize) {
    let palette = Palette::of(ui);
    chips::section(ui, "A pixel to come", &place(run, focus));
    Math::new(&conditional(focus)).size(16.0).numbers(&numbers(lab)).show(ui);
    let missing = lab.fields.as_mut().map_or(0, |fields| {
        let layers = fields.layers();
        let field = fields.field(focus, layers);
        (at..focus).filter(|&i| field.pixels[i] == Visibility::Seen).count()
    });
    chips::card(ui, |ui| {
        let pixels = if missing == 1 { "1 pixel" } else { &format!("{missing} pixels") };
        ui.label(egui::RichText::new(format!("has no distribution yet: it depends on {pixels} still to be drawn")).color(palette.now));
        chips::note(ui, "They are marked in the picture. Its distribution exists as soon as the last of them has a value.");
    });
}

fn place(run: &SampleRun, i: usize) -> String {
    format!("row {}, column {}", i / run.cols, i % run.cols)
}

/// `p(x_i | x_<i)`, counted from 1.
fn conditional(i: usize) -> String {
    let i = i + 1;
    format!(r"p(\term{{pixel}}{{x_{{{i}}}}} \mid x_{{<{i}}})")
}

/// The lab's live numbers, as formulas ask for them.
fn numbers(lab: &PixelcnnLab) -> impl Fn(&str) -> Option<(String, Color32)> + '_ {
    |name| number_of(lab, name).map(|live| (live.text, live.color))
}

/// The distribution; the level whose bar was clicked, if one was and the pixel may have another level.
fn distribution(lab: &PixelcnnLab, ui: &mut Ui, run: &SampleRun, focus: usize, at: usize) -> Option<u8> {
    let palette = Palette::of(ui);
    let title = match lab.desk.task {
        Task::Score => "What was expected",
        _ if focus == at => "The next pixel",
        _ => "As it was drawn",
    };
    chips::section(ui, title, &place(run, focus));
    let t = run.settings.temperature;
    let divided = if t == 1.0 { "" } else { r" / \live{T}" };
    let formula = format!(r"{} = \operatorname{{softmax}}(\ell_{{{}}}{divided})", conditional(focus), focus + 1);
    let shown = Math::new(&formula).size(16.0).numbers(&numbers(lab)).show(ui);
    shown.response.on_hover_text("l: the logits that the last 1×1 convolution gives at this position; divided by the temperature");
    let p = run.distribution(focus);
    let swatches: Vec<Color32> = (0..run.levels).map(|level| grey(level as u8, run.levels)).collect();
    let chosen = usize::from(run.pixels[focus]);
    let row_height = if run.levels > 6 { 19.0 } else { 25.0 };
    let u = Some(f64::from(run.u[focus])).filter(|u| u.is_finite());
    let (bars, _) = ProbabilityBars::new("Distribution of the pixel", p)
        .swatches(&swatches)
        .chosen(Some(chosen))
        .u(u)
        .row_height(row_height)
        .links(&bar_names(run.levels, chosen), "u")
        .show(ui);
    let name = level_name(chosen, run.levels);
    let sentence = match u {
        None => format!("given: {name}, not drawn"),
        Some(u) if focus == at => format!("u = {u:.3} falls on {name}"),
        Some(u) => format!("drawn: {name}, with u = {u:.3}"),
    };
    ui.label(egui::RichText::new(sentence).color(palette.text_dim)).on_hover_text(
        "u is uniform between 0 and 1 and fixed beforehand; the ladder at the right adds the probabilities up, and u falls on one rung",
    );
    if !lab.may_branch(focus) {
        return None;
    }
    let clicks = ui.interact(bars.rect, ui.scope_id().with("levels"), egui::Sense::click());
    clicks.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Give the pixel the level of a bar"));
    // While a click happens nothing else is hovered: the row is found by its place.
    let row = clicks.interact_pointer_pos().filter(|_| clicks.clicked()).map(|pos| (pos.y - bars.rect.top()) / row_height);
    row.map(|row| (row.max(0.0) as usize).min(run.levels - 1) as u8)
}

fn level_name(level: usize, levels: usize) -> String {
    match level {
        0 => "black".into(),
        _ if level + 1 == levels => "white".into(),
        _ => format!("level {level} of {}", levels - 1),
    }
}

fn price(lab: &PixelcnnLab, ui: &mut Ui, run: &SampleRun, focus: usize, units: Units) {
    let palette = Palette::of(ui);
    let n = focus + 1;
    let log = log_name(units);
    chips::card(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 3.0;
        ui.label(egui::RichText::new("Its price").color(palette.text));
        let value = |nats: f64| units.format(nats, 2);
        let row = |ui: &mut Ui, text: &str, value: &str, color: Color32, name: &str| {
            let response = chips::value_row(ui, text, value, color);
            link::place(ui, response.rect, name, color);
        };
        let p = probability(run.chosen_p(focus));
        let rank = rank(run.distribution(focus), usize::from(run.pixels[focus]));
        let name = format!("−{log} {p}, rank {rank} of {}", run.levels);
        row(ui, &name, &value(run.price[focus]), palette.now, "price");
        row(ui, &format!("the {focus} before"), &value(run.sum[focus]), palette.text, "before");
        row(ui, "with it", &value(run.sum[n]), palette.seen, "sum");
        row(ui, "bits per pixel", &number(run.sum[n] / (n as f64 * LN_2), 3), palette.seen, "bits");
        chips::note(ui, &format!("product rule: {n} of {} factors", run.len()));
        if run.settings.temperature != 1.0 {
            chips::note(ui, "Prices are those of the distribution at this temperature.");
        }
    });
    if lab.snapshot.as_ref().is_some_and(|s| s.origin == Origin::Untrained && run.step == 0) {
        let bits = number((run.levels as f64).log2(), 2);
        chips::note(ui, &format!("Untrained: every value is about equally likely, {bits} bits each. Press “Train”."));
    }
}

fn surprise(lab: &mut PixelcnnLab, ui: &mut Ui, run: &SampleRun, at: usize, focus: usize, units: Units) {
    let palette = Palette::of(ui);
    let current = (at < run.len()).then_some(at / run.cols);
    chips::section(ui, "Surprise, row by row", "");
    let rows: Vec<f64> = (0..run.rows).map(|row| run.sum[(row + 1) * run.cols] - run.sum[row * run.cols]).collect();
    // What is not drawn yet is not shown.
    let shown: Vec<f32> =
        (0..run.rows).map(|row| (run.sum[at.clamp(row * run.cols, (row + 1) * run.cols)] - run.sum[row * run.cols]) as f32).collect();
    let ceiling = rows.iter().copied().fold(1.0, f64::max) as f32;
    let (response, row) = spikes(ui, "Surprise of each row", &shown, current, ceiling, 44.0);
    scale_line(ui, "row 0", &format!("row {}", run.rows - 1), &format!("top: {}", units.format(f64::from(ceiling), 1)));
    lit::rows(ui, &response, row, [run.rows, run.cols], focus);
    if let Some(row) = row {
        let clicked = response.clicked();
        response.on_hover_text(format!("row {row}: {} · click to go there", units.format(f64::from(shown[row]), 2)));
        if clicked {
            lab.walk.set_playing(false);
            lab.walk.seek((row * run.cols) as f64);
        }
    }
    // The row of the pixel that is explained; one to come has no prices yet.
    let row = focus.min(at).min(run.len() - 1) / run.cols;
    let pixels: Vec<f32> = (row * run.cols..(row + 1) * run.cols).map(|i| if i < at { run.price[i] as f32 } else { 0.0 }).collect();
    ui.label(egui::RichText::new(format!("pixel by pixel, row {row}")).small().color(palette.text_dim));
    let most = run.price.iter().copied().fold(1.0, f64::max) as f32;
    let column = current.filter(|&current| current == row).map(|_| at % run.cols);
    let (response, hovered) = spikes(ui, "Surprise of each pixel of the row", &pixels, column, most, 34.0);
    scale_line(ui, "column 0", &format!("column {}", run.cols - 1), &format!("top: {}", units.format(f64::from(most), 1)));
    lit::pixels(ui, &response, hovered, row, run.cols, focus);
    if let Some(column) = hovered {
        response.on_hover_text(format!("column {column}: {}", units.format(f64::from(pixels[column]), 2)));
    }
}

fn scale_line(ui: &mut Ui, left: &str, right: &str, middle: &str) {
    let palette = Palette::of(ui);
    let font = egui::TextStyle::Small.resolve(ui.style());
    let (rect, _) = ui.allocate_exact_size(egui::vec2(ui.available_width(), font.size + 3.0), egui::Sense::hover());
    for (place, align, text) in [
        (rect.left_top(), egui::Align2::LEFT_TOP, left),
        (rect.center_top(), egui::Align2::CENTER_TOP, middle),
        (rect.right_top(), egui::Align2::RIGHT_TOP, right),
    ] {
        ui.painter().text(place, align, text, font.clone(), palette.text_dim);
    }
}
