use egui::{Align2, Role, Sense, Ui, WidgetInfo, vec2};

use super::lab::{PRESETS, PixelcnnLab};
use super::{insight, training};
use crate::exec::BackendChoice;
use crate::labs::{Command, Shared};
use crate::train::Model;
use crate::train::pixelcnn_job::{Ask, Method, MethodCost, Snapshot};
use crate::ui::theme::{Palette, letters};
use crate::ui::units::number;
use crate::ui::{chips, link};

/// Draws the column of what can be chosen.
pub(super) fn show(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &mut Shared) {
    chips::section(ui, "Model", "");
    let mut chosen = lab.preset.clone();
    let choices = PRESETS.map(|(name, label)| (name.to_owned(), label));
    if chips::segmented(ui, &mut chosen, &choices) {
        lab.open_preset(&chosen);
    }
    ui.add_space(4.0);
    class(lab, ui);
    ui.add_space(4.0);
    let mut temperature = lab.settings.temperature;
    let slider = chips::slider(ui, "Temperature", "", &mut temperature, 0.1..=2.0, false)
        .on_hover_text("Divides the logits: below 1 likely values become likelier, above 1 all become more alike");
    link::place(ui, slider.rect, "T", lab.look.palette.base);
    if slider.changed() {
        lab.settings.temperature = (temperature * 20.0).round() / 20.0;
        lab.redraw();
    }
    ui.add_space(4.0);
    overlay(lab, ui);
    ui.add_space(4.0);
    method(lab, ui);
    ui.spacing_mut().item_spacing.y = 6.0;
    ui.add_space(4.0);
    chips::toggle(ui, if lab.view.more { "less" } else { "more" }, &mut lab.view.more);
    if lab.view.more {
        ui.add_space(2.0);
        expert(lab, ui);
        training::weights(lab, ui, shared);
    }
}

fn class(lab: &mut PixelcnnLab, ui: &mut Ui) {
    let lesson = lab.snapshot.as_ref().map(|snapshot| &snapshot.lesson);
    let classes = match lesson.map(|lesson| &lesson.model) {
        Some(Model::Pixelcnn { config, .. }) => config.classes,
        _ => 10,
    };
    // A model that never saw an image without its class draws nonsense without one.
    let none = lesson.is_some_and(|lesson| lesson.learns_without_class()).then_some(None);
    if classes == 0 {
        return;
    }
    let title = ui.label("Class");
    link::place(ui, title.rect, "class", lab.look.palette.base);
    let mut changed = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for class in (0..classes).map(Some).chain(none) {
            let label = class.map_or_else(|| "none".to_owned(), |class| class.to_string());
            if chips::chip(ui, &label, lab.settings.class == class).clicked() {
                changed = Some(class);
            }
        }
    });
    if let Some(class) = changed {
        lab.settings.class = class;
        lab.redraw();
    }
}

fn method(lab: &mut PixelcnnLab, ui: &mut Ui) {
    let palette = Palette::of(ui);
    ui.label("Sampler").on_hover_text("Three ways to the same image, pixel for pixel, from the same noise");
    let choices = Method::ALL.map(|method| (method, method.name()));
    if chips::segmented(ui, &mut lab.settings.method, &choices) {
        lab.redraw();
    }
    let Some(snapshot) = &lab.snapshot else { return };
    ui.spacing_mut().item_spacing.y = 2.0;
    for cost in &snapshot.costs {
        let ink = if cost.method == lab.settings.method { palette.text } else { palette.text_dim };
        let text = cost_text(cost);
        let small = letters::proportional(ui.ctx(), 11.0);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), small.size + 4.0), Sense::hover());
        ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, cost.method.name(), small, ink);
        ui.painter().text(rect.right_center(), Align2::RIGHT_CENTER, &text, letters::monospace(ui.ctx(), 11.0), ink);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Cost of {}: {text}", cost.method.name())));
    }
    if let Some(sentence) = agreement(snapshot) {
        chips::note(ui, &sentence);
    }
}

fn cost_text(cost: &MethodCost) -> String {
    let ms = cost.cost.time.as_secs_f64() * 1e3;
    let time = number(ms, if ms < 10.0 { 1 } else { 0 });
    let unit = match (cost.method, cost.cost.passes) {
        (Method::Jacobi, 1) => "sweep",
        (Method::Jacobi, _) => "sweeps",
        (_, 1) => "pass",
        _ => "passes",
    };
    format!("{time} ms · {} {unit}", cost.cost.passes)
}

/// Whether the methods gave the same image.
fn agreement(snapshot: &Snapshot) -> Option<String> {
    let differing: Vec<usize> = snapshot.costs.iter().filter_map(|cost| cost.differing).collect();
    let worst = *differing.iter().max()?;
    Some(match worst {
        0 => "One image each, here: the same, pixel for pixel.".to_owned(),
        n => format!("{n} pixels differ between the samplers."),
    })
}

fn overlay(lab: &mut PixelcnnLab, ui: &mut Ui) {
    ui.label("Overlay");
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
        chips::toggle(ui, "field", &mut lab.view.field).on_hover_text("The pixels that the prediction depends on");
        chips::toggle(ui, "blind spot", &mut lab.view.blind).on_hover_text("Earlier pixels within reach that no path leads to");
        insight::toggles(lab, ui);
    });
    if let Some(fields) = &lab.fields {
        let all = fields.layers();
        let mut depth = lab.view.depth.unwrap_or(all).min(all);
        let response = chips::slider_usize(ui, "Masked layers", &format!("of {all}"), &mut depth, 1..=all);
        if response.on_hover_text("Adds one layer at a time: the field grows by its kernel").changed() {
            lab.view.depth = Some(depth).filter(|&depth| depth < all);
        }
    }
}

fn expert(lab: &mut PixelcnnLab, ui: &mut Ui) {
    let Some(snapshot) = &lab.snapshot else { return };
    let (mut rate, mut choice) = (snapshot.training.rate, snapshot.choice);
    if chips::slider(ui, "Learning rate", "", &mut rate, 1e-5..=1.0, true)
        .on_hover_text("The highest rate of the schedule; too high a one stops at the last good weights")
        .changed()
    {
        lab.ask(Ask::Rate(rate));
    }
    ui.label("Train on");
    let choices = [(BackendChoice::Auto, "auto"), (BackendChoice::Cpu, "CPU"), (BackendChoice::Gpu, "GPU")];
    if chips::segmented(ui, &mut choice, &choices) {
        lab.ask(Ask::Backend(choice));
    }
    ui.label("Noise");
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
        chips::tag(ui, &format!("seed {}, image {}", lab.settings.seed, lab.settings.stream));
    })
    .response
    .on_hover_text(format!("{} · {}", Command::NewSeed.tooltip(), Command::Reset.tooltip()));
}
