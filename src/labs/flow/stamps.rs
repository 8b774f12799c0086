//! Points from words and from pictures: both become dabs of the drawing, dense where there is ink.

use std::path::Path;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use egui::{Color32, Context, FontId, Rect, pos2};

use super::tools::FINE;
use super::{FlowLab, Shared};
use crate::data::drawing::MAX_DABS;
use crate::data::{Darkness, load_darkness};
use crate::ui::units::count;

/// Half of the longer side of what is stamped, units of the plane.
const HALF: f32 = 2.6;
/// Points of one stamp.
const POINTS: usize = 2_000;
/// Height of the letters that are sampled, points of the screen.
const LETTERS: f32 = 48.0;
/// Pictures are reduced to this many pixels a side: finer than the dabs.
const SIDE: u32 = 256;

/// The words to stamp, and a picture that is being read.
pub(super) struct Stamps {
    pub(super) text: String,
    reading: Option<Receiver<Result<Darkness, String>>>,
}

impl Default for Stamps {
    fn default() -> Stamps {
        Stamps { text: "z".into(), reading: None }
    }
}

/// Whether a file's name says that it is a picture.
pub(super) fn is_picture(path: &Path) -> bool {
    path.extension().is_some_and(|e| ["png", "jpg", "jpeg", "gif"].iter().any(|known| e.eq_ignore_ascii_case(known)))
}

impl FlowLab {
    /// Draws the words that were typed.
    pub(super) fn stamp_text(&mut self, ctx: &Context, shared: &mut Shared) {
        let darkness = letters(ctx, self.tools.stamps.text.trim());
        if darkness.total() > 0.0 {
            self.stamp(&darkness, shared);
        } else {
            shared.warn("There is nothing to draw in this text; type some letters first.");
        }
    }

    /// Reads a picture on a thread of its own; [`poll_stamps`](Self::poll_stamps) draws it.
    pub(super) fn stamp_picture(&mut self, path: &Path, ctx: &Context) {
        let (sender, receiver) = channel();
        let (path, ctx) = (path.to_owned(), ctx.clone());
        let work = move || {
            // The lab may be gone by now.
            let _ = sender.send(load_darkness(&path, SIDE).map_err(|error| error.to_string()));
            ctx.request_repaint();
        };
        if std::thread::Builder::new().name("picture".into()).spawn(work).is_ok() {
            self.tools.stamps.reading = Some(receiver);
        }
    }

    /// Draws a picture that has been read.
    pub(super) fn poll_stamps(&mut self, shared: &mut Shared) {
        match self.tools.stamps.reading.as_ref().map(Receiver::try_recv) {
            Some(Ok(Ok(darkness))) => {
                self.tools.stamps.reading = None;
                self.stamp(&darkness, shared);
            }
            Some(Ok(Err(why))) => {
                self.tools.stamps.reading = None;
                shared.warn(why);
            }
            Some(Err(TryRecvError::Disconnected)) => self.tools.stamps.reading = None,
            Some(Err(TryRecvError::Empty)) | None => {}
        }
    }

    /// Adds a picture's points to the drawing, as many as it still holds.
    fn stamp(&mut self, darkness: &Darkness, shared: &mut Shared) {
        let room = self.tools.drawing.room();
        let n = POINTS.min(room);
        if n < POINTS {
            let (cap, n) = (count(MAX_DABS as u64), count(n as u64));
            shared.warn(format!("A drawing holds {cap} points, so only {n} of {} were added; erase some first.", count(POINTS as u64)));
        }
        let stamps = self.tools.drawing.strokes().len() as u64;
        let points = darkness.points(n, HALF, self.lesson.seed.wrapping_add(stamps));
        self.tools.drawing.scatter(points, FINE);
        self.tools.drawing.colour(self.desk.classes.brush);
        self.fit_next = !self.shows_drawing();
        self.tell(true);
    }
}

/// The ink of one line of text, read from the pixels that the window's own font is drawn with.
fn letters(ctx: &Context, text: &str) -> Darkness {
    let (galley, image) = ctx.fonts_mut(|fonts| {
        let galley = fonts.layout_no_wrap(text.to_owned(), FontId::proportional(LETTERS), Color32::WHITE);
        (galley, fonts.image())
    });
    let scale = ctx.pixels_per_point();
    let glyphs = galley.rows.iter().flat_map(|row| row.row.glyphs.iter().map(move |glyph| (row.pos, glyph)));
    let placed: Vec<(Rect, [u16; 2], [u16; 2])> = glyphs
        .filter(|(_, glyph)| glyph.uv_rect.min != glyph.uv_rect.max)
        .map(|(row, glyph)| {
            let corner = row + glyph.pos.to_vec2() + glyph.uv_rect.offset;
            (Rect::from_min_size(corner, glyph.uv_rect.size), glyph.uv_rect.min, glyph.uv_rect.max)
        })
        .collect();
    let Some(bounds) = placed.iter().map(|(rect, ..)| *rect).reduce(|a, b| a.union(b)) else { return Darkness::default() };
    let [width, height] = [bounds.width(), bounds.height()].map(|side| (side * scale).ceil().max(1.0) as usize);
    let mut darkness = Darkness { width, height, values: vec![0.0; width * height] };
    for (rect, min, max) in placed {
        let left = ((rect.min - bounds.min) * scale).round();
        for v in min[1]..max[1] {
            for u in min[0]..max[0] {
                let at = pos2(left.x + f32::from(u - min[0]), left.y + f32::from(v - min[1]));
                let (x, y) = (at.x as usize, at.y as usize);
                if x < width && y < height {
                    let ink = f32::from(image.pixels[usize::from(v) * image.size[0] + usize::from(u)].a()) / 255.0;
                    let there = &mut darkness.values[y * width + x];
                    *there = there.max(ink);
                }
            }
        }
    }
    darkness
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_has_ink_where_its_strokes_are() {
        let ctx = Context::default();
        let mut ink = Darkness::default();
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| ink = letters(ui.ctx(), "l"));
        output.textures_delta.clear();
        // A stem: higher than wide, most of its middle row dark.
        assert!(ink.height > 2 * ink.width, "{} x {}", ink.width, ink.height);
        let row = &ink.values[ink.height / 2 * ink.width..][..ink.width];
        assert!(row.iter().any(|&v| v > 0.9), "{row:?}");
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| ink = letters(ui.ctx(), "-"));
        output.textures_delta.clear();
        assert!(ink.width > ink.height, "{} x {}", ink.width, ink.height);
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| ink = letters(ui.ctx(), "  "));
        output.textures_delta.clear();
        assert_eq!(ink.total(), 0.0);
    }
}
