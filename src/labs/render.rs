//! Pictures, clips, figures and tables of a document, without a window.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::Duration;

use egui::Vec2;
use image::RgbaImage;

use super::AppOptions;
use super::document::Document;
use super::registry::{CHAPTERS, Chapter};
use super::stage::Stage;
use super::table::Table;
use crate::data::clip::{Clip, ClipFormat};
use crate::data::write_atomic;
use crate::ui::offscreen::{Painter, TextureMirror};
use crate::ui::svg::svg;
use crate::ui::theme::Theme;

/// So long a picture may wait for its numbers.
const PATIENCE: Duration = Duration::from_secs(90);
/// A clip of more frames would not be watched: longer walks are shown in larger steps.
pub const MOST_FRAMES: usize = 800;

/// What kind of file is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// One picture.
    Png,
    /// One frame a step.
    Clip(ClipFormat),
    /// The canvas as lines and text.
    Svg,
    /// Numbers, for a spreadsheet.
    Csv,
    /// Numbers, for NumPy.
    Npz,
}

impl Kind {
    /// The kind that a file's ending asks for.
    ///
    /// # Errors
    /// A sentence that lists the endings.
    pub fn of(path: &Path) -> Result<Kind, String> {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        Ok(match ending.as_str() {
            "png" => Kind::Png,
            "apng" => Kind::Clip(ClipFormat::Apng),
            "gif" => Kind::Clip(ClipFormat::Gif),
            "svg" => Kind::Svg,
            "csv" => Kind::Csv,
            "npz" => Kind::Npz,
            _ => return Err(format!("Expected a file that ends in .png, .apng, .gif, .svg, .csv or .npz, found {}.", path.display())),
        })
    }
}

/// What is to be drawn.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Lesson, session or chapter.
    pub document: Document,
    /// Seed, backend, threads.
    pub app: AppOptions,
    /// Where the walk stands.
    pub step: Option<f64>,
    /// Width and height in logical pixels.
    pub size: [f32; 2],
    /// Pixels for each logical one.
    pub scale: f32,
    /// Instead of the document's theme.
    pub theme: Option<Theme>,
    /// Only the canvas.
    pub canvas: bool,
    /// The file.
    pub out: PathBuf,
}

/// What was drawn.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// Pictures in the file.
    pub frames: usize,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Whether nothing was still being computed.
    pub settled: bool,
    /// Check sum of the chapter's numbers ([`Table::check`]), if it has any.
    pub check: Option<u32>,
    /// In words.
    pub what: String,
}

/// Draws a document into a file.
///
/// # Errors
/// A sentence: a document that is not understood, no driver, a disk that refuses.
pub fn render(wish: &Wish) -> Result<Rendered, String> {
    render_with(wish, CHAPTERS)
}

/// With other chapters: for tests.
///
/// # Errors
/// As [`render`].
pub fn render_with(wish: &Wish, chapters: &'static [Chapter]) -> Result<Rendered, String> {
    let kind = Kind::of(&wish.out)?;
    // The device is opened before the worker may open its own: never two at a time.
    let painter = match kind {
        Kind::Png | Kind::Clip(_) => Some(Painter::open()?),
        Kind::Svg | Kind::Csv | Kind::Npz => None,
    };
    let mut studio = Studio::open(wish, chapters, painter)?;
    match kind {
        Kind::Png => studio.png(),
        Kind::Clip(format) => studio.clip(format),
        Kind::Svg => studio.svg(),
        Kind::Csv | Kind::Npz => studio.table(kind),
    }
}

struct Studio<'a> {
    wish: &'a Wish,
    stage: Stage,
    painter: Option<Painter>,
    settled: bool,
}

impl<'a> Studio<'a> {
    fn open(wish: &'a Wish, chapters: &'static [Chapter], painter: Option<Painter>) -> Result<Self, String> {
        let mut document = wish.document.clone();
        if let Some(theme) = wish.theme {
            document.theme = Some(theme.name().to_lowercase());
        }
        if wish.app.seed.is_some() {
            document.seed = wish.app.seed;
        }
        let options = AppOptions { chapter: Some(document.chapter.clone()), document: Some(document), still: true, ..wish.app.clone() };
        let [width, height] = wish.size;
        let mut stage = Stage::with_chapters(&options, Vec2::new(width, height), wish.scale, chapters);
        if let Some(refused) = stage.app().0.refused() {
            return Err(refused);
        }
        let settled = stage.settle(PATIENCE);
        stage.app().0.stand_at(wish.step);
        let mut studio = Studio { wish, stage, painter, settled };
        studio.wait();
        Ok(studio)
    }

    fn wait(&mut self) {
        self.settled &= self.stage.settle(PATIENCE);
    }

    fn picture(&mut self) -> Result<RgbaImage, String> {
        let picture = self.stage.picture(self.wish.canvas);
        self.painter.as_mut().ok_or("There is nothing to paint with.")?.paint(&picture)
    }

    fn png(&mut self) -> Result<Rendered, String> {
        let image = self.picture()?;
        write_atomic(&self.wish.out, &png(&image)?).map_err(|e| e.to_string())?;
        Ok(self.report(1, image.dimensions(), format!("{}x{} pixels", image.width(), image.height())))
    }

    fn clip(&mut self, format: ClipFormat) -> Result<Rendered, String> {
        let last = self.wish.step.or_else(|| self.stage.app().0.walk_length()).unwrap_or(0.0);
        let places = places(last);
        let mut clip = None;
        for place in &places {
            self.stage.app().0.stand_at(Some(*place));
            self.wait();
            let image = self.picture()?;
            let clip = match &mut clip {
                Some(clip) => clip,
                None => clip.insert(Clip::new(&self.wish.out, format, image.dimensions(), places.len() as u32).map_err(|e| e.to_string())?),
            };
            clip.push(image).map_err(|e| e.to_string())?;
        }
        if let Some(clip) = clip {
            clip.finish().map_err(|e| e.to_string())?;
        }
        Ok(self.report(places.len(), (0, 0), format!("{} frames", places.len())))
    }

    fn svg(&mut self) -> Result<Rendered, String> {
        let laid = self.stage.frame();
        let (app, ctx) = self.stage.app();
        let rect = if self.wish.canvas { app.canvas_rect() } else { ctx.content_rect() };
        let textures = ctx.plugin_or_default::<TextureMirror>().lock().textures();
        let text = svg(&laid.shapes, &textures, rect, app.shared().palette().ground);
        write_atomic(&self.wish.out, text.as_bytes()).map_err(|e| e.to_string())?;
        Ok(self.report(1, (rect.width() as u32, rect.height() as u32), format!("{} shapes", laid.shapes.len())))
    }

    fn table(&mut self, kind: Kind) -> Result<Rendered, String> {
        let table = match self.stage.app().0.table() {
            Some(table) => table,
            None => self.walk()?,
        };
        write_table(&table, kind, &self.wish.out)?;
        Ok(self.report(0, (0, 0), format!("{} rows", table.rows.len())))
    }

    /// A table of places and summaries.
    fn walk(&mut self) -> Result<Table, String> {
        let last = self.stage.app().0.walk_length().ok_or("This chapter has no numbers to write.")?;
        let mut table = Table { columns: PLACE_COLUMNS.map(str::to_owned).to_vec(), rows: Vec::new() };
        for place in places(last) {
            self.stage.app().0.stand_at(Some(place));
            self.wait();
            table.rows.extend(self.stage.app().0.place_row());
        }
        Ok(table)
    }

    fn report(&mut self, frames: usize, (width, height): (u32, u32), what: String) -> Rendered {
        let check = self.stage.app().0.table().and_then(|table| table.check().ok());
        Rendered { frames, width, height, settled: self.settled, check, what }
    }
}

/// Writes a table as CSV, or for NumPy where that is asked for.
pub(super) fn write_table(table: &Table, kind: Kind, path: &Path) -> Result<(), String> {
    let bytes = if kind == Kind::Npz { table.to_npz()? } else { table.to_csv()? };
    write_atomic(path, &bytes).map_err(|e| e.to_string())
}

/// The columns of the frame's own table.
pub(super) const PLACE_COLUMNS: [&str; 4] = ["place", "position", "detail", "summary"];

/// The places of a walk that a clip or a table shows: all, or as many as are watched.
pub(super) fn places(last: f64) -> Vec<f64> {
    let steps = last.max(0.0).floor() as usize;
    let stride = steps.div_ceil(MOST_FRAMES).max(1);
    let mut places: Vec<f64> = (0..=steps).step_by(stride).map(|step| step as f64).collect();
    if places.last().is_some_and(|place| *place < last) {
        places.push(last);
    }
    places
}

/// The bytes of a PNG file.
pub(super) fn png(image: &RgbaImage) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let written = image.write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png);
    written.map(|()| bytes).map_err(|error| format!("The picture cannot be written as PNG: {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_is_shown_whole_or_in_equal_steps_and_always_to_its_end() {
        assert_eq!(places(3.0), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(places(0.0), [0.0]);
        assert_eq!(places(2.5), [0.0, 1.0, 2.0, 2.5]);
        let long = places(4096.0);
        assert!(long.len() <= MOST_FRAMES + 1 && long.last() == Some(&4096.0));
    }

    #[test]
    fn the_ending_says_what_is_wanted() {
        assert_eq!(Kind::of(Path::new("a.PNG")), Ok(Kind::Png));
        assert!(Kind::of(Path::new("a.bmp")).unwrap_err().contains(".apng"));
    }
}
