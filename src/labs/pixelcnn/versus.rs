//! Compare: a second model or a second setting beside the first, on the same noise and at the same time.

use std::sync::Arc;

use egui::{Context, RichText, Ui, vec2};
use serde::{Deserialize, Serialize};

use super::canvas::grey;
use super::lab::{PRESETS, PixelcnnLab};
use crate::labs::Shared;
use crate::train::pixelcnn_job::{Ask, Method, Origin, PixelcnnJob, SampleRun, Settings, Snapshot};
use crate::train::{Event, Lesson, Model, Weights, Worker};
use crate::ui::chips;
use crate::ui::pixel_grid::PixelGrid;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::{count, number};

/// A plain model and its gated twin: the same images, the same levels.
pub(super) const TWINS: [&str; 2] = ["pixelcnn", "pixelcnn-gated"];

/// What B is. Noise and place in time are A's.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Other {
    /// Whether both are shown.
    pub(super) on: bool,
    /// B's model.
    pub(super) preset: String,
    /// B's class.
    pub(super) class: Option<usize>,
    /// B's temperature.
    pub(super) temperature: f64,
    /// Whether B draws with A's weights, where it is the same model.
    pub(super) weights: bool,
}

/// The second worker, and what it was told.
pub(super) struct Versus {
    pub(super) other: Other,
    worker: Option<Worker<PixelcnnJob>>,
    snapshot: Option<Snapshot>,
    told: Option<(String, Settings)>,
    lent: Option<Arc<Weights>>,
    asked: u64,
    dead: Option<String>,
}

impl Default for Versus {
    fn default() -> Self {
        let other = Other { on: false, preset: String::new(), class: None, temperature: 1.0, weights: true };
        Versus { other, worker: None, snapshot: None, told: None, lent: None, asked: 0, dead: None }
    }
}

impl Versus {
    fn ask(&mut self, ask: Ask) {
        if let Some(worker) = &self.worker {
            self.asked += 1;
            worker.send(ask);
        }
    }

    /// B's sample.
    fn run(&self) -> Option<&Arc<SampleRun>> {
        self.snapshot.as_ref()?.sample.as_ref()
    }

    /// Whether B's picture is the one that was asked for.
    pub(super) fn settled(&self) -> bool {
        let arrived = |snapshot: &Snapshot| snapshot.heard == self.asked && !snapshot.pending;
        !self.other.on || self.dead.is_some() || self.snapshot.as_ref().is_some_and(arrived)
    }
}

impl PixelcnnLab {
    /// Opens or closes the comparison. The first time B is A's gated twin, or else A at another temperature.
    pub(super) fn toggle_compare(&mut self) {
        if self.versus.other.on {
            self.versus.other.on = false;
            return;
        }
        if self.versus.other.preset.is_empty() || !same_grid(&self.versus.other.preset, &self.preset) {
            let twin = format!("{}-gated", self.preset);
            let gated = PRESETS.iter().any(|(name, _)| *name == twin);
            self.versus.other = Other {
                on: true,
                preset: if gated { twin } else { self.preset.clone() },
                class: self.settings.class,
                temperature: if gated || self.settings.temperature != 1.0 { 1.0 } else { 0.7 },
                weights: true,
            };
        }
        self.versus.other.on = true;
    }

    /// Sets a plain model against its gated twin, with the class and the temperature of now.
    fn oppose_twins(&mut self) {
        let [plain, gated] = TWINS;
        self.open_preset(plain);
        let (class, temperature) = (self.settings.class, self.settings.temperature);
        self.versus.other = Other { on: true, preset: gated.into(), class, temperature, weights: true };
    }

    /// Keeps the second worker at what B is; without a comparison there is none.
    pub(super) fn update_versus(&mut self, ctx: &Context, shared: &mut Shared) {
        if !self.versus.other.on {
            let other = self.versus.other.clone();
            if self.versus.worker.is_some() {
                self.versus = Versus { other, ..Versus::default() };
            }
            return;
        }
        let other = self.versus.other.clone();
        let settings = Settings { class: other.class, temperature: other.temperature, method: Method::Cached, ..self.settings };
        if self.versus.worker.is_none() {
            let (preset, ctx, backend, threads) = (other.preset.clone(), ctx.clone(), shared.backend, shared.threads);
            let make = move || PixelcnnJob::new(&preset, settings, backend, threads);
            self.versus.worker = Some(Worker::spawn("pixelcnn B", make, move || ctx.request_repaint()));
            self.versus.told = Some((other.preset.clone(), settings));
            self.versus.asked = 0;
        }
        let told = self.versus.told.replace((other.preset.clone(), settings));
        if told.as_ref().is_some_and(|(preset, _)| *preset != other.preset) {
            self.versus.lent = None;
            self.versus.ask(Ask::Lesson(other.preset.clone()));
        }
        if told.is_some_and(|(_, before)| before != settings) {
            self.versus.ask(Ask::Draw(settings));
        }
        self.lend();
        self.hear(shared);
    }

    /// Gives B the weights that A has now, or takes them back.
    fn lend(&mut self) {
        let changed = |snapshot: &&Snapshot| snapshot.origin != Origin::Shipped;
        let same = self.versus.other.weights && self.versus.other.preset == self.preset;
        let wanted = self.snapshot.as_ref().filter(changed).filter(|_| same).map(|snapshot| Arc::clone(&snapshot.weights));
        let is = |a: &Option<Arc<Weights>>, b: &Option<Arc<Weights>>| match (a, b) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        if is(&wanted, &self.versus.lent) {
            return;
        }
        self.versus.lent.clone_from(&wanted);
        self.versus.ask(wanted.map_or(Ask::Shipped, Ask::Borrow));
    }

    fn hear(&mut self, shared: &mut Shared) {
        let Some(worker) = &self.versus.worker else { return };
        for event in worker.events() {
            match event {
                Event::Done(_) => {}
                Event::Warning(text) => shared.warn(text),
                Event::Failed(text) => self.versus.dead = Some(text),
            }
        }
        if let Some(snapshot) = worker.take_snapshot() {
            self.versus.snapshot = Some(snapshot);
        }
    }
}

/// Whether two models draw images of one size, so that pixels can be compared.
fn same_grid(a: &str, b: &str) -> bool {
    let size = |name: &str| match Lesson::preset(name)?.model {
        Model::Pixelcnn { config, .. } => Some((config.height, config.width)),
        _ => None,
    };
    size(a) == size(b)
}

/// The grey of a pixel: levels of two models are compared as they are seen.
fn seen(run: &SampleRun, cell: usize) -> egui::Color32 {
    grey(run.pixels[cell], run.levels)
}

/// How many of the first pixels look different; `None` for images of two sizes.
pub(super) fn differing(a: &SampleRun, b: &SampleRun, at: usize) -> Option<usize> {
    let same_size = a.rows == b.rows && a.cols == b.cols;
    same_size.then(|| (0..at.min(a.len())).filter(|&cell| seen(a, cell) != seen(b, cell)).count())
}

/// A, B, and where they differ.
pub(super) fn show(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &Shared) {
    let palette = Palette::of(ui);
    // In a lecture hall the pictures need the room of the words.
    let hall = letters::of_a_hall(ui.ctx());
    if !hall {
        chips::section(ui, "Compare", "same noise, same time");
    }
    choices(lab, ui);
    if let Some(dead) = &lab.versus.dead {
        ui.label(RichText::new(dead).color(palette.blind));
    }
    if let Some(error) = lab.versus.snapshot.as_ref().and_then(|snapshot| snapshot.error.clone()) {
        ui.add(egui::Label::new(RichText::new(format!("B: {error}")).color(palette.blind)).wrap());
    }
    let (Some(a), Some(b)) = (lab.walk.run().cloned(), lab.versus.run().cloned()) else {
        chips::note(ui, "B is being drawn.");
        return;
    };
    let at = lab.walk.at();
    let at_b = if b.len() == a.len() { at } else { at * b.len() / a.len() };
    let gap = 14.0;
    let side = ((ui.available_width() - 2.0 * gap) / 3.0).min(ui.available_height() - if hall { 78.0 } else { 110.0 }).max(80.0);
    let count_now = differing(&a, &b, at);
    ui.add_space(4.0);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = gap;
        let mut hovered = None;
        for (name, run, at) in [("A", &a, at), ("B", &b, at_b)] {
            ui.vertical(|ui| {
                // The words below wrap: they must not push the third picture out of the canvas.
                ui.set_width(side);
                let preset = if name == "A" { &lab.preset } else { &lab.versus.other.preset };
                heading(ui, name, &if hall { label(preset).to_owned() } else { title(run, preset) }, side);
                let fill = |cell: usize| if cell < at { seen(run, cell) } else { palette.future };
                let mut grid = PixelGrid::new(name, run.rows, run.cols).fill(fill).gap(0.6);
                if at < run.len() {
                    grid = grid.outline(at, palette.now, 2.0);
                }
                if let Some(cell) = lab.view.hovered.filter(|&cell| cell < run.len()) {
                    grid = grid.outline(cell, palette.text, 1.5);
                }
                let cost = shared.units.format(run.nats(), 1);
                let grid = grid.summary(format!("{cost} for all {} pixels", run.len())).show(ui, vec2(side, side));
                let so_far = run.sum[at.min(run.len())];
                let words = match hall {
                    true => format!("{name}: {} of {cost}", number(shared.units.convert(so_far), 1)),
                    false => format!("{name}: {} so far, {cost} in all", shared.units.format(so_far, 1)),
                };
                ui.label(RichText::new(words).small());
                hovered = hovered.or(grid.hovered);
            });
        }
        ui.vertical(|ui| {
            ui.set_width(side);
            heading(ui, "", "where they differ", side);
            if count_now.is_none() {
                chips::note(
                    ui,
                    &format!("A is {}×{} and B {}×{}: no pixel of one is a pixel of the other.", a.rows, a.cols, b.rows, b.cols),
                );
                return;
            }
            let fill = |cell: usize| match cell < at {
                false => palette.future,
                true if seen(&a, cell) != seen(&b, cell) => palette.now,
                true => palette.track,
            };
            PixelGrid::new("Where they differ", a.rows, a.cols).fill(fill).gap(0.6).passive().show(ui, vec2(side, side));
        });
        lab.view.hovered = hovered;
    });
    if let Some(now) = count_now {
        let all = differing(&a, &b, a.len()).unwrap_or(0);
        let text = format!("{} of {} drawn pixels differ; {} of all {}", count(now as u64), at, count(all as u64), a.len());
        ui.label(RichText::new(text).size(16.0).color(palette.now));
    }
    chips::note(ui, "Pixel i of A and of B reads the same u: where their distributions agree, the same level is drawn.");
}

fn heading(ui: &mut Ui, letter: &str, text: &str, width: f32) {
    ui.allocate_ui(vec2(width, 18.0), |ui| {
        ui.set_width(width);
        ui.add(egui::Label::new(RichText::new(format!("{letter}  {text}")).strong()).truncate());
    });
}

/// A model in few words.
fn label(preset: &str) -> &str {
    PRESETS.iter().find(|(name, _)| *name == preset).map_or(preset, |(_, label)| label)
}

/// Model, class and temperature in a few words.
fn title(run: &SampleRun, preset: &str) -> String {
    let label = label(preset);
    let class = run.settings.class.map_or_else(String::new, |class| format!(", class {class}"));
    format!("{label}{class}, T = {}", number(run.settings.temperature, 2))
}

/// What B is.
fn choices(lab: &mut PixelcnnLab, ui: &mut Ui) {
    let own = lab.preset.clone();
    let classes = lab.versus.snapshot.as_ref().map_or(0, |snapshot| match &snapshot.lesson.model {
        crate::train::Model::Pixelcnn { config, .. } => config.classes,
        _ => 0,
    });
    let twins = own == TWINS[0] && lab.versus.other.preset == TWINS[1];
    let mut oppose = false;
    let other = &mut lab.versus.other;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        ui.label("B:");
        for (name, label) in PRESETS {
            let chip = chips::chip(ui, &format!("B {label}"), other.preset == name);
            let chip =
                if same_grid(name, &own) { chip } else { chip.on_hover_text("Another size than A: seen side by side, not pixel by pixel") };
            if chip.clicked() {
                other.preset = name.into();
            }
        }
        let help = "Opens the plain 28×28 model as A and its gated twin as B, on the same noise: what two stacks and gates change";
        oppose = chips::chip(ui, "plain against gated", twins).on_hover_text(help).clicked();
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for class in 0..classes {
            if chips::chip(ui, &format!("B{class}"), other.class == Some(class)).on_hover_text(format!("B draws class {class}")).clicked() {
                other.class = Some(class);
            }
        }
        if other.preset == own {
            chips::toggle(ui, "A's weights", &mut other.weights)
                .on_hover_text("B draws with what A was trained to; else with the shipped weights");
        }
    });
    ui.allocate_ui(vec2(280.0, 40.0), |ui| {
        let mut temperature = other.temperature;
        if chips::slider(ui, "Temperature of B", "", &mut temperature, 0.1..=2.0, false).changed() {
            other.temperature = (temperature * 20.0).round() / 20.0;
        }
    });
    if oppose {
        lab.oppose_twins();
    }
}
