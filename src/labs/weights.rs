//! The weights of a lab's model: where they are from, and the path to load from and save to.

use std::path::PathBuf;

use egui::{Context, TextEdit, Ui, WidgetInfo};

use super::picker::Picker;
use super::training::Wish;
use super::{Command, Shared};
use crate::train::Origin;
use crate::ui::chips;
use crate::ui::units::count;

/// The path of the weights, and the dialog that may be open.
#[derive(Default)]
pub(super) struct WeightsFile {
    path: String,
    dialog: Picker,
}

/// What the panel says about the weights on screen.
pub(super) struct Facts<'a> {
    /// Where they came from.
    pub(super) origin: &'a Origin,
    /// Training step.
    pub(super) step: u64,
    /// Number of trained values.
    pub(super) parameters: usize,
    /// Name of the lesson: the file's, where no path was given.
    pub(super) name: &'a str,
    /// What loading a file reads.
    pub(super) load: &'a str,
    /// What the shipped weights bring back.
    pub(super) shipped: &'a str,
}

impl WeightsFile {
    /// The file that the dialog gave, if it did now.
    pub(super) fn chosen(&mut self, shared: &mut Shared) -> Option<PathBuf> {
        let answer = self.dialog.chosen(shared);
        if let Some(path) = &answer {
            self.path = path.display().to_string();
        }
        answer
    }

    fn browse(&mut self, ctx: &Context) {
        self.dialog.ask(ctx, || rfd::FileDialog::new().set_title("Weights to load").add_filter("weights", &["safetensors"]).pick_file());
    }

    /// The path in the field; where there is none, one in the present folder under the lesson's name.
    pub(super) fn save_to(&mut self, name: &str, shared: &mut Shared) -> PathBuf {
        if self.path.trim().is_empty() {
            self.path = format!("{name}.safetensors");
            shared.done(format!("No path was given, so this is {} in the present folder.", self.path));
        }
        PathBuf::from(self.path.trim())
    }

    /// The panel; gives what was clicked.
    pub(super) fn show(&mut self, ui: &mut Ui, shared: &mut Shared, facts: &Facts<'_>) -> Option<Wish> {
        chips::section(ui, "Weights", "");
        chips::note(ui, &format!("{} · {} parameters", history(facts.origin, facts.step), count(facts.parameters as u64)));
        let response = ui.add(TextEdit::singleline(&mut self.path).hint_text("path of a .safetensors file").desired_width(f32::INFINITY));
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(egui::Role::TextInput, true, "Path of the weights");
            info.current_text_value = Some(self.path.clone());
            info
        });
        let path = self.path.trim().to_owned();
        let mut wish = None;
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = egui::vec2(5.0, 5.0);
            if chips::button(ui, "Load").on_hover_text(facts.load).clicked() {
                if path.is_empty() {
                    shared.warn("There is no path to load from: type one, or choose a file.");
                } else {
                    shared.opened.push(PathBuf::from(&path));
                    wish = Some(Wish::Load(PathBuf::from(&path)));
                }
            }
            if chips::button(ui, "Save").on_hover_text(Command::Save.tooltip()).clicked() {
                wish = Some(Wish::Save(self.save_to(facts.name, shared)));
            }
            if chips::button(ui, "Choose…").on_hover_text("The system's file dialog").clicked() {
                self.browse(ui.ctx());
            }
            if chips::button(ui, "Shipped").on_hover_text(facts.shipped).clicked() {
                wish = Some(Wish::Shipped);
            }
        });
        wish
    }
}

/// Where weights are from, in a few words.
fn history(origin: &Origin, step: u64) -> String {
    let step = count(step);
    match origin {
        Origin::Shipped => format!("shipped, trained for {step} steps"),
        Origin::Untrained => "untrained".to_owned(),
        Origin::Edited => format!("edited mask: what it shares with the weights of step {step}, the rest random"),
        Origin::Trained => format!("trained here, {step} steps in all"),
        Origin::File(path) => {
            let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
            format!("{name}, step {step}")
        }
    }
}
