//! One card for each layer: where it stretches and squeezes, its number at the probe, its mean over the data.

use egui::{Align2, Color32, Context, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::fields::LAYER_SCALE;
use super::live::layer_name;
use super::numbers::sign_color;
use super::{FlowLab, Shared};
use crate::ui::colormap::{Scale, colorbar};
use crate::ui::link;
use crate::ui::theme::{Palette, letters};
use crate::ui::transport::TransportModel;
use crate::ui::units::signed;

const GAP: f32 = 8.0;
const HEADING: f32 = 30.0;
/// Size of the numbers in points, and from one line to the next.
const LETTERS: f32 = 11.0;
const LINE: f32 = 15.0;

/// Side of a card's field, cards in a row, rows.
fn shape(lab: &FlowLab, width: f32) -> (f32, usize, usize) {
    let layers = lab.depth.layers().max(1);
    let rows = if layers > 9 { 2 } else { 1 };
    let columns = layers.div_ceil(rows).max(6);
    let side = (width - GAP * (columns - 1) as f32) / columns as f32;
    (if rows == 2 { side.min(46.0) } else { side.min(100.0) }, columns, rows)
}

/// Lines of numbers below a field: large type leaves room for the probe's only, and the mean is in the hover.
fn lines(ctx: &Context) -> usize {
    if letters::stretch(ctx, LETTERS) > 1.1 { 1 } else { 2 }
}

/// Height of the numbers below a field.
fn below(ctx: &Context) -> f32 {
    4.0 + LINE * letters::stretch(ctx, LETTERS) * lines(ctx) as f32
}

/// How high the rail is below the planes.
pub(super) fn height(lab: &FlowLab, ctx: &Context, width: f32) -> f32 {
    let (side, _, rows) = shape(lab, width);
    HEADING + rows as f32 * (side + below(ctx) + 6.0)
}

/// Columns of cards beside the planes.
fn abreast(lab: &FlowLab) -> usize {
    lab.depth.layers().div_ceil(8).max(2)
}

/// Width of a card beside the planes: its number, and what it counts.
fn narrow(ctx: &Context) -> f32 {
    72.0 * letters::stretch(ctx, LETTERS)
}

/// How wide the rail is beside the planes.
pub(super) fn width(lab: &FlowLab, ctx: &Context) -> f32 {
    let columns = abreast(lab) as f32;
    columns * narrow(ctx) + GAP * (columns - 1.0)
}

/// Draws the rail beside the planes, as high as the room there is.
pub(super) fn column(lab: &mut FlowLab, ui: &mut Ui, shared: &Shared) {
    let columns = abreast(lab);
    let rows = lab.depth.layers().div_ceil(columns).max(1) as f32;
    let room = (ui.available_height() - HEADING) / rows - below(ui.ctx()) - 6.0;
    let size = vec2(narrow(ui.ctx()), room.clamp(12.0, narrow(ui.ctx())));
    ui.label(egui::RichText::new("Layer by layer").strong().color(Palette::of(ui).text));
    cards(lab, ui, shared, columns, size);
}

/// Draws the rail below the planes.
pub(super) fn show(lab: &mut FlowLab, ui: &mut Ui, shared: &Shared) {
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        // Both the words and the colour bar need their room.
        let wide = ui.available_width() > 640.0;
        let title = if wide { "Layer by layer: where each one stretches (blue) and squeezes (orange)" } else { "Layer by layer" };
        ui.label(egui::RichText::new(title).strong().color(palette.text));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            // The planes have the same colour bar while they show a layer's log-determinant.
            let drawn = lab.overlays.log_det && !lab.overlays.sum;
            if !drawn && ui.available_width() > 120.0 {
                ui.set_max_width(190.0);
                colorbar(ui, &Scale::symmetric(shared.units.convert(LAYER_SCALE.into()) as f32), "log|det J|", shared.units.name());
            }
        });
    });
    let (side, columns, _) = shape(lab, ui.available_width());
    let cell = (ui.available_width() - GAP * (columns - 1) as f32) / columns as f32;
    cards(lab, ui, shared, columns, vec2(cell, side));
}

/// The cards in rows; a click goes to the layer.
fn cards(lab: &mut FlowLab, ui: &mut Ui, shared: &Shared, columns: usize, size: Vec2) {
    let palette = Palette::of(ui);
    let mut chosen = None;
    let layers: Vec<usize> = (0..lab.depth.layers()).collect();
    for row in layers.chunks(columns) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            for &layer in row {
                if card(lab, ui, shared, layer, size, palette) {
                    chosen = Some(layer);
                }
            }
        });
    }
    if let Some(layer) = chosen {
        lab.depth.set_playing(false);
        lab.depth.seek((layer + 1) as f64);
    }
}

/// A longer name would run into the number beside it; pointing at the card tells it.
const LONGEST_KIND: usize = 8;

/// What a layer does: the coordinate that it moves, and by which.
fn kind(lab: &FlowLab, layer: usize) -> &'static str {
    let config = lab.snapshot.as_ref().map_or(&lab.wish.config, |snapshot| &snapshot.config);
    match config.passive_axis(layer) {
        Some(0) => "x₂|x₁",
        Some(_) => "x₁|x₂",
        None => config.stage_title(layer),
    }
}

fn card(lab: &FlowLab, ui: &mut Ui, shared: &Shared, layer: usize, size: Vec2, palette: &Palette) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(size.x, size.y + below(ui.ctx())), Sense::click());
    let field = Rect::from_min_size(rect.min, size);
    let name = layer_name(layer);
    if response.hovered() {
        link::hover(ui.ctx(), &name);
    }
    let lit = link::lit(ui.ctx(), &name);
    let ahead = (layer as f64) >= lab.depth.position() && lab.depth.position() > 0.0;
    let painter = ui.painter();
    painter.rect_filled(field, 4.0, palette.future);
    // Without pictures the textures are still those of the flow before.
    let hidden = lab.hides(layer);
    if let Some(texture) = lab.fields.layer(layer).filter(|_| lab.pictures().is_some() && !hidden) {
        // A square of data space fills a card that may be wider than high.
        let square = Rect::from_center_size(field.center(), Vec2::splat(size.x.max(size.y)));
        texture.paint_tinted(&painter.with_clip_rect(field), square, if ahead { Color32::from_white_alpha(125) } else { Color32::WHITE });
    }
    let current = lab.depth.position() > 0.0 && lab.layer() == layer;
    let wiring = lab.desk.wiring;
    if wiring.mutes(layer) {
        painter.rect_filled(field, 4.0, palette.ground.gamma_multiply(0.8));
    }
    let line = match (current, lit || response.has_focus()) {
        (true, _) => Stroke::new(2.0, palette.now),
        (false, true) => Stroke::new(1.5, palette.seen),
        _ => Stroke::new(1.0, palette.line),
    };
    painter.rect_stroke(field, 4.0, line, StrokeKind::Inside);
    let probe = lab.reading().and_then(|reading| reading.log_dets.get(layer).copied()).filter(|_| !hidden);
    let mean = lab.pictures().and_then(|pictures| pictures.mean_log_dets.get(layer).copied()).filter(|_| !hidden);
    let small = size.x < 70.0 * letters::stretch(ui.ctx(), LETTERS);
    let kind_name = kind(lab, layer);
    // What is no coupling among couplings is called by what it does.
    let scales = kind_name == "scale";
    let short = if small || scales || kind_name.chars().count() > LONGEST_KIND { "" } else { kind_name };
    let room = size.x - 46.0 * letters::stretch(ui.ctx(), LETTERS);
    let width = |text: &str| painter.layout_no_wrap(text.to_owned(), letters::proportional(ui.ctx(), 11.0), palette.text).size().x;
    let label = match (scales, width(kind_name) <= room) {
        (true, true) => kind_name.to_owned(),
        (true, false) => String::new(),
        (false, _) => format!("{} {short}", layer + 1),
    };
    // Beside its number there may be no room for its name: there is some on the field.
    let named = if scales && label.is_empty() { kind_name } else { "" };
    let ink = if current { palette.now } else { palette.text_dim };
    let rows = [(label, probe, ink, 11.0), (if small { String::new() } else { "mean".into() }, mean, palette.text_dim, 10.5)];
    for (i, (label, value, ink, font)) in rows.into_iter().take(lines(ui.ctx())).enumerate() {
        let top = field.bottom() + 3.0 + LINE * letters::stretch(ui.ctx(), LETTERS) * i as f32;
        painter.text(pos2(rect.left(), top), Align2::LEFT_TOP, label, letters::proportional(painter.ctx(), font), ink);
        if let Some(value) = value {
            let color = if i == 0 { sign_color(palette, value) } else { palette.text_dim };
            let text = signed(shared.units.convert(value), 2);
            painter.text(pos2(rect.right(), top), Align2::RIGHT_TOP, text, letters::monospace(painter.ctx(), font), color);
        }
    }
    let number = |value: Option<f64>| value.map_or_else(|| "not known yet".to_owned(), |v| shared.units.format(v, 2));
    let part = match (wiring.mutes(layer), wiring.freezes(layer)) {
        _ if hidden => "?",
        (true, _) => "muted",
        (_, true) => "frozen",
        _ => "",
    };
    let on_field = if part.is_empty() { named } else { part };
    if !on_field.is_empty() {
        painter.text(field.center(), Align2::CENTER_CENTER, on_field, letters::proportional(painter.ctx(), 12.0), palette.now);
    }
    let mut spoken = format!("Layer {}, log-det at the probe {}, mean {}", layer + 1, number(probe), number(mean));
    for word in [part, if scales { kind_name } else { "" }].into_iter().filter(|word| !word.is_empty() && *word != "?") {
        spoken.push_str(&format!(", {word}"));
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
    let does = match kind(lab, layer) {
        "scale" => "one factor for each axis: the only layer of NICE that changes areas",
        "x₂|x₁" => "x₁ stays, x₂ moves by an amount that x₁ decides",
        "x₁|x₂" => "x₂ stays, x₁ moves by an amount that x₂ decides",
        other => other,
    };
    let hover = format!(
        "Layer {}: {does}.\nlog|det J| at the probe {}, mean over the data points {}.\nThe field lies over data space, where the points start. Click to go there.",
        layer + 1,
        number(probe),
        number(mean)
    );
    response.on_hover_text(hover).clicked()
}
