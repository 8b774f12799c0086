//! The page of the plane: a map, its grid, a little square and its area.

use egui::{Align2, PointerButton, RichText, Stroke, Ui, vec2};

use super::ChangeLab;
use super::square::{self, SCALE, Square};
use super::state::{PlaneKind, PlaneState};
use crate::flows::maps::{PlaneMap, det};
use crate::ui::canvas2d::{Canvas2d, CanvasResponse, Plane, View};
use crate::ui::chips;
use crate::ui::colormap::colorbar;
use crate::ui::link;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::{number, signed};

/// Below this a determinant is called 0.
pub(super) const SINGULAR: f64 = 1e-3;
/// How near to a column's end it is taken, points.
const NEAR: f32 = 18.0;
/// What both planes show.
const VIEW: View = View { center: [0.0, 0.0], reach: 3.3 };

/// Numbers at the probe of the plane.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Area {
    pub(super) y: [f64; 2],
    /// `det J` at the probe.
    pub(super) det: f64,
    /// Signed area of the square's image by its area.
    pub(super) ratio: f64,
    pub(super) square: Square,
}

impl Area {
    pub(super) fn new(state: &PlaneState) -> Area {
        let map = state.chosen();
        let square = Square { center: state.probe, side: state.side() };
        Area { y: map.forward(state.probe), det: det(&map.jacobian(state.probe)), ratio: square.ratio(&[map]), square }
    }

    /// Whether areas vanish here.
    pub(super) fn singular(&self) -> bool {
        self.det.abs() < SINGULAR
    }

    /// What a density is multiplied by here; `None` where areas vanish.
    pub(super) fn density_factor(&self) -> Option<f64> {
        (!self.singular()).then(|| 1.0 / self.det.abs())
    }
}

/// Draws the page.
pub(super) fn show(lab: &mut ChangeLab, ui: &mut Ui) {
    let palette = Palette::of(ui);
    let gap = 14.0;
    let letter = letters::smallest(ui.ctx());
    let below = letters::key(ui.ctx()).size + 10.5 * letter;
    let side = ((ui.available_width() - gap) / 2.0).min(ui.available_height() - below).max(110.0);
    let area = lab.area;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = gap;
        ui.vertical(|ui| {
            ui.set_width(side);
            ui.label(RichText::new("Before: x").heading().color(palette.text));
            before(lab, ui, &area, side);
        });
        ui.vertical(|ui| {
            ui.set_width(side);
            ui.label(RichText::new("After: y = f(x)").heading().color(palette.text));
            after(lab, ui, &area, side);
        });
    });
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(22.0, 4.0);
        let size = area.square.side * area.square.side;
        let known = |ui: &mut Ui, name: &str, link_name: &str, text: &str, color| {
            let shown = chips::key_number(ui, name, text, color);
            link::place(ui, shown.rect, link_name, color);
        };
        known(ui, "area before", "area_before", &number(size, 4), palette.now);
        known(ui, "area after", "area_after", &number((area.ratio * size).abs(), 4), palette.now);
        known(ui, "measured ratio", "ratio", &number(area.ratio.abs(), 3), palette.now);
        known(ui, "|det J|", "det", &number(area.det.abs(), 3), sign_color(area.det, palette));
    });
    verdict(ui, lab.state.plane.map, &area);
    if lab.state.plane.shade {
        chips::note(ui, "Colour: log |det J| in nats, orange squeezed, blue stretched.");
        colorbar(ui, &SCALE, "log |det J|", "nats");
    }
}

fn sign_color(det: f64, palette: &Palette) -> egui::Color32 {
    if det.abs() < SINGULAR {
        palette.blind
    } else if det > 0.0 {
        palette.positive
    } else {
        palette.negative
    }
}

/// What the determinant says, in a sentence.
fn verdict(ui: &mut Ui, map: PlaneKind, area: &Area) {
    let palette = Palette::of(ui);
    let refused = |ui: &mut Ui, text: &str| {
        ui.add(egui::Label::new(RichText::new(text).color(palette.blind)).wrap());
    };
    match (map, area.singular(), area.det < 0.0) {
        (PlaneKind::Fold, ..) => {
            refused(ui, "Refused: x and −x come to the same place. Both little squares land on one, so there is no inverse.")
        }
        (_, true, _) => refused(ui, "Refused: det = 0. The plane is flattened onto a line, and no density is left on it."),
        (_, _, true) => drop(chips::note(ui, "det is negative: the orientation is flipped. Densities ask for |det|.")),
        (PlaneKind::Linear, ..) => {
            drop(chips::note(ui, "Drag the ends of both columns at the right; the parallelogram's area is the determinant."));
        }
        _ => drop(chips::note(ui, "Drag the amber square. Dashed: what the Jacobian makes of it. Halve it (Down) and both agree.")),
    }
}

fn before(lab: &mut ChangeLab, ui: &mut Ui, area: &Area, side: f32) {
    let map = lab.state.plane.map;
    let points = lab.base_points(lab.state.plane.points);
    let summary = format!(
        "Square of side {} at {}, {}.",
        number(area.square.side, 3),
        number(area.square.center[0], 2),
        number(area.square.center[1], 2)
    );
    let mut view = VIEW;
    let shown = Canvas2d::new("Plane before the map", &mut view, vec2(side, side)).summary(summary).still().show(ui, |plane| {
        square::grid(plane, &[], false);
        let palette = plane.palette();
        plane.points(&points, 1.3, palette.base);
        if map == PlaneKind::Linear {
            Square { center: [0.5, 0.5], side: 1.0 }.paint(plane, &[], palette.seen);
        }
        if map == PlaneKind::Fold {
            let mirrored = Square { center: [-area.square.center[0], area.square.center[1]], ..area.square };
            mirrored.paint(plane, &[], palette.blind);
        }
        area.square.paint(plane, &[], palette.now);
    });
    hand(lab, &shown, Some);
}

fn after(lab: &mut ChangeLab, ui: &mut Ui, area: &Area, side: f32) {
    let state = lab.state.plane.clone();
    let map = state.chosen();
    let points: Vec<[f32; 2]> =
        lab.base_points(state.points).iter().map(|&[x, y]| map.forward([f64::from(x), f64::from(y)]).map(|v| v as f32)).collect();
    let summary = format!("Areas are multiplied by {}.", signed(area.det, 3));
    let mut view = VIEW;
    let shown = Canvas2d::new("Plane after the map", &mut view, vec2(side, side)).summary(summary).still().show(ui, |plane| {
        square::grid(plane, &[map], state.shade);
        let palette = plane.palette();
        plane.points(&points, 1.3, palette.base);
        if state.map == PlaneKind::Linear {
            Square { center: [0.5, 0.5], side: 1.0 }.paint(plane, &[map], sign_color(area.det, palette));
        }
        area.square.paint(plane, &[map], palette.now);
        area.square.paint_linear(plane, &[map], palette);
        if state.map == PlaneKind::Linear {
            columns(plane, &state);
        }
    });
    if state.map == PlaneKind::Linear && hold_column(lab, &shown, side) {
        return;
    }
    hand(lab, &shown, |y| map.inverse(y));
}

/// Both columns from the origin, with handles at their ends.
fn columns(plane: &Plane<'_>, state: &PlaneState) {
    let palette = plane.palette();
    let origin = plane.to_screen([0.0, 0.0]);
    let font = letters::proportional(plane.painter().ctx(), 12.0);
    for (column, name) in state.columns.iter().zip(["1", "2"]) {
        let end = plane.to_screen(*column);
        plane.painter().line_segment([origin, end], Stroke::new(2.5, palette.text));
        plane.painter().circle(end, 0.75 * font.size, palette.card, Stroke::new(2.0, palette.text));
        plane.painter().text(end, Align2::CENTER_CENTER, name, font.clone(), palette.text);
    }
}

/// Moves a column that is held; true if one is.
fn hold_column<R>(lab: &mut ChangeLab, shown: &CanvasResponse<R>, side: f32) -> bool {
    let Some(pointer) = shown.pointer.filter(|_| shown.response.is_pointer_button_down_on()) else {
        lab.column = None;
        return false;
    };
    if shown.response.drag_started_by(PointerButton::Primary) || (lab.column.is_none() && shown.response.contains_pointer()) {
        let unit = f64::from(NEAR) * 2.0 * VIEW.reach / f64::from(side);
        let distance = |i: &usize| {
            let [x, y] = lab.state.plane.columns[*i];
            (x - pointer[0]).hypot(y - pointer[1])
        };
        let near = (0..2).min_by(|a, b| distance(a).total_cmp(&distance(b))).filter(|i| distance(i) < unit);
        lab.column = lab.column.or(near);
    }
    let Some(column) = lab.column else { return false };
    lab.state.plane.columns[column] = pointer.map(|v| (v.clamp(-3.0, 3.0) * 20.0).round() / 20.0);
    true
}

/// Moves the probe to where the pointer or the keys ask for it.
fn hand<R>(lab: &mut ChangeLab, shown: &CanvasResponse<R>, back: impl Fn([f64; 2]) -> Option<[f64; 2]>) {
    let held = shown.response.is_pointer_button_down_on();
    let nudged = shown.nudge.map(|[x, y]| [lab.state.plane.probe[0] + x, lab.state.plane.probe[1] + y]);
    let asked = shown.pointer.filter(|_| held).and_then(back).or(nudged);
    if let Some(x) = asked {
        lab.state.plane.probe = x.map(|v| v.clamp(-2.5, 2.5));
        lab.playing = false;
    }
}

impl PlaneState {
    /// The map that is chosen.
    pub(super) fn chosen(&self) -> PlaneMap {
        let [a, b] = self.columns;
        match self.map {
            PlaneKind::Linear => PlaneMap::Linear([[a[0], b[0]], [a[1], b[1]]]),
            PlaneKind::Swirl => PlaneMap::Swirl,
            PlaneKind::Coupling => PlaneMap::CoupleSecond,
            PlaneKind::RealNvp => PlaneMap::RealNvp,
            PlaneKind::Fold => PlaneMap::Fold,
        }
    }
}
