//! Sizes of type: a drawing asks for the size that suits it and gets at least the smallest one of the theme.

use egui::{Context, FontId, TextStyle};

/// A size in points, or the theme's smallest: in a lecture hall nothing that is to be read may be smaller.
#[must_use]
pub fn size(ctx: &Context, points: f32) -> f32 {
    points.max(smallest(ctx))
}

/// The smallest size of type in points.
#[must_use]
pub fn smallest(ctx: &Context) -> f32 {
    ctx.global_style().text_styles.get(&TextStyle::Small).map_or(0.0, |font| font.size)
}

/// Letters of this size in points, or of the theme's smallest.
#[must_use]
pub fn proportional(ctx: &Context, points: f32) -> FontId {
    FontId::proportional(size(ctx, points))
}

/// Figures of this size in points, or of the theme's smallest.
#[must_use]
pub fn monospace(ctx: &Context, points: f32) -> FontId {
    FontId::monospace(size(ctx, points))
}

/// By how much the room around letters of this size must grow, so that the theme's smallest letters fit into it.
#[must_use]
pub fn stretch(ctx: &Context, points: f32) -> f32 {
    size(ctx, points) / points
}

/// Whether the theme's smallest letters are those of a lecture hall: then what the class must see comes before what can be scrolled to.
#[must_use]
pub fn of_a_hall(ctx: &Context) -> bool {
    stretch(ctx, 11.0) > 1.1
}

/// The name of the style of the key number.
#[must_use]
pub(super) fn key_style() -> TextStyle {
    TextStyle::Name("key number".into())
}

/// The type of the one number of a panel that everybody shall see.
#[must_use]
pub fn key(ctx: &Context) -> FontId {
    ctx.global_style().text_styles.get(&key_style()).cloned().unwrap_or(FontId::monospace(20.0))
}
