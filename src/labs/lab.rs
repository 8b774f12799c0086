//! What a lab is to the frame around it.

use std::path::Path;

use egui::Color32;
use serde_json::Value;

use super::table::Table;
use super::{Command, Shared};
use crate::train::Lesson;
use crate::ui::transport::TransportModel;

/// What the frame says about a lab outside of the lab's own places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabStatus {
    /// Where the numbers are computed, for example `CPU · 2 threads`; the chip in the top bar.
    pub backend: String,
    /// What is going on, for example `training · step 12,400`; empty when nothing is.
    pub busy: String,
    /// One sentence with a cause and a next action; shown as a banner above the canvas until it is `None` again.
    pub error: Option<String>,
}

/// A number that is computed here and now, as formulas, prose and screen readers show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// The number as text, rounded, with a sign where the formula needs one.
    pub text: String,
    /// The colour that it shares with its bar and its pixel.
    pub color: Color32,
}

/// Something that can be asked for by name, beside the commands: a data set, a model, a view. The palette lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// A few words.
    pub title: String,
    /// What it changes in the lab's [`state`](Lab::state).
    pub patch: Value,
}

impl Action {
    /// What it shows or hides, if that is what it does: its title is then “Show the …” or “Hide the …”.
    #[must_use]
    pub fn overlay(&self) -> Option<(&str, bool)> {
        let shown = |name| (name, true);
        self.title.strip_prefix("Hide the ").map(shown).or_else(|| self.title.strip_prefix("Show the ").map(|name| (name, false)))
    }
}

/// One chapter's window content.
///
/// The frame calls [`update`](Self::update), then the four places in the order controls, explain, transport, canvas. None of them may compute
/// for longer than a frame: models run in a worker, and the newest snapshot is drawn.
///
/// A lab that is put away ends on another thread, where it may wait for its workers.
pub trait Lab: Send {
    /// The chapter's title, as in the rail.
    fn title(&self) -> &'static str;

    /// Takes the newest snapshot and advances playing time. Asks for the next frame (through [`Shared::animate`]) only if one is needed.
    fn update(&mut self, ctx: &egui::Context, shared: &mut Shared);

    /// The column at the left: what can be chosen.
    fn controls(&mut self, ui: &mut egui::Ui, shared: &mut Shared);

    /// The middle, at least 55 % of the window: the picture.
    fn canvas(&mut self, ui: &mut egui::Ui, shared: &mut Shared);

    /// The column at the right: the formula with its numbers.
    fn explain(&mut self, ui: &mut egui::Ui, shared: &mut Shared);

    /// The walk that the bar at the bottom drives, if there is one.
    fn transport(&mut self) -> Option<&mut dyn TransportModel> {
        None
    }

    /// Carries out a command; true if it meant something here.
    ///
    /// The frame applies the transport's own commands (run, step, home, end, speed) to [`transport`](Self::transport) when this returns false, and
    /// has already changed [`Shared::seed`] when it sends [`Command::NewSeed`] or, after an edit of the seed, [`Command::Reset`].
    fn command(&mut self, command: Command, shared: &mut Shared) -> bool;

    /// Everything that the person set, drew or chose here, with the place in time: `restore(&state())` on a fresh lab shows the same picture.
    ///
    /// Trained weights are not in it, they go to a file of their own ([`save_weights`](Self::save_weights)).
    fn state(&self) -> Value {
        Value::Null
    }

    /// Takes over a state or a part of one, by the rules of JSON merge patches (RFC 7386): what is absent stays as it is.
    ///
    /// # Errors
    /// A sentence about the first thing that is not understood; then nothing is changed.
    fn restore(&mut self, patch: &Value, shared: &mut Shared) -> Result<(), String> {
        let _ = (patch, shared);
        Ok(())
    }

    /// Asks the worker to write the newest weights, whichever step of a training is shown, with the optimiser's state, to this file; false
    /// where nothing was trained or loaded here.
    fn save_weights(&mut self, path: &Path) -> bool {
        let _ = path;
        false
    }

    /// Asks the worker to read weights that [`save_weights`](Self::save_weights) wrote.
    fn load_weights(&mut self, path: &Path) {
        let _ = path;
    }

    /// Changes whenever other weights are worth keeping than the last ones that were kept.
    fn weights_version(&self) -> String {
        self.status().busy
    }

    /// The model that is open with its data and its training, so that `tractable train` accepts a session.
    fn lesson(&self) -> Option<Lesson> {
        None
    }

    /// Opens a file that is no session and no weights: a table of points, an image; false where it means nothing here.
    fn open_file(&mut self, path: &Path, shared: &mut Shared) -> bool {
        let _ = (path, shared);
        false
    }

    /// Whether the picture still waits for something that the worker computes: an export waits until it does not.
    fn settled(&self) -> bool {
        true
    }

    /// A number of the present picture by its name, for formulas and prose; `None` if there is no such number now.
    fn live(&self, name: &str) -> Option<Live> {
        let _ = name;
        None
    }

    /// What the explanation speaks of now, for steps that are not for everything that the chapter shows.
    fn subjects(&self) -> Vec<String> {
        Vec::new()
    }

    /// What can be asked for by name, beside the commands.
    fn actions(&self) -> Vec<Action> {
        Vec::new()
    }

    /// The numbers of the whole picture as a table, one row a step; `None` where the frame's own table (places and summaries) has to do.
    fn table(&self) -> Option<Table> {
        None
    }

    /// What is being opened is where undo begins: a session that one goes on with is no change that could be taken back.
    fn begin_history(&mut self) {}

    /// What [`Command::ResetModel`] or [`Command::ResetAll`] would lose, as the question before it says; `None` where it loses nothing:
    /// then nobody is asked, and it happens at once or means nothing here.
    fn loses(&self, command: Command) -> Option<&'static str> {
        Some(command.entry().help)
    }

    /// Another chapter is opened: pause what runs. The lab is kept, and shown again as it was left.
    fn leave(&mut self) {}

    /// Whether the worker has died and [`revive`](Self::revive) brings a new one: the banner then has a button for it.
    fn is_dead(&self) -> bool {
        false
    }

    /// A new worker with the present settings in place of one that died; it starts with the next frame. What was trained and not saved is
    /// gone with the old one.
    fn revive(&mut self) {}

    /// The backend chip, what is going on, and the sentence about what went wrong.
    fn status(&self) -> LabStatus;

    /// The present picture in one or two sentences, for a screen reader.
    fn spoken_summary(&self) -> String;
}
