//! Sessions: saved, opened, kept by themselves, offered again; and exports from the window.

use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::time::{Duration, Instant, SystemTime};

use egui::{Key, Modifiers, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use rand::{RngExt, SeedableRng};
use serde_json::json;
use tractable::labs::document::Document;
use tractable::labs::keep::Keeper;
use tractable::labs::stage::Stage;
use tractable::labs::{AppOptions, TractableApp};
use tractable::ui::theme::Theme;
use tractable::ui::units::Units;

use crate::harness::chapters;
use crate::tables::array_of;

type Window = Harness<'static, TractableApp>;

fn window(options: AppOptions) -> Window {
    let options = AppOptions { seed: options.seed.or(Some(541)), ..options };
    let mut harness = Harness::builder()
        .with_size(Vec2::new(1280.0, 720.0))
        .build_eframe(move |cc| TractableApp::with_chapters(&cc.egui_ctx, &options, chapters()));
    harness.run_steps(3);
    harness
}

fn echo(keep: Option<&Path>) -> Window {
    window(AppOptions {
        chapter: Some("pixelcnn".into()),
        keep: keep.map(Path::to_owned),
        keep_every: Some(Duration::ZERO),
        ..AppOptions::default()
    })
}

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run_steps(4);
}

/// Types a path into the field that has the focus, over what stands there, and presses Enter.
fn answer(window: &mut Window, path: &Path) {
    press(window, Modifiers::COMMAND, Key::A);
    window.event(egui::Event::Text(path.display().to_string()));
    window.run_steps(2);
    press(window, Modifiers::NONE, Key::Enter);
}

/// Frames until something is true: painting and writing happen on other threads.
#[track_caller]
fn until(window: &mut Window, what: &str, mut done: impl FnMut(&mut Window) -> bool) {
    let start = Instant::now();
    while !done(window) {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(10));
        window.run_steps(1);
    }
}

fn toasts(window: &Window) -> String {
    window.state().shared().toasts.iter().map(|toast| toast.text.clone()).collect::<Vec<_>>().join(" | ")
}

#[test]
fn a_session_comes_back_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.tractable.json");
    let mut first = echo(None);
    press(&mut first, Modifiers::NONE, Key::T);
    press(&mut first, Modifiers::NONE, Key::U);
    press(&mut first, Modifiers::SHIFT, Key::ArrowRight);
    first.get_by_label("a switch").click();
    first.run_steps(3);
    // A number whose shortest decimal form is long.
    let exact = 0.1 + 0.2 * 3.0f64.sqrt();
    let document = Document { view: json!({ "number": exact }), chapter: "pixelcnn".into(), ..first.state().document() };
    let ctx = first.ctx.clone();
    first.state_mut().open_document(&document, &ctx).unwrap();
    press(&mut first, Modifiers::COMMAND, Key::S);
    answer(&mut first, &path);
    assert!(path.exists() && folder.path().join("mine.safetensors").exists(), "{}", toasts(&first));

    let mut second = echo(None);
    press(&mut second, Modifiers::COMMAND, Key::O);
    answer(&mut second, &path);
    second.run_steps(3);
    let shared = second.state().shared();
    assert_eq!((shared.theme, shared.units, shared.seed), (Theme::Light, Units::Bits, 541));
    let (before, after) = (first.state().document(), second.state().document());
    assert_eq!(before.view, after.view);
    assert_eq!(after.view["number"].as_f64().unwrap().to_bits(), exact.to_bits());
    assert_eq!(after.view["position"], json!(5.0));
    assert!(second.query_by_label(&format!("last command: weights {exact}")).is_some(), "the weights came along");

    // Saved again, the file is the same, byte for byte.
    let bytes = std::fs::read(&path).unwrap();
    press(&mut second, Modifiers::COMMAND, Key::S);
    assert!(std::fs::read(&path).unwrap() == bytes);
}

#[test]
fn a_dropped_file_is_opened_by_what_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("named-wrongly.csv");
    let document = Document { format_version: 1, chapter: "flow".into(), view: json!({ "position": 9.0 }), ..Document::default() };
    document.write(&path).unwrap();
    let mut window = echo(None);
    window.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(path)));
    window.run_steps(4);
    assert_eq!(window.state().chapter(), "flow");
    assert!(window.query_by_label("Position, place 9 standing").is_some(), "{}", toasts(&window));
    let rubbish = folder.path().join("a.tractable.json");
    std::fs::write(&rubbish, "{\"format_version\": 1, \"chapter\": \"nowhere\"}").unwrap();
    window.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(rubbish)));
    window.run_steps(4);
    assert!(toasts(&window).contains("nowhere"));
    assert_eq!(window.state().chapter(), "flow", "what was open stays");
}

#[derive(Debug)]
pub(crate) struct Dropped(pub(crate) PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }
    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|e| e.to_string())
    }
}

#[test]
fn the_next_start_offers_to_go_on() {
    let root = tempfile::tempdir().unwrap();
    let mut first = echo(Some(root.path()));
    assert!(first.query_by_label("Go on").is_none(), "there is nothing yet");
    press(&mut first, Modifiers::NONE, Key::End);
    first.run_steps(3);
    drop(first);
    let mut second = echo(Some(root.path()));
    assert!(second.query_by_label("Position, place 0 standing").is_some(), "nothing is opened unasked");
    second.get_by_label("Go on").click();
    second.run_steps(4);
    assert!(second.query_by_label("Position, place 20 standing").is_some());
    assert!(second.query_by_label("Go on").is_none());
}

/// A run that walks so many places and ends.
fn work(root: &Path, right: usize) {
    let mut window = echo(Some(root));
    for _ in 0..right {
        press(&mut window, Modifiers::NONE, Key::ArrowRight);
    }
    std::thread::sleep(Duration::from_millis(30));
}

fn sessions(root: &Path) -> usize {
    std::fs::read_dir(root).unwrap().flatten().filter(|entry| entry.path().is_dir()).count()
}

#[test]
fn every_session_that_was_left_is_offered_and_stays_until_it_is_answered_for() {
    let root = tempfile::tempdir().unwrap();
    work(root.path(), 3);
    work(root.path(), 4);
    assert_eq!(sessions(root.path()), 2);
    let mut third = echo(Some(root.path()));
    let aged = |window: &Window| {
        let rows = window.query_all_by_label_contains(" left ");
        rows.filter(|row| row.accesskit_node().value().is_some_and(|text| text.ends_with(" ago"))).count()
    };
    assert_eq!(aged(&third), 1, "the newest, with its age");
    third.get_by_label("1 more…").click();
    third.run_steps(4);
    assert_eq!(aged(&third), 2, "the list has the other one");
    press(&mut third, Modifiers::NONE, Key::Escape);
    press(&mut third, Modifiers::NONE, Key::F5);
    assert!(third.query_by_label("1 more…").is_none(), "the audience does not see it");
    press(&mut third, Modifiers::NONE, Key::F5);
    third.get_all_by_label("Discard").next().unwrap().click();
    third.run_steps(3);
    assert!(third.query_by_label("1 more…").is_none());
    assert_eq!(aged(&third), 1);
    third.get_by_label("Go on").click();
    third.run_steps(4);
    assert!(third.query_by_label("Position, place 3 standing").is_some());
    std::thread::sleep(Duration::from_millis(30));
    press(&mut third, Modifiers::NONE, Key::ArrowRight);
    drop(third);
    assert_eq!(sessions(root.path()), 1, "what was gone on with is in this run's session");
    let fourth = echo(Some(root.path()));
    assert!(fourth.query_by_label("Go on").is_some());
}

#[test]
fn the_offer_takes_two_lines_at_most_in_the_smallest_hall() {
    let root = tempfile::tempdir().unwrap();
    (1..=4).for_each(|right| work(root.path(), right));
    for theme in [Theme::Dark, Theme::Light, Theme::Projector] {
        let window = window(AppOptions {
            chapter: Some("pixelcnn".into()),
            keep: Some(root.path().to_owned()),
            keep_every: Some(Duration::from_secs(60)),
            theme,
            ..AppOptions::default()
        });
        let buttons = ["Go on", "Discard", "3 more…", "Decide later"].map(|name| window.get_by_label(name).rect());
        let mut lines: Vec<i32> = buttons.iter().map(|rect| rect.center().y.round() as i32).collect();
        lines.dedup();
        assert!(lines.len() <= 2, "{theme:?}: {buttons:?}");
        let canvas = window.get_by_label("last command: ").rect();
        let high = canvas.top() - buttons[0].top();
        assert!(high < 2.0 * buttons[0].height() + 30.0, "{theme:?}: {high} points before the picture begins");
    }
}

/// A way to begin to work, with its name.
type Begin = (&'static str, fn(&mut Window));

#[test]
fn whoever_begins_to_work_puts_the_offer_aside_and_finds_it_again() {
    let begins: [Begin; 3] = [
        ("a step", |window| press(window, Modifiers::NONE, Key::ArrowRight)),
        ("a control", |window| window.get_by_label("a switch").click()),
        ("another chapter", |window| window.get_by_label("Flow lab").click()),
    ];
    for (what, begin) in begins {
        let root = tempfile::tempdir().unwrap();
        work(root.path(), 3);
        let mut window = echo(Some(root.path()));
        assert!(window.query_by_label("Go on").is_some(), "{what}");
        press(&mut window, Modifiers::NONE, Key::T);
        assert!(window.query_by_label("Go on").is_some(), "the theme is no work");
        begin(&mut window);
        window.run_steps(4);
        assert!(window.query_by_label("Go on").is_none(), "{what} puts it aside");
        assert_eq!(sessions(root.path()), 2, "nothing is deleted");
        press(&mut window, Modifiers::COMMAND, Key::K);
        assert!(window.query_by_label_contains("Go on with PixelCNN, seed 541 left").is_some(), "{what}: the palette has it");
        press(&mut window, Modifiers::NONE, Key::Escape);
        press(&mut window, Modifiers::COMMAND, Key::O);
        window.get_by_label("Go on").click();
        window.run_steps(4);
        assert!(window.query_by_label("Position, place 3 standing").is_some(), "{what}");
    }
}

#[test]
fn weights_are_named_when_they_are_written_and_not_before() {
    let root = tempfile::tempdir().unwrap();
    let mut window = echo(Some(root.path()));
    let folder = std::fs::read_dir(root.path()).unwrap().next().unwrap().unwrap().path();
    let kept = || Document::read(&folder.join("autosave.tractable.json")).ok();
    let set = |window: &mut Window, number: f64| {
        let view = json!({ "number": number, "on": true });
        let document = Document { view, ..window.state().document() };
        let ctx = window.ctx.clone();
        window.state_mut().open_document(&document, &ctx).unwrap();
        until(window, "the session", |_| kept().is_some_and(|document| document.view["number"] == number));
    };
    set(&mut window, 1.0);
    window.run_steps(5);
    assert_eq!(kept().unwrap().weights, None, "the worker was asked and has written nothing");
    set(&mut window, 0.5);
    until(&mut window, "the weights", |_| kept().is_some_and(|document| document.weights.is_some()));
}

#[test]
fn saving_over_another_file_asks_and_a_missing_folder_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.tractable.json");
    std::fs::write(&path, "another's").unwrap();
    let mut window = echo(None);
    window.get_by_label("a switch").click();
    window.run_steps(3);
    for replace in [false, true] {
        press(&mut window, Modifiers::COMMAND, Key::S);
        answer(&mut window, &path);
        assert!(window.query_by_label_contains("Replace mine.tractable.json?").is_some());
        if replace {
            press(&mut window, Modifiers::NONE, Key::Tab);
        }
        press(&mut window, Modifiers::NONE, Key::Enter);
        assert!(window.query_by_label_contains("Replace mine.tractable.json?").is_none());
        assert_eq!(std::fs::read_to_string(&path).unwrap() != "another's", replace);
    }
    press(&mut window, Modifiers::COMMAND, Key::S);
    assert!(window.query_by_label_contains("Replace").is_none(), "a session's own file");

    let mut window = echo(None);
    window.get_by_label("a switch").click();
    window.run_steps(3);
    press(&mut window, Modifiers::COMMAND, Key::S);
    answer(&mut window, &folder.path().join("nowhere").join("mine"));
    let said: Vec<&str> = window.state().shared().toasts.iter().map(|toast| toast.text.as_str()).collect();
    assert!(matches!(said.as_slice(), [one] if one.contains("there is no folder") && one.contains("nowhere")), "{said:?}");
}

#[test]
fn a_name_opens_as_on_the_command_line_and_a_damaged_session_names_file_and_place() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = echo(None);
    press(&mut window, Modifiers::COMMAND, Key::O);
    answer(&mut window, Path::new("pixelcnn-hour"));
    assert!(toasts(&window).contains("pixelcnn-hour is open"), "{}", toasts(&window));
    for (name, text, words) in [
        (
            "a",
            json!({ "format_version": 1, "chapter": "flow", "view": { "number": "many" } }),
            ["“number”", "expected a number, found \"many\""],
        ),
        ("b", json!({ "format_version": 1, "chapter": "flow", "seed": "x" }), ["“seed”", "expected a whole number"]),
        ("c", json!({ "format_version": 1, "chapter": "flow", "steps": [{}, { "at": "x" }] }), ["“steps”, number 2, “at”", "found \"x\""]),
    ] {
        let path = folder.path().join(format!("{name}.tractable.json"));
        std::fs::write(&path, text.to_string()).unwrap();
        press(&mut window, Modifiers::COMMAND, Key::O);
        answer(&mut window, &path);
        let said = window.state().shared().toasts.last().unwrap().text.clone();
        assert!(said.starts_with(&format!("In {name}.tractable.json, the setting ")), "{said}");
        assert!(words.iter().all(|word| said.contains(word)) && !said.contains("struct") && !said.contains("usize"), "{said}");
    }
}

#[test]
fn ctrl_e_exports_what_is_on_screen_and_leaves_it_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut window = echo(None);
    press(&mut window, Modifiers::SHIFT, Key::ArrowRight);
    for (choose, file) in
        [("PNG", "a.png"), ("SVG", "a.svg"), ("CSV", "a.csv"), ("NPZ", "a.npz"), ("GIF clip", "a.gif"), ("APNG clip", "a.apng")]
    {
        let path = folder.path().join(file);
        press(&mut window, Modifiers::COMMAND, Key::E);
        window.get_by_label(choose).click();
        window.run_steps(2);
        window.get_by_label("Path of the export").focus();
        window.run_steps(2);
        answer(&mut window, &path);
        until(&mut window, &format!("{file} is not written"), |window| {
            path.exists() && toasts(window).contains(&format!("{file} is written"))
        });
        assert!(window.query_by_label("Position, place 5 standing").is_some(), "after {file} the walk stands where it stood");
    }
    let image = image::open(folder.path().join("a.png")).unwrap();
    let canvas = window.state().canvas_rect();
    assert!((image.width() as f32 - 2.0 * canvas.width()).abs() < 3.0, "{}: twice the canvas, {}", image.width(), canvas.width());
    assert!((image.height() as f32 - 2.0 * canvas.height()).abs() < 3.0, "{}: twice the canvas, {}", image.height(), canvas.height());
    let rows = std::fs::read_to_string(folder.path().join("a.csv")).unwrap().lines().count();
    assert_eq!(rows, 22, "a header and 21 places");
    let places = array_of(&std::fs::read(folder.path().join("a.npz")).unwrap(), "place");
    assert_eq!(places, (0..21).map(f64::from).collect::<Vec<_>>());
}

#[test]
fn the_proposed_name_carries_the_seed() {
    let mut window = echo(None);
    press(&mut window, Modifiers::COMMAND, Key::E);
    let field = window.get_by_label("Path of the export");
    assert_eq!(field.value().as_deref(), Some("pixelcnn-seed541-step0.png"));
}

const CHILD: &str = "TRACTABLE_TEST_KEEP";
const EVERY: Duration = Duration::from_millis(100);

fn now_ms() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64() * 1e3
}

/// The program as it works all the time; ends only when it is killed.
#[test]
#[ignore = "the child of the test below, which starts and kills it"]
fn child_works_until_it_is_killed() {
    let Some(root) = std::env::var_os(CHILD) else { return };
    let options =
        AppOptions { chapter: Some("pixelcnn".into()), keep: Some(root.into()), keep_every: Some(EVERY), ..AppOptions::default() };
    let mut stage = Stage::with_chapters(&options, Vec2::new(800.0, 500.0), 1.0, chapters());
    loop {
        let (app, ctx) = stage.app();
        let document = Document { view: json!({ "number": now_ms(), "on": true }), others: Default::default(), ..app.document() };
        app.open_document(&document, &ctx.clone()).unwrap();
        stage.frame();
    }
}

#[test]
fn fifty_kills_lose_little_and_corrupt_nothing() {
    let root = tempfile::tempdir().unwrap();
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(541);
    for kill in 0..50 {
        let start = now_ms();
        let mut child = Process::new(std::env::current_exe().unwrap())
            .args(["--exact", "desk::child_works_until_it_is_killed", "--ignored", "--nocapture"])
            .env(CHILD, root.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let folder = root.path().join(format!("run-{}", child.id()));
        let begun = Instant::now();
        while !folder.join("autosave.tractable.json").exists() {
            assert!(begun.elapsed() < Duration::from_secs(60), "kill {kill}: nothing is kept");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(rng.random_range(0..500)));
        let killed = now_ms();
        child.kill().unwrap();
        child.wait().unwrap();
        let (keeper, left) = Keeper::open(root.path(), EVERY).unwrap();
        drop(keeper);
        assert_eq!(left.len(), kill + 1, "kill {kill}: a session is gone that nobody has answered for");
        let document = left[0].document.clone();
        let kept = document.view["number"].as_f64().unwrap();
        assert!(kept > start, "kill {kill}: an older run's session is offered");
        // The interval, and what a busy machine and its disk take: far below the ten seconds for an interval of five.
        assert!(killed - kept < 2_500.0, "kill {kill} lost {} ms", killed - kept);
        let weights = std::fs::read_to_string(document.weights.expect("they are kept too")).unwrap();
        assert!(weights.starts_with("weights 1"), "{weights}");
    }
}
