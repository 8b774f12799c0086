//! A number of the flow lab, its bar and its place in the planes have one hover; and the bars of the terms add up to the key number.

use egui::accesskit::Role;
use egui::epaint::Shape;
use egui::{Rect, pos2, vec2};
use egui_kittest::kittest::{NodeT, Queryable};
use serde_json::json;
use tractable::ui::link;

use crate::flow_bench::{Window, bench, on_screen, patch, settle, state, text};

/// A lab that stands still at z, in a window that shows the whole column of numbers; the pointer is on nothing.
fn still() -> Window {
    let mut window = bench(vec2(1300.0, 1100.0));
    patch(&mut window, json!({ "training": false, "playing": false, "depth": 8.0 }));
    settle(&mut window);
    away(&mut window);
    window
}

fn away(window: &mut Window) {
    window.hover_at(pos2(1.0, 1099.0));
    window.run_steps(3);
    assert_eq!(link::lit_name(&window.ctx), None);
}

/// Where a part of the window is that this text names; of the two that are called log-det the proof.
fn place(window: &Window, part: &str) -> Rect {
    let mut nodes = window.query_all_by_label_contains(part);
    let wanted = |role: Role, value: Option<String>| part != "log-det" || (role == Role::Label && value.as_deref() == Some(part));
    let found = nodes.find(|node| wanted(node.accesskit_node().role(), node.accesskit_node().value()));
    found.unwrap_or_else(|| panic!("nothing says {part:?}")).rect()
}

/// The numbers with what says them.
const NUMBERS: [(&str, &str); 9] = [
    ("area", "area ×"),
    ("density", "density ×"),
    ("loss", "test\u{a0}"),
    ("floor", "entropy\u{a0}of"),
    ("gap", "gap "),
    ("mass", "∫ p dx"),
    ("round_trip", "round trip"),
    ("log_n", "First term, log N(z)"),
    ("log_p", "Sum of the terms, log p"),
];

#[test]
fn pointing_at_a_number_lights_all_that_has_its_name() {
    let mut window = still();
    for (name, part) in NUMBERS.into_iter().chain([("numeric", "log-det")]) {
        let at = place(&window, part).center();
        window.hover_at(at);
        window.run_steps(3);
        assert_eq!(link::lit_name(&window.ctx).as_deref(), Some(name), "{part} at {at:?}");
        away(&mut window);
    }
    // The fourth of eight bars.
    let bars = place(&window, "one bar a layer");
    window.hover_at(pos2(bars.center().x, bars.top() + 3.5 / 8.0 * bars.height()));
    window.run_steps(3);
    assert_eq!(link::lit_name(&window.ctx).as_deref(), Some("det4"));
}

/// A number of the lab as it is written.
fn live(window: &Window, name: &str) -> f64 {
    let text = window.state().lab.live(name).unwrap_or_else(|| panic!("no {name}")).text;
    text.replace('−', "-").parse().unwrap_or_else(|_| panic!("{name} is {text}"))
}

#[test]
fn pointing_at_the_probe_lights_what_it_costs_in_either_plane() {
    let mut window = still();
    let probe = [0, 1].map(|axis| state(&window)["probe"][axis].as_f64().unwrap());
    let z = ["z1", "z2"].map(|name| live(&window, name));
    for (plane, at, name) in [("Data space. ", probe, "log_p"), ("Latent space. ", z, "log_n")] {
        let at = on_screen(&window, plane, at);
        window.hover_at(at);
        window.run_steps(3);
        assert_eq!(link::lit_name(&window.ctx).as_deref(), Some(name), "{plane}");
        away(&mut window);
    }
}

/// Shapes in a part of the window while this name is lit, or nothing is.
fn shapes(window: &mut Window, lit: Option<&str>, within: Rect) -> usize {
    if let Some(name) = lit {
        link::hover(&window.ctx, name);
    }
    // It is said in one frame and seen in the next.
    window.run_steps(2);
    let inside = |shape: &Shape| within.contains(shape.visual_bounding_rect().center());
    window.output().shapes.iter().filter(|clipped| inside(&clipped.shape)).count()
}

#[test]
fn a_name_that_is_lit_elsewhere_lights_its_bar_its_number_and_the_probe() {
    let mut window = still();
    let planes = [("x1", "Data space. "), ("x2", "Data space. "), ("z1", "Latent space. "), ("z2", "Latent space. ")];
    let others = [("log_det", "one bar a layer"), ("numeric", "log-det"), ("log_p", "Data space. "), ("log_n", "Latent space. ")];
    for (name, part) in NUMBERS.into_iter().chain(planes).chain(others) {
        let within = place(&window, part).expand2(vec2(20.0, 24.0));
        let plain = shapes(&mut window, None, within);
        assert_eq!(plain, shapes(&mut window, None, within), "the picture stands still");
        let lit = shapes(&mut window, Some(name), within);
        assert!(lit > plain, "{name} lights nothing at {part}: {lit} shapes, {plain} before");
    }
}

/// The bars that are painted in this part of the window, from above.
fn bars(window: &Window, part: &str) -> Vec<Rect> {
    let within = place(window, part);
    let bar = |shape: &Shape| match shape {
        Shape::Rect(shape) if (shape.rect.height() - 9.0).abs() < 0.01 && within.contains(shape.rect.center()) => Some(shape.rect),
        _ => None,
    };
    let mut bars: Vec<Rect> = window.output().shapes.iter().filter_map(|clipped| bar(&clipped.shape)).collect();
    bars.sort_by(|a, b| a.top().total_cmp(&b.top()));
    bars
}

/// The other end of a bar that has one end here.
fn other_end(bar: Rect, here: f32) -> Option<f32> {
    // Places on the screen are single precision.
    let near = |x: f32| (x - here).abs() < 0.05;
    if near(bar.left()) { Some(bar.right()) } else { near(bar.right()).then_some(bar.left()) }
}

#[test]
fn the_bars_of_the_terms_follow_one_another_to_the_bar_of_their_sum() {
    let window = still();
    let number = |part: &str, after: &str| -> f64 {
        let text = text(&window, part).replace('−', "-");
        let rest = text.split(after).nth(1).unwrap_or_else(|| panic!("{after:?} in {text:?}")).trim_start();
        let digits: String = rest.chars().take_while(|c| "-.0123456789".contains(*c)).collect();
        digits.parse().unwrap_or_else(|_| panic!("{after:?} in {text:?}"))
    };
    let base = number("First term, log N(z)", "log N(z):");
    let log_dets = number("one bar a layer", "log-dets");
    let sum = number("Sum of the terms", "log p:");
    // Three numbers rounded to three places.
    assert!((base + log_dets - sum).abs() < 2e-3, "{base} {log_dets} {sum}");
    let [first, layers, last] = ["First term, log N(z)", "one bar a layer", "Sum of the terms"].map(|part| bars(&window, part));
    assert_eq!((first.len(), layers.len(), last.len()), (1, 8, 1));
    // The base density at a point is below 1: its bar ends left of 0, where the sum's begins.
    let zero = first[0].right();
    let end = layers.iter().enumerate().fold(first[0].left(), |from, (layer, &bar)| {
        other_end(bar, from).unwrap_or_else(|| panic!("bar {} at {bar:?} does not begin at {from}", layer + 1))
    });
    let expected = other_end(last[0], zero).unwrap_or_else(|| panic!("the sum at {:?} does not begin at {zero}", last[0]));
    assert!((end - expected).abs() < 0.05, "{end} and {expected}");
}
