//! The `?` sheet and the command palette: both read the one table.

use egui::{Key, RichText, ScrollArea, TextEdit, Ui};

use super::{Over, TractableApp, left};
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

    /// The list of commands, to search by name.
    pub(super) fn command_palette(&mut self, ctx: &egui::Context) {
        let palette = self.shared.palette();
        let screen = ctx.content_rect();
        let mut chosen = None;
        let modal = self.modal("command palette").show(ctx, |ui| {
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
                let found = self.findings();
                for (index, (title, key, what)) in found.iter().enumerate() {
                    if choice(ui, title, key, palette.text_dim) || (enter && index == 0) {
                        chosen = chosen.take().or_else(|| Some(what.clone()));
                    }
                }
                if found.is_empty() {
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
                What::Command(command) => self.run(command, ctx),
                What::Chapter(index) => self.open(index),
                What::GoOn(index) => self.going_on = Some(index),
                What::Action(patch) => {
                    if let Some(lab) = &mut self.labs[self.active]
                        && let Err(sentence) = lab.restore(&patch, &mut self.shared)
                    {
                        self.shared.warn(sentence);
                    }
                }
            }
        }
    }

    /// What the palette's words fit, the best first: chapters, what the lab offers, commands.
    fn findings(&self) -> Vec<(String, String, What)> {
        let mut all = Vec::new();
        for (index, chapter) in self.chapters.iter().enumerate() {
            all.push((format!("Open {}", chapter.title), String::new(), What::Chapter(index)));
        }
        for (index, session) in self.desk.left.iter().enumerate() {
            all.push((format!("Go on with {}", left::words(session)), String::new(), What::GoOn(index)));
        }
        if let Some(lab) = &self.labs[self.active] {
            all.extend(lab.actions().into_iter().map(|action| (action.title, String::new(), What::Action(action.patch))));
        }
        all.extend(TABLE.iter().map(|entry| (entry.title.to_owned(), entry.command.key_text(), What::Command(entry.command))));
        let mut scored: Vec<(i32, _)> = all.into_iter().filter_map(|row| Some((score(&self.palette_text, &row.0)?, row))).collect();
        // Stable: what fits equally well stays in the order of the tables.
        scored.sort_by_key(|(score, _)| -score);
        scored.into_iter().map(|(_, row)| row).collect()
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

/// What a line of the palette does.
#[derive(Clone)]
enum What {
    Chapter(usize),
    /// A session that was left.
    GoOn(usize),
    Action(serde_json::Value),
    Command(Command),
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

/// How well the letters of `wanted` fit `title`, if they occur in it in this order: letters that begin a word and letters that follow one
/// another count more, and a short title fits better than a long one.
fn score(wanted: &str, title: &str) -> Option<i32> {
    let letters: Vec<char> = title.chars().flat_map(char::to_lowercase).collect();
    let (mut at, mut total, mut last) = (0, 0, None);
    for letter in wanted.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase) {
        let fits = |i: &usize| letters[*i] == letter;
        let starts = |i: &usize| *i == 0 || !letters[*i - 1].is_alphanumeric();
        // The next letter in line, else the next beginning of a word, else anywhere.
        let next = Some(at).filter(|i| *i < letters.len() && fits(i) && last.is_some());
        let found = next.or_else(|| (at..letters.len()).find(|i| fits(i) && starts(i))).or_else(|| (at..letters.len()).find(fits))?;
        total += 1 + if starts(&found) { 6 } else { 0 } + if last.is_some_and(|last: usize| last + 1 == found) { 4 } else { 0 };
        (at, last) = (found + 1, Some(found));
    }
    Some(if last.is_none() { 0 } else { 8 * total - letters.len() as i32 })
}

#[cfg(test)]
mod tests {
    use super::score;

    #[test]
    fn letters_in_order_find_a_command() {
        assert!(score("nwsd", "New seed").is_some());
        assert_eq!(score("", "New seed"), Some(0));
        assert!(score("sn", "New").is_none());
    }

    #[test]
    fn the_beginnings_of_words_and_runs_of_letters_come_first() {
        assert!(score("ns", "New seed") > score("ns", "Samples of densities"));
        assert!(score("fit", "Fit") > score("fit", "Fold the list"));
        assert!(score("moons", "Two moons") > score("moons", "More of one sum"));
    }
}
