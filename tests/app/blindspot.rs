//! The lab of the blind spot, driven by names and keys.

use egui::{Key, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tractable::labs::{AppOptions, TractableApp};
use tractable::ui::theme::Theme;

use crate::chapter_window::{Window, has, wait};

fn lab() -> Window {
    let options = AppOptions { chapter: Some("blind-spot".into()), seed: Some(541), theme: Theme::Dark, ..AppOptions::default() };
    let mut window = Harness::builder().with_size(vec2(1280.0, 720.0)).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
    wait(&mut window, "the fields", |window| has(window, "missing: the blind spot"));
    window
}

fn click(window: &mut Window, name: &str) {
    window.get_by_label(name).click();
    window.run_steps(3);
}

#[test]
fn depth_and_kernel_change_the_wedge_and_two_stacks_have_none() {
    let mut window = lab();
    // Four layers of 3x3: 1 · 4 · 3 / 2 = 6 of 2 · 4 · 5 = 40 pixels, and the open wedge fits into the picture.
    assert!(has(&window, "6 missing: the blind spot"));
    assert!(has(&window, "no blind spot"));
    window.key_press(Key::ArrowRight);
    window.run_steps(3);
    assert!(has(&window, "10 missing: the blind spot"), "five layers: 5 · 4 / 2");
    click(&mut window, "5×5");
    assert!(has(&window, "20 missing: the blind spot"), "r = 2 doubles it");
    window.key_press(Key::Home);
    window.run_steps(3);
    assert!(!has(&window, "missing: the blind spot"), "one layer misses nothing");
}

#[test]
fn wrong_wirings_show_a_leak_or_the_blind_spot() {
    let mut window = lab();
    click(&mut window, "a shift in every layer");
    assert!(!has(&window, "no blind spot"));
    click(&mut window, "no shift");
    assert!(has(&window, "leak: "));
    click(&mut window, "one shift, at the link");
    assert!(!has(&window, "leak: ") && has(&window, "no blind spot"));
}

#[test]
fn both_learn_and_only_one_gets_below_a_bit_a_pixel() {
    let mut window = lab();
    window.key_press(Key::Num3);
    wait(&mut window, "the untrained scores", |window| has(window, "one stack 5"));
    window.key_press(Key::K);
    // 784 ln 2 = 543.43; the first minute of two stacks.
    wait(&mut window, "a lower score", |window| {
        let text = ["two stacks 4", "two stacks 3", "two stacks 2"];
        text.iter().any(|text| has(window, text))
    });
    assert!(has(&window, "one stack 543.") || has(&window, "one stack 544."));
    window.key_press(Key::Num2);
    window.run_steps(3);
    assert!(has(&window, "Two streams of a gated layer. Layer 2 · channel 1."));
    click(&mut window, "Pause both");
}
