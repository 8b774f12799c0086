//! A scalar field as a texture: one upload when the numbers change, one quad a frame.

use egui::{Color32, ColorImage, Context, Painter, Pos2, Rect, TextureHandle, TextureId, TextureOptions, pos2};

use super::colormap::Scale;

/// What a texture was made from: it is uploaded again only if this differs.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stamp {
    version: u64,
    scale: Option<Scale>,
    dark: bool,
    size: [usize; 2],
}

/// A field of numbers or colours that lives on the graphics card.
#[derive(Clone, Default)]
pub struct FieldTexture {
    handle: Option<TextureHandle>,
    stamp: Option<Stamp>,
    fade: f32,
}

impl FieldTexture {
    /// Makes values in the lowest part of the range transparent, so that the canvas's ground shows where there is (almost) nothing:
    /// opacity rises linearly over this fraction of the range. 0 (the default) paints every value.
    #[must_use]
    pub fn fading(mut self, fraction: f32) -> Self {
        self.fade = fraction;
        self
    }

    /// Uploads `values`, `[height, width]` row by row with row 0 at the top, if `version`, scale, theme or size changed since the last call.
    ///
    /// `smooth` interpolates between texels (densities); otherwise every texel is a square (pixels). A size that does not fit is not drawn.
    #[expect(
        clippy::too_many_arguments,
        reason = "a field is its numbers, their shape, their meaning and their look; a struct would only rename that"
    )]
    pub fn set_values(
        &mut self,
        ctx: &Context,
        version: u64,
        [width, height]: [usize; 2],
        values: &[f32],
        scale: Scale,
        dark: bool,
        smooth: bool,
    ) {
        let stamp = Stamp { version, scale: Some(scale), dark, size: [width, height] };
        if self.stamp == Some(stamp) || values.len() != width * height {
            return;
        }
        let range = (scale.high - scale.low).max(f32::MIN_POSITIVE);
        let pixels = values
            .iter()
            .map(|&value| {
                let color = scale.color(value, dark);
                if self.fade > 0.0 { color.gamma_multiply(((value - scale.low) / range / self.fade).clamp(0.0, 1.0)) } else { color }
            })
            .collect();
        self.upload(ctx, stamp, pixels, smooth);
    }

    /// Uploads colours instead of values, under the same rules.
    pub fn set_colors(&mut self, ctx: &Context, version: u64, [width, height]: [usize; 2], colors: &[Color32], smooth: bool) {
        let stamp = Stamp { version, scale: None, dark: false, size: [width, height] };
        if self.stamp != Some(stamp) && colors.len() == width * height {
            self.upload(ctx, stamp, colors.to_vec(), smooth);
        }
    }

    fn upload(&mut self, ctx: &Context, stamp: Stamp, pixels: Vec<Color32>, smooth: bool) {
        let limit = ctx.input(|input| input.max_texture_side);
        if pixels.is_empty() || stamp.size[0] > limit || stamp.size[1] > limit {
            self.handle = None;
        } else {
            let image = ColorImage::new(stamp.size, pixels);
            let options = if smooth { TextureOptions::LINEAR } else { TextureOptions::NEAREST };
            match &mut self.handle {
                Some(handle) => handle.set(image, options),
                None => self.handle = Some(ctx.load_texture("field", image, options)),
            }
        }
        self.stamp = Some(stamp);
    }

    /// Forgets the field; nothing is drawn until the next upload.
    pub fn clear(&mut self) {
        self.handle = None;
        self.stamp = None;
    }

    /// The texture, if there is one.
    #[must_use]
    pub fn id(&self) -> Option<TextureId> {
        self.handle.as_ref().map(TextureHandle::id)
    }

    /// Draws the whole field into a rectangle.
    pub fn paint(&self, painter: &Painter, rect: Rect) {
        self.paint_tinted(painter, rect, Color32::WHITE);
    }

    /// Draws the whole field into a rectangle, multiplied by a colour (to dim it, say).
    pub fn paint_tinted(&self, painter: &Painter, rect: Rect, tint: Color32) {
        if let Some(id) = self.id() {
            painter.image(id, rect, Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0)), tint);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::colormap::{Colormap, Scale};

    #[test]
    fn uploads_only_what_changed_and_survives_a_wrong_size() {
        let ctx = Context::default();
        let mut field = FieldTexture::default();
        let scale = Scale::new(Colormap::Density, 0.0, 1.0);
        field.set_values(&ctx, 1, [2, 2], &[0.0; 3], scale, true, true);
        assert!(field.id().is_none(), "three numbers are no 2x2 field");
        field.set_values(&ctx, 1, [2, 2], &[0.0, 0.5, 1.0, f32::NAN], scale, true, true);
        let id = field.id();
        assert!(id.is_some());
        field.set_values(&ctx, 2, [2, 1], &[0.0, 0.5], scale, true, true);
        assert_eq!(field.id(), id, "the texture is reused");
    }
}
