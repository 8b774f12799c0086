//! TeX laid out once, in em units: glyphs on their baselines, bars, and outlines cut into triangles.

use egui::{Color32, Pos2, Rect, pos2, vec2};
use lyon_tessellation::math::point;
use lyon_tessellation::path::iterator::PathIterator;
use lyon_tessellation::path::{Event, Path};
use lyon_tessellation::{BuffersBuilder, FillOptions, FillTessellator, FillVertex, VertexBuffers};
use ratex_layout::{LayoutOptions, layout, to_display_list, validate_layout};
use ratex_types::{Color, DisplayItem, MathStyle, PathCommand};

/// How far a curve may be from its straight pieces, em: a tenth of a pixel at 50 pixels an em.
const TOLERANCE: f32 = 0.002;

/// Which colour an item has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ink {
    /// That of the text around.
    Text,
    /// That of a mark, counted from 0.
    Mark(usize),
    /// One that the TeX names itself.
    Fixed(Color32),
}

/// One character; `pos` is the left end of its baseline.
pub(super) struct Glyph {
    pub(super) pos: Pos2,
    pub(super) scale: f32,
    pub(super) face: String,
    pub(super) chr: char,
    pub(super) ink: Ink,
}

/// A filled outline: triangles, and the closed lines around them, which a painter smooths.
pub(super) struct Outline {
    pub(super) vertices: Vec<Pos2>,
    pub(super) indices: Vec<u32>,
    pub(super) rings: Vec<Vec<Pos2>>,
    pub(super) ink: Ink,
}

/// A formula in em units, y down, the origin at the top left; the baseline is at `height`.
pub(super) struct Laid {
    pub(super) width: f32,
    pub(super) height: f32,
    pub(super) depth: f32,
    pub(super) glyphs: Vec<Glyph>,
    /// Fraction bars and coloured boxes.
    pub(super) bars: Vec<(Rect, Ink)>,
    pub(super) outlines: Vec<Outline>,
}

/// Parses and lays out plain TeX. `inline` sets limits beside their sums and makes fractions small.
///
/// # Errors
/// The parser's own sentence.
pub(super) fn lay_out(tex: &str, inline: bool) -> Result<Laid, String> {
    let nodes = ratex_parser::parse(tex).map_err(|error| error.message)?;
    let style = if inline { MathStyle::Text } else { MathStyle::Display };
    let root = layout(&nodes, &LayoutOptions { style, ..LayoutOptions::default() });
    validate_layout(&root).map_err(|error| error.to_string())?;
    let list = to_display_list(&root);
    let mut laid = Laid {
        width: list.width as f32,
        height: list.height as f32,
        depth: list.depth as f32,
        glyphs: Vec::new(),
        bars: Vec::new(),
        outlines: Vec::new(),
    };
    for item in list.items {
        laid.take(item);
    }
    Ok(laid)
}

impl Laid {
    fn take(&mut self, item: DisplayItem) {
        let at = |x: f64, y: f64| pos2(x as f32, y as f32);
        match item {
            DisplayItem::GlyphPath { x, y, scale, font, char_code, color } => {
                let Some(chr) = char::from_u32(char_code) else { return };
                self.glyphs.push(Glyph { pos: at(x, y), scale: scale as f32, face: font, chr, ink: ink(color) });
            }
            DisplayItem::Line { x, y, width, thickness, color, .. } => {
                let rect = Rect::from_min_size(at(x, y - thickness / 2.0), vec2(width as f32, thickness as f32));
                self.bars.push((rect, ink(color)));
            }
            DisplayItem::Rect { x, y, width, height, color } => {
                self.bars.push((Rect::from_min_size(at(x, y), vec2(width as f32, height as f32)), ink(color)));
            }
            DisplayItem::Path { x, y, commands, color, .. } => {
                let path = path(&commands, x as f32, y as f32);
                if let Some(outline) = fill(&path, ink(color)) {
                    self.outlines.push(outline);
                }
            }
        }
    }
}

/// The meaning of a colour of the layout: black is the text's, `#0100nn` is mark `nn`.
fn ink(color: Color) -> Ink {
    let byte = |v: f32| (v.clamp(0.0, 1.0) * 255.0).round() as u8;
    match [color.r, color.g, color.b].map(byte) {
        [0, 0, 0] => Ink::Text,
        [1, 0, n] if n > 0 => Ink::Mark(usize::from(n) - 1),
        [r, g, b] => Ink::Fixed(Color32::from_rgb(r, g, b)),
    }
}

fn path(commands: &[PathCommand], x: f32, y: f32) -> Path {
    let at = |px: f64, py: f64| point(x + px as f32, y + py as f32);
    let mut builder = Path::builder();
    let mut open = false;
    for command in commands {
        match *command {
            PathCommand::MoveTo { x, y } => {
                if std::mem::replace(&mut open, true) {
                    builder.end(true);
                }
                builder.begin(at(x, y));
            }
            // A path that does not begin with a place has no place to draw from.
            _ if !open => {}
            PathCommand::LineTo { x, y } => {
                builder.line_to(at(x, y));
            }
            PathCommand::QuadTo { x1, y1, x, y } => {
                builder.quadratic_bezier_to(at(x1, y1), at(x, y));
            }
            PathCommand::CubicTo { x1, y1, x2, y2, x, y } => {
                builder.cubic_bezier_to(at(x1, y1), at(x2, y2), at(x, y));
            }
            PathCommand::Close => {
                builder.end(true);
                open = false;
            }
        }
    }
    if open {
        builder.end(true);
    }
    builder.build()
}

/// Cuts an outline into triangles, concave or not; `None` if it has no area.
fn fill(path: &Path, ink: Ink) -> Option<Outline> {
    let mut buffers: VertexBuffers<Pos2, u32> = VertexBuffers::new();
    let options = FillOptions::non_zero().with_tolerance(TOLERANCE);
    let vertex = |vertex: FillVertex<'_>| pos2(vertex.position().x, vertex.position().y);
    FillTessellator::new().tessellate_path(path, &options, &mut BuffersBuilder::new(&mut buffers, vertex)).ok()?;
    let mut rings: Vec<Vec<Pos2>> = Vec::new();
    for event in path.iter().flattened(TOLERANCE) {
        match event {
            Event::Begin { at } => rings.push(vec![pos2(at.x, at.y)]),
            Event::Line { to, .. } => rings.last_mut()?.push(pos2(to.x, to.y)),
            _ => {}
        }
    }
    (!buffers.indices.is_empty()).then_some(Outline { vertices: buffers.vertices, indices: buffers.indices, rings, ink })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(outline: &Outline) -> f32 {
        let corner = |i: u32| outline.vertices[i as usize];
        let triangle = |t: &[u32]| {
            let (a, b, c) = (corner(t[0]), corner(t[1]), corner(t[2]));
            ((b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y)).abs() / 2.0
        };
        outline.indices.chunks(3).map(triangle).sum()
    }

    /// Whether a point is inside by the winding rule, which knows nothing of triangles.
    fn wound(outline: &Outline, at: Pos2) -> bool {
        let crossing = |(a, b): (&Pos2, &Pos2)| {
            let left = (b.x - a.x) * (at.y - a.y) - (at.x - a.x) * (b.y - a.y);
            match (a.y <= at.y, b.y <= at.y) {
                (true, false) if left > 0.0 => 1,
                (false, true) if left < 0.0 => -1,
                _ => 0,
            }
        };
        let winding: i32 = outline.rings.iter().map(|ring| ring.iter().zip(ring.iter().cycle().skip(1)).map(crossing).sum::<i32>()).sum();
        winding != 0
    }

    fn covered(outline: &Outline, at: Pos2) -> bool {
        outline.indices.chunks(3).any(|t| {
            let corner = |i: usize| outline.vertices[t[i] as usize];
            let side = |a: Pos2, b: Pos2| (b.x - a.x) * (at.y - a.y) - (at.x - a.x) * (b.y - a.y);
            let sides = [side(corner(0), corner(1)), side(corner(1), corner(2)), side(corner(2), corner(0))];
            sides.iter().all(|&s| s >= 0.0) || sides.iter().all(|&s| s <= 0.0)
        })
    }

    #[test]
    fn a_concave_outline_is_filled_and_its_notch_is_not() {
        let line = |x: f64, y: f64| PathCommand::LineTo { x, y };
        // A bracket: a square of side 2 without the square of side 1 at its right.
        let bracket = [
            PathCommand::MoveTo { x: 0.0, y: 0.0 },
            line(2.0, 0.0),
            line(2.0, 0.5),
            line(1.0, 0.5),
            line(1.0, 1.5),
            line(2.0, 1.5),
            line(2.0, 2.0),
            line(0.0, 2.0),
            PathCommand::Close,
        ];
        let outline = fill(&path(&bracket, 3.0, 1.0), Ink::Text).unwrap();
        assert!((area(&outline) - 3.0).abs() < 1e-5, "{}", area(&outline));
    }

    #[test]
    fn triangles_cover_what_the_outline_winds_around_and_nothing_else() {
        let tall = r"\begin{bmatrix}0&0\\0&1\\1&0\\0&1\\1&1\end{bmatrix} \sqrt{\frac{\frac{a}{b}}{\frac{c}{d}}} \left\{\begin{matrix}0\\0\\0\\0\\0\end{matrix}\right.";
        let laid = lay_out(tall, false).unwrap();
        assert!(laid.outlines.len() >= 3, "{}", laid.outlines.len());
        for outline in &laid.outlines {
            let bounds = Rect::from_points(&outline.vertices);
            let grid = (0..60).flat_map(|i| (0..60).map(move |j| vec2(i as f32 + 0.37, j as f32 + 0.41) / 60.0));
            let (mut inside, mut wrong) = (0, 0);
            for t in grid {
                let at = bounds.min + t * bounds.size();
                inside += usize::from(wound(outline, at));
                wrong += usize::from(wound(outline, at) != covered(outline, at));
            }
            // A few of the 3,600 points lie within a curve's tolerance of the edge.
            assert!(inside > 30 && wrong <= 12, "{wrong} of 3600 points are wrong, {inside} are inside");
        }
    }

    #[test]
    fn marks_come_back_by_number_and_errors_are_sentences() {
        let laid = lay_out(r"a = {\textcolor{#010002}{0.59}}", true).unwrap();
        let marked: String = laid.glyphs.iter().filter(|glyph| glyph.ink == Ink::Mark(1)).map(|glyph| glyph.chr).collect();
        assert_eq!(marked, "0.59");
        assert!(laid.glyphs.iter().filter(|glyph| "a=".contains(glyph.chr)).all(|glyph| glyph.ink == Ink::Text));
        for wrong in [r"\frac{1}", r"\nosuchcommand", "{", r"a^b^c", "}"] {
            assert!(lay_out(wrong, false).is_err_and(|sentence| !sentence.is_empty()), "{wrong}");
        }
    }
}
