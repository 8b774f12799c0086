//! Inside one layer, at the probe: split, conditioner, scale, shift, join, log-determinant.

use egui::Stroke;

use super::{Micro, arrow, ends, words};
use crate::labs::flow::{FlowLab, Shared};
use crate::train::flow_job::{Point, ProbeReading};
use crate::ui::canvas2d::Plane;
use crate::ui::units::{number, signed};

/// What happens, step by step, at most 12 words each.
pub(super) fn sentences(lab: &FlowLab, reading: &ProbeReading, layer: usize) -> Vec<String> {
    let Some((from, to)) = ends(reading, layer) else { return Vec::new() };
    if lab.desk.wiring.mutes(layer) {
        return vec!["Muted: this layer is the identity, nothing moves.".into()];
    }
    let log_det = reading.log_dets.get(layer).copied().unwrap_or_default();
    let sum = format!("Log-det: {} joins the sum, now {}.", signed(log_det, 2), signed(reading.cumulative(layer + 1), 2));
    let Some(&Some([s, t])) = reading.conditioners.get(layer) else {
        let stage = lab.snapshot.as_ref().map_or("layer", |snapshot| snapshot.config.stage_title(layer));
        if stage != "scale" {
            let place = |p: Point| format!("({}, {})", number(p[0].into(), 2), number(p[1].into(), 2));
            return vec![format!("This {stage} moves the point from {} to {}.", place(from), place(to)), join(to), sum];
        }
        let factor = |axis: usize| number(f64::from(to[axis]) / f64::from(from[axis]), 2);
        let scale = format!("Scale: x₁ times {}, x₂ times {}, for every point.", factor(0), factor(1));
        return vec![scale, join(to), sum];
    };
    let stay = passive_axis(lab, layer);
    let (passive, moved) = names(stay);
    let (stays, moves) = (f64::from(from[stay]), f64::from(from[1 - stay]));
    let scaled = moves * s.exp();
    let additive = lab.snapshot.as_ref().is_some_and(|snapshot| snapshot.config.additive());
    let (said, scale) = if additive {
        (
            format!("Conditioner: {passive} alone says t = {}.", signed(t, 2)),
            format!("Scale: NICE has none, {moved} stays {}.", number(moves, 2)),
        )
    } else {
        (
            format!("Conditioner: {passive} alone says s = {} and t = {}.", signed(s, 2), signed(t, 2)),
            format!("Scale: {moved} times e^s = {} gives {}.", number(s.exp(), 2), number(scaled, 2)),
        )
    };
    vec![
        format!("Split: {passive} = {} stays, {moved} = {} moves.", number(stays, 2), number(moves, 2)),
        said,
        scale,
        format!("Shift: plus t = {} gives {}.", signed(t, 2), number(scaled + t, 2)),
        join(to),
        sum,
    ]
}

fn join(to: Point) -> String {
    format!("Join: the point is now ({}, {}).", number(to[0].into(), 2), number(to[1].into(), 2))
}

/// The coordinate that a coupling leaves alone.
fn passive_axis(lab: &FlowLab, layer: usize) -> usize {
    lab.snapshot.as_ref().and_then(|snapshot| snapshot.config.passive_axis(layer)).unwrap_or(0)
}

fn names(passive: usize) -> (&'static str, &'static str) {
    if passive == 0 { ("x₁", "x₂") } else { ("x₂", "x₁") }
}

/// Lights what the sentence is about.
pub(super) fn draw(lab: &FlowLab, plane: &Plane<'_>, reading: &ProbeReading, micro: Micro, _: &Shared) {
    let palette = plane.palette();
    let layer = micro.layer;
    let Some((from, to)) = ends(reading, layer) else { return };
    let Some(&Some([s, t])) = reading.conditioners.get(layer).filter(|_| !lab.desk.wiring.mutes(layer)) else {
        arrow(plane, from, to, 3.0, palette.now);
        plane.probe(to.map(f64::from), palette.now);
        return;
    };
    let stay = passive_axis(lab, layer);
    let (passive, moved) = names(stay);
    let axis = 1 - stay;
    let mut scaled = from;
    scaled[axis] *= s.exp() as f32;
    // The line on which the moved coordinate moves: all points of one passive coordinate.
    let [left, bottom, right, top] = plane.bounds().map(|v| v as f32);
    let (mut low, mut high) = (from, from);
    (low[axis], high[axis]) = if axis == 0 { (left, right) } else { (bottom, top) };
    plane.polyline(&[low, high], Stroke::new(1.5, palette.text_dim));
    match micro.at {
        0 => {
            plane.probe(from.map(f64::from), palette.now);
            words(plane, from, &format!("{passive} stays, {moved} moves"), palette.text);
        }
        1 => {
            plane.probe(from.map(f64::from), palette.text_dim);
            words(plane, from, &format!("s({passive}) = {}  t({passive}) = {}", signed(s, 2), signed(t, 2)), palette.now);
        }
        2 => {
            arrow(plane, from, scaled, 3.0, palette.positive);
            plane.probe(scaled.map(f64::from), palette.now);
            words(plane, scaled, &format!("× {}", number(s.exp(), 2)), palette.positive);
        }
        3 => {
            arrow(plane, scaled, to, 3.0, palette.negative);
            plane.probe(to.map(f64::from), palette.now);
            words(plane, to, &signed(t, 2), palette.negative);
        }
        4 => {
            arrow(plane, from, to, 2.0, palette.now);
            plane.probe(to.map(f64::from), palette.now);
            words(plane, to, &format!("({}, {})", number(to[0].into(), 2), number(to[1].into(), 2)), palette.now);
        }
        _ => {
            for (k, ink) in [(layer, palette.text_dim), (layer + 1, palette.now)] {
                if let Some(outline) = reading.outline.get(k) {
                    let closed: Vec<Point> = outline.iter().chain(outline.first()).copied().collect();
                    plane.polyline(&closed, Stroke::new(2.0, ink));
                }
            }
            let log_det = reading.log_dets.get(layer).copied().unwrap_or_default();
            words(plane, to, &format!("area × {}", number(log_det.exp(), 2)), palette.now);
        }
    }
}
