//! The window without a window: runs the same app on a screen of any size, until its picture is settled.

use std::time::{Duration, Instant};

use egui::{ClippedPrimitive, Context, RawInput, Rect, Vec2, ViewportId};

use super::registry::{CHAPTERS, Chapter};
use super::{AppOptions, TractableApp};
use crate::ui::offscreen::{Picture, TextureMirror};

/// Between two frames while the worker computes.
const PAUSE: Duration = Duration::from_millis(12);
/// Frames in a row that must agree that nothing is missing: panels and galleys need two to find their sizes.
const CALM: usize = 4;
/// What a software rasteriser can do.
const MAX_TEXTURE_SIDE: usize = 8_192;

/// An app with its screen.
pub struct Stage {
    ctx: Context,
    app: TractableApp,
    size: Vec2,
    scale: f32,
    started: Instant,
}

/// What one frame gave.
pub struct Laid {
    /// Shapes, in points.
    pub shapes: Vec<egui::epaint::ClippedShape>,
    /// Pixels in a point.
    pub pixels_per_point: f32,
}

impl Stage {
    /// A screen of `size` logical pixels with `scale` physical ones for each.
    #[must_use]
    pub fn new(options: &AppOptions, size: Vec2, scale: f32) -> Stage {
        Stage::with_chapters(options, size, scale, CHAPTERS)
    }

    /// With other chapters: for tests.
    #[must_use]
    pub fn with_chapters(options: &AppOptions, size: Vec2, scale: f32, chapters: &'static [Chapter]) -> Stage {
        let ctx = Context::default();
        let app = TractableApp::with_chapters(&ctx, options, chapters);
        Stage { ctx, app, size, scale, started: Instant::now() }
    }

    /// The app.
    pub fn app(&mut self) -> (&mut TractableApp, &Context) {
        (&mut self.app, &self.ctx)
    }

    /// One frame.
    pub fn frame(&mut self) -> Laid {
        // The scale of the type makes points larger than logical pixels.
        let zoom = self.ctx.zoom_factor();
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(egui::Pos2::ZERO, self.size / zoom)),
            time: Some(self.started.elapsed().as_secs_f64()),
            max_texture_side: Some(MAX_TEXTURE_SIDE),
            focused: true,
            ..RawInput::default()
        };
        input.viewports.entry(ViewportId::ROOT).or_default().native_pixels_per_point = Some(self.scale);
        self.app.advance(&self.ctx);
        let app = &mut self.app;
        let mut output = self.ctx.run_ui(input, |ui| app.show(ui));
        output.textures_delta.clear();
        Laid { shapes: std::mem::take(&mut output.shapes), pixels_per_point: output.pixels_per_point }
    }

    /// Runs until the picture waits for nothing; false if the time ran out first.
    pub fn settle(&mut self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        let mut calm = 0;
        while calm < CALM {
            self.frame();
            calm = if self.app.settled() { calm + 1 } else { 0 };
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(PAUSE);
        }
        true
    }

    /// The present picture as data for a painter; only the canvas if `canvas`.
    pub fn picture(&mut self, canvas: bool) -> Picture {
        let laid = self.frame();
        let crop = if canvas { Some(self.app.canvas_rect()) } else { None };
        let ground = self.app.shared().palette().ground;
        let screen = self.size / self.ctx.zoom_factor();
        picture(&self.ctx, laid, screen, crop, ground)
    }
}

/// A picture of shapes on a screen of this size in points.
pub(super) fn picture(ctx: &Context, laid: Laid, screen: Vec2, crop: Option<Rect>, ground: egui::Color32) -> Picture {
    let scale = laid.pixels_per_point;
    let primitives: Vec<ClippedPrimitive> = ctx.tessellate(laid.shapes, scale);
    let textures = ctx.plugin_or_default::<TextureMirror>().lock().textures();
    let side = |points: f32| (points * scale).round().max(1.0) as u32;
    let crop = crop.map(|rect| [side(rect.left().max(0.0)), side(rect.top().max(0.0)), side(rect.width()), side(rect.height())]);
    Picture { primitives, textures, size: [side(screen.x), side(screen.y)], pixels_per_point: scale, ground, crop }
}
