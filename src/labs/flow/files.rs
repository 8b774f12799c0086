//! The user's files: a path that can be typed, a dialog on a thread of its own, files dropped on the window.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use egui::Context;

use super::stamps::is_picture;
use super::{FlowLab, Lab, columns};
use crate::train::PointData;
use crate::train::flow_job::FlowCommand;

/// Text fields and a dialog that may be open.
pub(super) struct Files {
    pub(super) points: String,
    pub(super) weights: String,
    dialog: Option<Receiver<Option<FlowCommand>>>,
}

impl Default for Files {
    fn default() -> Files {
        Files { points: String::new(), weights: "realnvp.safetensors".into(), dialog: None }
    }
}

/// What a dialog asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// A table of points.
    Points,
    /// Weights to read.
    Weights,
}

impl Files {
    /// Opens a dialog unless one is open. Without a desktop portal nothing appears: the path field beside the button works anywhere.
    pub(super) fn ask(&mut self, ask: Ask, ctx: &Context) {
        if self.dialog.is_some() {
            return;
        }
        let (sender, receiver) = channel();
        let ctx = ctx.clone();
        let work = move || {
            let dialog = match ask {
                Ask::Points => rfd::FileDialog::new()
                    .add_filter("Points or a picture", &["csv", "tsv", "txt", "png", "jpg", "jpeg", "gif"])
                    .set_title("Points, a table; or a picture, dark is dense"),
                Ask::Weights => rfd::FileDialog::new().add_filter("Weights", &["safetensors"]).set_title("Weights of a flow"),
            };
            // The lab may be gone by now.
            let _ = sender.send(dialog.pick_file().map(|path| opened(&path)));
            ctx.request_repaint();
        };
        if std::thread::Builder::new().name("file dialog".into()).spawn(work).is_ok() {
            self.dialog = Some(receiver);
        }
    }

    /// What a dialog or a drop has brought.
    pub(super) fn poll(&mut self, ctx: &Context) -> Vec<FlowCommand> {
        let dropped = ctx.input(|input| input.raw.dropped_files.clone());
        let mut commands: Vec<FlowCommand> = dropped.iter().map(|file| opened(file.path())).collect();
        match self.dialog.as_ref().map(Receiver::try_recv) {
            Some(Ok(answer)) => {
                self.dialog = None;
                commands.extend(answer);
            }
            Some(Err(TryRecvError::Disconnected)) => self.dialog = None,
            Some(Err(TryRecvError::Empty)) | None => {}
        }
        commands
    }
}

/// What to do with a file: weights by their extension, else points.
fn opened(path: &Path) -> FlowCommand {
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("safetensors")) {
        FlowCommand::Load(path.into())
    } else {
        FlowCommand::Data(PointData::File { path: path.into() })
    }
}

impl FlowLab {
    /// Opens what a dialog or a drop has brought.
    pub(super) fn take_files(&mut self, ctx: &Context) {
        self.files.poll(ctx).into_iter().for_each(|command| match command {
            FlowCommand::Data(PointData::File { path }) if is_picture(&path) => self.stamp_picture(&path, ctx),
            FlowCommand::Data(PointData::File { path }) => self.choose(columns::of_file(&path)),
            FlowCommand::Data(data) => self.choose(data),
            FlowCommand::Load(path) => self.load_weights(&path),
            other => self.send(other),
        });
    }

    /// Loads the points whose path was typed.
    pub(super) fn load_points(&mut self, ctx: &Context) {
        let path = PathBuf::from(self.files.points.trim());
        if is_picture(&path) {
            self.stamp_picture(&path, ctx);
            return;
        }
        self.choose(columns::of_file(&path));
    }

    /// Saves to the path that was typed.
    pub(super) fn save(&self) {
        self.send(FlowCommand::Save(PathBuf::from(self.files.weights.trim())));
    }

    /// Loads from the path that was typed.
    pub(super) fn load(&mut self) {
        let path = PathBuf::from(self.files.weights.trim());
        self.load_weights(&path);
    }
}
