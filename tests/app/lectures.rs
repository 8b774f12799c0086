//! The shipped lectures, walked through as a lecturer does; lectures that follow each other, and one that a session goes on with.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use egui::accesskit::Role;
use egui::{Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use serde_json::{Value, json};
use tractable::labs::document::{Document, Step};
use tractable::labs::shared::Tone;
use tractable::labs::{AppOptions, TractableApp};

use crate::chapter_window::{Window, has, wait};
use crate::harness;
use crate::sessions::answer;

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run_steps(4);
}

fn forward(window: &mut Window) {
    press(window, Modifiers::COMMAND, Key::PageDown);
}

fn back(window: &mut Window) {
    press(window, Modifiers::COMMAND, Key::PageUp);
}

fn toasts(window: &Window, tone: Tone) -> Vec<String> {
    let toasts = window.state().shared().toasts.iter();
    toasts.filter(|toast| toast.tone == tone).map(|toast| toast.text.clone()).collect()
}

/// The step on screen, counted from 0.
fn step_of(window: &Window) -> Option<usize> {
    window.state().document().lecture.map(|lecture| lecture.at)
}

fn open(name: &str) -> Window {
    let options = AppOptions { document: Some(Document::open(name).unwrap()), threads: Some(1), ..AppOptions::default() };
    let mut window = Harness::builder().with_size(vec2(1280.0, 720.0)).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
    window.run_steps(2);
    window
}

/// What of a patch stays as it was said: a walk that plays goes on.
fn lasting(patch: &Value) -> Value {
    let mut patch = patch.clone();
    if let Some(fields) = patch.as_object_mut()
        && fields.get("playing") == Some(&json!(true))
    {
        ["playing", "place", "depth"].into_iter().for_each(|moving| drop(fields.remove(moving)));
    }
    patch
}

/// The first place of a patch that the state does not have like this, with what it has; `null` is nothing.
fn missing(patch: &Value, state: &Value) -> Option<String> {
    let deeper = |name: &str, patch: &Value, state: &Value| missing(patch, state).map(|rest| format!("{name}.{rest}"));
    match patch {
        Value::Object(fields) => fields.iter().find_map(|(name, inner)| deeper(name, inner, &state[name.as_str()])),
        Value::Array(items) => match state.as_array().filter(|others| others.len() == items.len()) {
            Some(others) => items.iter().zip(others).find_map(|(item, other)| deeper("item", item, other)),
            None => Some(state.to_string()),
        },
        Value::Number(number) => (number.as_f64() != state.as_f64()).then(|| state.to_string()),
        other => (other != state).then(|| state.to_string()),
    }
}

/// The step is on screen as it is written: at once, and when all that it asks for has come.
#[track_caller]
fn shows(window: &mut Window, steps: &[Step], at: usize) {
    let place = format!("step {}, “{}”", at + 1, steps[at].title);
    let chapter = steps[..=at].iter().rev().find_map(|step| step.chapter.as_deref());
    for settled in [false, true] {
        if settled {
            wait(window, &place, |window| window.state().settled());
        }
        assert_eq!(toasts(window, Tone::Warning), Vec::<String>::new(), "{place}");
        assert_eq!(window.query_all_by_role(Role::Alert).count(), 0, "{place} has a banner");
        assert_eq!(step_of(window), Some(at), "{place}");
        assert_eq!(Some(window.state().chapter()), chapter, "{place}");
        let view = window.state().document().view;
        assert_eq!(missing(&lasting(&steps[at].patch), &view), None, "{place}, settled: {settled}");
    }
}

/// From the first step to the last one, three back and to the last one again.
fn walk(name: &str) -> Window {
    let steps = Document::open(name).unwrap().steps;
    let mut window = open(name);
    shows(&mut window, &steps, 0);
    for at in 1..steps.len() {
        forward(&mut window);
        shows(&mut window, &steps, at);
    }
    let last = steps.len() - 1;
    for at in (last - 3..last).rev() {
        back(&mut window);
        shows(&mut window, &steps, at);
    }
    for at in last - 2..=last {
        forward(&mut window);
        shows(&mut window, &steps, at);
    }
    window
}

#[test]
fn the_pixelcnn_hour_shows_what_its_steps_say_and_leads_to_the_flow_hour() {
    let mut window = walk("pixelcnn-hour");
    forward(&mut window);
    assert_eq!(window.state().document().lecture.map(|lecture| lecture.title).as_deref(), Some("The flow hour"));
    assert_eq!((window.state().chapter(), step_of(&window)), ("change-of-variables", Some(0)));
    assert!(toasts(&window, Tone::Done).iter().any(|said| said == "The flow hour begins."));
}

#[test]
fn the_flow_hour_shows_what_its_steps_say() {
    let mut window = walk("flow-hour");
    forward(&mut window);
    assert!(toasts(&window, Tone::Done).iter().any(|said| said == "This is the last step of the lecture."));
}

/// Every file opens by its name, and its steps have titles of their own, notes, and nothing that is not read.
#[test]
fn the_files_of_the_lectures_are_read_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("presets/lessons");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let written: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let name = written["name"].as_str().unwrap().to_owned();
        assert_eq!(path.file_name().unwrap().to_str(), Some(format!("{name}.tractable.json").as_str()));
        let document = Document::open(&name).unwrap();
        assert_eq!(serde_json::to_value(&document).unwrap(), written, "{name}");
        let titles: BTreeSet<&str> = document.steps.iter().map(|step| step.title.as_str()).collect();
        assert_eq!(titles.len(), document.steps.len(), "{name}: two steps of one title");
        for step in &document.steps {
            assert!(!step.title.is_empty(), "{name}");
            let words = step.note.split_whitespace().count();
            assert!((10..=70).contains(&words), "{name}, {}: {words} words are no note", step.title);
        }
        names.push(name);
    }
    names.sort();
    assert_eq!(names, ["flow-hour", "pixelcnn-hour"]);
}

/// The window over labs that say what they were asked to do.
fn echo(keep: Option<&Path>) -> Window {
    let keep = (keep.map(Path::to_owned), Some(Duration::ZERO));
    let options =
        AppOptions { chapter: Some("pixelcnn".into()), seed: Some(541), keep: keep.0, keep_every: keep.1, ..AppOptions::default() };
    let mut window = Harness::builder()
        .with_size(vec2(1280.0, 720.0))
        .build_eframe(move |cc| TractableApp::with_chapters(&cc.egui_ctx, &options, harness::chapters()));
    window.run_steps(3);
    window
}

fn hour(title: &str) -> Document {
    let step = |title: &str, at: f64, note: &str| Step { title: title.into(), at: Some(at), note: note.into(), ..Step::default() };
    let steps = vec![
        step("The beginning", 2.0, "Say hello."),
        Step { patch: json!({ "number": 0.5 }), show: Some(vec!["controls".into()]), ..step("The middle", 7.0, "Breathe.") },
        Step { chapter: Some("flow".into()), controls: Some(false), ..step("The end", 11.0, "Thank them.") },
    ];
    Document { format_version: 1, title: title.into(), chapter: "pixelcnn".into(), steps, ..Document::default() }
}

fn show(window: &mut Window, document: &Document) {
    let ctx = window.ctx.clone();
    window.state_mut().open_document(document, &ctx).unwrap();
    window.run_steps(3);
}

/// Which of the two columns the audience sees.
#[track_caller]
fn sees(window: &Window, controls: bool, explain: bool) {
    let seen = (has(window, "a switch"), has(window, "an explanation"));
    assert_eq!(seen, (controls, explain), "step {:?}, counted from 0", step_of(window));
}

/// What a step says once holds until another one says something else, from wherever one comes; what the person folds holds until then too.
#[test]
fn the_places_around_the_canvas_are_the_steps_on_every_way_to_it() {
    let step = |title: &str, show: Option<&[&str]>, controls: Option<bool>| Step {
        title: title.into(),
        show: show.map(|show| show.iter().map(|&place| place.to_owned()).collect()),
        controls,
        ..Step::default()
    };
    let steps = vec![
        step("All", None, None),
        step("Controls", Some(&["controls"]), None),
        step("The same", None, None),
        step("Still the same", None, None),
        step("The picture", None, Some(false)),
        step("No more", None, None),
    ];
    let mut window = echo(None);
    show(&mut window, &Document { steps, ..hour("An hour") });
    press(&mut window, Modifiers::SHIFT, Key::F5);
    sees(&window, true, true);
    for (controls, explain) in [(true, false), (true, false), (true, false), (false, false), (false, false)] {
        forward(&mut window);
        sees(&window, controls, explain);
    }
    for (controls, explain) in [(false, false), (true, false), (true, false), (true, false), (true, true)] {
        back(&mut window);
        sees(&window, controls, explain);
    }
    for (name, controls, explain) in [
        ("6. No more", false, false),
        ("1. All", true, true),
        ("3. The same", true, false),
        ("6. No more", false, false),
        ("2. Controls", true, false),
    ] {
        window.get_by_label(name).click_accesskit();
        window.run_steps(4);
        sees(&window, controls, explain);
    }
    forward(&mut window);
    press(&mut window, Modifiers::NONE, Key::F);
    sees(&window, true, true);
    forward(&mut window);
    sees(&window, true, true);
    back(&mut window);
    back(&mut window);
    sees(&window, true, false);
}

/// A lecture at its second step, in which the lab went on by two places.
fn in_the_middle(keep: Option<&Path>) -> Window {
    let mut window = echo(keep);
    show(&mut window, &hour("An hour"));
    assert!(has(&window, "Position, place 2 standing"));
    forward(&mut window);
    assert!(has(&window, "Position, place 7 standing"));
    press(&mut window, Modifiers::NONE, Key::ArrowRight);
    press(&mut window, Modifiers::NONE, Key::ArrowRight);
    window
}

/// The lecture goes on where [`in_the_middle`] left it: at its step, with what its audience sees, and the step is not set again.
#[track_caller]
fn goes_on(window: &mut Window) {
    assert!(has(window, "Position, place 9 standing"), "the step is not set again over what was open");
    assert_eq!(step_of(window), Some(1));
    press(window, Modifiers::SHIFT, Key::F5);
    assert!(has(window, "Breathe.") && !has(window, "Say hello."), "the notes are those of the step");
    assert!(has(window, "a switch") && !has(window, "an explanation"), "the audience sees what it saw");
    press(window, Modifiers::NONE, Key::PageDown);
    assert!(has(window, "Thank them."), "a clicker goes on");
    assert_eq!(window.state().chapter(), "flow");
    press(window, Modifiers::NONE, Key::PageUp);
    press(window, Modifiers::SHIFT, Key::F5);
    assert!(has(window, "Position, place 7 standing"), "a step that is entered is set");
}

#[test]
fn a_lecture_goes_on_after_a_crash() {
    let root = tempfile::tempdir().unwrap();
    let mut first = in_the_middle(Some(root.path()));
    first.run_steps(3);
    drop(first);
    let mut second = echo(Some(root.path()));
    assert_eq!(step_of(&second), None, "nothing is opened unasked");
    second.get_by_label("Go on").click();
    second.run_steps(4);
    goes_on(&mut second);
}

#[test]
fn a_session_with_a_lecture_comes_back_byte_for_byte_and_stays_a_session() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("class.tractable.json");
    let mut first = in_the_middle(None);
    first.state_mut().save_as(&path);
    let bytes = std::fs::read(&path).unwrap();
    assert!(Document::read(&path).unwrap().steps.is_empty(), "a session has no steps of its own");
    let mut second = echo(None);
    answer(&mut second, Key::O, &path);
    second.run_steps(3);
    press(&mut second, Modifiers::COMMAND, Key::S);
    assert!(toasts(&second, Tone::Done).iter().any(|said| said.contains("is saved in")), "its file is known");
    assert!(std::fs::read(&path).unwrap() == bytes);
    goes_on(&mut second);
}

#[test]
fn a_session_without_a_lecture_leaves_the_one_that_is_open() {
    let mut window = in_the_middle(None);
    let old = json!({ "format_version": 1, "name": "session", "chapter": "pixelcnn", "view": { "position": 4.0 } });
    show(&mut window, &Document::parse(&old.to_string()).unwrap());
    assert!(has(&window, "Position, place 4 standing"));
    assert_eq!(step_of(&window), Some(1));
    back(&mut window);
    assert!(has(&window, "Position, place 2 standing"));
}

#[test]
fn the_step_after_the_last_one_begins_the_lecture_that_follows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("second.tractable.json");
    hour("The second hour").write(&path).unwrap();
    let mut window = echo(None);
    show(&mut window, &Document { then: Some(path.display().to_string()), ..hour("The first hour") });
    forward(&mut window);
    forward(&mut window);
    assert!(has(&window, "Position, place 11 standing"));
    assert_eq!(step_of(&window), Some(2));
    forward(&mut window);
    assert!(has(&window, "Position, place 2 standing"));
    assert!(toasts(&window, Tone::Done).iter().any(|said| said == "The second hour begins."));
    press(&mut window, Modifiers::SHIFT, Key::F5);
    assert!(has(&window, "The second hour"), "the presenter reads its title");
    window.get_by_label("Next step").click();
    window.run_steps(4);
    window.get_by_label("Next step").click();
    window.run_steps(4);
    assert_eq!(step_of(&window), Some(2));
    window.get_by_label("Next step").click();
    window.run_steps(4);
    assert_eq!(step_of(&window), Some(2), "nothing follows the second one");
    assert!(toasts(&window, Tone::Done).iter().any(|said| said == "This is the last step of the lecture."));
}

#[test]
fn a_lecture_that_follows_and_is_not_there_is_one_sentence() {
    let mut window = echo(None);
    let steps = vec![Step { title: "All".into(), ..Step::default() }];
    show(&mut window, &Document { then: Some("nowhere".into()), steps, ..hour("The first hour") });
    forward(&mut window);
    let said = toasts(&window, Tone::Warning);
    assert!(matches!(said.as_slice(), [one] if one.contains("\"nowhere\"")), "{said:?}");
    assert_eq!(step_of(&window), Some(0), "the lecture stays");
}
