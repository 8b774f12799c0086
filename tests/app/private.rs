//! While the audience sees a picture that stands still, or none, the lab is in the presenter's window: a window of its own, as on a
//! desktop.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use egui::accesskit::{Action, ActionRequest, NodeId, Role, TreeId};
use egui::{Context, Event, Key, Modifiers, Pos2, RawInput, Rect, Vec2, ViewportInfo, vec2};
use egui_kittest::kittest::Queryable;
use serde_json::json;
use tractable::labs::registry::CHAPTERS;

use crate::chapter_window::{self, has, wait};
use crate::presenter::{Window, at, lecture, press};
use crate::sessions::answer;

const FROZEN: &str = "Frozen picture. W goes on.";
const BLANK: &str = "Blank screen. B or Escape goes on.";
/// What the lab says on K.
const TOO_LARGE: &str = "The learning rate is too large; halve it.";

/// The presenter's window, as a screen reader hears it.
#[derive(Default)]
struct Presenter {
    /// Names and texts with their nodes.
    said: Vec<(String, NodeId)>,
    /// What is done there in the next frame.
    events: Vec<Event>,
}

impl Presenter {
    fn count(&self, text: &str) -> usize {
        self.said.iter().filter(|(said, _)| said == text).count()
    }
}

/// Gives the presenter a window of this size. Otherwise the harness lays it over the audience's.
fn apart(window: &Window, size: Vec2) -> Rc<RefCell<Presenter>> {
    let presenter = Rc::new(RefCell::new(Presenter::default()));
    let own = Rc::clone(&presenter);
    window.ctx.set_embed_viewports(false);
    Context::set_immediate_viewport_renderer(move |ctx, viewport| {
        let id = viewport.ids.this;
        let mut input = RawInput {
            viewport_id: id,
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, size)),
            time: Some(ctx.input(|input| input.time)),
            events: std::mem::take(&mut own.borrow_mut().events),
            focused: true,
            ..RawInput::default()
        };
        input.viewports.insert(id, ViewportInfo { native_pixels_per_point: Some(1.0), ..ViewportInfo::default() });
        let mut contents = viewport.viewport_ui_cb;
        let mut output = ctx.run_ui(input, |ui| contents(ui));
        output.textures_delta.clear();
        let nodes = output.platform_output.accesskit_update.take().map(|update| update.nodes).unwrap_or_default();
        let said = nodes.into_iter().filter_map(|(id, node)| {
            let text = if node.role() == Role::Label { node.value() } else { node.label() };
            Some((text?.to_owned(), id))
        });
        own.borrow_mut().said = said.collect();
    });
    presenter
}

/// Presses what has this name in the presenter's window.
#[track_caller]
fn click(window: &mut Window, presenter: &RefCell<Presenter>, name: &str) {
    let node = presenter.borrow().said.iter().find(|(said, _)| said == name).map(|&(_, node)| node);
    let target_node = node.unwrap_or_else(|| panic!("the presenter has no “{name}”"));
    let request = ActionRequest { action: Action::Click, target_tree: TreeId::ROOT, target_node, data: None };
    presenter.borrow_mut().events.push(Event::AccessKitActionRequest(request));
    window.run_steps(4);
}

/// A show whose audience sees a frozen picture.
fn frozen(size: Vec2) -> (Window, Rc<RefCell<Presenter>>) {
    let mut window = lecture();
    let presenter = apart(&window, size);
    press(&mut window, Modifiers::SHIFT, Key::F5);
    for name in ["Say hello.", "Next step"] {
        assert_eq!(presenter.borrow().count(name), 1, "{name}");
    }
    assert_eq!(presenter.borrow().count("a switch"), 0, "the audience sees the lab, the presenter has notes alone");
    assert!(window.query_by_label("a switch").is_some());
    press(&mut window, Modifiers::NONE, Key::W);
    let start = Instant::now();
    while window.query_by_label(FROZEN).is_none() {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing is frozen");
        std::thread::sleep(Duration::from_millis(10));
        window.run_steps(1);
    }
    window.run_steps(2);
    (window, presenter)
}

#[test]
fn what_is_set_up_during_a_freeze_is_what_the_audience_sees_after_it() {
    let (mut window, presenter) = frozen(vec2(760.0, 620.0));
    for name in ["Say hello.", "Next step", "a switch", "switch false", "seed in the lab: 541", "Position, place 2 standing", "One step"] {
        assert_eq!(presenter.borrow().count(name), 1, "{name}");
    }
    assert!(window.query_by_label("a switch").is_none() && !has(&window, "Position, "), "the lab is in one window");
    let picture = window.output().shapes.clone();
    click(&mut window, &presenter, "a switch");
    click(&mut window, &presenter, "One step");
    press(&mut window, Modifiers::NONE, Key::ArrowRight);
    for name in ["switch true", "Position, place 4 standing", "Say hello."] {
        assert_eq!(presenter.borrow().count(name), 1, "{name}");
    }
    assert!(window.query_by_label(FROZEN).is_some() && !has(&window, "switch true"));
    assert!(window.output().shapes == picture, "the audience's picture has changed");
    press(&mut window, Modifiers::NONE, Key::W);
    assert!(window.query_by_label("switch true").is_some(), "the audience sees what was set up");
    at(&window, 4);
    assert_eq!((presenter.borrow().count("a switch"), presenter.borrow().count("Say hello.")), (0, 1));
}

#[test]
fn behind_a_blank_screen_the_presenter_has_what_the_step_hides_from_the_audience() {
    let mut window = lecture();
    let presenter = apart(&window, vec2(760.0, 620.0));
    press(&mut window, Modifiers::SHIFT, Key::F5);
    press(&mut window, Modifiers::NONE, Key::B);
    assert!(window.query_by_label(BLANK).is_some() && window.query_by_label("a switch").is_none());
    click(&mut window, &presenter, "Next step");
    for name in ["Breathe.", "number 0.50", "a switch", "Position, place 7 standing"] {
        assert_eq!(presenter.borrow().count(name), 1, "{name}");
    }
    // What opens over the lab opens where the lab is.
    press(&mut window, Modifiers::NONE, Key::F1);
    assert_eq!(presenter.borrow().count("Esc closes"), 1);
    assert!(window.query_by_label(BLANK).is_some() && window.query_by_label("Esc closes").is_none());
    press(&mut window, Modifiers::NONE, Key::F1);
    assert_eq!(presenter.borrow().count("Esc closes"), 0);
    press(&mut window, Modifiers::NONE, Key::B);
    assert!(window.query_by_label(BLANK).is_none() && window.query_by_label("a switch").is_none(), "this step hides the panels");
    at(&window, 7);
    assert_eq!(presenter.borrow().count("a switch"), 0);
}

#[test]
fn a_message_during_a_freeze_is_for_the_presenter() {
    let (mut window, presenter) = frozen(vec2(760.0, 620.0));
    let picture = window.output().shapes.clone();
    press(&mut window, Modifiers::NONE, Key::K);
    assert!(presenter.borrow().count(TOO_LARGE) > 0);
    assert!(window.output().shapes == picture, "the audience's picture has changed");
    press(&mut window, Modifiers::NONE, Key::W);
    assert!(window.query_by_label("a switch").is_some() && !has(&window, TOO_LARGE), "the audience sees the lab and no message");
    for ends in [Key::B, Key::Escape] {
        press(&mut window, Modifiers::NONE, Key::B);
        press(&mut window, Modifiers::NONE, Key::K);
        assert!(presenter.borrow().count(TOO_LARGE) > 0 && window.query_by_label(BLANK).is_some());
        press(&mut window, Modifiers::NONE, ends);
        assert!(window.query_by_label("a switch").is_some() && !has(&window, TOO_LARGE), "{ends:?}");
    }
    press(&mut window, Modifiers::NONE, Key::K);
    assert!(presenter.borrow().count(TOO_LARGE) > 0 && !has(&window, TOO_LARGE), "messages are for the speaker alone");
    press(&mut window, Modifiers::SHIFT, Key::F5);
    press(&mut window, Modifiers::NONE, Key::K);
    assert!(has(&window, TOO_LARGE), "without a show they are where one works");
}

#[test]
fn escape_closes_what_the_presenter_has_open_before_it_uncovers_the_audience() {
    let mut window = lecture();
    let presenter = apart(&window, vec2(760.0, 620.0));
    press(&mut window, Modifiers::SHIFT, Key::F5);
    press(&mut window, Modifiers::NONE, Key::B);
    let escape = |window: &mut Window, name: &str| {
        assert_eq!(presenter.borrow().count(name), 1, "{name}");
        press(window, Modifiers::NONE, Key::Escape);
        assert_eq!(presenter.borrow().count(name), 0, "{name}");
        assert!(window.query_by_label(BLANK).is_some(), "{name}: the audience is uncovered");
    };
    for (modifiers, key, name) in [
        (Modifiers::NONE, Key::F1, "Esc closes"),
        (Modifiers::COMMAND, Key::K, "Search commands"),
        (Modifiers::COMMAND, Key::E, "Export now"),
    ] {
        press(&mut window, modifiers, key);
        escape(&mut window, name);
    }
    press(&mut window, Modifiers::COMMAND, Key::K);
    let enter = Event::Key { key: Key::Enter, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::NONE };
    for event in [Event::Text("reset everything".into()), enter] {
        presenter.borrow_mut().events.push(event);
        window.run_steps(3);
    }
    escape(&mut window, "Keep it");
    press(&mut window, Modifiers::NONE, Key::C);
    assert!(window.state().shared().canvas_cursor);
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert!(!window.state().shared().canvas_cursor && window.query_by_label(BLANK).is_some());
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert!(window.query_by_label(BLANK).is_none(), "nothing is nearer any more");
}

#[test]
fn an_export_goes_on_while_the_audience_sees_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("walk.csv");
    let mut window = lecture();
    let _presenter = apart(&window, vec2(760.0, 620.0));
    press(&mut window, Modifiers::SHIFT, Key::F5);
    answer(&mut window, Key::E, &path);
    press(&mut window, Modifiers::NONE, Key::B);
    assert!(window.query_by_label(BLANK).is_some() && !path.exists());
    wait(&mut window, "the table", |_| path.exists());
    assert!(window.query_by_label(BLANK).is_some());
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1 + 21, "a head and one row a place");
}

#[test]
fn the_presenters_window_shows_what_fits() {
    for (size, lab, explanation) in [(vec2(300.0, 300.0), 0, 0), (vec2(760.0, 620.0), 1, 0), (vec2(1500.0, 800.0), 1, 1)] {
        let (_window, presenter) = frozen(size);
        let presenter = presenter.borrow();
        assert_eq!((presenter.count("a switch"), presenter.count("an explanation")), (lab, explanation), "{size:?}");
        assert_eq!(presenter.count("Make this window larger to see the lab here."), 1 - lab, "{size:?}");
    }
}

#[test]
fn every_chapter_can_be_set_up_in_the_presenters_window() {
    for chapter in CHAPTERS.iter().filter(|chapter| chapter.open.is_some()) {
        let mut window = chapter_window::open(chapter.id, json!({}));
        press(&mut window, Modifiers::SHIFT, Key::F5);
        press(&mut window, Modifiers::NONE, Key::B);
        assert!(window.query_by_label(BLANK).is_some(), "{}", chapter.id);
        assert!(has(&window, "Position, "), "{} has no transport there", chapter.id);
    }
}
