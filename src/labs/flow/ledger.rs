//! The mass over each quarter of the view and beyond, and the map of the round-trip error.

use egui::{Align2, Context, Stroke, Ui};

use super::FlowLab;
use super::numbers::scientific;
use crate::train::flow_job::FlowCommand;
use crate::ui::canvas2d::Plane;
use crate::ui::chips;
use crate::ui::colormap::{Colormap, Scale, colorbar};
use crate::ui::heatmap::FieldTexture;
use crate::ui::theme::letters;
use crate::ui::units::number;

/// Exponents of the error map: rounding of f32 is about 1e-7, a thousandth is visible.
const EXPONENTS: (f32, f32) = (-8.0, -2.0);

/// What is shown of both.
#[derive(Default)]
pub(super) struct LedgerView {
    pub(super) mass: bool,
    pub(super) error_map: bool,
    texture: FieldTexture,
}

fn scale() -> Scale {
    Scale::new(Colormap::Surprise, EXPONENTS.0, EXPONENTS.1)
}

/// The two chips.
pub(super) fn switches(lab: &mut FlowLab, ui: &mut Ui) {
    chips::toggle(ui, "mass", &mut lab.desk.ledger.mass).on_hover_text("The mass over each quarter of the view, and outside of it");
    let help = "How far each point lies from what comes back of it";
    if chips::toggle(ui, "round-trip error", &mut lab.desk.ledger.error_map).on_hover_text(help).changed() {
        lab.send(FlowCommand::ErrorMap(lab.desk.ledger.error_map));
    }
}

/// The error map's colour bar; true if it is shown in place of the others.
pub(super) fn legend(lab: &FlowLab, ui: &mut Ui) -> bool {
    if lab.desk.ledger.error_map {
        colorbar(ui, &scale(), "log10 |x − x back|", "");
    }
    lab.desk.ledger.error_map
}

/// Brings the error map up to date.
pub(super) fn upload(lab: &mut FlowLab, ctx: &Context, dark: bool) {
    let Some(pictures) = lab.snapshot.as_ref().and_then(|snapshot| snapshot.pictures.clone()) else { return };
    if let Some(map) = &pictures.round_trip_map {
        lab.desk.ledger.texture.set_values(ctx, pictures.version, map.log10.size, &map.log10.values, scale(), dark, false);
    }
}

/// The error map, below the points.
pub(super) fn under(lab: &FlowLab, plane: &Plane<'_>) {
    if let Some(map) = lab.pictures().and_then(|pictures| pictures.round_trip_map.as_ref()).filter(|_| lab.desk.ledger.error_map) {
        plane.field(&lab.desk.ledger.texture, map.log10.bounds);
    }
}

/// The numbers, above the points.
pub(super) fn over(lab: &FlowLab, plane: &Plane<'_>) {
    let palette = plane.palette();
    let Some(pictures) = lab.pictures() else { return };
    if let Some(map) = pictures.round_trip_map.as_ref().filter(|_| lab.desk.ledger.error_map) {
        let at = map.worst.map(f64::from);
        let pos = plane.to_screen(at);
        plane.painter().circle_stroke(pos, 8.0, Stroke::new(2.0, palette.blind));
        let left = pos.x > plane.rect().center().x;
        let (align, offset) = if left { (Align2::RIGHT_CENTER, -13.0) } else { (Align2::LEFT_CENTER, 13.0) };
        let text = format!("worst {} at ({}, {})", scientific(map.error), number(at[0], 2), number(at[1], 2));
        boxed(plane, pos + egui::vec2(offset, 0.0), align, &text);
    }
    if !lab.desk.ledger.mass {
        return;
    }
    let ledger = pictures.ledger;
    let [left, bottom, right, top] = pictures.density.bounds;
    let middle = [0.5 * (left + right), 0.5 * (bottom + top)];
    let line = Stroke::new(1.0, palette.text_dim);
    plane.polyline(&[[middle[0] as f32, bottom as f32], [middle[0] as f32, top as f32]], line);
    plane.polyline(&[[left as f32, middle[1] as f32], [right as f32, middle[1] as f32]], line);
    for (i, mass) in ledger.quarters.into_iter().enumerate() {
        let (column, row) = (i % 2, i / 2);
        let x = if column == 0 { 0.5 * (left + middle[0]) } else { 0.5 * (middle[0] + right) };
        let y = if row == 0 { top - 0.1 * (top - bottom) } else { bottom + 0.14 * (top - bottom) };
        boxed(plane, plane.to_screen([x, y]), Align2::CENTER_CENTER, &number(mass, 3));
    }
    let below = plane.to_screen([middle[0], bottom + 0.06 * (top - bottom)]);
    boxed(plane, below, Align2::CENTER_CENTER, &sentence(lab).unwrap_or_default());
}

/// The ledger in words.
pub(super) fn sentence(lab: &FlowLab) -> Option<String> {
    let pictures = lab.pictures()?;
    let inside = pictures.ledger.inside();
    Some(format!("in view {} · outside {}", number(inside, 4), number(1.0 - inside, 4)))
}

/// Words on a ground of their own: the field below has any colour.
pub(super) fn boxed(plane: &Plane<'_>, pos: egui::Pos2, align: Align2, text: &str) {
    let palette = plane.palette();
    let room = plane.rect().shrink(7.0);
    let font = letters::monospace(plane.painter().ctx(), 12.0);
    let galley = plane.painter().layout(text.to_owned(), font, palette.text, room.width() - 4.0);
    let rect = align.anchor_size(pos, galley.size());
    // All of it lies in the plane.
    let inside = |low: f32, high: f32, from: f32, to: f32| (from - low).max(0.0) + (to - high).min(0.0);
    let rect = rect.translate(egui::vec2(
        inside(rect.left(), rect.right(), room.left(), room.right()),
        inside(rect.top(), rect.bottom(), room.top(), room.bottom()),
    ));
    plane.painter().rect_filled(rect.expand2(egui::vec2(5.0, 2.0)), 4.0, palette.panel.gamma_multiply(0.85));
    plane.painter().galley(rect.min, galley, palette.text);
}

impl FlowLab {
    /// The ledger and the worst point of the error map, for a screen reader.
    pub(super) fn spoken_ledger(&self) -> String {
        let mut text = String::new();
        if let Some(sentence) = sentence(self).filter(|_| self.desk.ledger.mass) {
            text.push_str(&format!(" Mass {sentence}."));
            if let Some(pictures) = self.pictures() {
                let [ul, ur, ll, lr] = pictures.ledger.quarters.map(|mass| number(mass, 3));
                text.push_str(&format!(" Quarters {ul}, {ur}, {ll}, {lr}."));
            }
        }
        if let Some(map) = self.pictures().and_then(|p| p.round_trip_map.as_ref()).filter(|_| self.desk.ledger.error_map) {
            let [x, y] = map.worst.map(|v| number(v.into(), 2));
            text.push_str(&format!(" Round-trip error at most {} at {x}, {y}.", scientific(map.error)));
        }
        text
    }
}
