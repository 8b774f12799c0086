//! The lab "Blind spot · gates": what a stack of masked convolutions can never see, the two stacks that see it, and rain, the data on which
//! that is the difference between nothing and everything.

mod analysis;
mod block;
mod controls;
mod depth;
mod explain;
mod fields;
mod race;
mod table;

use std::time::Duration;

use egui::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::analysis::{Analysis, Growth};
use self::block::BlockTextures;
use self::depth::Layers;
use super::state::merged;
use super::table::Table;
use super::training;
use super::{Action, Command, Lab, LabStatus, Live, Shared};
use crate::data::rain::{Rain, Toward};
use crate::exec::BackendChoice;
use crate::train::Worker;
use crate::train::rain_job::{RainCommand, RainJob, RainSnapshot};
use crate::train::{ImageData, Lesson, Model};
use crate::ui::theme::Palette;
use crate::ui::transport::TransportModel;
use crate::ui::units::number;

/// Layers that the slider offers.
const MOST_LAYERS: usize = 8;
/// The law with which the lab opens: its parents lie at a slope of four columns a row, outside of what 3x3 kernels reach.
const RAIN: Rain = Rain { size: 28, offset: 4, eps: 0.05, toward: Toward::Right };

/// What the canvas shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Page {
    /// Receptive fields of one stack and of two.
    Fields,
    /// Inside a gated layer.
    Block,
    /// Both learn rain.
    Rain,
}

/// How the two stacks are wired: rightly, or in one of the two ways that published programs got wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WiredAs {
    /// One shift, at the link.
    Right,
    /// A shift in every layer.
    EveryLayer,
    /// No shift.
    Nowhere,
}

/// What a person sets here.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct State {
    page: Page,
    /// Layers L of the receptive fields.
    layers: usize,
    /// Side k of every kernel, 3, 5 or 7.
    kernel: usize,
    wired: WiredAs,
    /// The pixel whose fields are shown, rows up and columns right of the usual place.
    pixel: [i32; 2],
    /// The layer of the block, from 0, and its channel.
    layer: usize,
    channel: usize,
    law: Rain,
}

impl Default for State {
    fn default() -> State {
        State { page: Page::Fields, layers: 4, kernel: 3, wired: WiredAs::Right, pixel: [0, 0], layer: 1, channel: 0, law: RAIN }
    }
}

impl State {
    fn check(&self) -> Result<(), String> {
        if !(1..=MOST_LAYERS).contains(&self.layers) {
            return Err(format!("Expected 1 to {MOST_LAYERS} layers, found {}.", self.layers));
        }
        if ![3, 5, 7].contains(&self.kernel) {
            return Err(format!("Expected a kernel of side 3, 5 or 7, found {}.", self.kernel));
        }
        self.law.check().map_err(|error| error.to_string())
    }
}

/// The lab.
pub struct BlindSpotLab {
    worker: Option<Worker<RainJob>>,
    snapshot: Option<RainSnapshot>,
    state: State,
    depth: Layers,
    analysis: Option<Analysis>,
    growth: Option<Growth>,
    textures: BlockTextures,
    /// The law and the layer that the worker was last asked for.
    asked: (Rain, usize),
    seed: u64,
    /// The colours of the theme that was last drawn in.
    palette: &'static Palette,
    failed: Option<String>,
}

/// Opens the lab; its worker starts with the first frame.
#[must_use]
pub fn open(shared: &Shared) -> Box<dyn Lab> {
    let state = State::default();
    Box::new(BlindSpotLab {
        worker: None,
        snapshot: None,
        depth: Layers::new(state.layers, MOST_LAYERS),
        analysis: None,
        growth: None,
        textures: BlockTextures::default(),
        asked: (state.law, state.layer),
        seed: shared.seed,
        palette: shared.palette(),
        failed: None,
        state,
    })
}

impl BlindSpotLab {
    fn start(&mut self, ctx: &Context, shared: &Shared) {
        let software = shared.frame_interval > Duration::from_millis(40);
        // Where a window is drawn by the processor there is no GPU to train on.
        let choice = if software && shared.backend == BackendChoice::Auto { BackendChoice::Cpu } else { shared.backend };
        let (threads, seed, law, wake) = (shared.threads, self.seed, self.state.law, ctx.clone());
        let make = move || {
            RainJob::new(seed, Some(law), choice, threads).unwrap_or_else(|error| {
                tracing::warn!("{error}");
                RainJob::new(seed, None, BackendChoice::Cpu, threads).expect("the shipped lessons open on the CPU")
            })
        };
        self.worker = Some(Worker::spawn("rain", make, move || wake.request_repaint()));
        self.asked = (law, usize::MAX);
    }

    fn send(&self, command: RainCommand) {
        if let Some(worker) = &self.worker {
            worker.send(command);
        }
    }

    fn running(&self) -> bool {
        self.snapshot.as_ref().is_some_and(|snapshot| snapshot.running)
    }

    fn train(&mut self, on: bool) {
        if on {
            self.state.page = Page::Rain;
        }
        self.send(RainCommand::Train(on));
    }

    /// Makes everything follow the settings: the walk, the analysis, the worker.
    fn follow(&mut self) {
        self.state.layers = self.depth.layers();
        let key = (self.state.layers, self.state.kernel, self.state.wired);
        if self.analysis.as_ref().is_none_or(|analysis| analysis.key() != key) {
            self.analysis = Analysis::new(key);
        }
        if self.growth.as_ref().is_none_or(|growth| growth.kernel != self.state.kernel) {
            self.growth = Growth::new(self.state.kernel, MOST_LAYERS);
        }
        if self.asked.1 != self.state.layer {
            self.asked.1 = self.state.layer;
            self.send(RainCommand::Look(self.state.layer));
        }
    }

    fn set(&mut self, state: State) {
        self.depth.set(state.layers);
        self.state = state;
        self.follow();
    }
}

impl Lab for BlindSpotLab {
    fn title(&self) -> &'static str {
        "Blind spot · gates"
    }

    fn update(&mut self, ctx: &Context, shared: &mut Shared) {
        self.palette = shared.palette();
        if self.worker.is_none() {
            self.start(ctx, shared);
        }
        if self.seed != shared.seed {
            self.seed = shared.seed;
            self.send(RainCommand::Restart(self.seed));
        }
        if let Some(worker) = &self.worker {
            if let Some(death) = shared.hear(worker.events()) {
                self.failed = Some(death);
            }
            if let Some(snapshot) = worker.take_snapshot() {
                self.snapshot = Some(snapshot);
            }
        }
        if self.depth.advance(f64::from(ctx.input(|input| input.stable_dt))) {
            shared.animate(ctx);
        }
        self.follow();
        // Another law starts both models anew: not for every place that a slider is dragged over.
        if self.asked.0 != self.state.law && !ctx.input(|input| input.pointer.any_down()) {
            self.asked.0 = self.state.law;
            self.send(RainCommand::Law(self.state.law));
        }
    }

    fn controls(&mut self, ui: &mut egui::Ui, _shared: &mut Shared) {
        controls::show(self, ui);
    }

    fn canvas(&mut self, ui: &mut egui::Ui, shared: &mut Shared) {
        controls::pages(self, ui);
        match self.state.page {
            Page::Fields => fields::show(self, ui),
            Page::Block => block::show(self, ui),
            Page::Rain => race::show(self, ui, shared),
        }
    }

    fn explain(&mut self, ui: &mut egui::Ui, shared: &mut Shared) {
        explain::show(self, ui, shared);
    }

    fn transport(&mut self) -> Option<&mut dyn TransportModel> {
        Some(&mut self.depth)
    }

    fn command(&mut self, command: Command, shared: &mut Shared) -> bool {
        match command {
            Command::Preset(1) => self.state.page = Page::Fields,
            Command::Preset(2) => self.state.page = Page::Block,
            Command::Preset(3) => self.state.page = Page::Rain,
            Command::Train => self.train(!self.running()),
            Command::Reset => {
                self.send(RainCommand::Restart(self.seed));
                shared.done(format!("Both models start again from the initial values of seed {}.", self.seed));
            }
            Command::NewSeed => {}
            Command::ResetAll => self.set(State::default()),
            Command::Fit | Command::ResetView => self.state.pixel = [0, 0],
            _ => return false,
        }
        true
    }

    fn state(&self) -> Value {
        serde_json::to_value(&self.state).unwrap_or_default()
    }

    fn restore(&mut self, patch: &Value, _shared: &mut Shared) -> Result<(), String> {
        let state: State = merged(&self.state, patch)?;
        state.check()?;
        self.set(state);
        Ok(())
    }

    fn lesson(&self) -> Option<Lesson> {
        let mut lesson = Lesson::preset("rain-gated")?;
        if let Model::Pixelcnn { data, .. } = &mut lesson.model {
            *data = ImageData::Rain(self.state.law);
        }
        Some(lesson)
    }

    fn settled(&self) -> bool {
        self.snapshot.as_ref().is_some_and(|snapshot| snapshot.racers[1].score.is_some() && snapshot.values.is_some())
    }

    fn table(&self) -> Option<Table> {
        match self.state.page {
            Page::Rain => self.snapshot.as_ref().map(table::race),
            Page::Fields | Page::Block => self.growth.as_ref().map(table::fields),
        }
    }

    fn live(&self, name: &str) -> Option<Live> {
        let palette = self.palette;
        let growth = self.growth.as_ref()?;
        let (layers, r) = (self.state.layers, self.state.kernel / 2);
        let racer = |i: usize| self.snapshot.as_ref().and_then(|snapshot| snapshot.racers[i].score);
        let (text, color) = match name {
            "L" => (layers.to_string(), palette.text),
            "r" => (r.to_string(), palette.text),
            "missing" => (growth.missing[layers - 1].to_string(), palette.blind),
            "window" => (growth.window[layers - 1].to_string(), palette.text),
            "share" => (number(100.0 * growth.share(layers), 1), palette.blind),
            "plain" => (number(racer(0)?.nats, 2), palette.blind),
            "gated" => (number(racer(1)?.nats, 2), palette.seen),
            "nothing" => (number(self.snapshot.as_ref()?.nothing, 2), palette.text),
            "floor" => (number(self.snapshot.as_ref()?.floor, 1), palette.base),
            _ => return None,
        };
        Some(Live { text, color })
    }

    fn actions(&self) -> Vec<Action> {
        let pages = [("Receptive fields", "fields"), ("Inside a gated layer", "block"), ("Rain: both learn", "rain")];
        let wired =
            [("Two stacks, wired rightly", "right"), ("Mistake: a shift in every layer", "every_layer"), ("Mistake: no shift", "nowhere")];
        let page = pages.into_iter().map(|(title, page)| Action { title: title.into(), patch: json!({ "page": page }) });
        let wiring =
            wired.into_iter().map(|(title, wired)| Action { title: title.into(), patch: json!({ "page": "fields", "wired": wired }) });
        let falling = [("Rain falls from the right", "right"), ("Snow falls from the left", "left")];
        let law = falling
            .into_iter()
            .map(|(title, toward)| Action { title: title.into(), patch: json!({ "page": "rain", "law": { "toward": toward } }) });
        page.chain(wiring).chain(law).collect()
    }

    fn leave(&mut self) {
        self.depth.set_playing(false);
        self.send(RainCommand::Train(false));
    }

    fn status(&self) -> LabStatus {
        let Some(snapshot) = &self.snapshot else {
            return LabStatus { busy: "opening".into(), error: self.failed.clone(), ..LabStatus::default() };
        };
        let error = self.failed.clone().or_else(|| snapshot.error.clone());
        training::status(&snapshot.backend, snapshot.running, snapshot.racers[1].step, error)
    }

    fn spoken_summary(&self) -> String {
        let growth = self.growth.as_ref().map_or(0, |growth| growth.missing[self.state.layers - 1]);
        let fields = format!(
            "{} layers of {k} by {k} kernels: one masked stack misses {growth} pixels of its window.",
            self.state.layers,
            k = self.state.kernel
        );
        match self.snapshot.as_ref().map(|snapshot| (snapshot.racers[0].score, snapshot.racers[1].score)) {
            Some((Some(plain), Some(gated))) => format!(
                "{fields} On {}, one stack pays {} nats an image, two stacks {}.",
                self.state.law.title(),
                number(plain.nats, 1),
                number(gated.nats, 1)
            ),
            _ => fields,
        }
    }
}
