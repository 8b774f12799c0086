//! What a lab is to the frame around it.

use super::{Command, Shared};
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

/// One chapter's window content.
///
/// The frame calls [`update`](Self::update), then the four places in the order controls, explain, transport, canvas. None of them may compute
/// for longer than a frame: models run in a worker, and the newest snapshot is drawn.
pub trait Lab {
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

    /// Another chapter is opened: pause what runs. The lab is kept, and shown again as it was left.
    fn leave(&mut self) {}

    /// The backend chip, what is going on, and the sentence about what went wrong.
    fn status(&self) -> LabStatus;

    /// The present picture in one or two sentences, for a screen reader.
    fn spoken_summary(&self) -> String;
}
