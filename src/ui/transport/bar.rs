//! The bar's drawing: five buttons, a scrubber that may be coloured, a speed.

use egui::{Align2, Mesh, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{TransportModel, step_by};
use crate::ui::icons::{Icon, icon_button};
use crate::ui::theme::{Palette, letters};

/// The buttons, so that the caller can give each one its tooltip with its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportButton {
    /// To the beginning.
    Home,
    /// One step back.
    Back,
    /// Run or pause.
    RunPause,
    /// One step.
    Step,
    /// To the end.
    End,
}

/// Draws the bar over the room that is left and drives the model. `tooltip` names a button's command and key; `hint` is the line below the
/// scrubber, which is lower without one.
pub fn transport_bar(ui: &mut Ui, model: &mut dyn TransportModel, tooltip: &dyn Fn(TransportButton) -> String, hint: &str) {
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 7.0;
        buttons(ui, model, tooltip);
        ui.add_space(14.0);
        let speed_width = 190.0;
        let width = (ui.available_width() - speed_width - 20.0).max(120.0);
        scrubber(ui, model, width, hint);
        ui.add_space(12.0);
        if hint.is_empty() {
            // Two rows in the height of the buttons.
            ui.spacing_mut().interact_size.y = 18.0;
        }
        speed(ui, model);
    });
}

fn buttons(ui: &mut Ui, model: &mut dyn TransportModel, tooltip: &dyn Fn(TransportButton) -> String) {
    let playing = model.playing();
    let mut pressed = None;
    let (run, run_name) = if playing { (Icon::Pause, "Pause") } else { (Icon::Play, "Run") };
    for (button, icon, name, diameter) in [
        (TransportButton::Home, Icon::Home, "To the beginning", 29.0),
        (TransportButton::Back, Icon::Back, "One step back", 29.0),
        (TransportButton::RunPause, run, run_name, 37.0),
        (TransportButton::Step, Icon::Step, "One step", 29.0),
        (TransportButton::End, Icon::End, "To the end", 29.0),
    ] {
        let strong = button == TransportButton::RunPause;
        if icon_button(ui, icon, name, diameter, strong).on_hover_ui(|ui| drop(ui.label(tooltip(button)))).clicked() {
            pressed = Some(button);
        }
    }
    match pressed {
        Some(TransportButton::Home) => {
            model.set_playing(false);
            model.seek(0.0);
        }
        Some(TransportButton::End) => {
            model.set_playing(false);
            model.seek(model.length());
        }
        Some(TransportButton::Back) => drop(step_by(model, -1.0)),
        Some(TransportButton::Step) => drop(step_by(model, 1.0)),
        Some(TransportButton::RunPause) => run_or_pause(model),
        None => {}
    }
}

/// Starts or stops; at the end it starts from the beginning.
pub(super) fn run_or_pause(model: &mut dyn TransportModel) {
    let playing = model.playing();
    if !playing && model.position() >= model.length() {
        model.seek(0.0);
    }
    model.set_playing(!playing);
}

fn scrubber(ui: &mut Ui, model: &mut dyn TransportModel, width: f32, hint: &str) {
    let palette = Palette::of(ui);
    let labels = model.labels();
    let height = if hint.is_empty() { 36.0 } else { 52.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click_and_drag());
    let middle = rect.top() + 26.0;
    let track = Rect::from_min_max(pos2(rect.left() + 8.0, middle - 3.0), pos2(rect.right() - 8.0, middle + 3.0));
    let length = model.length().max(f64::MIN_POSITIVE);
    if let Some(pos) = response.interact_pointer_pos() {
        let t = f64::from(((pos.x - track.left()) / track.width()).clamp(0.0, 1.0)) * model.length();
        model.set_playing(false);
        model.seek(if model.fractional() { t } else { t.round() });
    }
    let t = ((model.position() / length) as f32).clamp(0.0, 1.0);
    let x = track.left() + t * track.width();
    let painter = ui.painter();
    painter.rect_filled(track, 3.0, palette.track);
    let shades = model.shades();
    if shades.is_empty() {
        painter.rect_filled(Rect::from_min_max(track.min, pos2(x, track.bottom())), 3.0, palette.seen);
    } else {
        painter.add(Shape::mesh(shade_mesh(shades, track, x, palette)));
    }
    let radius = if response.hovered() || response.dragged() { 8.0 } else { 7.0 };
    painter.circle(pos2(x, track.center().y), radius, palette.text, Stroke::new(2.0, palette.panel));
    if response.has_focus() {
        painter.circle_stroke(pos2(x, track.center().y), radius + 3.0, Stroke::new(2.0, palette.now));
    }
    let font = letters::proportional(ui.ctx(), 12.5);
    let room = track.width();
    let position = painter.layout_no_wrap(labels.position.clone(), font.clone(), palette.text);
    let detail = painter.layout_no_wrap(labels.detail.clone(), font, palette.text_dim);
    // What does not fit beside the place gives way; the place itself ends in dots.
    if position.size().x + detail.size().x + 16.0 <= room {
        painter.galley(pos2(track.right() - detail.size().x, rect.top()), detail, palette.text_dim);
    }
    painter.galley(pos2(track.left(), rect.top()), one_line(painter, &labels.position, 12.5, room, palette.text), palette.text);
    let small = letters::proportional(ui.ctx(), 11.0);
    // As many of the keys as the line holds.
    let width = |text: &str| painter.layout_no_wrap(text.to_owned(), small.clone(), palette.text_dim).size().x;
    let parts: Vec<&str> = hint.split(" · ").collect();
    let held = (1..=parts.len()).rev().map(|count| parts[..count].join(" · ")).find(|text| width(text) <= room);
    if let Some(text) = held {
        painter.text(pos2(track.left(), rect.bottom()), Align2::LEFT_BOTTOM, text, small.clone(), palette.text_dim);
    }
    response.widget_info(|| WidgetInfo::slider(true, model.position(), format!("Position, {}", labels.position)));
}

/// Words on one line, which ends in dots where the room ends.
fn one_line(painter: &egui::Painter, text: &str, points: f32, room: f32, color: egui::Color32) -> std::sync::Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), letters::proportional(painter.ctx(), points), color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room);
    painter.layout_job(job)
}

/// The track as one bar per place: taller and brighter where the model hesitates; what is still to come is dim.
fn shade_mesh(shades: &[f32], track: Rect, now_x: f32, palette: &Palette) -> Mesh {
    let mut mesh = Mesh::default();
    let step = track.width() / shades.len() as f32;
    for (i, &shade) in shades.iter().enumerate() {
        let shade = shade.clamp(0.0, 1.0);
        let left = track.left() + i as f32 * step;
        let past = left < now_x;
        let base = if past { palette.seen } else { palette.track };
        let color = base.lerp_to_gamma(palette.now, shade * if past { 1.0 } else { 0.55 });
        let half = track.height() / 2.0 + shade * 4.0;
        mesh.add_colored_rect(
            Rect::from_min_max(pos2(left, track.center().y - half), pos2(left + step.max(0.5), track.center().y + half)),
            color,
        );
    }
    mesh
}

fn speed(ui: &mut Ui, model: &mut dyn TransportModel) {
    let palette = Palette::of(ui);
    let labels = model.labels();
    ui.vertical(|ui| {
        ui.add_space(((ui.available_height() - 40.0) / 2.0).max(0.0));
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.horizontal(|ui| {
            ui.label(egui::RichText::new("speed").small().color(palette.text_dim));
            ui.label(egui::RichText::new(&labels.speed).monospace().color(palette.text));
        });
        ui.spacing_mut().slider_width = (ui.available_width() - 8.0).clamp(60.0, 170.0);
        let mut speed = model.speed();
        let response = ui.add(egui::Slider::new(&mut speed, model.speed_range()).show_value(false).logarithmic(true));
        response.widget_info(|| WidgetInfo::slider(true, speed, "Speed"));
        if response.drag_stopped() {
            response.surrender_focus();
        } else if response.has_focus() {
            crate::ui::cursor::keep_arrows(ui.ctx());
        }
        if response.changed() {
            model.set_speed(speed);
        }
    });
}
