//! The one table of commands: key presses, tooltips, the `?` sheet, the palette and the tests all read it.

use egui::{Key, KeyboardShortcut, Modifiers};

/// Something that a key, a clicker, a button or the palette can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Lets time run or stand.
    RunPause,
    /// One step forward.
    Step,
    /// One step back.
    Back,
    /// A large step forward: a row, ten layers.
    LargeStep,
    /// A large step back.
    LargeBack,
    /// A smaller step: one arithmetic idea.
    MicroStep,
    /// A smaller step back.
    MicroBack,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// Half the speed.
    Slower,
    /// Twice the speed.
    Faster,
    /// A preset, counted from 1.
    Preset(u8),
    /// The same noise from the beginning.
    Reset,
    /// Other noise.
    NewSeed,
    /// Starts or pauses training.
    Train,
    /// To the next place where the model hesitates.
    NextSurprise,
    /// The warped grid.
    Grid,
    /// The density as a colour field.
    Density,
    /// Samples.
    Samples,
    /// The log-determinant field.
    LogDet,
    /// Keeps the probe or the pixel under the pointer.
    Pin,
    /// Everything into view.
    Fit,
    /// Arrow keys move the canvas's cursor instead of time.
    CanvasCursor,
    /// Takes the last change back.
    Undo,
    /// Makes the change again.
    Redo,
    /// Saves the weights or the session.
    Save,
    /// Saves the session: everything that was set, drawn and trained.
    SaveSession,
    /// Opens a file: a session, a lesson, weights, points, an image.
    OpenFile,
    /// Saves a picture, a clip or a table.
    Export,
    /// Puts the state into the clipboard as one word of text.
    CopyCode,
    /// Tells the check sum of the numbers on show.
    CheckSum,
    /// The class guesses before the model draws.
    Bet,
    /// Two models or settings side by side.
    Compare,
    /// The menu of what can be laid over the picture.
    Overlays,
    /// The next step of the explanation.
    NextExplain,
    /// The step before.
    PreviousExplain,
    /// The view as it was when the lab opened.
    ResetView,
    /// The model as it was shipped.
    ResetModel,
    /// The lab as it was when it opened.
    ResetAll,
    /// Nats or bits.
    Units,
    /// Dark or light.
    Theme,
    /// Large type on white for a lecture hall, and back.
    Projector,
    /// The presenter's window with notes, and the audience's window without them.
    Presenter,
    /// The next step of the lecture.
    LectureNext,
    /// The step of the lecture before.
    LectureBack,
    /// The audience's picture stands still while the presenter goes on.
    Freeze,
    /// A bright circle follows the pointer, the rest is dimmed.
    Spotlight,
    /// Folds or unfolds the two side panels.
    FoldPanels,
    /// Folds or unfolds the chapter rail.
    FoldRail,
    /// Larger type.
    ScaleUp,
    /// Smaller type.
    ScaleDown,
    /// The type size that the theme intends.
    ScaleReset,
    /// Full screen and back.
    FullScreen,
    /// Blanks the window and back.
    Blank,
    /// Cuts instead of movements.
    ReducedMotion,
    /// The frame-time figures.
    FrameTimes,
    /// The list of commands, to search.
    Palette,
    /// The sheet of keys.
    Sheet,
    /// Closes one thing, never the program.
    Close,
}

/// Where the `?` sheet lists a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Walking through time.
    Time,
    /// What the lab shows and does.
    Lab,
    /// The window.
    Window,
}

impl Group {
    /// All groups in the sheet's order.
    pub const ALL: [Self; 3] = [Self::Time, Self::Lab, Self::Window];

    /// The heading in the sheet.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Time => "Time",
            Self::Lab => "The picture",
            Self::Window => "The window",
        }
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What is done.
    pub command: Command,
    /// A stable name for tests and scripts.
    pub id: &'static str,
    /// A few words for buttons and the palette.
    pub title: &'static str,
    /// One sentence for the sheet.
    pub help: &'static str,
    /// The keys, the first one is the one that tooltips show.
    pub keys: &'static [KeyboardShortcut],
    /// Whether holding the key repeats it.
    pub repeats: bool,
    /// Its part of the sheet.
    pub group: Group,
}

const fn plain(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}
const fn shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::SHIFT, key)
}
const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}
const fn ctrl_shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key)
}

macro_rules! entries {
    ($($group:ident { $($command:expr, $id:literal, $title:literal, $help:literal, [$($key:expr),*] $(, $repeats:ident)?;)* })*) => {
        &[$($(Entry {
            command: $command, id: $id, title: $title, help: $help, keys: &[$($key),*],
            repeats: entries!(@repeats $($repeats)?), group: Group::$group,
        },)*)*]
    };
    (@repeats) => { false };
    (@repeats repeats) => { true };
}

/// Every command with its keys.
pub const TABLE: &[Entry] = entries! {
    Time {
        Command::RunPause, "run-pause", "Run or pause", "Lets time run, or stand still.", [plain(Key::Space)];
        Command::Step, "step", "One step", "One pixel, one layer.", [plain(Key::ArrowRight), plain(Key::PageDown)], repeats;
        Command::Back, "back", "One step back", "Shows exactly what was there.", [plain(Key::ArrowLeft), plain(Key::PageUp)], repeats;
        Command::LargeStep, "large-step", "Large step", "A row of the image, ten layers.", [shift(Key::ArrowRight), shift(Key::PageDown)], repeats;
        Command::LargeBack, "large-back", "Large step back", "The same, backwards.", [shift(Key::ArrowLeft), shift(Key::PageUp)], repeats;
        Command::MicroStep, "micro-step", "Smaller step", "One idea inside a step: gather, logits, softmax, draw.", [plain(Key::ArrowDown)], repeats;
        Command::MicroBack, "micro-back", "Smaller step back", "The same, backwards.", [plain(Key::ArrowUp)], repeats;
        Command::Home, "home", "To the beginning", "The first place.", [plain(Key::Home)];
        Command::End, "end", "To the end", "The last place.", [plain(Key::End)];
        Command::Slower, "slower", "Slower", "Half the speed.", [plain(Key::OpenBracket)], repeats;
        Command::Faster, "faster", "Faster", "Twice the speed.", [plain(Key::CloseBracket)], repeats;
        Command::NextSurprise, "next-surprise", "Next surprising place", "The next place where the model hesitates.", [plain(Key::E)], repeats;
        Command::Reset, "reset", "Again, same seed", "From the beginning with the same noise.", [plain(Key::R)];
        Command::NewSeed, "new-seed", "New seed", "Other noise; the seed is shown at the top.", [plain(Key::N)];
    }
    Lab {
        Command::Preset(1), "preset-1", "Preset 1", "The digits 1 to 9 choose what the lab offers first.", [plain(Key::Num1)];
        Command::Preset(2), "preset-2", "Preset 2", "The second preset.", [plain(Key::Num2)];
        Command::Preset(3), "preset-3", "Preset 3", "The third preset.", [plain(Key::Num3)];
        Command::Preset(4), "preset-4", "Preset 4", "The fourth preset.", [plain(Key::Num4)];
        Command::Preset(5), "preset-5", "Preset 5", "The fifth preset.", [plain(Key::Num5)];
        Command::Preset(6), "preset-6", "Preset 6", "The sixth preset.", [plain(Key::Num6)];
        Command::Preset(7), "preset-7", "Preset 7", "The seventh preset.", [plain(Key::Num7)];
        Command::Preset(8), "preset-8", "Preset 8", "The eighth preset.", [plain(Key::Num8)];
        Command::Preset(9), "preset-9", "Preset 9", "The ninth preset.", [plain(Key::Num9)];
        Command::Train, "train", "Train or pause training", "The model learns while you watch.", [plain(Key::K)];
        Command::Grid, "grid", "Grid", "The grid, warped by the layers.", [plain(Key::G)];
        Command::Density, "density", "Density", "p(x) as a colour field.", [plain(Key::D)];
        Command::Samples, "samples", "Samples", "What the model draws by itself.", [plain(Key::S)];
        Command::LogDet, "log-det", "Log-determinant", "Where a layer stretches and where it squeezes.", [plain(Key::L)];
        Command::Pin, "pin", "Pin", "Keeps the point or pixel under the pointer.", [plain(Key::P)];
        Command::Fit, "fit", "Fit", "Everything into view.", [plain(Key::Z)];
        Command::CanvasCursor, "canvas-cursor", "Canvas cursor", "Arrow keys move over the picture instead of through time.", [plain(Key::C)];
        Command::Undo, "undo", "Undo", "Takes the last change back.", [ctrl(Key::Z)], repeats;
        Command::Redo, "redo", "Redo", "Makes it again.", [ctrl(Key::Y), ctrl_shift(Key::Z)], repeats;
        Command::Bet, "bet", "Bet", "The picture waits for a guess before the model draws.", [plain(Key::Q)];
        Command::Compare, "compare", "Compare", "Two models or settings side by side, on the same noise.", [plain(Key::X)];
        Command::Overlays, "overlays", "Overlays", "O, then a letter: what lies over the picture.", [plain(Key::O)];
        Command::NextExplain, "next-explain", "Next explanation", "The next step of the text at the right.", [shift(Key::ArrowDown)];
        Command::PreviousExplain, "previous-explain", "Explanation before", "The step before.", [shift(Key::ArrowUp)];
        Command::SaveSession, "save-session", "Save session", "Everything that was set, drawn and trained, in one file beside its weights.", [ctrl(Key::S)];
        Command::Save, "save", "Save weights", "Only what was trained.", [ctrl_shift(Key::S)];
        Command::OpenFile, "open-file", "Open a file", "A session, a lesson, weights, points or an image.", [ctrl(Key::O)];
        Command::Export, "export", "Export", "A picture, a clip, a table of numbers.", [ctrl(Key::E)];
        Command::CopyCode, "copy-code", "Copy as a code", "What is on screen as one word for a slide; Ctrl+O opens it, or Ctrl+V on the window.", [];
        Command::CheckSum, "check-sum", "Check sum", "Of all numbers on show: the same numbers, the same sum. Pause what trains before you compare.", [];
        Command::ResetView, "reset-view", "Reset the view", "Zoom, overlays and pins as they were; model and data stay.", [shift(Key::Z)];
        Command::ResetModel, "reset-model", "Reset the model", "The shipped weights and settings; what was trained here is lost.", [];
        Command::ResetAll, "reset-all", "Reset everything", "The lab as it opened; drawings and training are lost.", [];
        Command::Units, "units", "Nats or bits", "The unit of every log-probability.", [plain(Key::U)];
    }
    Window {
        Command::Theme, "theme", "Dark or light", "Changes the theme.", [plain(Key::T)];
        Command::Projector, "projector", "Projector", "Large type on white, and back.", [plain(Key::F5)];
        Command::Presenter, "presenter", "Presenter", "A second window with notes, the next step and private controls.", [shift(Key::F5)];
        Command::LectureNext, "lecture-next", "Next step of the lecture", "In a show PageDown alone does it.", [ctrl(Key::PageDown)], repeats;
        Command::LectureBack, "lecture-back", "Step of the lecture before", "In a show PageUp alone does it.", [ctrl(Key::PageUp)], repeats;
        Command::Freeze, "freeze", "Freeze the audience", "The audience's picture stands still; the presenter has the lab.", [plain(Key::W)];
        Command::Spotlight, "spotlight", "Spotlight", "A bright circle follows the pointer.", [shift(Key::W)];
        Command::FoldPanels, "fold-panels", "Fold the side panels", "Leaves the whole width to the picture.", [plain(Key::F)];
        Command::FoldRail, "fold-rail", "Fold the chapter list", "Hides the list at the left.", [shift(Key::F)];
        Command::ScaleUp, "scale-up", "Larger", "Everything larger.", [ctrl(Key::Plus), ctrl(Key::Equals)], repeats;
        Command::ScaleDown, "scale-down", "Smaller", "Everything smaller.", [ctrl(Key::Minus)], repeats;
        Command::ScaleReset, "scale-reset", "Normal size", "The size that the theme intends.", [ctrl(Key::Num0)];
        Command::FullScreen, "full-screen", "Full screen", "The whole screen, and back.", [plain(Key::F11)];
        Command::Blank, "blank", "Blank the screen", "Attention to the speaker; press again to go on.", [plain(Key::B), plain(Key::Period)];
        Command::ReducedMotion, "reduced-motion", "Reduced motion", "Cuts instead of movements.", [plain(Key::M)];
        Command::FrameTimes, "frame-times", "Frame times", "What drawing costs this machine.", [plain(Key::F3)];
        Command::Palette, "palette", "All commands", "Search the commands by name.", [ctrl(Key::K)];
        Command::Sheet, "sheet", "Keys", "This sheet.", [plain(Key::Questionmark), plain(Key::F1)];
        Command::Close, "close", "Close one thing", "A sheet, a blank screen, a mode; never the program.", [plain(Key::Escape)];
    }
};

impl Command {
    /// The row of [`TABLE`] that describes this command.
    ///
    /// # Panics
    /// On a preset outside 1 to 9.
    #[must_use]
    pub fn entry(self) -> &'static Entry {
        TABLE.iter().find(|entry| entry.command == self).expect("every command stands in the table")
    }

    /// The command of a key press, if any. `repeat` is true for a key that is held down.
    #[must_use]
    pub fn from_key(key: Key, modifiers: Modifiers, repeat: bool) -> Option<Self> {
        TABLE
            .iter()
            .find(|entry| entry.keys.iter().any(|shortcut| matches(shortcut, key, modifiers)))
            .filter(|entry| entry.repeats || !repeat)
            .map(|entry| entry.command)
    }

    /// Whether this key press belongs to the table, held down or not.
    #[must_use]
    pub fn owns_key(key: Key, modifiers: Modifiers) -> bool {
        Self::from_key(key, modifiers, false).is_some()
    }

    /// Whether it opens something that takes at once what is typed.
    #[must_use]
    pub fn opens_a_field(self) -> bool {
        matches!(self, Self::Palette | Self::Overlays | Self::OpenFile | Self::SaveSession | Self::Export)
    }

    /// The first key as text, `Shift+Right`; empty if there is none.
    #[must_use]
    pub fn key_text(self) -> String {
        self.entry().keys.first().map(shortcut_text).unwrap_or_default()
    }

    /// Title and key, for a tooltip: `Run or pause (Space)`.
    #[must_use]
    pub fn tooltip(self) -> String {
        let entry = self.entry();
        let key = self.key_text();
        if key.is_empty() { entry.title.to_owned() } else { format!("{} ({key})", entry.title) }
    }
}

/// A shortcut as it is printed on a keyboard, the same on every system.
#[must_use]
pub fn shortcut_text(shortcut: &KeyboardShortcut) -> String {
    let mut text = String::new();
    if shortcut.modifiers.command || shortcut.modifiers.ctrl {
        text.push_str("Ctrl+");
    }
    if shortcut.modifiers.shift {
        text.push_str("Shift+");
    }
    text.push_str(match shortcut.logical_key {
        Key::ArrowLeft => "Left",
        Key::ArrowRight => "Right",
        Key::PageUp => "PageUp",
        Key::PageDown => "PageDown",
        Key::OpenBracket => "[",
        Key::CloseBracket => "]",
        Key::Questionmark => "?",
        Key::Period => ".",
        Key::Plus => "+",
        Key::Equals => "=",
        Key::Minus => "−",
        Key::Escape => "Esc",
        key => key.name(),
    });
    text
}

/// Signs such as `?` or `[` need Shift or AltGr on some keyboards, so for them only Ctrl has to agree.
fn matches(shortcut: &KeyboardShortcut, key: Key, modifiers: Modifiers) -> bool {
    let sign = matches!(key, Key::Questionmark | Key::OpenBracket | Key::CloseBracket | Key::Plus | Key::Equals | Key::Minus | Key::Period);
    let ctrl = modifiers.ctrl || modifiers.command || modifiers.mac_cmd;
    key == shortcut.logical_key
        && (sign || (modifiers.shift == shortcut.modifiers.shift && !modifiers.alt))
        && (ctrl == (shortcut.modifiers.command || shortcut.modifiers.ctrl) || (sign && modifiers.alt))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_and_no_name_stands_for_two_commands() {
        for (i, a) in TABLE.iter().enumerate() {
            for b in &TABLE[..i] {
                assert_ne!(a.id, b.id);
                assert_ne!(a.command, b.command);
                assert!(a.keys.iter().all(|key| !b.keys.contains(key)), "{} and {}", a.id, b.id);
            }
        }
    }

    #[test]
    fn every_key_of_the_table_gives_its_command() {
        for entry in TABLE {
            for shortcut in entry.keys {
                let found = Command::from_key(shortcut.logical_key, shortcut.modifiers, false);
                assert_eq!(found, Some(entry.command), "{}", shortcut_text(shortcut));
            }
        }
    }

    #[test]
    fn a_clicker_walks_and_a_held_toggle_does_not_flicker() {
        assert_eq!(Command::from_key(Key::PageDown, Modifiers::NONE, true), Some(Command::Step));
        assert_eq!(Command::from_key(Key::G, Modifiers::NONE, true), None);
        assert!(Command::owns_key(Key::G, Modifiers::NONE));
        assert_eq!(Command::from_key(Key::Questionmark, Modifiers::SHIFT, false), Some(Command::Sheet));
        assert_eq!(Command::from_key(Key::S, Modifiers::CTRL, false), Some(Command::SaveSession));
    }
}
