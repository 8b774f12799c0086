//! A layout on the screen: glyphs as egui text, bars as rectangles, outlines as meshes.

use egui::epaint::Vertex;
use egui::text::LayoutJob;
use egui::{Color32, FontId, Mesh, Painter, Pos2, Rect, Shape, Stroke, pos2, vec2};

use super::fonts;
use super::layout::{Glyph, Ink, Laid, Outline};

/// How far the letters reach over and under the baseline, em: what a pointer can hit.
const ABOVE: f32 = 0.74;
const BELOW: f32 = 0.22;

/// Where and how a layout is painted.
pub(super) struct Place<'a> {
    /// Left end of the baseline.
    pub(super) baseline: Pos2,
    /// Points an em.
    pub(super) em: f32,
    pub(super) text: Color32,
    /// The colour of each mark.
    pub(super) marks: &'a [Color32],
}

impl Place<'_> {
    fn color(&self, ink: Ink) -> Color32 {
        match ink {
            Ink::Text => self.text,
            Ink::Mark(i) => self.marks.get(i).copied().unwrap_or(self.text),
            Ink::Fixed(color) => color,
        }
    }

    fn at(&self, laid: &Laid, pos: Pos2) -> Pos2 {
        self.baseline + vec2(pos.x, pos.y - laid.height) * self.em
    }
}

/// Where each mark is, in points from the left end of the baseline: one box over all that has its colour.
pub(super) fn boxes(laid: &Laid, em: f32, count: usize) -> Vec<Rect> {
    let mut boxes = vec![Rect::NOTHING; count];
    let mut add = |ink: Ink, rect: Rect| {
        if let Ink::Mark(i) = ink
            && let Some(found) = boxes.get_mut(i)
        {
            *found = found.union(rect);
        }
    };
    for glyph in &laid.glyphs {
        let size = glyph.scale;
        let rect = Rect::from_min_max(glyph.pos - vec2(0.0, ABOVE * size), glyph.pos + vec2(advance(glyph) * size, BELOW * size));
        add(glyph.ink, rect);
    }
    for &(bar, ink) in &laid.bars {
        add(ink, bar);
    }
    for outline in &laid.outlines {
        add(outline.ink, Rect::from_points(&outline.vertices));
    }
    boxes.into_iter().map(|rect| Rect::from_min_max(scaled(rect.min, laid, em), scaled(rect.max, laid, em))).collect()
}

fn scaled(pos: Pos2, laid: &Laid, em: f32) -> Pos2 {
    pos2(pos.x * em, (pos.y - laid.height) * em)
}

/// About how wide a letter is, em; digits exactly, since numbers are what is pointed at.
fn advance(glyph: &Glyph) -> f32 {
    match glyph.chr {
        '.' | ',' | '(' | ')' => 0.3,
        '−' | '+' | '=' => 0.778,
        _ => 0.5,
    }
}

/// Paints the formula.
pub(super) fn paint(painter: &Painter, laid: &Laid, place: &Place<'_>) {
    for &(bar, ink) in &laid.bars {
        let (min, max) = (place.at(laid, bar.min), place.at(laid, bar.max));
        // A bar thinner than a pixel would be missing on some rows.
        let thin = 1.0 / painter.pixels_per_point();
        let rect = Rect::from_min_size(min, vec2(max.x - min.x, (max.y - min.y).max(thin)));
        painter.rect_filled(rect, 0.0, place.color(ink));
    }
    for outline in &laid.outlines {
        paint_outline(painter, laid, place, outline);
    }
    for glyph in &laid.glyphs {
        let font = FontId::new(glyph.scale * place.em, fonts::family(painter.ctx(), &glyph.face));
        let job = LayoutJob::simple_singleline(glyph.chr.into(), font, Color32::PLACEHOLDER);
        let galley = painter.layout_job(job);
        let Some(row) = galley.rows.first() else { continue };
        // The faces' ascents differ: the baseline is where the layout means it.
        let baseline = row.pos.y + row.row.glyphs.first().map_or(0.0, |glyph| glyph.pos.y);
        let pos = place.at(laid, glyph.pos) - vec2(0.0, baseline);
        painter.galley(pos, galley, place.color(glyph.ink));
    }
}

fn paint_outline(painter: &Painter, laid: &Laid, place: &Place<'_>, outline: &Outline) {
    let color = place.color(outline.ink);
    let mut mesh = Mesh::default();
    let vertex = |&pos: &Pos2| Vertex { pos: place.at(laid, pos), uv: egui::epaint::WHITE_UV, color };
    mesh.vertices = outline.vertices.iter().map(vertex).collect();
    mesh.indices = outline.indices.clone();
    painter.add(Shape::mesh(mesh));
    // Triangles have hard edges; a hairline around them is smoothed like text is.
    let hairline = Stroke::new(0.5 / painter.pixels_per_point(), color);
    for ring in &outline.rings {
        painter.add(Shape::closed_line(ring.iter().map(|&pos| place.at(laid, pos)).collect(), hairline));
    }
}
