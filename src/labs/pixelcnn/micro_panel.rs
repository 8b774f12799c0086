//! The micro-steps beside the picture: the stack of layers at this position, the chart, the ledger. One of them is lit.

use egui::{Align2, Color32, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::canvas::grey;
use super::lab::PixelcnnLab;
use super::live;
use super::micro::{DIMMED, Idea};
use super::micro_chart::Chart;
use super::walk::log_name;
use crate::graph::causal::Visibility;
use crate::labs::Shared;
use crate::train::pixelcnn_job::{LayerValues, Look, SampleRun};
use crate::ui::colormap::{Scale, colorbar};
use crate::ui::math::Math;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::number;
use crate::ui::{chips, link};

/// Height of a layer's strip.
const STRIP: f32 = 11.0;
/// Room for a label of two lines.
const LABEL: f32 = 36.0;

/// Draws the column while the walk stands inside a pixel; false if it does not.
pub(super) fn show(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &Shared) -> bool {
    let (Some(idea), Some(run)) = (lab.idea(), lab.walk.run().cloned()) else { return false };
    let pixel = lab.walk.at();
    chips::section(ui, "Inside one pixel", &format!("row {}, column {}", pixel / run.cols, pixel % run.cols));
    if let Some(chosen) = tabs(ui, idea) {
        lab.show_idea(Some(chosen));
    }
    let t = lab.micro.movement();
    let gathered = gathered(lab, &run, pixel);
    let Some(look) = lab.look().cloned() else {
        chips::note(ui, "The layers' values are being computed.");
        return true;
    };
    let label = idea.label(&run, pixel);
    // Large type has no room for both: the layers give way to what is made of them.
    let roomy = letters::stretch(ui.ctx(), 11.0) < 1.1;
    if roomy || idea < Idea::Logits {
        part(ui, idea == Idea::Features, &label, |ui| features(ui, &look, &gathered, &run, pixel, idea, t));
    }
    let charted = (Idea::Logits..=Idea::Draw).contains(&idea);
    let source = part(ui, charted, &label, |ui| {
        if idea < Idea::Logits {
            ui.allocate_exact_size(vec2(ui.available_width(), Chart::height(run.levels)), Sense::hover());
            return None;
        }
        let reach = look.layers.last().map_or(1.0, |layer| layer.reach);
        Some(Chart { run: &run, pixel, logits: look.logits(pixel), reach, idea, t }.show(ui))
    });
    lab.set_micro_source(source);
    part(ui, idea == Idea::Write, "", |ui| ledger(ui, &run, pixel, idea, shared));
    let numbers = |name: &str| live::number_of(lab, name).map(|live| (live.text, live.color));
    Math::new(idea.formula()).numbers(&numbers).show(ui);
    true
}

/// Levels that the first layer's mask lets through, in raster order.
fn gathered(lab: &mut PixelcnnLab, run: &SampleRun, pixel: usize) -> Vec<u8> {
    let Some(fields) = &mut lab.fields else { return Vec::new() };
    let field = fields.field(pixel, 1);
    (0..run.len()).filter(|&i| field.pixels[i] == Visibility::Seen).map(|i| run.pixels[i]).collect()
}

/// Seven numbers to click; gives the one that was clicked.
fn tabs(ui: &mut Ui, idea: Idea) -> Option<Idea> {
    let palette = Palette::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    let width = rect.width() / Idea::ALL.len() as f32;
    let mut chosen = None;
    for (i, tab) in Idea::ALL.into_iter().enumerate() {
        let place = Rect::from_min_size(pos2(rect.left() + i as f32 * width, rect.top()), vec2(width - 3.0, rect.height()));
        let response = ui.interact(place, ui.scope_id().with(("micro", i)), Sense::click());
        let now = tab == idea;
        let (fill, ink) = if now { (palette.now, palette.on_accent) } else { (palette.card, palette.text) };
        let line = if response.hovered() || response.has_focus() { palette.seen } else { palette.line };
        ui.painter().rect(place, 5.0, fill, Stroke::new(1.0, line), StrokeKind::Inside);
        ui.painter().text(place.center(), Align2::CENTER_CENTER, tab.number().to_string(), letters::proportional(ui.ctx(), 13.0), ink);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, now, format!("Micro-step {}, {}", tab.number(), tab.name())));
        if response.on_hover_text(tab.name()).clicked() {
            chosen = Some(tab);
        }
    }
    chosen
}

/// A part of the column: dimmed unless it is lit, then with its label above it. The room is always kept, so that nothing jumps.
fn part<R>(ui: &mut Ui, lit: bool, label: &str, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let palette = Palette::of(ui);
    let (place, _) = ui.allocate_exact_size(
        vec2(ui.available_width(), if label.is_empty() { 2.0 } else { LABEL * letters::stretch(ui.ctx(), 13.5) }),
        Sense::hover(),
    );
    if lit && !label.is_empty() {
        let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(place).layout(egui::Layout::bottom_up(egui::Align::Min)));
        inner.add(
            egui::Label::new(egui::RichText::new(label).size(letters::size(ui.ctx(), 13.5)).color(palette.now)).wrap().selectable(false),
        );
    }
    ui.scope(|ui| {
        if !lit {
            ui.multiply_opacity(DIMMED);
        }
        contents(ui)
    })
    .inner
}

/// The stack at this position: what was gathered, then every layer's channels, in order.
fn features(ui: &mut Ui, look: &Look, gathered: &[u8], run: &SampleRun, pixel: usize, idea: Idea, t: f32) {
    let rows = look.layers.len() + 1;
    let strip = if rows > 11 { STRIP * 11.0 / rows as f32 } else { STRIP };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), strip * rows as f32), Sense::hover());
    // From below, so that the last row is lit when the movement ends.
    let lit = match idea {
        Idea::Gather => 1,
        Idea::Features => (t * rows as f32).ceil() as usize,
        _ => rows,
    };
    // Where the rows are lower than letters, every second or third has a name; all have it in the hover.
    let every = ((letters::smallest(ui.ctx()) + 1.0) / strip).ceil().max(1.0) as usize;
    let named = |i: usize| i.is_multiple_of(every);
    for i in 0..rows {
        let line = Rect::from_min_size(pos2(rect.left(), rect.top() + i as f32 * strip), vec2(rect.width(), strip));
        match i.checked_sub(1).map(|i| &look.layers[i]) {
            None => gathered_strip(ui, line, gathered, run.levels, true),
            Some(layer) if i < lit => layer_strip(ui, line, layer, pixel, named(i)),
            Some(layer) if named(i) => name(ui, line, &layer.name),
            Some(_) => {}
        }
    }
    let spoken: Vec<String> =
        look.layers.iter().take(lit.saturating_sub(1)).map(|layer| format!("{} {} channels", layer.name, layer.channels)).collect();
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Features at this position: {}", spoken.join(", "))));
    if let Some(layer) =
        response.hover_pos().and_then(|pos| (((pos.y - rect.top()) / strip) as usize).checked_sub(1)).and_then(|i| look.layers.get(i))
    {
        let values: Vec<String> = layer.at(pixel).iter().take(8).map(|&v| number(f64::from(v), 2)).collect();
        response.on_hover_text(format!(
            "{}: {} … · colours from −{2} to {2}",
            layer.name,
            values.join(", "),
            number(f64::from(layer.reach), 2)
        ));
    }
    colorbar(ui, &Scale::symmetric(1.0), "share of the layer's largest", "");
}

fn name(ui: &Ui, line: Rect, text: &str) {
    let palette = Palette::of(ui);
    ui.painter().text(line.left_center(), Align2::LEFT_CENTER, text, letters::proportional(ui.ctx(), 11.0), palette.text_dim);
}

fn cells(line: Rect, count: usize) -> impl Iterator<Item = Rect> {
    let whole = Rect::from_min_max(pos2(line.left() + 66.0, line.top()), line.max - vec2(0.0, 1.5));
    let width = whole.width() / count.max(1) as f32;
    (0..count).map(move |i| Rect::from_min_size(pos2(whole.left() + i as f32 * width, whole.top()), vec2(width.max(1.0), whole.height())))
}

fn gathered_strip(ui: &Ui, line: Rect, gathered: &[u8], levels: usize, named: bool) {
    if named {
        name(ui, line, "input");
    }
    for (rect, &level) in cells(line, gathered.len()).zip(gathered) {
        ui.painter().rect_filled(rect, 0.0, grey(level, levels));
    }
}

fn layer_strip(ui: &Ui, line: Rect, layer: &LayerValues, pixel: usize, named: bool) {
    let palette = Palette::of(ui);
    if named {
        name(ui, line, &layer.name);
    }
    let scale = Scale::symmetric(layer.reach.max(1e-6));
    let mut mesh = egui::Mesh::default();
    for (rect, &value) in cells(line, layer.channels).zip(layer.at(pixel)) {
        mesh.add_colored_rect(rect, scale.color(value, palette.dark));
    }
    ui.painter().add(egui::Shape::mesh(mesh));
}

/// The sum of the prices, with this one added when it is written.
fn ledger(ui: &mut Ui, run: &SampleRun, pixel: usize, idea: Idea, shared: &Shared) {
    let palette = Palette::of(ui);
    let units = shared.units;
    ui.spacing_mut().item_spacing.y = 1.0;
    let row = |ui: &mut Ui, text: &str, nats: f64, color: Color32, name: &str| {
        let response = chips::value_row(ui, text, &units.format(nats, 2), color);
        link::place(ui, response.rect, name, color);
    };
    row(ui, "ledger so far", run.sum[pixel], palette.text, "before");
    if idea == Idea::Write {
        let price = format!("−{} {:.3}", log_name(units), run.chosen_p(pixel));
        row(ui, &price, run.price[pixel], palette.now, "price");
        row(ui, "with it", run.sum[pixel + 1], palette.seen, "sum");
    }
}

impl PixelcnnLab {
    /// Where the drawn level stood on the ladder in the frame before: the value flies from there.
    pub(super) fn micro_source(&self) -> Option<Pos2> {
        self.micro.source
    }

    fn set_micro_source(&mut self, source: Option<Pos2>) {
        if source.is_some() {
            self.micro.source = source;
        }
    }
}
