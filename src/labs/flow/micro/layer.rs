//! Inside one layer, at the probe: what its family does with a point, step by step, each with what it lights.

mod affine;
mod whole;

use egui::{Color32, Stroke};

use super::{Micro, arrow, ends, words};
use crate::flows::{Conditioning, Config, Family};
use crate::labs::flow::numbers::{axis_name, place};
use crate::labs::flow::portrait::maker;
use crate::labs::flow::{FlowLab, Shared};
use crate::train::flow_job::{MapPortrait, Point, Portrait, ProbeReading};
use crate::ui::canvas2d::Plane;
use crate::ui::theme::Palette;
use crate::ui::units::{number, signed};

/// One thing that happens: at most 12 words, and what is lit meanwhile.
pub(super) struct Step {
    /// The words.
    pub(super) sentence: String,
    shows: Shows,
}

/// What is lit.
enum Shows {
    /// A point, with words beside it.
    Point(Point, String),
    /// From one point to another, with words at its end.
    Move(Point, Point, Ink, String),
    /// The little square before and after, with words.
    Area(Point, String),
}

/// What an arrow stands for.
#[derive(Clone, Copy)]
enum Ink {
    /// A stretch.
    Scale,
    /// A shift.
    Shift,
    /// The whole layer.
    Whole,
}

impl Ink {
    fn of(self, palette: &Palette) -> Color32 {
        match self {
            Ink::Scale => palette.positive,
            Ink::Shift => palette.negative,
            Ink::Whole => palette.now,
        }
    }
}

impl Step {
    fn at(sentence: String, point: Point, words: String) -> Step {
        Step { sentence, shows: Shows::Point(point, words) }
    }

    fn moving(sentence: String, from: Point, to: Point, ink: Ink, words: String) -> Step {
        Step { sentence, shows: Shows::Move(from, to, ink, words) }
    }
}

/// What happens in a layer; the last two steps stand after it.
pub(super) fn steps(lab: &FlowLab, reading: &ProbeReading, layer: usize) -> Vec<Step> {
    let (Some((from, to)), Some(config)) = (ends(reading, layer), lab.snapshot.as_ref().map(|snapshot| &snapshot.config)) else {
        return Vec::new();
    };
    if lab.desk.wiring.mutes(layer) {
        let sentence = "Muted: this layer is the identity, nothing moves.".to_owned();
        return vec![Step::at(sentence, to, "identity".into())];
    }
    let said = reading.conditioners.get(layer).copied().flatten();
    let portrait = reading.portraits.get(layer).and_then(Option::as_ref);
    let mut steps = match (config.conditioning(layer), said, portrait) {
        (Some(conditioning), Some(said), map) => affine::steps(config, conditioning, said, map, from, to),
        (_, _, Some(Portrait::Map(map))) => by_map(config, map, from, to),
        (_, _, Some(portrait)) => whole::steps(config, layer, portrait, from, to),
        _ => Vec::new(),
    };
    let [x, y] = place(to);
    steps.push(Step::moving(format!("Join: the point is now ({x}, {y})."), from, to, Ink::Whole, format!("({x}, {y})")));
    let log_det = reading.log_dets.get(layer).copied().unwrap_or_default();
    let sentence = format!("Log-det: {} joins the sum, now {}.", signed(log_det, 2), signed(reading.cumulative(layer + 1), 2));
    steps.push(Step { sentence, shows: Shows::Area(to, format!("area × {}", number(log_det.exp(), 2))) });
    steps
}

/// A coupling or an autoregressive layer whose map is a curve.
fn by_map(config: &Config, map: &MapPortrait, from: Point, to: Point) -> Vec<Step> {
    let Conditioning { reads, .. } = map.conditioning;
    let axis = map.conditioning.moves();
    let (read, moved) = (axis_name(reads), axis_name(axis));
    let ([x, y], slope) = (map.ends(from, to), map.log_slope_here.exp());
    let mut steps = first(map, from, to);
    if steps.is_empty() {
        let sentence = format!("Split: {read} = {} stays, {moved} = {} moves.", number(from[reads].into(), 2), number(x, 2));
        steps.push(Step::at(sentence, from, format!("{read} stays, {moved} moves")));
    }
    let start = half_way(map, from, to);
    steps.push(Step::at(format!("Conditioner: {read} alone chooses {}.", maker(config.family)), start, format!("map of {read}")));
    let outside = match config.family {
        Family::CubicSpline(spline) | Family::RationalQuadratic(spline) | Family::SplineAutoregressive(spline) => {
            x.abs() > spline.bound as f64
        }
        _ => false,
    };
    let sentence = if outside {
        format!("Map: {moved} = {} is outside the box and stays.", number(x, 2))
    } else {
        format!("Map: {moved} = {} becomes {}.", number(x, 2), number(y, 2))
    };
    steps.push(Step::moving(sentence, start, to, Ink::Shift, number(y, 2)));
    let sentence = format!("Slope: {} there, its logarithm is {}.", number(slope, 2), signed(map.log_slope_here, 2));
    steps.push(Step::at(sentence, to, format!("slope {}", number(slope, 2))));
    steps
}

/// The coordinate that reads nothing, where it moves too.
fn first(map: &MapPortrait, from: Point, to: Point) -> Vec<Step> {
    let Some((_, _, log_slope)) = map.first else { return Vec::new() };
    let read = axis_name(map.conditioning.reads);
    let [x, y] = map.first_ends(from, to).map(|v| number(v, 2));
    let [before, after] = if map.conditioning.latent { [&y, &x] } else { [&x, &y] };
    // The slope of what the layer does, which IAF's map undoes.
    let slope = if map.conditioning.latent { -log_slope } else { log_slope }.exp();
    let sentence = format!("First: {read} = {before} alone becomes {after}, slope {}.", number(slope, 2));
    vec![Step::moving(sentence, from, half_way(map, from, to), Ink::Scale, after.clone())]
}

/// Where the point is once the coordinate that is read has moved.
fn half_way(map: &MapPortrait, from: Point, to: Point) -> Point {
    let mut at = from;
    if map.conditioning.both_move {
        at[map.conditioning.reads] = to[map.conditioning.reads];
    }
    at
}

/// Lights what the sentence is about.
pub(super) fn draw(lab: &FlowLab, plane: &Plane<'_>, reading: &ProbeReading, micro: Micro, _: &Shared) {
    let palette = plane.palette();
    let steps = steps(lab, reading, micro.layer);
    let Some(step) = steps.get(micro.at.min(steps.len().saturating_sub(1))) else { return };
    let conditioning = lab.snapshot.as_ref().and_then(|snapshot| snapshot.config.conditioning(micro.layer));
    if let (Some(conditioning), Some((from, to))) = (conditioning, ends(reading, micro.layer)) {
        // The line on which the moved coordinate moves: all points with the same other one.
        let axis = conditioning.moves();
        let mut low = if conditioning.both_move { to } else { from };
        let mut high = low;
        let [left, bottom, right, top] = plane.bounds().map(|v| v as f32);
        (low[axis], high[axis]) = if axis == 0 { (left, right) } else { (bottom, top) };
        plane.polyline(&[low, high], Stroke::new(1.5, palette.text_dim));
    }
    match &step.shows {
        Shows::Point(at, text) => {
            plane.probe(at.map(f64::from), palette.now);
            words(plane, *at, text, palette.now);
        }
        Shows::Move(from, to, ink, text) => {
            arrow(plane, *from, *to, 3.0, ink.of(palette));
            plane.probe(to.map(f64::from), palette.now);
            words(plane, *to, text, ink.of(palette));
        }
        Shows::Area(at, text) => {
            for (k, ink) in [(micro.layer, palette.text_dim), (micro.layer + 1, palette.now)] {
                if let Some(outline) = reading.outline.get(k) {
                    let closed: Vec<Point> = outline.iter().chain(outline.first()).copied().collect();
                    plane.polyline(&closed, Stroke::new(2.0, ink));
                }
            }
            words(plane, *at, text, palette.now);
        }
    }
}
