//! The flow lab alone in a window: so that a test can read its state and hand it a patch, as sessions and lessons do.

use std::time::{Duration, Instant};

use egui::{Event, Modifiers, PointerButton, Pos2, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use serde_json::Value;
use tractable::labs::{Command, Lab, Shared, flow};
use tractable::ui::theme::{self, Theme};

/// A lab and what it shares with its window.
pub(crate) struct Bench {
    pub(crate) lab: Box<dyn Lab>,
    pub(crate) shared: Shared,
}

pub(crate) type Window = Harness<'static, Bench>;

/// A fresh lab, not drawn yet; training stands, so that every number stays.
pub(crate) fn bench(size: Vec2) -> Window {
    let shared = Shared::default();
    let lab = flow::open(&shared);
    let show = |ui: &mut egui::Ui, bench: &mut Bench| {
        let Bench { lab, shared } = bench;
        theme::install(ui.ctx(), Theme::Dark, false);
        lab.update(ui.ctx(), shared);
        egui::Panel::left("controls").exact_size(230.0).show(ui, |ui| {
            egui::ScrollArea::vertical().show(ui, |ui| lab.controls(ui, shared));
        });
        egui::Panel::right("explain").exact_size(260.0).show(ui, |ui| lab.explain(ui, shared));
        egui::CentralPanel::default().show(ui, |ui| lab.canvas(ui, shared));
    };
    Harness::builder().with_size(size).build_ui_state(show, Bench { lab, shared })
}

/// A lab that stands still, with every picture drawn.
pub(crate) fn still() -> Window {
    let mut window = bench(vec2(1300.0, 760.0));
    patch(&mut window, serde_json::json!({ "training": false, "playing": false }));
    settle(&mut window);
    window
}

pub(crate) fn patch(window: &mut Window, patch: Value) {
    let Bench { lab, shared } = window.state_mut();
    lab.restore(&patch, shared).unwrap();
    window.step();
}

pub(crate) fn command(window: &mut Window, command: Command) {
    let Bench { lab, shared } = window.state_mut();
    assert!(lab.command(command, shared));
    window.step();
}

pub(crate) fn state(window: &Window) -> Value {
    window.state().lab.state()
}

pub(crate) fn wait(window: &mut Window, what: &str, good: impl Fn(&Window) -> bool) {
    let start = Instant::now();
    loop {
        window.step();
        if good(window) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(90), "{what} never came: {:?}", window.state().shared.toasts);
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub(crate) fn settle(window: &mut Window) {
    wait(window, "rest", |window| window.state().lab.settled());
}

pub(crate) fn has(window: &Window, part: &str) -> bool {
    window.query_all_by_label_contains(part).next().is_some()
}

/// The whole spoken text that contains this.
pub(crate) fn text(window: &Window, part: &str) -> String {
    let node = window.query_all_by_label_contains(part).next().unwrap_or_else(|| panic!("nothing says {part:?}"));
    // A plain label carries its words as its value.
    let node = node.accesskit_node();
    node.label().or_else(|| node.value()).unwrap_or_default()
}

/// Brings what has this name into view and presses it, wherever answers of the worker move it meanwhile.
pub(crate) fn click(window: &mut Window, name: &str) {
    window.get_by_label(name).scroll_to_me();
    window.run_steps(3);
    window.get_by_label(name).click_accesskit();
    window.run_steps(3);
}

/// Where a plane is on screen: `Data space. ` or `Latent space. `.
pub(crate) fn plane(window: &Window, name: &str) -> egui::Rect {
    window.query_all_by_label_contains(name).next().expect("the plane is named").rect()
}

/// A point of a plane on screen, by the view in the state; y points up.
pub(crate) fn on_screen(window: &Window, name: &str, at: [f64; 2]) -> Pos2 {
    let rect = plane(window, name);
    let view = &state(window)[if name.starts_with("Data") { "data_view" } else { "latent_view" }];
    let number = |value: &Value| value.as_f64().unwrap();
    let scale = f64::from(rect.width().min(rect.height())) / 2.0 / number(&view["reach"]);
    let [dx, dy] = [0, 1].map(|axis| (at[axis] - number(&view["center"][axis])) * scale);
    rect.center() + vec2(dx as f32, -dy as f32)
}

/// Presses at the first place, moves through the others, lets go at the last.
pub(crate) fn drag(window: &mut Window, path: &[Pos2]) {
    let button = |pos, pressed| Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers: Modifiers::NONE };
    window.event(Event::PointerMoved(path[0]));
    window.step();
    window.event(button(path[0], true));
    window.step();
    for &pos in &path[1..] {
        window.event(Event::PointerMoved(pos));
        window.step();
    }
    window.event(button(path[path.len() - 1], false));
    window.run_steps(2);
}
