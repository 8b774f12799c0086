//! The lab of causal stacks, driven by its labels.

use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Key, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use serde_json::json;
use tractable::labs::{AppOptions, Lab, Shared, TractableApp};
use tractable::train::Weights;
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

/// The training step that the window names, whether or not training runs.
fn step(window: &Harness<'_, TractableApp>) -> u64 {
    let nodes = window.root().children_recursive();
    let texts = nodes.flat_map(|node| [node.accesskit_node().label(), node.accesskit_node().value()]).flatten();
    let mut texts = texts.map(|text| text.replace('\u{a0}', " "));
    let said = texts.find(|text| text.starts_with("paused at step ") || text.starts_with("step ") && text.ends_with(" steps/s"));
    let number = said.as_ref().and_then(|text| text.split("step ").nth(1)?.split(" · ").next());
    number.and_then(|digits| digits.replace(',', "").parse().ok()).unwrap_or(0)
}

#[test]
fn the_time_line_shows_an_earlier_net_and_training_that_broke_goes_back_twenty_updates() {
    let mut window = usual();
    assert!(window.query_by_label("Training step").is_none(), "nothing was trained yet");
    window.key_press(Key::K);
    until(&mut window, "some updates", |window| step(window) >= 660);
    window.key_press(Key::K);
    until(&mut window, "a pause", |window| says(window, "paused at step"));
    let newest = step(&window);
    window.get_by_role_and_label(Role::Slider, "Training step").set_value_accesskit(630.0);
    until(&mut window, "the past", |window| says(window, "Training goes on from the newest.") && (600..=630).contains(&step(window)));
    // A session that is saved meanwhile has the newest net.
    let folder = tempfile::tempdir().unwrap();
    window.state_mut().save_as(&folder.path().join("past.json"));
    let written = || std::fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.path());
    let weights = || written().find(|path| path.extension().is_some_and(|end| end == "safetensors"));
    until(&mut window, "the weights", |_| weights().is_some());
    assert_eq!(Weights::read(&weights().unwrap()).unwrap().step(), newest);
    window.get_by_label("To the newest").click_accesskit();
    until(&mut window, "the newest", |window| window.query_by_label("Train from here").is_none() && step(window) == newest);
    assert!(window.query_by_label("Back 20").is_none());

    window.get_by_role_and_label(Role::CheckBox, "more").click_accesskit();
    window.run_steps(3);
    window.get_by_role_and_label(Role::Slider, "Learning rate").set_value_accesskit(1.0);
    window.run_steps(3);
    window.key_press(Key::K);
    until(&mut window, "the ways on", |window| window.query_by_label("Back 20").is_some() && says(window, "Broke at step"));
    assert!(says(&window, "Half the rate (5.0e-1) and go on"));
    let good = step(&window);
    window.get_by_label("Back 20").click();
    until(&mut window, "twenty updates back", |window| window.query_by_label("Back 20").is_none() && step(window) + 20 <= good);
    assert!(!says(&window, "Broke at step") && !says(&window, "Training stopped at step"));
    let back = step(&window);
    window.get_by_role_and_label(Role::Slider, "Learning rate").set_value_accesskit(1e-3);
    window.run_steps(3);
    window.key_press(Key::K);
    until(&mut window, "training from there", |window| step(window) > back + 5 && window.query_by_label("Pause training").is_some());
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
