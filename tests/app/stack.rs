//! The lab of causal stacks, driven by its labels.

use std::time::{Duration, Instant};

use egui::{Key, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use serde_json::json;
use tractable::labs::{AppOptions, Lab, Shared, TractableApp};
use tractable::ui::theme::Theme;

fn window(theme: Theme, size: Vec2) -> Harness<'static, TractableApp> {
    let options = AppOptions { chapter: Some("stack".into()), seed: Some(541), theme, ..AppOptions::default() };
    let mut harness = Harness::builder().with_size(size).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
    until(&mut harness, "the first sequence", |window| says(window, "most likely"));
    // The walk plays by itself: it stands while the tests look.
    harness.get_by_label("Pause").click();
    harness.run_steps(3);
    harness
}

fn usual() -> Harness<'static, TractableApp> {
    window(Theme::Dark, Vec2::new(1280.0, 720.0))
}

fn says(window: &Harness<'_, TractableApp>, text: &str) -> bool {
    window.query_all_by_label_contains(text).next().is_some()
}

fn until(window: &mut Harness<'_, TractableApp>, what: &str, done: impl Fn(&Harness<'_, TractableApp>) -> bool) {
    let start = Instant::now();
    while !done(window) {
        assert!(start.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
        window.run_steps(2);
    }
}

#[test]
fn the_lab_opens_on_the_lectures_stack_and_counts_what_it_hears() {
    let window = usual();
    assert!(says(&window, "4 layers hear 16 steps back."));
    assert!(says(&window, "keeps") || says(&window, "kept 15"), "the caches are counted");
    assert!(!says(&window, "untrained:") || says(&window, "paused at step 600"), "shipped weights are in place");
}

#[test]
fn structure_answers_at_once_and_training_fits_it() {
    let mut window = usual();
    window.get_by_label("all 1").click();
    window.run_steps(2);
    assert!(says(&window, "4 layers hear 5 steps back."));
    window.get_by_label("3 taps").click();
    window.run_steps(2);
    assert!(says(&window, "4 layers hear 9 steps back."));
    window.get_by_label("2 taps").click();
    window.run_steps(2);
    window.get_by_label("1, 2, 4, …").click();
    window.run_steps(2);
    assert!(says(&window, "4 layers hear 16 steps back."));
    window.get_by_label("Add a layer").click();
    window.run_steps(2);
    assert!(says(&window, "5 layers hear 32 steps back."));
    until(&mut window, "the untrained net", |window| window.query_by_label("Train this stack").is_some());
    window.get_by_label("Train this stack").click();
    until(&mut window, "training", |window| says(window, "steps/s") && window.query_by_label("Pause training").is_some());
    // It may stand below the fold.
    window.get_by_label("Pause training").scroll_to_me();
    window.run_steps(5);
    window.get_by_label("Pause training").click();
    until(&mut window, "the pause", |window| says(window, "paused at step"));
    assert!(window.query_by_label("Train this stack").is_none());
}

#[test]
fn right_is_a_step_and_down_a_row() {
    let mut window = usual();
    window.key_press(Key::Home);
    window.run_steps(2);
    assert!(says(&window, "step 1 of 64"));
    window.key_press(Key::ArrowRight);
    window.run_steps(2);
    assert!(says(&window, "step 2 of 64"));
    for (row, text) in [
        "The last symbol is the new input.",
        "Layer 1: one value is new, 1 kept for 1 steps.",
        "Layer 2: one value is new, 1 kept for 2 steps.",
        "Layer 3: one value is new, 1 kept for 4 steps.",
        "Layer 4: one value is new, 1 kept for 8 steps.",
        "The sum of the skips gives p, and u draws.",
    ]
    .iter()
    .enumerate()
    {
        window.key_press(Key::ArrowDown);
        window.run_steps(2);
        assert!(says(&window, text), "row {row}");
        assert!(says(&window, &format!("step 3 of 64 · row {} of 6", row + 1)));
    }
    window.key_press(Key::ArrowUp);
    window.run_steps(2);
    assert!(says(&window, "row 5 of 6"));
}

#[test]
fn a_hovered_output_tells_its_cone_and_an_input_what_it_reaches() {
    let mut window = usual();
    window.key_press(Key::Home);
    window.run_steps(2);
    let canvas = window.get_by_label_contains("Stack. ").rect();
    let (step, row) = (canvas.width() / 24.0, canvas.height() / 6.0);
    let place =
        |column: f32, from_below: f32| egui::pos2(canvas.left() + (column + 0.5) * step, canvas.bottom() - (from_below + 0.5) * row);
    window.hover_at(place(20.0, 5.0));
    window.run_steps(3);
    assert!(says(&window, "Stack. Output at step 21. hears 16 of the 20 steps before"));
    window.hover_at(place(20.0, 3.0));
    window.run_steps(3);
    assert!(says(&window, "Stack. Layer 3 at step 21. hears 8 of the 20 steps before"));
    window.hover_at(place(3.0, 0.0));
    window.run_steps(3);
    assert!(says(&window, "Stack. Input x3. reaches 16 outputs"));
}

#[test]
fn a_dilation_is_typed_into_the_picture() {
    let mut window = usual();
    window.get_by_label("Dilation of layer 2").click();
    window.run_steps(2);
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    window.event(egui::Event::Text("5".into()));
    window.run_steps(2);
    window.key_press(Key::Enter);
    window.run_steps(3);
    // The sums of the subsets of 1, 5, 4, 8 are 13 different numbers from 0 to 18.
    assert!(says(&window, "by hand"));
    assert!(says(&window, "4 layers hear 13 steps back."));
    assert!(says(&window, "6 steps within reach are on no path: gaps."));
}

#[test]
fn places_do_not_overlap_in_any_theme() {
    for theme in [Theme::Dark, Theme::Light, Theme::Projector] {
        for size in [Vec2::new(1280.0, 720.0), Vec2::new(1920.0, 1080.0)] {
            let window = window(theme, size);
            let stack = window.get_by_label_contains("Stack. ").rect();
            let roll = window.get_by_label_contains("Piano roll of 64 steps").rect();
            let input = window.get_by_label("Dilation of layer 1").rect();
            assert!(stack.bottom() < roll.top(), "{theme:?} {size:?}: {stack:?} and {roll:?}");
            assert!(input.right() < stack.left() && stack.y_range().contains(input.center().y));
            assert!(window.ctx.content_rect().contains_rect(roll), "{theme:?} {size:?}: {roll:?}");
        }
    }
}

fn lab() -> (Box<dyn Lab>, Shared) {
    let shared = Shared::default();
    (tractable::labs::stack::open(&shared), shared)
}

#[test]
fn a_state_restores_on_a_fresh_lab_and_a_patch_that_is_wrong_changes_nothing() {
    let (mut one, mut shared) = lab();
    let patch = json!({ "dilations": [1, 3, 9], "kernel": 3, "front": 3, "at": 30, "micro": 2, "temperature": 0.5, "pinned": [4, 20] });
    one.restore(&patch, &mut shared).unwrap();
    assert_eq!(one.live("heard").unwrap().text, "29");
    let (mut other, _) = lab();
    other.restore(&one.state(), &mut shared).unwrap();
    assert_eq!(other.state(), one.state());
    for (wrong, word) in [
        (json!({ "kernel": 4 }), "`kernel`"),
        (json!({ "dilations": [] }), "`dilations`"),
        (json!({ "dilations": [0] }), "a dilation"),
        (json!({ "dilatoins": [1] }), "dilatoins"),
        (json!({ "at": 65 }), "`at`"),
    ] {
        let error = other.restore(&wrong, &mut shared).unwrap_err();
        assert!(error.contains(word), "{error}");
        assert_eq!(other.state(), one.state());
    }
    for action in one.actions() {
        other.restore(&action.patch, &mut shared).unwrap_or_else(|error| panic!("{}: {error}", action.title));
    }
}
