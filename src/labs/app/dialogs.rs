//! The panels that ask for a path: open and save. A path can always be typed; the system's dialog is beside it.

use egui::{Context, Key, ScrollArea, TextEdit, Ui};

use super::desk::Purpose;
use super::{Over, TractableApp, left};
use crate::labs::Command;
use crate::labs::document::lectures;
use crate::ui::chips;

impl TractableApp {
    /// Ctrl+O.
    pub(super) fn open_dialog(&mut self, ctx: &Context) {
        let (mut chosen, mut lecture, mut answer) = (None, None, None);
        let modal = self.modal("open a file").show(ctx, |ui| {
            ui.set_width((ctx.content_rect().width() - 80.0).clamp(280.0, 560.0));
            chips::section(ui, "Open a file", "Esc closes");
            let enter =
                path_field(ui, "Path of the file", "a session, a lesson, weights, points, an image, or a code", &mut self.desk.path);
            ui.horizontal(|ui| {
                if chips::primary_button(ui, "Open").clicked() || enter {
                    chosen = Some(self.desk.path.trim().into());
                }
                if chips::button(ui, "Choose…").on_hover_text("The system's file dialog").clicked() {
                    self.desk.pick(Purpose::Open, "", ctx);
                }
            });
            chips::note(ui, "A file can also be dropped on the window.");
            chips::section(ui, "Lectures", "");
            ui.horizontal_wrapped(|ui| {
                for (name, title) in lectures() {
                    if chips::button(ui, title).on_hover_text("Ordered steps with notes; Shift+F5 opens the presenter's window").clicked() {
                        lecture = Some(*name);
                    }
                }
            });
            if !self.desk.left.is_empty() {
                chips::section(ui, "Left by earlier runs", "");
                answer = left::list(ui, &self.desk.left, 0);
            }
            if !self.desk.recent.is_empty() {
                chips::section(ui, "Recent", "");
                ScrollArea::vertical().max_height(220.0).show(ui, |ui| {
                    for path in &self.desk.recent {
                        if ui.add(egui::Button::new(path.display().to_string()).frame(false).truncate()).clicked() {
                            chosen = Some(path.clone());
                        }
                    }
                });
            }
        });
        if modal.should_close() {
            self.over = Over::Nothing;
        }
        self.answer(answer);
        if let Some(name) = lecture {
            self.over = Over::Nothing;
            self.open_lecture(name, ctx);
        }
        if let Some(path) = chosen {
            if path.as_os_str().is_empty() {
                self.shared.warn("There is no path to open: type one, or choose a file.");
            } else {
                self.over = Over::Nothing;
                self.open_file(&path, ctx);
            }
        }
    }

    /// Ctrl+S, the first time.
    pub(super) fn save_dialog(&mut self, ctx: &Context) {
        let (mut saved, mut copied) = (false, false);
        let modal = self.modal("save the session").show(ctx, |ui| {
            ui.set_width((ctx.content_rect().width() - 80.0).clamp(280.0, 560.0));
            chips::section(ui, "Save the session", "Esc closes");
            let enter = path_field(ui, "Path of the session", "name.tractable.json", &mut self.desk.path);
            folder_note(ui, &self.desk.path);
            ui.horizontal(|ui| {
                saved = chips::primary_button(ui, "Save").clicked() || enter;
                if chips::button(ui, "Copy as a code").on_hover_text("One word for a slide, without what was trained").clicked() {
                    copied = true;
                }
                if chips::button(ui, "Choose…").on_hover_text("The system's file dialog").clicked() {
                    self.desk.pick(Purpose::Save, &self.desk.path.clone(), ctx);
                }
            });
            chips::note(
                ui,
                "Drawings, settings, noise, time and view go into this file, what was trained into a .safetensors file beside it.",
            );
        });
        if modal.should_close() || copied {
            self.over = Over::Nothing;
        }
        if copied {
            self.run(Command::CopyCode, ctx);
        }
        if saved {
            let path = self.desk.path.trim().to_owned();
            if path.is_empty() {
                self.shared.warn("There is no path to save to: type one, or choose a file.");
            } else {
                self.over = Over::Nothing;
                self.save_where_free(path.as_ref(), ctx);
            }
        }
    }
}

/// Where a path without a folder leads to.
pub(super) fn folder_note(ui: &mut Ui, path: &str) {
    let path = std::path::Path::new(path.trim());
    if path.is_relative()
        && let Ok(folder) = std::env::current_dir()
    {
        chips::note(ui, &format!("In the folder {}.", folder.display()));
    }
}

/// A named field for a path that takes the focus; true when Enter was pressed in it.
pub(super) fn path_field(ui: &mut Ui, name: &str, hint: &str, path: &mut String) -> bool {
    let fresh = ui.ctx().memory(|memory| memory.focused().is_none());
    let field = ui.add(TextEdit::singleline(path).desired_width(f32::INFINITY).hint_text(hint));
    field.widget_info(|| {
        let mut info = egui::WidgetInfo::labeled(egui::Role::TextInput, true, name);
        info.current_text_value = Some(path.clone());
        info
    });
    if fresh && !field.lost_focus() {
        field.request_focus();
    }
    field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
}
