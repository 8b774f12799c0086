//! A plane to look at: pan, zoom, fit; thousands of points in one mesh; a cursor that keys can move.

mod paint;

pub use paint::Plane;

use egui::{PointerButton, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2};
use serde::{Deserialize, Serialize};

use super::theme::Palette;

/// The window onto the plane. The same unit is equally long in both directions, y points up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The point in the middle.
    pub center: [f64; 2],
    /// Half of the shorter side, in the plane's units.
    pub reach: f64,
}

impl Default for View {
    fn default() -> Self {
        Self { center: [0.0, 0.0], reach: 3.0 }
    }
}

impl View {
    /// The window that shows all points with a margin; the default one if there are none.
    #[must_use]
    pub fn fit<'a>(points: impl IntoIterator<Item = &'a [f32; 2]>) -> Self {
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        for point in points {
            for axis in 0..2 {
                let v = f64::from(point[axis]);
                if v.is_finite() {
                    low[axis] = low[axis].min(v);
                    high[axis] = high[axis].max(v);
                }
            }
        }
        if low[0] > high[0] || low[1] > high[1] {
            return Self::default();
        }
        let reach = (0.5 * (high[0] - low[0]).max(high[1] - low[1]) * 1.15).max(0.05);
        Self { center: [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])], reach }
    }

    /// The plane's rectangle behind a screen rectangle: `[left, bottom, right, top]`.
    #[must_use]
    pub fn bounds(&self, screen: Rect) -> [f64; 4] {
        let scale = self.scale(screen);
        let (w, h) = (f64::from(screen.width()) * scale / 2.0, f64::from(screen.height()) * scale / 2.0);
        [self.center[0] - w, self.center[1] - h, self.center[0] + w, self.center[1] + h]
    }

    /// Units of the plane for one screen point.
    fn scale(&self, screen: Rect) -> f64 {
        2.0 * self.reach / f64::from(screen.width().min(screen.height()).max(1.0))
    }

    /// From the plane to the screen.
    #[must_use]
    pub fn to_screen(&self, screen: Rect, [x, y]: [f64; 2]) -> Pos2 {
        let scale = self.scale(screen);
        let middle = screen.center();
        // Far-off points would overflow the tessellator's arithmetic.
        let clamp = |v: f64| v.clamp(-1e5, 1e5) as f32;
        pos2(middle.x + clamp((x - self.center[0]) / scale), middle.y - clamp((y - self.center[1]) / scale))
    }

    /// From the screen to the plane.
    #[must_use]
    pub fn to_world(&self, screen: Rect, pos: Pos2) -> [f64; 2] {
        let scale = self.scale(screen);
        let offset = pos - screen.center();
        [self.center[0] + f64::from(offset.x) * scale, self.center[1] - f64::from(offset.y) * scale]
    }
}

/// What happened to a canvas in this frame.
pub struct CanvasResponse<R> {
    /// The widget's own response: `dragged_by(Primary)` and `clicked()` belong to the lab.
    pub response: Response,
    /// The square on screen.
    pub rect: Rect,
    /// The pointer in the plane, while it is over the canvas or drags from it.
    pub pointer: Option<[f64; 2]>,
    /// What the arrow keys ask the probe to move by, in the plane's units, while the canvas has the keyboard.
    pub nudge: Option<[f64; 2]>,
    /// What the drawing closure returned.
    pub inner: R,
}

/// A plot area with an accessible name.
pub struct Canvas2d<'a> {
    name: &'a str,
    summary: String,
    view: &'a mut View,
    size: Vec2,
    navigable: bool,
    axes: bool,
}

impl<'a> Canvas2d<'a> {
    /// A canvas onto the plane through `view`, `size` large.
    #[must_use]
    pub fn new(name: &'a str, view: &'a mut View, size: Vec2) -> Self {
        Self { name, summary: String::new(), view, size, navigable: true, axes: true }
    }

    /// What a screen reader says after the name.
    #[must_use]
    pub fn summary(mut self, summary: impl Into<String>) -> Self {
        self.summary = summary.into();
        self
    }

    /// Without pan and zoom (the latent plane, thumbnails).
    #[must_use]
    pub fn still(mut self) -> Self {
        self.navigable = false;
        self
    }

    /// Without ticks along the edges.
    #[must_use]
    pub fn no_axes(mut self) -> Self {
        self.axes = false;
        self
    }

    /// Draws. The closure is handed the plane; what it draws is clipped to the canvas.
    ///
    /// The wheel zooms at the pointer; the middle or right button, or the primary one with Shift, pans.
    pub fn show<R>(self, ui: &mut Ui, draw: impl FnOnce(&mut Plane<'_>) -> R) -> CanvasResponse<R> {
        let palette = Palette::of(ui);
        let (rect, response) = ui.allocate_exact_size(self.size, Sense::click_and_drag());
        let view = self.view;
        if self.navigable {
            navigate(ui, &response, rect, view);
        }
        let (right, down) = super::cursor::steps(ui, &response);
        let nudge = (right != 0 || down != 0).then(|| {
            let unit = view.reach / 60.0;
            [f64::from(right) * unit, -f64::from(down) * unit]
        });
        let painter = ui.painter_at(rect);
        let mut plane = Plane::new(painter, *view, rect, palette);
        let inner = draw(&mut plane);
        if self.axes {
            plane.ticks();
        }
        let line = if response.has_focus() { Stroke::new(2.0, palette.seen) } else { Stroke::new(1.0, palette.line) };
        ui.painter().rect_stroke(rect, 6.0, line, StrokeKind::Inside);
        let pointer = response.interact_pointer_pos().or(response.hover_pos()).map(|pos| view.to_world(rect, pos));
        let spoken = if self.summary.is_empty() { self.name.to_owned() } else { format!("{}. {}", self.name, self.summary) };
        response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, &spoken));
        CanvasResponse { response, rect, pointer, nudge, inner }
    }
}

fn navigate(ui: &Ui, response: &Response, rect: Rect, view: &mut View) {
    let shift = ui.input(|input| input.modifiers.shift);
    let pan = response.dragged_by(PointerButton::Middle)
        || response.dragged_by(PointerButton::Secondary)
        || (shift && response.dragged_by(PointerButton::Primary));
    if pan {
        let scale = view.scale(rect);
        let delta = response.drag_delta();
        view.center[0] -= f64::from(delta.x) * scale;
        view.center[1] += f64::from(delta.y) * scale;
    }
    if let Some(pos) = response.hover_pos() {
        let (scroll, pinch) = ui.input(|input| (input.smooth_scroll_delta().y, input.zoom_delta()));
        let factor = f64::from(pinch) * (f64::from(scroll) * 0.004).exp();
        if (factor - 1.0).abs() > 1e-9 {
            let fixed = view.to_world(rect, pos);
            view.reach = (view.reach / factor).clamp(1e-3, 1e4);
            let moved = view.to_world(rect, pos);
            view.center[0] += fixed[0] - moved[0];
            view.center[1] += fixed[1] - moved[1];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::vec2;

    #[test]
    fn screen_and_plane_are_inverse_and_y_points_up() {
        let screen = Rect::from_min_size(pos2(30.0, 40.0), vec2(400.0, 300.0));
        let view = View { center: [1.0, -2.0], reach: 3.0 };
        for point in [[0.0, 0.0], [1.0, -2.0], [3.5, 0.25]] {
            let back = view.to_world(screen, view.to_screen(screen, point));
            // Screen coordinates are f32: half a thousandth of a point is 1e-5 units here.
            assert!((back[0] - point[0]).abs() < 1e-4 && (back[1] - point[1]).abs() < 1e-4);
        }
        assert!(view.to_screen(screen, [0.0, 1.0]).y < view.to_screen(screen, [0.0, 0.0]).y);
        let [left, bottom, right, top] = view.bounds(screen);
        assert!((right - left - 8.0).abs() < 1e-9 && (top - bottom - 6.0).abs() < 1e-9);
    }

    #[test]
    fn fit_shows_every_finite_point_and_nothing_gives_the_default() {
        let view = View::fit(&[[-1.0, 0.0], [3.0, 1.0], [f32::NAN, 0.0]]);
        assert_eq!(view.center, [1.0, 0.5]);
        assert!(view.reach >= 2.0);
        assert_eq!(View::fit(&[]), View::default());
        assert!(View::fit(&[[2.0, 2.0]]).reach > 0.0);
    }
}
