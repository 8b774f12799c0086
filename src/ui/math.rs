//! Formulas with live numbers: TeX laid out by RaTeX, painted by egui.
//!
//! Beside TeX two commands are understood. `\live{p}` is the number called `p` as it is now; `\term{p}{x_3}` marks a part of the formula as
//! meaning the same as that number. Both have the number's colour, and the hover of everything else that has its name ([`super::link`]).

mod fonts;
mod layout;
mod paint;
mod source;
mod speech;

use std::collections::HashMap;
use std::sync::Arc;

use egui::mutex::Mutex;
use egui::{Color32, Context, Id, Rect, Response, Role, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2};

use self::layout::Laid;
use self::paint::Place;
use self::source::{Source, Widths};
use super::link;
use super::theme::Palette;

pub(super) use fonts::install as install_fonts;

/// Gives a number of the present picture by its name: its text and its colour.
pub type Numbers<'a> = dyn Fn(&str) -> Option<(String, Color32)> + 'a;

/// More layouts than this are not kept: a changing number makes a new one with every change.
const MOST_KEPT: usize = 400;
/// A formula is not made smaller than this to fit, points an em.
const SMALLEST: f32 = 8.0;

/// A layout or what is wrong with the TeX, and the time of its last use.
type Kept = (Arc<Result<Laid, String>>, u64);

/// Layouts by their TeX. They are in em units, so every size and theme shares them.
#[derive(Default)]
struct Cache {
    laid: HashMap<(String, bool), Kept>,
    widths: HashMap<String, Widths>,
}

impl Cache {
    fn of(ctx: &Context) -> Arc<Mutex<Cache>> {
        ctx.data_mut(|data| data.get_temp_mut_or_default::<Arc<Mutex<Cache>>>(Id::unique("tractable formulas")).clone())
    }

    fn laid(&mut self, tex: &str, inline: bool, frame: u64) -> Arc<Result<Laid, String>> {
        if self.laid.len() > MOST_KEPT {
            self.laid.retain(|_, (_, used)| *used + 2 > frame);
        }
        let key = (tex.to_owned(), inline);
        let (laid, used) = self.laid.entry(key).or_insert_with(|| (Arc::new(layout::lay_out(tex, inline)), frame));
        *used = frame;
        laid.clone()
    }
}

/// What became of a formula in this frame.
pub struct MathResponse {
    /// The widget's own response.
    pub response: Response,
    /// Each live number and marked term with its box on the screen.
    pub marks: Vec<(String, Rect)>,
    /// What is wrong with the TeX.
    pub error: Option<String>,
}

/// A formula.
///
/// ```
/// use tractable::ui::math::{Math, check};
/// let formula = Math::new(r"p(x_{490} \mid x_{<490}) = \live{p}").size(18.0);
/// assert_eq!(check(r"p = \live{p} + \term{q}{x}"), Ok(vec!["p".to_owned(), "q".to_owned()]));
/// assert!(check(r"\frac{1}").is_err());
/// ```
pub struct Math<'a> {
    tex: &'a str,
    size: f32,
    inline: bool,
    numbers: &'a Numbers<'a>,
}

/// The names of the live numbers and terms of a formula.
///
/// # Errors
/// What the parser does not understand.
pub fn check(tex: &str) -> Result<Vec<String>, String> {
    let number = |_: &str| Some(("0.00".to_owned(), Color32::BLACK));
    let source = source::expand(tex, &number, &mut Widths::new())?;
    layout::lay_out(&source.tex, false)?;
    Ok(source.marks.into_iter().map(|(name, _)| name).collect())
}

impl<'a> Math<'a> {
    /// A formula on a line of its own, without live numbers.
    #[must_use]
    pub fn new(tex: &'a str) -> Self {
        Self { tex, size: 17.0, inline: false, numbers: &|_| None }
    }

    /// Another size, in points an em.
    #[must_use]
    pub fn size(mut self, size: f32) -> Self {
        self.size = size;
        self
    }

    /// In a line of text: no higher than it must be, on the text's baseline.
    #[must_use]
    pub fn inline(mut self) -> Self {
        self.inline = true;
        self
    }

    /// Where live numbers come from.
    #[must_use]
    pub fn numbers(mut self, numbers: &'a Numbers<'a>) -> Self {
        self.numbers = numbers;
        self
    }

    /// Draws the formula, smaller if the width does not hold it. TeX that is wrong is shown in red with the reason.
    pub fn show(self, ui: &mut Ui) -> MathResponse {
        let cache = Cache::of(ui.ctx());
        let mut cache = cache.lock();
        let widths = cache.widths.entry(self.tex.to_owned()).or_default();
        let source = match source::expand(self.tex, self.numbers, widths) {
            Ok(source) => source,
            Err(error) => return self.wrong(ui, error),
        };
        let laid = cache.laid(&source.tex, self.inline, ui.ctx().cumulative_frame_nr());
        drop(cache);
        match &*laid {
            Ok(laid) => self.draw(ui, laid, source),
            Err(error) => self.wrong(ui, error.clone()),
        }
    }

    /// Points an em that fit: a step of half a point, so that a changing number does not fill the font atlas.
    fn em(&self, room: f32, width: f32) -> f32 {
        if width * self.size <= room { self.size } else { ((room / width * 2.0).floor() / 2.0).clamp(SMALLEST.min(self.size), self.size) }
    }

    fn draw(&self, ui: &mut Ui, laid: &Laid, source: Source) -> MathResponse {
        let palette = Palette::of(ui);
        let room = ui.max_rect().width();
        let em = self.em(room, laid.width);
        let (width, above, below) = (laid.width * em, laid.height * em, laid.depth * em);
        let (rect, response, baseline) = if self.inline {
            let (over, under) = text_line(ui);
            let more = (above - over).max(below - under).max(0.0);
            // A little more than the line holds hangs into the space between lines.
            let more = if more < 3.0 { 0.0 } else { more };
            // The words around lose the space at their end to the line.
            let side = em * 0.16;
            let (rect, response) = ui.allocate_exact_size(vec2(width + 2.0 * side, over + under + 2.0 * more), Sense::hover());
            (rect, response, pos2(rect.left() + side, rect.top() + more + over))
        } else {
            let size = vec2(room.max(width), above + below + 6.0);
            let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
            (rect, response, pos2(rect.left() + (rect.width() - width) / 2.0, rect.top() + 3.0 + above))
        };
        let ready = fonts::ready(ui.ctx());
        // On a whole pixel, so that all letters of the line stand on it.
        let pixels = ui.ctx().pixels_per_point();
        let baseline = pos2(baseline.x, (baseline.y * pixels).round() / pixels);
        let boxes = paint::boxes(laid, em, source.marks.len());
        let marks: Vec<(String, Rect)> =
            source.marks.iter().zip(boxes).map(|((name, _), hit)| (name.clone(), hit.translate(baseline.to_vec2()))).collect();
        for (name, hit) in &marks {
            if ui.rect_contains_pointer(hit.expand2(vec2(2.0, 1.0))) {
                link::hover(ui.ctx(), name);
            }
        }
        if ready && ui.is_rect_visible(rect.expand(em)) {
            let colors: Vec<Color32> = source.marks.iter().map(|(_, color)| color.unwrap_or(palette.text_dim)).collect();
            for ((name, hit), &color) in marks.iter().zip(&colors) {
                if link::lit(ui.ctx(), name) {
                    link::light(ui, *hit, color);
                }
            }
            paint::paint(ui.painter(), laid, &Place { baseline, em, text: palette.text, marks: &colors });
        }
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, speech::say(self.tex, self.numbers)));
        MathResponse { response, marks, error: None }
    }

    fn wrong(&self, ui: &mut Ui, error: String) -> MathResponse {
        let palette = Palette::of(ui);
        let text = format!("{} — {error}", self.tex);
        let response = ui.add(egui::Label::new(egui::RichText::new(text).monospace().color(palette.blind)).wrap());
        MathResponse { response, marks: Vec::new(), error: Some(error) }
    }
}

/// How far a line of text reaches over and under its baseline, points.
fn text_line(ui: &Ui) -> (f32, f32) {
    let font = TextStyle::Body.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap("x".to_owned(), font, Color32::PLACEHOLDER);
    let over = galley.rows.first().map_or(0.0, |row| row.pos.y + row.row.glyphs.first().map_or(0.0, |glyph| glyph.pos.y));
    (over, galley.size().y - over)
}
