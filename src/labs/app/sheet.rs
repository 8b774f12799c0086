//! The `?` sheet: the table of commands with their keys.

use egui::{Key, RichText, ScrollArea, Ui};

use super::{Over, TractableApp};
use crate::labs::Command;
use crate::labs::command::{Entry, Group, TABLE, shortcut_text};
use crate::ui::chips;

impl TractableApp {
    /// The sheet of keys.
    pub(super) fn sheet(&mut self, ctx: &egui::Context) {
        let palette = self.shared.palette();
        let screen = ctx.content_rect();
        let modal = self.modal("key sheet").show(ctx, |ui| {
            ui.set_width((screen.width() - 80.0).clamp(300.0, 920.0));
            ui.horizontal(|ui| {
                chips::section(ui, "Keys", "Esc closes");
            });
            ui.add_space(4.0);
            let height = (screen.height() - 140.0).max(120.0);
            ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
                scroll_with_keys(ui, height);
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
}

/// Moves the page by the keys that would walk through time elsewhere.
fn scroll_with_keys(ui: &Ui, page: f32) {
    const LINE: f32 = 48.0;
    let keys = [
        (Key::ArrowDown, LINE),
        (Key::ArrowUp, -LINE),
        (Key::ArrowRight, LINE),
        (Key::ArrowLeft, -LINE),
        (Key::PageDown, page - LINE),
        (Key::PageUp, LINE - page),
        (Key::Space, page - LINE),
        (Key::End, 1e5),
        (Key::Home, -1e5),
    ];
    // Nothing on the sheet can have the focus, so nothing behind it may.
    super::dispatch::surrender_focus(ui.ctx());
    let by: f32 = ui.input(|input| keys.iter().map(|&(key, by)| input.num_presses(key) as f32 * by).sum());
    if by != 0.0 {
        ui.scroll_with_delta_animation(egui::vec2(0.0, -by), egui::style::ScrollAnimation::none());
        // The page is laid out before it is moved.
        ui.ctx().request_repaint();
    }
}

fn row(ui: &mut Ui, entry: &Entry) {
    let keys: Vec<String> = entry.keys.iter().map(shortcut_text).collect();
    keys_row(ui, &keys.join("  "), entry.title, entry.help);
}

fn keys_row(ui: &mut Ui, keys: &str, title: &str, help: &str) {
    ui.horizontal_wrapped(|ui| {
        if !keys.is_empty() {
            chips::key_hint(ui, keys, "");
        }
        ui.label(title).on_hover_text(help);
    });
}
