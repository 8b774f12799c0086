//! Keys do what the table says, and only where they should.

use egui::{Event, Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tractable::labs::command::{TABLE, shortcut_text};
use tractable::labs::{Command, TractableApp};
use tractable::ui::theme::Theme;
use tractable::ui::units::Units;

use crate::harness::echo;

fn press(window: &mut Harness<'_, TractableApp>, key: Key) {
    press_with(window, Modifiers::NONE, key);
}

fn press_with(window: &mut Harness<'_, TractableApp>, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run_steps(2);
}

#[track_caller]
fn at(window: &Harness<'_, TractableApp>, place: &str) {
    assert!(window.query_by_label(&format!("Position, {place}")).is_some(), "expected {place}");
}

#[test]
fn arrows_and_a_clicker_walk_through_time() {
    let mut window = echo();
    press(&mut window, Key::ArrowRight);
    press(&mut window, Key::PageDown);
    at(&window, "place 2 standing");
    press(&mut window, Key::PageUp);
    at(&window, "place 1 standing");
    press_with(&mut window, Modifiers::SHIFT, Key::ArrowRight);
    at(&window, "place 6 standing");
    press(&mut window, Key::End);
    at(&window, "place 20 standing");
    press(&mut window, Key::ArrowRight);
    at(&window, "place 20 standing");
    press(&mut window, Key::Home);
    press(&mut window, Key::ArrowLeft);
    at(&window, "place 0 standing");
}

#[test]
fn space_runs_and_does_not_click_what_has_the_focus() {
    let mut window = echo();
    window.get_by_label("a switch").focus();
    window.run_steps(2);
    press(&mut window, Key::Space);
    at(&window, "place 0 running");
    assert!(window.query_by_label("switch false").is_some());
    press(&mut window, Key::Enter);
    assert!(window.query_by_label("switch true").is_some(), "Enter clicks");
}

/// A slow machine gets Ctrl+O and the path after it in one frame: no letter may act on the lab or be lost.
#[test]
fn what_is_typed_ahead_of_a_field_is_for_the_field() {
    for (command, field) in [(Key::O, "Path of the file"), (Key::S, "Path of the session"), (Key::K, "Search commands")] {
        let mut window = echo();
        let events = &mut window.input_mut().events;
        // After the command the keys of Reset, Run, "next" and Blank.
        for (key, modifiers, text) in [
            (command, Modifiers::COMMAND, ""),
            (Key::R, Modifiers::NONE, "r"),
            (Key::Space, Modifiers::NONE, " "),
            (Key::ArrowRight, Modifiers::NONE, ""),
            (Key::B, Modifiers::NONE, "b"),
        ] {
            let key_event = |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers };
            events.push(key_event(true));
            if !text.is_empty() {
                events.push(Event::Text(text.into()));
            }
            events.push(key_event(false));
        }
        window.run_steps(4);
        at(&window, "place 0 standing");
        let written = window.get_by_label(field).value().unwrap_or_default();
        assert!(written.ends_with("r b"), "{field}: {written}");
        press(&mut window, Key::Escape);
        press(&mut window, Key::ArrowRight);
        at(&window, "place 1 standing");
    }
}

#[test]
fn a_slider_reached_with_tab_keeps_its_arrows() {
    let mut window = echo();
    window.get_by_role_and_label(egui::accesskit::Role::Slider, "a number").focus();
    window.run_steps(3);
    press(&mut window, Key::ArrowRight);
    at(&window, "place 0 standing");
    assert!(window.query_by_label("number 0.00").is_none(), "the slider moved");
}

#[test]
fn every_key_of_a_lab_reaches_it() {
    for entry in TABLE {
        // Commands of the window itself never reach the lab, and typing is not a lab command.
        if !matches!(
            entry.command,
            Command::Grid | Command::Preset(_) | Command::Train | Command::Samples | Command::Undo | Command::LogDet
        ) {
            continue;
        }
        for shortcut in entry.keys {
            let mut window = echo();
            press_with(&mut window, shortcut.modifiers, shortcut.logical_key);
            let expected = format!("last command: {}", entry.id);
            assert!(window.query_by_label(&expected).is_some(), "{} should be {}", shortcut_text(shortcut), entry.id);
        }
    }
}

#[test]
fn a_command_that_means_nothing_here_says_so() {
    let mut window = echo();
    press(&mut window, Key::L);
    assert!(window.state().shared().toasts[0].text.contains("Log-determinant"));
    press(&mut window, Key::G);
    assert_eq!(window.state().shared().toasts.len(), 1, "what was handled is not commented");
}

#[test]
fn a_new_seed_is_another_one_and_reset_keeps_it() {
    let mut window = echo();
    press(&mut window, Key::R);
    assert_eq!(window.state().shared().seed, 541);
    press(&mut window, Key::N);
    let seed = window.state().shared().seed;
    // One chance in 99,999 that the die shows the old number.
    assert_ne!(seed, 541);
    assert!(window.query_by_label(&format!("seed in the lab: {seed}")).is_some());
    press(&mut window, Key::R);
    assert_eq!(window.state().shared().seed, seed);
}

#[test]
fn the_sheet_lists_the_table_and_esc_closes_one_thing() {
    let mut window = echo();
    press_with(&mut window, Modifiers::SHIFT, Key::Questionmark);
    window.run_steps(3);
    for entry in TABLE {
        if !matches!(entry.command, Command::Preset(_)) {
            assert!(window.query_all_by_label(entry.title).next().is_some(), "{} is not on the sheet", entry.title);
        }
    }
    assert!(window.query_by_label("Presets").is_some());
    press(&mut window, Key::Escape);
    window.run_steps(3);
    assert!(window.query_by_label("Presets").is_none());
    assert!(window.query_by_label("an explanation").is_some(), "the program is still there");
}

#[test]
fn the_sheet_and_the_dialogs_take_all_keys() {
    let mut window = echo();
    window.get_by_label("a switch").focus();
    window.run_steps(2);
    press_with(&mut window, Modifiers::SHIFT, Key::Questionmark);
    window.run_steps(3);
    let last = TABLE.iter().rfind(|entry| entry.group == tractable::labs::command::Group::Lab).unwrap().title;
    let bottom = |window: &Harness<'_, TractableApp>| window.get_by_label(last).rect().bottom();
    let before = bottom(&window);
    for key in [Key::ArrowRight, Key::G, Key::Space, Key::Enter, Key::ArrowDown, Key::End] {
        press(&mut window, key);
    }
    window.run_steps(3);
    assert!(bottom(&window) < before || before < 700.0, "the page moved, or all of it is there");
    assert!(bottom(&window) < 700.0, "the last row is reached: {}", bottom(&window));
    press(&mut window, Key::Escape);
    at(&window, "place 0 standing");
    assert!(window.query_by_label("last command: ").is_some() && window.query_by_label("switch false").is_some(), "nothing came through");
    press_with(&mut window, Modifiers::COMMAND, Key::E);
    window.get_by_label("PNG").focus();
    window.run_steps(2);
    for key in [Key::ArrowRight, Key::G, Key::T] {
        press(&mut window, key);
    }
    press(&mut window, Key::Escape);
    window.run_steps(2);
    assert!(window.query_by_label("Export now").is_none());
    at(&window, "place 0 standing");
    assert!(window.query_by_label("last command: ").is_some(), "nothing came through");
    press(&mut window, Key::ArrowRight);
    at(&window, "place 1 standing");
}

#[test]
fn what_is_said_in_one_chapter_does_not_stay_on_another_page() {
    let mut window = echo();
    press(&mut window, Key::K);
    assert_eq!(window.state().shared().toasts.len(), 1);
    window.get_by_role_and_label(egui::accesskit::Role::Tab, "Flow lab").click();
    window.run_steps(3);
    assert!(window.state().shared().toasts.is_empty());
}

#[test]
fn the_palette_finds_a_command_by_a_few_letters() {
    let mut window = echo();
    press_with(&mut window, Modifiers::COMMAND, Key::K);
    window.run_steps(3);
    window.event(egui::Event::Text("natsor".into()));
    window.run_steps(3);
    press(&mut window, Key::Enter);
    window.run_steps(3);
    assert_eq!(window.state().shared().units, Units::Bits);
    assert!(window.query_by_label("Search commands").is_none(), "it closes");
}

#[test]
fn themes_units_folding_and_blank() {
    let mut window = echo();
    press(&mut window, Key::T);
    assert_eq!(window.state().shared().theme, Theme::Light);
    press(&mut window, Key::F5);
    assert_eq!(window.state().shared().theme, Theme::Projector);
    press(&mut window, Key::Escape);
    assert_eq!(window.state().shared().theme, Theme::Light, "F5 then Esc leaves everything as it was");
    press(&mut window, Key::U);
    assert_eq!(window.state().shared().units, Units::Bits);
    press(&mut window, Key::F);
    assert!(window.query_by_label("an explanation").is_none());
    press(&mut window, Key::F);
    assert!(window.query_by_label("an explanation").is_some());
    press_with(&mut window, Modifiers::SHIFT, Key::F);
    assert!(window.query_by_label("Video pixel nets").is_none());
    for blank in [Key::B, Key::Period] {
        press(&mut window, blank);
        assert!(window.query_by_label("an explanation").is_none());
        press(&mut window, Key::PageDown);
        press(&mut window, blank);
        at(&window, "place 0 standing");
    }
}

#[test]
fn speed_doubles_and_halves() {
    let mut window = echo();
    press(&mut window, Key::CloseBracket);
    assert!(window.query_by_label("16 a second").is_some());
    press(&mut window, Key::OpenBracket);
    press(&mut window, Key::OpenBracket);
    assert!(window.query_by_label("4 a second").is_some());
}

#[test]
fn letters_typed_into_a_field_are_letters() {
    let mut window = echo();
    window.get_by_label("Seed 541").click();
    window.run_steps(3);
    press(&mut window, Key::T);
    press(&mut window, Key::Space);
    assert_eq!(window.state().shared().theme, Theme::Dark);
    at(&window, "place 0 standing");
}

#[test]
fn ctrl_plus_and_minus_scale_everything() {
    let mut window = echo();
    let before = window.ctx.zoom_factor();
    press_with(&mut window, Modifiers::COMMAND, Key::Plus);
    assert!(window.ctx.zoom_factor() > before);
    press_with(&mut window, Modifiers::COMMAND, Key::Minus);
    press_with(&mut window, Modifiers::COMMAND, Key::Minus);
    assert!(window.ctx.zoom_factor() < before);
    press_with(&mut window, Modifiers::COMMAND, Key::Num0);
    assert_eq!(window.ctx.zoom_factor(), before);
}
