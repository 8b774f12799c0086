//! A state as one word of text: copied in one window, opened in another.

use std::time::{Duration, Instant};

use egui::{Event, Key, Modifiers, OutputCommand, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use serde_json::{Value, json};
use tractable::labs::code::{PREFIX, decode};
use tractable::labs::document::Document;
use tractable::labs::{AppOptions, TractableApp};

use crate::cli::{Bench, contains};
use crate::harness::echo;

type Window = Harness<'static, TractableApp>;

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.run_steps(4);
}

fn toasts(window: &Window) -> String {
    window.state().shared().toasts.iter().map(|toast| toast.text.clone()).collect::<Vec<_>>().join(" | ")
}

/// What the last frame put into the clipboard.
fn clipboard(window: &Window) -> Option<String> {
    let commands = &window.output().platform_output.commands;
    commands.iter().find_map(|command| if let OutputCommand::CopyText(text) = command { Some(text.clone()) } else { None })
}

#[test]
fn a_code_is_copied_from_the_save_panel_and_opened_where_files_are() {
    let mut first = echo();
    press(&mut first, Modifiers::SHIFT, Key::ArrowRight);
    first.get_by_label("a switch").click();
    first.run_steps(3);
    press(&mut first, Modifiers::COMMAND, Key::S);
    first.get_by_label("Copy as a code").click();
    let mut copied = None;
    for _ in 0..4 {
        first.run_steps(1);
        copied = copied.or_else(|| clipboard(&first));
    }
    let code = copied.expect("the code is in the clipboard");
    assert!(code.starts_with(PREFIX) && code.len() < 200, "{code}");
    assert!(toasts(&first).contains(&format!("A code of {} letters is in the clipboard", code.len())), "{}", toasts(&first));
    // Only what differs from the chapter as it opened is in it.
    assert_eq!(decode(&code).unwrap().unwrap().view, json!({ "position": 5.0, "on": true }));

    // Typed into the panel of Ctrl+O, or pasted on the window; what the other window had set before does not stay.
    for typed in [true, false] {
        let mut second = echo();
        press(&mut second, Modifiers::NONE, Key::ArrowRight);
        if typed {
            press(&mut second, Modifiers::COMMAND, Key::O);
            second.event(Event::Text(code.clone()));
            second.run_steps(2);
            press(&mut second, Modifiers::NONE, Key::Enter);
        } else {
            press(&mut second, Modifiers::NONE, Key::Escape);
            second.event(Event::Paste(format!("{code}\n")));
        }
        second.run_steps(4);
        assert_eq!(second.state().document().view, first.state().document().view, "{}", toasts(&second));
        assert!(toasts(&second).contains("The code is open"), "{}", toasts(&second));
    }
    let mut third = echo();
    third.event(Event::Paste(code[..code.len() - 5].into()));
    third.run_steps(4);
    assert!(toasts(&third).contains("copy all of it, to its last letter"), "{}", toasts(&third));
}

fn opened(document: Document, seed: u64) -> Window {
    let options = AppOptions { document: Some(document), seed: Some(seed), ..AppOptions::default() };
    Harness::builder().with_size(Vec2::new(1280.0, 720.0)).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options))
}

fn settled(window: &mut Window) {
    let start = Instant::now();
    while !window.state().settled() {
        assert!(start.elapsed() < Duration::from_secs(60), "the picture never settled");
        std::thread::sleep(Duration::from_millis(10));
        window.run_steps(1);
    }
}

#[test]
fn the_labs_come_back_from_their_codes_over_whatever_was_set() {
    let set = [
        (
            "flow",
            json!({ "training": false, "playing": false, "config": { "layers": 3 }, "probe": [0.3, -0.2] }),
            json!({ "probe": [1.0, 1.0], "training": false }),
        ),
        ("pixelcnn", json!({ "playing": false, "place": 40, "temperature": 0.75, "class": null }), json!({ "temperature": 1.5 })),
        ("stack", json!({ "kernel": 3, "dilations": [1, 3, 9], "at": 12, "temperature": 0.5 }), json!({ "dilations": [1, 2, 4, 8] })),
        ("planar-sylvester", json!({ "training": false, "layers": 3 }), json!({ "training": false, "samples": true })),
    ];
    for (chapter, view, other) in set {
        let document = |view: Value| Document { format_version: 1, chapter: chapter.into(), view, ..Document::default() };
        let mut first = opened(document(view.clone()), 7);
        settled(&mut first);
        assert_eq!(first.state_mut().refused(), None);
        let code = first.state().code().unwrap();
        assert!(code.len() < 500, "{chapter}: {} letters, {:?}", code.len(), decode(&code).unwrap().unwrap().view);
        let mut second = opened(document(other), 541);
        settled(&mut second);
        second.event(Event::Paste(code));
        second.run_steps(4);
        settled(&mut second);
        let (wanted, found) = (first.state().document().view, second.state().document().view);
        assert_eq!(found, wanted, "{chapter}");
        assert_eq!(second.state().shared().seed, 7, "{chapter}");
    }
}

#[test]
fn the_command_line_opens_a_code_as_it_opens_a_file() {
    let mut window = opened(Document { format_version: 1, chapter: "planar-sylvester".into(), ..Document::default() }, 541);
    settled(&mut window);
    let (bench, code) = (Bench::new(), window.state().code().unwrap());
    bench.json(&format!("render {code} --out a.svg"));
    // A sample's numbers are the same in every run, and others with another seed.
    let check = |seed: u32| bench.json(&format!("render pixelcnn --seed {seed} --out a.csv"))["check"].clone();
    assert!(check(541).as_str().is_some_and(|sum| sum.len() == 8));
    assert_eq!((check(541), check(541) == check(542)), (check(541), false));
    assert!(std::fs::read_to_string(bench.path("a.svg")).unwrap().contains(">Planar"));
    contains(&bench.mistake(&format!("render {} --out b.svg", &code[..code.len() - 3])), &["a code of Tractable", "to its last letter"]);
}
