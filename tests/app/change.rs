//! The lab of the change of variables, driven by names and keys.

use egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::Queryable;
use serde_json::{Value, json};

use crate::chapter_window::{Window, click, has, open, table};

fn lab_with(view: Value) -> Window {
    open("change-of-variables", view)
}

/// A column of the present table.
fn column(window: &Window, name: &str) -> Vec<f64> {
    let table = table(window);
    let index = table.columns.iter().position(|column| column == name).unwrap_or_else(|| panic!("no {name} in {:?}", table.columns));
    table.rows.iter().map(|row| row[index].parse().unwrap_or(f64::NAN)).collect()
}

#[test]
fn the_lecture_s_rectangle_halves_and_without_the_factor_its_mass_is_two() {
    let mut window = lab_with(json!({}));
    assert!(has(&window, "x = 0.35 goes to y = 0.70. Density 1.000 becomes 0.500."));
    let (y, p) = (column(&window, "y = f(x)"), column(&window, "p(y)"));
    // Twice as wide, half as high, and the trapezoid rule over the table gives the whole mass.
    assert!(p.iter().all(|p| (p - 0.5).abs() < 1e-15) && (y[200] - 2.0).abs() < 1e-15);
    click(&mut window, "forget the Jacobian");
    assert!(has(&window, "Density 1.000 becomes 1.000. The Jacobian is forgotten."));
    assert!(has(&window, "2.0000") && has(&window, "this is no density"));
    window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    window.run_steps(4);
    assert!(has(&window, "becomes 0.500") && !has(&window, "forgotten."), "undo counts it again");
}

#[test]
fn keys_move_the_probe_and_halve_the_interval() {
    let mut window = lab_with(json!({}));
    window.key_press(Key::ArrowRight);
    window.run_steps(3);
    assert!(has(&window, "x = 0.36 goes to y = 0.72"));
    window.key_press(Key::Home);
    window.run_steps(3);
    assert!(has(&window, "x = 0.00 goes to y = 0.00"));
    assert!(has(&window, "dx = 0.1000"));
    window.key_press(Key::ArrowDown);
    window.key_press(Key::ArrowDown);
    window.run_steps(3);
    assert!(has(&window, "dx = 0.0250"));
}

#[test]
fn density_times_width_tends_to_the_mass_as_the_interval_is_halved() {
    // exp of a normal: p_Y dy - p_X dx falls with dx^3, so relative to the mass by 4 at each halving.
    let relative = |halvings: u32| {
        let mut window = lab_with(json!({ "line": { "map": "exp", "base": "normal", "probe": 0.5, "halvings": halvings } }));
        window.run_steps(2);
        let x = [0.5 - 0.3 * 0.5f64.powi(halvings as i32), 0.5 + 0.3 * 0.5f64.powi(halvings as i32)];
        let (dx, dy) = (x[1] - x[0], x[1].exp() - x[0].exp());
        let px = (-0.125f64).exp() / std::f64::consts::TAU.sqrt();
        let shown = format!("{:.5}", px / 0.5f64.exp() * dy);
        assert!(has(&window, &shown), "{shown} is not shown after {halvings} halvings");
        (px / 0.5f64.exp() * dy) / (px * dx) - 1.0
    };
    assert!(relative(3) < relative(2) / 3.9);
}

#[test]
fn a_map_that_folds_is_refused_with_its_two_places_marked() {
    let mut window = lab_with(json!({ "line": { "map": "square", "base": "normal", "probe": 1.2 } }));
    assert!(has(&window, "y = 1.44 comes from 2 places, x = −1.20 and 1.20"));
    assert!(!has(&window, "p(y) at the probe"));
    click(&mut window, "uniform on [0, 1]");
    assert!(!has(&window, "Refused"), "on [0, 1] the square does not fold");
    window.key_press(Key::Num9);
    window.run_steps(4);
    assert!(has(&window, "Refused: y = "), "sin folds there");
}

#[test]
fn the_tables_agree_with_the_known_laws() {
    let window = lab_with(json!({ "line": { "map": "logit", "base": "uniform" } }));
    for (y, p) in column(&window, "y = f(x)").into_iter().zip(column(&window, "p(y)")).filter(|(y, _)| y.is_finite()) {
        let logistic = 0.25 / (0.5 * y).cosh().powi(2);
        assert!((p - logistic).abs() < 1e-12, "p({y}) = {p}, not {logistic}");
    }
}

#[test]
fn a_dragged_knot_stays_monotone_and_a_session_keeps_it() {
    let mut window = lab_with(json!({ "line": { "map": "drawn", "base": "uniform" } }));
    let canvas = window.get_by_label_contains("Map with both densities").rect();
    // Far beyond its neighbour: the knot stops just under it.
    let size = 10.5;
    let corner = egui::pos2(canvas.left() + 3.2 * size, canvas.top() + 2.0);
    let side = canvas.right() - 2.0 - corner.x;
    let main = egui::Rect::from_min_max(corner + vec2(0.3 * side + 10.0, 0.0), corner + vec2(side, 0.7 * side - 10.0));
    let at = |x: f32, y: f32| {
        let [u, v] = [x, y].map(|v| (v + 0.2) / 1.4);
        egui::pos2(main.left() + u * main.width(), main.bottom() - v * main.height())
    };
    window.drag_at(at(0.5, 0.6));
    window.run_steps(2);
    window.hover_at(at(0.6, 1.1));
    window.run_steps(2);
    window.drop_at(at(0.6, 1.1));
    window.run_steps(4);
    let y = column(&window, "y = f(x)");
    assert!(y.windows(2).all(|pair| pair[1] > pair[0]), "the map still rises");
    assert!((y[120] - 0.68).abs() < 2e-3, "the knot is at (0.6, 0.68), under its neighbour: {}", y[120]);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    window.run_steps(4);
    assert!((column(&window, "y = f(x)")[100] - 0.6).abs() < 1e-6, "undo puts it back");
}

#[test]
fn the_determinant_is_the_area_and_a_singular_map_is_refused() {
    let mut window = lab_with(json!({ "page": "plane" }));
    // 1.6 · 1.2 + 0.4 · 0.5
    assert!(has(&window, "Areas at the probe are multiplied by 2.120, measured 2.120."));
    click(&mut window, "mirror");
    assert!(has(&window, "the orientation is flipped"));
    click(&mut window, "singular");
    assert!(has(&window, "Refused: det = 0."));
    click(&mut window, "rotation");
    assert!(has(&window, "multiplied by 1.000, measured 1.000."));
    window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    window.run_steps(4);
    assert!(has(&window, "Refused: det = 0."), "undo goes one change back");
    window.key_press(Key::Num5);
    window.run_steps(4);
    assert!(has(&window, "come to the same place"), "a fold has no inverse");
}

#[test]
fn a_column_is_dragged_and_the_probe_moves_by_keys() {
    let mut window = lab_with(json!({ "page": "plane", "plane": { "columns": [[1.0, 0.0], [0.0, 1.0]] } }));
    let plane = window.get_by_label_contains("Plane after the map").rect();
    let at = |x: f32, y: f32| plane.center() + vec2(x, -y) * (plane.width() / 6.6);
    window.drag_at(at(1.0, 0.0));
    window.run_steps(2);
    window.hover_at(at(2.0, 0.5));
    window.run_steps(2);
    window.drop_at(at(2.0, 0.5));
    window.run_steps(3);
    assert!(has(&window, "multiplied by 2.000, measured 2.000."), "columns (2, 0.5) and (0, 1)");
    assert!(has(&window, "x = (−1.20, 0.90)"), "the probe stays");
    window.key_press(Key::ArrowRight);
    window.run_steps(3);
    assert!(has(&window, "x = (−1.15, 0.90)"));
}

#[test]
fn a_bent_map_s_square_tends_to_the_determinant() {
    let error = |halvings: u32| {
        let window = lab_with(json!({ "page": "plane", "plane": { "map": "real_nvp", "halvings": halvings } }));
        let labels = window.query_all_by_label_contains("Areas at the probe").next().unwrap();
        use egui_kittest::kittest::NodeT;
        let text = labels.accesskit_node().label().or(labels.accesskit_node().value()).unwrap().replace('−', "-");
        let numbers: Vec<f64> = text.split([' ', ',']).filter_map(|word| word.trim_end_matches('.').parse().ok()).collect();
        (numbers[0] - numbers[1]).abs() / numbers[0].abs()
    };
    assert!(error(0) > 0.005, "a large square is bent");
    assert!(error(6) < 0.002, "a small one is not");
}

#[test]
fn a_chain_s_factors_multiply_and_another_order_gives_other_ones() {
    let mut window = lab_with(json!({ "page": "chain" }));
    let product = |window: &Window| {
        let (dets, so_far) = (column(window, "det"), column(window, "product so far"));
        let logs = column(window, "sum so far / nats");
        let product: f64 = dets.iter().product();
        let last = dets.len() - 1;
        assert!((so_far[last] - product).abs() < 1e-12 && (logs[last] - product.abs().ln()).abs() < 1e-12);
        product
    };
    let before = product(&window);
    // Product of the factors, and the determinant of the whole by differences.
    let shown = format!("{before:.5}");
    assert_eq!(window.query_all_by_label(&shown).count(), 2, "{shown} twice");
    click(&mut window, "2 earlier");
    let after = product(&window);
    assert!((after - before).abs() > 1e-3, "the coupling now acts before the stretch: {before} and {after}");
    click(&mut window, "+ mirror");
    assert!((product(&window) + after).abs() < 1e-9, "a mirror changes the sign alone");
    assert!(!has(&window, "+ shear"), "five maps are the most");
    click(&mut window, "remove 5");
    window.key_press(Key::Home);
    window.key_press(Key::ArrowRight);
    window.run_steps(3);
    assert!(has(&window, "1 of 4 maps"));
}

#[test]
fn both_costs_are_measured_and_the_dense_one_grows_faster() {
    let mut window = lab_with(json!({ "page": "cost" }));
    let (m, dense, coupling) = (column(&window, "m"), column(&window, "dense by LU / s"), column(&window, "coupling's sum / s"));
    assert_eq!(m, [2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0]);
    assert!(dense[8] > 100.0 * coupling[8] && dense[8] > 20.0 * dense[5], "{dense:?} {coupling:?}");
    assert!(has(&window, "power of m, dense"));
    window.key_press(Key::Num1);
    window.run_steps(3);
    assert!(has(&window, "At m = 2 a dense log-determinant takes"));
}

#[test]
fn times_of_a_session_say_where_they_were_measured_until_they_are_taken_again() {
    let mut view = lab_with(json!({ "page": "cost" })).state().document().view;
    assert_eq!(view["times"][0], "CPU · 1 thread");
    view["times"][0] = json!("CPU · 64 threads");
    view["times"][1][8]["dense"] = json!(7.25);
    let mut window = lab_with(view.clone());
    assert_eq!(column(&window, "dense by LU / s")[8], 7.25);
    assert!(has(&window, "measured then on CPU · 64 threads"));
    assert_eq!(window.state().document().view["times"], view["times"], "and they stay in the session");
    click(&mut window, "Measure again");
    assert!(has(&window, "Measured here") && column(&window, "dense by LU / s")[8] < 7.25);
    let view = json!({ "page": "chain", "times": "fast" });
    let document = tractable::labs::document::Document { view, ..window.state().document() };
    let ctx = window.ctx.clone();
    window.state_mut().open_document(&document, &ctx).unwrap();
    assert_eq!(window.state().document().view["page"], "chain", "no setting is lost for times that cannot be read");
}
