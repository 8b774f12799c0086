//! What can be chosen: the data, the flow, how it is trained.

use egui::{Role, TextEdit, Ui, WidgetInfo, vec2};

use super::files::Ask;
use super::tools::Tool;
use super::{Command, FlowLab, Shared, classes, closer, columns, curve, entropy, family, layer_card, pins, scrubber};
use crate::data::{Toy, shipped};
use crate::train::PointData;
use crate::train::flow_job::{COOLING, FlowCommand};
use crate::ui::chips;
use crate::ui::units::count;

/// The parts of the column with their names in its index. A low window shows the first two only: the others are one click away.
const PARTS: [&str; 5] = ["data", "flow", "tools", "layer", "closer"];

/// Draws the column.
pub(super) fn show(lab: &mut FlowLab, ui: &mut Ui, shared: &mut Shared) {
    let mut to = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for name in PARTS {
            if chips::button(ui, name).on_hover_text(format!("Scrolls to “{name}” in this column")).clicked() {
                to = Some(name);
            }
        }
    });
    ui.separator();
    egui::ScrollArea::vertical().id_salt("flow controls").auto_shrink([false, false]).show(ui, |ui| {
        // Room for the scroll bar.
        ui.set_width(ui.available_width() - 4.0);
        parts(lab, ui, shared, to);
    });
    // While a slider is held the model stays: it is made anew when the number is chosen.
    if !ui.ctx().input(|input| input.pointer.any_down()) {
        lab.follow_wish(shared);
    }
}

fn parts(lab: &mut FlowLab, ui: &mut Ui, shared: &mut Shared, to: Option<&str>) {
    for (name, gap) in PARTS.into_iter().zip([6.0, 6.0, 6.0, 6.0, 4.0]) {
        if to == Some(name) {
            let top = egui::Rect::from_min_size(ui.cursor().min, vec2(1.0, 1.0));
            ui.scroll_to_rect(top, Some(egui::Align::TOP));
        }
        match name {
            "data" => data(lab, ui, shared),
            "flow" => flow(lab, ui, shared),
            "tools" => {
                drawing(lab, ui, shared);
                ui.add_space(6.0);
                pins::list(lab, ui, shared);
            }
            "layer" => {
                layer_card::show(lab, ui);
                ui.add_space(4.0);
                entropy::show(lab, ui, shared);
            }
            _ => closer::show(lab, ui, shared),
        }
        ui.add_space(gap);
    }
    egui::CollapsingHeader::new("More").default_open(ui.available_height() > 260.0).show_unindented(ui, |ui| {
        more(lab, ui);
        ui.add_space(6.0);
        weights(lab, ui, shared);
    });
}

fn data(lab: &mut FlowLab, ui: &mut Ui, shared: &mut Shared) {
    let counted = lab.data().map_or_else(String::new, |data| match data.count {
        Some(n) if lab.shows_drawing() => format!("{} dabs", count(n as u64)),
        Some(n) => format!("{} points", count(n as u64)),
        None => "fresh points".into(),
    });
    chips::section(ui, "Data", &counted);
    let source = Some(lab.source.clone());
    let mut chosen = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
        let toys = Toy::ALL.into_iter().map(|toy| (toy.title(), PointData::Toy { toy }));
        let others = [("World map", PointData::World), ("Dino", PointData::Shape { name: "dino".into() })];
        for (digit, (name, data)) in (1..).zip(toys.chain(others)) {
            let key = Command::Preset(digit).key_text();
            if chips::chip(ui, name, source.as_ref() == Some(&data)).on_hover_text(format!("Key {key}")).clicked() {
                chosen = Some(data);
            }
        }
        let drawing = lab.shows_drawing();
        if chips::chip(ui, "Your drawing", drawing).on_hover_text("Take the brush and draw in the data space").clicked() {
            lab.take_tool(Tool::Brush);
        }
    });
    let shape = match &source {
        Some(PointData::Shape { name }) => name.replace('_', " "),
        _ => "more drawings".into(),
    };
    let combo = egui::ComboBox::from_id_salt("more drawings").selected_text(shape).width(ui.available_width() - 8.0);
    let opened = combo.show_ui(ui, |ui| {
        for name in shipped::shape_names() {
            let data = PointData::Shape { name: name.into() };
            if ui.selectable_label(source.as_ref() == Some(&data), name.replace('_', " ")).clicked() {
                chosen = Some(data);
            }
        }
    });
    opened.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "More drawings"));
    chosen = columns::tables(lab, ui).or(chosen);
    chosen = columns::choice(lab, ui).or(chosen);
    file(lab, ui, shared);
    if let Some(note) = lab.data().and_then(|data| data.note.clone()) {
        chips::note(ui, &note);
    }
    classes::show(lab, ui);
    if let Some(data) = chosen {
        lab.choose(data);
    }
}

fn file(lab: &mut FlowLab, ui: &mut Ui, shared: &mut Shared) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        let field = TextEdit::singleline(&mut lab.files.points).hint_text("points.csv, ink.png").desired_width(ui.available_width() - 84.0);
        let response = ui.add(field).on_hover_text(
            "A table of numbers, of which two columns are shown, or a picture, whose darkness becomes points; or drop the file on the window",
        );
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Path of a CSV file"));
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let typed = !lab.files.points.trim().is_empty();
        let pressed = chips::button(ui, "Open…").on_hover_text("Loads this file; without a path, asks for one").clicked();
        if typed && (entered || pressed) {
            lab.load_points(ui.ctx(), shared);
        } else if pressed {
            lab.files.ask(Ask::Points, ui.ctx());
        }
    });
}

fn drawing(lab: &mut FlowLab, ui: &mut Ui, shared: &mut Shared) {
    chips::section(ui, "Tools", "");
    let mut taken = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
        for (tool, name, help) in Tool::ALL {
            if chips::chip(ui, name, lab.tools.tool == tool).on_hover_text(help).clicked() {
                taken = Some(tool);
            }
        }
    });
    if let Some(tool) = taken {
        lab.take_tool(tool);
    }
    match lab.tools.tool {
        Tool::Probe => {}
        Tool::Trace => curve::note(lab, ui, shared),
        Tool::Spray => {
            chips::slider(ui, "Jitter radius", "units", &mut lab.tools.radius, 0.05..=1.0, true);
            chips::slider(ui, "Spray rate", "points/s", &mut lab.tools.flow, 20.0..=1_000.0, true);
        }
        Tool::Lasso if lab.tools.lasso.closed => {
            let caught = lab.tools.lasso.caught as u64;
            let (dabs, them) = if caught == 1 { ("dab", "it") } else { ("dabs", "them") };
            chips::note(ui, &format!("{} {dabs} inside: drag {them}.", count(caught)));
        }
        Tool::Lasso => {
            chips::note(ui, "Draw a loop around some dabs.");
        }
        _ => {
            chips::slider(ui, "Brush", "units", &mut lab.tools.radius, 0.05..=0.6, true);
        }
    }
    if !lab.tools.tool.draws() && !lab.shows_drawing() {
        return;
    }
    classes::brush(lab, ui);
    stamp(lab, ui, shared);
    let (undo, redo) = lab.history.can();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        for (name, possible, command) in [("Undo", undo, Command::Undo), ("Redo", redo, Command::Redo)] {
            let button = ui.add_enabled_ui(possible, |ui| chips::button(ui, name)).inner;
            if button.on_hover_text(command.tooltip()).clicked() {
                lab.change_back(command, shared);
            }
        }
        if chips::button(ui, "Clear").on_hover_text("Takes all dabs away; can be undone").clicked() {
            lab.clear_drawing();
        }
    });
}

/// Words as points.
fn stamp(lab: &mut FlowLab, ui: &mut Ui, shared: &mut Shared) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        let field = TextEdit::singleline(&mut lab.tools.stamps.text).char_limit(24).desired_width(ui.available_width() - 116.0);
        ui.add(field).widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Text to draw"));
        if chips::button(ui, "Text to points").on_hover_text("Adds dabs where the letters have ink").clicked() {
            lab.stamp_text(ui.ctx(), shared);
        }
    });
}

fn flow(lab: &mut FlowLab, ui: &mut Ui, shared: &mut Shared) {
    family::picker(lab, ui);
    chips::slider_usize(ui, "Layers", "", &mut lab.wish.config.layers, 2..=16);
    let training = lab.snapshot.as_ref().is_some_and(|snapshot| snapshot.training);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
        let pressed = if training { chips::button(ui, "Pause training") } else { chips::primary_button(ui, "Train") };
        if pressed.on_hover_text(Command::Train.tooltip()).clicked() {
            lab.train(!training, shared);
        }
        if chips::button(ui, "Start again").on_hover_text(Command::Reset.tooltip()).clicked() {
            lab.restart(shared);
        }
    });
    scrubber::show(lab, ui);
}

fn more(lab: &mut FlowLab, ui: &mut Ui) {
    chips::slider_usize(ui, "Width", "units", &mut lab.wish.config.width, 8..=128);
    if chips::slider(ui, "Learning rate", "", &mut lab.wish.rate, 1e-4..=1.0, true).changed() {
        lab.send(FlowCommand::Rate(lab.wish.rate));
    }
    if let Some(snapshot) = &lab.snapshot {
        chips::note(ui, &format!("Now {:.1e}: after each change it falls over {} steps.", snapshot.rate_now, count(COOLING)));
    }
    ui.label("Batch");
    chips::segmented(ui, &mut lab.wish.batch, &[(128, "128"), (256, "256"), (512, "512"), (1024, "1024")]);
}

fn weights(lab: &mut FlowLab, ui: &mut Ui, shared: &mut Shared) {
    chips::section(ui, "Weights", "");
    let field = TextEdit::singleline(&mut lab.files.weights).desired_width(f32::INFINITY);
    ui.add(field).widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Path of a weights file"));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        if chips::button(ui, "Save").on_hover_text(Command::Save.tooltip()).clicked() {
            lab.save();
        }
        if chips::button(ui, "Load").on_hover_text("Takes model and weights from this file").clicked() {
            lab.load(shared);
        }
        if chips::button(ui, "Browse…").on_hover_text("Chooses a file to load").clicked() {
            lab.files.ask(Ask::Weights, ui.ctx());
        }
    });
}

/// The data behind the digit keys.
pub(super) fn preset(digit: u8) -> Option<PointData> {
    match digit {
        1..=7 => Some(PointData::Toy { toy: Toy::ALL[usize::from(digit) - 1] }),
        8 => Some(PointData::World),
        9 => Some(PointData::Shape { name: "dino".into() }),
        _ => None,
    }
}
