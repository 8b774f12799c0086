//! Takes the keys of the command table out of the input before egui sees them.
//!
//! Otherwise Space would run the model *and* click the focused button, and arrows would move the focus. This is a plugin rather than
//! `App::raw_input_hook` because the plugin's hook, called at the same place, also runs in the tests' harness.

use std::collections::HashSet;
use std::path::PathBuf;

use egui::{Context, Event, Key, RawInput, ViewportId};

use super::{Command, code};
use crate::ui::cursor;

/// The hook and the commands that it has collected.
#[derive(Default)]
pub struct KeyPlugin {
    commands: Vec<Command>,
    /// Keys that are down and whose press was taken.
    held: HashSet<(ViewportId, Key)>,
    /// A clicker walks through the steps of a lecture instead of the lab's.
    pub lecture: bool,
    /// Files that were dropped on the window, and codes that were pasted into it.
    pub dropped: Vec<PathBuf>,
    /// While something is open that takes all keys (a sheet, a question), the only commands that still have a meaning.
    pub modal: Option<&'static [Command]>,
    /// The window in which the last command was typed.
    pub typed_in: ViewportId,
    /// Arrow keys belong to the focused canvas.
    pub canvas_cursor: bool,
    /// What was typed after a command that opens a field, before the field was there.
    ahead: Option<Ahead>,
}

/// Typed ahead: on a slow machine Ctrl+O and the path after it come in one frame. The letters are for the field, not for the lab.
struct Ahead {
    window: ViewportId,
    /// The frame of this window, by egui's count, in which the field has the focus.
    frame: u64,
    events: Vec<Event>,
}

impl KeyPlugin {
    /// The commands since the last call, in order.
    pub fn take(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    /// A window closes: what was typed ahead in it is for nobody.
    pub fn forget_window(&mut self, window: ViewportId) {
        self.ahead.take_if(|ahead| ahead.window == window);
    }

    /// Decides about one event: true if egui must not see it.
    fn takes(&mut self, ctx: &Context, window: ViewportId, event: &Event) -> bool {
        if let Event::Paste(text) = event
            && code::is_code(text)
            && self.modal.is_none()
            && !ctx.text_edit_focused()
        {
            self.dropped.push(text.trim().into());
            return true;
        }
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
        let main = window == ViewportId::ROOT;
        if !main {
            // Commands are carried out at the beginning of the main window's frame.
            ctx.request_repaint_of(ViewportId::ROOT);
        }
        if command.is_some_and(Command::opens_a_field) {
            // Another window's frame lies inside the main one's, in which the command is not carried out any more.
            let frame = ctx.cumulative_frame_nr_for(window) + if main { 1 } else { 2 };
            self.ahead = Some(Ahead { window, frame, events: Vec::new() });
            ctx.request_repaint_of(window);
        }
        true
    }

    /// At the beginning of a frame of the window in which something was typed ahead: gives it back before what has `arrived`, once the field
    /// is there.
    fn wait_for_the_field(&mut self, ctx: &Context, arrived: &mut Vec<Event>) {
        let Some(ahead) = self.ahead.take() else { return };
        if ctx.cumulative_frame_nr_for(ahead.window) >= ahead.frame {
            arrived.splice(0..0, ahead.events);
        } else {
            ctx.request_repaint_of(ahead.window);
            self.ahead = Some(ahead);
        }
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
        let mut arrived = std::mem::take(&mut input.events);
        if self.ahead.as_ref().is_some_and(|ahead| ahead.window == window) {
            self.wait_for_the_field(ctx, &mut arrived);
        }
        for event in arrived {
            match &mut self.ahead {
                Some(ahead) if ahead.window == window && is_typed(&event) => ahead.events.push(event),
                _ => {
                    if !self.takes(ctx, window, &event) {
                        input.events.push(event);
                    }
                }
            }
        }
    }
}

/// Whether an event comes from the keyboard.
fn is_typed(event: &Event) -> bool {
    matches!(event, Event::Key { .. } | Event::Text(_) | Event::Paste(_) | Event::Copy | Event::Cut | Event::Ime(_))
}
