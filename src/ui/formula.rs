//! One line of mathematics with live numbers: italics, sub- and superscripts, and colours that tie a term to its bar and its pixel.

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Color32, FontFamily, FontId, Response, Role, Ui, WidgetInfo};

use super::theme::Palette;

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Line,
    Sub,
    Super,
}

struct Piece {
    text: String,
    italic: bool,
    mono: bool,
    place: Place,
    color: Option<Color32>,
}

/// A formula, built from left to right.
///
/// ```
/// use tractable::ui::formula::Formula;
/// let row = Formula::new().var("p").op("(").var("x").below("490").op(" | ").var("x").below("<490").op(")");
/// assert_eq!(row.spoken(), "p(x_490 | x_<490)");
/// ```
#[derive(Default)]
pub struct Formula {
    pieces: Vec<Piece>,
    size: f32,
}

impl Formula {
    /// An empty row in the usual size.
    #[must_use]
    pub fn new() -> Self {
        Self { pieces: Vec::new(), size: 17.0 }
    }

    /// Another size, in points.
    #[must_use]
    pub fn size(mut self, size: f32) -> Self {
        self.size = size;
        self
    }

    fn push(mut self, text: impl Into<String>, italic: bool, mono: bool, place: Place) -> Self {
        self.pieces.push(Piece { text: text.into(), italic, mono, place, color: None });
        self
    }

    /// A variable, in italics.
    #[must_use]
    pub fn var(self, name: impl Into<String>) -> Self {
        self.push(name, true, false, Place::Line)
    }

    /// A name such as `log`, an operator or a bracket, upright.
    #[must_use]
    pub fn op(self, text: impl Into<String>) -> Self {
        self.push(text, false, false, Place::Line)
    }

    /// A number, in the monospaced face so that it does not shake while it changes.
    #[must_use]
    pub fn number(self, text: impl Into<String>) -> Self {
        self.push(text, false, true, Place::Line)
    }

    /// A subscript.
    #[must_use]
    pub fn below(self, text: impl Into<String>) -> Self {
        self.push(text, false, false, Place::Sub)
    }

    /// A superscript.
    #[must_use]
    pub fn above(self, text: impl Into<String>) -> Self {
        self.push(text, false, false, Place::Super)
    }

    /// Colours the piece before it.
    #[must_use]
    pub fn color(mut self, color: Color32) -> Self {
        if let Some(piece) = self.pieces.last_mut() {
            piece.color = Some(color);
        }
        self
    }

    /// The row as plain text, `_` before a subscript and `^` before a superscript.
    #[must_use]
    pub fn spoken(&self) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece.place {
                Place::Line => {}
                Place::Sub => text.push('_'),
                Place::Super => text.push('^'),
            }
            text.push_str(&piece.text);
        }
        text
    }

    fn job(&self, color: Color32, wrap_width: f32) -> LayoutJob {
        let mut job = LayoutJob::default();
        job.wrap.max_width = wrap_width;
        for piece in &self.pieces {
            let small = piece.place != Place::Line;
            let size = if small { self.size * 0.68 } else { self.size };
            // The monospaced face is wider; a little smaller it looks as large.
            let size = if piece.mono { size * 0.92 } else { size };
            let family = if piece.mono { FontFamily::Monospace } else { FontFamily::Proportional };
            let format = TextFormat {
                font_id: FontId::new(size, family),
                color: piece.color.unwrap_or(color),
                italics: piece.italic,
                valign: match piece.place {
                    Place::Line => Align::Center,
                    Place::Sub => Align::BOTTOM,
                    Place::Super => Align::TOP,
                },
                ..TextFormat::default()
            };
            job.append(&piece.text, 0.0, format);
        }
        job
    }

    /// Draws the row; it wraps where it must.
    pub fn show(self, ui: &mut Ui) -> Response {
        let job = self.job(Palette::of(ui).text, ui.available_width());
        let response = ui.add(egui::Label::new(job).selectable(false));
        let spoken = self.spoken();
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        response
    }
}
