//! Resets: what they say is lost, what they bring back, and that training really begins again.

use std::path::Path;
use std::time::Duration;

use egui::{Event, Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use serde_json::{Value, json};
use tractable::labs::document::Document;
use tractable::labs::registry::find;
use tractable::labs::{AppOptions, Shared, TractableApp};

use crate::chapter_window::{Window, click, has, open, settle, stand, table, wait};

/// Families that learn fast.
const RACERS: [&str; 4] = ["nice", "realnvp", "radial", "planar"];

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run_steps(4);
}

/// Asks for a command by its name.
fn ask(window: &mut Window, name: &str) {
    press(window, Modifiers::COMMAND, Key::K);
    window.event(Event::Text(name.to_lowercase()));
    window.run_steps(3);
    press(window, Modifiers::NONE, Key::Enter);
}

/// Asks for a reset that says what is lost, and wants it.
#[track_caller]
fn reset(window: &mut Window, name: &str, loses: &str) {
    ask(window, name);
    assert!(has(window, &format!("{name}? {loses}")), "{name} says that this is lost: {loses}");
    window.get_by_label(&format!("Yes: {}", name.to_lowercase())).click();
    window.run_steps(4);
    settle(window);
}

fn view(window: &Window) -> Value {
    window.state().document().view
}

/// Everything is set as when the chapter is opened.
#[track_caller]
fn is_as_opened(window: &Window, chapter: &str) {
    let lab = find(chapter).unwrap().open.unwrap()(&Shared::default());
    let view = view(window);
    for (name, value) in lab.state().as_object().unwrap() {
        assert_eq!(&view[name], value, "{name}");
    }
}

/// Sets a part of the chapter's state.
fn show(window: &mut Window, part: Value) {
    let document = Document { view: part, ..window.state().document() };
    let ctx = window.ctx.clone();
    window.state_mut().open_document(&document, &ctx).unwrap();
    window.run_steps(4);
    settle(window);
}

/// The number of a label that says “step 12” and nothing else.
fn step(window: &Window) -> u64 {
    let numbers = window.query_all_by_label_contains("step ").filter_map(|node| {
        let node = node.accesskit_node();
        let text = node.label().or(node.value())?;
        text.strip_prefix("step ")?.replace(',', "").parse().ok()
    });
    numbers.max().expect("the step of the training")
}

fn rows(window: &Window, column: usize, value: &str) -> usize {
    table(window).rows.iter().filter(|row| row[column] == value).count()
}

#[test]
fn the_race_of_stacks_begins_again() {
    let mut window = open("blind-spot", json!({}));
    let law = json!({ "size": 14, "offset": 4, "eps": 0.05, "toward": "left" });
    show(&mut window, json!({ "page": "rain", "law": law }));
    let learned = |window: &Window| rows(window, 1, "batches");
    press(&mut window, Modifiers::NONE, Key::K);
    wait(&mut window, "some steps", |window| learned(window) > 3);
    click(&mut window, "Pause both");
    stand(&mut window);
    reset(&mut window, "Reset the model", "Both models start again; what they have learned is lost, the law stays.");
    wait(&mut window, "models without a curve", |window| learned(window) == 0);
    assert_eq!(view(&window)["law"], law);
    // Nothing is lost now: it is not asked again.
    ask(&mut window, "Reset the model");
    assert!(!has(&window, "Reset the model? "));
    press(&mut window, Modifiers::NONE, Key::K);
    wait(&mut window, "some steps", |window| learned(window) > 3);
    reset(&mut window, "Reset everything", "The chapter as it opened; what both models have learned is lost.");
    is_as_opened(&window, "blind-spot");
    press(&mut window, Modifiers::NONE, Key::Num3);
    assert!(learned(&window) == 0 && has(&window, "Train both"), "nobody learns before he is asked to");
    press(&mut window, Modifiers::COMMAND, Key::Z);
    assert_eq!(view(&window)["law"], law, "what was set can be taken back");
}

fn keeps_weights(folder: &Path) -> bool {
    std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .any(|path| if path.is_dir() { keeps_weights(&path) } else { path.extension().is_some_and(|end| end == "safetensors") })
}

#[test]
fn nobody_goes_on_with_what_was_reset() {
    let root = tempfile::tempdir().unwrap();
    let start = || {
        let (keep, keep_every) = (Some(root.path().to_owned()), Some(Duration::from_millis(50)));
        let chapter = Some("blind-spot".to_owned());
        let options = AppOptions { chapter, seed: Some(541), threads: Some(1), keep, keep_every, ..AppOptions::default() };
        let mut window =
            Harness::builder().with_size(vec2(1280.0, 720.0)).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
        settle(&mut window);
        window
    };
    let mut first = start();
    show(&mut first, json!({ "page": "rain", "law": { "size": 14 } }));
    press(&mut first, Modifiers::NONE, Key::K);
    wait(&mut first, "some steps", |window| rows(window, 1, "batches") > 3);
    click(&mut first, "Pause both");
    stand(&mut first);
    wait(&mut first, "the weights", |_| keeps_weights(root.path()));
    reset(&mut first, "Reset the model", "Both models start again");
    wait(&mut first, "models without a curve", |window| rows(window, 1, "batches") == 0);
    for _ in 0..5 {
        std::thread::sleep(Duration::from_millis(60));
        first.run_steps(2);
    }
    drop(first);
    let mut second = start();
    second.get_by_label("Go on").click();
    second.run_steps(4);
    settle(&mut second);
    assert_eq!(view(&second)["law"]["size"], 14);
    stand(&mut second);
    assert_eq!(rows(&second, 1, "batches"), 0);
}

#[test]
fn the_race_of_families_begins_again() {
    let mut window = open("taxonomy", json!({ "page": "race", "racers": RACERS }));
    let curves = |window: &Window| RACERS.map(|name| rows(window, 0, name));
    press(&mut window, Modifiers::NONE, Key::K);
    wait(&mut window, "steps of all four", |window| curves(window).iter().all(|&rows| rows > 2));
    click(&mut window, "Pause the race");
    stand(&mut window);
    reset(&mut window, "Reset the model", "The race starts again; what its four families have learned is lost.");
    wait(&mut window, "the start", |window| curves(window).iter().all(|&rows| rows <= 1) && window.state().settled());
    assert!(has(&window, "A NICE") && has(&window, "untrained"));
    press(&mut window, Modifiers::NONE, Key::K);
    wait(&mut window, "steps of all four", |window| curves(window).iter().all(|&rows| rows > 2));
    reset(&mut window, "Reset everything", "The chapter as it opened; the race and all measurements are lost.");
    is_as_opened(&window, "taxonomy");
    press(&mut window, Modifiers::NONE, Key::Num3);
    settle(&mut window);
    assert!(table(&window).rows.len() <= 4 && has(&window, "Start the race"), "one score each, nobody has learned");
}

#[test]
fn both_flows_of_the_estimates_begin_again() {
    let mut window = open("residual-ffjord", json!({}));
    let fresh = table(&window).rows;
    press(&mut window, Modifiers::NONE, Key::K);
    wait(&mut window, "some steps", |window| step(window) > 20);
    click(&mut window, "Pause training");
    stand(&mut window);
    assert_ne!(table(&window).rows, fresh);
    reset(&mut window, "Reset the model", "Both flows start again from their initial values; what they have learned is lost.");
    wait(&mut window, "the untrained series", |window| table(window).rows == fresh);
    assert_eq!(step(&window), 0);
    show(&mut window, json!({ "terms": 9, "training": true }));
    // Far more than are made between the reset and the look at it: the chapter trains by itself.
    wait(&mut window, "many steps", |window| step(window) > 1_500);
    let before = step(&window);
    reset(&mut window, "Reset everything", "The chapter as it opened; what both flows have learned is lost.");
    assert!(step(&window) < before, "the same toy, and all the same the flow begins again");
    is_as_opened(&window, "residual-ffjord");
}

#[test]
fn the_flow_of_the_posterior_begins_again_and_its_ledger_is_empty() {
    let mut window = open("planar-sylvester", json!({ "layers": 2 }));
    let learn = |window: &mut Window, steps: u64| {
        press(window, Modifiers::NONE, Key::K);
        wait(window, "some steps", |window| step(window) > steps);
        click(window, "Pause training");
        stand(window);
    };
    learn(&mut window, 50);
    click(&mut window, "radial");
    learn(&mut window, 50);
    assert!(has(&window, "Flows on this target"));
    reset(&mut window, "Reset the model", "The flow starts again from its initial values; what it has learned is lost.");
    wait(&mut window, "the start", |window| step(window) == 0);
    assert_eq!(view(&window)["kind"], "radial");
    // Far more than are made between the reset and the look at it: the chapter trains by itself.
    learn(&mut window, 20_000);
    let before = step(&window);
    reset(&mut window, "Reset everything", "The chapter as it opened; what every flow has learned is lost.");
    is_as_opened(&window, "planar-sylvester");
    assert!(step(&window) < before && !has(&window, "Flows on this target"), "the same target, and all the same nothing is left");
}

#[test]
fn the_shipped_stack_comes_back() {
    let mut window = open("stack", json!({}));
    assert!(has(&window, "paused at step 600"));
    for name in ["Reset the model", "Reset everything"] {
        click(&mut window, "3 taps");
        press(&mut window, Modifiers::NONE, Key::K);
        wait(&mut window, "training", |window| has(window, "Pause training"));
        reset(&mut window, name, if name == "Reset the model" { "The shipped stack and its weights" } else { "The chapter as it opened" });
        wait(&mut window, "the shipped weights", |window| has(window, "paused at step 600") && window.state().settled());
        assert_eq!(view(&window)["kernel"], 2);
        press(&mut window, Modifiers::COMMAND, Key::Z);
        assert_eq!(view(&window)["kernel"], 3, "what was set can be taken back");
        press(&mut window, Modifiers::COMMAND, Key::Z);
        settle(&mut window);
        assert_eq!(view(&window)["kernel"], 2);
    }
}

#[test]
fn where_nothing_is_trained_nothing_is_asked() {
    for chapter in ["change-of-variables", "taxonomy"] {
        let mut window = open(chapter, json!({}));
        ask(&mut window, "Reset the model");
        assert!(!has(&window, "Reset the model? "), "{chapter}");
        let toasts = &window.state().shared().toasts;
        assert!(toasts.iter().any(|toast| toast.text.contains("“Reset the model” has nothing to act on")), "{chapter}: {toasts:?}");
    }
    let mut window = open("change-of-variables", json!({ "page": "chain", "line": { "slope": 2.5 } }));
    reset(&mut window, "Reset everything", "Every page as the chapter opened. Ctrl+Z takes back what was set and drawn.");
    is_as_opened(&window, "change-of-variables");
    press(&mut window, Modifiers::COMMAND, Key::Z);
    assert_eq!((&view(&window)["page"], &view(&window)["line"]["slope"]), (&json!("chain"), &json!(2.5)));
}

#[test]
fn shipped_weights_are_no_loss() {
    for (chapter, set) in [("stack", json!({ "kernel": 3 })), ("pixelcnn", json!({ "class": 7, "place": 20, "playing": false }))] {
        let mut window = open(chapter, json!({}));
        show(&mut window, set);
        ask(&mut window, "Reset the model");
        settle(&mut window);
        assert!(!has(&window, "Reset the model? "), "{chapter}");
        if chapter == "stack" {
            assert_eq!(view(&window)["kernel"], 2, "it happens at once");
        }
    }
}

#[test]
fn a_walk_stands_when_the_chapter_is_as_it_opened() {
    let mut window = open("change-of-variables", json!({}));
    press(&mut window, Modifiers::NONE, Key::Space);
    assert!(has(&window, "Pause"));
    reset(&mut window, "Reset everything", "Every page as the chapter opened.");
    window.run_steps(10);
    assert!(!has(&window, "Pause"));
    is_as_opened(&window, "change-of-variables");
}

#[test]
fn the_flow_lab_says_that_nothing_is_lost_for_good() {
    let mut window = open("flow", json!({}));
    ask(&mut window, "Reset the model");
    assert!(has(&window, "Reset the model? The model as the lab opened, and a new fit. Ctrl+Z takes both back."));
}

/// The view is as it was when the chapter opened; data and settings stay.
#[test]
fn the_view_comes_back_in_every_chapter() {
    for (chapter, looks, sets) in [
        ("blind-spot", json!({ "page": "block", "pixel": [1, 1], "layer": 2, "channel": 3 }), json!({ "kernel": 5, "layers": 6 })),
        ("taxonomy", json!({ "page": "costs", "part": "both", "point": [1.0, 1.0], "points": true }), json!({ "racers": RACERS })),
        ("residual-ffjord", json!({ "page": "trace", "probe": [0.5, -1.0] }), json!({ "terms": 7, "noise": "rademacher" })),
        ("planar-sylvester", json!({ "page": "constraint", "samples": false }), json!({ "kind": "radial", "layers": 2, "depth": 1 })),
        ("stack", json!({ "columns": 40, "cache": false, "pinned": [2, 20] }), json!({ "kernel": 3, "temperature": 0.5 })),
        ("change-of-variables", json!({ "page": "plane" }), json!({ "line": { "map": "affine", "slope": 2.5 } })),
    ] {
        let mut window = open(chapter, json!({}));
        let opened = view(&window);
        show(&mut window, sets.clone());
        show(&mut window, looks.clone());
        press(&mut window, Modifiers::SHIFT, Key::Z);
        settle(&mut window);
        let now = view(&window);
        for name in looks.as_object().unwrap().keys() {
            assert_eq!(now[name], opened[name], "{chapter}: {name}");
        }
        for (name, value) in sets.as_object().unwrap() {
            let kept = match value {
                Value::Object(parts) => parts.iter().all(|(part, value)| &now[name][part] == value),
                value => &now[name] == value,
            };
            assert!(kept, "{chapter}: {name} is {}", now[name]);
        }
    }
}
