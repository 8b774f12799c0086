//! Undo and redo in the chapters, driven by names and keys.

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable;
use serde_json::{Value, json};
use tractable::labs::document::Document;

use crate::chapter_window::{Window, click, open, settle};

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run_steps(4);
    settle(window);
}

fn undo(window: &mut Window) {
    press(window, Modifiers::COMMAND, Key::Z);
}

/// What is set under this name.
fn set(window: &Window, name: &str) -> Value {
    window.state().document().view.get(name).cloned().unwrap_or_else(|| panic!("nothing is called {name}"))
}

fn nothing_is_left(window: &Window) -> bool {
    window.state().shared().toasts.iter().any(|toast| toast.text.contains("has nothing left to do"))
}

/// The widget of this name changes the setting; undo and redo go back and forth, and the place in time stays.
#[track_caller]
fn goes_back_and_forth(window: &mut Window, widget: &str, setting: &str, place: &str) {
    let before = set(window, setting);
    click(window, widget);
    let after = set(window, setting);
    assert_ne!(before, after, "{widget} changes {setting}");
    press(window, Modifiers::NONE, Key::Home);
    press(window, Modifiers::NONE, Key::ArrowRight);
    let stands = set(window, place);
    for (modifiers, key) in [(Modifiers::COMMAND, Key::Y), (Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z)] {
        undo(window);
        assert_eq!(set(window, setting), before, "{widget} is taken back");
        press(window, modifiers, key);
        assert_eq!(set(window, setting), after, "{widget} is chosen again");
    }
    assert_eq!(set(window, place), stands, "time is no setting");
}

#[test]
fn causal_stacks_go_back_and_forth() {
    let mut window = open("stack", json!({}));
    goes_back_and_forth(&mut window, "3 taps", "kernel", "at");
    goes_back_and_forth(&mut window, "all 1", "dilations", "at");
    goes_back_and_forth(&mut window, "Another continuation", "stream", "at");
    (0..3).for_each(|_| undo(&mut window));
    assert_eq!((set(&window, "kernel"), set(&window, "dilations")), (json!(2), json!([1, 2, 4, 8])), "one step each");
}

#[test]
fn the_seed_of_a_melody_comes_back() {
    let mut window = open("stack", json!({}));
    press(&mut window, Modifiers::NONE, Key::N);
    assert_ne!(window.state().shared().seed, 541);
    undo(&mut window);
    assert_eq!(window.state().shared().seed, 541);
}

#[test]
fn a_seed_that_was_chosen_in_another_chapter_is_no_step_here() {
    let mut window = open("stack", json!({}));
    click(&mut window, "3 taps");
    click(&mut window, "Another continuation");
    click(&mut window, "NADE · MADE");
    press(&mut window, Modifiers::NONE, Key::N);
    let seed = window.state().shared().seed;
    assert_ne!(seed, 541);
    click(&mut window, "Causal stacks");
    undo(&mut window);
    // Another seed has its own first sequence: that one has been asked for since is forgotten.
    assert_eq!((window.state().shared().seed, set(&window, "kernel")), (seed, json!(2)), "the last step that was made here");
    undo(&mut window);
    assert!(nothing_is_left(&window));
    press(&mut window, Modifiers::COMMAND, Key::Y);
    assert_eq!((window.state().shared().seed, set(&window, "kernel")), (seed, json!(3)));
}

#[test]
fn the_blind_spot_goes_back_and_forth() {
    let law = json!({ "size": 14, "offset": 4, "eps": 0.05, "toward": "right" });
    let mut window = open("blind-spot", json!({ "law": law }));
    goes_back_and_forth(&mut window, "5×5", "kernel", "layers");
    goes_back_and_forth(&mut window, "no shift", "wired", "layers");
    press(&mut window, Modifiers::NONE, Key::Num3);
    goes_back_and_forth(&mut window, "snow", "law", "layers");
    // Undo shows where the change was made.
    press(&mut window, Modifiers::NONE, Key::Num2);
    undo(&mut window);
    undo(&mut window);
    assert_eq!((set(&window, "wired"), set(&window, "page")), (json!("right"), json!("fields")));
}

#[test]
fn the_taxonomy_goes_back_and_forth() {
    let mut window = open("taxonomy", json!({ "page": "race", "racers": ["nice", "realnvp", "radial", "planar"] }));
    goes_back_and_forth(&mut window, "show points", "points", "family");
    goes_back_and_forth(&mut window, "Checkerboard", "data", "family");
    goes_back_and_forth(&mut window, "SOS", "racers", "family");
}

#[test]
fn estimates_go_back_and_forth() {
    let mut window = open("residual-ffjord", json!({ "page": "roulette" }));
    goes_back_and_forth(&mut window, "signs ±1", "noise", "block");
    goes_back_and_forth(&mut window, "Rings", "toy", "block");
}

#[test]
fn low_rank_layers_go_back_and_forth() {
    let mut window = open("planar-sylvester", json!({ "layers": 2 }));
    goes_back_and_forth(&mut window, "radial", "kind", "depth");
    goes_back_and_forth(&mut window, "samples", "samples", "depth");
    press(&mut window, Modifiers::NONE, Key::End);
    click(&mut window, "16");
    assert_eq!(set(&window, "depth"), json!(16));
    undo(&mut window);
    assert_eq!((set(&window, "layers"), set(&window, "depth")), (json!(2), json!(2)), "the whole flow is shown all the time");
}

#[test]
fn a_stroke_on_the_target_is_one_step() {
    let mut window = open("planar-sylvester", json!({}));
    let bumps = |window: &Window| set(window, "energy")["drawn"].as_array().map_or(0, Vec::len);
    let middle = window.get_by_label_contains("Target plane").rect().center();
    let mut drawn = vec![0];
    for down in [-30.0, 30.0] {
        let at = |right: f32| middle + vec2(right, down);
        window.hover_at(at(-60.0));
        window.drag_at(at(-60.0));
        window.run_steps(2);
        for right in [0.0, 60.0] {
            window.hover_at(at(right));
            window.run_steps(2);
        }
        window.drop_at(at(60.0));
        window.run_steps(3);
        settle(&mut window);
        drawn.push(bumps(&window));
    }
    assert!(drawn[1] > 1 && drawn[2] > drawn[1] + 1, "{drawn:?}");
    undo(&mut window);
    assert_eq!(bumps(&window), drawn[1]);
    undo(&mut window);
    assert_eq!(set(&window, "energy"), json!("ring"));
    (0..2).for_each(|_| press(&mut window, Modifiers::COMMAND, Key::Y));
    assert_eq!(bumps(&window), drawn[2]);
}

#[test]
fn time_is_no_setting_in_any_chapter() {
    for (chapter, place) in
        [("stack", "at"), ("blind-spot", "layers"), ("taxonomy", "family"), ("residual-ffjord", "block"), ("planar-sylvester", "depth")]
    {
        let mut window = open(chapter, json!({}));
        press(&mut window, Modifiers::NONE, Key::Home);
        press(&mut window, Modifiers::NONE, Key::ArrowRight);
        let stands = set(&window, place);
        undo(&mut window);
        assert!(nothing_is_left(&window), "{chapter}");
        assert_eq!(set(&window, place), stands, "{chapter}");
    }
}

#[test]
fn what_a_lesson_sets_is_one_step() {
    let mut window = open("blind-spot", json!({}));
    let view = json!({ "kernel": 7, "wired": "nowhere", "layer": 2, "page": "block" });
    let document = Document { view, ..window.state().document() };
    let ctx = window.ctx.clone();
    window.state_mut().open_document(&document, &ctx).unwrap();
    window.run_steps(4);
    settle(&mut window);
    undo(&mut window);
    let names = ["kernel", "wired", "layer", "page"];
    assert_eq!(names.map(|name| set(&window, name)), [json!(3), json!("right"), json!(1), json!("fields")]);
    assert!(!nothing_is_left(&window));
    undo(&mut window);
    assert!(nothing_is_left(&window));
}
