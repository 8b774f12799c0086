//! The lab of low-rank layers, driven by names and keys.

use std::time::{Duration, Instant};

use egui::{Key, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use serde_json::{Value, json};
use tractable::labs::document::Document;
use tractable::labs::{AppOptions, TractableApp};

type Window = Harness<'static, TractableApp>;

fn lab(view: Value) -> Window {
    let document = Document { format_version: 1, chapter: "planar-sylvester".into(), seed: Some(541), view, ..Document::default() };
    let options = AppOptions {
        chapter: Some("planar-sylvester".into()),
        document: Some(document),
        threads: Some(1),
        still: true,
        ..AppOptions::default()
    };
    let mut window = Harness::builder().with_size(vec2(1280.0, 720.0)).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
    wait(&mut window, "the first picture", |window| window.state().settled());
    window
}

fn has(window: &Window, part: &str) -> bool {
    window.query_all_by_label_contains(part).next().is_some()
}

fn wait(window: &mut Window, what: &str, good: impl Fn(&Window) -> bool) {
    let start = Instant::now();
    loop {
        window.step();
        if good(window) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "{what} never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn click(window: &mut Window, name: &str) {
    let node = window.get_by_label(name);
    node.scroll_to_me();
    node.click();
    window.run_steps(4);
    wait(window, "the picture", |window| window.state().settled());
}

fn last(window: &Window, name: &str) -> f64 {
    let table = window.state().table().expect("every page has a table");
    let index = table.columns.iter().position(|column| column == name).unwrap_or_else(|| panic!("no {name} in {:?}", table.columns));
    table.rows.last().expect("a row")[index].parse().unwrap()
}

#[test]
fn the_bound_rises_towards_the_integral_and_does_not_pass_it() {
    let mut window = lab(json!({ "energy": "wave" }));
    // One wave with its soft walls, in closed form.
    let log_z = ((2.0 * std::f64::consts::PI).sqrt() * 0.4 * (8.0 + (2.0 * std::f64::consts::PI).sqrt() * 0.3)).ln();
    assert!((last(&window, "ln Z / nats") - log_z).abs() < 1e-5);
    let before = last(&window, "KL(q || p) / nats");
    window.key_press(Key::K);
    // The energy is brought in over 1,500 steps.
    wait(&mut window, "a higher bound", |window| last(window, "step") > 1_700.0);
    click(&mut window, "Pause training");
    let (after, error) = (last(&window, "KL(q || p) / nats"), last(&window, "standard error / nats"));
    assert!(after < before && after > -4.0 * error, "{before} {after} ± {error}");
}

#[test]
fn the_constraint_is_kept_in_every_planar_layer_and_only_there() {
    let mut window = lab(json!({ "page": "constraint", "layers": 32, "depth": 5 }));
    let table = window.state().table().unwrap();
    assert_eq!(table.rows.len(), 32);
    for row in &table.rows {
        let value = |i: usize| row[i].parse::<f64>().unwrap();
        let (raw, used) = (value(8), value(9));
        assert!(used > -1.0 && (used - ((1.0 + raw.exp()).ln() - 1.0)).abs() < 1e-6, "{row:?}");
        // What is across w stays: (used - raw) has no part across it.
        let across = (value(3) - value(1)) * -value(6) + (value(4) - value(2)) * value(5);
        assert!(across.abs() < 1e-9, "{row:?}");
    }
    assert!(has(&window, "Layer 5"));
    click(&mut window, "Sylvester");
    assert!(!has(&window, "as used"), "no half-plane in another kind of layer");
}

#[test]
fn drawing_on_the_target_makes_another_one_whose_integral_is_one() {
    let mut window = lab(json!({}));
    assert!(last(&window, "ln Z / nats").abs() > 0.1);
    let place = window.get_by_label_contains("Target plane").rect().center();
    window.hover_at(place);
    window.drag_at(place);
    window.run_steps(2);
    window.drop_at(place);
    window.run_steps(3);
    wait(&mut window, "the drawn target", |window| window.state().settled());
    assert!(last(&window, "ln Z / nats").abs() < 1e-6);
    let view = window.state().document().view;
    assert_eq!(view["energy"]["drawn"].as_array().map(Vec::len), Some(1), "{view}");
}

#[test]
fn layers_are_walked_and_a_state_comes_back() {
    let mut window = lab(json!({ "kind": "iaf", "layers": 2, "samples": false }));
    assert!(has(&window, "q after 2 of 2 layers"));
    window.key_press(Key::Home);
    window.run_steps(3);
    assert!(has(&window, "Noise v, no layer yet"));
    window.key_press(Key::ArrowRight);
    window.run_steps(3);
    let document = window.state().document();
    assert_eq!((&document.view["depth"], &document.view["kind"]), (&json!(1), &json!("iaf")));
    let ctx = window.ctx.clone();
    let wrong = Document { view: json!({ "layers": 99 }), ..document };
    let sentence = window.state_mut().open_document(&wrong, &ctx).unwrap_err();
    assert!(sentence.contains("1 to 32") && sentence.contains("99"), "{sentence}");
}
