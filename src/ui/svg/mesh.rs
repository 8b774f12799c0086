//! Triangles and images.

use std::fmt::Write;
use std::io::Cursor;

use egui::epaint::Vertex;
use egui::{Color32, Mesh, Rect, TextureFilter, TextureId};
use image::RgbaImage;

use super::{Writer, fill, short};
use crate::ui::offscreen::Texture;

impl Writer<'_> {
    pub(super) fn mesh(&mut self, mesh: &Mesh) {
        let texture = self.textures.get(&mesh.texture_id).filter(|_| mesh.texture_id != TextureId::default());
        match texture {
            Some(texture) if upright(mesh) => mesh.vertices.chunks_exact(4).for_each(|quad| image(&mut self.out, quad, texture)),
            texture => {
                for corners in mesh.indices.chunks_exact(3) {
                    let corners = [0, 1, 2].map(|i| mesh.vertices[corners[i] as usize]);
                    triangle(&mut self.out, &corners, texture);
                }
            }
        }
    }
}

/// Whether the mesh is made of rectangles with upright images: the only thing that an SVG image can be.
fn upright(mesh: &Mesh) -> bool {
    mesh.indices.len() * 4 == mesh.vertices.len() * 6
        && mesh.vertices.chunks_exact(4).all(|quad| {
            let rect = Rect::from_points(&[quad[0].pos, quad[1].pos, quad[2].pos, quad[3].pos]);
            quad.iter().all(|v| (v.pos.x == rect.left() || v.pos.x == rect.right()) && (v.pos.y == rect.top() || v.pos.y == rect.bottom()))
        })
}

fn image(out: &mut String, quad: &[Vertex], texture: &Texture) {
    let place = Rect::from_points(&[quad[0].pos, quad[1].pos, quad[2].pos, quad[3].pos]);
    let uv = Rect::from_points(&[quad[0].uv, quad[1].uv, quad[2].uv, quad[3].uv]);
    let [width, height] = texture.image.size;
    let at = |part: f32, side: usize| ((part * side as f32).round().max(0.0) as usize).min(side);
    let (left, right) = (at(uv.left(), width), at(uv.right(), width));
    let (top, bottom) = (at(uv.top(), height), at(uv.bottom(), height));
    if right <= left || bottom <= top {
        return;
    }
    let tint = quad[0].color;
    let cut = RgbaImage::from_fn((right - left) as u32, (bottom - top) as u32, |x, y| {
        let color = texture.image.pixels[(top + y as usize) * width + left + x as usize];
        image::Rgba((color * tint).to_srgba_unmultiplied())
    });
    let mut png = Vec::new();
    if cut.write_to(&mut Cursor::new(&mut png), image::ImageFormat::Png).is_err() {
        return;
    }
    let [x, y, w, h] = [place.left(), place.top(), place.width(), place.height()].map(short);
    let style = if texture.options.magnification == TextureFilter::Nearest { r#" style="image-rendering:pixelated""# } else { "" };
    let data = base64(&png);
    let _ = write!(
        out,
        r#"<image x="{x}" y="{y}" width="{w}" height="{h}" preserveAspectRatio="none"{style} xlink:href="data:image/png;base64,{data}"/>"#
    );
}

/// A triangle in the mean of its corners' colours.
fn triangle(out: &mut String, corners: &[Vertex; 3], texture: Option<&Texture>) {
    let mean = |channel: usize| (corners.iter().map(|v| u32::from(v.color.to_array()[channel])).sum::<u32>() / 3) as u8;
    let mut color = Color32::from_rgba_premultiplied(mean(0), mean(1), mean(2), mean(3));
    if let Some(texture) = texture {
        let [width, height] = texture.image.size;
        let u = corners.iter().map(|v| v.uv.x).sum::<f32>() / 3.0;
        let v = corners.iter().map(|v| v.uv.y).sum::<f32>() / 3.0;
        let at = |part: f32, side: usize| ((part * side as f32).max(0.0) as usize).min(side.saturating_sub(1));
        if let Some(texel) = texture.image.pixels.get(at(v, height) * width + at(u, width)) {
            color = color * *texel;
        }
    }
    if color.a() == 0 {
        return;
    }
    let points: Vec<String> = corners.iter().map(|v| format!("{},{}", short(v.pos.x), short(v.pos.y))).collect();
    let _ = write!(out, r#"<polygon points="{}"{} shape-rendering="crispEdges"/>"#, points.join(" "), fill(color));
}

/// RFC 4648.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = group.iter().fold(0u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for i in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= group.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn the_test_vectors_of_rfc_4648() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
