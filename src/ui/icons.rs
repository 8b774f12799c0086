//! Round buttons with painted signs: sharp at any size, in any theme, and always with a name.

use egui::{Color32, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::theme::Palette;

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// To the beginning.
    Home,
    /// One step back.
    Back,
    /// Run.
    Play,
    /// Pause.
    Pause,
    /// One step.
    Step,
    /// To the end.
    End,
    /// A die: other noise.
    Dice,
    /// A cross: close.
    Close,
    /// Two panels: fold the sides.
    Panels,
}

/// A round button of `diameter` points; `strong` fills it with the running colour. `name` is what a screen reader says.
pub fn icon_button(ui: &mut Ui, icon: Icon, name: &str, diameter: f32, strong: bool) -> Response {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(diameter, diameter), Sense::click());
    if ui.is_rect_visible(rect) {
        let hovered = response.hovered() || response.is_pointer_button_down_on();
        let (fill, ink) = match (strong, hovered) {
            (true, _) => (palette.seen, palette.on_accent),
            (false, true) => (palette.card_hover, palette.text),
            (false, false) => (palette.card, palette.text),
        };
        let line = if hovered { palette.seen } else { palette.line };
        ui.painter().circle(rect.center(), diameter / 2.0 - 0.5, fill, Stroke::new(1.0, line));
        if response.has_focus() {
            ui.painter().circle_stroke(rect.center(), diameter / 2.0 + 2.0, Stroke::new(2.0, palette.now));
        }
        paint(ui.painter(), rect.center(), diameter * 0.19, icon, ink);
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    response.on_hover_cursor(egui::CursorIcon::PointingHand)
}

/// Paints a sign around `c`, reaching `r` to each side.
pub fn paint(painter: &Painter, c: Pos2, r: f32, icon: Icon, ink: Color32) {
    let triangle = |x: f32, toward: f32| {
        let tip = pos2(c.x + x + toward * r, c.y);
        let base = c.x + x - toward * r * 0.75;
        Shape::convex_polygon(vec![pos2(base, c.y - r * 1.05), tip, pos2(base, c.y + r * 1.05)], ink, Stroke::NONE)
    };
    let bar = |x: f32| Shape::rect_filled(Rect::from_center_size(pos2(c.x + x, c.y), vec2((r * 0.36).max(2.0), r * 2.1)), 0.5, ink);
    match icon {
        Icon::Play => drop(painter.add(triangle(r * 0.12, 1.25))),
        Icon::Pause => painter.extend([bar(-r * 0.5), bar(r * 0.5)]),
        Icon::Back => drop(painter.add(triangle(-r * 0.1, -1.0))),
        Icon::Step => drop(painter.add(triangle(r * 0.1, 1.0))),
        Icon::Home => painter.extend([bar(-r * 0.95), triangle(r * 0.25, -1.0)]),
        Icon::End => painter.extend([triangle(-r * 0.25, 1.0), bar(r * 0.95)]),
        Icon::Dice => {
            let square = Rect::from_center_size(c, vec2(r * 2.3, r * 2.3));
            painter.rect_stroke(square, 2.0, Stroke::new(1.4, ink), StrokeKind::Middle);
            for (x, y) in [(-0.5, -0.5), (0.0, 0.0), (0.5, 0.5)] {
                painter.circle_filled(c + vec2(x, y) * r, r * 0.2, ink);
            }
        }
        Icon::Close => {
            let stroke = Stroke::new(1.6, ink);
            painter.line_segment([c + vec2(-r, -r) * 0.8, c + vec2(r, r) * 0.8], stroke);
            painter.line_segment([c + vec2(-r, r) * 0.8, c + vec2(r, -r) * 0.8], stroke);
        }
        Icon::Panels => {
            let outer = Rect::from_center_size(c, vec2(r * 2.6, r * 2.0));
            painter.rect_stroke(outer, 2.0, Stroke::new(1.4, ink), StrokeKind::Middle);
            painter.vline(c.x - r * 0.6, outer.y_range(), Stroke::new(1.4, ink));
            painter.vline(c.x + r * 0.6, outer.y_range(), Stroke::new(1.4, ink));
        }
    }
}
