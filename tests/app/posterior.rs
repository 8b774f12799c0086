//! The lab of low-rank layers, driven by names and keys.

use egui::Key;
use egui_kittest::kittest::Queryable;
use serde_json::{Value, json};
use tractable::labs::document::Document;
use tractable::ui::units::number;

use crate::chapter_window::{Window, click, has, open, reopen, same, save, stand, table, wait};

fn lab(view: Value) -> Window {
    open("planar-sylvester", view)
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
fn every_kind_of_layer_that_has_a_region_is_held_inside_it() {
    let mut window = lab(json!({ "page": "constraint", "kind": "radial", "layers": 8, "depth": 3 }));
    let softplus = |v: f64| (1.0 + v.exp()).ln();
    let rows = window.state().table().unwrap().rows;
    assert_eq!(rows.len(), 8);
    for row in &rows {
        let [raw_alpha, raw_beta, alpha, beta] = [1, 2, 3, 4].map(|i| row[i].parse::<f64>().unwrap());
        assert!((alpha - softplus(raw_alpha) - 1e-3).abs() < 1e-5 && (beta + alpha - softplus(raw_beta)).abs() < 1e-5, "{row:?}");
        assert!(alpha > 0.0 && beta > -alpha, "{row:?}");
    }
    assert!(has(&window, "β > −α") && has(&window, "β held above −α"));
    click(&mut window, "Sylvester");
    assert!(has(&window, "r₁ r₂ > −1"));
    for basis in ["Householder", "triangular", "orthogonal"] {
        click(&mut window, basis);
        assert_eq!(window.state().document().view["basis"], json!(basis.to_lowercase()));
        for row in &window.state().table().unwrap().rows {
            let values: Vec<f64> = row[1..].iter().map(|v| v.parse().unwrap()).collect();
            let (raw, used) = values.split_at(4);
            assert!(raw.iter().zip(used).all(|(raw, used)| (raw.tanh() - used).abs() < 1e-5), "{row:?}");
            assert!(used[0] * used[1] > -1.0 && used[2] * used[3] > -1.0, "{row:?}");
        }
    }
    click(&mut window, "IAF");
    assert!(has(&window, "no constraint"));
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
    assert!(has(&window, "q after layer 2 of 2"));
    window.key_press(Key::Home);
    window.run_steps(3);
    assert!(has(&window, "Noise v, before layer 1 of 2"));
    window.key_press(Key::ArrowRight);
    window.run_steps(3);
    let document = window.state().document();
    assert_eq!((&document.view["depth"], &document.view["kind"]), (&json!(1), &json!("iaf")));
    let ctx = window.ctx.clone();
    let wrong = Document { view: json!({ "layers": 99 }), ..document };
    let sentence = window.state_mut().open_document(&wrong, &ctx).unwrap_err();
    assert!(sentence.contains("1 to 32") && sentence.contains("99"), "{sentence}");
}

#[test]
fn a_saved_session_opens_with_the_same_flow_and_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.tractable.json");
    let mut window = lab(json!({ "kind": "sylvester", "basis": "householder", "layers": 2, "depth": 2, "energy": "split" }));
    window.key_press(Key::K);
    wait(&mut window, "some steps", |window| last(window, "step") > 100.0);
    click(&mut window, "Pause training");
    stand(&mut window);
    save(&mut window, &path);
    let mut again = reopen("planar-sylvester", &path);
    wait(&mut again, "the steps", |window| last(window, "step") > 100.0);
    stand(&mut again);
    same(&table(&window), &table(&again));
    let learned = |window: &mut Window| {
        click(window, "Constraint of a layer");
        table(window)
    };
    same(&learned(&mut window), &learned(&mut again));
    assert_eq!(window.state().document().view, again.state().document().view);
}

#[test]
fn the_bar_below_is_worked_with_the_mouse() {
    let mut window = lab(json!({ "layers": 4, "depth": 4, "training": false }));
    let depth = |window: &Window| window.state().document().view["depth"].clone();
    click(&mut window, "To the beginning");
    assert_eq!(depth(&window), json!(0));
    click(&mut window, "One step");
    assert_eq!(depth(&window), json!(1));
    click(&mut window, "To the end");
    assert_eq!(depth(&window), json!(4));
    click(&mut window, "One step back");
    assert_eq!(depth(&window), json!(3));
}

#[test]
fn the_rule_of_the_rate_is_on_show_and_the_bound_is_in_the_unit_of_the_program() {
    let mut window = lab(json!({ "training": false }));
    assert!(has(&window, "Adam at 1.0e-2 up to step 4,000, then falling as 1 / step: now 1.0e-2."));
    let gap = last(&window, "KL(q || p) / nats");
    assert!(has(&window, "KL from p = ln Z − ELBO, nats") && has(&window, &number(gap, 3)));
    let log_z = last(&window, "ln Z / nats");
    assert!(has(&window, &format!("{} nats below ln Z = {}.", number(gap, 3), number(log_z, 3))), "the summary says the same");
    window.key_press(Key::U);
    window.run_steps(3);
    assert!(has(&window, "KL from p = log₂ Z − ELBO, bits") && has(&window, &number(gap / std::f64::consts::LN_2, 3)), "{gap}");
    assert!(!has(&window, "nats"));
    let [gap, log_z] = [gap, log_z].map(|nats| number(nats / std::f64::consts::LN_2, 3));
    assert!(has(&window, &format!("{gap} bits below log₂ Z = {log_z}.")));
}
