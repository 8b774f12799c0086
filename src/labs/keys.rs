//! Takes the keys of the command table out of the input before egui sees them.
//!
//! Otherwise Space would run the model *and* click the focused button, and arrows would move the focus. This is a plugin rather than
//! `App::raw_input_hook` because the plugin's hook, called at the same place, also runs in the tests' harness.

use std::collections::HashSet;
use std::path::PathBuf;

use egui::{Context, Event, Key, RawInput, ViewportId};

use super::Command;
use crate::ui::cursor;

/// The hook and the commands that it has collected.
#[derive(Default)]
pub struct KeyPlugin {
    commands: Vec<Command>,
    /// Keys that are down and whose press was taken.
    held: HashSet<(ViewportId, Key)>,
    /// A clicker walks through the steps of a lecture instead of the lab's.
    pub lecture: bool,
    /// Files that were dropped on the window.
    pub dropped: Vec<PathBuf>,
    /// While something is open that takes all keys (a sheet, a question), the only commands that still have a meaning.
    pub modal: Option<&'static [Command]>,
    /// The window in which the last command was typed.
    pub typed_in: ViewportId,
    /// Arrow keys belong to the focused canvas.
    pub canvas_cursor: bool,
}

impl KeyPlugin {
    /// The commands since the last call, in order.
    pub fn take(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    /// Decides about one event: true if egui must not see it.
    fn takes(&mut self, ctx: &Context, window: ViewportId, event: &Event) -> bool {
        let Event::Key { key, pressed, modifiers, .. } = event else {
            return false;
        };
        if !pressed {
            // Only a press that was taken takes its release along.
            return self.held.remove(&(window, *key));
        }
        if !Command::owns_key(*key, *modifiers) || self.belongs_to_a_widget(ctx, *key) {
            return false;
        }
        if let Some(meant) = self.modal
            && !Command::from_key(*key, *modifiers, false).is_some_and(|command| meant.contains(&command))
        {
            return false;
        }
        self.typed_in = window;
        // egui marks repeats only after this hook, so they are told apart here.
        let repeat = !self.held.insert((window, *key));
        let command = match key {
            Key::PageDown if self.lecture && modifiers.is_none() => Some(Command::LectureNext),
            Key::PageUp if self.lecture && modifiers.is_none() => Some(Command::LectureBack),
            _ => Command::from_key(*key, *modifiers, repeat),
        };
        self.commands.extend(command);
        if window != ViewportId::ROOT {
            // Commands are carried out at the beginning of the main window's frame.
            ctx.request_repaint_of(ViewportId::ROOT);
        }
        true
    }

    fn belongs_to_a_widget(&self, ctx: &Context, key: Key) -> bool {
        let function_key = matches!(key, Key::F1 | Key::F3 | Key::F5 | Key::F11);
        if function_key {
            return false;
        }
        let arrow = matches!(key, Key::ArrowLeft | Key::ArrowRight | Key::ArrowUp | Key::ArrowDown);
        ctx.text_edit_focused() || ctx.any_popup_open() || (arrow && (self.canvas_cursor || cursor::arrows_kept(ctx)))
    }
}

impl egui::Plugin for KeyPlugin {
    fn debug_name(&self) -> &'static str {
        "tractable keys"
    }

    fn input_hook(&mut self, ctx: &Context, input: &mut RawInput) {
        if !input.focused {
            // Releases are lost while another window has the keyboard.
            self.held.retain(|(window, _)| *window != input.viewport_id);
        }
        // The frame looks into the files and finds the lab that they are for.
        self.dropped.extend(input.dropped_files.drain(..).map(|file| file.path().to_owned()));
        let window = input.viewport_id;
        input.events.retain(|event| !self.takes(ctx, window, event));
    }
}
