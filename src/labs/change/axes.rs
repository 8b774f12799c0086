//! The classical picture: the map in a square, the density of x below it and the density of y at its left, on the same axes.

use egui::{Align2, Color32, Mesh, Painter, Pos2, Rect, Shape, Stroke, pos2, vec2};

use crate::ui::theme::{Palette, letters};
use crate::ui::units::number;

/// Places along a curve.
pub(super) const PLACES: usize = 400;

/// Where the three pictures lie, and their scales. One unit of density is as long below as at the left.
pub(super) struct Axes {
    pub(super) main: Rect,
    pub(super) below: Rect,
    pub(super) left: Rect,
    pub(super) x: [f64; 2],
    pub(super) y: [f64; 2],
    /// The density that fills a strip.
    pub(super) top: f64,
}

impl Axes {
    /// Three pictures in a square rectangle; `margin` is the room for numbers along the outer edges.
    pub(super) fn new(rect: Rect, margin: [f32; 2], [x, y]: [[f64; 2]; 2], top: f64) -> Axes {
        let gap = 10.0;
        let room = Rect::from_min_max(rect.min + vec2(margin[0], 2.0), rect.max - vec2(2.0, margin[1]));
        // A true square: areas below and at the left can be compared by eye where both axes have the same unit.
        let inner = Rect::from_min_size(room.min, egui::Vec2::splat(room.width().min(room.height())));
        let strip = 0.3 * inner.width();
        let corner = pos2(inner.left() + strip + gap, inner.bottom() - strip - gap);
        Axes {
            main: Rect::from_min_max(pos2(corner.x, inner.top()), pos2(inner.right(), corner.y)),
            below: Rect::from_min_max(pos2(corner.x, corner.y + gap), inner.max),
            left: Rect::from_min_max(inner.min, pos2(inner.left() + strip, corner.y)),
            x,
            y,
            top,
        }
    }

    /// Across.
    pub(super) fn sx(&self, x: f64) -> f32 {
        let t = (x - self.x[0]) / (self.x[1] - self.x[0]);
        self.main.left() + t.clamp(-2.0, 3.0) as f32 * self.main.width()
    }

    /// Upwards.
    pub(super) fn sy(&self, y: f64) -> f32 {
        let t = (y - self.y[0]) / (self.y[1] - self.y[0]);
        self.main.bottom() - t.clamp(-2.0, 3.0) as f32 * self.main.height()
    }

    /// A point of the map.
    pub(super) fn point(&self, x: f64, y: f64) -> Pos2 {
        pos2(self.sx(x), self.sy(y))
    }

    /// x under the pointer.
    pub(super) fn x_at(&self, pos: Pos2) -> f64 {
        let t = f64::from((pos.x - self.main.left()) / self.main.width());
        self.x[0] + t * (self.x[1] - self.x[0])
    }

    /// y under the pointer.
    pub(super) fn y_at(&self, pos: Pos2) -> f64 {
        let t = f64::from((self.main.bottom() - pos.y) / self.main.height());
        self.y[0] + t * (self.y[1] - self.y[0])
    }

    /// Length of a density on the screen; what does not fit ends at the edge of its strip.
    fn length(&self, density: f64) -> f32 {
        (density / self.top).clamp(0.0, 1.0) as f32 * self.below.height()
    }

    /// The upper edge of the density of x.
    pub(super) fn over(&self, x: f64, density: f64) -> Pos2 {
        pos2(self.sx(x), self.below.bottom() - self.length(density))
    }

    /// The right edge of the density of y.
    pub(super) fn beside(&self, y: f64, density: f64) -> Pos2 {
        pos2(self.left.left() + self.length(density), self.sy(y))
    }

    /// Fills what lies between the axis and the density over `[from, to]` of x.
    pub(super) fn fill_below(&self, painter: &Painter, [from, to]: [f64; 2], density: &dyn Fn(f64) -> f64, color: Color32) {
        let edge =
            samples(from.max(self.x[0]), to.min(self.x[1])).map(|x| (pos2(self.sx(x), self.below.bottom()), self.over(x, density(x))));
        ribbon(painter, edge, color);
    }

    /// Fills what lies between the axis and the density over `[from, to]` of y.
    pub(super) fn fill_left(&self, painter: &Painter, [from, to]: [f64; 2], density: &dyn Fn(f64) -> f64, color: Color32) {
        let edge =
            samples(from.max(self.y[0]), to.min(self.y[1])).map(|y| (pos2(self.left.left(), self.sy(y)), self.beside(y, density(y))));
        ribbon(painter, edge, color);
    }

    /// Frames, and numbers along both axes.
    pub(super) fn paint(&self, painter: &Painter, palette: &Palette) {
        let font = letters::monospace(painter.ctx(), 10.5);
        for rect in [self.main, self.below, self.left] {
            painter.rect_filled(rect, 2.0, palette.ground);
        }
        let hairline = Stroke::new(1.0, palette.line);
        // A number needs the room of about four letters.
        let wide = (self.main.width() / (4.2 * font.size)).clamp(2.0, 7.0);
        for (x, text) in ticks(self.x, wide) {
            let at = self.sx(x);
            painter.vline(at, self.main.y_range(), hairline);
            painter.vline(at, self.below.y_range(), hairline);
            painter.text(pos2(at, self.below.bottom() + 3.0), Align2::CENTER_TOP, text, font.clone(), palette.text_dim);
        }
        let tall = (self.main.height() / (2.4 * font.size)).clamp(2.0, 7.0);
        for (y, text) in ticks(self.y, tall) {
            let at = self.sy(y);
            painter.hline(self.main.x_range(), at, hairline);
            painter.hline(self.left.x_range(), at, hairline);
            painter.text(pos2(self.left.left() - 4.0, at), Align2::RIGHT_CENTER, text, font.clone(), palette.text_dim);
        }
        let edge = Stroke::new(1.5, palette.text_dim);
        painter.hline(self.below.x_range(), self.below.bottom(), edge);
        painter.vline(self.left.left(), self.left.y_range(), edge);
        for rect in [self.main, self.below, self.left] {
            painter.rect_stroke(rect, 2.0, hairline, egui::StrokeKind::Inside);
        }
    }
}

/// Places from one end to the other, ends included and the ends of a jump just inside.
fn samples(from: f64, to: f64) -> impl Iterator<Item = f64> {
    let count = if to > from { PLACES } else { 0 };
    (0..count).map(move |i| from + (to - from) * i as f64 / (PLACES - 1) as f64)
}

/// A filled band between two edges.
fn ribbon(painter: &Painter, edges: impl Iterator<Item = (Pos2, Pos2)>, color: Color32) {
    let mut mesh = Mesh::default();
    for (i, (a, b)) in edges.enumerate() {
        let k = 2 * i as u32;
        mesh.colored_vertex(a, color);
        mesh.colored_vertex(b, color);
        if i > 0 {
            mesh.add_triangle(k - 2, k - 1, k);
            mesh.add_triangle(k - 1, k, k + 1);
        }
    }
    painter.add(Shape::mesh(mesh));
}

/// Round numbers within a window, at most about `most` of them.
fn ticks([low, high]: [f64; 2], most: f32) -> Vec<(f64, String)> {
    let least = (high - low) / f64::from(most);
    let power = 10f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|&s| s >= least).unwrap_or(10.0 * power);
    let decimals = (-step.log10().floor()).clamp(0.0, 4.0) as usize;
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last).map(|i| (i as f64 * step, number(i as f64 * step, decimals))).collect()
}
