//! A family as a card: its pattern, its name, its times.

use egui::{Align2, CornerRadius, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};

use super::{TaxonomyLab, words};
use crate::flows::{Basis, Family, Mixing};
use crate::ui::theme::{Palette, letters};

/// Height of a card whose letters have their usual size.
const HEIGHT: f32 = 36.0;
/// And where there is no room for a second line.
const LOW: f32 = 27.0;
/// A card that is narrower than this has no second line.
const NARROW: f32 = 136.0;
const MARGIN: f32 = 4.0;

/// The family in two short lines: what it is, and which variant.
fn names(family: Family) -> (&'static str, &'static str) {
    let short = match family {
        Family::CubicSpline(_) => "cubic spline",
        Family::SplineAutoregressive(_) => "RQ spline AR",
        _ => family.short(),
    };
    (short, family.title().split_once(", ").map_or("", |(_, variant)| variant))
}

/// The family and its variant in a few letters.
fn tight(family: Family) -> &'static str {
    match family {
        Family::Glow { mixing: Mixing::Reverse } => "Glow rev.",
        Family::Glow { mixing: Mixing::Linear } => "Glow LU",
        Family::Sylvester { basis: Basis::Orthogonal } => "Sylv. orth.",
        Family::Sylvester { basis: Basis::Householder } => "Sylv. House.",
        Family::Sylvester { basis: Basis::Triangular } => "Sylv. triang.",
        _ => family.short(),
    }
}

/// Draws a card of this width; true if it was clicked.
pub(super) fn show(lab: &TaxonomyLab, ui: &mut Ui, family: Family, width: f32) -> bool {
    let palette = Palette::of(ui);
    let chosen = lab.state.family == family;
    let stretch = letters::stretch(ui.ctx(), 11.0);
    let narrow = width < NARROW * stretch;
    let height = if narrow { LOW } else { HEIGHT } * stretch;
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
    let response = response.on_hover_cursor(egui::CursorIcon::PointingHand);
    let fill = if response.hovered() { palette.card_hover } else { palette.card };
    let line = if chosen { Stroke::new(2.0, palette.now) } else { Stroke::new(1.0, palette.line) };
    ui.painter().rect(rect, CornerRadius::same(6), fill, line, StrokeKind::Inside);
    if response.has_focus() {
        ui.painter().rect_stroke(rect.expand(2.0), CornerRadius::same(7), Stroke::new(2.0, palette.seen), StrokeKind::Outside);
    }
    let side = height - 2.0 * MARGIN;
    let square = Rect::from_min_size(rect.min + vec2(MARGIN, MARGIN), vec2(side, side));
    if let Some(pattern) = lab.pattern(family) {
        super::matrix::paint(ui, square, &pattern.parts[0], pattern.dim);
    }
    let (short, variant) = if narrow { (tight(family), "") } else { names(family) };
    let (large, small) = (letters::proportional(ui.ctx(), 12.5), letters::proportional(ui.ctx(), 10.5));
    let left = square.right() + if narrow { 4.0 } else { 6.0 };
    let painter = ui.painter().with_clip_rect(rect.shrink(2.0));
    let times = lab.measured(family).map(|m| format!("{} / {}", words::milliseconds(m.forward), words::milliseconds(m.inverse)));
    let below = match (times, variant) {
        (Some(times), "") => times,
        (Some(times), variant) => format!("{variant} · {times}"),
        (None, variant) => variant.to_owned(),
    };
    let room = rect.right() - left - 4.0;
    let fits = |text: &str| painter.layout_no_wrap(text.to_owned(), small.clone(), palette.text_dim).size().x <= room;
    // Where both do not fit, the variant stays: the times stand elsewhere too.
    let below = if fits(&below) { below } else { variant.to_owned() };
    let middle = rect.center().y;
    if narrow || below.is_empty() || !fits(&below) {
        painter.text(egui::pos2(left, middle), Align2::LEFT_CENTER, short, large, palette.text);
    } else {
        painter.text(egui::pos2(left, middle + 1.0), Align2::LEFT_BOTTOM, short, large, palette.text);
        painter.text(egui::pos2(left, middle + 2.0), Align2::LEFT_TOP, &below, small, palette.text_dim);
    }
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, family.title()));
    let told = match lab.measured(family) {
        Some(m) => format!(
            "{}\nforward {} ms, inverse {} ms for the batch, {}",
            family.title(),
            words::milliseconds(m.forward),
            words::milliseconds(m.inverse),
            words::median_of(m.runs, m.machine.as_deref())
        ),
        None => family.title().to_owned(),
    };
    response.on_hover_text(told).clicked()
}
