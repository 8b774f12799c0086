//! One chapter in the program's window, as its tests drive it: by names and keys.

use std::path::Path;
use std::time::{Duration, Instant};

use egui::{Key, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use serde_json::Value;
use tractable::labs::document::Document;
use tractable::labs::table::Table;
use tractable::labs::{AppOptions, TractableApp};
use tractable::ui::theme::Theme;

use crate::sessions::answer;

pub(crate) type Window = Harness<'static, TractableApp>;

/// A chapter that opens with a part of its state set, once its first picture is complete.
pub(crate) fn open(chapter: &str, view: Value) -> Window {
    open_in(chapter, view, vec2(1280.0, 720.0), Theme::Dark)
}

/// The same in a window of this size and theme.
pub(crate) fn open_in(chapter: &str, view: Value, size: Vec2, theme: Theme) -> Window {
    let document = Document { format_version: 1, chapter: chapter.into(), seed: Some(541), view, ..Document::default() };
    open_with(AppOptions { chapter: Some(chapter.into()), document: Some(document), theme, ..AppOptions::default() }, size)
}

/// The same from a session that was saved, with its weights.
pub(crate) fn reopen(chapter: &str, path: &Path) -> Window {
    let mut window = open_with(AppOptions { chapter: Some(chapter.into()), seed: Some(541), ..AppOptions::default() }, vec2(1280.0, 720.0));
    answer(&mut window, Key::O, path);
    window.run_steps(4);
    settle(&mut window);
    window
}

fn open_with(options: AppOptions, size: Vec2) -> Window {
    let options = AppOptions { threads: Some(1), still: true, ..options };
    let mut window = Harness::builder().with_size(size).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
    settle(&mut window);
    window
}

/// Until the picture is complete.
pub(crate) fn settle(window: &mut Window) {
    wait(window, "the picture", |window| window.state().settled());
}

pub(crate) fn has(window: &Window, part: &str) -> bool {
    window.query_all_by_label_contains(part).next().is_some()
}

pub(crate) fn wait(window: &mut Window, what: &str, good: impl Fn(&Window) -> bool) {
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

/// Brings what has this name into sight, presses it and waits for the picture.
pub(crate) fn click(window: &mut Window, name: &str) {
    let node = window.get_by_label(name);
    node.scroll_to_me();
    node.click();
    window.run_steps(4);
    settle(window);
}

/// The numbers of the page that is shown.
pub(crate) fn table(window: &Window) -> Table {
    window.state().table().expect("every page has a table")
}

/// Saves the session with its weights beside it, and waits for both.
pub(crate) fn save(window: &mut Window, path: &Path) {
    window.state_mut().save_as(path);
    let weights = path.with_extension("").with_extension("safetensors");
    wait(window, "the session and its weights", |_| path.exists() && tractable::train::Weights::read(&weights).is_ok());
}

/// Until what was paused has been measured for the last time.
pub(crate) fn stand(window: &mut Window) {
    let mut before = table(window).rows;
    let mut calm = 0;
    while calm < 20 {
        window.step();
        std::thread::sleep(Duration::from_millis(25));
        let now = table(window).rows;
        calm = if now == before { calm + 1 } else { 0 };
        before = now;
    }
}

/// The same words and numbers in both.
pub(crate) fn same(a: &Table, b: &Table) {
    assert_eq!((&a.columns, a.rows.len()), (&b.columns, b.rows.len()));
    for (a, b) in a.rows.iter().flatten().zip(b.rows.iter().flatten()) {
        match (a.parse::<f64>(), b.parse::<f64>()) {
            // A number that went through a file may differ in its last digit.
            (Ok(a), Ok(b)) => assert!((a - b).abs() <= 1e-12 * a.abs() || (a.is_nan() && b.is_nan()), "{a} {b}"),
            _ => assert_eq!(a, b),
        }
    }
}
