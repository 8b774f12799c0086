//! The flow lab on tables and on points with classes: columns by their names, ink of the brush, a flow that reads the class.

use egui_kittest::kittest::Queryable;
use serde_json::{Value, json};
use tractable::labs::Command;
use tractable::labs::document::Document;

use crate::flow_bench::{Window, bench, click, command, drag, has, on_screen, patch, settle, state, still, text, wait};

/// The two columns that are shown.
fn columns(window: &Window) -> Value {
    state(window)["data"]["columns"].clone()
}

#[test]
fn two_columns_of_a_table_are_chosen_by_name_kept_and_undone() {
    let mut window = still();
    click(&mut window, "Tables");
    click(&mut window, "penguins");
    settle(&mut window);
    assert_eq!(state(&window)["data"], json!({ "source": "table", "table": "penguins", "columns": ["bill_length_mm", "bill_depth_mm"] }));
    // The mean over all rows is 43.92; rows in training and half a step of noise move it a little.
    let note = text(&window, "Columns are standardised");
    assert!(note.contains("bill_length_mm 43.9") || note.contains("bill_length_mm 44.0"), "{note}");
    assert!(note.contains("(sd 5."), "{note}");
    click(&mut window, "Column y");
    click(&mut window, "body_mass_g");
    settle(&mut window);
    assert_eq!(columns(&window), json!(["bill_length_mm", "body_mass_g"]));
    assert!(has(&window, "body_mass_g 4"), "{}", text(&window, "The probe is at"));
    let kept = state(&window);
    let mut second = bench(egui::vec2(1300.0, 760.0));
    patch(&mut second, kept.clone());
    settle(&mut second);
    assert_eq!(state(&second), kept);
    assert_eq!(text(&second, "log p = "), text(&window, "log p = "));
    command(&mut window, Command::Undo);
    settle(&mut window);
    assert_eq!(columns(&window), json!(["bill_length_mm", "bill_depth_mm"]));
    command(&mut window, Command::Undo);
    settle(&mut window);
    assert!(has(&window, "Data space. Two moons"));
}

#[test]
fn a_dropped_table_of_many_columns_opens_on_its_first_two_and_its_classes_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.csv");
    let rows: String = (0..200).map(|i| format!("{},{},{},{}\n", i % 7, i % 5, i, if i % 3 == 0 { "cat" } else { "dog" })).collect();
    std::fs::write(&path, format!("a,b,c,label\n{rows}")).unwrap();
    let mut window = still();
    let bench = window.state_mut();
    assert!(bench.lab.open_file(&path, &mut bench.shared));
    settle(&mut window);
    assert_eq!(columns(&window), json!(["a", "b"]));
    click(&mut window, "by class");
    settle(&mut window);
    assert_eq!(state(&window)["config"]["classes"], 2);
    assert!(has(&window, "cat") && has(&window, "dog") && has(&window, "mixture"));
}

#[test]
fn a_flow_given_the_class_shows_each_class_and_bayes_rule() {
    let mut window = still();
    patch(&mut window, json!({ "config": { "layers": 3, "width": 16 }, "batch": 128 }));
    click(&mut window, "8 Gaussians");
    settle(&mut window);
    assert!(!has(&window, "mixture"));
    click(&mut window, "by class");
    settle(&mut window);
    assert_eq!(state(&window)["config"]["classes"], 8);
    assert!(has(&window, "By Bayes' rule"));
    // Untrained, no class says anything yet.
    assert!(has(&window, "0.125"));
    patch(&mut window, json!({ "training": true }));
    wait(&mut window, "some steps", |window| {
        window
            .state()
            .lab
            .status()
            .busy
            .split("step ")
            .nth(1)
            .is_some_and(|rest| rest.chars().filter(char::is_ascii_digit).collect::<String>().parse::<u64>().unwrap_or(0) > 150)
    });
    patch(&mut window, json!({ "training": false, "probe": [2.8, 0.0] }));
    settle(&mut window);
    // The first Gaussian stands there.
    wait(&mut window, "Bayes' rule", |window| has(window, "is most likely of class 1, "));
    click(&mut window, "class 3");
    settle(&mut window);
    assert_eq!(state(&window)["shown_class"], 2);
    let kept = state(&window);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("classes.safetensors");
    assert!(window.state_mut().lab.save_weights(&path));
    settle(&mut window);
    let mut second = bench(egui::vec2(1300.0, 760.0));
    patch(&mut second, kept.clone());
    second.state_mut().lab.load_weights(&path);
    settle(&mut second);
    let toasts = &second.state().shared.toasts;
    assert!(toasts.iter().any(|toast| toast.text.contains("are loaded")), "{toasts:?}");
    assert_eq!(state(&second), kept);
    assert_eq!(text(&second, "log p = "), text(&window, "log p = "));
    // Other data have other classes: the flow follows. A family without a conditioner says why it cannot.
    click(&mut window, "Rings");
    settle(&mut window);
    assert_eq!((&state(&window)["config"]["classes"], &state(&window)["shown_class"]), (&json!(4), &json!(2)));
    click(&mut window, "planar");
    settle(&mut window);
    assert!(state(&window)["config"].get("classes").is_none());
    assert!(has(&window, "Planar cannot read a class"));
}

#[test]
fn the_ink_of_the_brush_is_the_class_of_what_it_lays() {
    let mut window = still();
    click(&mut window, "draw");
    wait(&mut window, "the page", |window| has(window, " dabs"));
    let at = |window: &Window, places: [[f64; 2]; 2]| places.map(|place| on_screen(window, "Data space. ", place));
    let path = at(&window, [[-1.0, -1.0], [-0.5, -1.0]]);
    drag(&mut window, &path);
    assert!(has(&window, "A second colour of the brush makes classes."));
    // The answer to the first stroke moves what lies below it in the column.
    settle(&mut window);
    click(&mut window, "ink 2");
    assert_eq!(state(&window)["brush_class"], 1);
    let path = at(&window, [[1.0, 1.0], [1.5, 1.0]]);
    drag(&mut window, &path);
    settle(&mut window);
    let strokes = state(&window)["drawing"]["strokes"].clone();
    assert_eq!((strokes[0].get("class"), strokes[1]["class"].clone()), (None, json!(1)));
    click(&mut window, "by class");
    settle(&mut window);
    assert_eq!(state(&window)["config"]["classes"], 2);
    // Undone, the second colour is gone and with it the classes.
    command(&mut window, Command::Undo);
    settle(&mut window);
    assert!(state(&window)["config"].get("classes").is_none());
    command(&mut window, Command::Undo);
    settle(&mut window);
    assert!(window.query_by_label("by class").is_none());
}

/// Updates so far.
fn step(window: &Window) -> u64 {
    let busy = window.state().lab.status().busy;
    busy.split("step ").nth(1).map_or(0, |rest| rest.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0))
}

fn told(window: &Window, part: &str) -> bool {
    window.state().shared.toasts.iter().any(|toast| toast.text.contains(part))
}

#[test]
fn by_class_goes_on_training_says_that_it_starts_anew_and_is_taken_back() {
    let mut window = still();
    patch(&mut window, json!({ "config": { "layers": 3, "width": 16 }, "batch": 128 }));
    // The fit before has made its opening steps: those of the new one are waited for.
    settle(&mut window);
    assert_eq!(step(&window), 0);
    patch(&mut window, json!({ "training": true }));
    wait(&mut window, "some steps", |window| step(window) > 100);
    click(&mut window, "by class");
    wait(&mut window, "the fit by class", |window| has(window, "By Bayes' rule"));
    assert!(told(&window, "The class is read: the fit starts anew. Ctrl+Z"), "{:?}", window.state().shared.toasts);
    wait(&mut window, "its training", |window| window.state().lab.status().busy.starts_with("training") && step(window) > 20);
    patch(&mut window, json!({ "training": false }));
    settle(&mut window);
    let by_class = step(&window);
    command(&mut window, Command::Undo);
    settle(&mut window);
    let (toasts, config) = (&window.state().shared.toasts, state(&window)["config"].clone());
    assert!(config.get("classes").is_none() && step(&window) > 100, "step {}, {config}, {toasts:?}", step(&window));
    command(&mut window, Command::Redo);
    settle(&mut window);
    assert_eq!((&state(&window)["config"]["classes"], step(&window)), (&json!(2), by_class));
}

#[test]
fn a_third_colour_begins_another_fit_by_class_and_undo_brings_the_first_back() {
    let mut window = still();
    patch(&mut window, json!({ "config": { "layers": 3, "width": 16 }, "batch": 128 }));
    // The worker's answer moves the chips.
    settle(&mut window);
    click(&mut window, "draw");
    wait(&mut window, "the page", |window| has(window, " dabs"));
    let stroke = |window: &mut Window, ink: &str, from: [f64; 2]| {
        click(window, ink);
        let path = [from, [from[0] + 0.5, from[1]]].map(|place| on_screen(window, "Data space. ", place));
        drag(window, &path);
        settle(window);
    };
    stroke(&mut window, "ink 2", [-1.0, -1.0]);
    assert!(window.query_by_label("by class").is_none(), "one colour, whichever it is, names no classes");
    stroke(&mut window, "ink 1", [1.0, 1.0]);
    click(&mut window, "by class");
    settle(&mut window);
    patch(&mut window, json!({ "training": true }));
    wait(&mut window, "some steps", |window| step(window) > 60);
    patch(&mut window, json!({ "training": false }));
    settle(&mut window);
    let before = step(&window);
    stroke(&mut window, "ink 3", [0.0, 2.0]);
    assert_eq!((&state(&window)["config"]["classes"], step(&window)), (&json!(3), 0));
    assert!(told(&window, "starts anew"));
    command(&mut window, Command::Undo);
    settle(&mut window);
    assert_eq!((&state(&window)["config"]["classes"], step(&window)), (&json!(2), before));
}

#[test]
fn the_headline_is_of_what_is_shown() {
    let mut window = still();
    patch(&mut window, json!({ "config": { "layers": 3, "width": 16, "classes": 2 } }));
    settle(&mut window);
    assert!(text(&window, "log p = ").contains("of all classes together"), "{}", text(&window, "log p = "));
    assert!(has(&window, "one bar a class") && !has(&window, "one bar a layer"));
    click(&mut window, "class 2");
    settle(&mut window);
    assert!(has(&window, "log p(x | class 2)") && has(&window, "one bar a layer") && !has(&window, "one bar a class"));
    assert!(text(&window, "log p = ").contains("log-dets"));
}

#[test]
fn a_lesson_of_six_columns_says_which_two_are_shown() {
    let view = Document::open("power").unwrap().view;
    let mut window = still();
    patch(&mut window, view);
    settle(&mut window);
    assert_eq!(columns(&window), json!(["active_power", "voltage"]));
    let note = text(&window, "Columns are standardised");
    assert!(note.starts_with("Shown are 2 of 6 columns: active_power and voltage."), "{note}");
}

#[test]
fn a_constant_column_is_refused_in_words_and_the_data_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("same.csv");
    let rows: String = (0..50).map(|i| format!("{}.5,7,{}\n", i * 7 % 11, i * 5 % 13)).collect();
    std::fs::write(&path, format!("alpha,beta,gamma\n{rows}")).unwrap();
    let mut window = still();
    let bench = window.state_mut();
    assert!(bench.lab.open_file(&path, &mut bench.shared));
    settle(&mut window);
    assert_eq!(columns(&window), json!(["alpha", "gamma"]), "the first two that vary");
    click(&mut window, "Column y");
    click(&mut window, "beta");
    wait(&mut window, "the sentence", |window| told(window, "column beta, found 7 in each of 50 row(s)"));
    settle(&mut window);
    assert_eq!(columns(&window), json!(["alpha", "gamma"]));
}
