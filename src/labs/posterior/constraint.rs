//! Where a layer's values may lie so that it can be inverted: what is used lies inside, what is trained may not.

use egui::{Align2, Stroke, Ui, vec2};

use super::PosteriorLab;
use super::planes::heading;
use crate::train::posterior_job::{Held, Kind, PlanarLayer, RadialLayer, SylvesterLayer};
use crate::ui::canvas2d::{Canvas2d, Plane, View};

/// Beyond every window.
const FAR: f64 = 40.0;
/// Half widths of the window: in steps, so that it does not tremble while the values learn.
const REACHES: [f64; 6] = [4.0, 6.0, 9.0, 14.0, 21.0, 32.0];

/// The region of the layer that the walk has just passed.
pub(super) fn show(lab: &mut PosteriorLab, ui: &mut Ui, side: f32) {
    let layer = lab.state.depth.max(1);
    let title = match lab.state.kind {
        Kind::Planar => format!("u of layer {layer}: w'u > −1"),
        Kind::Radial => format!("α and β of layer {layer}: β > −α, α > 0"),
        Kind::Sylvester => format!("r₁ and r₂ of layer {layer}: r₁ r₂ > −1"),
        Kind::Iaf => format!("Layer {layer}: no constraint"),
    };
    heading(ui, &title);
    let held = lab.work.snapshot.as_ref().and_then(|snapshot| snapshot.held.get(layer - 1));
    let mut view = fitted(lab.u_view, held);
    Canvas2d::new("Plane of u", &mut view, vec2(side, side)).summary(title).show(ui, |plane| match held {
        Some(Held::Planar(layer)) => planar(plane, layer),
        Some(Held::Radial(layer)) => radial(plane, layer),
        Some(Held::Sylvester(layer)) => sylvester(plane, layer),
        None => plane.message("An autoregressive layer scales by e^s, which is positive whatever its network says: nothing is forbidden."),
    });
    lab.u_view = view;
}

/// The window onto the values.
pub(super) fn view() -> View {
    View { reach: REACHES[0], ..View::default() }
}

/// The window in which all values of a layer are to be seen; one that a hand has moved or zoomed stays as it is.
fn fitted(view: View, held: Option<&Held>) -> View {
    let own = view.center == [0.0; 2] && REACHES.contains(&view.reach);
    let Some(held) = held.filter(|_| own) else { return view };
    let values: Vec<[f64; 2]> = match held {
        Held::Planar(layer) => vec![layer.raw, layer.held, layer.w],
        Held::Radial(layer) => vec![layer.raw, layer.held],
        Held::Sylvester(layer) => [layer.raw, layer.held].concat(),
    };
    let farthest = values.as_flattened().iter().fold(0.0, |far: f64, v| far.max(v.abs()));
    // A name beside a value needs room too.
    let reach = REACHES.into_iter().find(|reach| farthest <= 0.8 * reach).unwrap_or(REACHES[REACHES.len() - 1]);
    View { reach, ..view }
}

/// The half-plane `w'u > -1`.
fn planar(plane: &Plane<'_>, layer: &PlanarLayer) {
    let palette = plane.palette();
    let length = layer.w[0].hypot(layer.w[1]).max(1e-9);
    half_plane(plane, layer.w.map(|v| -v / (length * length)), layer.w.map(|v| v / length));
    plane.polyline(&[[0.0, 0.0], layer.w.map(|v| v as f32)], Stroke::new(2.0, palette.base));
    plane.text(layer.w, vec2(6.0, 0.0), Align2::LEFT_CENTER, "w", palette.base);
    values(plane, layer.raw, layer.held, ["raw", "used"], 0.0);
}

/// `beta > -alpha`, right of `alpha = 0`.
fn radial(plane: &Plane<'_>, layer: &RadialLayer) {
    let palette = plane.palette();
    let corner = [[0.0, 0.0], [FAR, -FAR], [FAR, FAR], [0.0, FAR]].map(|p: [f64; 2]| p.map(|v| v as f32));
    plane.polygon(&corner, palette.seen.gamma_multiply(0.16), Stroke::NONE);
    hatch(plane, |alpha, beta| alpha > 0.0 && beta > -alpha);
    plane.rulings(palette.line);
    plane.polyline(&[[0.0, FAR as f32], [0.0, 0.0], [FAR as f32, -FAR as f32]], Stroke::new(2.0, palette.blind));
    axes(plane, ["α", "β"]);
    values(plane, layer.raw, layer.held, ["raw", "used"], 0.0);
}

/// `r1 r2 > -1`: between the two branches of a hyperbola, for a tanh' of 1, its largest; and the box in which a tanh holds both.
fn sylvester(plane: &Plane<'_>, layer: &SylvesterLayer) {
    let palette = plane.palette();
    // Columns from left to right, each from one branch to the other.
    let step = 0.05;
    for i in -160..160 {
        let (a, b) = (f64::from(i) * step, f64::from(i + 1) * step);
        let middle = 0.5 * (a + b);
        let edge = -1.0 / middle;
        let (low, high) = if middle > 0.0 { (edge, FAR) } else { (-FAR, edge) };
        let corner = [[a, low], [b, low], [b, high], [a, high]].map(|p| p.map(|v| v as f32));
        plane.polygon(&corner, palette.seen.gamma_multiply(0.16), Stroke::NONE);
    }
    hatch(plane, |r1, r2| r1 * r2 > -1.0);
    plane.rulings(palette.line);
    for sign in [-1.0, 1.0] {
        let branch: Vec<[f32; 2]> = (1..=400).map(|i| 0.02 * f64::from(i)).map(|r| [(sign * r) as f32, (-sign / r) as f32]).collect();
        plane.polyline(&branch, Stroke::new(2.0, palette.blind));
    }
    plane.polyline(&[[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0]], Stroke::new(1.5, palette.base));
    axes(plane, ["r₁", "r₂"]);
    for row in [0, 1] {
        // Names of the first row above the points, of the second below: the rows may lie close together.
        let (names, down) = if row == 0 { (["raw 1", "row 1"], -9.0) } else { (["raw 2", "row 2"], 9.0) };
        values(plane, layer.raw[row], layer.held[row], names, down);
    }
}

/// What is right of a line, seen along the unit vector that points into it.
fn half_plane(plane: &Plane<'_>, foot: [f64; 2], into: [f64; 2]) {
    let palette = plane.palette();
    let point = |a: f64, b: f64| [foot[0] - a * into[1] + b * into[0], foot[1] + a * into[0] + b * into[1]].map(|v| v as f32);
    plane.polygon(&[point(-FAR, 0.0), point(FAR, 0.0), point(FAR, FAR), point(-FAR, FAR)], palette.seen.gamma_multiply(0.16), Stroke::NONE);
    hatch(plane, |x, y| (x - foot[0]) * into[0] + (y - foot[1]) * into[1] > 0.0);
    plane.rulings(palette.line);
    plane.polyline(&[point(-FAR, 0.0), point(FAR, 0.0)], Stroke::new(2.0, palette.blind));
}

/// What is forbidden is hatched, not only uncoloured.
fn hatch(plane: &Plane<'_>, allowed: impl Fn(f64, f64) -> bool) {
    let stroke = Stroke::new(1.0, plane.palette().blind.gamma_multiply(0.45));
    let [left, bottom, right, top] = plane.bounds();
    let gap = (right - left) / 26.0;
    let pieces = 160;
    let mut offset = left - (top - bottom);
    while offset < right {
        let at = |i: usize| {
            let up = (top - bottom) * i as f64 / pieces as f64;
            [offset + up, bottom + up]
        };
        // Runs of pieces outside, each as one line.
        let mut begin = None;
        for i in 0..=pieces {
            let [x, y] = at(i);
            let outside = i < pieces && !allowed(x, y);
            match (outside, begin) {
                (true, None) => begin = Some(i),
                (false, Some(first)) => {
                    plane.polyline(&[at(first), at(i)].map(|p| p.map(|v| v as f32)), stroke);
                    begin = None;
                }
                _ => {}
            }
        }
        offset += gap;
    }
}

/// The names of the axes, at their ends.
fn axes(plane: &Plane<'_>, [across, up]: [&str; 2]) {
    let [_, _, right, top] = plane.bounds();
    let ink = plane.palette().text_dim;
    plane.text([right, 0.0], vec2(-6.0, -4.0), Align2::RIGHT_BOTTOM, across, ink);
    plane.text([0.0, top], vec2(6.0, 4.0), Align2::LEFT_TOP, up, ink);
}

/// A value as it is trained and as it is used; the names lie `down` points below the middle.
fn values(plane: &Plane<'_>, raw: [f64; 2], held: [f64; 2], names: [&str; 2], down: f32) {
    let palette = plane.palette();
    plane.polyline(&[raw, held].map(|p| p.map(|v| v as f32)), Stroke::new(1.5, palette.text_dim));
    let [left, _, right, _] = plane.bounds();
    plane.circle(raw, 0.012 * (right - left), Stroke::new(2.0, palette.text));
    plane.probe(held, palette.now);
    plane.text(raw, vec2(-12.0, down), Align2::RIGHT_CENTER, names[0], palette.text);
    plane.text(held, vec2(14.0, down), Align2::LEFT_CENTER, names[1], palette.now);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_widens_for_what_it_shows_until_a_hand_moves_it() {
        let at = |v: f64| Held::Radial(RadialLayer { raw: [0.1, 0.2], held: [0.1, v] });
        assert_eq!(fitted(view(), Some(&at(1.0))), view());
        assert_eq!(fitted(view(), Some(&at(-5.0))).reach, 9.0);
        assert_eq!(fitted(fitted(view(), Some(&at(-5.0))), Some(&at(1.0))), view());
        let moved = View { center: [1.0, 0.0], ..view() };
        assert_eq!(fitted(moved, Some(&at(-5.0))), moved);
        let zoomed = View { reach: 3.3, ..view() };
        assert_eq!(fitted(zoomed, Some(&at(-5.0))), zoomed);
    }
}
