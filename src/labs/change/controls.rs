//! What can be chosen, for the page that is shown.

use egui::Ui;
use serde_json::json;

use super::ChangeLab;
use super::state::{LINKS, LineKind, Link, MOST_HALVINGS, Page, PlaneKind};
use crate::flows::maps::Law;
use crate::labs::{Action, Command, Shared};
use crate::train::det_job::SIZES;
use crate::ui::chips;
use crate::ui::units::number;

/// The maps of the line, in the order of the digits.
pub(super) const MAPS: [(LineKind, &str); 9] = [
    (LineKind::Twice, "2x"),
    (LineKind::Affine, "affine"),
    (LineKind::Sigmoid, "sigmoid"),
    (LineKind::Logit, "logit"),
    (LineKind::Exp, "exp"),
    (LineKind::Cubic, "cubic"),
    (LineKind::Drawn, "drawn"),
    (LineKind::Square, "x² folds"),
    (LineKind::Sine, "sin folds"),
];

/// The pages.
const PAGES: [(Page, &str); 4] = [(Page::Line, "Line"), (Page::Plane, "Plane"), (Page::Chain, "Chain"), (Page::Cost, "Cost")];

/// The maps of the plane.
const PLANES: [(PlaneKind, &str); 5] = [
    (PlaneKind::Linear, "linear"),
    (PlaneKind::Swirl, "swirl"),
    (PlaneKind::Coupling, "affine coupling"),
    (PlaneKind::RealNvp, "RealNVP layer"),
    (PlaneKind::Fold, "fold"),
];

/// Columns of linear maps with something to say.
const MATRICES: [(&str, [[f64; 2]; 2]); 5] = [
    ("rotation", [[0.8, 0.6], [-0.6, 0.8]]),
    ("shear", [[1.0, 0.0], [1.0, 1.0]]),
    ("stretch", [[2.0, 0.0], [0.0, 0.5]]),
    ("mirror", [[-1.0, 0.0], [0.0, 1.0]]),
    ("singular", [[1.2, 0.6], [1.6, 0.8]]),
];

/// What a chain can be made of.
const CHAIN: [Link; 7] = [Link::Stretch, Link::Rotate, Link::Shear, Link::Mirror, Link::Swirl, Link::CoupleSecond, Link::CoupleFirst];

/// The row of chips above the picture.
pub(super) fn pages(lab: &mut ChangeLab, ui: &mut Ui) {
    if chips::segmented(ui, &mut lab.state.page, &PAGES) {
        lab.playing = false;
    }
    ui.add_space(6.0);
}

/// Chooses what a digit stands for on the page that is shown; false if it stands for nothing.
pub(super) fn preset(lab: &mut ChangeLab, i: usize) -> bool {
    let state = &mut lab.state;
    match state.page {
        Page::Line if i < MAPS.len() => state.line.map = MAPS[i].0,
        Page::Plane if i < PLANES.len() => state.plane.map = PLANES[i].0,
        Page::Chain if i < CHAIN.len() && state.chain.links.len() < LINKS[1] => state.chain.links.push(CHAIN[i]),
        Page::Cost if i < SIZES.len() => state.cost.size = i,
        _ => return false,
    }
    lab.follow();
    true
}

/// What the palette offers.
pub(super) fn actions() -> Vec<Action> {
    let page = PAGES.iter().map(|(page, title)| Action { title: format!("Page: {title}"), patch: json!({ "page": page }) });
    let line = MAPS.iter().map(|(map, title)| Action {
        title: format!("Map of the line: {title}"),
        patch: json!({ "page": "line", "line": { "map": map } }),
    });
    let plane = PLANES.iter().map(|(map, title)| Action {
        title: format!("Map of the plane: {title}"),
        patch: json!({ "page": "plane", "plane": { "map": map } }),
    });
    let matrix = MATRICES.iter().map(|(title, columns)| Action {
        title: format!("Linear map: {title}"),
        patch: json!({ "page": "plane", "plane": { "map": "linear", "columns": columns } }),
    });
    let forget = json!({ "page": "line", "line": { "map": "twice", "base": "uniform", "jacobian": false } });
    let forget = Action { title: "Forget the Jacobian of Y = 2X".into(), patch: forget };
    page.chain(line).chain(plane).chain(matrix).chain([forget]).collect()
}

/// The column.
pub(super) fn show(lab: &mut ChangeLab, ui: &mut Ui, shared: &mut Shared) {
    match lab.state.page {
        Page::Line => line(lab, ui),
        Page::Plane => plane(lab, ui),
        Page::Chain => chain(lab, ui),
        Page::Cost => cost(lab, ui),
    }
    ui.add_space(8.0);
    ui.horizontal_wrapped(|ui| {
        for (name, command) in [("Undo", Command::Undo), ("Redo", Command::Redo)] {
            if chips::button(ui, name).on_hover_text(command.tooltip()).clicked() {
                lab.change_back(command, shared);
            }
        }
    });
}

fn line(lab: &mut ChangeLab, ui: &mut Ui) {
    let state = &mut lab.state.line;
    chips::section(ui, "Map y = f(x)", "1 to 9");
    chips::segmented(ui, &mut state.map, &MAPS);
    if state.map == LineKind::Affine {
        for (name, value) in [("Slope a", &mut state.slope), ("Shift b", &mut state.shift)] {
            if chips::slider(ui, name, "", value, -3.0..=3.0, false).changed() {
                *value = (*value * 20.0).round() / 20.0;
            }
        }
    }
    ui.add_space(8.0);
    chips::section(ui, "Density of x", "");
    chips::segmented(ui, &mut state.base, &[(Law::Uniform, "uniform on [0, 1]"), (Law::Normal, "normal")]);
    ui.add_space(8.0);
    chips::section(ui, "Interval at the probe", "");
    let [from, to] = state.interval();
    let mut halvings = state.halvings as usize;
    let width = format!("dx = {}", number(to - from, 4));
    if chips::slider_usize(ui, "Halved", "times", &mut halvings, 0..=MOST_HALVINGS as usize)
        .on_hover_text(Command::MicroStep.tooltip())
        .changed()
    {
        state.halvings = halvings as u32;
    }
    chips::note(ui, &width);
    ui.add_space(8.0);
    let mut forget = !state.jacobian;
    if chips::toggle(ui, "forget the Jacobian", &mut forget).on_hover_text(Command::LogDet.tooltip()).changed() {
        state.jacobian = !forget;
    }
}

fn plane(lab: &mut ChangeLab, ui: &mut Ui) {
    let state = &mut lab.state.plane;
    chips::section(ui, "Map y = f(x)", "1 to 5");
    chips::segmented(ui, &mut state.map, &PLANES);
    if state.map == PlaneKind::Linear {
        ui.add_space(8.0);
        chips::section(ui, "Columns", "");
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = egui::vec2(5.0, 5.0);
            for (name, columns) in MATRICES {
                if chips::chip(ui, name, state.columns == columns).clicked() {
                    state.columns = columns;
                }
            }
        });
        for (i, name) in ["Column 1", "Column 2"].into_iter().enumerate() {
            let [x, y] = state.columns[i].map(|v| number(v, 2));
            chips::value_row(ui, name, &format!("({x}, {y})"), crate::ui::theme::Palette::of(ui).text);
        }
    }
    ui.add_space(8.0);
    chips::section(ui, "Square at the probe", "");
    let mut halvings = state.halvings as usize;
    let slider = chips::slider_usize(ui, "Halved", "times", &mut halvings, 0..=MOST_HALVINGS as usize);
    if slider.on_hover_text(Command::MicroStep.tooltip()).changed() {
        state.halvings = halvings as u32;
    }
    ui.add_space(8.0);
    ui.horizontal_wrapped(|ui| {
        chips::toggle(ui, "colour by log |det|", &mut state.shade).on_hover_text(Command::LogDet.tooltip());
        chips::toggle(ui, "points", &mut state.points).on_hover_text("Points of a normal density, carried along");
    });
}

fn chain(lab: &mut ChangeLab, ui: &mut Ui) {
    let links = &mut lab.state.chain.links;
    chips::section(ui, "Maps, first to last", "");
    let (mut earlier, mut remove) = (None, None);
    for (i, link) in links.iter().enumerate() {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = egui::vec2(5.0, 4.0);
            ui.label(format!("{} {}", i + 1, link.name()));
            if i > 0 && chips::button(ui, &format!("{} earlier", i + 1)).on_hover_text("Changes places with the map before it").clicked() {
                earlier = Some(i);
            }
            if links.len() > LINKS[0] && chips::button(ui, &format!("remove {}", i + 1)).clicked() {
                remove = Some(i);
            }
        });
    }
    if let Some(i) = earlier {
        links.swap(i - 1, i);
    }
    if let Some(i) = remove {
        links.remove(i);
    }
    if links.len() < LINKS[1] {
        ui.add_space(8.0);
        chips::section(ui, "Add at the end", "1 to 7");
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = egui::vec2(5.0, 5.0);
            for link in CHAIN {
                if chips::button(ui, &format!("+ {}", link.name())).clicked() {
                    links.push(link);
                }
            }
        });
    }
    lab.state.chain.stage = lab.state.chain.stage.min(lab.state.chain.links.len());
    lab.follow();
}

fn cost(lab: &mut ChangeLab, ui: &mut Ui) {
    chips::section(ui, "Dimensions m", "");
    let names: Vec<String> = SIZES.iter().map(ToString::to_string).collect();
    let choices: Vec<(usize, &str)> = names.iter().map(String::as_str).enumerate().collect();
    chips::segmented(ui, &mut lab.state.cost.size, &choices);
    ui.add_space(8.0);
    if chips::primary_button(ui, "Measure again").on_hover_text(Command::Reset.tooltip()).clicked() {
        lab.measure();
    }
    chips::note(
        ui,
        "One thread times both for every size. The matrix and the log-scales are given; what a network spends on them is not counted.",
    );
}
