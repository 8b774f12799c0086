//! The active layer as it is: its map, its direction, its field or its motion, in the numbers of the model's own nodes.

mod map;
mod plane;

pub(super) use plane::arrow;

use egui::{Ui, vec2};

use super::FlowLab;
use crate::flows::{Config, Family, Inversion};
use crate::train::flow_job::{Point, Portrait};
use crate::ui::canvas2d::{Canvas2d, View};
use crate::ui::chips;
use crate::ui::units::{count, number, signed};

/// Side of a small plane, at most.
const SIDE: f32 = 210.0;
/// Half of the plane that it shows.
const REACH: f64 = 4.0;

/// Draws the view of a layer; where there is none, says why.
pub(super) fn show(lab: &FlowLab, ui: &mut Ui, config: &Config, layer: usize) {
    if config.mutes(layer) {
        chips::note(ui, "Muted: the layer is the identity, so there is nothing to draw.");
        return;
    }
    let Some((before, after, portrait)) = at_the_probe(lab, layer) else {
        chips::note(ui, "The layer is drawn as soon as the probe has been measured.");
        return;
    };
    let name = format!("Layer {} drawn", layer + 1);
    match portrait {
        // An affine map is drawn by its scale and shift.
        Portrait::Map(_) if config.says_scale_and_shift(layer) => {}
        Portrait::Map(map) => map::show(ui, config, layer, map, before, after),
        _ => {
            let side = ui.available_width().min(SIDE);
            let mut view = View { center: [0.0; 2], reach: REACH };
            let spoken = said(config, layer, before, after, portrait);
            let canvas = Canvas2d::new(&name, &mut view, vec2(side, side)).still().no_axes().summary(spoken.join(" "));
            canvas.show(ui, |plane| plane::draw(plane, portrait, before, after));
            for sentence in &spoken {
                chips::note(ui, sentence);
            }
        }
    }
}

/// The probe before and after a layer, and what the layer is drawn from.
pub(super) fn at_the_probe(lab: &FlowLab, layer: usize) -> Option<(Point, Point, &Portrait)> {
    let reading = lab.reading()?;
    Some((*reading.points.get(layer)?, *reading.points.get(layer + 1)?, reading.portraits.get(layer)?.as_ref()?))
}

/// What the picture shows, in sentences.
fn said(config: &Config, layer: usize, before: Point, after: Point, portrait: &Portrait) -> Vec<String> {
    match portrait {
        Portrait::Map(_) => Vec::new(),
        Portrait::Planar { along, bend, .. } => vec![
            "Solid: w'x + b = 0; dashed: ±1; the arrow is u.".into(),
            format!("At the probe tanh' = {}, so area × 1 + w'u tanh' = {}.", number(bend[1], 3), number(1.0 + along * bend[1], 3)),
        ],
        Portrait::Radial { centre, alpha, beta } => {
            let (r, moved) = (distance(*centre, before), distance(*centre, after));
            vec![
                format!("β = {} (above −α = {}), distance r = {}.", number(*beta, 3), number(-alpha, 3), number(r, 3)),
                format!("r becomes r (1 + β / (α + r)) = {}.", number(moved, 3)),
            ]
        }
        Portrait::Sylvester { r1, r2, bend, .. } => {
            let factors = sylvester_factors(r1, r2, bend).map(|factor| number(factor, 3));
            vec![
                "Two lines, (R₂Q'x + b) of row 1 and 2 = 0; the arrows are the columns of Q.".into(),
                format!("At the probe the factors 1 + tanh' r₁r₂ are {} and {}.", factors[0], factors[1]),
            ]
        }
        Portrait::Residual { steepest, .. } => vec![
            "Arrows: g(x), as long as it is.".into(),
            format!(
                "Steepest here |J| = {}, never above the bound {}.",
                number(*steepest, 3),
                number(crate::flows::residual_lipschitz(), 3)
            ),
        ],
        Portrait::Motion { .. } => {
            let [from, to] = stretch(config, layer);
            let each = evaluations(config);
            vec![
                format!("Where points go from t = {} to {}.", number(from, 2), number(to, 2)),
                format!("{each} evaluations of f in this stretch, {} in all.", count((each * config.layers) as u64)),
            ]
        }
        Portrait::Linear(corners) => {
            let [origin, first, second] = *corners;
            let column = |to: Point| [0, 1].map(|axis| signed(f64::from(to[axis] - origin[axis]), 2));
            let ([a, c], [b, d]) = (column(first), column(second));
            vec![
                "No network: one matrix and one shift for every point, drawn as what becomes of the unit square.".into(),
                format!("x₁ becomes {a} x₁ {b} x₂ {}; x₂ becomes {c} x₁ {d} x₂ {}.", shift(origin[0]), shift(origin[1])),
            ]
        }
    }
}

fn shift(value: f32) -> String {
    signed(value.into(), 2)
}

/// How far a point is from a centre.
pub(super) fn distance(centre: [f64; 2], point: Point) -> f64 {
    (f64::from(point[0]) - centre[0]).hypot(f64::from(point[1]) - centre[1])
}

/// `1 + tanh' r1_ii r2_ii` of both rows.
pub(super) fn sylvester_factors(r1: &[f64; 4], r2: &[f64; 4], bend: &[f64; 2]) -> [f64; 2] {
    [0, 1].map(|i| 1.0 + (1.0 - bend[i] * bend[i]) * r1[3 * i] * r2[3 * i])
}

/// The time in which a layer of a continuous flow passes.
pub(super) fn stretch(config: &Config, layer: usize) -> [f64; 2] {
    [layer, layer + 1].map(|stage| stage as f64 / config.layers as f64)
}

/// Evaluations of the velocity in one layer of a continuous flow.
pub(super) fn evaluations(config: &Config) -> usize {
    if let Inversion::ReverseTime { evaluations } = config.inversion() { evaluations } else { 0 }
}

/// What makes the map of one coordinate, in words.
pub(super) fn maker(family: Family) -> String {
    match family {
        Family::CubicSpline(spline) => format!("a cubic spline of {} bins", spline.bins),
        Family::RationalQuadratic(spline) | Family::SplineAutoregressive(spline) => {
            format!("a rational-quadratic spline of {} bins", spline.bins)
        }
        Family::Naf { units } => format!("{units} sigmoids, each with weight, slope and offset"),
        Family::Sos { polynomials, degree } => format!("{polynomials} polynomials of degree {degree}, squared and summed"),
        Family::Umnn { .. } => "the positive network that is integrated".into(),
        _ => "scale and shift".into(),
    }
}
