use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Context, Ui};

use super::bet::Bet;
use super::branch::Branching;
use super::field::Fields;
use super::gallery::GalleryTexture;
use super::insight::{Inside, Insight};
use super::micro::{DIMMED, Micro};
use super::side::Side;
use super::state::State;
use super::study::{Desk, Task};
use super::versus::Versus;
pub(super) use super::view::{Shown, View};
use super::walk::Walk;
use crate::labs::history::History;
use crate::labs::scrubber;
use crate::labs::table::Table;
use crate::labs::training;
use crate::labs::weights::WeightsFile;
use crate::labs::{Action, Command, Lab, LabStatus, Live, Look, Shared};
use crate::train::pixelcnn_job::{Ask, Method, PixelcnnJob, Settings, Snapshot};
use crate::train::{Lesson, Model, Past, Worker};
use crate::ui::transport::TransportModel;

/// The models of the lab: name of the preset and what the chip says.
pub(super) const PRESETS: [(&str, &str); 4] = [
    ("pixelcnn-small", "14×14, 8 greys"),
    ("pixelcnn-binary", "14×14, binary"),
    ("pixelcnn", "28×28, 4 greys"),
    ("pixelcnn-gated", "28×28, gated"),
];
/// Where the first sample starts to play: row 6 of 14.
const FIRST_PLACE: usize = 6 * 14;
/// The class at the beginning, and where "no class" means nothing to a model.
const FIRST_CLASS: usize = 3;
/// Pixels a second at the beginning.
const FIRST_SPEED: f64 = 6.0;

/// The lab.
pub struct PixelcnnLab {
    worker: Option<Worker<PixelcnnJob>>,
    pub(super) snapshot: Option<Snapshot>,
    pub(super) settings: Settings,
    pub(super) preset: String,
    /// The open cells of the first mask, where it is not the model's own.
    pub(super) mask: Option<Vec<(i32, i32)>>,
    /// Whether it was asked to draw although the mask leaks.
    pub(super) what_if: bool,
    /// Weights to read as soon as there is a worker.
    load_at_start: Option<PathBuf>,
    pub(super) walk: Walk,
    pub(super) fields: Option<Fields>,
    pub(super) view: View,
    pub(super) gallery: GalleryTexture,
    pub(super) file: WeightsFile,
    pub(super) micro: Micro,
    pub(super) insight: Insight,
    pub(super) dead: Option<String>,
    /// Where the time-line of the training was put, until the worker shows it.
    pub(super) scrub: Option<u64>,
    /// The earlier step of the training that is shown; none is the newest.
    pub(super) looked: Option<u64>,
    /// How often the worker was asked, to know whether it has heard all of it.
    pub(super) asked: Cell<u64>,
    pub(super) history: History<State>,
    /// Another chapter was open: its seed is no change that was made here.
    left: bool,
    pub(super) look: Look,
    pub(super) side: Side,
    pub(super) branching: Branching,
    pub(super) desk: Desk,
    pub(super) bet: Bet,
    pub(super) versus: Versus,
    /// The masked layers that were shown of each model when it was left.
    depths: BTreeMap<String, Option<usize>>,
}

/// Opens the lab; its worker starts with the first frame.
#[must_use]
pub fn open(shared: &Shared) -> Box<dyn Lab> {
    Box::new(PixelcnnLab::new(shared.seed))
}

impl PixelcnnLab {
    /// The lab before its first frame.
    #[must_use]
    pub fn new(seed: u64) -> PixelcnnLab {
        PixelcnnLab {
            worker: None,
            snapshot: None,
            settings: Settings { class: Some(FIRST_CLASS), temperature: 1.0, seed, stream: 0, method: Method::Cached },
            preset: PRESETS[0].0.into(),
            mask: None,
            what_if: false,
            load_at_start: None,
            walk: Walk::new(FIRST_PLACE, FIRST_SPEED),
            fields: None,
            view: View::default(),
            gallery: GalleryTexture::default(),
            file: WeightsFile::default(),
            micro: Micro::default(),
            insight: Insight::default(),
            look: Look::default(),
            side: Side::default(),
            dead: None,
            scrub: None,
            looked: None,
            asked: Cell::new(0),
            history: History::default(),
            left: false,
            branching: Branching::default(),
            desk: Desk::default(),
            bet: Bet::default(),
            versus: Versus::default(),
            depths: BTreeMap::new(),
        }
    }

    fn start(&mut self, ctx: &Context, shared: &Shared) {
        let (settings, preset, ctx) = (self.settings, self.preset.clone(), ctx.clone());
        let (backend, threads) = (shared.backend, shared.threads);
        let make = move || PixelcnnJob::new(&preset, settings, backend, threads);
        #[cfg(test)]
        let make = crate::labs::working::tests::that_may_fail(make);
        self.worker = Some(Worker::spawn("pixelcnn", make, move || ctx.request_repaint()));
        self.forget_sent_study();
        if let Some(mask) = self.mask.clone() {
            self.ask(Ask::Mask(mask));
        }
        if self.what_if {
            self.ask(Ask::WhatIf);
        }
        if let Some(path) = self.load_at_start.take() {
            self.ask(Ask::Load(path));
        }
        if !self.branching.edits.is_empty() {
            self.send_edits();
        }
        if let Some(step) = self.looked {
            self.ask(Ask::Past(Past::LookAt(step)));
        }
    }

    /// Asks the worker.
    pub(super) fn ask(&self, ask: Ask) {
        if let Some(worker) = &self.worker {
            self.asked.set(self.asked.get() + 1);
            worker.send(ask);
        }
    }

    /// Draws with the present settings.
    pub(super) fn redraw(&self) {
        self.ask(Ask::Draw(self.settings));
    }

    /// Opens another preset.
    pub(super) fn open_preset(&mut self, name: &str) {
        if self.preset != name {
            let left = std::mem::replace(&mut self.preset, name.into());
            self.depths.insert(left, self.view.depth.take());
            (self.scrub, self.looked) = (None, None);
            self.view.unpin_all();
            self.branching.edits.clear();
            (self.mask, self.what_if) = (None, false);
            self.bet.guesses.clear();
            self.forget_sent_study();
            self.ask(Ask::Lesson(name.into()));
        }
    }

    /// Whether training runs.
    pub(super) fn training(&self) -> bool {
        self.snapshot.as_ref().is_some_and(|snapshot| snapshot.training.running)
    }

    /// The pixel that is explained: under the pointer, else pinned, else the next one (at the end the last one). Of bets it is the next one alone.
    pub(super) fn focus(&self) -> Option<usize> {
        let run = self.walk.run()?;
        let elsewhere = self.view.hovered.or(self.view.pinned).filter(|_| self.idea().is_none() && !self.bet.on);
        let wanted = elsewhere.unwrap_or(self.walk.at());
        Some(wanted.min(run.len().saturating_sub(1)))
    }

    /// The picture in words, for a screen reader.
    pub(super) fn spoken(&self) -> String {
        self.spoken_summary()
    }

    /// While one idea is shown, everything beside it steps back.
    pub(super) fn dim_beside_idea(&self, ui: &mut Ui) {
        if self.idea().is_some() {
            ui.multiply_opacity(DIMMED);
        }
    }

    /// The number of classes of the model that is open, 10 before one is.
    pub(super) fn classes(&self) -> usize {
        match self.snapshot.as_ref().map(|snapshot| &snapshot.lesson.model) {
            Some(Model::Pixelcnn { config, .. }) => config.classes,
            _ => 10,
        }
    }

    /// Whether the model may be asked without a class.
    pub(super) fn offers_no_class(&self) -> bool {
        self.snapshot.as_ref().is_some_and(|snapshot| snapshot.lesson.learns_without_class())
    }

    /// Takes the last deed back, or does it again; another model shows the layers that it showed when it was left.
    fn change_back(&mut self, command: Command, shared: &mut Shared) {
        let Some(deeds) = self.history.go(command, self.present().deeds(), shared) else { return };
        let mut state = deeds.seen_as(self.present());
        if state.preset != self.preset {
            state.overlays.depth = self.depths.get(&state.preset).copied().flatten();
        }
        self.become_state(state, shared);
    }

    /// Walks through what the present task has made.
    fn follow_task(&mut self) {
        let arrived = self.snapshot.as_ref().is_some_and(|snapshot| snapshot.lesson.name == self.preset);
        let Some(run) = self.walked().filter(|_| arrived).cloned() else { return };
        if self.walk.run().is_none_or(|old| !Arc::ptr_eq(old, &run)) {
            self.walk.set_run(&run);
        }
    }

    fn take_news(&mut self, shared: &mut Shared) {
        let Some(worker) = &self.worker else { return };
        if let Some(death) = shared.hear(worker.events()) {
            self.dead = Some(death);
        }
        let Some(snapshot) = worker.take_snapshot() else { return };
        if let Model::Pixelcnn { config, .. } = &snapshot.lesson.model
            && config.classes > 0
            && self.settings.class.is_none()
            && !snapshot.lesson.learns_without_class()
        {
            self.settings.class = Some(FIRST_CLASS.min(config.classes - 1));
            self.redraw();
        }
        // A lesson that could not be opened leaves the old one: the chips show what is open.
        let heard = snapshot.heard == self.asked.get();
        if heard && snapshot.error.is_some() {
            self.preset = snapshot.lesson.name.clone();
        }
        if heard {
            self.looked = scrubber::still_looked(self.looked, &snapshot.training.timeline);
        }
        self.snapshot = Some(snapshot);
        self.follow_mask();
        if let Some(config) = self.masked_config().filter(|config| self.fields.as_ref().is_none_or(|fields| fields.config() != config)) {
            self.fields = Fields::new(&config);
        }
        self.walk.refused = self.refusal().is_some();
        if self.walk.refused {
            self.walk.set_playing(false);
        }
    }
}

impl Lab for PixelcnnLab {
    fn title(&self) -> &'static str {
        "PixelCNN"
    }

    fn update(&mut self, ctx: &Context, shared: &mut Shared) {
        if self.worker.is_none() {
            self.start(ctx, shared);
        }
        let left = std::mem::take(&mut self.left);
        if shared.seed != self.settings.seed {
            let now = shared.seed;
            (self.settings.seed, self.settings.stream) = (now, 0);
            if left {
                self.history.revise(|deeds| (deeds.seed, deeds.stream) = (now, 0));
            }
            self.redraw();
        }
        self.take_news(shared);
        self.forget_stale_edits();
        self.adopt_label();
        self.send_study();
        self.follow_task();
        self.update_versus(ctx, shared);
        self.zero_key(ctx, shared);
        if let Some(path) = self.file.chosen(shared) {
            self.ask(Ask::Load(path));
        }
        self.walk.units = shared.units;
        self.ask_for_gradient();
        if self.micro.tick(ctx.input(|input| input.time), shared.reduced_motion) {
            shared.animate(ctx);
        }
        self.history.observe(self.present().deeds(), Shared::held(ctx));
        if self.is_settled() {
            self.history.has_begun();
        }
        self.look = shared.look();
        if let Some(next) = self.walk.advance(ctx.input(|input| input.time)) {
            shared.pace(ctx, self.walk.speed(), next);
        }
    }

    fn controls(&mut self, ui: &mut Ui, shared: &mut Shared) {
        self.dim_beside_idea(ui);
        super::controls::show(self, ui, shared);
    }

    fn canvas(&mut self, ui: &mut Ui, shared: &mut Shared) {
        if let Some(snapshot) = self.snapshot.as_ref().filter(|snapshot| snapshot.diverged && self.dead.is_none()) {
            let wishes = training::trouble(ui, &snapshot.training);
            self.wish(wishes);
        }
        super::canvas::show(self, ui, shared);
    }

    fn explain(&mut self, ui: &mut Ui, shared: &mut Shared) {
        self.dim_beside_idea(ui);
        if super::bet::question(self, ui, shared) {
            return;
        }
        super::explain::show(self, ui, shared);
    }

    fn transport(&mut self) -> Option<&mut dyn TransportModel> {
        Some(&mut self.walk)
    }

    fn command(&mut self, command: Command, shared: &mut Shared) -> bool {
        if self.refuses(command, shared) || self.would_tell(command, shared) {
            return true;
        }
        if let Some(meant) = self.micro_command(command, shared) {
            return meant;
        }
        match command {
            Command::Bet => self.toggle_bet(shared),
            Command::Compare => {
                self.open_task(Task::Sample);
                self.toggle_compare();
            }
            Command::Preset(n) if self.bet.on => drop(self.guess(n, shared)),
            Command::Preset(n) => match PRESETS.get(usize::from(n) - 1) {
                Some((name, _)) => self.open_preset(name),
                None => return false,
            },
            Command::Train => self.ask(Ask::Train(!self.training())),
            Command::Save => {
                let path = self.file.save_to(&self.preset, shared);
                self.ask(Ask::Save(path));
            }
            Command::Pin => match self.view.hovered {
                Some(cell) => self.view.toggle_pin(cell),
                None => self.view.unpin_all(),
            },
            Command::Undo | Command::Redo => self.change_back(command, shared),
            Command::ResetView => {
                self.view = View { found: self.view.found, ..View::default() };
                self.show_inside(Inside::default());
            }
            Command::ResetModel => self.ask(Ask::Shipped),
            Command::NextSurprise => {
                if !self.walk.next_surprise() {
                    shared.done("The model is sure of every pixel that follows (at most 1.5 bits each).");
                }
            }
            Command::NewSeed => {}
            _ => return false,
        }
        true
    }

    fn state(&self) -> serde_json::Value {
        serde_json::to_value(self.present()).expect("the state holds only what JSON can hold")
    }

    fn restore(&mut self, patch: &serde_json::Value, shared: &mut Shared) -> Result<(), String> {
        self.patch(patch, shared)
    }

    fn save_weights(&mut self, path: &Path) -> bool {
        self.keep_weights(path)
    }

    fn load_weights(&mut self, path: &Path) {
        if self.worker.is_none() {
            self.load_at_start = Some(path.to_owned());
        } else {
            self.ask(Ask::Load(path.to_owned()));
        }
    }

    fn weights_version(&self) -> String {
        let Some(snapshot) = &self.snapshot else { return String::new() };
        format!("{} {:?} {} {:?}", self.preset, snapshot.origin, snapshot.training.timeline.newest, self.mask)
    }

    fn lesson(&self) -> Option<Lesson> {
        self.open_lesson()
    }

    fn settled(&self) -> bool {
        self.is_settled()
    }

    fn begin_history(&mut self) {
        self.history.begin();
    }

    fn loses(&self, command: Command) -> Option<&'static str> {
        let model = "The shipped mask and weights; what was trained here is lost.";
        if command == Command::ResetModel { self.learned().then_some(model) } else { Some(command.entry().help) }
    }

    fn actions(&self) -> Vec<Action> {
        super::actions::list(self)
    }

    fn table(&self) -> Option<Table> {
        self.walk.run().filter(|_| self.refusal().is_none() && !self.hides()).map(|run| super::table::of(run))
    }

    fn open_file(&mut self, path: &Path, shared: &mut Shared) -> bool {
        self.study_file(path, shared);
        true
    }

    fn live(&self, name: &str) -> Option<Live> {
        super::live::number_of(self, name)
    }

    fn leave(&mut self) {
        self.left = true;
        self.walk.set_playing(false);
        if self.training() {
            self.ask(Ask::Train(false));
        }
    }

    fn is_dead(&self) -> bool {
        self.dead.is_some()
    }

    fn revive(&mut self) {
        (self.worker, self.dead, self.snapshot) = (None, None, None);
        self.asked.set(0);
    }

    fn status(&self) -> LabStatus {
        let Some(snapshot) = &self.snapshot else {
            return LabStatus { error: self.dead.clone(), ..LabStatus::default() };
        };
        let info = snapshot.training_on.as_ref().filter(|_| snapshot.training.running).unwrap_or(&snapshot.drawing_on);
        let error = self.dead.clone().or_else(|| snapshot.error.clone());
        training::status(info, snapshot.training.running, snapshot.training.step, error)
    }

    fn spoken_summary(&self) -> String {
        let Some(run) = self.walk.run() else { return "The first sample is being drawn.".into() };
        if self.hides() {
            let (row, column) = (self.walk.at() / run.cols, self.walk.at() % run.cols);
            return format!("Pixel row {row}, column {column}, is next. Which level will be drawn?");
        }
        super::spoken::summary(run, self.walk.at(), self.walk.units)
    }
}
