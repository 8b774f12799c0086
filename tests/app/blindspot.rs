//! The lab of the blind spot, driven by names and keys.

use egui::Key;
use serde_json::json;
use tractable::ui::units::number;

use crate::chapter_window::{Window, click, has, open, reopen, same, save, stand, table, wait};

fn lab() -> Window {
    open("blind-spot", json!({}))
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

#[test]
fn every_number_of_the_rain_is_in_the_unit_of_the_program() {
    let law = json!({ "size": 14, "offset": 4, "eps": 0.05, "toward": "right" });
    let mut window = open("blind-spot", json!({ "page": "rain", "law": law }));
    // Knowing nothing costs one bit for each of the 196 pixels.
    let nats = number(196.0 * std::f64::consts::LN_2, 2);
    assert!(has(&window, &format!("{nats} nats")) && has(&window, " nats an image, two stacks "));
    window.key_press(Key::U);
    window.run_steps(3);
    assert!(has(&window, "196.00 bits") && has(&window, " bits an image, two stacks "));
    assert!(!has(&window, "nats"), "nothing is left in the other unit");
}

#[test]
fn a_saved_session_opens_with_both_stacks_and_their_curves() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.tractable.json");
    let law = json!({ "size": 14, "offset": 4, "eps": 0.05, "toward": "left" });
    let mut window = open("blind-spot", json!({ "page": "rain", "law": law }));
    window.key_press(Key::K);
    let learned = |window: &Window| table(window).rows.iter().filter(|row| row[1] == "batches").count() > 8;
    wait(&mut window, "some steps of both", learned);
    click(&mut window, "Pause both");
    stand(&mut window);
    save(&mut window, &path);
    let mut again = reopen("blind-spot", &path);
    wait(&mut again, "the curves", |window| learned(window) && window.state().settled());
    stand(&mut again);
    same(&table(&window), &table(&again));
    let drawn = |window: &Window| window.state().document().view["law"].clone();
    assert_eq!(drawn(&again), law);
}
