//! The lab of free Jacobians, driven by names and keys.

use egui::{Key, vec2};
use egui_kittest::kittest::Queryable;
use serde_json::{Value, json};
use tractable::labs::document::Document;
use tractable::labs::table::Table;
use tractable::ui::theme::Theme;
use tractable::ui::units::number;

use crate::chapter_window::{Window, click, has, open, open_in, reopen, same, save, settle, stand, table, wait};

fn lab(view: Value) -> Window {
    open("residual-ffjord", view)
}

fn column(table: &Table, index: usize) -> Vec<f64> {
    table.rows.iter().map(|row| row[index].parse().unwrap_or(f64::NAN)).collect()
}

#[test]
fn the_series_ends_at_the_exact_value_and_its_bias_stays_below_the_bound() {
    let mut window = lab(json!({}));
    assert!(has(&window, "The exact value"));
    let first = table(&window);
    let [n, sum, exact, bound] = [0, 1, 2, 3].map(|i| column(&first, i));
    assert_eq!(n.len(), 20);
    for i in 0..20 {
        assert!((sum[i] - exact[i]).abs() <= bound[i] + 1e-12, "{} terms: {} {} {}", n[i], sum[i], exact[i], bound[i]);
        // The bound by hand: three matrices of norm 0.95.
        let c = 0.95_f64.powi(3);
        assert!((bound[i] - 2.0 * c.powi(i as i32 + 2) / ((n[i] + 1.0) * (1.0 - c))).abs() < 1e-12);
    }
    assert!((sum[0] - exact[0]).abs() > 1e-6, "one term is biased");
    // Another block has another Jacobian; the arrow keys walk through the blocks.
    window.key_press(Key::ArrowRight);
    window.run_steps(3);
    wait(&mut window, "the second block", |window| window.state().settled());
    assert!((column(&table(&window), 2)[0] - exact[0]).abs() > 1e-9);
}

#[test]
fn the_roulettes_mean_is_the_exact_value_and_hutchinsons_variance_falls() {
    let mut window = lab(json!({ "page": "roulette" }));
    let spins = table(&window);
    let last = spins.rows.len() - 1;
    let [mean, error, exact] = [1, 2, 3].map(|i| column(&spins, i)[last]);
    assert!((mean - exact).abs() < 4.0 * error && error < 0.05, "{mean} {exact} {error}");
    click(&mut window, "signs ±1");
    assert!(column(&table(&window), 1)[last] != mean, "other vectors, other spins");
    window.key_press(Key::Num2);
    window.run_steps(3);
    wait(&mut window, "Hutchinson's page", |window| window.state().settled());
    let variances = table(&window);
    for (measured, formula) in [(1, 2), (3, 4)] {
        for (a, b) in column(&variances, measured).into_iter().zip(column(&variances, formula)) {
            // 2,000 values: the deviation of a variance is some 3 %, for heavy tails more.
            assert!((a / b - 1.0).abs() < 0.3, "{a} {b}");
        }
    }
}

#[test]
fn the_inverse_comes_closer_by_the_contraction_at_least() {
    let window = lab(json!({ "page": "inverse", "block": 3 }));
    let inverse = table(&window);
    for (error, bound) in column(&inverse, 1).into_iter().zip(column(&inverse, 2)) {
        assert!(error <= bound + 1e-15, "{error} {bound}");
    }
    assert!(column(&inverse, 1).last().unwrap() < &1e-4);
}

#[test]
fn a_tighter_tolerance_costs_more_and_errs_less() {
    let mut window = lab(json!({ "page": "motion" }));
    assert!(has(&window, "evaluations at 1e-6"));
    // An untrained velocity is zero: it must learn a little first.
    window.key_press(Key::K);
    wait(&mut window, "some training", |window| {
        let table = window.state().table();
        table.is_some_and(|table| column(&table, 1)[4] > 30.0)
    });
    click(&mut window, "Pause training");
    let motion = table(&window);
    let (evaluations, error, back) = (column(&motion, 1), column(&motion, 3), column(&motion, 5));
    assert!(evaluations[4] > evaluations[0], "{evaluations:?}");
    assert!(error[4] < 1e-3 && back[4] < 1e-3, "{error:?} {back:?}");
    assert!(error[10] < error[6], "32 fixed steps are nearer than 2: {error:?}");
}

#[test]
fn a_state_comes_back_as_it_was_left_and_nonsense_is_a_sentence() {
    let view =
        json!({ "page": "trace", "probe": [0.5, -1.0], "block": 4, "terms": 7, "noise": "rademacher", "moment": 12, "training": false });
    let mut window = lab(view.clone());
    let ctx = window.ctx.clone();
    let document = window.state().document();
    for (name, value) in view.as_object().unwrap() {
        assert_eq!(&document.view[name], value, "{name}");
    }
    let wrong = Document { view: json!({ "block": 99 }), ..document };
    let sentence = window.state_mut().open_document(&wrong, &ctx).unwrap_err();
    assert!(sentence.contains("Expected a block from 1 to") && sentence.contains("99"), "{sentence}");
}

#[test]
fn a_saved_session_opens_with_both_flows_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.tractable.json");
    let mut window = lab(json!({ "page": "series" }));
    let fresh = table(&window);
    for page in ["motion", "series"] {
        let ctx = window.ctx.clone();
        let mut document = window.state().document();
        document.view = json!({ "page": page });
        window.state_mut().open_document(&document, &ctx).unwrap();
        settle(&mut window);
        window.key_press(Key::K);
        wait(&mut window, "some steps", |window| has(window, "training · step 2"));
        click(&mut window, "Pause training");
    }
    stand(&mut window);
    save(&mut window, &path);
    let mut again = reopen("residual-ffjord", &path);
    let trained = table(&window);
    wait(&mut again, "the trained series", |window| table(window).rows != fresh.rows && window.state().settled());
    stand(&mut again);
    same(&trained, &table(&again));
    for window in [&mut window, &mut again] {
        click(window, "FFJORD");
    }
    same(&table(&window), &table(&again));
}

#[test]
fn the_bar_below_is_worked_with_the_mouse_with_and_without_the_controls() {
    for folded in [false, true] {
        let mut window = lab(json!({ "page": "motion", "moment": 40, "training": false }));
        if folded {
            window.key_press(Key::F);
            settle(&mut window);
        }
        let moment = |window: &Window| window.state().document().view["moment"].clone();
        click(&mut window, "To the beginning");
        assert_eq!(moment(&window), json!(0), "folded: {folded}");
        click(&mut window, "One step");
        assert_eq!(moment(&window), json!(1), "folded: {folded}");
    }
}

#[test]
fn every_logarithm_is_in_the_unit_of_the_program() {
    let mut window = lab(json!({ "training": false }));
    let exact = column(&table(&window), 2)[0];
    let shown = |window: &Window, value: f64| has(window, &number(value, 5));
    assert!(has(&window, "log det(I + J), nats") && shown(&window, exact));
    window.key_press(Key::U);
    window.run_steps(3);
    assert!(has(&window, "log det(I + J), bits") && shown(&window, exact / std::f64::consts::LN_2), "{exact}");
    assert!((column(&table(&window), 2)[0] - exact).abs() < 1e-12, "an exported table is in the unit that its columns name");
    for page in ["Series", "Hutchinson", "Roulette", "Inverse", "FFJORD", "Trace"] {
        click(&mut window, page);
        assert!(!has(&window, "nats"), "{page}");
    }
    // A variance is in squares of the unit.
    click(&mut window, "Hutchinson");
    let variance = column(&table(&window), 2)[0] / std::f64::consts::LN_2.powi(2);
    assert!(shown(&window, variance) && has(&window, "Variance, bits²"), "{variance}");
}

#[test]
fn in_the_lecture_hall_the_plane_takes_half_of_the_canvas() {
    for size in [vec2(1280.0, 720.0), vec2(1920.0, 1080.0)] {
        for page in ["series", "motion"] {
            let window = open_in("residual-ffjord", json!({ "page": page, "training": false }), size, Theme::Projector);
            let (plane, canvas) = (window.get_by_label_contains("Data plane").rect(), window.state().canvas_rect());
            assert!(
                plane.width() > 0.43 * canvas.width() && (plane.width() - plane.height()).abs() < 1.0,
                "{page}: {plane:?} in {canvas:?}"
            );
            assert!(canvas.contains_rect(plane), "{page}: {plane:?} in {canvas:?}");
        }
    }
}
