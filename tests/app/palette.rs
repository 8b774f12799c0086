//! The palette and the menu of overlays, driven by keys; what a person chose is found again.

use std::path::Path;

use egui::{Event, Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use serde_json::json;
use tractable::labs::document::Document;
use tractable::labs::{AppOptions, TractableApp};
use tractable::ui::theme::Theme;
use tractable::ui::units::Units;

use crate::chapter_window::{Window, has, open};
use crate::harness::{chapters, echo};
use crate::presenter::press;

/// Opens the palette and types.
fn search(window: &mut Window, words: &str) {
    press(window, Modifiers::COMMAND, Key::K);
    window.event(Event::Text(words.into()));
    window.run_steps(3);
}

#[test]
fn the_arrows_choose_a_line_and_enter_takes_it() {
    // Two fit "reset the": the view comes first, then the model, which asks before it acts.
    for (downs, ups, asks) in [(0, 0, false), (1, 0, true), (5, 0, true), (5, 1, false)] {
        let mut window = echo();
        search(&mut window, "reset the");
        (0..downs).for_each(|_| press(&mut window, Modifiers::NONE, Key::ArrowDown));
        (0..ups).for_each(|_| press(&mut window, Modifiers::NONE, Key::ArrowUp));
        press(&mut window, Modifiers::NONE, Key::Enter);
        assert!(window.query_by_label("Search commands").is_none(), "it closes");
        assert_eq!(has(&window, "Reset the model?"), asks, "{downs} down, {ups} up");
    }
}

#[test]
fn the_chosen_line_says_what_it_does() {
    let mut window = echo();
    search(&mut window, "reset the view");
    assert!(window.query_by_label("Zoom, overlays and pins as they were; model and data stay.").is_some());
}

#[test]
fn a_lecture_is_found_by_its_title() {
    let mut window = echo();
    search(&mut window, "lecture pixelcnn hour");
    press(&mut window, Modifiers::NONE, Key::Enter);
    window.run_steps(4);
    press(&mut window, Modifiers::COMMAND, Key::PageDown);
    assert!(!has(&window, "No lecture is open"), "its steps can be walked");
    press(&mut window, Modifiers::COMMAND, Key::O);
    assert!(window.query_by_label("The PixelCNN hour").is_some(), "the dialog lists it too");
}

#[test]
fn o_then_a_letter_switches_an_overlay() {
    let mut window = open("flow", json!({}));
    let grid = |window: &Window| window.state().document().view["overlays"]["grid"] == json!(true);
    let before = grid(&window);
    press(&mut window, Modifiers::NONE, Key::O);
    assert!(has(&window, "Over the picture"));
    press(&mut window, Modifiers::NONE, Key::G);
    assert_eq!(grid(&window), !before);
    assert!(!has(&window, "Over the picture"), "it closes");
    press(&mut window, Modifiers::NONE, Key::O);
    press(&mut window, Modifiers::NONE, Key::O);
    assert!(!has(&window, "Over the picture"), "O closes it as well");
    assert_eq!(grid(&window), !before);
}

#[test]
fn where_nothing_lies_over_the_picture_o_says_so() {
    let mut window = echo();
    press(&mut window, Modifiers::NONE, Key::O);
    assert!(has(&window, "“Overlays” has nothing to act on in “PixelCNN”."));
    assert!(!has(&window, "Over the picture"));
}

fn kept(root: &Path) -> Window {
    let options = AppOptions { chapter: Some("pixelcnn".into()), seed: Some(541), keep: Some(root.into()), ..AppOptions::default() };
    let mut window = Harness::builder()
        .with_size(vec2(1280.0, 720.0))
        .build_eframe(move |cc| TractableApp::with_chapters(&cc.egui_ctx, &options, chapters()));
    window.run_steps(3);
    window
}

#[test]
fn theme_units_and_size_are_found_again_but_not_the_lecture_hall() {
    let root = tempfile::tempdir().unwrap();
    let mut first = kept(root.path());
    press(&mut first, Modifiers::NONE, Key::T);
    press(&mut first, Modifiers::NONE, Key::U);
    press(&mut first, Modifiers::COMMAND, Key::Plus);
    press(&mut first, Modifiers::NONE, Key::F5);
    assert_eq!(first.state().shared().theme, Theme::Projector);
    let zoom = |window: &Window| window.ctx.zoom_factor();
    press(&mut first, Modifiers::NONE, Key::F5);
    let large = zoom(&first);
    press(&mut first, Modifiers::NONE, Key::F5);
    drop(first);
    let second = kept(root.path());
    assert_eq!((second.state().shared().theme, second.state().shared().units), (Theme::Light, Units::Bits));
    assert_eq!(zoom(&second), large);
    assert!(large > 1.05);
    std::fs::write(root.path().join("settings.json"), b"{ nonsense").unwrap();
    assert_eq!(kept(root.path()).state().shared().theme, Theme::Dark, "a damaged file is as good as none");
}

#[test]
fn what_a_session_sets_is_not_what_this_machine_chose() {
    let root = tempfile::tempdir().unwrap();
    let mut first = kept(root.path());
    press(&mut first, Modifiers::NONE, Key::T);
    let session = Document {
        format_version: 1,
        chapter: "pixelcnn".into(),
        theme: Some("dark".into()),
        units: Some("bits".into()),
        ..Document::default()
    };
    let ctx = first.ctx.clone();
    first.state_mut().open_document(&session, &ctx).unwrap();
    first.run_steps(4);
    assert_eq!((first.state().shared().theme, first.state().shared().units), (Theme::Dark, Units::Bits));
    drop(first);
    let second = kept(root.path());
    assert_eq!((second.state().shared().theme, second.state().shared().units), (Theme::Light, Units::Nats));
}
