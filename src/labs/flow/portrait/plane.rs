//! A layer that moves both coordinates, drawn in its plane.

use egui::{Align2, Color32, Shape, Stroke, vec2};

use crate::train::flow_job::{Point, Portrait, places};
use crate::ui::canvas2d::Plane;

/// Draws what the layer is, and the probe before and after it.
pub(super) fn draw(plane: &Plane<'_>, portrait: &Portrait, before: Point, after: Point) {
    let palette = plane.palette();
    plane.rulings(palette.line.gamma_multiply(0.6));
    match portrait {
        Portrait::Map(_) => {}
        Portrait::Planar { u, w, bias, .. } => {
            hyperplane(plane, *w, *bias, palette.seen, false);
            for level in [-1.0, 1.0] {
                hyperplane(plane, *w, bias - level, palette.seen, true);
            }
            let foot = nearest(*w, *bias);
            arrow(plane, foot, [foot[0] + u[0], foot[1] + u[1]], Stroke::new(2.5, palette.base));
            plane.text([foot[0] + u[0], foot[1] + u[1]], vec2(6.0, 0.0), Align2::LEFT_CENTER, "u", palette.base);
        }
        Portrait::Radial { centre, alpha, .. } => {
            plane.circle(*centre, *alpha, Stroke::new(1.5, palette.seen));
            for (point, ink) in [(before, palette.text_dim), (after, palette.now)] {
                plane.circle(*centre, super::distance(*centre, point), Stroke::new(1.5, ink));
            }
            plane.points(&[centre.map(|v| v as f32)], 4.0, palette.base);
            plane.text(*centre, vec2(7.0, 0.0), Align2::LEFT_CENTER, "x₀", palette.base);
        }
        Portrait::Sylvester { q, r2, bias, .. } => {
            let columns = [[q[0], q[2]], [q[1], q[3]]];
            for (row, ink) in [palette.seen, palette.positive].into_iter().enumerate() {
                let normal = [0, 1].map(|axis| r2[2 * row] * columns[0][axis] + r2[2 * row + 1] * columns[1][axis]);
                hyperplane(plane, normal, bias[row], ink, false);
                arrow(plane, [0.0; 2], columns[row], Stroke::new(2.5, ink));
                let name = if row == 0 { "q₁" } else { "q₂" };
                plane.text(columns[row], vec2(6.0, 0.0), Align2::LEFT_CENTER, name, ink);
            }
        }
        Portrait::Residual { field, .. } => {
            for (from, g) in places().into_iter().zip(field) {
                let from = from.map(f64::from);
                arrow(plane, from, [from[0] + f64::from(g[0]), from[1] + f64::from(g[1])], Stroke::new(1.2, palette.seen));
            }
        }
        Portrait::Motion { paths } => {
            for path in paths {
                plane.polyline(path, Stroke::new(1.4, palette.seen));
                plane.points(&path[path.len() - 1..], 1.8, palette.seen);
            }
        }
        Portrait::Linear([origin, first, second]) => {
            let far = [first[0] + second[0] - origin[0], first[1] + second[1] - origin[1]];
            let square = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]];
            plane.polyline(&square, Stroke::new(1.5, palette.text_dim));
            plane.polygon(&[*origin, *first, far, *second], palette.seen.gamma_multiply(0.25), Stroke::new(2.0, palette.seen));
        }
    }
    arrow(plane, before.map(f64::from), after.map(f64::from), Stroke::new(2.5, palette.now));
    plane.probe(after.map(f64::from), palette.now);
}

/// The point of `normal'x + offset = 0` that is nearest to the origin.
fn nearest(normal: [f64; 2], offset: f64) -> [f64; 2] {
    let square = normal[0] * normal[0] + normal[1] * normal[1];
    normal.map(|v| -offset * v / square.max(1e-12))
}

/// The line `normal'x + offset = 0`, as far as it is in view.
fn hyperplane(plane: &Plane<'_>, normal: [f64; 2], offset: f64, ink: Color32, dashed: bool) {
    let foot = nearest(normal, offset);
    let length = normal[0].hypot(normal[1]).max(1e-9);
    let end = |far: f64| plane.to_screen([foot[0] - far * normal[1] / length, foot[1] + far * normal[0] / length]);
    let ends = [end(-20.0), end(20.0)];
    if !ends.iter().all(|end| end.is_finite()) {
    } else if dashed {
        plane.painter().extend(Shape::dashed_line(&ends, Stroke::new(1.0, ink), 5.0, 4.0));
    } else {
        plane.painter().line_segment(ends, Stroke::new(2.0, ink));
    }
}

/// An arrow whose head is seen even where it is short.
pub(in crate::labs::flow) fn arrow(plane: &Plane<'_>, from: [f64; 2], to: [f64; 2], stroke: Stroke) {
    let (a, b) = (plane.to_screen(from), plane.to_screen(to));
    let along = b - a;
    if !a.is_finite() || !b.is_finite() || along.length() < 0.5 {
        return;
    }
    plane.painter().line_segment([a, b], stroke);
    let back = along.normalized() * (0.35 * along.length()).clamp(2.0, 7.0);
    let side = 0.5 * vec2(-back.y, back.x);
    plane.painter().add(Shape::convex_polygon(vec![b, b - back + side, b - back - side], stroke.color, Stroke::NONE));
}
