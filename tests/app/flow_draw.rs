//! The flow lab's tools, its three pinned points, its curves: with real pointer events, and numbers against independent ones.

use egui::{Event, Key, Modifiers, Pos2};
use egui_kittest::kittest::Queryable;
use serde_json::{Value, json};
use tractable::data::{Drawing, drawing::MAX_DABS};
use tractable::labs::Command;

use crate::flow_bench::{Window, click, command, drag, has, on_screen, patch, plane, settle, state, still, text, wait};

fn dabs(window: &Window) -> Vec<[f32; 2]> {
    let drawing: Drawing = serde_json::from_value(state(window)["drawing"].clone()).unwrap();
    drawing.dabs().into_iter().map(|(p, _)| p).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// The empty page with a tool in hand.
fn page(tool: &str) -> Window {
    let mut window = still();
    click(&mut window, tool);
    settle_page(&mut window);
    window
}

fn settle_page(window: &mut Window) {
    wait(window, "the page", |window| has(window, " dabs"));
}

fn at(window: &Window, place: [f64; 2]) -> Pos2 {
    on_screen(window, "Data space. ", place)
}

#[test]
fn a_line_is_straight_whatever_the_hand_did_in_between() {
    let mut window = page("line");
    let path = [[-1.0, -1.0], [0.5, 1.5], [1.0, 1.0]].map(|place| at(&window, place));
    drag(&mut window, &path);
    let laid = dabs(&window);
    assert!(laid.len() > 10);
    // On the diagonal, within a pixel.
    assert!(laid.iter().all(|p| (p[0] - p[1]).abs() < 0.03), "{laid:?}");
}

#[test]
fn spray_falls_inside_its_circle_at_its_rate() {
    let mut window = page("spray");
    patch(&mut window, json!({ "brush": 0.4, "spray": 600.0 }));
    let middle = at(&window, [0.5, 0.25]);
    drag(&mut window, &[middle; 12]);
    let sprayed = dabs(&window);
    assert!(sprayed.len() > 5, "{}", sprayed.len());
    let radius = |p: &[f32; 2]| f64::from(p[0] - 0.5).hypot(f64::from(p[1] - 0.25));
    // The place of the pointer is known to a pixel.
    assert!(sprayed.iter().all(|p| radius(p) < 0.43), "{sprayed:?}");
    assert!(sprayed.iter().any(|p| radius(p) > 0.15), "spread over the disc: {sprayed:?}");
    command(&mut window, Command::Undo);
    assert!(dabs(&window).is_empty());
}

#[test]
fn the_lasso_moves_what_it_holds_and_undo_puts_it_back() {
    let mut window = page("line");
    for x in [-1.5, 1.5] {
        let path = [[x, -0.5], [x, 0.5]].map(|place| at(&window, place));
        drag(&mut window, &path);
    }
    let before = dabs(&window);
    click(&mut window, "lasso");
    let path = [[-2.0, -1.0], [-1.0, -1.0], [-1.0, 1.0], [-2.0, 1.0]].map(|place| at(&window, place));
    drag(&mut window, &path);
    window.step();
    let held = before.iter().filter(|p| p[0] < 0.0).count();
    assert!(has(&window, &format!("{held} dabs inside")));
    let path = [[-1.5, 0.0], [-1.0, 0.5], [-0.5, 1.0]].map(|place| at(&window, place));
    drag(&mut window, &path);
    let after = dabs(&window);
    for (a, b) in before.iter().zip(&after) {
        let by = if a[0] < 0.0 { [1.0, 1.0] } else { [0.0, 0.0] };
        // To a pixel of either end.
        assert!((0..2).all(|axis| (f64::from(b[axis] - a[axis]) - by[axis]).abs() < 0.04), "{a:?} {b:?}");
    }
    command(&mut window, Command::Undo);
    assert_eq!(dabs(&window), before);
}

#[test]
fn words_become_points_and_a_full_drawing_says_so() {
    let mut window = page("draw");
    let field = window.get_by_label("Text to draw");
    field.focus();
    window.run_steps(2);
    window.event(Event::Key { key: Key::A, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::COMMAND });
    window.run_steps(2);
    window.event(Event::Text("l".into()));
    window.run_steps(2);
    click(&mut window, "Text to points");
    let letter = dabs(&window);
    assert_eq!(letter.len(), 2_000);
    // A stem: high and narrow.
    let far = |axis: usize| letter.iter().map(|p| p[axis].abs()).fold(0.0, f32::max);
    assert!(far(1) > 2.5 && far(0) < 0.7, "{} {}", far(0), far(1));
    wait(&mut window, "the count", |window| has(window, "2,000 dabs"));
    (0..5).for_each(|_| click(&mut window, "Text to points"));
    assert_eq!(dabs(&window).len(), MAX_DABS);
    assert!(window.state().shared.toasts.iter().any(|toast| toast.text.contains("10,000 points")));
    wait(&mut window, "the sentence", |window| has(window, "this one is full"));
}

#[test]
fn a_picture_is_dense_where_it_is_dark_and_empty_where_it_is_clear() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ink.png");
    // Left half black but see-through, right half black: over white only the right one is dark.
    let image = image::RgbaImage::from_fn(40, 40, |x, _| image::Rgba([0, 0, 0, if x < 20 { 0 } else { 255 }]));
    image.save(&path).unwrap();
    let mut window = page("draw");
    let field = window.get_by_label("Path of a CSV file");
    field.focus();
    window.run_steps(2);
    window.event(Event::Text(path.to_string_lossy().into_owned()));
    window.run_steps(2);
    click(&mut window, "Open…");
    wait(&mut window, "the picture", |window| !dabs(window).is_empty());
    assert!(dabs(&window).iter().all(|p| p[0] > 0.0));
}

#[test]
fn three_points_are_pinned_named_moved_by_keys_and_taken_away() {
    let mut window = still();
    for (letter, place) in ["A", "B", "C"].into_iter().zip([[-1.0, 0.5], [0.0, -0.4], [1.2, 0.8]]) {
        patch(&mut window, json!({ "probe": place }));
        click(&mut window, &format!("Pin {letter}"));
    }
    settle(&mut window);
    wait(&mut window, "three points", |window| has(window, "Point C at 1.20, 0.80"));
    // log p = log N + the sum of the log-dets, each to three places.
    for letter in ["A", "B", "C"] {
        let spoken = text(&window, &format!("Point {letter} at")).replace('−', "-").replace(',', " ");
        let words: Vec<&str> = spoken.split_whitespace().collect();
        let after = |word: &str| words.iter().position(|w| *w == word).unwrap() + 1;
        let number = |i: usize| words[i].trim_start_matches('+').parse::<f64>().unwrap();
        let sum: f64 = (after("log-dets")..words.len()).map(number).sum();
        assert!((number(after("p")) - number(after("N")) - sum).abs() < 6e-3, "{spoken}");
    }
    // The focused one follows the arrow keys, once the plane has the keyboard.
    let middle = at(&window, [1.2, 0.8]);
    drag(&mut window, &[middle, middle]);
    let before = numbers(&state(&window)["pins"][2]);
    window.query_all_by_label_contains("Data space. ").next().unwrap().focus();
    window.run_steps(2);
    window.key_press(Key::ArrowRight);
    window.run_steps(2);
    window.key_press_modifiers(Modifiers::SHIFT, Key::ArrowUp);
    window.run_steps(2);
    let moved = numbers(&state(&window)["pins"][2]);
    assert!((moved[0] - before[0] - 0.05).abs() < 1e-9 && (moved[1] - before[1] - 0.5).abs() < 1e-9, "{before:?} {moved:?}");
    // A press on a point takes that one, and leaves the probe alone.
    let probe = state(&window)["probe"].clone();
    let path = [[-1.0, 0.5], [-0.8, 0.2], [-0.5, 0.0]].map(|place| at(&window, place));
    drag(&mut window, &path);
    let dragged = numbers(&state(&window)["pins"][0]);
    assert!((dragged[0] + 0.5).abs() < 0.03 && dragged[1].abs() < 0.03, "{dragged:?}");
    assert_eq!(state(&window)["probe"], probe);
    window.query_all_by_label("×").next().unwrap().click();
    window.run_steps(3);
    assert_eq!(state(&window)["pins"].as_array().unwrap().len(), 2);
    command(&mut window, Command::Undo);
    assert_eq!(state(&window)["pins"].as_array().unwrap().len(), 3);
}

#[test]
fn the_probe_is_led_in_the_plane_of_a_layer_by_the_inverse_of_the_layers_before() {
    for kind in ["real_nvp", "nice"] {
        let mut window = still();
        patch(&mut window, json!({ "depth": 3.0, "config": { "family": { "kind": kind } } }));
        settle(&mut window);
        let target = [0.7, -0.4];
        let path = [[0.0, 0.0], [0.3, -0.2], target].map(|place| on_screen(&window, "Latent space. ", place));
        drag(&mut window, &path);
        settle(&mut window);
        // The x that was found, given as data, is carried by three layers to the place of the hand.
        let x = numbers(&state(&window)["probe"]);
        let points: Vec<[f64; 2]> = vec![[x[0], x[1]]];
        patch(&mut window, json!({ "curve": { "depth": 0, "points": points } }));
        settle(&mut window);
        click(&mut window, "trace");
        assert!(has(&window, "Drawn in x, 1 points"));
        assert_eq!(state(&window)["depth"], 3.0);
    }
}

#[test]
fn a_stroke_in_z_is_seen_in_x_and_comes_back_to_where_it_was_drawn() {
    let mut window = still();
    patch(&mut window, json!({ "depth": 8.0 }));
    click(&mut window, "trace");
    let path = [[-1.0, 0.0], [0.0, 0.8], [1.0, 0.0]].map(|place| on_screen(&window, "Latent space. ", place));
    drag(&mut window, &path);
    wait(&mut window, "the curve", |window| has(window, "Drawn in z, "));
    settle(&mut window);
    let note = text(&window, "Drawn in z, ");
    let off: f64 = note.split("at most ").nth(1).unwrap().trim_end_matches('.').parse().unwrap();
    assert!(off < 1e-4, "{note}");
    assert_eq!(state(&window)["curve"]["depth"], 8);
    click(&mut window, "Clear the curve");
    assert!(state(&window)["curve"]["points"].as_array().unwrap().is_empty());
}

#[test]
fn the_brush_in_z_draws_data_in_x() {
    let mut window = page("draw");
    patch(&mut window, json!({ "depth": 8.0, "brush": 0.1 }));
    let path = [[-1.0, 0.0], [0.0, 0.3], [1.0, 0.0]].map(|place| on_screen(&window, "Latent space. ", place));
    drag(&mut window, &path);
    wait(&mut window, "a stroke of data space", |window| !dabs(window).is_empty());
    settle(&mut window);
    // Its first point, carried forward by a curve of one point, is where the stroke began.
    assert!(plane(&window, "Latent space. ").width() > 100.0);
    command(&mut window, Command::Undo);
    assert!(dabs(&window).is_empty());
}

#[test]
fn a_stroke_in_z_has_the_ink_that_was_chosen() {
    let mut window = page("draw");
    patch(&mut window, json!({ "depth": 8.0, "brush": 0.1, "brush_class": 1 }));
    let path = [[-1.0, 0.0], [0.0, 0.3], [1.0, 0.0]].map(|place| on_screen(&window, "Latent space. ", place));
    drag(&mut window, &path);
    wait(&mut window, "a stroke of data space", |window| !dabs(window).is_empty());
    assert_eq!(state(&window)["drawing"]["strokes"][0]["class"], 1);
}

#[test]
fn a_tool_that_does_nothing_in_z_says_where_it_works() {
    let mut window = page("spray");
    patch(&mut window, json!({ "depth": 8.0 }));
    for tool in ["spray", "line", "erase", "lasso"] {
        click(&mut window, tool);
        let path = [[-1.0, 0.0], [1.0, 0.0]].map(|place| on_screen(&window, "Latent space. ", place));
        drag(&mut window, &path);
        window.run_steps(2);
        let sentence = format!("“{tool}” works in data space only");
        let said = window.state().shared.toasts.iter().filter(|toast| toast.text.starts_with(&sentence)).count();
        assert_eq!(said, 1, "{tool}: {:?}", window.state().shared.toasts);
        assert!(dabs(&window).is_empty(), "{tool}");
    }
}

#[test]
fn arrow_keys_move_the_probe_in_z_by_their_steps_however_fast_they_come() {
    let mut window = still();
    patch(&mut window, json!({ "depth": 8.0 }));
    settle(&mut window);
    let z = |window: &Window| {
        let number = |name: &str| window.state().lab.live(name).unwrap().text.replace('−', "-").parse::<f64>().unwrap();
        ["z1", "z2"].map(number)
    };
    let before = z(&window);
    window.query_all_by_label_contains("Latent space. ").next().unwrap().focus();
    window.run_steps(2);
    (0..3).for_each(|_| window.key_press(Key::ArrowRight));
    window.key_press_modifiers(Modifiers::SHIFT, Key::ArrowUp);
    window.run_steps(2);
    settle(&mut window);
    let moved = [0, 1].map(|axis| z(&window)[axis] - before[axis]);
    // Numbers of two places.
    assert!((moved[0] - 0.15).abs() < 0.015 && (moved[1] - 0.5).abs() < 0.015, "{moved:?}");
    assert_eq!(state(&window)["depth"], 8.0);
}
