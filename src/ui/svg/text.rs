//! Text as text: it can be searched, and edited in a drawing program. Every letter has its own place, so that another font does not move it.

use std::fmt::Write;

use egui::epaint::TextShape;
use egui::{Color32, FontFamily};

use super::{fill, short};

pub(super) fn write(out: &mut String, shape: &TextShape) {
    let job = &shape.galley.job;
    let origin = shape.pos;
    let turned = shape.angle != 0.0;
    if turned {
        let _ = write!(out, r#"<g transform="rotate({} {} {})">"#, short(shape.angle.to_degrees()), short(origin.x), short(origin.y));
    }
    for placed in &shape.galley.rows {
        let mut run = Run::default();
        for glyph in placed.row.glyphs.iter().filter(|glyph| !glyph.chr.is_control()) {
            let vertex = placed.row.visuals.mesh.vertices.get(glyph.first_vertex as usize);
            // Blanks have no triangles: they end a run.
            let Some(vertex) = vertex.filter(|_| !glyph.chr.is_whitespace()) else {
                run.finish(out);
                continue;
            };
            let color = shape.override_text_color.unwrap_or(vertex.color);
            let color = if color == Color32::PLACEHOLDER { shape.fallback_color } else { color };
            let color = color.gamma_multiply(shape.opacity_factor);
            let style = (color, glyph.font_height.to_bits());
            if run.style.is_some_and(|known| known != style) {
                run.finish(out);
            }
            if run.style.is_none() {
                // A section's font is found by its height: sections are few.
                let font = job.sections.iter().map(|section| &section.format.font_id);
                let font =
                    font.min_by(|a, b| (a.size * 1.2 - glyph.font_height).abs().total_cmp(&(b.size * 1.2 - glyph.font_height).abs()));
                run.style = Some(style);
                run.size = font.map_or(glyph.font_height / 1.2, |font| font.size);
                run.family = font.map_or(String::new(), |font| family(&font.family));
                run.y = origin.y + placed.pos.y + glyph.pos.y;
            }
            run.xs.push(origin.x + placed.pos.x + glyph.pos.x);
            run.text.push(glyph.chr);
        }
        run.finish(out);
    }
    if turned {
        out.push_str("</g>");
    }
}

/// Letters of one style on one line.
#[derive(Default)]
struct Run {
    style: Option<(Color32, u32)>,
    size: f32,
    family: String,
    y: f32,
    xs: Vec<f32>,
    text: String,
}

impl Run {
    fn finish(&mut self, out: &mut String) {
        let run = std::mem::take(self);
        let Some((color, _)) = run.style else { return };
        let xs: Vec<String> = run.xs.iter().map(|x| short(*x)).collect();
        let text = run.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let (x, y, size) = (xs.join(" "), short(run.y), short(run.size));
        // Letters that stand by themselves must not be joined: a ligature takes one of their places and leaves the other empty.
        let _ = write!(
            out,
            r#"<text x="{x}" y="{y}" font-size="{size}" font-family="{}"{} letter-spacing="0.01" style="font-variant-ligatures:none"{}>{text}</text>"#,
            run.family,
            slant(&run.family),
            fill(color)
        );
    }
}

/// Slant and weight of a named face, for those who do not have it.
fn slant(family: &str) -> &'static str {
    match (family.contains("Italic"), family.contains("Bold")) {
        (true, true) => r#" font-style="italic" font-weight="bold""#,
        (true, false) => r#" font-style="italic""#,
        (false, true) => r#" font-weight="bold""#,
        (false, false) => "",
    }
}

fn family(family: &FontFamily) -> String {
    match family {
        FontFamily::Proportional => "'Ubuntu Light', Ubuntu, 'Noto Sans', 'Segoe UI', Helvetica, Arial, sans-serif".into(),
        FontFamily::Monospace => "Hack, 'DejaVu Sans Mono', Consolas, monospace".into(),
        FontFamily::Name(name) => format!("{}, 'Latin Modern Math', serif", name.replace(['"', '<', '&'], "")),
    }
}
