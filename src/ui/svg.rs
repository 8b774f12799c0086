//! Shapes as SVG: figures that stay sharp in a script or on a poster. Fields of colour stay images, embedded as PNG.

mod mesh;
mod text;

use std::fmt::Write;

use egui::emath::TSTransform;
use egui::epaint::{
    CircleShape, ClippedShape, ColorMode, EllipseShape, PathShape, PathStroke, RectShape, TessellationOptions, Tessellator,
};
use egui::{Color32, Mesh, Pos2, Rect, Shape, Stroke};

use super::offscreen::Textures;

/// An SVG document of what lies inside `rect`, in points.
#[must_use]
pub fn svg(shapes: &[ClippedShape], textures: &Textures, rect: Rect, ground: Color32) -> String {
    let mut writer = Writer { out: String::new(), textures, clips: Vec::new() };
    for clipped in shapes.iter().filter(|clipped| clipped.clip_rect.intersects(rect)) {
        writer.clipped(clipped);
    }
    let mut head = String::new();
    let [x, y, w, h] = [rect.left(), rect.top(), rect.width(), rect.height()].map(short);
    // Writing to a string cannot fail.
    let _ = writeln!(
        head,
        r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{w}" height="{h}" viewBox="{x} {y} {w} {h}">"#
    );
    head.push_str("<defs>");
    for (i, clip) in writer.clips.iter().enumerate() {
        let _ = write!(head, r#"<clipPath id="c{i}">{}</clipPath>"#, bare_rect(*clip));
    }
    head.push_str("</defs>\n");
    let _ = writeln!(head, r#"<rect x="{x}" y="{y}" width="{w}" height="{h}"{}/>"#, fill(ground));
    head + &writer.out + "</svg>\n"
}

struct Writer<'a> {
    out: String,
    textures: &'a Textures,
    clips: Vec<Rect>,
}

impl Writer<'_> {
    fn clipped(&mut self, clipped: &ClippedShape) {
        let before = self.out.len();
        self.shape(&clipped.shape);
        let body = self.out.split_off(before);
        if body.is_empty() {
            return;
        }
        let clip = clipped.clip_rect.intersect(Rect::from_min_max(Pos2::ZERO, Pos2::new(1e5, 1e5)));
        let id = self.clips.iter().position(|known| *known == clip).unwrap_or_else(|| {
            self.clips.push(clip);
            self.clips.len() - 1
        });
        let moved = clipped.transform_after_tessellation;
        let transform = if moved == TSTransform::IDENTITY {
            String::new()
        } else {
            let [x, y] = [moved.translation.x, moved.translation.y].map(short);
            format!(r#" transform="translate({x} {y}) scale({})""#, short(moved.scaling))
        };
        let _ = writeln!(self.out, r#"<g clip-path="url(#c{id})"><g{transform}>{body}</g></g>"#);
    }

    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Noop | Shape::Callback(_) => {}
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| self.shape(shape)),
            Shape::Circle(circle) => self.circle(circle),
            Shape::Ellipse(ellipse) => self.ellipse(ellipse),
            Shape::LineSegment { points, stroke } => self.points("polyline", points, "", &stroke_of(*stroke)),
            Shape::Path(path) => self.path(path),
            Shape::Rect(rect) => self.rect(rect),
            Shape::Text(text) => text::write(&mut self.out, text),
            Shape::Mesh(mesh) => self.mesh(mesh),
            Shape::Band(_) | Shape::QuadraticBezier(_) | Shape::CubicBezier(_) => {
                let options = TessellationOptions { feathering: false, ..TessellationOptions::default() };
                let mut triangles = Mesh::default();
                Tessellator::new(1.0, options, [1, 1], Vec::new()).tessellate_shape(shape.clone(), &mut triangles);
                self.mesh(&triangles);
            }
        }
    }

    fn circle(&mut self, circle: &CircleShape) {
        let [x, y, r] = [circle.center.x, circle.center.y, circle.radius].map(short);
        let _ = write!(self.out, r#"<circle cx="{x}" cy="{y}" r="{r}"{}{}/>"#, fill(circle.fill), stroke_of(circle.stroke));
    }

    fn ellipse(&mut self, ellipse: &EllipseShape) {
        let [x, y, rx, ry] = [ellipse.center.x, ellipse.center.y, ellipse.radius.x, ellipse.radius.y].map(short);
        let angle = short(ellipse.angle.to_degrees());
        let paint = fill(ellipse.fill) + &stroke_of(ellipse.stroke);
        let _ = write!(self.out, r#"<ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{ry}" transform="rotate({angle} {x} {y})"{paint}/>"#);
    }

    fn path(&mut self, path: &PathShape) {
        let kind = if path.closed { "polygon" } else { "polyline" };
        let area = if path.closed { fill(path.fill) } else { r#" fill="none""#.into() };
        let line = path_stroke(&path.stroke, &path.points);
        self.points(kind, &path.points, &area, &line);
    }

    fn points(&mut self, kind: &str, points: &[Pos2], area: &str, line: &str) {
        let _ = write!(self.out, r#"<{kind} points=""#);
        for point in points {
            let _ = write!(self.out, "{},{} ", short(point.x), short(point.y));
        }
        let _ = write!(self.out, r#""{area}{line}/>"#);
    }

    fn rect(&mut self, shape: &RectShape) {
        if let Some(brush) = &shape.brush {
            let mut quad = Mesh::with_texture(brush.fill_texture_id);
            quad.add_rect_with_uv(shape.rect, brush.uv, shape.fill);
            self.mesh(&quad);
            return;
        }
        let [x, y, w, h] = [shape.rect.left(), shape.rect.top(), shape.rect.width(), shape.rect.height()].map(short);
        let paint = fill(shape.fill) + &stroke_of(shape.stroke);
        let _ = write!(self.out, r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{}"{paint}/>"#, shape.corner_radius.nw);
    }
}

fn bare_rect(rect: Rect) -> String {
    let [x, y, w, h] = [rect.left(), rect.top(), rect.width(), rect.height()].map(short);
    format!(r#"<rect x="{x}" y="{y}" width="{w}" height="{h}"/>"#)
}

/// At most two digits after the point: a fiftieth of a millimetre on paper.
fn short(value: f32) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.to_owned() }
}

/// `fill` and its opacity.
fn fill(color: Color32) -> String {
    paint("fill", color)
}

fn paint(what: &str, color: Color32) -> String {
    let [r, g, b, a] = color.to_srgba_unmultiplied();
    match a {
        0 => format!(r#" {what}="none""#),
        255 => format!(r##" {what}="#{r:02x}{g:02x}{b:02x}""##),
        _ => format!(r##" {what}="#{r:02x}{g:02x}{b:02x}" {what}-opacity="{}""##, short(f32::from(a) / 255.0)),
    }
}

fn stroke_of(stroke: Stroke) -> String {
    if stroke.is_empty() {
        return String::new();
    }
    format!(r#" stroke-width="{}"{}"#, short(stroke.width), paint("stroke", stroke.color))
}

/// A colour that runs along the path becomes the one in its middle.
fn path_stroke(stroke: &PathStroke, points: &[Pos2]) -> String {
    let color = match &stroke.color {
        ColorMode::Solid(color) => *color,
        ColorMode::UV(color_at) => match points.get(points.len() / 2) {
            Some(&middle) => color_at(Rect::from_points(points), middle),
            None => return String::new(),
        },
    };
    stroke_of(Stroke::new(stroke.width, color)) + r#" stroke-linejoin="round""#
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use egui::{ColorImage, TextureId, TextureOptions, pos2};

    use super::*;
    use crate::ui::offscreen::Texture;

    fn drawn(shape: Shape, textures: &Textures) -> String {
        let rect = Rect::from_min_size(Pos2::ZERO, egui::vec2(100.0, 50.0));
        let clipped = ClippedShape { clip_rect: rect, shape, transform_after_tessellation: TSTransform::IDENTITY };
        svg(&[clipped], textures, rect, Color32::WHITE)
    }

    #[test]
    fn shapes_keep_their_places_and_colours() {
        let none = Textures::default();
        let text = drawn(Shape::circle_filled(pos2(10.0, 20.5), 3.0, Color32::from_rgb(255, 0, 16)), &none);
        assert!(text.contains(r##"<circle cx="10" cy="20.5" r="3" fill="#ff0010"/>"##), "{text}");
        let text = drawn(Shape::line_segment([pos2(0.0, 1.0), pos2(2.0, 3.0)], Stroke::new(1.5, Color32::BLACK)), &none);
        assert!(text.contains(r##"points="0,1 2,3 " stroke-width="1.5" stroke="#000000""##), "{text}");
        assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n") && text.contains(r#"viewBox="0 0 100 50""#));
    }

    #[test]
    fn a_texture_becomes_an_image_of_its_pixels() {
        let id = TextureId::User(7);
        let image = ColorImage::new([2, 1], vec![Color32::RED, Color32::BLUE]);
        let textures = Textures::from([(id, Texture { image: Arc::new(image), options: TextureOptions::NEAREST })]);
        let uv = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let text = drawn(Shape::image(id, Rect::from_min_max(pos2(5.0, 5.0), pos2(25.0, 15.0)), uv, Color32::WHITE), &textures);
        assert!(text.contains(r#"<image x="5" y="5" width="20" height="10""#), "{text}");
        assert!(text.contains("data:image/png;base64,iVBORw0KGgo"), "{text}");
        assert!(text.contains("pixelated"));
    }
}
