//! Two flows on the same data: their densities, and where the logarithms of the densities differ.

use std::cell::RefCell;

use egui::{Context, RichText, Ui, vec2};
use serde::{Deserialize, Serialize};

use super::numbers::sign_color;
use super::{FlowLab, Shared};
use crate::exec::{BackendChoice, open_session};
use crate::flows::Family;
use crate::train::flow_job::{FlowCommand, FlowJob, FlowSnapshot};
use crate::train::{Lesson, Model, Worker};
use crate::ui::canvas2d::Canvas2d;
use crate::ui::chips;
use crate::ui::colormap::{Colormap, Scale, colorbar};
use crate::ui::heatmap::FieldTexture;
use crate::ui::theme::Palette;
use crate::ui::units::{count, number, signed};

/// Differences beyond this, in nats, have the end's colour.
const REACH: f32 = 3.0;
/// Below this density of both, per unit area, the difference is faded out: where neither has mass it says nothing.
const FAINT: f32 = 1e-3;

/// In a narrower column a name and its value do not fit on one line, in points.
const NARROW: f32 = 300.0;

/// What stands beside the present flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Other {
    /// The other family: NICE beside RealNVP.
    Family,
    /// The same family with so many layers.
    Layers(usize),
    /// The present flow as it is now, kept while the present one goes on.
    ThisStep,
}

/// The other flow with its worker and pictures.
pub(super) struct Compare {
    pub(super) other: Other,
    /// What it is made of, until the next frame starts its worker.
    plan: Option<Lesson>,
    worker: Option<Worker<FlowJob>>,
    /// Commands for the worker until it is there.
    early: RefCell<Vec<FlowCommand>>,
    snapshot: Option<FlowSnapshot>,
    probe: Option<[f64; 2]>,
    /// Weights were asked for and have not come yet.
    waits: bool,
    density: FieldTexture,
    difference: FieldTexture,
}

impl Compare {
    fn new(other: Other, lesson: Lesson) -> Compare {
        let density = FieldTexture::default().fading(super::fields::FADE);
        Compare {
            other,
            plan: Some(lesson),
            worker: None,
            early: RefCell::default(),
            snapshot: None,
            probe: None,
            waits: other == Other::ThisStep,
            density,
            difference: FieldTexture::default(),
        }
    }

    fn start(&mut self, ctx: &Context, shared: &Shared) {
        let Some(lesson) = self.plan.take() else { return };
        // Where a window is drawn by the processor there is no GPU to train on.
        let software = shared.frame_interval.as_millis() > 40;
        let choice = if software && shared.backend == BackendChoice::Auto { BackendChoice::Cpu } else { shared.backend };
        let (wake, threads) = (ctx.clone(), shared.threads);
        let make = move || FlowJob::new(lesson, Box::new(move || open_session(choice, threads)));
        let worker = Worker::spawn("other flow", make, move || wake.request_repaint());
        self.early.take().into_iter().for_each(|command| worker.send(command));
        self.worker = Some(worker);
    }

    fn send(&self, command: FlowCommand) {
        match &self.worker {
            Some(worker) => worker.send(command),
            None => self.early.borrow_mut().push(command),
        }
    }

    /// Hears what the first worker hears, as far as it concerns both.
    pub(super) fn hear(&self, command: &FlowCommand) {
        let kept = self.other == Other::ThisStep;
        let both = match command {
            FlowCommand::Data(_) | FlowCommand::Draw { .. } => true,
            FlowCommand::Probe(_) | FlowCommand::Window(_) | FlowCommand::Show(_) => true,
            FlowCommand::Train(_) | FlowCommand::Rate(_) | FlowCommand::Restart(_) => !kept,
            _ => false,
        };
        if both {
            self.send(command.clone());
        }
    }
}

impl FlowLab {
    /// Opens the comparison with the other family, or closes it.
    pub(super) fn compare_or_not(&mut self, shared: &mut Shared) {
        if self.desk.compare.take().is_none() {
            self.compare_with(Other::Family, shared);
        }
    }

    /// Opens the comparison with this flow.
    pub(super) fn compare_with(&mut self, other: Other, shared: &mut Shared) {
        let mut lesson = self.wished_lesson();
        // Another name than the preset's, so that it starts untrained.
        lesson.name = "the other flow".into();
        lesson.weights = None;
        lesson.seed = shared.seed;
        if let Model::Realnvp { config, .. } = &mut lesson.model {
            match other {
                Other::Family => config.family = if config.additive() { Family::RealNvp } else { Family::Nice },
                Other::Layers(layers) => config.layers = layers,
                Other::ThisStep => {}
            }
        }
        let training = self.training;
        self.desk.compare = Some(Compare::new(other, lesson));
        self.view_sent = None;
        if other == Other::ThisStep {
            self.tell_other(FlowCommand::Train(false));
            self.send(FlowCommand::Hand);
        } else if !training {
            self.tell_other(FlowCommand::Train(false));
        }
        self.tell_other(FlowCommand::Probe(self.probe));
        self.tell_other(FlowCommand::Show(self.desk.classes.shown));
    }

    fn tell_other(&self, command: FlowCommand) {
        if let Some(compare) = &self.desk.compare {
            compare.send(command);
        }
    }

    /// Takes the newest of the other flow.
    pub(super) fn follow_other(&mut self, ctx: &Context, shared: &Shared) {
        let handed = self.snapshot.as_ref().and_then(|snapshot| snapshot.handed.clone());
        let step = self.snapshot.as_ref().map(|snapshot| snapshot.step);
        let Some(compare) = &mut self.desk.compare else { return };
        compare.start(ctx, shared);
        if let Some(snapshot) = compare.worker.as_ref().and_then(Worker::take_snapshot) {
            compare.snapshot = Some(snapshot);
        }
        if let Some(weights) = handed.filter(|weights| compare.waits && step.is_some_and(|step| weights.step() <= step)) {
            compare.waits = false;
            compare.send(FlowCommand::Take(weights));
        }
        if compare.probe != Some(self.probe) {
            compare.probe = Some(self.probe);
            compare.send(FlowCommand::Probe(self.probe));
        }
    }
}

/// Draws the comparison in place of the planes.
pub(super) fn show(lab: &mut FlowLab, ui: &mut Ui, shared: &mut Shared) {
    choices(lab, ui, shared);
    upload(lab, ui.ctx(), shared.palette().dark);
    let gap = 12.0;
    let side = ((ui.available_width() - 2.0 * gap) / 3.0).min(ui.available_height() - 190.0).max(120.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = gap;
        for place in [Place::A, Place::B, Place::Difference] {
            ui.vertical(|ui| {
                ui.set_width(side);
                plane(lab, ui, shared, place, side);
                numbers(lab, ui, shared, place);
            });
        }
    });
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    A,
    B,
    Difference,
}

fn choices(lab: &mut FlowLab, ui: &mut Ui, shared: &mut Shared) {
    let Some(compare) = &lab.desk.compare else { return };
    let now = compare.other;
    let additive = lab.snapshot.as_ref().is_some_and(|snapshot| snapshot.config.additive());
    let layers = lab.snapshot.as_ref().map_or(8, |snapshot| snapshot.config.layers);
    let mut chosen = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        ui.label(RichText::new("A is the present flow, B is").color(Palette::of(ui).text));
        let others = [2, 4, 16].into_iter().filter(|n| *n != layers).map(|n| (Other::Layers(n), format!("{n} layers")));
        let family = (Other::Family, if additive { "the RealNVP".to_owned() } else { "the NICE".to_owned() });
        for (other, name) in [family].into_iter().chain(others).chain([(Other::ThisStep, "A as it is now".to_owned())]) {
            if chips::chip(ui, &name, now == other).clicked() {
                chosen = Some(other);
            }
        }
        if now != Other::ThisStep
            && chips::button(ui, "Both from step 0")
                .on_hover_text("The same time for both: the initial values, then the same batches")
                .clicked()
        {
            lab.send(FlowCommand::Restart(shared.seed));
        }
        if chips::button(ui, "Close the comparison").on_hover_text(super::Command::Compare.tooltip()).clicked() {
            lab.desk.compare = None;
        }
    });
    if let Some(other) = chosen {
        lab.compare_with(other, shared);
    }
}

/// Brings the other density and the difference up to date.
fn upload(lab: &mut FlowLab, ctx: &Context, dark: bool) {
    let a = lab.snapshot.as_ref().and_then(|snapshot| snapshot.pictures.clone());
    let peak = lab.data().and_then(|data| data.peak);
    if let Some(a) = &a {
        lab.fields.upload(ctx, a, peak, 0, dark);
    }
    let scale = lab.fields.scale();
    let Some(compare) = &mut lab.desk.compare else { return };
    let Some(b) = compare.snapshot.as_ref().and_then(|snapshot| snapshot.pictures.clone()) else { return };
    compare.density.set_values(ctx, b.version, b.density.size, &b.density.values, scale, dark, true);
    let Some(a) = a.filter(|a| a.lattice.bounds == b.lattice.bounds) else {
        compare.difference.clear();
        return;
    };
    let version = a.version.wrapping_mul(1 << 24).wrapping_add(b.version);
    let colors: Vec<_> = (a.lattice.shown_log_prob().iter().zip(b.lattice.shown_log_prob()))
        .map(|(&a, &b)| {
            let mass = a.max(b).exp();
            Scale::symmetric(REACH).color(a - b, dark).gamma_multiply((mass / FAINT).clamp(0.0, 1.0))
        })
        .collect();
    compare.difference.set_colors(ctx, version.wrapping_mul(2).wrapping_add(u64::from(dark)), [a.lattice.side; 2], &colors, true);
}

fn title(snapshot: Option<&FlowSnapshot>, letter: &str) -> String {
    snapshot.map_or_else(
        || format!("{letter} is being prepared"),
        |s| format!("{letter} {} · {} layers", s.config.family.title(), s.config.layers),
    )
}

fn plane(lab: &mut FlowLab, ui: &mut Ui, shared: &Shared, place: Place, side: f32) {
    let palette = shared.palette();
    let Some(compare) = &lab.desk.compare else { return };
    let (heading, name) = match place {
        Place::A => (title(lab.snapshot.as_ref(), "A"), "Density of A"),
        Place::B => (title(compare.snapshot.as_ref(), "B"), "Density of B"),
        Place::Difference => ("log p_A − log p_B".to_owned(), "Difference of the log densities"),
    };
    ui.add(egui::Label::new(RichText::new(&heading).strong().color(palette.text)).truncate());
    let mut view = lab.data_view;
    let canvas = Canvas2d::new(name, &mut view, vec2(side, side)).summary(heading);
    let shown = canvas.show(ui, |plane| {
        let pictures = match place {
            Place::A => lab.pictures(),
            _ => compare.snapshot.as_ref().and_then(|snapshot| snapshot.pictures.as_deref()),
        };
        match (place, pictures) {
            (_, None) => plane.message("the first pictures are on their way"),
            (Place::A, Some(a)) => {
                if let Some(density) = lab.fields.density() {
                    plane.field(density, a.density.bounds);
                }
            }
            (Place::B, Some(b)) => plane.field(&compare.density, b.density.bounds),
            (Place::Difference, Some(b)) => {
                plane.field(&compare.difference, b.lattice.bounds);
            }
        }
        if let (true, Some(data)) = (place != Place::Difference, lab.data()) {
            plane.points(&data.points, 0.9, palette.text.gamma_multiply(0.35));
        }
        plane.probe(lab.probe, palette.now);
    });
    lab.data_view = view;
    if place == Place::A {
        lab.follow_view(view.bounds(shown.rect), ui.ctx());
    }
    let shift = ui.input(|input| input.modifiers.shift);
    let held = (shown.response.dragged_by(egui::PointerButton::Primary) && !shift) || shown.response.clicked();
    if let Some(at) = shown.pointer.filter(|_| held) {
        lab.set_probe(at);
    }
    if let Some([dx, dy]) = shown.nudge {
        let [x, y] = lab.probe;
        lab.set_probe([x + dx, y + dy]);
    }
    match place {
        Place::Difference => {
            drop(colorbar(ui, &Scale::symmetric(REACH), if side < NARROW { "nats" } else { "A higher is blue, nats" }, ""))
        }
        _ => {
            let meaning = if side < NARROW { "p(x)" } else { "density, per unit area" };
            drop(colorbar(ui, &Scale::new(Colormap::Density, 0.0, lab.fields.scale().high), meaning, ""));
        }
    }
}

/// Step, loss, gap, the largest density and the probe's own.
fn numbers(lab: &FlowLab, ui: &mut Ui, shared: &Shared, place: Place) {
    let palette = Palette::of(ui);
    let units = shared.units;
    let Some(compare) = &lab.desk.compare else { return };
    let log_prob = |snapshot: Option<&FlowSnapshot>| snapshot?.probe.as_ref().filter(|p| p.at == lab.probe).map(|p| p.shown_log_prob());
    let gap = |snapshot: Option<&FlowSnapshot>| snapshot?.pictures.as_ref()?.test.map(|score| score.gap.unwrap_or(score.nats));
    let known = lab.data().is_some_and(|data| data.floor.is_some());
    let measure = if known { "gap to the entropy" } else { "test loss" };
    let text =
        |nats: Option<f64>| nats.map_or_else(|| "…".to_owned(), |nats| format!("{} {}", number(units.convert(nats), 3), units.name()));
    let (a, b) = (lab.snapshot.as_ref(), compare.snapshot.as_ref());
    if place == Place::Difference {
        let difference = |a: Option<f64>, b: Option<f64>| Some(units.convert(a? - b?));
        for (name, value) in
            [("difference at the probe", difference(log_prob(a), log_prob(b))), ("loss, A − B", difference(gap(a), gap(b)))]
        {
            let (text, ink) = value
                .map_or_else(|| ("…".into(), palette.text), |v| (format!("{} {}", signed(v, 3), units.name()), sign_color(palette, v)));
            row(ui, name, &text, ink);
        }
        let additive = [a, b].into_iter().flatten().any(|snapshot| snapshot.config.additive());
        if additive {
            chips::note(ui, "NICE changes every volume by one factor, so its highest density is that factor over 2π, whatever the data.");
        }
        return;
    }
    let snapshot = if place == Place::A { a } else { b };
    let peak = snapshot.and_then(|s| s.pictures.as_ref()).map(|p| p.density.values.iter().copied().fold(0.0, f32::max));
    let step = snapshot.map_or_else(|| "…".to_owned(), |s| count(s.step));
    row(ui, "step", &step, palette.text);
    row(ui, measure, &text(gap(snapshot)), palette.seen);
    row(ui, "log p at the probe", &text(log_prob(snapshot)), palette.now);
    row(ui, "highest density", &peak.map_or_else(|| "…".into(), |p| number(p.into(), 3)), palette.text);
}

/// Name and value on one line, or below each other where the column is narrow.
fn row(ui: &mut Ui, name: &str, value: &str, ink: egui::Color32) {
    if ui.available_width() >= NARROW {
        chips::value_row(ui, name, value, ink);
        return;
    }
    ui.spacing_mut().item_spacing.y = 1.0;
    ui.label(RichText::new(name).small().color(Palette::of(ui).text_dim));
    ui.label(RichText::new(value).monospace().color(ink));
}
