//! The picture: the stack as nodes and edges, what the present step costs, and the melody as a piano roll.

use egui::{RichText, Ui, vec2};

use super::lab::StackLab;
use super::{net, roll};
use crate::labs::Shared;
use crate::train::stack_job::StackRun;
use crate::ui::chips;
use crate::ui::colormap::{Colormap, Scale, colorbar};
use crate::ui::link;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::{count, number};

use super::state::Shown;

/// Upper ends of the scales, fixed because a range that jumps lies: a gated unit lies between -1 and 1, and few are full at once.
const REACH: f32 = 1.0;
const STRONG: f32 = 0.7;

/// The scale of the nodes' colours.
pub(super) fn scale(shown: Shown) -> Scale {
    match shown {
        Shown::Strength => Scale::new(Colormap::Density, 0.0, STRONG),
        Shown::Channel(_) => Scale::symmetric(REACH),
    }
}

/// Draws the canvas.
pub(super) fn show(lab: &mut StackLab, ui: &mut Ui, _shared: &mut Shared) {
    ui.spacing_mut().item_spacing.y = 4.0;
    heading(lab, ui);
    let rest = ui.available_size();
    let rows = lab.walk.rows as f32;
    let below = 74.0;
    let height = ((rest.y - below) * 0.66).min(rows * 78.0).max(120.0);
    net::show(lab, ui, vec2(rest.x, height));
    cost(lab, ui);
    roll::show(lab, ui);
}

fn heading(lab: &StackLab, ui: &mut Ui) {
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        let title = match lab.walk.micro {
            Some(row) => step_text(lab, row),
            None => format!("{} layers, one symbol at a time", lab.state.dilations.len()),
        };
        let color = if lab.walk.micro.is_some() { palette.now } else { palette.text };
        ui.label(RichText::new(title).heading().color(color));
        if lab.untrained() {
            ui.label(RichText::new("untrained").color(palette.blind)).on_hover_text("This structure has learned nothing yet: press Train");
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let meaning = match lab.state.shown {
                Shown::Strength => "strength of a node".to_owned(),
                Shown::Channel(channel) => format!("channel {channel}"),
            };
            if ui.available_width() > 200.0 {
                ui.set_max_width(200.0);
                colorbar(ui, &scale(lab.state.shown), &meaning, "");
            }
        });
    });
}

/// What happens in a row of the present column, with its number: at most a dozen words.
fn step_text(lab: &StackLab, row: usize) -> String {
    let Some(analysis) = &lab.analysis else { return String::new() };
    let n = row + 1;
    if row == 0 {
        return format!("{n}  The last symbol is the new input.");
    }
    if row + 1 == analysis.rows() {
        return format!("{n}  The sum of the skips gives p, and u draws.");
    }
    let offsets = analysis.offsets(row);
    let kept = offsets.iter().filter(|&&offset| offset > 0).count();
    let back: Vec<String> = offsets.iter().filter(|&&offset| offset > 0).map(ToString::to_string).collect();
    let name = analysis.row_layer(row).map_or_else(|| "The input convolution".to_owned(), |layer| format!("Layer {}", layer + 1));
    match kept {
        0 => format!("{n}  {name} reads the new value only."),
        _ => format!("{n}  {name}: one value is new, {kept} kept for {} steps.", back.join(" and ")),
    }
}

/// Multiply-adds of this step, with the cache and without it.
fn cost(lab: &mut StackLab, ui: &mut Ui) {
    let palette = Palette::of(ui);
    let numbers = costs(lab);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(14.0, 2.0);
        chips::legend(ui, palette.now, "new");
        chips::legend(ui, palette.base, "kept");
        chips::legend(ui, palette.seen, "heard");
        let Some(Costs { kept, new, cone, cached, full }) = numbers else { return };
        let size = letters::size(ui.ctx(), 12.5);
        let text = |text: String| RichText::new(text).size(size).color(palette.text);
        for (name, words, color) in [
            ("kept", format!("kept {kept}"), palette.base),
            ("new", format!("new {new}"), palette.now),
            ("cone", format!("in the cone {cone}"), palette.seen),
        ] {
            let lit = link::lit(ui.ctx(), name);
            let response = ui.label(if lit { text(words).strong().color(color) } else { text(words) });
            if response.hovered() {
                link::hover(ui.ctx(), name);
            }
        }
        ui.end_row();
        if let Some((cached, full)) = cached.zip(full) {
            let times = number(full as f64 / cached.max(1) as f64, 0);
            ui.label(text(format!("multiply-adds: {} with the cache, {} without it ({times}×)", count(cached), count(full))))
                .on_hover_text("Without a cache every step is a full pass over the sequence");
        }
    });
}

/// What the present step costs.
pub(super) struct Costs {
    /// Values that the caches hold.
    pub(super) kept: usize,
    /// Nodes of the present column that are new.
    pub(super) new: usize,
    /// Nodes in the cone of the output, which a sampler without a cache computes.
    pub(super) cone: usize,
    /// Multiply-adds that the schedule asks for, and those of a full pass.
    pub(super) cached: Option<u64>,
    pub(super) full: Option<u64>,
}

/// Counts of the present step; `None` at the end.
pub(super) fn costs(lab: &StackLab) -> Option<Costs> {
    let analysis = lab.analysis.as_ref()?;
    let at = lab.walk.at;
    if at >= analysis.config().length {
        return None;
    }
    let rows = analysis.rows();
    let kept = (0..rows).map(|row| analysis.kept(row).min(at)).sum();
    let run: Option<&StackRun> = lab.walk.run().map(AsRef::as_ref);
    Some(Costs {
        kept,
        new: lab.walk.computed_row() + 1,
        cone: analysis.in_cone(at),
        cached: run.map(|run| run.cached_cost[at]),
        full: run.map(|run| run.full_cost),
    })
}
