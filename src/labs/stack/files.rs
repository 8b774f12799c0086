use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use egui::{Context, TextEdit, Ui, WidgetInfo};

use super::lab::StackLab;
use super::state::PRESET;
use crate::labs::{Command, Shared};
use crate::train::stack_job::{Ask, Origin};
use crate::ui::chips;
use crate::ui::units::count;

/// The path of the weights, and the dialog that may be open.
#[derive(Default)]
pub(super) struct Files {
    path: String,
    dialog: Option<Receiver<Option<PathBuf>>>,
}

impl Files {
    /// The file that the dialog gave, if it did now.
    pub(super) fn chosen(&mut self) -> Option<PathBuf> {
        let answer = match self.dialog.as_ref()?.try_recv() {
            Err(TryRecvError::Empty) => return None,
            answer => answer.ok().flatten(),
        };
        self.dialog = None;
        if let Some(path) = &answer {
            self.path = path.display().to_string();
        }
        answer
    }

    /// Opens the system's dialog on a thread of its own; without a portal it answers like a cancelled one, so the path field stays.
    fn browse(&mut self, ctx: &Context) {
        let (send, receive) = channel();
        let ctx = ctx.clone();
        let body = move || {
            let dialog = rfd::FileDialog::new().set_title("Weights to load").add_filter("weights", &["safetensors"]);
            // The lab may be gone by now: nobody is left to tell.
            let _ = send.send(dialog.pick_file());
            ctx.request_repaint();
        };
        if std::thread::Builder::new().name("file dialog".into()).spawn(body).is_ok() {
            self.dialog = Some(receive);
        }
    }
}

impl StackLab {
    /// Saves to the path in the field, or into the present folder under the lesson's name.
    pub(super) fn save(&mut self, shared: &mut Shared) {
        if self.files.path.trim().is_empty() {
            self.files.path = format!("{PRESET}.safetensors");
            shared.done(format!("No path was given, so this is {} in the present folder.", self.files.path));
        }
        self.ask(Ask::Save(PathBuf::from(self.files.path.trim())));
    }
}

/// Where the weights are from, and the path to load from and save to.
pub(super) fn show(lab: &mut StackLab, ui: &mut Ui, shared: &mut Shared) {
    let Some(snapshot) = &lab.snapshot else { return };
    let step = count(snapshot.training.step);
    let origin = match &snapshot.origin {
        Origin::Shipped => format!("shipped, trained for {step} steps"),
        Origin::Untrained => "untrained".to_owned(),
        Origin::Trained => format!("trained here, {step} steps in all"),
        Origin::File(path) => {
            let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
            format!("{name}, step {step}")
        }
    };
    chips::section(ui, "Weights", "");
    chips::note(ui, &format!("{origin} · {} parameters", count(snapshot.parameters as u64)));
    let files = &mut lab.files;
    let response = ui.add(TextEdit::singleline(&mut files.path).hint_text("path of a .safetensors file").desired_width(f32::INFINITY));
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(egui::Role::TextInput, true, "Path of the weights");
        info.current_text_value = Some(files.path.clone());
        info
    });
    let path = files.path.trim().to_owned();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(5.0, 5.0);
        if chips::button(ui, "Load").on_hover_text("Reads the file of this path, with its structure").clicked() {
            if path.is_empty() {
                shared.warn("There is no path to load from: type one, or choose a file.");
            } else {
                lab.ask(Ask::Load(PathBuf::from(&path)));
            }
        }
        if chips::button(ui, "Save").on_hover_text(Command::Save.tooltip()).clicked() {
            lab.save(shared);
        }
        if chips::button(ui, "Choose…").on_hover_text("The system's file dialog").clicked() {
            lab.files.browse(ui.ctx());
        }
        if chips::button(ui, "Shipped").on_hover_text("Back to the stack and the weights that came with the program").clicked() {
            lab.ask(Ask::Shipped);
        }
    });
}
