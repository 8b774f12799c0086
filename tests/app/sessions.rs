//! Sessions of the real labs: what was set, trained and read comes back bit for bit, from every chapter that was open.

use std::path::Path;
use std::time::Duration;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use serde_json::{Value, json};
use tractable::labs::document::Document;
use tractable::labs::{AppOptions, TractableApp};
use tractable::train::{Lesson, Model, Weights};

use super::pixelcnn::{find, press, press_with, wait};

type Window = Harness<'static, TractableApp>;

fn window(chapter: &str) -> Window {
    let options = AppOptions { chapter: Some(chapter.into()), seed: Some(541), ..AppOptions::default() };
    let mut window =
        Harness::builder().with_size(Vec2::new(1280.0, 720.0)).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
    settle(&mut window);
    window
}

#[track_caller]
fn settle(window: &mut Window) {
    wait(window, "a settled picture", |window| window.state().settled());
}

#[track_caller]
fn show(window: &mut Window, chapter: &str, view: Value) {
    let document = Document { format_version: 1, chapter: chapter.into(), view, ..Document::default() };
    let ctx = window.ctx.clone();
    window.state_mut().open_document(&document, &ctx).unwrap();
    settle(window);
}

/// Answers a dialog with a path.
pub(crate) fn answer(window: &mut Window, command: Key, path: &Path) {
    press_with(window, Modifiers::COMMAND, command);
    wait(window, "the dialog", |window| window.ctx.text_edit_focused());
    press_with(window, Modifiers::COMMAND, Key::A);
    window.event(egui::Event::Text(path.display().to_string()));
    window.run_steps(2);
    press(window, Key::Enter);
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn masks_slow_motion_texts_and_the_weights_of_all_chapters_come_back_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let (path, again) = (folder.path().join("mine.tractable.json"), folder.path().join("again.tractable.json"));
    let mut first = window("pixelcnn");
    let Some(Model::Pixelcnn { config, .. }) = Lesson::preset("pixelcnn-binary").map(|lesson| lesson.model) else { unreachable!() };
    let mut mask = config.mask_a();
    mask.truncate(20);
    let inside = json!({ "gradient": true, "side": "mask" });
    show(&mut first, "pixelcnn", json!({ "preset": "pixelcnn-binary", "mask": mask, "place": 70, "playing": false, "inside": inside }));
    press_with(&mut first, Modifiers::SHIFT, Key::ArrowDown);
    press_with(&mut first, Modifiers::SHIFT, Key::ArrowDown);
    // The steps of the text drive the lab.
    show(&mut first, "pixelcnn", json!({ "preset": "pixelcnn-binary", "mask": mask, "place": 70, "playing": false, "inside": inside }));
    show(&mut first, "flow", json!({ "training": false, "config": { "layers": 5 }, "micro": { "on": true, "layer": 2, "at": 1 } }));
    settle(&mut first);
    let kept = first.state().document();
    assert_eq!(kept.view["micro"]["layer"], 2);
    assert_eq!(kept.others["pixelcnn"]["mask"], json!(mask));
    assert_eq!(kept.explain["pixelcnn"].step, 2);
    answer(&mut first, Key::S, &path);
    let files = ["mine.safetensors", "mine-pixelcnn.safetensors"].map(|name| folder.path().join(name));
    wait(&mut first, "the weights", |_| files.iter().all(|file| Weights::read(file).is_ok()));

    let mut second = window("stack");
    answer(&mut second, Key::O, &path);
    settle(&mut second);
    assert_eq!(second.state().chapter(), "flow");
    second.state_mut().save_as(&again);
    let others = ["again.safetensors", "again-pixelcnn.safetensors"].map(|name| folder.path().join(name));
    wait(&mut second, "the weights again", |_| others.iter().all(|file| Weights::read(file).is_ok()));
    let (mut before, mut after) = (read(&path), read(&again));
    for part in ["name", "weights", "other_weights"] {
        before[part] = Value::Null;
        after[part] = Value::Null;
    }
    // The chapter that the second window began with is one more.
    for part in ["others", "explain"] {
        after[part].as_object_mut().unwrap().remove("stack");
    }
    assert_eq!(before.to_string(), after.to_string());
    for (file, other) in files.iter().zip(&others) {
        assert_eq!(Weights::read(file).unwrap().arrays, Weights::read(other).unwrap().arrays);
    }

    // The other chapter is as it was left, with its mask, its weights and its place in the text.
    second.get_by_role_and_label(Role::Tab, "PixelCNN").click();
    settle(&mut second);
    assert_eq!(second.state().document().view, kept.others["pixelcnn"]);
    assert_eq!(second.state().document().explain["pixelcnn"].step, 2);
    assert!(find(&second, "Autoregressive: 20 open cells").is_some());
}

/// The newest session below a folder.
fn kept(root: &Path) -> Option<Document> {
    let folders = std::fs::read_dir(root).ok()?.flatten();
    folders.map(|folder| folder.path().join("autosave.tractable.json")).find_map(|path| Document::read(&path).ok())
}

#[test]
fn weights_of_a_model_that_is_open_no_longer_are_not_gone_on_with() {
    let root = tempfile::tempdir().unwrap();
    let options = AppOptions {
        chapter: Some("pixelcnn".into()),
        seed: Some(541),
        keep: Some(root.path().to_owned()),
        keep_every: Some(Duration::from_millis(50)),
        ..AppOptions::default()
    };
    let mut window =
        Harness::builder().with_size(Vec2::new(1280.0, 720.0)).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
    settle(&mut window);
    let Model::Pixelcnn { config, .. } = Lesson::preset("pixelcnn-binary").unwrap().model else { panic!("it is a PixelCNN") };
    let mut mask = config.mask_a();
    mask.truncate(20);
    // An edited mask has weights of its own, the shipped model has none.
    show(&mut window, "pixelcnn", json!({ "preset": "pixelcnn-binary", "mask": mask }));
    wait(&mut window, "the edited model", |_| kept(root.path()).is_some_and(|session| session.weights.is_some()));
    show(&mut window, "pixelcnn", json!({ "preset": "pixelcnn-small", "mask": null }));
    wait(&mut window, "the shipped model", |_| {
        kept(root.path()).is_some_and(|session| session.view["preset"] == "pixelcnn-small" && session.weights.is_none())
    });
}

/// What one goes on with is no change: undo does not throw it away.
#[test]
fn undo_begins_where_one_goes_on() {
    let root = tempfile::tempdir().unwrap();
    let start = || {
        let keep = (Some(root.path().to_owned()), Some(Duration::from_millis(50)));
        let options =
            AppOptions { chapter: Some("flow".into()), seed: Some(541), keep: keep.0, keep_every: keep.1, ..AppOptions::default() };
        let mut window =
            Harness::builder().with_size(Vec2::new(1280.0, 720.0)).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
        settle(&mut window);
        window
    };
    let data = |window: &Window| window.state().document().view["data"].clone();
    let mut first = start();
    let opened_on = data(&first);
    press(&mut first, Key::Num4);
    settle(&mut first);
    let drawn = data(&first);
    assert_ne!(opened_on, drawn);
    std::thread::sleep(Duration::from_millis(100));
    first.run_steps(2);
    drop(first);
    let mut second = start();
    second.get_by_label("Go on").click();
    second.run_steps(2);
    settle(&mut second);
    assert_eq!(data(&second), drawn);
    press_with(&mut second, Modifiers::COMMAND, Key::Z);
    settle(&mut second);
    assert_eq!(data(&second), drawn, "there is nothing to take back");
    press(&mut second, Key::Num5);
    settle(&mut second);
    assert_ne!(data(&second), drawn);
    press_with(&mut second, Modifiers::COMMAND, Key::Z);
    settle(&mut second);
    assert_eq!(data(&second), drawn, "later changes can be taken back");
}

#[test]
fn a_session_is_a_lesson_that_can_be_trained() {
    let folder = tempfile::tempdir().unwrap();
    for (chapter, view, kind) in [
        ("pixelcnn", json!({ "preset": "pixelcnn-binary", "playing": false }), "pixelcnn"),
        ("flow", json!({ "training": false, "config": { "layers": 3 } }), "realnvp"),
        ("stack", json!({ "dilations": [1, 2] }), "causal_stack"),
    ] {
        let path = folder.path().join(format!("{chapter}.tractable.json"));
        let mut window = window(chapter);
        show(&mut window, chapter, view);
        answer(&mut window, Key::S, &path);
        wait(&mut window, "the session", |_| path.exists());
        let lesson = Lesson::open(path.to_str().unwrap()).unwrap();
        assert_eq!(serde_json::to_value(&lesson.model).unwrap()["kind"], kind);
        let file = path.with_extension("").with_extension("safetensors");
        // A stack of another structure has learned nothing, and the shipped weights are named.
        wait(&mut window, "its weights", |_| kind != "realnvp" || Weights::read(&file).is_ok());
        let out = folder.path().join("out.safetensors");
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_tractable"))
            .args(["train", path.to_str().unwrap(), "--steps", "1", "--out", out.to_str().unwrap(), "--json"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{chapter}: {}", String::from_utf8_lossy(&output.stderr));
        let trained = Weights::read(&out).unwrap();
        let start = lesson.trained_weights().unwrap();
        if kind == "pixelcnn" {
            // The shipped weights are the session's: nothing was trained in it.
            let shipped = Lesson::preset("pixelcnn-binary").unwrap().trained_weights().unwrap().unwrap();
            assert_eq!(start.unwrap().arrays, shipped.arrays);
            assert_eq!(trained.step(), shipped.step() + 1);
        } else {
            assert_eq!(trained.step(), start.map_or(0, |weights| weights.step()) + 1);
        }
    }
}

#[test]
fn a_picture_that_is_opened_becomes_the_scored_digit_and_a_broken_one_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let (good, broken) = (folder.path().join("stroke.png"), folder.path().join("broken.png"));
    let stroke = |x: u32, y: u32| image::Luma([if (40..60).contains(&x) && (20..90).contains(&y) { 255 } else { 0 }]);
    image::GrayImage::from_fn(112, 112, stroke).save(&good).unwrap();
    let bytes = std::fs::read(&good).unwrap();
    std::fs::write(&broken, &bytes[..60]).unwrap();
    let mut window = super::pixelcnn::lab();
    answer(&mut window, Key::O, &good);
    wait(&mut window, "the score", |window| find(window, "This image costs").is_some() && window.state().settled());
    let said: Vec<String> = window.state().shared().toasts.iter().map(|toast| toast.text.clone()).collect();
    assert!(
        said.iter().any(|text| text == "stroke.png is fitted to this model: resized to 14×14 pixels and rounded to 2 grey levels."),
        "{said:?}"
    );
    assert_eq!(window.state().document().view["task"], "score");
    assert!(find(&window, "stroke.png, looked at as class 3").is_some());
    answer(&mut window, Key::O, &broken);
    wait(&mut window, "the failure", |window| find(window, "No image is open here").is_some());
    assert!(find(&window, "being studied").is_none());
}

#[test]
fn a_bet_is_not_told_by_a_smaller_step() {
    let mut window = super::pixelcnn::lab();
    press(&mut window, Key::Q);
    press(&mut window, Key::ArrowDown);
    assert!(find(&window, "Inside one pixel").is_none());
    assert!(find(&window, "Guess first").is_some());
    press(&mut window, Key::E);
    super::pixelcnn::at(&window, "pixel 1 of 196");
    press(&mut window, Key::Num1);
    press(&mut window, Key::ArrowDown);
    wait(&mut window, "the first idea", |window| find(window, "Inside one pixel").is_some());
}
