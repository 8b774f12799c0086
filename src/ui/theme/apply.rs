//! The tokens as an egui style.

use std::collections::BTreeMap;

use egui::style::{Selection, TextCursorStyle, WidgetVisuals, Widgets};
use egui::{Color32, CornerRadius, FontFamily, FontId, Shadow, Stroke, TextStyle, Visuals};

use super::letters::key_style;
use super::{Palette, Theme};

/// Gives egui the colours, sizes and spacings of a theme.
pub fn install(ctx: &egui::Context, theme: Theme, reduced_motion: bool) {
    let palette = theme.palette();
    ctx.set_theme(if palette.dark { egui::Theme::Dark } else { egui::Theme::Light });
    ctx.all_styles_mut(|style| {
        style.visuals = visuals(palette);
        style.animation_time = if reduced_motion { 0.0 } else { 0.12 };
        style.text_styles = text_styles(theme);
        style.spacing.item_spacing = egui::vec2(8.0, 6.0);
        style.spacing.button_padding = egui::vec2(10.0, 4.0);
        style.spacing.interact_size.y = 24.0;
        style.spacing.slider_width = 120.0;
        style.spacing.slider_rail_height = 4.0;
        // Thin even under the pointer: a bar that grows over a number hides what is being taught.
        style.spacing.scroll = egui::style::ScrollStyle { bar_width: 4.0, ..egui::style::ScrollStyle::floating() };
        style.interaction.selectable_labels = false;
        style.interaction.tooltip_delay = 0.35;
        // The window opens on a moving picture; a scroll that glides on by itself costs frames and tells nothing.
        style.scroll_animation = egui::style::ScrollAnimation::none();
    });
    crate::ui::math::install_fonts(ctx);
    // Ctrl +/-/0 are commands of the table, so that the sheet and the palette know them.
    ctx.options_mut(|options| options.zoom_with_keyboard = false);
}

/// Sizes of type in points. In a lecture hall the smallest ones have 28 pixels on a screen of 1080 lines, and the key number 48.
fn text_styles(theme: Theme) -> BTreeMap<TextStyle, FontId> {
    let [small, body, button, monospace, heading, key] = match theme {
        Theme::Dark | Theme::Light => [11.0, 13.5, 13.0, 12.5, 15.5, 20.0],
        Theme::Projector => [14.0, 14.5, 14.0, 14.0, 16.0, 24.0],
    };
    [
        (TextStyle::Small, FontId::new(small, FontFamily::Proportional)),
        (TextStyle::Body, FontId::new(body, FontFamily::Proportional)),
        (TextStyle::Button, FontId::new(button, FontFamily::Proportional)),
        (TextStyle::Monospace, FontId::new(monospace, FontFamily::Monospace)),
        (TextStyle::Heading, FontId::new(heading, FontFamily::Proportional)),
        (key_style(), FontId::new(key, FontFamily::Monospace)),
    ]
    .into()
}

fn visuals(p: &Palette) -> Visuals {
    let mut v = if p.dark { Visuals::dark() } else { Visuals::light() };
    let corner = CornerRadius::same(8);
    let state = |fill: Color32, stroke: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, stroke),
        corner_radius: corner,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    v.widgets = Widgets {
        noninteractive: state(p.card, p.line, p.text),
        inactive: state(p.card, p.line, p.text),
        hovered: state(p.card_hover, p.seen, p.text),
        active: state(p.card_hover, p.seen, p.text),
        open: state(p.card_hover, p.line, p.text),
    };
    v.widgets.inactive.bg_fill = p.track;
    v.selection = Selection { bg_fill: p.seen.gamma_multiply(if p.dark { 0.45 } else { 0.25 }), stroke: Stroke::new(1.0, p.text) };
    v.weak_text_color = Some(p.text_dim);
    v.hyperlink_color = p.positive;
    v.faint_bg_color = p.panel;
    v.extreme_bg_color = p.card;
    v.code_bg_color = p.card;
    v.warn_fg_color = p.now;
    v.error_fg_color = p.blind;
    v.window_corner_radius = CornerRadius::same(12);
    v.window_fill = p.panel;
    v.window_stroke = Stroke::new(1.0, p.line);
    v.menu_corner_radius = CornerRadius::same(8);
    v.panel_fill = p.ground;
    v.window_shadow = Shadow { offset: [0, 8], blur: 24, spread: 0, color: Color32::from_black_alpha(if p.dark { 120 } else { 40 }) };
    v.popup_shadow = Shadow { offset: [0, 4], blur: 12, spread: 0, color: Color32::from_black_alpha(if p.dark { 100 } else { 30 }) };
    v.slider_trailing_fill = true;
    v.handle_shape = egui::style::HandleShape::Circle;
    v.text_cursor = TextCursorStyle { stroke: Stroke::new(2.0, p.now), blink: false, ..v.text_cursor };
    v
}
