//! Bets in the flow lab: what is guessed is seen nowhere, and the answer is the layer's own number.

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable;
use serde_json::json;
use tractable::labs::Command;

use crate::flow_bench::{Window, click, command, has, patch, settle, state, still, text, wait};

/// The log-determinant on a layer's card, nats; none while it is hidden.
fn on_card(window: &Window, layer: usize) -> Option<f64> {
    let said = text(window, &format!("Layer {layer}, log-det at the probe"));
    let number = said.split("at the probe ").nth(1).unwrap().split(' ').next().unwrap().replace('−', "-");
    number.trim_start_matches('+').parse().ok()
}

/// The digit of the right guess; none where rounding leaves it open.
fn right(log_det: f64) -> Option<u8> {
    let same = 1.05f64.ln();
    match log_det {
        _ if (log_det.abs() - same).abs() < 0.006 => None,
        small if small < -same => Some(1),
        large if large > same => Some(3),
        _ => Some(2),
    }
}

#[test]
fn what_is_guessed_is_hidden_and_the_answer_is_the_layers_number() {
    let mut window = still();
    patch(&mut window, json!({ "config": { "layers": 4 }, "probe": [0.6, -0.4], "depth": 0.0 }));
    settle(&mut window);
    // Layers that have learned something: each does something else.
    patch(&mut window, json!({ "training": true }));
    wait(&mut window, "a layer that stretches", |window| (1..=4).any(|layer| on_card(window, layer).is_some_and(|log_det| log_det > 0.1)));
    patch(&mut window, json!({ "training": false }));
    wait(&mut window, "the pause", |window| window.state().lab.status().busy.starts_with("paused"));
    settle(&mut window);
    let layers: Vec<f64> = (1..=4).map(|layer| on_card(&window, layer).unwrap()).collect();
    assert!(has(&window, "log p = ") && has(&window, "one bar a layer"));
    assert!(layers.iter().any(|log_det| right(*log_det) != Some(2)), "{layers:?}: nothing to guess");

    patch(&mut window, json!({ "pins": [[0.6, -0.4]] }));
    settle(&mut window);
    assert!(text(&window, "Point A at").contains("log-dets"));
    command(&mut window, Command::Bet);
    settle(&mut window);
    let (mut hits, mut bets) = (0, 0);
    for (at, log_det) in layers.iter().enumerate() {
        let layer = at + 1;
        assert!(has(&window, &format!("Bets: what does layer {layer} do to the area")), "{layer}");
        for hidden in layer..=4 {
            assert_eq!(on_card(&window, hidden), None, "layer {hidden} is seen before layer {layer} is guessed");
        }
        for seen in 1..layer {
            assert_eq!(on_card(&window, seen), Some(layers[seen - 1]));
        }
        assert!(!has(&window, "one bar a layer") && has(&window, "The terms are hidden"));
        // Neither the slow motion nor the map tells it, whoever asks for them, nor a pinned point.
        for tells in [Command::MicroStep, Command::LogDet] {
            command(&mut window, tells);
        }
        window.get_by_role_and_label(Role::CheckBox, "log-det").click_accesskit();
        window.run_steps(3);
        patch(&mut window, json!({ "depth": at as f64, "micro": { "on": true }, "overlays": { "log_det": true } }));
        window.run_steps(2);
        let pinned = text(&window, "Point A at");
        assert!(!pinned.contains("log-dets") && !pinned.contains("log N"), "{pinned}");
        assert!(state(&window)["micro"]["on"] == json!(false) && state(&window)["overlays"]["log_det"] == json!(false));

        // The first by a click, the others by their digits; the second one is wrong.
        let good = right(*log_det);
        let digit = if at == 1 { good.map_or(1, |digit| digit % 3 + 1) } else { good.unwrap_or(2) };
        if at == 0 {
            click(&mut window, ["1 squeeze", "2 keep", "3 stretch"][usize::from(digit) - 1]);
        } else {
            command(&mut window, Command::Preset(digit));
        }
        settle(&mut window);
        bets += 1;
        hits += usize::from(good == Some(digit));
        assert_eq!(on_card(&window, layer), Some(*log_det));
        let answer = text(&window, "Bets: “");
        if good.is_some() {
            assert!(answer.contains(if good == Some(digit) { "is right" } else { "is wrong" }), "{answer} {log_det}");
            assert!(answer.contains(&format!("{hits} of {bets} right")), "{answer}");
        }
        let area: f64 = answer.split("area × ").nth(1).unwrap().split(['.', ' ']).take(2).collect::<Vec<_>>().join(".").parse().unwrap();
        assert!((area / log_det.exp() - 1.0).abs() < 0.02, "{answer} {log_det}");
        patch(&mut window, json!({ "depth": layer as f64 }));
        settle(&mut window);
    }
    assert!(has(&window, "every layer has acted") && has(&window, "one bar a layer"));

    // It is kept with a session, and Q ends it.
    let kept = state(&window)["bet"].clone();
    assert_eq!(kept["made"].as_array().unwrap().len(), 4);
    let mut other = still();
    patch(&mut other, json!({ "config": { "layers": 4 }, "bet": kept }));
    assert_eq!(state(&other)["bet"], state(&window)["bet"]);
    command(&mut window, Command::Bet);
    settle(&mut window);
    assert!(!has(&window, "Bets:") && state(&window)["bet"]["on"] == json!(false));
}

#[test]
fn another_point_is_asked_about_anew() {
    let mut window = still();
    patch(&mut window, json!({ "config": { "layers": 3 }, "depth": 1.0, "probe": [0.5, 0.5], "training": false }));
    settle(&mut window);
    command(&mut window, Command::Bet);
    command(&mut window, Command::Preset(2));
    settle(&mut window);
    assert!(has(&window, "Bets: “keeps the area” is"));
    patch(&mut window, json!({ "probe": [0.7, 0.5] }));
    settle(&mut window);
    assert!(has(&window, "Bets: what does layer 2 do") && on_card(&window, 2).is_none());
    // A digit that is no bet is no preset either.
    let before = state(&window)["data"].clone();
    command(&mut window, Command::Preset(7));
    assert_eq!(state(&window)["data"], before);
}
