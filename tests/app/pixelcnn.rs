//! The lab "PixelCNN", driven by names and keys, with its real worker.

use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Key, Modifiers, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use tractable::autoregressive::pixelcnn;
use tractable::graph::causal::{Order, Visibility, field};
use tractable::labs::{AppOptions, TractableApp};
use tractable::train::{Lesson, Model};
use tractable::ui::theme::Theme;

/// Longest time that the worker may take for something: a loaded machine in debug assertions.
const PATIENCE: Duration = Duration::from_secs(90);

/// The lab on the binary preset, paused at the beginning: small and fast.
pub(crate) fn lab() -> Harness<'static, TractableApp> {
    let options = AppOptions { chapter: Some("pixelcnn".into()), seed: Some(541), theme: Theme::Dark, ..AppOptions::default() };
    let mut window =
        Harness::builder().with_size(Vec2::new(1280.0, 720.0)).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
    wait(&mut window, "a first sample", |window| {
        window.query_by_label_contains("Sample, 14 rows").is_some() && spoken(window).contains("next")
    });
    window.get_by_role_and_label(Role::RadioButton, "14×14, binary").click();
    wait(&mut window, "the binary model", |window| window.query_by_label_contains("input. 14×14, 2 grey levels").is_some());
    press(&mut window, Key::Home);
    wait(&mut window, "the gallery", |window| window.query_by_label_contains("Gallery image 16, not").is_none());
    window
}

#[track_caller]
pub(crate) fn wait(window: &mut Harness<'_, TractableApp>, what: &str, mut done: impl FnMut(&Harness<'_, TractableApp>) -> bool) {
    let start = Instant::now();
    loop {
        window.run_steps(2);
        if done(window) {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}; the window says {:?}", texts(window));
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn press(window: &mut Harness<'_, TractableApp>, key: Key) {
    press_with(window, Modifiers::NONE, key);
}

pub(crate) fn press_with(window: &mut Harness<'_, TractableApp>, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run_steps(2);
}

/// All that the window says in this state.
pub(crate) fn texts(window: &Harness<'_, TractableApp>) -> Vec<String> {
    let nodes = window.root().children_recursive();
    let both = nodes.flat_map(|node| [node.accesskit_node().label(), node.accesskit_node().value()]).flatten();
    // A reading that must not be broken over two lines holds hard spaces.
    both.map(|text| text.replace('\u{a0}', " ")).collect()
}

pub(crate) fn find(window: &Harness<'_, TractableApp>, part: &str) -> Option<String> {
    texts(window).into_iter().find(|text| text.contains(part))
}

/// What a screen reader hears of the picture.
pub(crate) fn spoken(window: &Harness<'_, TractableApp>) -> String {
    find(window, "is next. Most likely").or_else(|| find(window, "pixels are drawn, for")).unwrap_or_default()
}

#[track_caller]
pub(crate) fn at(window: &Harness<'_, TractableApp>, place: &str) {
    assert!(find(window, &format!("Position, {place}")).is_some(), "expected {place}, found {:?}", find(window, "Position, "));
}

#[test]
fn time_is_state_back_shows_what_forward_showed() {
    let mut window = lab();
    at(&window, "pixel 1 of 196");
    let mut heard = Vec::new();
    for _ in 0..5 {
        heard.push(spoken(&window));
        press(&mut window, Key::ArrowRight);
    }
    at(&window, "pixel 6 of 196");
    for expected in heard.iter().rev() {
        press(&mut window, Key::ArrowLeft);
        assert_eq!(spoken(&window), *expected);
    }
    press_with(&mut window, Modifiers::SHIFT, Key::ArrowRight);
    at(&window, "pixel 15 of 196 · row 1, column 0");
    press(&mut window, Key::End);
    at(&window, "all 196 pixels drawn");
    let end = spoken(&window);
    press(&mut window, Key::Home);
    press(&mut window, Key::Space);
    wait(&mut window, "the end by playing", |window| find(window, "all 196 pixels drawn").is_some());
    assert_eq!(spoken(&window), end, "playing ends where End jumps to");
}

#[test]
fn no_class_is_offered_only_where_training_knows_it() {
    let window = lab();
    assert!(!Lesson::preset("pixelcnn-binary").expect("shipped").learns_without_class());
    assert!(window.query_by_role_and_label(Role::RadioButton, "9").is_some());
    assert!(window.query_by_role_and_label(Role::RadioButton, "none").is_none());
}

#[test]
fn the_gated_model_has_no_blind_spot_and_draws_without_a_class_too() {
    let mut window = lab();
    window.get_by_role_and_label(Role::RadioButton, "28×28, gated").click();
    wait(&mut window, "the gated model", |window| window.query_by_label_contains("gated layer 9×9. two stacks").is_some());
    wait(&mut window, "its sample", |window| window.query_by_label_contains("Sample, 28 rows").is_some());
    press(&mut window, Key::Home);
    for _ in 0..14 {
        press_with(&mut window, Modifiers::SHIFT, Key::ArrowRight);
    }
    let Model::Pixelcnn { config, .. } = Lesson::preset("pixelcnn-gated").expect("shipped").model else { panic!("a PixelCNN") };
    let (graph, nodes) = pixelcnn::evaluation(&config, 1).expect("shapes fit");
    let expected = field(&graph, nodes.logits, 14 * 28, nodes.levels, &Order::raster(config.pixels()));
    assert!(find(&window, &format!("seen by the next pixel: {}", expected.seen)).is_some(), "{:?}", find(&window, "seen by"));
    assert!(find(&window, "blind spot: 0 (").is_some(), "{:?}", find(&window, "blind spot:"));

    press(&mut window, Key::End);
    let three = spoken(&window);
    window.get_by_role_and_label(Role::RadioButton, "none").click();
    wait(&mut window, "an image of no class", |window| !spoken(window).is_empty() && spoken(window) != three);
    // A model that does not know "no class" takes a class again, and does not offer none.
    window.get_by_role_and_label(Role::RadioButton, "14×14, binary").click();
    wait(&mut window, "the binary model", |window| window.query_by_label_contains("class 3 shifts every layer").is_some());
    assert!(window.query_by_role_and_label(Role::RadioButton, "none").is_none());
}

#[test]
fn other_noise_other_class_and_temperature_change_the_picture_and_the_same_ones_bring_it_back() {
    let mut window = lab();
    press(&mut window, Key::End);
    let first = spoken(&window);
    let differs = |window: &Harness<'_, TractableApp>| !spoken(window).is_empty() && spoken(window) != first;
    window.get_by_role_and_label(Role::RadioButton, "7").click();
    wait(&mut window, "a seven", differs);
    window.get_by_role_and_label(Role::RadioButton, "3").click();
    wait(&mut window, "the three again", |window| spoken(window) == first);
    // While it is drawn anew an image cannot be chosen.
    wait(&mut window, "the three's gallery", |window| window.query_by_label_contains("Gallery image 2, not").is_none());
    window.get_by_label_contains("Gallery image 2,").click();
    wait(&mut window, "the gallery's image", differs);
    window.get_by_label_contains("Gallery image 2,").click();
    wait(&mut window, "the first image again", |window| spoken(window) == first);
    press(&mut window, Key::N);
    wait(&mut window, "other noise", differs);
}

#[test]
fn the_counts_under_the_picture_are_those_of_the_causal_analysis() {
    let mut window = lab();
    for _ in 0..5 {
        press_with(&mut window, Modifiers::SHIFT, Key::ArrowRight);
    }
    let Model::Pixelcnn { config, .. } = Lesson::preset("pixelcnn-binary").expect("shipped").model else { panic!("a PixelCNN") };
    let (graph, nodes) = pixelcnn::evaluation(&config, 1).expect("shapes fit");
    let order = Order::raster(config.pixels());
    let next = 5 * config.width;
    let expected = field(&graph, nodes.logits, next, nodes.levels, &order);
    assert!(find(&window, &format!("seen by the next pixel: {}", expected.seen)).is_some(), "{:?}", find(&window, "seen by"));
    assert!(find(&window, &format!("blind spot: {} (", expected.blind)).is_some(), "{:?}", find(&window, "blind spot:"));

    // Hover a drawn pixel, then one to come.
    let grid = window.get_by_label_contains("Sample, 14 rows").rect();
    let cell = |row: usize, column: usize| {
        let side = grid.width() / config.width as f32;
        grid.min + egui::vec2((column as f32 + 0.5) * side, (row as f32 + 0.5) * side)
    };
    window.hover_at(cell(3, 6));
    window.run_steps(2);
    let expected = field(&graph, nodes.logits, 3 * config.width + 6, nodes.levels, &order);
    assert!(find(&window, &format!("seen by this pixel: {}", expected.seen)).is_some(), "{:?}", find(&window, "seen by"));
    let future = 7 * config.width + 2;
    window.hover_at(cell(7, 2));
    window.run_steps(2);
    let expected = field(&graph, nodes.logits, future, nodes.levels, &order);
    let missing = (next..future).filter(|&i| expected.pixels[i] == Visibility::Seen).count();
    let sentence = format!("has no distribution yet: it depends on {missing} pixels still to be drawn");
    assert!(find(&window, &sentence).is_some(), "{sentence}; {:?}", find(&window, "has no distribution"));

    // One layer alone sees the kernel of mask A and nothing else.
    window.hover_at(cell(3, 6));
    window.get_by_label_contains("masked conv 7×7").click_accesskit();
    window.run_steps(2);
    window.hover_at(cell(3, 6));
    window.run_steps(2);
    assert!(find(&window, "seen by this pixel: 24").is_some(), "{:?}", find(&window, "seen by"));
}

#[test]
fn all_three_samplers_draw_the_same_image() {
    let mut window = lab();
    press(&mut window, Key::End);
    let first = spoken(&window);
    for method in ["Jacobi", "full"] {
        window.get_by_role_and_label(Role::RadioButton, method).click();
        wait(&mut window, method, |window| find(window, &format!("Cost of {method}")).is_some());
        wait(&mut window, "the comparison", |window| find(window, "One image each, here: the same, pixel for pixel.").is_some());
        assert_eq!(spoken(&window), first, "{method}");
    }
    assert!(find(&window, "Cost of full").is_some_and(|text| text.contains("196 passes")));
    assert!(find(&window, "Cost of Jacobi").is_some_and(|text| text.contains("sweeps")));
}

#[test]
fn training_from_scratch_lowers_the_loss_and_a_missing_file_loses_nothing() {
    let mut window = lab();
    let loss = |window: &Harness<'_, TractableApp>| -> Option<f64> {
        let text = texts(window).into_iter().find(|text| text.starts_with("test ") && !text.contains("first"))?;
        text.trim_start_matches("test ").parse().ok()
    };
    window.get_by_label("From scratch").click();
    // 196 ln 2 = 135.9 nats know nothing; the shipped weights cost far less.
    wait(&mut window, "the loss of untrained weights", |window| loss(window).is_some_and(|nats| nats > 120.0));
    wait(&mut window, "a lower test loss", |window| loss(window).is_some_and(|nats| nats < 110.0));
    window.get_by_label("Pause training").click();
    wait(&mut window, "a pause", |window| find(window, "paused at step").is_some());
    window.get_by_role_and_label(Role::CheckBox, "more").click_accesskit();
    window.run_steps(3);
    let rate = |window: &Harness<'_, TractableApp>, value: f64| {
        window.get_by_role_and_label(Role::Slider, "Learning rate").set_value_accesskit(value);
    };
    rate(&window, 1.0);
    window.run_steps(3);
    press(&mut window, Key::K);
    wait(&mut window, "a sentence about the rate", |window| find(window, "Training stopped at step").is_some());
    wait(&mut window, "the sound weights", |window| loss(window).is_some_and(|nats| nats < 115.0));
    assert!(window.query_by_label("Half the rate (5.0e-1) and go on").is_some());
    let step = find(&window, "paused at step");
    assert!(step.is_some());

    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("mine.safetensors");
    type_path(&mut window, path.to_str().expect("a plain name"));
    window.get_by_label("Save").click_accesskit();
    wait(&mut window, "a file", |_| path.exists());
    window.get_by_label("Load").click_accesskit();
    wait(&mut window, "the loaded weights", |window| find(window, "mine.safetensors, step").is_some());
    type_path(&mut window, ".gone");
    window.get_by_label("Load").click_accesskit();
    wait(&mut window, "a sentence", |window| find(window, "Expected a readable file at").is_some());
    assert_eq!(find(&window, "paused at step"), step, "nothing is lost");
    assert!(find(&window, "mine.safetensors, step").is_some());
}

/// The training step that the window names, whether or not training runs.
fn step(window: &Harness<'_, TractableApp>) -> u64 {
    let said = texts(window)
        .into_iter()
        .find(|text| text.starts_with("paused at step ") || text.starts_with("step ") && text.ends_with(" steps/s"));
    let number = said.as_ref().and_then(|text| text.split("step ").nth(1)?.split(" · ").next());
    number.and_then(|digits| digits.replace(',', "").parse().ok()).unwrap_or(0)
}

#[test]
fn the_time_line_shows_an_earlier_model_and_training_that_broke_goes_back_twenty_updates() {
    let mut window = lab();
    window.get_by_label("From scratch").click();
    wait(&mut window, "some updates", |window| window.query_by_label("Pause training").is_some() && (60..6_000).contains(&step(window)));
    window.get_by_label("Pause training").click();
    wait(&mut window, "a pause", |window| find(window, "paused at step").is_some() && find(window, "Gallery image 16, not").is_none());
    press(&mut window, Key::End);
    let (newest, drawn) = (step(&window), spoken(&window));
    let line = |window: &Harness<'_, TractableApp>, value: f64| {
        window.get_by_role_and_label(Role::Slider, "Training step").set_value_accesskit(value);
    };
    line(&window, 30.0);
    wait(&mut window, "the past", |window| find(window, "Training goes on from the newest.").is_some() && step(window) <= 30);
    wait(&mut window, "what the older model draws", |window| !spoken(window).is_empty() && spoken(window) != drawn);
    window.get_by_label("To the newest").click_accesskit();
    wait(&mut window, "the newest", |window| window.query_by_label("Train from here").is_none() && spoken(window) == drawn);
    assert_eq!(step(&window), newest);
    assert!(window.query_by_label("Back 20").is_none());

    window.get_by_role_and_label(Role::CheckBox, "more").click_accesskit();
    window.run_steps(3);
    let rate = |window: &Harness<'_, TractableApp>, value: f64| {
        window.get_by_role_and_label(Role::Slider, "Learning rate").set_value_accesskit(value);
    };
    rate(&window, 1.0);
    window.run_steps(3);
    press(&mut window, Key::K);
    wait(&mut window, "the ways on", |window| window.query_by_label("Back 20").is_some() && find(window, "Broke at step").is_some());
    let good = step(&window);
    window.get_by_label("Back 20").click();
    wait(&mut window, "twenty updates back", |window| window.query_by_label("Back 20").is_none() && step(window) + 20 <= good);
    assert!(find(&window, "Broke at step").is_none() && find(&window, "Training stopped at step").is_none());
    let back = step(&window);
    rate(&window, 1e-3);
    window.run_steps(3);
    press(&mut window, Key::K);
    wait(&mut window, "training from there", |window| step(window) > back + 5 && window.query_by_label("Pause training").is_some());
}

fn type_path(window: &mut Harness<'_, TractableApp>, text: &str) {
    window.get_by_label("Path of the weights").focus();
    // A field that has not got the keyboard yet would lose what is typed.
    wait(window, "the keyboard", |window| window.get_by_label("Path of the weights").is_focused());
    window.get_by_label("Path of the weights").type_text(text);
    window.run_steps(2);
}

#[test]
fn every_part_is_named_in_every_theme_and_size() {
    for theme in [Theme::Light, Theme::Projector] {
        let options = AppOptions { chapter: Some("pixelcnn".into()), seed: Some(541), theme, ..AppOptions::default() };
        let mut window =
            Harness::builder().with_size(Vec2::new(1920.0, 1080.0)).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
        wait(&mut window, "a sample", |window| !spoken(window).is_empty());
        for name in ["Sample", "What it is made of", "Training", "Surprise, row by row", "Temperature", "Masked layers"] {
            assert!(find(&window, name).is_some(), "{theme:?}: {name}");
        }
    }
}
