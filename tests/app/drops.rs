//! Files that are dropped on the window or handed over by its dialog: each kind becomes what the chapter makes of it, and is remembered.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Key, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use serde_json::json;
use tractable::data::Drawing;
use tractable::labs::{AppOptions, TractableApp};

use crate::chapter_window::{Window, has, open, settle, wait};
use crate::desk::Dropped;
use crate::sessions::answer;

fn drop_file(window: &mut Window, path: &Path) {
    window.input_mut().dropped_files.push(Arc::new(Dropped(path.into())));
    window.run_steps(4);
}

/// Left half black but see-through, right half black: over white only the right one is dark.
fn ink(folder: &Path) -> PathBuf {
    let path = folder.join("ink.png");
    image::RgbaImage::from_fn(40, 40, |x, _| image::Rgba([0, 0, 0, if x < 20 { 0 } else { 255 }])).save(&path).unwrap();
    path
}

fn dabs(window: &Window) -> usize {
    let drawing: Drawing = serde_json::from_value(window.state().document().view["drawing"].clone()).unwrap_or_default();
    drawing.dabs().into_iter().filter(|(p, _)| p[0] > 0.0).count()
}

#[test]
fn a_picture_that_is_dropped_on_the_flow_lab_becomes_points_where_it_is_dark() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = open("flow", json!({}));
    let before = dabs(&window);
    drop_file(&mut window, &ink(folder.path()));
    wait(&mut window, "the points", |window| dabs(window) >= before + 500);
}

#[test]
fn a_picture_that_the_dialog_opens_in_the_flow_lab_becomes_points_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = open("flow", json!({}));
    let before = dabs(&window);
    answer(&mut window, Key::O, &ink(folder.path()));
    wait(&mut window, "the points", |window| dabs(window) >= before + 500);
}

#[test]
fn a_table_that_is_dropped_opens_in_the_flow_lab_whatever_chapter_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("points.csv");
    let rows: String = (0..60).map(|i| format!("{},{}\n", (f64::from(i) * 0.3).sin(), (f64::from(i) * 0.7).cos())).collect();
    std::fs::write(&path, rows).unwrap();
    let mut window = open("stack", json!({}));
    drop_file(&mut window, &path);
    settle(&mut window);
    assert_eq!(window.state().chapter(), "flow");
    wait(&mut window, "the file", |window| window.state().document().view["data"].to_string().contains("points.csv"));
}

#[test]
fn what_a_lab_opened_by_itself_is_among_the_recent_files() {
    let (folder, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = ink(folder.path());
    let options = AppOptions {
        chapter: Some("flow".into()),
        seed: Some(541),
        keep: Some(root.path().to_owned()),
        threads: Some(1),
        still: true,
        ..AppOptions::default()
    };
    let mut window = Harness::builder().with_size(vec2(1280.0, 720.0)).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
    settle(&mut window);
    let broken = folder.path().join("broken.csv.png");
    std::fs::write(&broken, b"this is no picture").unwrap();
    let nothing = broken.display().to_string();
    window.get_by_label("Path of a CSV file").focus();
    window.run_steps(2);
    window.event(egui::Event::Text(nothing.clone()));
    window.run_steps(2);
    window.key_press(Key::Enter);
    window.run_steps(4);
    window.get_by_label("Path of a CSV file").focus();
    window.run_steps(2);
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
    window.run_steps(2);
    window.event(egui::Event::Text(path.display().to_string()));
    window.run_steps(2);
    window.get_by_label("Open…").click();
    wait(&mut window, "the points", |window| dabs(window) >= 500);
    window.key_press_modifiers(egui::Modifiers::COMMAND, Key::O);
    wait(&mut window, "the dialog", |window| has(window, "Recent"));
    let name = path.display().to_string();
    assert!(window.query_by_label(&name).is_some(), "{name} is listed");
    assert!(window.query_by_label(&nothing).is_none(), "what could not be opened is not");
    // A click opens it again.
    let before = dabs(&window);
    window.get_by_label(&name).click();
    wait(&mut window, "more points", |window| dabs(window) > before);
}
