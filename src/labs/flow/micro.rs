//! Slow motion: inside one layer at the probe, and inside one training update. One thing is lit, the rest is dimmed, a sentence says what happens.

mod layer;
mod update;

use serde::{Deserialize, Serialize};

use egui::{Align2, Color32, RichText, Stroke, Ui, vec2};

use super::{Command, FlowLab, Shared};
use crate::train::flow_job::{FlowCommand, Point, ProbeReading};
use crate::ui::canvas2d::Plane;
use crate::ui::chips;
use crate::ui::theme::{Palette, letters};
use crate::ui::transport::TransportModel;

/// Opacity of what is not the subject now.
const DIMMED: f32 = 0.35;

/// A part of the panel at the right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Panel {
    /// The sum of log-determinants as bars.
    Terms,
    /// The loss.
    Fit,
    /// What no sentence is about.
    Other,
}

/// What is walked through.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Inside {
    #[default]
    Layer,
    Update,
}

/// Where the slow motion is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Micro {
    pub(super) on: bool,
    inside: Inside,
    layer: usize,
    at: usize,
}

impl FlowLab {
    /// A smaller step, forward or back.
    pub(super) fn micro_step(&mut self, back: bool) {
        let steps = self.micro_sentences().len();
        let micro = &mut self.desk.micro;
        match (micro.on, back) {
            (false, true) => return,
            (false, false) => return self.begin_micro(),
            (true, true) if micro.at == 0 => micro.on = false,
            (true, true) => micro.at -= 1,
            (true, false) if micro.at + 1 < steps => micro.at += 1,
            (true, false) => return self.next_micro(),
        }
        self.follow_micro();
    }

    /// Shows the slow motion as a state says; the numbers that it needs are asked for.
    pub(super) fn show_micro(&mut self, micro: Micro) {
        let layer = micro.layer.min(self.depth.layers().saturating_sub(1));
        self.desk.micro = Micro { layer, ..micro };
        self.ask_for_micro();
    }

    /// Has a worker that has just started compute what the slow motion shows.
    pub(super) fn ask_for_micro(&self) {
        if self.desk.micro.on && self.desk.micro.inside == Inside::Update {
            self.send(FlowCommand::TellUpdate);
        }
    }

    fn begin_micro(&mut self) {
        let place = self.depth.position().floor() as usize;
        let layer = place.min(self.depth.layers().saturating_sub(1));
        self.desk.micro = Micro { on: true, layer, at: 0, ..self.desk.micro };
        // The numbers of a sentence must stand while it is read.
        self.training = false;
        match self.desk.micro.inside {
            Inside::Layer => self.send(FlowCommand::Train(false)),
            Inside::Update => self.tell_update(),
        }
        self.follow_micro();
    }

    /// After the last step of one comes the first of the next.
    fn next_micro(&mut self) {
        let micro = &mut self.desk.micro;
        match micro.inside {
            Inside::Layer if micro.layer + 1 < self.depth.layers() => (micro.layer, micro.at) = (micro.layer + 1, 0),
            Inside::Layer => micro.on = false,
            Inside::Update => {
                micro.at = 0;
                self.send(FlowCommand::Update(1));
                self.tell_update();
            }
        }
        self.follow_micro();
    }

    fn tell_update(&mut self) {
        self.training = false;
        self.send(FlowCommand::TellUpdate);
    }

    /// The depth stands where the sentence is about.
    pub(super) fn follow_micro(&mut self) {
        let micro = self.desk.micro;
        if !micro.on {
            return;
        }
        let steps = self.micro_sentences().len();
        let place = match micro.inside {
            Inside::Layer => micro.layer + usize::from(micro.at + 2 >= steps.max(2)),
            Inside::Update => self.depth.layers(),
        };
        self.depth.set_playing(false);
        self.depth.seek(place as f64);
    }

    /// The layer that is looked into, if one is.
    pub(super) fn micro_layer(&self) -> Option<usize> {
        let Micro { on, inside, layer, .. } = self.desk.micro;
        (on && inside == Inside::Layer && layer < self.depth.layers()).then_some(layer)
    }

    /// The sentences of the walk, in order; empty while its numbers are awaited.
    fn micro_sentences(&self) -> Vec<String> {
        match self.desk.micro.inside {
            Inside::Layer => {
                let steps = self.reading().map_or_else(Vec::new, |reading| layer::steps(self, reading, self.desk.micro.layer));
                steps.into_iter().map(|step| step.sentence).collect()
            }
            Inside::Update => self.story().map_or_else(Vec::new, update::sentences),
        }
    }

    /// While one thing is told, everything beside it steps back.
    pub(super) fn dim_beside(&self, ui: &mut Ui, part: Panel) {
        let Micro { on, inside, at, .. } = self.desk.micro;
        let told = || match inside {
            // The last sentence of a layer is about its log-determinant.
            Inside::Layer => part == Panel::Terms && at + 1 >= self.micro_sentences().len(),
            Inside::Update => part == Panel::Fit && update::tells_the_loss(at),
        };
        if on && !told() {
            ui.multiply_opacity(DIMMED);
        }
    }

    /// The present sentence with its number, such as `2 of 6 · Conditioner: ...`.
    pub(super) fn micro_sentence(&self) -> Option<String> {
        if !self.desk.micro.on {
            return None;
        }
        let sentences = self.micro_sentences();
        let at = self.desk.micro.at.min(sentences.len().saturating_sub(1));
        Some(sentences.get(at).map_or_else(
            || "The numbers of this step are on their way.".to_owned(),
            |sentence| format!("{} of {} · {sentence}", at + 1, sentences.len()),
        ))
    }
}

/// The row above the planes while the slow motion runs.
pub(super) fn row(lab: &mut FlowLab, ui: &mut Ui) {
    let Some(sentence) = lab.micro_sentence() else { return };
    let palette = Palette::of(ui);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        let mut inside = lab.desk.micro.inside;
        let name = format!("inside layer {}", lab.desk.micro.layer + 1);
        for (choice, name) in [(Inside::Layer, name.as_str()), (Inside::Update, "inside an update")] {
            if chips::chip(ui, name, inside == choice).clicked() {
                inside = choice;
            }
        }
        if inside != lab.desk.micro.inside {
            lab.desk.micro.inside = inside;
            lab.begin_micro();
        }
        if chips::button(ui, "Smaller step back").on_hover_text(Command::MicroBack.tooltip()).clicked() {
            lab.micro_step(true);
        }
        if chips::button(ui, "Smaller step").on_hover_text(Command::MicroStep.tooltip()).clicked() {
            lab.micro_step(false);
        }
        if chips::button(ui, "End slow motion").clicked() {
            lab.desk.micro.on = false;
        }
    });
    ui.label(RichText::new(sentence).size(17.0).strong().color(palette.now));
}

/// The chip that begins and ends it.
pub(super) fn switch(lab: &mut FlowLab, ui: &mut Ui) {
    if chips::chip(ui, "slow motion", lab.desk.micro.on).on_hover_text(Command::MicroStep.tooltip()).clicked() {
        if lab.desk.micro.on {
            lab.desk.micro.on = false;
        } else {
            lab.begin_micro();
        }
    }
}

/// What is lit in data space.
pub(super) fn data(lab: &FlowLab, plane: &Plane<'_>) {
    if lab.desk.micro.on {
        match lab.desk.micro.inside {
            Inside::Layer => {
                dim(plane);
                plane.probe(lab.probe, plane.palette().now);
            }
            Inside::Update => {
                dim(plane);
                if let Some(story) = lab.story() {
                    update::data(plane, story, lab.desk.micro.at);
                }
            }
        }
    }
}

/// What is lit in the space of the layers.
pub(super) fn latent(lab: &FlowLab, plane: &Plane<'_>, shared: &Shared) {
    if !lab.desk.micro.on {
        return;
    }
    dim(plane);
    match lab.desk.micro.inside {
        Inside::Layer => {
            if let Some(reading) = lab.reading() {
                layer::draw(lab, plane, reading, lab.desk.micro, shared);
            }
        }
        Inside::Update => {
            if let Some(story) = lab.story() {
                update::latent(plane, story, lab.desk.micro.at);
            }
        }
    }
}

/// The rest steps back.
fn dim(plane: &Plane<'_>) {
    plane.painter().rect_filled(plane.rect(), 6.0, plane.palette().ground.gamma_multiply(1.0 - DIMMED));
}

/// An arrow between two points of the plane.
fn arrow(plane: &Plane<'_>, from: Point, to: Point, width: f32, color: Color32) {
    let (a, b) = (plane.to_screen(from.map(f64::from)), plane.to_screen(to.map(f64::from)));
    if a.is_finite() && b.is_finite() && a.distance(b) > 0.5 {
        plane.painter().arrow(a, b - a, Stroke::new(width, color));
    }
}

/// Words beside a point, on a ground of their own.
fn words(plane: &Plane<'_>, at: Point, text: &str, color: Color32) {
    let pos = plane.to_screen(at.map(f64::from));
    let left = pos.x > plane.rect().center().x;
    let (align, offset) = if left { (Align2::RIGHT_BOTTOM, vec2(-12.0, -10.0)) } else { (Align2::LEFT_BOTTOM, vec2(12.0, -10.0)) };
    let galley = plane.painter().layout_no_wrap(text.to_owned(), letters::monospace(plane.painter().ctx(), 14.0), color);
    let rect = align.anchor_size(pos + offset, galley.size());
    let inside = rect.translate(vec2(
        (plane.rect().left() + 6.0 - rect.left()).max(0.0) - (rect.right() - plane.rect().right() + 6.0).max(0.0),
        (plane.rect().top() + 6.0 - rect.top()).max(0.0),
    ));
    plane.painter().rect_filled(inside.expand2(vec2(6.0, 3.0)), 5.0, plane.palette().panel);
    plane.painter().galley(inside.min, galley, color);
}

/// The probe before and after a layer.
fn ends(reading: &ProbeReading, layer: usize) -> Option<(Point, Point)> {
    Some((*reading.points.get(layer)?, *reading.points.get(layer + 1)?))
}
