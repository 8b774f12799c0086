//! The state of the lab "PixelCNN": kept, patched, restored, taken back.

use std::time::{Duration, Instant};

use egui::{Context, Pos2, RawInput, Rect, vec2};
use serde_json::{Value, json};
use tractable::labs::pixelcnn::PixelcnnLab;
use tractable::labs::{Command, Lab, Shared};
use tractable::ui::theme::{self, Theme};

const PATIENCE: Duration = Duration::from_secs(90);

/// A lab without a window around it: the frame's calls, and nothing drawn.
struct Bare {
    lab: PixelcnnLab,
    shared: Shared,
    ctx: Context,
}

impl Bare {
    fn new() -> Bare {
        Bare { lab: PixelcnnLab::new(541), shared: Shared::default(), ctx: Context::default() }
    }

    fn frame(&mut self) {
        let Bare { lab, shared, ctx } = self;
        let mut output = ctx.run_ui(RawInput::default(), |ui| lab.update(&ui.ctx().clone(), shared));
        // Nobody paints: egui wants to be told.
        output.textures_delta.clear();
    }

    /// The step whose weights are shown, as it stands beside the learning curves.
    #[track_caller]
    fn step(&mut self) -> u64 {
        let Bare { lab, shared, ctx } = self;
        ctx.enable_accesskit();
        theme::install(ctx, Theme::Dark, false);
        let mut nodes = Vec::new();
        // The first frame brings the letters.
        for _ in 0..2 {
            let input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 900.0))), ..RawInput::default() };
            let mut output = ctx.run_ui(input, |ui| lab.canvas(ui, shared));
            output.textures_delta.clear();
            nodes = output.platform_output.accesskit_update.take().map(|update| update.nodes).unwrap_or_default();
        }
        let texts: Vec<String> = nodes.iter().filter_map(|(_, node)| Some(node.value().or(node.label())?.replace('\u{a0}', " "))).collect();
        let said = texts.iter().find_map(|text| text.strip_prefix("paused at step "));
        let digits = said.unwrap_or_else(|| panic!("the canvas names no step: {texts:?}")).chars().filter(char::is_ascii_digit);
        digits.collect::<String>().parse().unwrap()
    }

    #[track_caller]
    fn settle(&mut self) {
        let start = Instant::now();
        self.frame();
        while !self.lab.settled() {
            assert!(start.elapsed() < PATIENCE, "never settled: {}", self.lab.spoken_summary());
            std::thread::sleep(Duration::from_millis(10));
            self.frame();
        }
    }

    #[track_caller]
    fn patch(&mut self, patch: Value) {
        self.lab.restore(&patch, &mut self.shared).unwrap();
        self.settle();
    }
}

#[test]
fn a_restored_state_shows_the_same_picture() {
    let mut first = Bare::new();
    first.settle();
    first.patch(json!({
        "preset": "pixelcnn-binary", "class": 7, "temperature": 0.7, "seed": 99, "stream": 4, "place": 120, "playing": false,
        "shown": "surprise", "overlays": { "blind": false, "depth": 2 }, "pins": [3, 40]
    }));
    let (state, spoken) = (first.lab.state(), first.lab.spoken_summary());
    assert_eq!(state["class"], 7);
    assert_eq!(state["overlays"], json!({ "field": true, "blind": false, "depth": 2 }));
    assert_eq!(first.shared.seed, 99);
    assert!(spoken.starts_with("Pixel row 8, column 8, is next."), "{spoken}");

    // In a lab that has not shown its first frame, and in one that is busy with something else.
    for settled in [false, true] {
        let mut second = Bare::new();
        if settled {
            second.settle();
        }
        let text = state.to_string();
        second.patch(serde_json::from_str(&text).unwrap());
        assert_eq!((second.lab.state(), second.lab.spoken_summary()), (state.clone(), spoken.clone()), "settled before: {settled}");
    }
}

#[test]
fn the_earlier_update_that_is_shown_is_in_the_state_and_is_no_deed() {
    let mut bare = Bare::new();
    bare.patch(json!({ "preset": "pixelcnn-binary", "playing": false }));
    // Of the version of the weights, which names their newest step.
    let newest = |bare: &Bare| bare.lab.weights_version().split(' ').find_map(|word| word.parse::<u64>().ok()).unwrap_or(0);
    let (first, start) = (newest(&bare), Instant::now());
    assert_eq!(bare.step(), first);
    bare.lab.command(Command::Train, &mut bare.shared);
    while newest(&bare) < first + 30 {
        assert!(start.elapsed() < PATIENCE, "stands at step {}", newest(&bare));
        std::thread::sleep(Duration::from_millis(10));
        bare.frame();
    }
    bare.lab.command(Command::Train, &mut bare.shared);
    bare.settle();
    let (newest, version) = (newest(&bare), bare.lab.weights_version());
    assert_eq!((bare.step(), &bare.lab.state()["update"]), (newest, &Value::Null));
    bare.patch(json!({ "temperature": 0.7 }));
    bare.patch(json!({ "update": first + 9 }));
    assert_eq!(bare.lab.state()["update"], first + 9);
    let shown = bare.step();
    assert!((first..=first + 9).contains(&shown), "{first}, {newest}: {shown}");
    // What keeps itself has no reason to write, and would write the newest.
    assert_eq!(bare.lab.weights_version(), version);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept.safetensors");
    assert!(bare.lab.save_weights(&path));
    bare.settle();
    assert_eq!(tractable::train::Weights::read(&path).unwrap().step(), newest);
    // Undo takes back what was set, and goes on looking at the same step.
    bare.lab.command(Command::Undo, &mut bare.shared);
    bare.settle();
    assert_eq!((&bare.lab.state()["temperature"], &bare.lab.state()["update"]), (&json!(1.0), &json!(first + 9)));
    bare.patch(json!({ "update": null }));
    assert_eq!((bare.step(), &bare.lab.state()["update"]), (newest, &Value::Null));
    bare.patch(json!({ "update": first }));
    assert_eq!(bare.step(), first);
    bare.patch(json!({ "preset": "pixelcnn-small" }));
    assert_eq!(bare.lab.state()["update"], Value::Null, "the steps of another model are other steps");
}

#[test]
fn a_patch_that_is_not_understood_changes_nothing() {
    let mut bare = Bare::new();
    bare.settle();
    let before = bare.lab.state();
    for (patch, part) in [
        (json!({ "clas": 3 }), "`clas`"),
        (json!({ "class": 2, "preset": "realnvp" }), "`realnvp`"),
        (json!({ "class": 2, "temperature": 0.0 }), "temperature"),
        (json!({ "class": 2, "pins": [1, 2, 3, 4] }), "pins"),
        (json!({ "class": 2, "shown": "sound" }), "sound"),
    ] {
        let error = bare.lab.restore(&patch, &mut bare.shared).unwrap_err();
        assert!(error.contains(part), "{error}");
        for key in ["class", "preset", "temperature", "pins"] {
            assert_eq!(bare.lab.state()[key], before[key], "{patch}");
        }
    }
}

#[test]
fn undo_takes_settings_back_one_by_one_and_redo_makes_them_again() {
    let mut bare = Bare::new();
    bare.settle();
    let first = bare.lab.state()["class"].clone();
    bare.patch(json!({ "class": 8 }));
    bare.patch(json!({ "temperature": 1.3 }));
    bare.patch(json!({ "place": 30, "playing": false }));
    let at = |bare: &Bare| (bare.lab.state()["class"].clone(), bare.lab.state()["temperature"].clone());
    let mut seen = Vec::new();
    for command in [Command::Undo, Command::Undo, Command::Redo, Command::Redo] {
        assert!(bare.lab.command(command, &mut bare.shared));
        bare.settle();
        seen.push(at(&bare));
        assert_eq!(bare.lab.state()["place"], 30, "undo is no step in time");
    }
    let (eight, one, warm) = (json!(8), json!(1.0), json!(1.3));
    assert_eq!(seen, [(eight.clone(), one.clone()), (first, one.clone()), (eight.clone(), one), (eight, warm)]);
}

#[test]
fn a_seed_that_was_chosen_in_another_chapter_is_no_step_here() {
    let mut bare = Bare::new();
    bare.settle();
    let first = bare.lab.state()["class"].clone();
    bare.patch(json!({ "class": 8 }));
    let choose = |bare: &mut Bare, seed: u64| {
        bare.shared.seed = seed;
        bare.settle();
    };
    let undo = |bare: &mut Bare| {
        assert!(bare.lab.command(Command::Undo, &mut bare.shared));
        bare.settle();
        (bare.shared.seed, bare.lab.state()["seed"].clone(), bare.lab.state()["class"].clone())
    };
    bare.lab.leave();
    choose(&mut bare, 7);
    choose(&mut bare, 99);
    assert_eq!(undo(&mut bare), (7, json!(7), json!(8)), "one that was chosen here is taken back");
    assert_eq!(undo(&mut bare), (7, json!(7), first));
}

#[test]
fn weights_are_kept_only_where_somebody_changed_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept.safetensors");
    let mut bare = Bare::new();
    bare.settle();
    assert!(!bare.lab.save_weights(&path), "shipped weights come with the program");
    bare.lab.load_weights(std::path::Path::new("presets/pixelcnn-small.safetensors"));
    bare.settle();
    assert!(bare.lab.save_weights(&path));
    bare.settle();
    let read = |path: &std::path::Path| tractable::train::Weights::read(path).unwrap().arrays;
    assert!(read(&path) == read(std::path::Path::new("presets/pixelcnn-small.safetensors")));
}

#[test]
fn the_palette_is_offered_models_classes_and_temperatures() {
    let mut bare = Bare::new();
    bare.settle();
    let actions = bare.lab.actions();
    for action in &actions {
        let mut shared = Shared::default();
        assert_eq!(bare.lab.restore(&action.patch, &mut shared), Ok(()), "{}", action.title);
    }
    for title in ["Model 28×28, 4 greys", "Class 0", "Class 9", "Temperature 0.7"] {
        assert!(actions.iter().any(|action| action.title == title), "{title}");
    }
}

#[test]
fn the_softmax_of_the_live_logits_is_what_is_drawn_from() {
    let mut bare = Bare::new();
    bare.settle();
    bare.patch(json!({ "preset": "pixelcnn-binary", "place": 90, "playing": false, "temperature": 0.7 }));
    let number = |name: &str| bare.lab.live(name).expect(name).text.replace('−', "-").parse::<f64>().expect("a number");
    let (a, b) = (number("logit0") / 0.7, number("logit1") / 0.7);
    let p = 1.0 / (1.0 + (a - b).exp());
    assert!((p - number("p1")).abs() < 0.01, "{p} is not {}", number("p1"));
    let level = number("level");
    assert!((number("scaled") - if level == 0.0 { a } else { b }).abs() < 0.02);
}

#[test]
fn a_view_reset_ends_what_was_taken_apart_and_leaves_the_mask() {
    let mut bare = Bare::new();
    bare.settle();
    bare.patch(json!({
        "preset": "pixelcnn-binary", "place": 90, "playing": false, "mask": [[-1, -1], [-1, 0], [0, -1]],
        "inside": { "gradient": true, "channels": true, "layer": 2, "side": "costs" }, "pins": [3]
    }));
    let fresh = PixelcnnLab::new(541).state();
    let mask = bare.lab.state()["mask"].clone();
    assert_eq!(mask, json!([[-1, -1], [-1, 0], [0, -1]]));
    bare.lab.command(Command::ResetView, &mut bare.shared);
    for part in ["inside", "pins", "shown", "overlays"] {
        assert_eq!(bare.lab.state()[part], fresh[part], "{part}");
    }
    assert_eq!(bare.lab.state()["mask"], mask);
    // Another model has its own mask; one that no model can have is a sentence.
    bare.patch(json!({ "preset": "pixelcnn-small" }));
    assert_eq!(bare.lab.state()["mask"], Value::Null);
    let error = bare.lab.restore(&json!({ "mask": [[9, 9]] }), &mut bare.shared).unwrap_err();
    assert!(error.contains("within"), "{error}");
}

#[test]
fn what_a_leaking_model_draws_comes_back_with_the_session() {
    let mut bare = Bare::new();
    bare.settle();
    // All at once, as a file brings it: the model, its mask, what if, and settings that ask for another picture.
    let leaking = json!({ "preset": "pixelcnn-binary", "class": 5, "mask": [[-1, 0], [0, -1], [0, 1]], "what_if": true, "place": 90, "playing": false });
    bare.patch(leaking);
    assert_eq!(bare.lab.status().error, None);
    assert_eq!(bare.lab.state()["what_if"], true);
    bare.patch(json!({ "class": 6 }));
    assert_eq!(bare.lab.status().error, None, "another class is drawn all the same, too");
    bare.patch(json!({ "what_if": false }));
    assert!(bare.lab.status().error.is_some_and(|error| error.contains("not autoregressive")));
}

#[test]
fn undo_of_another_model_brings_its_masked_layers_back() {
    let mut bare = Bare::new();
    bare.settle();
    bare.patch(json!({ "overlays": { "depth": 3 } }));
    bare.patch(json!({ "preset": "pixelcnn-binary", "overlays": { "depth": null } }));
    bare.lab.command(Command::Undo, &mut bare.shared);
    bare.settle();
    assert_eq!((&bare.lab.state()["preset"], &bare.lab.state()["overlays"]["depth"]), (&json!("pixelcnn-small"), &json!(3)));
    bare.lab.command(Command::Redo, &mut bare.shared);
    bare.settle();
    assert_eq!(bare.lab.state()["overlays"]["depth"], json!(null));
}
