//! The layer card and the slow motion of every family: each layer is drawn by what it is, and told in its own steps.

use egui::vec2;
use serde_json::json;
use tractable::flows::{Config, Family};
use tractable::labs::Command;

use crate::flow_bench::{Window, bench, command, has, patch, settle, text};

/// A small flow of a family that stands still, in a window that shows the whole column of controls.
fn small(window: &mut Window, family: Family) -> Config {
    let config = Config { layers: 2, width: 12, ..Config::of(family) };
    patch(window, json!({ "config": config, "training": false, "playing": false, "probe": [0.6, -0.4], "depth": 1.0 }));
    settle(window);
    config
}

/// The sentence of the slow motion, without its number.
fn sentence(window: &Window) -> Option<(String, String)> {
    let said = window.state().lab.spoken_summary();
    let (before, after) = said.split_once(" · ")?;
    let number = before.rsplit(". ").next()?.to_owned();
    Some((number, after.split(" Probe at").next()?.trim().to_owned()))
}

/// The number after some words.
fn number(text: &str, after: &str) -> f64 {
    let rest = text.split(after).nth(1).unwrap_or_else(|| panic!("{after:?} in {text:?}")).replace('−', "-").replace(['+', ','], "");
    let digits: String = rest.trim_start().chars().take_while(|c| "-.0123456789".contains(*c)).collect();
    digits.trim_end_matches('.').parse().unwrap_or_else(|_| panic!("{after:?} in {text:?}"))
}

#[test]
fn every_layer_of_every_family_is_drawn_and_its_numbers_are_the_layers() {
    let mut window = bench(vec2(1300.0, 1700.0));
    for family in Family::ALL {
        let config = small(&mut window, family);
        for stage in 0..config.stages() {
            patch(&mut window, json!({ "depth": stage as f64 + 1.0 }));
            window.run_steps(3);
            let layer = stage + 1;
            let card = number(&text(&window, &format!("Layer {layer}, log-det")), "probe");
            let conditioning = config.conditioning(stage);
            if config.says_scale_and_shift(stage) {
                let said = text(&window, &format!("s and t of layer {layer} at the probe"));
                // Of a coupling the log-determinant is s; an autoregressive layer has the first coordinate's as well.
                let alone = !conditioning.unwrap().both_move;
                assert!(!alone || (number(&said, "s =") - card).abs() < 0.011, "{family:?}: {said} {card}");
            } else if let Some(conditioning) = conditioning {
                let said = text(&window, &format!("Map of layer {layer} at the probe"));
                assert!(conditioning.both_move || (number(&said, "log ") - card).abs() < 0.011, "{family:?}: {said} {card}");
                assert!(has(&window, "Slope of the map"), "{family:?}");
            } else {
                assert!(has(&window, &format!("Layer {layer} drawn")), "{family:?} has no picture of layer {layer}");
            }
            assert!(!has(&window, "s and t of") || config.says_scale_and_shift(stage), "{family:?} has no s and t in layer {layer}");
        }
    }
}

#[test]
fn the_slow_motion_tells_what_each_family_does() {
    let mut window = bench(vec2(1300.0, 900.0));
    for family in Family::ALL {
        let config = small(&mut window, family);
        patch(&mut window, json!({ "depth": 0.0 }));
        let mut told: Vec<String> = Vec::new();
        command(&mut window, Command::MicroStep);
        while let Some((number, sentence)) = sentence(&window) {
            window.run_steps(2);
            assert!(number.contains(" of "), "{family:?}: {number}");
            assert!(sentence.split_whitespace().count() <= 16, "{family:?}: {sentence}");
            told.push(sentence);
            assert!(told.len() < 60, "{family:?}: {told:?}");
            command(&mut window, Command::MicroStep);
        }
        let ends = |word: &str| told.iter().filter(|sentence| sentence.starts_with(word)).count();
        // Every layer ends with the joined point and its log-determinant.
        assert_eq!((ends("Join"), ends("Log-det")), (config.stages(), config.stages()), "{family:?}: {told:?}");
        assert!(told.len() >= 3 * config.stages(), "{family:?}: {told:?}");
        let affine = (0..config.stages()).any(|stage| config.says_scale_and_shift(stage));
        let speaks = told.iter().any(|sentence| sentence.contains(" t = "));
        assert!(speaks == affine || matches!(family, Family::Ffjord { .. }), "{family:?}: {told:?}");
        let own = match family {
            Family::Iaf => "Scale back",
            Family::Maf => "First",
            Family::CubicSpline(_) | Family::RationalQuadratic(_) | Family::SplineAutoregressive(_) => "Map",
            Family::Naf { .. } | Family::Sos { .. } | Family::Umnn { .. } => "Slope",
            Family::Planar => "Project",
            Family::Radial => "Distance",
            Family::Sylvester { .. } => "Turn",
            Family::Residual => "Residual",
            Family::Ffjord { .. } => "Flow",
            _ => "Split",
        };
        assert!(ends(own) > 0, "{family:?} does not tell {own}: {told:?}");
    }
}
