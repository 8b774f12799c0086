//! The lecture, the presenter's window, the palette's actions, the resets: driven by their labels.

use std::sync::Mutex;
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use egui::{Context, Key, Modifiers, Pos2, Shape, Ui, pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use serde_json::json;
use tractable::labs::document::{Document, Step};
use tractable::labs::registry::CHAPTERS;
use tractable::labs::{AppOptions, Chapter, Command, Lab, LabStatus, Shared, TractableApp};
use tractable::ui::theme::Theme;

use crate::harness::echo;

pub(crate) type Window = Harness<'static, TractableApp>;

pub(crate) fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run_steps(4);
}

pub(crate) fn lecture() -> Window {
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
pub(crate) fn at(window: &Window, place: u32) {
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
fn the_presenter_reads_how_the_next_note_begins() {
    let long = ["Ask them what the grey part is, and wait."; 20].join(" ");
    let step = |title: &str, note: &str| Step { title: title.into(), note: note.into(), ..Step::default() };
    let steps = vec![step("One", "First."), step("Two", &long), step("Three", "")];
    let document = Document { format_version: 1, title: "An hour".into(), chapter: "pixelcnn".into(), steps, ..Document::default() };
    let mut window = echo();
    let ctx = window.ctx.clone();
    window.state_mut().open_document(&document, &ctx).unwrap();
    press(&mut window, Modifiers::SHIFT, Key::F5);
    let seen = |window: &Window, part: &str| window.query_all_by_label_contains(part).next().is_some();
    assert!(seen(&window, "Two\nAsk them what the grey part is"));
    assert!(!seen(&window, &long), "two lines of it, not all");
    press(&mut window, Modifiers::NONE, Key::PageDown);
    assert!(seen(&window, &long) && !seen(&window, "Two\n"));
    assert!(window.query_by_label("Three").is_some(), "a step without a note has a title");
    let document = Document { then: Some("flow-hour".into()), steps: vec![step("All", "")], ..document };
    window.state_mut().open_document(&document, &ctx).unwrap();
    window.run_steps(3);
    assert!(window.query_by_label("The flow hour").is_some(), "the lecture that follows has a title as well");
}

/// Where the spotlight leaves the window bright, from where on and how far it is dimmed.
fn spot(window: &Window) -> Option<(Pos2, f32, f32)> {
    window.output().shapes.iter().find_map(|clipped| match &clipped.shape {
        Shape::Circle(circle) if circle.stroke.width > 500.0 && circle.stroke.color.a() > 100 => {
            let half = circle.stroke.width / 2.0;
            Some((circle.center, circle.radius - half, circle.radius + half))
        }
        _ => None,
    })
}

#[test]
fn the_spotlight_follows_the_pointer_and_dims_all_else() {
    let mut window = lecture();
    press(&mut window, Modifiers::SHIFT, Key::F5);
    window.hover_at(pos2(640.0, 360.0));
    window.run_steps(2);
    assert_eq!(spot(&window), None);
    press(&mut window, Modifiers::SHIFT, Key::W);
    for pointer in [pos2(300.0, 200.0), pos2(1200.0, 700.0)] {
        window.hover_at(pointer);
        window.run_steps(4);
        let (center, from, to) = spot(&window).expect("all but the spot is dimmed");
        assert_eq!(center, pointer);
        assert!((from - 90.0).abs() < 0.5, "{from}");
        for corner in [pos2(0.0, 0.0), pos2(1280.0, 0.0), pos2(0.0, 720.0), pos2(1280.0, 720.0)] {
            assert!(corner.distance(pointer) < to, "{corner:?} is not dimmed");
        }
    }
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert_eq!(spot(&window), None);
    press(&mut window, Modifiers::SHIFT, Key::W);
    assert!(spot(&window).is_some());
    press(&mut window, Modifiers::SHIFT, Key::F5);
    assert_eq!(spot(&window), None, "it ends with the show");
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

/// A lab of which one only sees where it ends.
struct Ending;

/// The threads on which those labs ended.
static ENDED: Mutex<Vec<ThreadId>> = Mutex::new(Vec::new());

impl Drop for Ending {
    fn drop(&mut self) {
        ENDED.lock().unwrap().push(std::thread::current().id());
    }
}

impl Lab for Ending {
    fn title(&self) -> &'static str {
        "Ending"
    }
    fn update(&mut self, _ctx: &Context, _shared: &mut Shared) {}
    fn controls(&mut self, _ui: &mut Ui, _shared: &mut Shared) {}
    fn canvas(&mut self, _ui: &mut Ui, _shared: &mut Shared) {}
    fn explain(&mut self, _ui: &mut Ui, _shared: &mut Shared) {}
    fn command(&mut self, _command: Command, _shared: &mut Shared) -> bool {
        false
    }
    fn loses(&self, _command: Command) -> Option<&'static str> {
        None
    }
    fn status(&self) -> LabStatus {
        LabStatus::default()
    }
    fn spoken_summary(&self) -> String {
        String::new()
    }
}

#[test]
fn no_frame_waits_for_the_end_of_a_lab() {
    let mut chapters = CHAPTERS[..1].to_vec();
    chapters[0].open = Some(|_| Box::new(Ending));
    let chapters: &'static [Chapter] = chapters.leak();
    let mut window = Harness::builder().build_eframe(|cc| TractableApp::with_chapters(&cc.egui_ctx, &AppOptions::default(), chapters));
    press(&mut window, Modifiers::COMMAND, Key::K);
    window.event(egui::Event::Text("reset everything".into()));
    window.run_steps(3);
    press(&mut window, Modifiers::NONE, Key::Enter);
    let start = Instant::now();
    let thread = loop {
        if let Some(&thread) = ENDED.lock().unwrap().first() {
            break thread;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "the old lab has not ended");
        std::thread::sleep(Duration::from_millis(1));
    };
    assert_ne!(thread, std::thread::current().id());
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
