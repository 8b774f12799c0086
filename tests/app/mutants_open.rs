//! Sessions that were damaged on the way and can still be read: the labs refuse what they cannot show, with a sentence, and go on.

use egui::Vec2;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use rand::{Rng, RngExt, SeedableRng};
use serde_json::{Value, json};
use tractable::labs::document::Document;
use tractable::labs::{AppOptions, TractableApp};

const EACH: usize = 40;

/// What a number, a word or a list may have become.
fn wound(value: &mut Value, rng: &mut impl Rng) {
    let other = [
        json!(null),
        json!(-1),
        json!(0),
        json!(1e300),
        json!(99_999_999_999_u64),
        json!(-99_999_999_999_i64),
        json!(0.5),
        json!("two-moons"),
        json!(""),
        json!([]),
        json!([1, 2, 3, 4, 5, 6, 7, 8, 9]),
        json!({}),
        json!(true),
    ];
    *value = match value {
        // Most wounds keep the kind: what is of another kind is refused by the reader already.
        Value::Number(number) if rng.random_bool(0.8) => match number.as_i64() {
            Some(whole) => json!([whole + 1, whole - 1, whole * 1000 + 7, -whole, 0, i64::MAX][rng.random_range(0..6)]),
            None => {
                let real = number.as_f64().unwrap_or(0.0);
                json!([real * 1000.0 + 7.0, -real, 0.0, 1e300, 1e-300, real + 0.1][rng.random_range(0..6)])
            }
        },
        Value::Bool(on) if rng.random_bool(0.8) => json!(!*on),
        _ => other[rng.random_range(0..other.len())].clone(),
    };
}

/// Every place of a document below this one.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| places(inner, &format!("{here}/{name}"), found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, inner)| places(inner, &format!("{here}/{index}"), found)),
        _ => {}
    }
    if !here.is_empty() {
        found.push(here.to_owned());
    }
}

fn survives(chapter: &str) {
    let options = AppOptions { chapter: Some(chapter.to_owned()), seed: Some(541), threads: Some(1), ..AppOptions::default() };
    let mut window: Harness<'static, TractableApp> =
        Harness::builder().with_size(Vec2::new(1280.0, 720.0)).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
    window.run_steps(3);
    let sound = window.state().document();
    assert!(sound.view.is_object(), "{chapter} keeps something");
    let mut all = Vec::new();
    places(&sound.view, "", &mut all);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(541);
    let (mut refused, mut taken, mut last) = (0, 0, String::new());
    for index in 0..EACH {
        let mut view = sound.view.clone();
        let mut wounds = Vec::new();
        for _ in 0..rng.random_range(1..=3) {
            let place = &all[rng.random_range(0..all.len())];
            if let Some(value) = view.pointer_mut(place) {
                wound(value, &mut rng);
                wounds.push(format!("{place} = {value}"));
            }
        }
        let ctx = window.ctx.clone();
        let document = Document { view, ..sound.clone() };
        match window.state_mut().open_document(&document, &ctx) {
            Ok(()) => taken += 1,
            Err(sentence) => {
                assert!(sentence.len() > 20 && sentence.contains(' '), "{chapter}, {index}: {sentence:?} is no sentence");
                refused += 1;
                last = sentence;
            }
        }
        window.run_steps(2);
        std::thread::sleep(std::time::Duration::from_millis(20));
        window.run_steps(2);
        let dead = window.query_all_by_label_contains("The worker stopped").next().is_some();
        assert!(!dead, "{chapter}: document {index} ended the worker: {wounds:?}");
    }
    assert!(refused > 0 && taken > 0, "{chapter}: {refused} refused, {taken} taken; the last refusal: {last:?}");
    // What was sound is still understood.
    let ctx = window.ctx.clone();
    window.state_mut().open_document(&sound, &ctx).unwrap();
    window.run_steps(3);
}

#[test]
fn damaged_sessions_of_the_pixelcnn_lab() {
    survives("pixelcnn");
}

#[test]
fn damaged_sessions_of_the_flow_lab() {
    survives("flow");
}

#[test]
fn damaged_sessions_of_the_stack() {
    survives("stack");
}

#[test]
fn damaged_sessions_of_the_blind_spot() {
    survives("blind-spot");
}

#[test]
fn damaged_sessions_of_free_jacobians() {
    survives("residual-ffjord");
}

#[test]
fn damaged_sessions_of_low_rank_layers() {
    survives("planar-sylvester");
}

#[test]
fn damaged_sessions_of_the_taxonomy() {
    survives("taxonomy");
}

#[test]
fn damaged_sessions_of_the_change_of_variables() {
    survives("change-of-variables");
}
