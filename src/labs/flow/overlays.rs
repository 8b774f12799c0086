//! What lies over the planes, each with a switch: ellipses, trails and the velocity are drawn here, the others where the planes are.

use egui::{Align, Align2, Color32, Context, Layout, Stroke, Ui, vec2};
use serde::{Deserialize, Serialize};

use super::exchange::Moving;
use super::fields::SUM_SCALE;
use super::ledger::boxed;
use super::numbers::{round_down, tween};
use super::portrait::arrow;
use super::{FlowLab, Shared};
use crate::flows::Family;
use crate::train::flow_job::{ARROWS, Asked, ELLIPSES, FlowCommand, FlowSnapshot, Jacobians, Pictures, Point, Velocities};
use crate::ui::canvas2d::Plane;
use crate::ui::chips;
use crate::ui::colormap::{Scale, colorbar};
use crate::ui::theme::{Palette, letters};
use crate::ui::units::number;

/// Data points whose trails are drawn, at most.
const TRAILS: usize = 90;
/// Corners of an ellipse.
const CORNERS: usize = 28;
/// Radius of the small circles, in distances of the lattice.
const RADIUS: f64 = 0.3;
/// The longest arrow, in distances of the lattice.
const LONGEST: f64 = 1.2;

/// Width of one of two colour bars at least, and what is between them.
const BAR_LEAST: f32 = 190.0;
const BARS_APART: f32 = 20.0;
/// Room for both.
pub(super) const BARS: f32 = 2.0 * BAR_LEAST + BARS_APART;

/// Which pictures are shown.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Overlays {
    pub(super) points: bool,
    pub(super) grid: bool,
    /// The grid of data space, pushed forward, instead of the latent one, pulled back.
    pub(super) grid_of_x: bool,
    pub(super) density: bool,
    pub(super) samples: bool,
    pub(super) log_det: bool,
    /// The log-determinants of all layers so far instead of the present layer's.
    pub(super) sum: bool,
    /// What the Jacobian of the layers so far makes of small circles.
    #[serde(default)]
    pub(super) ellipses: bool,
    /// The ways of some data points through the layers so far.
    #[serde(default)]
    pub(super) trails: bool,
    /// The velocity of a continuous flow.
    #[serde(default)]
    pub(super) velocity: bool,
}

impl Overlays {
    /// What is shown when the lab opens.
    pub(super) const OPENING: Overlays = Overlays {
        points: true,
        grid: true,
        grid_of_x: false,
        density: true,
        samples: false,
        log_det: false,
        sum: false,
        ellipses: false,
        trails: false,
        velocity: false,
    };
}

/// What the worker was asked to draw beside the rest.
#[derive(Default)]
pub(super) struct Told {
    asked: Asked,
    moving: Moving,
}

/// The names of the three in the menu of overlays, what they are in the state, and whether they are shown; a flow that has no velocity offers
/// none.
pub(super) fn offered(lab: &FlowLab) -> impl Iterator<Item = (&'static str, &'static str, bool)> {
    let on = lab.overlays;
    let all = [("Jacobian ellipses", "ellipses", on.ellipses), ("trails", "trails", on.trails), ("velocity", "velocity", on.velocity)];
    all.into_iter().take(if lab.has_velocity() { 3 } else { 2 })
}

/// Their chips.
pub(super) fn switches(lab: &mut FlowLab, ui: &mut Ui) {
    let moves = lab.has_velocity();
    let on = &mut lab.overlays;
    let help = "Small circles of data space and what the Jacobian of the layers so far makes of them; the colour is its log-determinant\nO, then J";
    chips::toggle(ui, "ellipses", &mut on.ellipses).on_hover_text(help);
    let help = "Where some of the points have been, layer by layer; in between is only an animation\nO, then T";
    chips::toggle(ui, "trails", &mut on.trails).on_hover_text(help);
    if moves {
        let help = "The velocity f(z, t) by which the points move at this time\nO, then V";
        chips::toggle(ui, "velocity", &mut on.velocity).on_hover_text(help);
    }
}

/// Whether the ellipses' colours are not those of the map that is shown, and have a bar of their own.
pub(super) fn has_legend(lab: &FlowLab) -> bool {
    lab.overlays.ellipses && !(lab.overlays.log_det && lab.overlays.sum && !lab.desk.ledger.error_map)
}

/// Two colour bars side by side in this room: the ellipses' and the one that `other` draws, if it has something to say.
pub(super) fn legends(ui: &mut Ui, shared: &Shared, room: f32, other: impl FnOnce(&mut Ui)) {
    let scale = Scale::symmetric(shared.units.convert(SUM_SCALE.into()) as f32);
    let height = ui.spacing().interact_size.y;
    let width = ((room - BARS_APART) / 2.0).clamp(BAR_LEAST, 260.0);
    ui.allocate_ui_with_layout(vec2(2.0 * width + BARS_APART, height), Layout::left_to_right(Align::TOP), |ui| {
        ui.spacing_mut().item_spacing.x = BARS_APART;
        ui.allocate_ui(vec2(width, height), |ui| colorbar(ui, &scale, "ellipses: log|det J|", shared.units.name()));
        ui.allocate_ui(vec2(width, height), other);
    });
}

/// The small circles in data space.
pub(super) fn data(lab: &FlowLab, plane: &Plane<'_>, pictures: &Pictures, between: (usize, usize, f32)) {
    if let Some(found) = pictures.jacobians.as_ref().filter(|_| lab.overlays.ellipses) {
        for (&at, matrix) in found.points[0].iter().zip(matrices(found, between)) {
            ellipse(plane, at, [1.0, 0.0, 0.0, 1.0], matrix, radius(found));
        }
    }
}

/// The trails, and over them what has become of the circles.
pub(super) fn latent(lab: &FlowLab, plane: &Plane<'_>, pictures: &Pictures, between: (usize, usize, f32)) {
    if lab.overlays.trails {
        let color = plane.palette().text_dim;
        for trail in trails(&pictures.points, between) {
            plane.polyline(&trail, Stroke::new(1.0, color.gamma_multiply(0.75)));
            plane.points(&trail[trail.len() - 1..], 2.2, color);
        }
    }
    if let Some(found) = pictures.jacobians.as_ref().filter(|_| lab.overlays.ellipses) {
        let view = plane.rect();
        for (at, matrix) in tween(&found.points, between).into_iter().zip(matrices(found, between)) {
            // Of what lies out of view, only an edge without its centre would be seen.
            if view.contains(plane.to_screen(at.map(f64::from))) {
                ellipse(plane, at, matrix, matrix, radius(found));
            }
        }
    }
}

/// The velocity, above the points, with its scale.
pub(super) fn over(lab: &FlowLab, plane: &Plane<'_>, pictures: &Pictures, between: (usize, usize, f32)) {
    let Some((velocity, time, values)) = shown_velocity(lab, pictures, between) else { return };
    let palette = plane.palette();
    let ink = Stroke::new(1.3, palette.seen);
    let length = arrow_time(velocity);
    for (from, v) in velocity.points.iter().zip(values) {
        let [from, v] = [from, v].map(|p| p.map(f64::from));
        arrow(plane, from, [from[0] + length * v[0], from[1] + length * v[1]], ink);
    }
    // A round number in as few digits as it has.
    let (time, length) = (number(time, 2), length as f32);
    let long = format!("t = {time} · arrows: f(z, t) × {length}");
    let font = letters::monospace(plane.painter().ctx(), 12.0);
    let fits = plane.painter().layout_no_wrap(long.clone(), font, ink.color).size().x < plane.rect().width() - 30.0;
    let text = if fits { long } else { format!("t {time} · f×{length}") };
    boxed(plane, plane.rect().center_top() + vec2(0.0, 8.0), Align2::CENTER_TOP, &text);
}

/// The stretch of time by which the arrows are as long as they are, the same at all times: a round one by which none is much longer than the
/// lattice is wide, and at most 1, all the time that there is.
fn arrow_time(velocity: &Velocities) -> f64 {
    let spacing = (velocity.bounds[2] - velocity.bounds[0]) / ARROWS as f64;
    round_down(LONGEST * spacing / velocity.fastest().max(1e-9)).min(1.0)
}

/// The velocity at the time on show, if it is shown.
fn shown_velocity<'a>(lab: &FlowLab, pictures: &'a Pictures, between: (usize, usize, f32)) -> Option<(&'a Velocities, f64, &'a [Point])> {
    let velocity = pictures.velocity.as_ref().filter(|_| lab.overlays.velocity)?;
    let stages = pictures.points.len().saturating_sub(1).max(1);
    let (time, values) = velocity.at((between.0 as f64 + f64::from(between.2)) / stages as f64)?;
    Some((velocity, time, values))
}

/// The Jacobians of what is on show: between two depths the points move on straight lines, and the Jacobian of that is between theirs.
fn matrices(found: &Jacobians, (low, high, part): (usize, usize, f32)) -> impl Iterator<Item = [f64; 4]> {
    let [low, high] = [low, high].map(|k| found.matrices.get(k).map(Vec::as_slice).unwrap_or_default());
    let part = f64::from(part);
    low.iter().zip(high).map(move |(a, b)| [0, 1, 2, 3].map(|i| a[i] + part * (b[i] - a[i])))
}

/// The largest length of these vectors.
fn fastest(values: &[Point]) -> f64 {
    values.iter().map(|v| f64::from(v[0]).hypot(f64::from(v[1]))).fold(0.0, f64::max)
}

fn radius(found: &Jacobians) -> f64 {
    RADIUS * (found.bounds[2] - found.bounds[0]) / ELLIPSES as f64
}

/// `log|det|` of a matrix by its entries row by row.
fn log_det([a, b, c, d]: [f64; 4]) -> f64 {
    (a * d - b * c).abs().ln()
}

/// The image of a circle of this radius under a matrix, around a point.
fn outline(center: Point, [a, b, c, d]: [f64; 4], radius: f64) -> Vec<Point> {
    let corner = |i: usize| {
        let (sin, cos) = (i as f64 / CORNERS as f64 * std::f64::consts::TAU).sin_cos();
        [f64::from(center[0]) + radius * (a * cos + b * sin), f64::from(center[1]) + radius * (c * cos + d * sin)].map(|v| v as f32)
    };
    (0..CORNERS).map(corner).collect()
}

/// A circle's image under `shape`, filled by the log-determinant of `paint`.
fn ellipse(plane: &Plane<'_>, center: Point, shape: [f64; 4], paint: [f64; 4], radius: f64) {
    let palette = plane.palette();
    let fill = Scale::symmetric(SUM_SCALE).color(log_det(paint) as f32, palette.dark);
    plane.polygon(&outline(center, shape, radius), fill.gamma_multiply(0.85), Stroke::new(1.0, line_color(palette)));
}

fn line_color(palette: &Palette) -> Color32 {
    palette.text.gamma_multiply(0.6)
}

/// The ways of some of the points, from data space to where they are now.
fn trails(depths: &[Vec<Point>], between: (usize, usize, f32)) -> Vec<Vec<Point>> {
    let now = tween(depths, between);
    let step = now.len().div_ceil(TRAILS).max(1);
    let way = |(i, &now): (usize, &Point)| {
        let mut way: Vec<Point> = depths.iter().take(between.0 + 1).map(|points| points[i]).collect();
        if between.2 > 0.0 {
            way.push(now);
        }
        way
    };
    now.iter().enumerate().step_by(step).map(way).collect()
}

impl FlowLab {
    /// Whether the flow moves points by a velocity.
    pub(super) fn has_velocity(&self) -> bool {
        matches!(self.wish.config.family, Family::Ffjord { .. })
    }

    /// Asks the worker for what is shown, over this window of the latent plane; without one, nothing is.
    pub(super) fn follow_overlays(&mut self, latent: Option<[f64; 4]>, ctx: &Context) {
        let told = self.desk.told.asked;
        let wanted = latent.filter(|_| self.overlays.velocity && self.has_velocity());
        let velocity = match wanted {
            Some(bounds) if !self.desk.told.moving.stands(bounds, told.velocity, ctx) => told.velocity,
            wanted => wanted,
        };
        let asked = Asked { jacobians: latent.is_some() && self.overlays.ellipses, velocity };
        if asked != told {
            self.desk.told.asked = asked;
            self.send(FlowCommand::Overlay(asked));
        }
    }

    /// Whether the pictures have what is switched on; the comparison shows none of it.
    pub(super) fn overlays_are_in(&self, snapshot: &FlowSnapshot, pictures: &Pictures) -> bool {
        let moves = matches!(snapshot.config.family, Family::Ffjord { .. });
        let ellipses = || pictures.jacobians.as_ref().is_some_and(|found| found.bounds == pictures.density.bounds);
        let velocity = || pictures.velocity.as_ref().is_some_and(|found| Some(found.bounds) == self.desk.told.asked.velocity);
        let on = self.overlays;
        self.desk.compare.is_some() || (!on.ellipses || ellipses()) && (!on.velocity || !moves || velocity())
    }

    /// What lies over the latent plane, for a screen reader: sentences without their full stops.
    pub(super) fn spoken_overlays(&self, between: (usize, usize, f32)) -> Vec<String> {
        let Some(pictures) = self.pictures() else { return Vec::new() };
        let mut said = Vec::new();
        if let Some(found) = pictures.jacobians.as_ref().filter(|_| self.overlays.ellipses) {
            let factors: Vec<f64> = matrices(found, between).map(|matrix| log_det(matrix).exp()).collect();
            let (least, most) = factors.iter().fold((f64::INFINITY, 0.0), |(least, most): (f64, f64), &f| (least.min(f), most.max(f)));
            said.push(format!("{} Jacobian ellipses, areas × {} to × {}", factors.len(), number(least, 2), number(most, 2)));
        }
        if self.overlays.trails {
            let trails = trails(&pictures.points, between);
            let layers = between.0 + usize::from(between.2 > 0.0);
            said.push(format!("Trails of {} points through {layers} {}", trails.len(), if layers == 1 { "layer" } else { "layers" }));
        }
        if let Some((velocity, time, values)) = shown_velocity(self, pictures, between) {
            let places = velocity.points.len();
            said.push(format!("Velocity at time {} at {places} places, at most {}", number(time, 2), number(fastest(values), 2)));
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drawn_area_is_the_circles_times_the_determinant() {
        let area = |corners: &[Point]| {
            let next = corners.iter().cycle().skip(1);
            let cross = |(a, b): (&Point, &Point)| f64::from(a[0]) * f64::from(b[1]) - f64::from(b[0]) * f64::from(a[1]);
            corners.iter().zip(next).map(cross).sum::<f64>().abs()
        };
        let circle = area(&outline([0.5, -1.0], [1.0, 0.0, 0.0, 1.0], 0.2));
        for matrix in [[2.0, 0.5, -0.3, 0.7], [0.4, -1.1, 0.9, 0.2], [1.0, 2.0, 0.5, -1.0], [0.3, 0.0, 0.0, 0.3]] {
            let ratio = area(&outline([0.5, -1.0], matrix, 0.2)) / circle;
            assert!((ratio / log_det(matrix).exp() - 1.0).abs() < 1e-4, "{matrix:?}: {ratio}");
        }
        // Its columns are the images of the axes.
        let corners = outline([1.0, 1.0], [2.0, 3.0, 4.0, 5.0], 0.1);
        for (i, expected) in [(0, [1.2, 1.4]), (CORNERS / 4, [1.3, 1.5])] {
            assert!((0..2).all(|axis| (corners[i][axis] - expected[axis]).abs() < 1e-6), "{:?}", corners[i]);
        }
    }

    #[test]
    fn no_arrow_is_much_longer_than_the_lattice_is_wide() {
        let moving = |speed: f32| Velocities {
            bounds: [-4.0, -4.0, 4.0, 4.0],
            points: vec![[0.0; 2]],
            times: vec![0.0],
            values: vec![vec![[0.0, speed]]],
        };
        for (speed, time) in [(6.0, 0.1), (1.0, 0.5), (0.01, 1.0), (0.0, 1.0)] {
            assert!((arrow_time(&moving(speed)) - time).abs() < 1e-9, "{speed}: {}", arrow_time(&moving(speed)));
        }
    }

    #[test]
    fn trails_begin_at_x_and_end_where_the_points_are_shown() {
        let depths: Vec<Vec<Point>> = (0..4).map(|k| (0..250).map(|i| [(i * k) as f32 * 0.01, i as f32 - k as f32]).collect()).collect();
        for between in [(0, 1, 0.0), (2, 3, 0.0), (1, 2, 0.25), (3, 3, 0.0)] {
            let shown = tween(&depths, between);
            let drawn = trails(&depths, between);
            assert!((60..=TRAILS).contains(&drawn.len()), "{}", drawn.len());
            for (trail, i) in drawn.iter().zip((0..).step_by(3)) {
                assert_eq!((trail[0], trail[trail.len() - 1]), (depths[0][i], shown[i]));
                assert_eq!(trail[..=between.0], (0..=between.0).map(|k| depths[k][i]).collect::<Vec<_>>());
                assert_eq!(trail.len(), between.0 + 1 + usize::from(between.2 > 0.0));
            }
        }
        assert!(trails(&[], (0, 0, 0.0)).is_empty());
    }
}
