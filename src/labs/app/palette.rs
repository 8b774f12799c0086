//! The command palette: everything that can be asked for by name, found by a few letters.

use egui::{Align, Key, Layout, Modifiers, RichText, ScrollArea, TextEdit, Ui};

use super::{Over, TractableApp, left};
use crate::labs::Command;
use crate::labs::command::TABLE;
use crate::labs::document::{Document, lectures};
use crate::ui::chips;

/// What is typed, and the line that Enter takes.
#[derive(Default)]
pub(super) struct Palette {
    text: String,
    at: usize,
}

/// A line of the palette.
struct Line {
    title: String,
    key: String,
    /// One sentence more; empty where the title says it all.
    help: &'static str,
    what: What,
}

/// What a line does.
#[derive(Clone)]
enum What {
    Chapter(usize),
    /// A shipped lecture by its name.
    Lecture(&'static str),
    /// A session that was left.
    GoOn(usize),
    Action(serde_json::Value),
    Command(Command),
}

impl TractableApp {
    /// The list of commands, to search by name. The arrows choose a line, Enter takes it.
    pub(super) fn command_palette(&mut self, ctx: &egui::Context) {
        let screen = ctx.content_rect();
        let mut chosen = None;
        let modal = self.modal("command palette").show(ctx, |ui| {
            ui.set_width((screen.width() - 80.0).clamp(260.0, 520.0));
            // Before the field takes them.
            let moves = walked(ui);
            let field =
                ui.add(TextEdit::singleline(&mut self.palette.text).desired_width(f32::INFINITY).hint_text("a command or a chapter"));
            field.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Search commands"));
            if !field.has_focus() && !field.lost_focus() {
                field.request_focus();
            }
            let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            ui.add_space(4.0);
            let height = (screen.height() * 0.55).max(120.0);
            let found = self.findings();
            let before = if field.changed() { 0 } else { self.palette.at };
            self.palette.at = before.saturating_add_signed(moves).min(found.len().saturating_sub(1));
            ScrollArea::vertical().max_height(height).min_scrolled_height(height).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 1.0;
                ui.spacing_mut().interact_size.y = 20.0;
                for (index, line) in found.iter().enumerate() {
                    let here = index == self.palette.at;
                    if choice(ui, line, here, here && moves != 0) || (enter && here) {
                        chosen = chosen.take().or_else(|| Some(line.what.clone()));
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
            self.take(chosen, ctx);
        }
    }

    fn take(&mut self, chosen: What, ctx: &egui::Context) {
        match chosen {
            What::Command(command) => self.run(command, ctx),
            What::Chapter(index) => self.open(index),
            What::Lecture(name) => self.open_lecture(name, ctx),
            What::GoOn(index) => self.going_on = Some(index),
            What::Action(patch) => self.act(&patch),
        }
    }

    /// Opens a shipped lecture.
    pub(super) fn open_lecture(&mut self, name: &str, ctx: &egui::Context) {
        let opened = Document::open(name).and_then(|document| self.open_document(&document, ctx).map(|()| document.title));
        match opened {
            Ok(title) => self.shared.done(format!("{title} is open.")),
            Err(sentence) => self.shared.warn(sentence),
        }
    }

    /// Does what the open lab offers.
    pub(super) fn act(&mut self, patch: &serde_json::Value) {
        if let Some(lab) = &mut self.labs[self.active]
            && let Err(sentence) = lab.restore(patch, &mut self.shared)
        {
            self.shared.warn(sentence);
        }
    }

    /// What the palette's words fit, the best first: lectures, chapters, what the lab offers, commands.
    fn findings(&self) -> Vec<Line> {
        let line = |title: String, what| Line { title, key: String::new(), help: "", what };
        let mut all: Vec<Line> = lectures().iter().map(|(name, title)| line(format!("Lecture: {title}"), What::Lecture(name))).collect();
        for built in [true, false] {
            let of_kind = self.chapters.iter().enumerate().filter(|(_, chapter)| chapter.open.is_some() == built);
            all.extend(of_kind.map(|(index, chapter)| line(format!("Open {}", chapter.title), What::Chapter(index))));
        }
        for (index, session) in self.desk.left.iter().enumerate() {
            all.push(line(format!("Go on with {}", left::words(session)), What::GoOn(index)));
        }
        if let Some(lab) = &self.labs[self.active] {
            all.extend(lab.actions().into_iter().map(|action| line(action.title, What::Action(action.patch))));
        }
        all.extend(TABLE.iter().map(|entry| Line {
            title: entry.title.to_owned(),
            key: entry.command.key_text(),
            help: entry.help,
            what: What::Command(entry.command),
        }));
        let mut scored: Vec<(i32, Line)> =
            all.into_iter().filter_map(|line| Some((score(&self.palette.text, &line.title)?, line))).collect();
        // Stable: what fits equally well stays in the order of the tables.
        scored.sort_by_key(|(score, _)| -score);
        scored.into_iter().map(|(_, line)| line).collect()
    }
}

impl Palette {
    /// As it opens: nothing typed, the first line chosen.
    pub(super) fn clear(&mut self) {
        *self = Palette::default();
    }
}

/// How many lines the arrow keys go down (or up, if negative) in this frame.
fn walked(ui: &Ui) -> isize {
    const PAGE: isize = 10;
    ui.input_mut(|input| {
        [(Key::ArrowDown, 1), (Key::ArrowUp, -1), (Key::PageDown, PAGE), (Key::PageUp, -PAGE)]
            .into_iter()
            .map(|(key, by)| input.count_and_consume_key(Modifiers::NONE, key) as isize * by)
            .sum()
    })
}

/// A line: its title and key, the sentence below it while it is chosen.
fn choice(ui: &mut Ui, line: &Line, here: bool, arrived: bool) -> bool {
    let palette = crate::ui::theme::Palette::of(ui);
    let row = ui.horizontal(|ui| {
        let response = ui.add(egui::Button::selectable(here, line.title.as_str()));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(RichText::new(&line.key).monospace().small().color(palette.text_dim));
        });
        response.clicked()
    });
    if here && !line.help.is_empty() {
        ui.label(RichText::new(line.help).small().color(palette.text_dim));
    }
    if arrived {
        row.response.scroll_to_me(None);
    }
    row.inner
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
