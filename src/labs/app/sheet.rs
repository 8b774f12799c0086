//! The `?` sheet and the command palette: both read the one table.

use egui::{Id, Key, Modal, RichText, ScrollArea, TextEdit, Ui};

use super::{Over, TractableApp};
use crate::labs::Command;
use crate::labs::command::{Entry, Group, TABLE, shortcut_text};
use crate::ui::chips;

impl TractableApp {
    /// The sheet of keys.
    pub(super) fn sheet(&mut self, ctx: &egui::Context) {
        let palette = self.shared.palette();
        let screen = ctx.content_rect();
        let modal = Modal::new(Id::unique("key sheet")).show(ctx, |ui| {
            ui.set_width((screen.width() - 80.0).clamp(300.0, 920.0));
            ui.horizontal(|ui| {
                chips::section(ui, "Keys", "Esc closes");
            });
            ui.add_space(4.0);
            let height = (screen.height() - 140.0).max(120.0);
            ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
                ui.columns(Group::ALL.len(), |columns| {
                    for (ui, group) in columns.iter_mut().zip(Group::ALL) {
                        ui.label(RichText::new(group.title()).heading().color(palette.seen));
                        ui.spacing_mut().item_spacing.y = 3.0;
                        for entry in TABLE.iter().filter(|entry| entry.group == group) {
                            match entry.command {
                                Command::Preset(1) => keys_row(ui, "1 … 9", "Presets", entry.help),
                                Command::Preset(_) => {}
                                _ => row(ui, entry),
                            }
                        }
                    }
                });
            });
        });
        if modal.should_close() {
            self.over = Over::Nothing;
        }
    }

    /// The list of commands, to search by name.
    pub(super) fn command_palette(&mut self, ctx: &egui::Context) {
        let palette = self.shared.palette();
        let screen = ctx.content_rect();
        let mut chosen = None;
        let modal = Modal::new(Id::unique("command palette")).show(ctx, |ui| {
            ui.set_width((screen.width() - 80.0).clamp(260.0, 460.0));
            let field =
                ui.add(TextEdit::singleline(&mut self.palette_text).desired_width(f32::INFINITY).hint_text("a command or a chapter"));
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Search commands"));
            if !field.has_focus() && !field.lost_focus() {
                field.request_focus();
            }
            let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            ui.add_space(4.0);
            let height = (screen.height() * 0.55).max(120.0);
            ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 1.0;
                ui.spacing_mut().interact_size.y = 20.0;
                let mut first = true;
                for (index, chapter) in self.chapters.iter().enumerate() {
                    let id = format!("Open {}", chapter.title);
                    if found(&self.palette_text, &id) && (choice(ui, &id, "", palette.text_dim) || (enter && first)) {
                        chosen = chosen.or(Some(Err(index)));
                    }
                    first &= !found(&self.palette_text, &id);
                }
                for entry in TABLE {
                    if found(&self.palette_text, entry.title) {
                        let key = entry.command.key_text();
                        if choice(ui, entry.title, &key, palette.text_dim) || (enter && first) {
                            chosen = chosen.or(Some(Ok(entry.command)));
                        }
                        first = false;
                    }
                }
                if first {
                    chips::note(ui, "No command has this name. Esc closes.");
                }
            });
        });
        if modal.should_close() {
            self.over = Over::Nothing;
        }
        if let Some(chosen) = chosen {
            self.over = Over::Nothing;
            match chosen {
                Ok(command) => self.run(command, ctx),
                Err(index) => self.open(index),
            }
        }
    }
}

fn row(ui: &mut Ui, entry: &Entry) {
    let keys: Vec<String> = entry.keys.iter().map(shortcut_text).collect();
    keys_row(ui, &keys.join("  "), entry.title, entry.help);
}

fn keys_row(ui: &mut Ui, keys: &str, title: &str, help: &str) {
    ui.horizontal_wrapped(|ui| {
        chips::key_hint(ui, keys, "");
        ui.label(title).on_hover_text(help);
    });
}

fn choice(ui: &mut Ui, title: &str, key: &str, dim: egui::Color32) -> bool {
    ui.horizontal(|ui| {
        let clicked = ui.add(egui::Button::new(title).frame(false)).clicked();
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(RichText::new(key).monospace().small().color(dim));
        });
        clicked
    })
    .inner
}

/// Whether the letters of `wanted` occur in `title` in this order.
fn found(wanted: &str, title: &str) -> bool {
    let mut letters = title.chars().flat_map(char::to_lowercase);
    wanted.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).all(|c| letters.any(|l| l == c))
}

#[cfg(test)]
mod tests {
    use super::found;

    #[test]
    fn letters_in_order_find_a_command() {
        assert!(found("nwsd", "New seed"));
        assert!(found("", "New seed"));
        assert!(!found("sn", "New"));
    }
}
