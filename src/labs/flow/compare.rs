//! Two flows on the same data: their densities and where the logarithms of those differ, or their log-determinants and where these differ.

mod other;

use std::cell::RefCell;
use std::sync::Arc;

use egui::{Color32, ComboBox, Context, Rect, RichText, Role, Ui, WidgetInfo, vec2};

use super::fields::SUM_SCALE;
use super::numbers::sign_color;
use super::{FlowLab, Shared};
use crate::exec::{BackendChoice, open_session};
use crate::flows::Family;
use crate::train::flow_job::{FlowCommand, FlowJob, FlowSnapshot, Pictures, Wiring};
use crate::train::{Lesson, Model, Worker};
use crate::ui::canvas2d::Canvas2d;
use crate::ui::chips;
use crate::ui::colormap::{Colormap, Scale, colorbar};
use crate::ui::heatmap::FieldTexture;
use crate::ui::link;
use crate::ui::theme::Palette;
use crate::ui::units::{Units, count, number, signed};

pub(super) use other::{Named, Other};

/// Differences beyond this, in nats, have the end's colour.
const REACH: f32 = 3.0;
/// Below this density of both, per unit area, the difference is faded out: where neither has mass it says nothing.
const FAINT: f32 = 1e-3;

/// In a narrower column a name and its value do not fit on one line, in points.
const NARROW: f32 = 300.0;

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
    log_det: FieldTexture,
    difference: FieldTexture,
    /// What the textures and the spans were made from.
    made: Option<Made>,
    /// The least and the largest value of A and of B in view: log-determinants in nats, or densities per unit area.
    spans: [Option<[f32; 2]>; 2],
}

/// Versions of the pictures of A and of B, the scale of the densities, whether log-determinants are shown, and whether the theme is dark.
type Made = (Option<u64>, Option<u64>, Scale, bool, bool);

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
            log_det: FieldTexture::default(),
            difference: FieldTexture::default(),
            made: None,
            spans: [None; 2],
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
        match command {
            // What A is trained by is the one thing in which they differ.
            FlowCommand::Wire(wiring) if self.other == Other::WithoutLogDet => self.send(FlowCommand::Wire(without_log_det(*wiring))),
            _ if both => self.send(command.clone()),
            _ => {}
        }
    }
}

/// The same layers, trained by a loss without their log-determinants.
fn without_log_det(wiring: Wiring) -> Wiring {
    Wiring { log_det: false, ..wiring }
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
            *config = other.config(config);
        }
        let training = self.training;
        self.desk.compare = Some(Compare::new(other, lesson));
        self.view_sent = None;
        if other == Other::WithoutLogDet {
            self.tell_other(FlowCommand::Wire(without_log_det(self.desk.wiring)));
        }
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
        let shown = if let Other::Named(Named(family)) = now { family.title() } else { "another family" };
        let menu = ComboBox::from_id_salt("family of B").selected_text(shown).show_ui(ui, |ui| {
            for family in Family::ALL {
                let other = Other::Named(Named(family));
                if ui.selectable_label(now == other, family.title()).clicked() {
                    chosen = Some(other);
                }
            }
        });
        menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Family of B"));
        let others = [2, 4, 16].into_iter().filter(|n| *n != layers).map(|n| (Other::Layers(n), format!("{n} layers")));
        let family = (Other::Family, if additive { "the RealNVP".to_owned() } else { "the NICE".to_owned() });
        let selves = [(Other::WithoutLogDet, "A without the log-det term"), (Other::ThisStep, "A as it is now")];
        let selves = selves.map(|(other, name)| (other, name.to_owned()));
        for (other, name) in [family].into_iter().chain(others).chain(selves) {
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
        chips::toggle(ui, "log-det maps", &mut lab.overlays.log_det)
            .on_hover_text(format!("{}\nOf all layers together, in place of the densities", super::Command::LogDet.tooltip()));
        if chips::button(ui, "Close the comparison").on_hover_text(super::Command::Compare.tooltip()).clicked() {
            lab.desk.compare = None;
        }
    });
    if let Some(other) = chosen {
        lab.compare_with(other, shared);
    }
}

/// Brings the other field, the difference and the spans up to date; costs nothing where nothing has changed.
fn upload(lab: &mut FlowLab, ctx: &Context, dark: bool) {
    let a = lab.snapshot.as_ref().and_then(|snapshot| snapshot.pictures.clone());
    let peak = lab.data().and_then(|data| data.peak);
    let log_det = lab.overlays.log_det;
    if let Some(a) = &a {
        let layers = if log_det { a.lattice.log_dets.len() } else { 0 };
        lab.fields.upload(ctx, a, peak, layers, dark);
    }
    let scale = lab.fields.scale();
    let Some(compare) = &mut lab.desk.compare else { return };
    let b = compare.snapshot.as_ref().and_then(|snapshot| snapshot.pictures.clone());
    let version = |pictures: &Option<Arc<Pictures>>| pictures.as_ref().map(|pictures| pictures.version);
    let made = (version(&a), version(&b), scale, log_det, dark);
    if compare.made.replace(made) == Some(made) {
        return;
    }
    let values = |pictures: &Arc<Pictures>| if log_det { log_dets(pictures) } else { pictures.density.values.clone() };
    compare.spans = [&a, &b].map(|pictures| pictures.as_ref().map(|pictures| span(&values(pictures))));
    let Some(b) = b else { return };
    compare.density.set_values(ctx, b.version, b.density.size, &b.density.values, scale, dark, true);
    if log_det {
        compare.log_det.set_values(ctx, b.version, [b.lattice.side; 2], &log_dets(&b), Scale::symmetric(SUM_SCALE), dark, true);
    }
    let Some(a) = a.filter(|a| a.lattice.bounds == b.lattice.bounds) else {
        compare.difference.clear();
        return;
    };
    let version = a.version.wrapping_mul(1 << 24).wrapping_add(b.version);
    let color = |difference: f32| Scale::symmetric(REACH).color(difference, dark);
    let colors: Vec<Color32> = if log_det {
        log_dets(&a).iter().zip(log_dets(&b)).map(|(a, b)| color(a - b)).collect()
    } else {
        (a.lattice.shown_log_prob().iter().zip(b.lattice.shown_log_prob()))
            .map(|(&a, &b)| {
                let mass = a.max(b).exp();
                color(a - b).gamma_multiply((mass / FAINT).clamp(0.0, 1.0))
            })
            .collect()
    };
    let look = u64::from(dark) + 2 * u64::from(log_det);
    compare.difference.set_colors(ctx, version.wrapping_mul(4).wrapping_add(look), [a.lattice.side; 2], &colors, true);
}

/// `log|det J|` of all layers together over the view, nats.
fn log_dets(pictures: &Pictures) -> Vec<f32> {
    pictures.lattice.log_det_of(pictures.lattice.log_dets.len())
}

fn title(snapshot: Option<&FlowSnapshot>, letter: &str) -> String {
    snapshot.map_or_else(
        || format!("{letter} is being prepared"),
        |s| {
            let loss = if s.wiring.log_det { "" } else { " · no log-det in its loss" };
            format!("{letter} {} · {} layers{loss}", s.config.family.short(), s.config.layers)
        },
    )
}

fn plane(lab: &mut FlowLab, ui: &mut Ui, shared: &Shared, place: Place, side: f32) {
    let palette = shared.palette();
    let Some(compare) = &lab.desk.compare else { return };
    let log_det = lab.overlays.log_det;
    let heading = match place {
        Place::A => title(lab.snapshot.as_ref(), "A"),
        Place::B => title(compare.snapshot.as_ref(), "B"),
        Place::Difference if log_det => "log-det of A − log-det of B".to_owned(),
        Place::Difference => "log p_A − log p_B".to_owned(),
    };
    let name = match (place, log_det) {
        (Place::A, false) => "Density of A",
        (Place::B, false) => "Density of B",
        (Place::Difference, false) => "Difference of the log densities",
        (Place::A, true) => "Log-determinants of A",
        (Place::B, true) => "Log-determinants of B",
        (Place::Difference, true) => "Difference of the log-determinants",
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
            (Place::A, Some(a)) if log_det => plane.field(lab.fields.sum(), a.lattice.bounds),
            (Place::B, Some(b)) if log_det => plane.field(&compare.log_det, b.lattice.bounds),
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
        _ if log_det => drop(colorbar(ui, &Scale::symmetric(SUM_SCALE), "log|det J|", "nats")),
        _ => {
            let meaning = if side < NARROW { "p(x)" } else { "density, per unit area" };
            drop(colorbar(ui, &Scale::new(Colormap::Density, 0.0, lab.fields.scale().high), meaning, ""));
        }
    }
}

/// Step, loss, gap, the range of what is shown and the probe's own.
fn numbers(lab: &FlowLab, ui: &mut Ui, shared: &Shared, place: Place) {
    let palette = Palette::of(ui);
    let units = shared.units;
    let Some(compare) = &lab.desk.compare else { return };
    let log_det = lab.overlays.log_det;
    let at_probe = |snapshot: Option<&FlowSnapshot>| {
        let reading = snapshot?.probe.as_ref().filter(|reading| reading.at == lab.probe)?;
        Some(if log_det { reading.log_dets.iter().sum::<f64>() } else { reading.shown_log_prob() })
    };
    let gap = |snapshot: Option<&FlowSnapshot>| snapshot?.pictures.as_ref()?.test.map(|score| score.gap.unwrap_or(score.nats));
    let known = lab.data().is_some_and(|data| data.floor.is_some());
    let measure = if known { "gap to the entropy" } else { "test loss" };
    let text =
        |nats: Option<f64>| nats.map_or_else(|| "…".to_owned(), |nats| format!("{} {}", number(units.convert(nats), 3), units.name()));
    let (a, b) = (lab.snapshot.as_ref(), compare.snapshot.as_ref());
    if place == Place::Difference {
        let difference = |a: Option<f64>, b: Option<f64>| Some(units.convert(a? - b?));
        for (name, value) in
            [("difference at the probe", difference(at_probe(a), at_probe(b))), ("loss, A − B", difference(gap(a), gap(b)))]
        {
            let (text, ink) = value
                .map_or_else(|| ("…".into(), palette.text), |v| (format!("{} {}", signed(v, 3), units.name()), sign_color(palette, v)));
            row(ui, name, &text, ink);
        }
        if let (Some(a), Some(b)) = (a, b)
            && a.step != b.step
        {
            chips::note(ui, "One has made more updates than the other: what differs is not the model alone.");
        }
        let additive = [a, b].into_iter().flatten().any(|snapshot| snapshot.config.additive());
        if additive && log_det {
            chips::note(ui, "NICE changes every area by one factor: its map is flat, whatever the data.");
        } else if additive {
            chips::note(ui, "NICE changes every volume by one factor, so its highest density is that factor over 2π, whatever the data.");
        }
        return;
    }
    let snapshot = if place == Place::A { a } else { b };
    let step = snapshot.map_or_else(|| "…".to_owned(), |s| count(s.step));
    row(ui, "step", &step, palette.text);
    let fit = row(ui, measure, &text(gap(snapshot)), palette.seen);
    let (name, linked) = if log_det { ("log-det at the probe", "log_det") } else { ("log p at the probe", "log_p") };
    let price = row(ui, name, &text(at_probe(snapshot)), palette.now);
    if place == Place::A {
        link::place(ui, fit, if known { "gap" } else { "loss" }, palette.seen);
        link::place(ui, price, linked, palette.now);
    }
    let span = compare.spans[usize::from(place == Place::B)];
    let (name, text) = if log_det {
        ("log-det in view", span.map(|span| written(span, units)))
    } else {
        ("highest density", span.map(|[_, high]| number(high.into(), 3)))
    };
    row(ui, name, &text.unwrap_or_else(|| "…".into()), palette.text);
}

/// The least and the largest of some values.
fn span(values: &[f32]) -> [f32; 2] {
    values.iter().fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], &v| [low.min(v), high.max(v)])
}

/// A span in nats: `−0.31 to +1.20`.
fn written(span: [f32; 2], units: Units) -> String {
    let [low, high] = span.map(|nats| signed(units.convert(nats.into()), 2));
    format!("{low} to {high}")
}

/// Name and value on one line, or below each other where the column is narrow; gives their place.
fn row(ui: &mut Ui, name: &str, value: &str, ink: Color32) -> Rect {
    if ui.available_width() >= NARROW {
        return chips::value_row(ui, name, value, ink).rect;
    }
    ui.spacing_mut().item_spacing.y = 1.0;
    let name = ui.label(RichText::new(name).small().color(Palette::of(ui).text_dim));
    let value = ui.label(RichText::new(value).monospace().color(ink));
    name.rect.union(value.rect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_without_the_log_det_term_has_the_layers_of_the_present_one_at_every_moment() {
        let mut lab = FlowLab::new(FlowLab::opening_lesson(541));
        lab.desk.wiring = Wiring { muted: 0b100, frozen: 0b1, log_det: true };
        lab.compare_with(Other::WithoutLogDet, &mut Shared::default());
        let told = |lab: &FlowLab| {
            let commands = lab.desk.compare.as_ref().unwrap().early.borrow();
            let mut wirings =
                commands.iter().filter_map(|command| if let FlowCommand::Wire(wiring) = command { Some(*wiring) } else { None });
            wirings.next_back().unwrap()
        };
        assert_eq!(told(&lab), Wiring { log_det: false, ..lab.desk.wiring });
        lab.desk.wiring.muted = 0b10;
        lab.wire();
        assert_eq!(told(&lab), Wiring { muted: 0b10, frozen: 0b1, log_det: false });
    }
}
