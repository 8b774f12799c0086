//! The lab "Blind spot · gates": what a stack of masked convolutions can never see, the two stacks that see it, and rain, the data on which
//! that is the difference between nothing and everything.

mod analysis;
mod block;
mod controls;
mod explain;
mod fields;
mod race;
mod table;

use std::path::Path;

use egui::Context;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::analysis::{Analysis, Growth};
use self::block::BlockTextures;
use super::history::{History, Paged, REOPENED};
use super::state::merged;
use super::table::Table;
use super::trouble::{WayOut, ways_out};
use super::walk::{Manner, Walk};
use super::working::{Working, sessions};
use super::{Action, Command, Lab, LabStatus, Live, Shared};
use crate::data::rain::{Rain, Toward};
use crate::exec::BackendChoice;
use crate::train::rain_job::{RainCommand, RainJob, RainSnapshot};
use crate::train::{ImageData, Lesson, Model};
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

impl Paged for State {
    /// Where the walk through the layers and the pointer stand in another state.
    fn seen_as(self, now: &State) -> State {
        State { layers: now.layers, pixel: now.pixel, ..self }
    }

    fn on_page_of(self, other: &State) -> State {
        State { page: other.page, ..self }
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
    work: Working<RainJob>,
    state: State,
    /// Through the depths of a network: place 0 is one layer.
    depth: Walk,
    analysis: Option<Analysis>,
    growth: Option<Growth>,
    textures: BlockTextures,
    /// The law and the layer that the worker was last asked for.
    asked: (Rain, usize),
    history: History<State>,
    /// Unit and colours of the frame that was last drawn.
    look: super::Look,
}

/// From one layer to the most that are offered.
const LAYERS: Manner = Manner {
    step: "layer",
    steps: "layers",
    large: ("two layers", 2.0),
    speed: (1.0, [0.25, 8.0]),
    position: |at, last| format!("{} of {} layers", at + 1, last + 1),
    detail: |_| String::new(),
};

/// Opens the lab; its worker starts with the first frame.
#[must_use]
pub fn open(shared: &Shared) -> Box<dyn Lab> {
    Box::new(BlindSpotLab::new(shared))
}

impl BlindSpotLab {
    fn new(shared: &Shared) -> BlindSpotLab {
        let state = State::default();
        BlindSpotLab {
            work: Working::new(shared),
            depth: Walk::new(LAYERS, state.layers - 1, MOST_LAYERS - 1),
            analysis: None,
            growth: None,
            textures: BlockTextures::default(),
            asked: (state.law, state.layer),
            history: History::default(),
            look: shared.look(),
            state,
        }
    }

    fn start(&mut self, ctx: &Context, shared: &Shared) {
        let (sessions, threads, seed, law) = (sessions(shared), shared.threads, self.work.seed, self.state.law);
        let make = move || {
            RainJob::with(seed, Some(law), sessions).unwrap_or_else(|error| {
                tracing::warn!("{error}");
                RainJob::new(seed, None, BackendChoice::Cpu, threads).expect("the shipped lessons open on the CPU")
            })
        };
        self.work.begin("rain", ctx, make);
        self.asked = (law, usize::MAX);
    }

    fn running(&self) -> bool {
        self.work.snapshot.as_ref().is_some_and(|snapshot| snapshot.running)
    }

    fn trained(&self) -> bool {
        self.work.snapshot.as_ref().is_some_and(|snapshot| snapshot.racers[1].step > 0)
    }

    fn train(&mut self, on: bool) {
        if on {
            self.state.page = Page::Rain;
        }
        self.work.send(RainCommand::Train(on));
    }

    /// Makes everything follow the settings: the walk, the analysis, the worker.
    fn follow(&mut self) {
        self.state.layers = self.depth.place() + 1;
        let key = (self.state.layers, self.state.kernel, self.state.wired);
        if self.analysis.as_ref().is_none_or(|analysis| analysis.key() != key) {
            self.analysis = Analysis::new(key);
        }
        if self.growth.as_ref().is_none_or(|growth| growth.kernel != self.state.kernel) {
            self.growth = Growth::new(self.state.kernel, MOST_LAYERS);
        }
        if self.asked.1 != self.state.layer {
            self.asked.1 = self.state.layer;
            self.work.send(RainCommand::Look(self.state.layer));
        }
    }

    fn set(&mut self, state: State) {
        self.depth.set(state.layers - 1, MOST_LAYERS - 1);
        self.state = state;
        self.follow();
    }
}

impl Lab for BlindSpotLab {
    fn title(&self) -> &'static str {
        "Blind spot · gates"
    }

    fn update(&mut self, ctx: &Context, shared: &mut Shared) {
        self.look = shared.look();
        if !self.work.begun() {
            self.start(ctx, shared);
        }
        if let Some(seed) = self.work.another_seed(shared) {
            self.work.send(RainCommand::Restart(seed));
        }
        self.work.hear(shared);
        if self.depth.advance(Shared::passed(ctx)) {
            shared.animate(ctx);
        }
        self.follow();
        // Another law starts both models anew: not for every place that a slider is dragged over.
        if self.asked.0 != self.state.law && !Shared::held(ctx) {
            self.asked.0 = self.state.law;
            self.work.send(RainCommand::Law(self.state.law));
        }
        if self.asked.0 == self.state.law {
            self.work.send_load(RainCommand::Load);
        }
        self.history.observe(self.state.clone(), Shared::held(ctx));
    }

    fn begin_history(&mut self) {
        self.history = History::default();
    }

    fn loses(&self, command: Command) -> Option<&'static str> {
        match command {
            Command::ResetModel => self.trained().then_some("Both models start again; what they have learned is lost, the law stays."),
            _ => Some("The chapter as it opened; what both models have learned is lost. Ctrl+Z takes back what was set."),
        }
    }

    fn controls(&mut self, ui: &mut egui::Ui, _shared: &mut Shared) {
        controls::show(self, ui);
    }

    fn canvas(&mut self, ui: &mut egui::Ui, shared: &mut Shared) {
        match ways_out(ui, self.work.snapshot.as_ref().map(|snapshot| &snapshot.trouble)) {
            Some(WayOut::Slower) => self.work.send(RainCommand::Slower),
            Some(WayOut::Understood) => self.work.send(RainCommand::Understood),
            None => {}
        }
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
            Command::Undo | Command::Redo => {
                if let Some(state) = self.history.go(command, self.state.clone(), shared) {
                    self.set(state.seen_as(&self.state));
                }
            }
            Command::Reset | Command::ResetModel => {
                self.work.send(RainCommand::Restart(self.work.seed));
                shared.done(format!("Both models start again from the initial values of seed {}.", self.work.seed));
            }
            Command::NewSeed => {}
            Command::ResetAll => {
                self.work.retire();
                *self = BlindSpotLab { history: std::mem::take(&mut self.history), ..BlindSpotLab::new(shared) };
                self.follow();
                shared.done(REOPENED);
            }
            Command::Fit => self.state.pixel = [0, 0],
            Command::ResetView => {
                let State { page, pixel, layer, channel, .. } = State::default();
                self.state = State { page, pixel, layer, channel, ..self.state.clone() };
            }
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

    fn save_weights(&mut self, path: &Path) -> bool {
        let trained = self.trained();
        if trained {
            self.work.send(RainCommand::Save(path.into()));
        }
        trained
    }

    fn load_weights(&mut self, path: &Path) {
        self.work.load(path);
    }

    fn weights_version(&self) -> String {
        self.work.snapshot.as_ref().map_or_else(String::new, |snapshot| format!("{:?} {}", snapshot.law, snapshot.racers[1].step))
    }

    fn lesson(&self) -> Option<Lesson> {
        let mut lesson = Lesson::preset("rain-gated")?;
        if let Model::Pixelcnn { data, .. } = &mut lesson.model {
            *data = ImageData::Rain(self.state.law);
        }
        Some(lesson)
    }

    fn settled(&self) -> bool {
        let seen = |snapshot: &RainSnapshot| snapshot.racers[1].score.is_some() && snapshot.values.is_some();
        !self.work.waits() && self.work.snapshot.as_ref().is_some_and(seen)
    }

    fn table(&self) -> Option<Table> {
        match self.state.page {
            Page::Rain => self.work.snapshot.as_ref().map(table::race),
            Page::Fields | Page::Block => self.growth.as_ref().map(table::fields),
        }
    }

    fn live(&self, name: &str) -> Option<Live> {
        let super::Look { units, palette } = self.look;
        let logs = |nats: f64, decimals| number(units.convert(nats), decimals);
        let growth = self.growth.as_ref()?;
        let (layers, r) = (self.state.layers, self.state.kernel / 2);
        let racer = |i: usize| self.work.snapshot.as_ref().and_then(|snapshot| snapshot.racers[i].score);
        let (text, color) = match name {
            "L" => (layers.to_string(), palette.text),
            "r" => (r.to_string(), palette.text),
            "missing" => (growth.missing[layers - 1].to_string(), palette.blind),
            "window" => (growth.window[layers - 1].to_string(), palette.text),
            "share" => (number(100.0 * growth.share(layers), 1), palette.blind),
            "plain" => (logs(racer(0)?.nats, 2), palette.blind),
            "gated" => (logs(racer(1)?.nats, 2), palette.seen),
            "nothing" => (logs(self.work.snapshot.as_ref()?.nothing, 2), palette.text),
            "floor" => (logs(self.work.snapshot.as_ref()?.floor, 1), palette.base),
            "unit" => (units.name().to_owned(), palette.text),
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
        self.work.send(RainCommand::Train(false));
    }

    fn is_dead(&self) -> bool {
        self.work.is_dead()
    }

    fn revive(&mut self) {
        self.work.revive();
    }

    fn status(&self) -> LabStatus {
        self.work.status(|snapshot| (snapshot.backend.clone(), snapshot.running, snapshot.racers[1].step, snapshot.trouble.sentence()))
    }

    fn spoken_summary(&self) -> String {
        let growth = self.growth.as_ref().map_or(0, |growth| growth.missing[self.state.layers - 1]);
        let fields = format!(
            "{} layers of {k} by {k} kernels: one masked stack misses {growth} pixels of its window.",
            self.state.layers,
            k = self.state.kernel
        );
        match self.work.snapshot.as_ref().map(|snapshot| (snapshot.racers[0].score, snapshot.racers[1].score)) {
            Some((Some(plain), Some(gated))) => format!(
                "{fields} On {}, one stack pays {} an image, two stacks {}.",
                self.state.law.title(),
                self.look.units.format(plain.nats, 1),
                number(self.look.units.convert(gated.nats), 1)
            ),
            _ => fields,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::ui::units::Units;

    #[test]
    fn the_numbers_of_the_explanation_are_in_the_unit_of_the_program() {
        let ctx = Context::default();
        let mut shared = Shared { threads: 1, ..Shared::default() };
        let mut lab = BlindSpotLab::new(&shared);
        let start = Instant::now();
        while !lab.settled() {
            lab.update(&ctx, &mut shared);
            assert!(start.elapsed() < Duration::from_secs(120), "the scores never came");
            std::thread::sleep(Duration::from_millis(5));
        }
        let names = ["plain", "gated", "nothing", "floor"];
        let texts = [Units::Nats, Units::Bits].map(|units| {
            shared.units = units;
            lab.update(&ctx, &mut shared);
            (names.map(|name| lab.live(name).unwrap().text), lab.live("unit").unwrap().text)
        });
        assert_eq!((texts[0].1.as_str(), texts[1].1.as_str()), ("nats", "bits"));
        assert_eq!((texts[0].0[2].as_str(), texts[1].0[2].as_str()), ("543.43", "784.00"), "one bit for each of 784 pixels");
        let [nats, bits] = texts.map(|(texts, _)| texts.each_ref().map(|text| text.parse::<f64>().unwrap()));
        for ((name, nats), bits) in names.into_iter().zip(nats).zip(bits) {
            // Both are rounded to a tenth or finer.
            assert!((bits - nats / std::f64::consts::LN_2).abs() < 0.13, "{name}: {nats} nats, {bits} bits");
        }
    }
}
