//! Ellipses, trails and the velocity over the flow lab's planes: switched by their labels and by O and a letter, kept with the session, and no
//! row of the window is pushed out by them.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use serde_json::json;
use tractable::labs::Command;
use tractable::ui::theme::Theme;

use crate::chapter_window::{self, open, open_in};
use crate::flow_bench::{Window, bench, click, command, has, patch, settle, state, still, text};
use crate::presenter::press;

/// The titles of what lies over the picture, by the word that they end with.
fn offers(window: &Window, title: &str) -> bool {
    window.state().lab.actions().iter().any(|action| action.title == title)
}

/// The number after some words.
fn number(text: &str, after: &str) -> f64 {
    let rest = text.split(after).nth(1).unwrap_or_else(|| panic!("{after:?} in {text:?}"));
    rest.split_whitespace()
        .next()
        .unwrap()
        .trim_matches(|c| c == '.' || c == ',')
        .parse()
        .unwrap_or_else(|_| panic!("{after:?} in {text:?}"))
}

#[test]
fn ellipses_and_trails_are_switched_by_their_chips_and_say_what_they_show() {
    let mut window = still();
    patch(&mut window, json!({ "depth": 3.0 }));
    assert!(!has(&window, "Jacobian ellipses") && !has(&window, "Trails of"));
    assert!(window.query_by_label("velocity").is_none() && !offers(&window, "Show the velocity"), "couplings have none");
    assert!(offers(&window, "Show the Jacobian ellipses") && offers(&window, "Show the trails"));
    click(&mut window, "ellipses");
    click(&mut window, "trails");
    settle(&mut window);
    let said = text(&window, "Latent space. ");
    assert!(said.contains("144 Jacobian ellipses") && said.contains("Trails of 90 points through 3 layers"), "{said}");
    let (least, most) = (number(&said, "areas × "), number(&said, " to × "));
    assert!(least < 0.95 && most > 1.05, "{said}");
    assert!(has(&window, "ellipses: log|det J|"), "their colours have a bar");
    let summary = window.state().lab.spoken_summary();
    assert!(summary.contains("144 Jacobian ellipses") && summary.contains("Trails of 90 points"), "{summary}");
    patch(&mut window, json!({ "depth": 0.0 }));
    let said = text(&window, "Latent space. ");
    assert!(said.contains("areas × 1.00 to × 1.00") && said.contains("through 0 layers"), "{said}");
    assert!(offers(&window, "Hide the Jacobian ellipses") && offers(&window, "Hide the trails"));
    command(&mut window, Command::Undo);
    command(&mut window, Command::Undo);
    assert_eq!((&state(&window)["overlays"]["ellipses"], &state(&window)["overlays"]["trails"]), (&json!(false), &json!(false)));
    assert!(!has(&window, "Jacobian ellipses") && !has(&window, "Trails of") && !has(&window, "ellipses: log|det J|"));
}

/// A small continuous flow.
fn continuous() -> serde_json::Value {
    json!({ "layers": 2, "width": 16, "family": { "kind": "ffjord", "steps": 2 }, "activation": "tanh", "classes": 0 })
}

#[test]
fn a_continuous_flow_offers_its_velocity_at_the_time_on_show() {
    let mut window = still();
    patch(&mut window, json!({ "config": continuous(), "depth": 0.5 }));
    settle(&mut window);
    assert!(offers(&window, "Show the velocity"));
    click(&mut window, "velocity");
    settle(&mut window);
    let said = text(&window, "Latent space. ");
    assert!(said.contains("Velocity at time 0.25 at 256 places"), "{said}");
    patch(&mut window, json!({ "depth": 2.0 }));
    assert!(text(&window, "Latent space. ").contains("Velocity at time 1.00"));
    // Another window onto the plane has another lattice.
    patch(&mut window, json!({ "latent_view": { "center": [0.5, 0.0], "reach": 2.0 } }));
    settle(&mut window);
    assert!(has(&window, "Velocity at time 1.00"));
    patch(&mut window, json!({ "config": { "family": { "kind": "real_nvp" }, "activation": "relu" } }));
    settle(&mut window);
    assert!(window.query_by_label("velocity").is_none() && !has(&window, "Velocity at time"));
    assert_eq!(state(&window)["overlays"]["velocity"], json!(true), "it is shown again where a flow has one");
}

#[test]
fn a_session_brings_them_back() {
    let mut first = still();
    let over = json!({ "ellipses": true, "trails": true, "velocity": true, "density": false });
    patch(&mut first, json!({ "config": continuous(), "depth": 1.0, "overlays": over }));
    settle(&mut first);
    let kept = state(&first);
    let mut second = bench(egui::vec2(1300.0, 760.0));
    patch(&mut second, kept.clone());
    settle(&mut second);
    assert_eq!(state(&second), kept);
    assert_eq!(text(&second, "Latent space. "), text(&first, "Latent space. "));
    assert!(has(&second, "Velocity at time 0.50"));
    // An older session says nothing of them.
    let mut old = kept;
    let overlays = old["overlays"].as_object_mut().unwrap();
    for name in ["ellipses", "trails", "velocity"] {
        overlays.remove(name).unwrap();
    }
    patch(&mut bench(egui::vec2(1300.0, 760.0)), old);
}

#[test]
fn o_then_j_t_or_v_switches_them() {
    let mut window = open("flow", json!({ "config": continuous() }));
    for (key, name) in [(Key::J, "ellipses"), (Key::T, "trails"), (Key::V, "velocity")] {
        let shown = |window: &chapter_window::Window| window.state().document().view["overlays"][name].clone();
        assert_eq!(shown(&window), json!(false));
        press(&mut window, Modifiers::NONE, Key::O);
        press(&mut window, Modifiers::NONE, key);
        assert_eq!(shown(&window), json!(true), "{name}");
    }
    let mut window = open("flow", json!({}));
    press(&mut window, Modifiers::NONE, Key::O);
    assert!(chapter_window::has(&window, "Jacobian ellipses"));
    assert!(window.query_by_label("velocity").is_none(), "nothing to switch where nothing has a velocity");
}

#[test]
fn their_chips_push_nothing_below_the_fold() {
    let over = json!({ "ellipses": true, "trails": true, "velocity": true });
    let themes = [[Theme::Dark, Theme::Projector], [Theme::Light, Theme::Projector]];
    for ((config, last), themes) in [(json!({}), "Layer 8, log-det"), (continuous(), "Layer 2, log-det")].into_iter().zip(themes) {
        let view = json!({ "config": config, "training": false, "playing": false, "depth": 2.0, "overlays": over });
        for theme in themes {
            let mut window = open_in("flow", view.clone(), egui::vec2(1280.0, 720.0), theme);
            assert_eq!(window.state().shared().theme, theme);
            // The planes take what their chips have left in the frame before.
            window.run_steps(6);
            let canvas = window.state().canvas_rect();
            let parts = ["Data space. ", "Latent space. ", last].map(|part| {
                let found = window.query_all_by_label_contains(part).next();
                (part, found.unwrap_or_else(|| panic!("{theme:?}: {part}")).rect())
            });
            let chips = ["ellipses", "trails"].map(|chip| (chip, window.get_by_label(chip).rect()));
            for (part, rect) in parts.into_iter().chain(chips) {
                assert!(canvas.contains_rect(rect), "{theme:?}: {part} is at {rect:?} in {canvas:?}");
            }
        }
    }
}
