//! The page of the chain: several maps, each with its factor; the determinants multiply, their logarithms add up.

use egui::{Align2, Rect, RichText, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::ChangeLab;
use super::square::{self, Square};
use super::state::{ChainState, Link};
use crate::flows::maps::{PlaneMap, det};
use crate::ui::canvas2d::{Canvas2d, View};
use crate::ui::chips;
use crate::ui::link;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::{Units, number, signed};

/// The square that is carried along.
const SIDE: f64 = 0.7;
/// What every plane shows.
const VIEW: View = View { center: [0.0, 0.0], reach: 3.6 };
/// Step of the differences that the product is compared with.
const STEP: f64 = 1e-5;

impl Link {
    /// The map.
    pub(super) fn map(self) -> PlaneMap {
        let (s, c) = 0.7f64.sin_cos();
        match self {
            Link::Stretch => PlaneMap::Linear([[1.5, 0.0], [0.0, 0.8]]),
            Link::Rotate => PlaneMap::Linear([[c, -s], [s, c]]),
            Link::Shear => PlaneMap::Linear([[1.0, 0.8], [0.0, 1.0]]),
            Link::Mirror => PlaneMap::Linear([[-1.0, 0.0], [0.0, 1.0]]),
            Link::Swirl => PlaneMap::Swirl,
            Link::CoupleSecond => PlaneMap::CoupleSecond,
            Link::CoupleFirst => PlaneMap::CoupleFirst,
        }
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Link::Stretch => "stretch",
            Link::Rotate => "rotate",
            Link::Shear => "shear",
            Link::Mirror => "mirror",
            Link::Swirl => "swirl",
            Link::CoupleSecond => "couple x2",
            Link::CoupleFirst => "couple x1",
        }
    }
}

/// The chain at its probe.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Path {
    pub(super) maps: Vec<PlaneMap>,
    /// `det J_k` of each map where the probe is when the map acts.
    pub(super) dets: Vec<f64>,
    /// The determinant of the whole by central differences, which know nothing of the maps between.
    pub(super) measured: f64,
}

impl Path {
    pub(super) fn new(state: &ChainState) -> Path {
        let maps: Vec<PlaneMap> = state.links.iter().map(|link| link.map()).collect();
        let mut at = state.probe;
        let mut dets = Vec::new();
        for map in &maps {
            dets.push(det(&map.jacobian(at)));
            at = map.forward(at);
        }
        let [x, y] = state.probe;
        let difference = |more: [f64; 2], less: [f64; 2]| {
            let (a, b) = (square::through(&maps, more), square::through(&maps, less));
            [(a[0] - b[0]) / (2.0 * STEP), (a[1] - b[1]) / (2.0 * STEP)]
        };
        let (u, v) = (difference([x + STEP, y], [x - STEP, y]), difference([x, y + STEP], [x, y - STEP]));
        Path { measured: u[0] * v[1] - u[1] * v[0], maps, dets }
    }

    /// The product of the determinants of the first `k` maps.
    pub(super) fn product(&self, k: usize) -> f64 {
        self.dets[..k].iter().product()
    }

    /// `log |det|` of each map, nats.
    pub(super) fn logs(&self) -> Vec<f64> {
        self.dets.iter().map(|det| det.abs().ln()).collect()
    }
}

/// Draws the page.
pub(super) fn show(lab: &mut ChangeLab, ui: &mut Ui, units: Units) {
    let count = lab.path.maps.len() + 1;
    let gap = 8.0;
    let letter = letters::size(ui.ctx(), 12.0);
    let rows = (count as f32) * 2.1 * letter + 3.4 * letter;
    // In two lines where one would make them too small.
    let (width, height) = (ui.available_width(), ui.available_height());
    let head = 1.6 * letter;
    let fit = |lines: usize| {
        let across = count.div_ceil(lines) as f32;
        ((width - gap * (across - 1.0)) / across).min((height - rows) / lines as f32 - head - 6.0)
    };
    let lines = if fit(2) > fit(1) { 2 } else { 1 };
    let side = fit(lines).max(70.0);
    let across = count.div_ceil(lines);
    for first in (0..count).step_by(across) {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for k in first..(first + across).min(count) {
                ui.vertical(|ui| {
                    ui.set_width(side);
                    ui.spacing_mut().item_spacing.y = 2.0;
                    stage(lab, ui, k, side);
                });
            }
        });
    }
    ui.add_space(6.0);
    ledger(lab, ui, units);
}

/// The plane after the first `k` maps.
fn stage(lab: &mut ChangeLab, ui: &mut Ui, k: usize, side: f32) {
    let palette = Palette::of(ui);
    let lit = lab.state.chain.stage == k;
    let name = if k == 0 { "x".to_owned() } else { format!("{k} {}", lab.state.chain.links[k - 1].name()) };
    let color = if lit { palette.now } else { palette.text };
    ui.add(egui::Label::new(RichText::new(&name).small().color(color)).truncate());
    let maps = lab.path.maps[..k].to_vec();
    let square = Square { center: lab.state.chain.probe, side: SIDE };
    let title = if k == 0 { "Before the chain".to_owned() } else { format!("After map {k}") };
    let mut view = VIEW;
    let shown = Canvas2d::new(&title, &mut view, vec2(side, side)).still().no_axes().show(ui, |plane| {
        square::grid(plane, &maps, false);
        square.paint(plane, &maps, plane.palette().now);
    });
    if lit {
        ui.painter().rect_stroke(shown.rect, 6.0, Stroke::new(2.0, palette.now), egui::StrokeKind::Inside);
    }
    if shown.response.clicked() || shown.response.drag_started() {
        lab.state.chain.stage = k;
    }
    // Back through the maps that have acted.
    let held = shown.response.dragged_by(egui::PointerButton::Primary);
    let back = |y: [f64; 2]| maps.iter().rev().try_fold(y, |y, map| map.inverse(y));
    let [x, y] = lab.state.chain.probe;
    let nudged = shown.nudge.map(|[dx, dy]| [x + dx, y + dy]);
    if let Some(to) = shown.pointer.filter(|_| held).and_then(back).or(nudged) {
        lab.state.chain.probe = to.map(|v| v.clamp(-2.5, 2.5));
        lab.playing = false;
    }
}

/// One bar a map, each beginning where the one before ended, and the sum.
fn ledger(lab: &mut ChangeLab, ui: &mut Ui, units: Units) {
    let palette = Palette::of(ui);
    let logs: Vec<f64> = lab.path.logs().into_iter().map(|log| units.convert(log)).collect();
    let mut ends = vec![0.0];
    for log in &logs {
        ends.push(ends[ends.len() - 1] + log);
    }
    let reach = ends.iter().fold(0.5f64, |reach, end| reach.max(end.abs())) * 1.05;
    ui.label(RichText::new(format!("log |det| of each map, {}, one after the other", units.name())).small().color(palette.text_dim));
    let letter = letters::size(ui.ctx(), 12.0);
    let row = 1.9 * letter;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), row * (logs.len() + 1) as f32), Sense::click());
    let bars = Rect::from_min_max(rect.min + vec2(7.0 * letter, 0.0), rect.max - vec2(11.5 * letter, 0.0));
    let at = |value: f64| bars.center().x + (value / reach) as f32 * bars.width() / 2.0;
    let painter = ui.painter_at(rect.expand(2.0));
    let (words, figures) = (letters::proportional(ui.ctx(), 12.0), letters::monospace(ui.ctx(), 12.0));
    painter.vline(at(0.0), rect.y_range(), Stroke::new(1.0, palette.text_dim));
    for k in 0..=logs.len() {
        let y = rect.top() + (k as f32 + 0.5) * row;
        let total = k == logs.len();
        let (from, to, factor) = if total { (0.0, ends[k], lab.path.product(k)) } else { (ends[k], ends[k + 1], lab.path.dets[k]) };
        let color = match (total, to >= from) {
            (true, _) => palette.now,
            (false, true) => palette.positive,
            (false, false) => palette.negative,
        };
        let name = if total { "sum".to_owned() } else { format!("{} {}", k + 1, lab.state.chain.links[k].name()) };
        let ink = if !total && lab.state.chain.stage == k + 1 { palette.now } else { palette.text };
        painter.text(pos2(rect.left(), y), Align2::LEFT_CENTER, name, words.clone(), ink);
        painter.rect_filled(Rect::from_two_pos(pos2(at(from), y - 0.42 * letter), pos2(at(to), y + 0.42 * letter)), 2.0, color);
        // Where the next one begins.
        if !total {
            painter.vline(at(to), y..=y + row, Stroke::new(1.0, palette.text_dim));
        }
        let text = format!("×{} {}", number(factor.abs(), 3), signed(to - from, 3));
        painter.text(pos2(rect.right(), y), Align2::RIGHT_CENTER, text, figures.clone(), color);
        let place = Rect::from_min_max(pos2(rect.left(), y - row / 2.0), pos2(rect.right(), y + row / 2.0));
        let linked = if total { "chain_log".to_owned() } else { format!("d{}", k + 1) };
        link::place(ui, place, &linked, color);
    }
    if let Some(pos) = response.interact_pointer_pos().filter(|_| response.clicked()) {
        lab.state.chain.stage = (((pos.y - rect.top()) / row) as usize + 1).min(logs.len());
    }
    let spoken = format!(
        "Ledger of {} maps, product {}, sum {}",
        logs.len(),
        number(lab.path.product(logs.len()).abs(), 3),
        signed(ends[logs.len()], 3)
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &spoken));
    chips::note(ui, "Drag the square in any picture. The order changes where each map acts, so it changes the factors too.");
}
