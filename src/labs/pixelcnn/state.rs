//! The lab's state as JSON: what lessons, sessions, explain steps, undo and the palette read and patch.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bet::Bet;
use super::insight::Inside;
use super::lab::{PRESETS, PixelcnnLab, Shown};
use super::pins::MOST_PINS;
use super::study::Task;
use super::versus::Other;
use crate::labs::history::Remembered;
use crate::labs::{Shared, state};
use crate::train::pixelcnn_job::{Ask, Edit, Method, Settings, Subject};
use crate::train::{Lesson, Model, Past};
use crate::ui::transport::TransportModel;

/// All that a person set or made here, and the place in time. Trained weights are not in it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// Name of the lesson.
    pub(super) preset: String,
    /// The class that conditions the image, if one does.
    pub(super) class: Option<usize>,
    /// Divides the logits.
    pub(super) temperature: f64,
    /// Seed of the noise.
    pub(super) seed: u64,
    /// Which image of the seed's noise.
    pub(super) stream: u64,
    /// How it is drawn.
    pub(super) method: Method,
    /// Pixels that are drawn.
    pub(super) place: usize,
    /// Whether time runs.
    pub(super) playing: bool,
    /// Pixels a second.
    pub(super) speed: f64,
    /// What the cells show.
    pub(super) shown: Shown,
    /// What lies over them.
    pub(super) overlays: OverlayState,
    /// Pinned pixels, oldest first.
    pub(super) pins: Vec<usize>,
    /// The cells of the first layer's mask that are open, as rows and columns from the centre; `null` for the model's own mask.
    #[serde(default)]
    pub(super) mask: Option<Vec<(i32, i32)>>,
    /// Whether a model whose mask leaks draws all the same.
    #[serde(default)]
    pub(super) what_if: bool,
    /// What is taken apart: the idea inside the next pixel, the gradient, a layer's channels.
    #[serde(default)]
    pub(super) inside: Inside,
    /// Changed pixels, in the order in which they were changed.
    pub(super) edits: Vec<Edit>,
    /// What the canvas is for.
    pub(super) task: Task,
    /// The image that is completed or scored.
    pub(super) subject: Subject,
    /// Its known pixels, row by row: `1` is known, `0` is drawn; empty for the upper half.
    pub(super) known: String,
    /// The guesses.
    pub(super) bet: Bet,
    /// What stands beside the model.
    pub(super) compare: Other,
    /// The earlier update of the training that is shown; `null` is the newest.
    #[serde(default)]
    pub(super) update: Option<u64>,
}

/// What lies over the picture.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct OverlayState {
    /// What the prediction depends on.
    pub(super) field: bool,
    /// What it cannot see though it lies within reach.
    pub(super) blind: bool,
    /// Masked layers whose field is shown; all when absent.
    pub(super) depth: Option<usize>,
}

impl Remembered for State {}

impl State {
    /// The state without place and view: what undo brings back.
    pub(super) fn deeds(self) -> State {
        State {
            place: 0,
            playing: false,
            speed: 1.0,
            shown: Shown::Picture,
            overlays: OverlayState { field: false, blind: false, depth: None },
            pins: Vec::new(),
            inside: Inside::default(),
            task: Task::Sample,
            bet: Bet::default(),
            what_if: false,
            update: None,
            ..self
        }
    }

    /// These deeds seen as the other state was seen.
    pub(super) fn seen_as(self, view: State) -> State {
        State {
            place: view.place,
            playing: view.playing,
            speed: view.speed,
            shown: view.shown,
            overlays: view.overlays,
            pins: view.pins,
            inside: view.inside,
            task: view.task,
            bet: view.bet,
            what_if: view.what_if,
            update: view.update,
            ..self
        }
    }

    fn settings(&self) -> Settings {
        Settings { class: self.class, temperature: self.temperature, seed: self.seed, stream: self.stream, method: self.method }
    }

    /// # Errors
    /// A sentence about the first value that is out of range.
    fn check(&self) -> Result<(), String> {
        let lesson = Lesson::preset(&self.preset);
        if !lesson.is_some_and(|lesson| matches!(lesson.model, Model::Pixelcnn { .. })) {
            return Err(format!("There is no model called `{}`; the lab offers {}.", self.preset, PRESETS.map(|p| p.0).join(", ")));
        }
        if let (Some(class), Some(Model::Pixelcnn { config, .. })) = (self.class, Lesson::preset(&self.preset).map(|lesson| lesson.model)) {
            let most = config.classes.max(10);
            if class >= most {
                return Err(format!("Expected a class from 0 to {}, found {class}.", most - 1));
            }
        }
        if !(0.05..=10.0).contains(&self.temperature) {
            return Err(format!("Expected a temperature from 0.05 to 10, found {}.", self.temperature));
        }
        if !(0.01..=10_000.0).contains(&self.speed) {
            return Err(format!("Expected a speed from 0.01 to 10,000 pixels a second, found {}.", self.speed));
        }
        if self.overlays.depth == Some(0) {
            return Err("Expected at least one masked layer, found a depth of 0.".into());
        }
        if let Some(taps) = &self.mask {
            super::mask_editor::check(&self.preset, taps)?;
        }
        if let Some(odd) = self.known.chars().find(|c| !matches!(c, '0' | '1')) {
            return Err(format!("Expected known pixels as a row of 0 and 1, found “{odd}”."));
        }
        if self.compare.on {
            let mut other = self.clone();
            other.compare.on = false;
            other.mask = None;
            (other.preset, other.temperature) = (self.compare.preset.clone(), self.compare.temperature);
            other.check().map_err(|error| format!("The second model: {error}"))?;
        }
        if self.pins.len() > MOST_PINS {
            return Err(format!("Expected at most {MOST_PINS} pins, found {}.", self.pins.len()));
        }
        Ok(())
    }
}

impl PixelcnnLab {
    /// The state now.
    pub(super) fn present(&self) -> State {
        let Settings { class, temperature, seed, stream, method } = self.settings;
        State {
            preset: self.preset.clone(),
            class,
            temperature,
            seed,
            stream,
            method,
            place: self.walk.wanted(),
            playing: self.walk.playing(),
            speed: self.walk.speed(),
            shown: self.view.shown,
            overlays: OverlayState { field: self.view.field, blind: self.view.blind, depth: self.view.depth },
            pins: self.view.pins.clone(),
            mask: self.mask.clone(),
            what_if: self.what_if,
            inside: self.inside(),
            edits: self.branching.edits.clone(),
            task: self.desk.task,
            subject: self.desk.subject.clone(),
            known: self.desk.known_text(),
            bet: self.bet.clone(),
            compare: self.versus.other.clone(),
            update: self.looked,
        }
    }

    /// Takes over a patch of the state.
    ///
    /// # Errors
    /// A sentence about the first thing that is not understood; then nothing is changed.
    pub(super) fn patch(&mut self, patch: &Value, shared: &mut Shared) -> Result<(), String> {
        let mut wanted = state::merged(&self.present(), patch)?;
        if wanted.preset != self.preset && patch.get("mask").is_none() {
            // The mask that is edited is another model's.
            wanted.mask = None;
        }
        if (&wanted.preset, &wanted.mask) != (&self.preset, &self.mask) && patch.get("update").is_none() {
            // The steps of another model are other steps.
            wanted.update = None;
        }
        wanted.check()?;
        let task = wanted.task;
        if task == self.desk.task || patch.get("place").is_some() {
            self.become_state(wanted, shared);
            return Ok(());
        }
        // A task without a place in time is opened as a click opens it.
        let (playing, class) = (patch.get("playing").is_some() && wanted.playing, patch.get("class").is_some());
        wanted.task = self.desk.task;
        self.become_state(wanted, shared);
        self.open_task(task);
        self.walk.set_playing(playing);
        if class {
            self.keep_class();
        }
        Ok(())
    }

    /// Shows a state.
    pub(super) fn become_state(&mut self, wanted: State, shared: &mut Shared) {
        let settings = wanted.settings();
        let other_model = wanted.preset != self.preset;
        self.open_preset(&wanted.preset);
        self.set_mask(wanted.mask);
        self.set_what_if(wanted.what_if);
        shared.seed = settings.seed;
        self.view.shown = wanted.shown;
        (self.view.field, self.view.blind, self.view.depth) = (wanted.overlays.field, wanted.overlays.blind, wanted.overlays.depth);
        self.view.pins = wanted.pins;
        self.view.pinned = self.view.pins.last().copied();
        self.walk.show(wanted.place, wanted.playing, wanted.speed);
        // A running walk stands inside no pixel.
        self.show_inside(Inside { idea: wanted.inside.idea.filter(|_| !wanted.playing), ..wanted.inside });
        if other_model || settings != self.settings {
            self.settings = settings;
            self.redraw();
        }
        self.set_edits(wanted.edits);
        (self.desk.task, self.desk.subject) = (wanted.task, wanted.subject);
        self.desk.set_known(&wanted.known);
        self.bet = wanted.bet;
        self.versus.other = wanted.compare;
        if wanted.update != self.looked {
            self.looked = wanted.update;
            self.ask(Ask::Past(Past::LookAt(wanted.update.unwrap_or(u64::MAX))));
        }
    }

    /// Whether the picture is the one that was asked for last, with all that belongs to it.
    pub(super) fn is_settled(&self) -> bool {
        let arrived = |snapshot: &crate::train::pixelcnn_job::Snapshot| snapshot.heard == self.asked.get() && !snapshot.pending;
        self.dead.is_some() || self.versus.settled() && self.snapshot.as_ref().is_some_and(arrived)
    }

    /// Whether somebody trained the model, changed its mask or brought its weights.
    pub(super) fn learned(&self) -> bool {
        self.snapshot.as_ref().is_some_and(|snapshot| snapshot.training.running || snapshot.origin.is_own())
    }

    /// Writes the newest of what was trained or loaded, whichever step is shown; false where nothing was.
    pub(super) fn keep_weights(&self, path: &Path) -> bool {
        let learned = self.learned();
        if learned {
            self.ask(Ask::Keep(path.to_owned()));
        }
        learned
    }
}
