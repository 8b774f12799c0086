//! A window without a screen, and a lab that says what it was asked to do.

use egui::{Context, Ui, Vec2};
use egui_kittest::Harness;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tractable::labs::registry::CHAPTERS;
use tractable::labs::state::merged;
use tractable::labs::{Action, AppOptions, Chapter, Command, Lab, LabStatus, Shared, TractableApp};
use tractable::ui::theme::Theme;
use tractable::ui::transport::{TransportLabels, TransportModel};

/// A lab without a model: a walk of 20 places, and a text that names the last command.
#[derive(Default)]
struct EchoLab {
    position: f64,
    playing: bool,
    speed: f64,
    last: String,
    on: bool,
    number: f64,
}

/// What the lab keeps.
#[derive(Serialize, Deserialize)]
struct Kept {
    position: f64,
    on: bool,
    number: f64,
}

impl EchoLab {
    fn kept(&self) -> Kept {
        Kept { position: self.position, on: self.on, number: self.number }
    }
}

impl TransportModel for EchoLab {
    fn position(&self) -> f64 {
        self.position
    }
    fn length(&self) -> f64 {
        20.0
    }
    fn seek(&mut self, position: f64) {
        self.position = position;
    }
    fn playing(&self) -> bool {
        self.playing
    }
    fn set_playing(&mut self, playing: bool) {
        self.playing = playing;
    }
    fn speed(&self) -> f64 {
        self.speed
    }
    fn set_speed(&mut self, speed: f64) {
        self.speed = speed;
    }
    fn large_step(&self) -> f64 {
        5.0
    }
    fn labels(&self) -> TransportLabels {
        let running = if self.playing { "running" } else { "standing" };
        TransportLabels {
            position: format!("place {} {running}", self.position),
            detail: String::new(),
            speed: format!("{} a second", self.speed),
            step: "place",
            large_step: "five",
        }
    }
}

impl Lab for EchoLab {
    fn title(&self) -> &'static str {
        "Echo"
    }
    fn update(&mut self, _ctx: &Context, _shared: &mut Shared) {}
    fn controls(&mut self, ui: &mut Ui, _shared: &mut Shared) {
        tractable::ui::chips::toggle(ui, "a switch", &mut self.on);
        tractable::ui::chips::slider(ui, "a number", "", &mut self.number, 0.0..=1.0, false);
        ui.label(format!("number {:.2}", self.number));
        ui.label(format!("switch {}", self.on));
    }
    fn canvas(&mut self, ui: &mut Ui, shared: &mut Shared) {
        ui.label(format!("last command: {}", self.last));
        ui.label(format!("seed in the lab: {}", shared.seed));
    }
    fn explain(&mut self, ui: &mut Ui, _shared: &mut Shared) {
        ui.label("an explanation");
    }
    fn transport(&mut self) -> Option<&mut dyn TransportModel> {
        Some(self)
    }
    fn command(&mut self, command: Command, shared: &mut Shared) -> bool {
        self.last = command.entry().id.to_owned();
        if command == Command::Train {
            shared.warn("The learning rate is too large; halve it.");
        }
        // The transport's commands are left to the frame.
        matches!(command, Command::Grid | Command::Preset(_) | Command::Train | Command::NewSeed)
    }
    fn state(&self) -> Value {
        serde_json::to_value(self.kept()).expect("plain numbers")
    }
    fn restore(&mut self, patch: &Value, _shared: &mut Shared) -> Result<(), String> {
        let kept = merged(&self.kept(), patch)?;
        (self.position, self.on, self.number) = (kept.position, kept.on, kept.number);
        Ok(())
    }
    fn actions(&self) -> Vec<Action> {
        vec![Action { title: "Two moons".into(), patch: json!({ "number": 0.25 }) }]
    }
    fn save_weights(&mut self, path: &std::path::Path) -> bool {
        // At one it promises them and writes nothing, as a worker does that is busy.
        self.on && ((self.number - 1.0).abs() < 1e-9 || std::fs::write(path, format!("weights {}", self.number)).is_ok())
    }
    fn load_weights(&mut self, path: &std::path::Path) {
        self.last = std::fs::read_to_string(path).unwrap_or_default();
    }
    fn leave(&mut self) {
        self.playing = false;
    }
    fn is_dead(&self) -> bool {
        // At three quarters what went wrong is its worker.
        self.on && (self.number - 0.75).abs() < 1e-9
    }
    fn revive(&mut self) {
        self.on = false;
    }
    fn status(&self) -> LabStatus {
        LabStatus {
            backend: "CPU · 2 threads".into(),
            busy: String::new(),
            error: self.on.then(|| "The file ends too early; choose another.".to_owned()),
        }
    }
    fn spoken_summary(&self) -> String {
        format!("Standing at place {}.", self.position)
    }
}

fn open_echo(_: &Shared) -> Box<dyn Lab> {
    Box::new(EchoLab { speed: 8.0, ..EchoLab::default() })
}

/// The lecture's chapters with the echo in place of two of them and nothing built elsewhere.
pub(crate) fn chapters() -> &'static [Chapter] {
    let mut chapters = CHAPTERS.to_vec();
    for chapter in &mut chapters {
        chapter.open = ["pixelcnn", "flow"].contains(&chapter.id).then_some(open_echo as _);
    }
    chapters.leak()
}

/// A window of this size, theme and chapter over [`chapters`].
pub(crate) fn window(size: Vec2, theme: Theme, chapter: &str) -> Harness<'static, TractableApp> {
    let options = AppOptions { chapter: Some(chapter.to_owned()), seed: Some(541), theme, ..AppOptions::default() };
    let mut harness =
        Harness::builder().with_size(size).build_eframe(move |cc| TractableApp::with_chapters(&cc.egui_ctx, &options, chapters()));
    harness.run_steps(3);
    harness
}

/// The usual window.
pub(crate) fn echo() -> Harness<'static, TractableApp> {
    window(Vec2::new(1280.0, 720.0), Theme::Dark, "pixelcnn")
}
