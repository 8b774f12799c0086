//! A grid and a little square under maps of the plane, for the pages that show them.

use egui::{Color32, Stroke};

use crate::flows::maps::{Matrix, PlaneMap, area, det, product};
use crate::ui::canvas2d::Plane;
use crate::ui::colormap::Scale;
use crate::ui::theme::Palette;

/// The grid reaches from -3 to 3 in steps of a quarter; every second line is drawn.
const NODES: usize = 25;
const REACH: f64 = 3.0;
/// Pieces of an edge of the square.
const EDGE: usize = 16;
/// Pieces of the square's fill along an edge.
const FILL: usize = 8;
/// The range of the colours of log |det J|.
pub(super) const SCALE: Scale = Scale { map: crate::ui::colormap::Colormap::Signed, low: -1.5, high: 1.5 };

/// Several maps, one after the other.
pub(super) fn through(maps: &[PlaneMap], x: [f64; 2]) -> [f64; 2] {
    maps.iter().fold(x, |x, map| map.forward(x))
}

/// The Jacobian of several maps, one after the other.
pub(super) fn jacobian(maps: &[PlaneMap], x: [f64; 2]) -> Matrix {
    let start = ([[1.0, 0.0], [0.0, 1.0]], x);
    maps.iter().fold(start, |(so_far, x), map| (product(&map.jacobian(x), &so_far), map.forward(x))).0
}

fn single([x, y]: [f64; 2]) -> [f32; 2] {
    [x as f32, y as f32]
}

/// The grid of x-space as the maps leave it; its cells coloured by `log |det J|` if asked.
pub(super) fn grid(plane: &Plane<'_>, maps: &[PlaneMap], shade: bool) {
    let palette = plane.palette();
    let place = |i: usize| -REACH + 2.0 * REACH * i as f64 / (NODES - 1) as f64;
    let at = |k: usize| [place(k % NODES), place(k / NODES)];
    if shade {
        let nodes: Vec<[f32; 2]> = (0..NODES * NODES).map(|k| single(through(maps, at(k)))).collect();
        let half = REACH / (NODES - 1) as f64;
        let color = |cell: usize| {
            let [x, y] = [place(cell % (NODES - 1)), place(cell / (NODES - 1))];
            let log = det(&jacobian(maps, [x + half, y + half])).abs().ln();
            SCALE.color(log as f32, palette.dark).gamma_multiply(0.6)
        };
        let colors: Vec<Color32> = (0..(NODES - 1) * (NODES - 1)).map(color).collect();
        plane.cells(&nodes, NODES, NODES, &colors);
    }
    let line = Stroke::new(1.0, palette.text_dim.gamma_multiply(0.55));
    for i in (0..NODES).step_by(2) {
        // Finer along the line than across.
        let fine = (0..4 * NODES - 3).map(|j| -REACH + 2.0 * REACH * j as f64 / (4 * NODES - 4) as f64);
        let across: Vec<[f32; 2]> = fine.clone().map(|x| single(through(maps, [x, place(i)]))).collect();
        let up: Vec<[f32; 2]> = fine.map(|y| single(through(maps, [place(i), y]))).collect();
        plane.polyline(&across, line);
        plane.polyline(&up, line);
    }
}

/// A square around a place.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Square {
    pub(super) center: [f64; 2],
    pub(super) side: f64,
}

impl Square {
    /// A place inside, `u` and `v` from 0 to 1.
    fn at(&self, u: f64, v: f64) -> [f64; 2] {
        [self.center[0] + (u - 0.5) * self.side, self.center[1] + (v - 0.5) * self.side]
    }

    /// Its outline as the maps leave it, counter-clockwise before them.
    pub(super) fn outline(&self, maps: &[PlaneMap]) -> Vec<[f64; 2]> {
        let edge = |from: [f64; 2], to: [f64; 2]| {
            (0..EDGE).map(move |i| {
                let t = i as f64 / EDGE as f64;
                [from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])]
            })
        };
        let corners = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        let around = (0..4).flat_map(|i| edge(corners[i], corners[(i + 1) % 4]));
        around.map(|[u, v]| through(maps, self.at(u, v))).collect()
    }

    /// Signed area of its image by its area: measured, to be compared with the determinant.
    pub(super) fn ratio(&self, maps: &[PlaneMap]) -> f64 {
        area(&self.outline(maps)) / (self.side * self.side)
    }

    /// Draws it, filled, with a dot on its lower left corner.
    pub(super) fn paint(&self, plane: &Plane<'_>, maps: &[PlaneMap], color: Color32) {
        let unit = |i: usize| i as f64 / FILL as f64;
        let node = |k: usize| single(through(maps, self.at(unit(k % (FILL + 1)), unit(k / (FILL + 1)))));
        let nodes: Vec<[f32; 2]> = (0..(FILL + 1) * (FILL + 1)).map(node).collect();
        plane.cells(&nodes, FILL + 1, FILL + 1, &[color.gamma_multiply(0.45); FILL * FILL]);
        let mut outline: Vec<[f32; 2]> = self.outline(maps).into_iter().map(single).collect();
        outline.push(outline[0]);
        plane.polyline(&outline, Stroke::new(2.0, color));
        plane.points(&outline[..1], 4.0, color);
    }

    /// The parallelogram that the Jacobian makes of it.
    pub(super) fn paint_linear(&self, plane: &Plane<'_>, maps: &[PlaneMap], palette: &Palette) {
        let (m, y) = (jacobian(maps, self.center), through(maps, self.center));
        let corner = |u: f64, v: f64| {
            let [a, b] = [(u - 0.5) * self.side, (v - 0.5) * self.side];
            plane.to_screen([y[0] + m[0][0] * a + m[0][1] * b, y[1] + m[1][0] * a + m[1][1] * b])
        };
        let around = [corner(0.0, 0.0), corner(1.0, 0.0), corner(1.0, 1.0), corner(0.0, 1.0), corner(0.0, 0.0)];
        plane.painter().extend(egui::Shape::dashed_line(&around, Stroke::new(1.5, palette.text), 5.0, 4.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_s_square_changes_its_area_by_the_product_of_determinants() {
        let maps = [PlaneMap::Linear([[0.5, -1.0], [1.0, 0.3]]), PlaneMap::CoupleSecond, PlaneMap::Swirl, PlaneMap::CoupleFirst];
        let square = Square { center: [0.4, -0.7], side: 1e-3 };
        let mut at = square.center;
        let mut factors = 1.0;
        for map in &maps {
            factors *= det(&map.jacobian(at));
            at = map.forward(at);
        }
        assert!((det(&jacobian(&maps, square.center)) - factors).abs() < 1e-12);
        assert!((square.ratio(&maps) - factors).abs() < 1e-5 * factors.abs(), "{} and {factors}", square.ratio(&maps));
    }
}
