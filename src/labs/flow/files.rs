//! The user's files: a path that can be typed, the system's dialog, files that the window hands over.

use std::path::{Path, PathBuf};

use egui::Context;

use super::stamps::is_picture;
use super::{FlowLab, Lab, Shared, columns};
use crate::labs::picker::Picker;
use crate::train::flow_job::FlowCommand;

/// Text fields, a dialog that may be open, and files that were handed over.
pub(super) struct Files {
    pub(super) points: String,
    pub(super) weights: String,
    /// Files that wait for the next frame: a picture is read with its help.
    pub(super) handed: Vec<PathBuf>,
    dialog: Picker,
}

impl Default for Files {
    fn default() -> Files {
        Files { points: String::new(), weights: "realnvp.safetensors".into(), handed: Vec::new(), dialog: Picker::default() }
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
    /// Opens the system's dialog; the path field beside the button works anywhere.
    pub(super) fn ask(&mut self, ask: Ask, ctx: &Context) {
        self.dialog.ask(ctx, move || {
            let dialog = rfd::FileDialog::new();
            match ask {
                Ask::Points => dialog
                    .add_filter("Points or a picture", &["csv", "tsv", "txt", "npy", "png", "jpg", "jpeg", "gif"])
                    .set_title("Points, a table; or a picture, dark is dense"),
                Ask::Weights => dialog.add_filter("Weights", &["safetensors"]).set_title("Weights of a flow"),
            }
            .pick_file()
        });
    }
}

impl FlowLab {
    /// Opens what was handed over or a dialog has brought.
    pub(super) fn take_files(&mut self, ctx: &Context, shared: &mut Shared) {
        let handed = std::mem::take(&mut self.files.handed);
        for path in handed.into_iter().chain(self.files.dialog.chosen(shared)) {
            self.take_file(&path, ctx, shared);
        }
    }

    /// Opens a file: weights and pictures are known by their extensions, anything else is points.
    fn take_file(&mut self, path: &Path, ctx: &Context, shared: &mut Shared) {
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("safetensors")) {
            self.load_weights(path);
        } else if is_picture(path) {
            self.stamp_picture(path, ctx);
        } else {
            self.choose(columns::of_file(path));
        }
        shared.opened.push(path.into());
    }

    /// Loads the points whose path was typed.
    pub(super) fn load_points(&mut self, ctx: &Context, shared: &mut Shared) {
        let path = PathBuf::from(self.files.points.trim());
        self.take_file(&path, ctx, shared);
    }

    /// Saves to the path that was typed.
    pub(super) fn save(&self) {
        self.send(FlowCommand::Save(PathBuf::from(self.files.weights.trim())));
    }

    /// Loads from the path that was typed.
    pub(super) fn load(&mut self, shared: &mut Shared) {
        let path = PathBuf::from(self.files.weights.trim());
        self.load_weights(&path);
        shared.opened.push(path);
    }
}
