//! The lecture, the presenter's window, the palette's actions, the resets: driven by their labels.

use std::time::{Duration, Instant};

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use serde_json::json;
use tractable::labs::TractableApp;
use tractable::labs::document::{Document, Step};
use tractable::ui::theme::Theme;

use crate::harness::echo;

type Window = Harness<'static, TractableApp>;

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run_steps(4);
}

fn lecture() -> Window {
    let step = |title: &str, at: f64, note: &str| Step { title: title.into(), at: Some(at), note: note.into(), ..Step::default() };
    let steps = vec![
        step("The beginning", 2.0, "Say hello."),
        Step { patch: json!({ "number": 0.5 }), controls: Some(false), ..step("The middle", 7.0, "Breathe.") },
        Step { chapter: Some("flow".into()), controls: Some(true), ..step("The end", 11.0, "Thank them.") },
    ];
    let document = Document { format_version: 1, title: "An hour".into(), chapter: "pixelcnn".into(), steps, ..Document::default() };
    let mut window = echo();
    let ctx = window.ctx.clone();
    window.state_mut().open_document(&document, &ctx).unwrap();
    window.run_steps(3);
    window
}

#[track_caller]
fn at(window: &Window, place: u32) {
    assert!(window.query_by_label(&format!("Position, place {place} standing")).is_some(), "expected place {place}");
}

#[test]
fn f5_begins_the_show_and_a_clicker_walks_through_the_lecture() {
    let mut window = lecture();
    at(&window, 2);
    assert!(window.query_by_label("Say hello.").is_none(), "notes are never on the audience's window");
    press(&mut window, Modifiers::NONE, Key::PageDown);
    at(&window, 3);
    press(&mut window, Modifiers::NONE, Key::F5);
    assert_eq!(window.state().shared().theme, Theme::Projector);
    assert!(window.query_by_label("Say hello.").is_some() && window.query_by_label("Next step").is_some());
    press(&mut window, Modifiers::NONE, Key::PageDown);
    assert!(window.query_by_label("Breathe.").is_some() && window.query_by_label("Say hello.").is_none());
    at(&window, 7);
    assert!(window.query_by_label("an explanation").is_none(), "this step hides the panels");
    press(&mut window, Modifiers::NONE, Key::ArrowRight);
    at(&window, 8);
    window.get_by_label("Next step").click();
    window.run_steps(4);
    assert_eq!(window.state().chapter(), "flow");
    at(&window, 11);
    assert!(window.query_by_label("an explanation").is_some());
    press(&mut window, Modifiers::NONE, Key::PageUp);
    assert!(window.query_by_label("Breathe.").is_some());
    // F5 and Esc come in turn from some clickers: nothing is lost.
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert!(window.query_by_label("Breathe.").is_none());
    assert_eq!(window.state().shared().theme, Theme::Dark);
    press(&mut window, Modifiers::NONE, Key::F5);
    assert!(window.query_by_label("Breathe.").is_some(), "the show goes on where it was");
}

#[test]
fn a_step_chooses_the_places_around_the_canvas_and_the_presenter_the_screen() {
    let step = |title: &str, show: Option<&[&str]>| Step {
        title: title.into(),
        show: show.map(|show| show.iter().map(|&place| place.to_owned()).collect()),
        ..Step::default()
    };
    let steps = vec![step("Controls alone", Some(&["controls"])), step("The same", None), step("Words", Some(&["explain", "transport"]))];
    let document = Document { format_version: 1, title: "Places".into(), chapter: "pixelcnn".into(), steps, ..Document::default() };
    let mut window = echo();
    let ctx = window.ctx.clone();
    window.state_mut().open_document(&document, &ctx).unwrap();
    window.run_steps(3);
    press(&mut window, Modifiers::SHIFT, Key::F5);
    let seen = |window: &Window| {
        let has = |label: &str| window.query_by_label(label).is_some();
        (has("a switch"), has("an explanation"), window.query_by_label_contains("Position, place").is_some())
    };
    for expected in [(true, false, false), (true, false, false), (false, true, true)] {
        assert_eq!(seen(&window), expected);
        press(&mut window, Modifiers::NONE, Key::PageDown);
    }
    window.get_by_label("Screen 2").click();
    let sent = (0..4).any(|_| {
        window.run_steps(1);
        let root = window.output().viewport_output.get(&egui::ViewportId::ROOT);
        root.is_some_and(|root| root.commands.contains(&egui::ViewportCommand::SetMonitor(1)))
    });
    assert!(sent, "the audience's window is asked to move");
    press(&mut window, Modifiers::SHIFT, Key::F5);
    assert_eq!(seen(&window), (true, true, true), "after the show everything is back");
}

#[test]
fn freeze_and_blank_leave_the_presenter_free() {
    let mut window = lecture();
    press(&mut window, Modifiers::NONE, Key::W);
    assert!(window.query_all_by_label_contains("Shift+F5 opens it").next().is_some(), "there is no audience yet");
    press(&mut window, Modifiers::SHIFT, Key::F5);
    press(&mut window, Modifiers::NONE, Key::W);
    let start = Instant::now();
    while window.query_by_label("Frozen picture. W goes on.").is_none() {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing is frozen");
        std::thread::sleep(Duration::from_millis(10));
        window.run_steps(1);
    }
    assert!(window.query_by_label("an explanation").is_none(), "the audience sees a picture only");
    window.get_by_label("Next step").click();
    window.run_steps(3);
    assert!(window.query_by_label("Breathe.").is_some());
    press(&mut window, Modifiers::NONE, Key::W);
    at(&window, 7);
    press(&mut window, Modifiers::NONE, Key::B);
    assert!(window.query_by_label("Blank screen. B or Escape goes on.").is_some());
    press(&mut window, Modifiers::NONE, Key::PageDown);
    press(&mut window, Modifiers::NONE, Key::Period);
    assert_eq!(window.state().chapter(), "flow", "behind the blank screen the presenter went on");
}

#[test]
fn the_palette_finds_what_the_lab_offers() {
    let mut window = echo();
    press(&mut window, Modifiers::COMMAND, Key::K);
    window.event(egui::Event::Text("moons".into()));
    window.run_steps(3);
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert!(window.query_by_label("number 0.25").is_some());
}

#[test]
fn a_reset_says_what_is_lost_and_asks_twice() {
    let mut window = lecture();
    for confirm in [false, true] {
        press(&mut window, Modifiers::COMMAND, Key::K);
        window.event(egui::Event::Text("reset everything".into()));
        window.run_steps(3);
        press(&mut window, Modifiers::NONE, Key::Enter);
        let question = "Reset everything? The lab as it opened; drawings and training are lost.";
        assert!(window.query_by_label(question).is_some());
        at(&window, 2);
        window.get_by_label(if confirm { "Yes: reset everything" } else { "Keep it" }).click();
        window.run_steps(4);
        assert!(window.query_by_label(question).is_none());
        at(&window, if confirm { 0 } else { 2 });
    }
}

#[test]
fn a_reset_is_answered_with_the_keyboard() {
    let question = "Reset everything? The lab as it opened; drawings and training are lost.";
    for (keys, place) in [(&[Key::Enter][..], 2), (&[Key::Escape], 2), (&[Key::Tab, Key::Enter], 0), (&[Key::Tab, Key::Tab, Key::Enter], 2)]
    {
        let mut window = lecture();
        press(&mut window, Modifiers::COMMAND, Key::K);
        window.event(egui::Event::Text("reset everything".into()));
        window.run_steps(3);
        press(&mut window, Modifiers::NONE, Key::Enter);
        press(&mut window, Modifiers::NONE, Key::End);
        assert!(window.query_by_label(question).is_some());
        for &key in keys {
            press(&mut window, Modifiers::NONE, key);
        }
        assert!(window.query_by_label(question).is_none(), "{keys:?}");
        at(&window, place);
    }
}

#[test]
fn f3_shows_the_memory_and_the_backend() {
    let mut window = echo();
    press(&mut window, Modifiers::NONE, Key::F3);
    for part in ["window thread", "CPU · 2 threads", " MB", "no training"] {
        let found = window.query_all_by_label_contains(part).count();
        assert!(found >= 1, "{part}");
    }
}
