//! What can be drawn on a plane.

use egui::{Align2, Color32, Mesh, Painter, Pos2, Rect, Shape, Stroke, Vec2, pos2, vec2};

use super::View;
use crate::ui::heatmap::FieldTexture;
use crate::ui::pixel_grid::segment;
use crate::ui::theme::{Palette, letters};
use crate::ui::units::number;

/// The plane under a view, ready to draw on.
pub struct Plane<'a> {
    painter: Painter,
    view: View,
    rect: Rect,
    palette: &'a Palette,
}

impl<'a> Plane<'a> {
    pub(super) fn new(painter: Painter, view: View, rect: Rect, palette: &'a Palette) -> Self {
        Self { painter, view, rect, palette }
    }

    /// The theme's colours.
    #[must_use]
    pub fn palette(&self) -> &'a Palette {
        self.palette
    }

    /// The painter, for things in screen coordinates.
    #[must_use]
    pub fn painter(&self) -> &Painter {
        &self.painter
    }

    /// The canvas on screen.
    #[must_use]
    pub fn rect(&self) -> Rect {
        self.rect
    }

    /// What is in view: `[left, bottom, right, top]`.
    #[must_use]
    pub fn bounds(&self) -> [f64; 4] {
        self.view.bounds(self.rect)
    }

    /// A point of the plane on screen.
    #[must_use]
    pub fn to_screen(&self, point: [f64; 2]) -> Pos2 {
        self.view.to_screen(self.rect, point)
    }

    fn screen(&self, point: [f32; 2]) -> Pos2 {
        self.to_screen([f64::from(point[0]), f64::from(point[1])])
    }

    /// Many points as one mesh; what is out of view is left out.
    pub fn points(&self, points: &[[f32; 2]], radius: f32, color: Color32) {
        self.points_with(points, radius, |_| color);
    }

    /// Many points, each in its own colour.
    pub fn points_with(&self, points: &[[f32; 2]], radius: f32, color: impl Fn(usize) -> Color32) {
        let mut mesh = Mesh::default();
        let visible = self.rect.expand(radius);
        for (i, &point) in points.iter().enumerate() {
            let pos = self.screen(point);
            if point[0].is_finite() && point[1].is_finite() && visible.contains(pos) {
                disc(&mut mesh, pos, radius, color(i));
            }
        }
        self.painter.add(Shape::mesh(mesh));
    }

    /// An open line.
    pub fn polyline(&self, points: &[[f32; 2]], stroke: Stroke) {
        let finite = points.iter().filter(|p| p[0].is_finite() && p[1].is_finite());
        self.painter.add(Shape::line(finite.map(|&p| self.screen(p)).collect(), stroke));
    }

    /// A warped grid of `rows` by `cols` points (row by row) as hairlines in one mesh.
    pub fn grid(&self, nodes: &[[f32; 2]], rows: usize, cols: usize, width: f32, color: Color32) {
        if nodes.len() != rows * cols {
            return;
        }
        let screen: Vec<Pos2> = nodes.iter().map(|&p| self.screen(p)).collect();
        let mut mesh = Mesh::default();
        let mut line = |a: usize, b: usize| {
            let (from, to) = (screen[a], screen[b]);
            let bounds = Rect::from_two_pos(from, to);
            if from.is_finite() && to.is_finite() && self.rect.expand(2.0).intersects(bounds.expand(0.5)) {
                segment(&mut mesh, from, to, width, color);
            }
        };
        for row in 0..rows {
            for col in 0..cols {
                let here = row * cols + col;
                if col + 1 < cols {
                    line(here, here + 1);
                }
                if row + 1 < rows {
                    line(here, here + cols);
                }
            }
        }
        self.painter.add(Shape::mesh(mesh));
    }

    /// Quadrilaterals between the nodes of a warped grid, coloured by cell (`(rows-1) * (cols-1)` colours).
    pub fn cells(&self, nodes: &[[f32; 2]], rows: usize, cols: usize, colors: &[Color32]) {
        if rows < 2 || cols < 2 || nodes.len() != rows * cols || colors.len() != (rows - 1) * (cols - 1) {
            return;
        }
        let mut mesh = Mesh::default();
        for row in 0..rows - 1 {
            for col in 0..cols - 1 {
                let color = colors[row * (cols - 1) + col];
                let base = mesh.vertices.len() as u32;
                for node in [row * cols + col, row * cols + col + 1, (row + 1) * cols + col + 1, (row + 1) * cols + col] {
                    mesh.colored_vertex(self.screen(nodes[node]), color);
                }
                mesh.add_triangle(base, base + 1, base + 2);
                mesh.add_triangle(base, base + 2, base + 3);
            }
        }
        self.painter.add(Shape::mesh(mesh));
    }

    /// A filled polygon with a border; convex, or nearly so.
    pub fn polygon(&self, corners: &[[f32; 2]], fill: Color32, stroke: Stroke) {
        if corners.iter().all(|p| p[0].is_finite() && p[1].is_finite()) {
            let corners = corners.iter().map(|&p| self.screen(p)).collect();
            self.painter.add(Shape::convex_polygon(corners, fill, stroke));
        }
    }

    /// A circle with a radius in the plane's units.
    pub fn circle(&self, center: [f64; 2], radius: f64, stroke: Stroke) {
        let middle = self.to_screen(center);
        let edge = self.to_screen([center[0] + radius, center[1]]);
        self.painter.circle_stroke(middle, edge.x - middle.x, stroke);
    }

    /// A marked point: a ring around a dot, larger than the data's points.
    pub fn probe(&self, point: [f64; 2], color: Color32) {
        let pos = self.to_screen(point);
        self.painter.circle(pos, 5.0, color, Stroke::new(2.0, self.palette.ground));
        self.painter.circle_stroke(pos, 9.0, Stroke::new(2.0, color));
    }

    /// A field over the rectangle `[left, bottom, right, top]` of the plane.
    pub fn field(&self, texture: &FieldTexture, [left, bottom, right, top]: [f64; 4]) {
        let rect = Rect::from_two_pos(self.to_screen([left, top]), self.to_screen([right, bottom]));
        texture.paint(&self.painter, rect);
    }

    /// Words at a point, moved by `offset` on screen.
    pub fn text(&self, point: [f64; 2], offset: Vec2, align: Align2, text: &str, color: Color32) {
        self.painter.text(self.to_screen(point) + offset, align, text, letters::proportional(self.painter.ctx(), 12.0), color);
    }

    /// A message in the middle of an empty canvas.
    pub fn message(&self, text: &str) {
        let galley = self.painter.layout(
            text.to_owned(),
            letters::proportional(self.painter.ctx(), 14.0),
            self.palette.text_dim,
            self.rect.width() * 0.8,
        );
        self.painter.galley(self.rect.center() - galley.size() / 2.0, galley, self.palette.text_dim);
    }

    /// Straight grid lines of the plane at round numbers.
    pub fn rulings(&self, color: Color32) {
        let [left, bottom, right, top] = self.bounds();
        let step = round_step((right - left) / 6.0);
        let mut mesh = Mesh::default();
        for x in multiples(left, right, step) {
            let x = self.to_screen([x, 0.0]).x;
            segment(&mut mesh, pos2(x, self.rect.top()), pos2(x, self.rect.bottom()), 1.0, color);
        }
        for y in multiples(bottom, top, step) {
            let y = self.to_screen([0.0, y]).y;
            segment(&mut mesh, pos2(self.rect.left(), y), pos2(self.rect.right(), y), 1.0, color);
        }
        self.painter.add(Shape::mesh(mesh));
    }

    /// A number at an edge, on a ground of its own: below it a density may be as dark as its letters.
    fn tick(&self, at: Pos2, align: Align2, text: &str) {
        let (font, ink) = (letters::monospace(self.painter.ctx(), 10.0), self.palette.text_dim);
        let galley = self.painter.layout_no_wrap(text.to_owned(), font, ink);
        let place = align.anchor_size(at, galley.size());
        self.painter.rect_filled(place.expand2(vec2(2.0, -1.0)), 3.0, self.palette.ground.gamma_multiply(0.8));
        self.painter.galley(place.min, galley, ink);
    }

    /// Numbers along the lower and the left edge.
    pub(super) fn ticks(&self) {
        let [left, bottom, right, top] = self.bounds();
        let step = round_step((right - left) / 5.0);
        let decimals = (-step.log10().floor()).clamp(0.0, 4.0) as usize;
        let color = self.palette.text_dim;
        for x in multiples(left, right, step) {
            let at = pos2(self.to_screen([x, 0.0]).x, self.rect.bottom());
            if (at.x - self.rect.left()).min(self.rect.right() - at.x) > 24.0 {
                self.painter.vline(at.x, at.y - 4.0..=at.y, Stroke::new(1.0, color));
                self.tick(at - vec2(0.0, 5.0), Align2::CENTER_BOTTOM, &number(x, decimals));
            }
        }
        for y in multiples(bottom, top, step) {
            let at = pos2(self.rect.left(), self.to_screen([0.0, y]).y);
            if (at.y - self.rect.top()).min(self.rect.bottom() - at.y) > 24.0 {
                self.painter.hline(at.x..=at.x + 4.0, at.y, Stroke::new(1.0, color));
                self.tick(at + vec2(8.0, 0.0), Align2::LEFT_CENTER, &number(y, decimals));
            }
        }
    }
}

/// 1, 2 or 5 times a power of ten, at least as large as asked.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.max(1e-12).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|&s| s >= least * 0.999).unwrap_or(10.0 * power)
}

fn multiples(low: f64, high: f64, step: f64) -> impl Iterator<Item = f64> {
    let first = (low / step).ceil();
    // A degenerate view must not make millions of lines.
    let count = ((high / step).floor() - first + 1.0).clamp(0.0, 200.0) as usize;
    (0..count).map(move |i| (first + i as f64) * step)
}

/// A dot: a square below two pixels, where nobody sees corners, else an octagon.
fn disc(mesh: &mut Mesh, center: Pos2, radius: f32, color: Color32) {
    if radius <= 1.1 {
        mesh.add_colored_rect(Rect::from_center_size(center, Vec2::splat(radius * 1.8)), color);
        return;
    }
    const UNIT: [[f32; 2]; 8] =
        [[1.0, 0.0], [0.707, 0.707], [0.0, 1.0], [-0.707, 0.707], [-1.0, 0.0], [-0.707, -0.707], [0.0, -1.0], [0.707, -0.707]];
    let base = mesh.vertices.len() as u32;
    for [x, y] in UNIT {
        mesh.colored_vertex(center + vec2(x, y) * radius, color);
    }
    for i in 1..7 {
        mesh.add_triangle(base, base + i, base + i + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_cover_the_view() {
        assert_eq!(round_step(0.9), 1.0);
        assert_eq!(round_step(1.1), 2.0);
        assert_eq!(round_step(0.03), 0.05);
        assert_eq!(multiples(-1.0, 1.0, 0.5).collect::<Vec<_>>(), [-1.0, -0.5, 0.0, 0.5, 1.0]);
        assert!(multiples(f64::NEG_INFINITY, 1.0, 0.5).count() <= 200);
    }
}
