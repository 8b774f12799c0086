//! The flow lab's layer cards, time-line, ledger, comparison and slow motion, driven by their labels.

use egui::vec2;
use serde_json::json;
use tractable::labs::Command;
use tractable::train::Weights;

use crate::flow_bench::{Window, bench, click, command, has, patch, settle, state, text, wait};

/// A lab that stands still in a window that shows the whole column of controls.
fn tall() -> Window {
    let mut window = bench(vec2(1300.0, 1500.0));
    patch(&mut window, json!({ "training": false, "playing": false, "depth": 3.0 }));
    settle(&mut window);
    window
}

/// The number after some words of a spoken text.
fn number(text: &str, after: &str) -> f64 {
    let rest = text.split(after).nth(1).unwrap_or_else(|| panic!("{after:?} in {text:?}")).replace('−', "-").replace(['+', ','], "");
    let digits: String = rest.trim_start().chars().take_while(|c| "-.0123456789".contains(*c)).collect();
    digits.trim_end_matches('.').parse().unwrap_or_else(|_| panic!("{after:?} in {text:?}"))
}

#[test]
fn a_muted_layer_says_so_adds_nothing_and_comes_back_by_undo() {
    let mut window = tall();
    let before = text(&window, "log p = ");
    click(&mut window, "Mute");
    settle(&mut window);
    let card = text(&window, "Layer 3, log-det");
    assert!(card.contains("probe 0.00 nats, mean 0.00 nats") && card.ends_with("muted"), "{card}");
    assert_eq!(state(&window)["wiring"]["muted"], json!(0b100));
    let muted = text(&window, "log p = ");
    assert_ne!(muted, before);
    let adds_up = number(&muted, "log p =") - number(&muted, "log N =") - number(&muted, "log-dets");
    assert!(adds_up.abs() < 2e-3, "{muted}");
    command(&mut window, Command::Undo);
    settle(&mut window);
    assert_eq!(text(&window, "log p = "), before);
}

#[test]
fn solo_leaves_one_layer_and_gives_the_others_back_and_a_frozen_one_says_so() {
    let mut window = tall();
    click(&mut window, "Solo");
    settle(&mut window);
    for layer in [1, 2, 4, 8] {
        assert!(text(&window, &format!("Layer {layer}, log-det")).ends_with("muted"));
    }
    assert!(!text(&window, "Layer 3, log-det").ends_with("muted"));
    click(&mut window, "Solo");
    settle(&mut window);
    assert_eq!(state(&window)["wiring"]["muted"], json!(0));
    click(&mut window, "Freeze");
    settle(&mut window);
    assert!(text(&window, "Layer 3, log-det").ends_with("frozen"));
    click(&mut window, "All layers");
    settle(&mut window);
    assert!(!has(&window, "frozen"));
}

#[test]
fn the_curves_of_the_conditioner_are_those_that_the_log_det_is_made_of() {
    let window = tall();
    let said = text(&window, "s and t of layer 3 at the probe");
    let card = text(&window, "Layer 3, log-det");
    // Of a coupling of the plane the log-determinant is s.
    assert!((number(&said, "s =") - number(&card, "probe")).abs() < 0.011, "{said} {card}");
    assert!(has(&window, "x₁ stays, x₂ moves"));
}

#[test]
fn the_time_line_shows_an_earlier_update_and_goes_on_from_the_newest() {
    let mut window = tall();
    let now = text(&window, "log p = ");
    let newest = window_slider(&window);
    assert!(newest >= 300.0, "{newest}");
    let version = window.state().lab.weights_version();
    set(&mut window, 40.0);
    wait(&mut window, "the past", |window| has(window, "Training goes on from the newest") && text(window, "log p = ") != now);
    assert!(window_slider(&window) <= 40.0);
    // What keeps itself has no reason to write, and would write the newest.
    assert_eq!(window.state().lab.weights_version(), version);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept.safetensors");
    assert!(window.state_mut().lab.save_weights(&path));
    wait(&mut window, "the file", |_| path.exists());
    assert_eq!(Weights::read(&path).unwrap().step() as f64, newest);
    click(&mut window, "To the newest");
    wait(&mut window, "the newest", |window| !has(window, "Training goes on from the newest") && text(window, "log p = ") == now);
    set(&mut window, 40.0);
    wait(&mut window, "the past", |window| has(window, "Train from here"));
    click(&mut window, "Train from here");
    wait(&mut window, "training", |window| state(window)["training"] == json!(true) && !has(window, "Train from here"));
}

/// The value of the time-line's slider.
fn window_slider(window: &Window) -> f64 {
    use egui_kittest::kittest::{NodeT, Queryable};
    // The name stands beside the slider too.
    let nodes = window.query_all_by_label("Training step");
    let value = nodes.filter_map(|node| node.accesskit_node().numeric_value()).next();
    value.expect("the time-line is a slider with a value")
}

/// Puts the slider somewhere, as a screen reader does.
fn set(window: &mut Window, value: f64) {
    use egui::accesskit::{Action, ActionData, ActionRequest, TreeId};
    use egui_kittest::kittest::{NodeT, Queryable};
    let mut sliders = window.query_all_by_label("Training step").filter(|node| node.accesskit_node().numeric_value().is_some());
    let (target_node, _) = sliders.next().expect("the time-line is a slider").accesskit_node().locate();
    drop(sliders);
    let data = Some(ActionData::NumericValue(value));
    let request = ActionRequest { action: Action::SetValue, target_tree: TreeId::ROOT, target_node, data };
    window.event(egui::Event::AccessKitActionRequest(request));
    window.run_steps(2);
}

#[test]
fn without_the_log_det_the_loss_that_is_shown_and_the_true_one_part() {
    let mut window = tall();
    click(&mut window, "Log-det in the loss");
    wait(&mut window, "the sentence", |window| has(window, "regularizes the entropy"));
    assert!(has(&window, "1.838 nats"), "ln 2 pi to three places");
    patch(&mut window, json!({ "training": true }));
    wait(&mut window, "the collapse", |window| has(window, "mean ") && state(window)["wiring"]["log_det"] == json!(false));
    click(&mut window, "Log-det in the loss");
    wait(&mut window, "the end of it", |window| !has(window, "regularizes the entropy"));
}

#[test]
fn the_ledger_sums_to_one_and_the_worst_point_has_a_name() {
    let mut window = tall();
    click(&mut window, "mass");
    click(&mut window, "round-trip error");
    wait(&mut window, "the map", |window| has(window, "Round-trip error at most"));
    let spoken = text(&window, "Quarters");
    let inside = number(&spoken, "in view");
    let outside = number(&spoken, "outside");
    assert!((inside + outside - 1.0).abs() < 2e-4 && inside > 0.8, "{spoken}");
    let quarters = spoken.split("Quarters").nth(1).unwrap().split('.').take(5).collect::<Vec<_>>().join(".");
    let sum: f64 = quarters.split(',').map(|part| part.trim().trim_end_matches('.').parse::<f64>().unwrap_or(0.0)).sum();
    assert!((sum - inside).abs() < 3e-3, "{spoken} {sum}");
    assert!(has(&window, "log10"), "the scale says that it is logarithmic");
}

#[test]
fn nice_beside_realnvp_is_one_key_on_the_same_data_and_probe() {
    let mut window = tall();
    command(&mut window, Command::Compare);
    let ready = |window: &Window| has(window, "Density of B. B NICE") && known(window);
    wait(&mut window, "both densities", ready);
    assert!(has(&window, "Density of A. A RealNVP") && has(&window, "Difference of the log densities"));
    assert!(has(&window, "at the probe") && has(&window, "gap to the entropy"));
    assert_eq!(state(&window)["compare"], json!("family"));
    click(&mut window, "4 layers");
    wait(&mut window, "another one", |window| has(window, "Density of B. B RealNVP · 4 layers") && known(window));
    click(&mut window, "A as it is now");
    wait(&mut window, "the kept one", |window| {
        has(window, "Density of B. B RealNVP · 8 layers") && known(window) && text(window, "0.000 nats").contains("0.000")
    });
    command(&mut window, Command::Compare);
    wait(&mut window, "the planes", |window| has(window, "Data space. "));
    assert_eq!(state(&window)["compare"], json!(null));
}

#[test]
fn b_is_any_family_with_as_many_layers_as_a_or_a_itself_by_another_loss() {
    let mut window = tall();
    command(&mut window, Command::Compare);
    click(&mut window, "Family of B");
    click(&mut window, "Rational-quadratic coupling");
    wait(&mut window, "the spline", |window| has(window, "Density of B. B RQ spline · 8 layers") && known(window));
    assert_eq!(state(&window)["compare"], json!("rq-spline"));
    click(&mut window, "A without the log-det term");
    let name = "Density of B. B RealNVP · 8 layers · no log-det in its loss";
    wait(&mut window, "the other loss", |window| has(window, name) && known(window));
    assert_eq!(state(&window)["compare"], json!("without_log_det"));
    assert_eq!(state(&window)["wiring"]["log_det"], json!(true), "A keeps its own");
}

/// The least and the largest log-determinant of A and of B in view.
fn spans(window: &Window) -> Vec<[f64; 2]> {
    use egui_kittest::kittest::{NodeT, Queryable};
    let texts = window.query_all_by_label_contains(" to ").filter_map(|node| node.accesskit_node().value());
    let number = |text: &str| text.trim_start_matches('+').replace('−', "-").parse::<f64>().ok();
    texts.filter_map(|text| text.split_once(" to ").and_then(|(low, high)| Some([number(low)?, number(high)?]))).collect()
}

#[test]
fn the_log_determinants_of_nice_are_flat_beside_those_of_realnvp() {
    let mut window = tall();
    command(&mut window, Command::Compare);
    wait(&mut window, "both densities", |window| has(window, "Density of B. B NICE") && known(window));
    assert!(spans(&window).is_empty());
    command(&mut window, Command::LogDet);
    window.step();
    for name in ["Log-determinants of A. A RealNVP", "Log-determinants of B. B NICE", "Difference of the log-determinants"] {
        assert!(has(&window, name), "{name}");
    }
    let of = spans(&window);
    assert!(of.len() == 2 && of[0][1] - of[0][0] > 0.5 && of[1][0] == of[1][1], "{of:?}");
    // Training moves the one factor of NICE, and its map stays flat.
    patch(&mut window, json!({ "training": true }));
    wait(&mut window, "another factor", |window| spans(window).get(1).is_some_and(|span| span[0].abs() > 0.01));
    let of = spans(&window);
    assert_eq!(of[1][0], of[1][1], "{of:?}");
    click(&mut window, "log-det maps");
    assert!(has(&window, "Density of A. A RealNVP") && spans(&window).is_empty());
}

#[test]
fn a_layer_is_walked_through_in_six_sentences_whose_numbers_are_right() {
    let mut window = tall();
    patch(&mut window, json!({ "depth": 2.0 }));
    let mut heard = Vec::new();
    for step in 1..=6 {
        command(&mut window, Command::MicroStep);
        let said = text(&window, &format!("{step} of 6 · "));
        let sentence = said.split(" · ").last().unwrap().to_owned();
        assert!(sentence.split_whitespace().count() <= 12, "{sentence}");
        heard.push(sentence);
    }
    let starts = ["Split", "Conditioner", "Scale", "Shift", "Join", "Log-det"];
    assert!(heard.iter().zip(starts).all(|(sentence, start)| sentence.starts_with(start)), "{heard:?}");
    // Layer 3 moves x2: x2 e^s + t, from numbers of two places.
    let (x2, s, t) = (number(&heard[0], "x₂ ="), number(&heard[1], "s ="), number(&heard[1], "t ="));
    let after = number(&heard[3], "gives");
    assert!((x2 * s.exp() + t - after).abs() < 0.02 * (1.0 + x2.abs()), "{heard:?}");
    command(&mut window, Command::MicroBack);
    assert!(has(&window, "5 of 6 · Join"));
    click(&mut window, "End slow motion");
    assert!(!has(&window, "of 6 · "));
}

#[test]
fn an_update_is_walked_through_in_seven_sentences_and_then_made() {
    let mut window = tall();
    let step = window_slider(&window);
    command(&mut window, Command::MicroStep);
    click(&mut window, "inside an update");
    wait(&mut window, "the story", |window| has(window, "1 of 7 · Batch"));
    let mut heard = Vec::new();
    for at in 2..=7 {
        command(&mut window, Command::MicroStep);
        let said = text(&window, &format!("{at} of 7 · "));
        let sentence = said.split(" · ").last().unwrap().to_owned();
        assert!(sentence.split_whitespace().count() <= 12, "{sentence}");
        heard.push(sentence);
    }
    let starts = ["Forward", "Base", "Sum", "Mean", "Gradient", "Nudge"];
    assert!(heard.iter().zip(starts).all(|(sentence, start)| sentence.starts_with(start)), "{heard:?}");
    let loss = number(&heard[3], "minus that,");
    assert!((number(&heard[1], "is") + number(&heard[2], "log-dets,") + loss).abs() < 3e-3, "{heard:?}");
    assert_eq!(window_slider(&window), step, "nothing was made yet");
    command(&mut window, Command::MicroStep);
    wait(&mut window, "the next batch", |window| window_slider(window) == step + 1.0 && has(window, "1 of 7 · Batch"));
}

/// Every number of the comparison is there.
fn known(window: &Window) -> bool {
    use egui_kittest::kittest::Queryable;
    window.query_all_by_label("…").next().is_none()
}
