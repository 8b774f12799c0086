//! The flow lab's state, its undo, its weights on file.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use egui::{Context, Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use serde_json::json;
use tractable::exec::{BackendChoice, ExecError, Session, open_session};
use tractable::labs::flow::FlowLab;
use tractable::labs::{AppOptions, Command, Lab, Shared, TractableApp};
use tractable::train::Lesson;

use crate::flow_bench::{bench, click, command, drag, has, on_screen, patch, settle, state, still, text, wait};

#[test]
fn a_state_opens_the_same_lab_again_bit_for_bit() {
    let mut first = still();
    patch(&mut first, json!({ "data": { "source": "drawing" }, "tool": "brush" }));
    settle(&mut first);
    let path = [[-1.0, 0.5], [0.0, 0.0], [1.0, 0.7]].map(|at| on_screen(&first, "Data space. ", at));
    drag(&mut first, &path);
    patch(
        &mut first,
        json!({ "config": { "layers": 5 }, "rate": 1e-3, "overlays": { "samples": true }, "depth": 2.5, "probe": [0.25, 0.5] }),
    );
    settle(&mut first);
    let kept = state(&first);
    assert_eq!(kept["drawing"]["strokes"].as_array().unwrap().len(), 1);
    // As a session does it: into a lab that has not drawn a frame yet.
    let mut second = bench(vec2(1300.0, 760.0));
    patch(&mut second, kept.clone());
    settle(&mut second);
    assert_eq!(state(&second), kept);
    // The same seed and the same steps: none.
    assert_eq!(text(&second, "log p = "), text(&first, "log p = "));
    assert_eq!(serde_json::to_string(&state(&second)).unwrap(), serde_json::to_string(&kept).unwrap());
}

#[test]
fn a_patch_that_makes_no_sense_is_a_sentence_and_changes_nothing() {
    let mut window = still();
    let before = state(&window);
    for (patch, says) in [
        (json!({ "dta": 1 }), "dta"),
        (json!({ "config": { "layers": 0 } }), "layers"),
        (json!({ "rate": -1.0 }), "rate"),
        (json!({ "data": { "source": "moon" } }), "moon"),
    ] {
        let bench = window.state_mut();
        let error = bench.lab.restore(&patch, &mut bench.shared).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
    assert_eq!(state(&window), before);
}

#[test]
fn another_model_or_seed_says_so_and_undo_brings_the_trained_weights_back() {
    let mut window = still();
    let learned = text(&window, "log p = ");
    click(&mut window, "NICE");
    settle(&mut window);
    assert!(window.state().shared.toasts.iter().any(|toast| toast.text.contains("starts anew")));
    let nice = text(&window, "log p = ");
    assert_ne!(nice, learned);
    command(&mut window, Command::Undo);
    settle(&mut window);
    assert_eq!(text(&window, "log p = "), learned);
    assert_eq!(state(&window)["config"]["family"]["kind"], "real_nvp");
    command(&mut window, Command::Redo);
    settle(&mut window);
    assert_eq!(text(&window, "log p = "), nice);
    command(&mut window, Command::Undo);
    window.state_mut().shared.seed = 7;
    command(&mut window, Command::NewSeed);
    settle(&mut window);
    assert_ne!(text(&window, "log p = "), learned);
    command(&mut window, Command::Undo);
    settle(&mut window);
    assert_eq!(text(&window, "log p = "), learned);
    assert_eq!((state(&window)["seed"].as_u64(), window.state().shared.seed), (Some(541), 541));
}

#[test]
fn undo_takes_settings_and_data_back_in_their_order() {
    let mut window = still();
    click(&mut window, "samples");
    patch(&mut window, json!({ "data": { "source": "world" } }));
    settle(&mut window);
    window.step();
    command(&mut window, Command::Undo);
    settle(&mut window);
    assert!(has(&window, "Data space. Two moons"));
    assert_eq!(state(&window)["overlays"]["samples"], true);
    command(&mut window, Command::Undo);
    assert_eq!(state(&window)["overlays"]["samples"], false);
    command(&mut window, Command::Undo);
    assert!(window.state().shared.toasts.iter().any(|toast| toast.text.contains("nothing left")));
}

#[test]
fn a_seed_that_was_chosen_in_another_chapter_stays_there() {
    let mut window = still();
    click(&mut window, "samples");
    window.state_mut().shared.seed = 7;
    patch(&mut window, json!({ "depth": 2.0 }));
    command(&mut window, Command::ResetView);
    settle(&mut window);
    command(&mut window, Command::Undo);
    assert_eq!((state(&window)["seed"].as_u64(), window.state().shared.seed), (Some(541), 7), "the fit has its own");
    patch(&mut window, json!({ "seed": 99 }));
    assert_eq!((state(&window)["seed"].as_u64(), window.state().shared.seed), (Some(99), 99), "it was asked for");
    settle(&mut window);
    window.state_mut().shared.seed = 8;
    command(&mut window, Command::Undo);
    assert_eq!((state(&window)["seed"].as_u64(), window.state().shared.seed), (Some(541), 8), "the fit comes back alone");
}

/// The first worker that asks for a session dies of it.
fn first_fails(choice: BackendChoice, threads: usize) -> Result<Box<dyn Session>, ExecError> {
    static FAILED: AtomicBool = AtomicBool::new(false);
    assert!(FAILED.swap(true, Ordering::Relaxed), "on purpose");
    open_session(choice, threads)
}

#[test]
fn a_lab_whose_worker_died_says_so_and_another_one_takes_over_with_its_settings() {
    let lesson = Lesson::preset("realnvp").unwrap();
    let mut lab = FlowLab::new(lesson).with_sessions(first_fails);
    let (ctx, mut shared) = (Context::default(), Shared { backend: BackendChoice::Cpu, threads: 1, ..Shared::default() });
    let mut wait = |lab: &mut FlowLab, good: fn(&FlowLab) -> bool| {
        let start = std::time::Instant::now();
        while !good(lab) {
            assert!(start.elapsed() < Duration::from_secs(60), "it waits for ever: {:?}", lab.status());
            lab.update(&ctx, &mut shared);
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    wait(&mut lab, Lab::is_dead);
    let said = lab.status().error.unwrap_or_default();
    assert!(said.contains("on purpose") && said.contains("restart the lab"), "{said}");
    lab.restore(&json!({ "training": false, "depth": 2.0 }), &mut Shared::default()).unwrap();
    let set = lab.state();
    lab.revive();
    assert_eq!((lab.is_dead(), lab.status().error, lab.state()), (false, None, set));
    wait(&mut lab, |lab| !lab.status().backend.is_empty());
    assert_eq!((lab.is_dead(), lab.status().error), (false, None));
}

#[test]
fn weights_come_back_from_their_file_into_a_lab_that_was_just_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fit.safetensors");
    let mut first = still();
    patch(&mut first, json!({ "training": true }));
    let step = |text: String| text.split("step ").nth(1).map(|rest| rest.chars().filter(char::is_ascii_digit).collect::<String>());
    wait(&mut first, "some steps", |window| window.state().lab.status().busy.contains("training") && window.state().lab.settled());
    patch(&mut first, json!({ "training": false }));
    settle(&mut first);
    assert!(first.state_mut().lab.save_weights(&path));
    settle(&mut first);
    let mut second = bench(vec2(1300.0, 760.0));
    second.state_mut().lab.load_weights(&path);
    patch(&mut second, state(&first));
    settle(&mut second);
    assert_eq!(text(&second, "log p = "), text(&first, "log p = "));
    assert_eq!(step(second.state().lab.status().busy), step(first.state().lab.status().busy));
}

#[test]
fn the_lab_opens_on_moons_that_still_improve() {
    let mut window = bench(vec2(1300.0, 760.0));
    let gap = |window: &crate::flow_bench::Window| -> Option<f64> {
        let text = window.query_all_by_label_contains("gap ").next().map(|_| text(window, "gap "))?;
        text.split_whitespace().nth(1)?.parse().ok()
    };
    wait(&mut window, "the first gap", |window| gap(window).is_some());
    let first = gap(&window).unwrap();
    // An untrained flow is more than a nat away from the moons.
    assert!((0.03..0.7).contains(&first), "{first}");
    wait(&mut window, "a better fit", |window| gap(window).is_some_and(|gap| gap < 0.8 * first));
}

#[test]
fn training_goes_on_when_the_chapter_is_opened_again() {
    let options = AppOptions { chapter: Some("flow".into()), seed: Some(541), ..AppOptions::default() };
    let mut window = Harness::builder().with_size(vec2(1280.0, 720.0)).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
    let wait = |window: &mut Harness<'static, TractableApp>, label: &str| {
        let start = std::time::Instant::now();
        while window.query_all_by_label_contains(label).next().is_none() {
            assert!(start.elapsed() < Duration::from_secs(60), "{label} never came");
            window.step();
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    wait(&mut window, "Pause training");
    window.get_by_label("NADE · MADE").click();
    window.run_steps(3);
    window.get_by_label("Flow lab").click();
    window.run_steps(3);
    wait(&mut window, "Pause training");
    window.key_press_modifiers(Modifiers::NONE, Key::K);
    wait(&mut window, "Train");
    window.get_by_label("NADE · MADE").click();
    window.run_steps(3);
    window.get_by_label("Flow lab").click();
    for _ in 0..20 {
        window.step();
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(window.query_by_label("Pause training").is_none(), "what was paused by hand stays paused");
}
