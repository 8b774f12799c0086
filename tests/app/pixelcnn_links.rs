//! The PixelCNN lab under a real pointer: what lights up together, strokes of one frame, bars that can be clicked and bars that cannot,
//! pins, and the plain model against its gated twin.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect, Shape, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use serde_json::{Value, json};
use tractable::autoregressive::pixelcnn;
use tractable::data::noise;
use tractable::exec::sampler::{CpuSampler, Trajectory};
use tractable::graph::causal::Order;
use tractable::labs::document::Document;
use tractable::labs::{AppOptions, TractableApp};
use tractable::train::{Lesson, Model};
use tractable::ui::link;

use super::pixelcnn::{find, press, wait};

type Window = Harness<'static, TractableApp>;

/// Columns of the binary model.
const SIDE: usize = 14;

/// The lab on a large screen with a part of its state set, complete and standing still.
fn wide(view: Value) -> Window {
    let document = Document { format_version: 1, chapter: "pixelcnn".into(), seed: Some(541), view, ..Document::default() };
    let chapter = Some("pixelcnn".to_owned());
    let options = AppOptions { chapter, document: Some(document), threads: Some(1), still: true, ..AppOptions::default() };
    let mut window = Harness::builder().with_size(vec2(1920.0, 1080.0)).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
    wait(&mut window, "the picture", |window| window.state().settled());
    window.run_steps(4);
    window
}

/// The binary model at a place, with something more.
fn binary(place: usize, more: &Value) -> Window {
    let mut view = json!({ "preset": "pixelcnn-binary", "seed": 541, "class": 3, "place": place, "playing": false });
    for (key, value) in more.as_object().unwrap() {
        view[key] = value.clone();
    }
    wide(view)
}

fn view(window: &Window) -> Value {
    window.state().document().view
}

/// Moves the pointer there; gives the name that is lit then.
fn point(window: &mut Window, pos: Pos2) -> Option<String> {
    window.hover_at(pos);
    window.run_steps(3);
    link::lit_name(&window.ctx)
}

fn click(window: &mut Window, pos: Pos2) {
    window.drag_at(pos);
    window.drop_at(pos);
    window.run_steps(3);
}

/// A press, movements and the release, all in one frame.
fn stroke_in_one_frame(window: &mut Window, path: &[Pos2]) {
    let (from, to) = (path[0], *path.last().unwrap());
    let button = |pos, pressed| Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
    let events = &mut window.input_mut().events;
    events.extend([Event::PointerMoved(from), button(from, true)]);
    events.extend(path[1..].iter().map(|&pos| Event::PointerMoved(pos)));
    events.push(button(to, false));
    window.step();
    window.run_steps(2);
}

fn rect(window: &Window, label: &str) -> Rect {
    window.get_by_label_contains(label).rect()
}

/// The square of a pixel.
fn cell(window: &Window, grid: &str, index: usize) -> Rect {
    let whole = rect(window, grid);
    let side = whole.width() / SIDE as f32;
    Rect::from_min_size(whole.min + vec2((index % SIDE) as f32 * side, (index / SIDE) as f32 * side), vec2(side, side))
}

/// One of the spikes that share the width of a strip.
fn spike(window: &Window, strip: &str, index: usize) -> Rect {
    let whole = rect(window, strip);
    let step = whole.width() / SIDE as f32;
    Rect::from_min_size(pos2(whole.left() + index as f32 * step, whole.top()), vec2(step, whole.height()))
}

/// Whether a rectangle is painted exactly here: a wash or a frame.
fn painted(window: &Window, place: Rect) -> bool {
    fn holds(shape: &Shape, place: Rect) -> bool {
        match shape {
            Shape::Vec(shapes) => shapes.iter().any(|shape| holds(shape, place)),
            Shape::Rect(shape) => (shape.rect.min - place.min).length() < 0.6 && (shape.rect.max - place.max).length() < 0.6,
            _ => false,
        }
    }
    window.output().shapes.iter().any(|clipped| holds(&clipped.shape, place))
}

/// The formula under the chart of the slow motion.
fn formula(window: &Window, chart: Rect) -> Rect {
    let said = |text: Option<String>| text.is_some_and(|text| text.contains("equals"));
    let below = |rect: Rect| rect.top() > chart.bottom() && (rect.left() - chart.left()).abs() < 30.0;
    let mut nodes = window.root().children_recursive();
    nodes.find(|node| said(node.accesskit_node().value()) && below(node.rect())).expect("a formula").rect()
}

#[test]
fn in_slow_motion_a_number_and_its_bar_light_each_other() {
    let mut window = binary(5 * SIDE + 1, &json!({ "inside": { "idea": "logits" } }));
    let ideas = [("Logits of the levels", "logit"), ("Logits over T of the levels", "scaled"), ("Probabilities of the levels", "p")];
    for (title, name) in ideas {
        wait(&mut window, title, |window| find(window, title).is_some());
        let chart = rect(&window, title);
        // Two rows over 20 points of foot; the ladder takes 40 points at the right.
        let high = (chart.height() - 20.0) / 2.0;
        let row = |k: usize| Rect::from_min_size(pos2(chart.left(), chart.top() + k as f32 * high), vec2(chart.width() - 40.0, high));
        let names = [0, 1].map(|k| point(&mut window, pos2(chart.left() + 60.0, row(k).center().y)).unwrap_or_default());
        let drawn = names.iter().position(|lit| lit == name).unwrap_or_else(|| panic!("{title}: {names:?}"));
        assert_eq!(names[1 - drawn], format!("{name}{}", 1 - drawn), "{title}");

        // From the formula to the bar, with the pointer on its number.
        let line = formula(&window, chart);
        point(&mut window, pos2(5.0, 5.0));
        assert!(!painted(&window, row(drawn)), "{title}: nothing is pointed at");
        let mut across = (0..).map(|i| line.left() + 4.0 + 8.0 * i as f32).take_while(|&x| x < line.right());
        let found = across.find(|&x| point(&mut window, pos2(x, line.center().y)).as_deref() == Some(name));
        assert!(found.is_some(), "{title}: no number called {name} in the formula");
        assert!(painted(&window, row(drawn)) && !painted(&window, row(1 - drawn)), "{title}");
        press(&mut window, Key::ArrowDown);
    }
    // The bars beside the formula at the right are those of the same levels; the ladder is u.
    wait(&mut window, "the draw", |window| find(window, "6  Draw").is_some());
    let (chart, bars) = (rect(&window, "Probabilities of the levels"), rect(&window, "Distribution of the pixel"));
    let high = (chart.height() - 20.0) / 2.0;
    for k in 0..2 {
        point(&mut window, pos2(bars.left() + 60.0, bars.top() + (k as f32 + 0.5) * bars.height() / 2.0));
        let row = Rect::from_min_size(pos2(chart.left(), chart.top() + k as f32 * high), vec2(chart.width() - 40.0, high));
        assert!(painted(&window, row), "level {k}");
    }
    assert_eq!(point(&mut window, pos2(chart.right() - 11.0, chart.top() + high)).as_deref(), Some("u"));
}

#[test]
fn a_spike_and_its_pixel_light_each_other() {
    let (pixels, rows) = ("Surprise of each pixel of the row", "Surprise of each row");
    let mut window = binary(SIDE * SIDE, &json!({}));
    // All is drawn, so the last row is shown.
    let pixel = 13 * SIDE + 5;
    assert!(!painted(&window, cell(&window, "Sample, 14 rows", pixel).expand(1.0)));
    let spot = spike(&window, pixels, 5).center();
    assert_eq!(point(&mut window, spot), Some(format!("pixel {pixel}")));
    assert!(painted(&window, cell(&window, "Sample, 14 rows", pixel).expand(1.0)), "the spike frames its pixel");
    let spot = spike(&window, rows, 4).center();
    assert_eq!(point(&mut window, spot).as_deref(), Some("row 4"));
    let row = cell(&window, "Sample, 14 rows", 4 * SIDE).union(cell(&window, "Sample, 14 rows", 4 * SIDE + 13));
    assert!(painted(&window, row.expand(1.0)), "the spike frames its row");

    let spot = cell(&window, "Sample, 14 rows", 4 * SIDE + 6).center();
    assert_eq!(point(&mut window, spot).as_deref(), Some("pixel"));
    window.run_steps(2);
    assert!(find(&window, "pixel by pixel, row 4").is_some(), "{:?}", find(&window, "pixel by pixel"));
    for (strip, index) in [(pixels, 6), (rows, 4)] {
        assert!(painted(&window, spike(&window, strip, index).expand2(vec2(2.0, 1.0))), "{strip}");
        assert!(!painted(&window, spike(&window, strip, index + 1).expand2(vec2(2.0, 1.0))), "{strip}");
    }
}

#[test]
fn a_stroke_within_one_frame_leaves_no_gap_and_a_click_paints_one_cell() {
    let nothing = "0".repeat(SIDE * SIDE);
    let mut window = binary(SIDE * SIDE, &json!({ "task": "complete", "known": nothing }));
    wait(&mut window, "the study", |window| find(window, "0 of 196 pixels known").is_some());
    let known = |window: &Window| -> Vec<usize> {
        let text = view(window)["known"].as_str().unwrap().to_owned();
        text.char_indices().filter(|(_, known)| *known == '1').map(|(i, _)| i).collect()
    };
    let place = |window: &Window, row: usize, col: usize| cell(window, "Original", row * SIDE + col).center();
    let path = [place(&window, 3, 1), place(&window, 3, 12), place(&window, 9, 12)];
    stroke_in_one_frame(&mut window, &path);
    let mut expected: Vec<usize> = (1..=12).map(|col| 3 * SIDE + col).chain((4..=9).map(|row| row * SIDE + 12)).collect();
    assert_eq!(known(&window), expected);
    let spot = place(&window, 7, 4);
    click(&mut window, spot);
    expected.push(7 * SIDE + 4);
    expected.sort_unstable();
    assert_eq!(known(&window), expected, "one cell more");

    let mut window = binary(SIDE * SIDE, &json!({ "task": "score" }));
    wait(&mut window, "the study", |window| find(window, "This image costs").is_some());
    window.get_by_label("Blank").click();
    wait(&mut window, "a blank canvas", |window| find(window, "your image").is_some());
    let path = [1, 12].map(|col| cell(&window, "Image to score", 5 * SIDE + col).center());
    stroke_in_one_frame(&mut window, &path);
    let ink: Vec<u64> = view(&window)["subject"]["drawn"]["pixels"].as_array().unwrap().iter().map(|v| v.as_u64().unwrap()).collect();
    let inked: Vec<usize> = (0..ink.len()).filter(|&i| ink[i] > 0).collect();
    assert_eq!(inked, (1..=12).map(|col| 5 * SIDE + col).collect::<Vec<_>>());
}

#[test]
fn a_click_on_a_bar_branches_the_sample_and_nothing_else() {
    let pixel = 4 * SIDE + 6;
    let bar = |window: &Window, level: usize| {
        let bars = rect(window, "Distribution of the pixel");
        pos2(bars.left() + 60.0, bars.top() + (level as f32 + 0.5) * bars.height() / 2.0)
    };
    let mut window = binary(7 * SIDE, &json!({ "pins": [pixel] }));
    for level in [0, 1] {
        let spot = bar(&window, level);
        click(&mut window, spot);
        assert_eq!(view(&window)["edits"], json!([{ "pixel": pixel, "level": level }]));
    }
    let beside = json!({ "on": true, "preset": "pixelcnn-binary", "class": 3, "temperature": 0.7 });
    for (more, ready) in [
        (json!({ "task": "score", "pins": [pixel] }), "This image costs"),
        (json!({ "task": "complete", "pins": [pixel] }), "Six completions"),
        (json!({ "compare": beside, "pins": [pixel] }), "drawn pixels differ"),
    ] {
        let mut window = binary(SIDE * SIDE, &more);
        wait(&mut window, ready, |window| find(window, ready).is_some() && find(window, "Distribution of the pixel").is_some());
        for level in [0, 1] {
            let spot = bar(&window, level);
            click(&mut window, spot);
            assert_eq!(view(&window)["edits"], json!([]), "{more}");
        }
        assert!(find(&window, "Give the pixel the level of a bar").is_none(), "{more}");
    }
}

#[test]
fn the_rank_of_the_drawn_level_stands_beside_its_p_and_pins_stay_for_comparison() {
    let window = binary(7 * SIDE, &json!({ "pins": [10 * SIDE + 10, 2 * SIDE + 2, 4 * SIDE + 6] }));
    // The newest pin is explained: of two levels the drawn one is the most likely one, or the other.
    let bars = find(&window, "Distribution of the pixel").unwrap();
    let after = |words: &str| bars.split(words).nth(1).unwrap().trim_start().chars().next().unwrap();
    let rank = if after("most likely") == after("drawn") { 1 } else { 2 };
    let price = find(&window, &format!(", rank {rank} of 2")).unwrap_or_else(|| panic!("{bars}: {:?}", find(&window, "rank")));
    assert!(price.starts_with("−ln "), "{price}");
    let pin = find(&window, "Pin C, row 4, column 6: p ").expect("the newest pin");
    assert!(pin.contains(&format!(", rank {rank}, ")) && pin.ends_with(" nats"), "{pin}");
    assert!(find(&window, "Pin B, row 2, column 2: p ").is_some());
    assert!(find(&window, "Pin A, row 10, column 10: still to come").is_some());
}

/// The image of seed 541, class 3 and temperature 1 by a sampler of the test's own.
fn drawn(preset: &str) -> Trajectory {
    let lesson = Lesson::preset(preset).unwrap();
    let Model::Pixelcnn { config, .. } = &lesson.model else { panic!("a PixelCNN") };
    let (graph, nodes) = pixelcnn::evaluation(config, 1).unwrap();
    let graph = Arc::new(graph);
    let mut sampler = CpuSampler::new(&graph, nodes.levels, nodes.logits, Order::raster(config.pixels()), 1).unwrap();
    lesson.trained_weights().unwrap().unwrap().write_to(sampler.session(), &graph).unwrap();
    sampler.set_input("class", &[3.0]).unwrap();
    sampler.start(&noise::uniforms(541, 0, config.pixels()), 1.0);
    sampler.finish().clone()
}

#[test]
fn the_plain_model_stands_against_its_gated_twin_on_the_same_noise() {
    let (plain, gated) = (drawn("pixelcnn"), drawn("pixelcnn-gated"));
    let differing = plain.image(0).iter().zip(gated.image(0)).filter(|(a, b)| a != b).count();
    assert!(differing > 0, "twins that draw the same image show nothing");
    let sentence = format!("{differing} of 784 drawn pixels differ; {differing} of all 784");

    // From the plain model the comparison opens with the twin; from any other one entry of B's choices opens both.
    for preset in ["pixelcnn", "pixelcnn-binary"] {
        let mut window = wide(json!({ "preset": preset, "seed": 541, "class": 3, "playing": false }));
        press(&mut window, Key::X);
        if preset != "pixelcnn" {
            wait(&mut window, "the comparison", |window| find(window, "drawn pixels differ").is_some());
            window.get_by_role_and_label(Role::RadioButton, "plain against gated").click();
            window.run_steps(2);
        }
        wait(&mut window, "the twins", |window| window.state().settled() && find(window, "B  28×28, gated, class 3, T = 1").is_some());
        let now = view(&window);
        assert_eq!((&now["preset"], &now["compare"]["preset"]), (&json!("pixelcnn"), &json!("pixelcnn-gated")), "from {preset}");
        press(&mut window, Key::End);
        wait(&mut window, "the whole image", |window| find(window, " of 784 drawn pixels differ").is_some());
        assert!(find(&window, &sentence).is_some(), "from {preset}: {:?}, not {sentence}", find(&window, "drawn pixels differ"));
    }
}
