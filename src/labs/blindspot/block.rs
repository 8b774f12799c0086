use egui::{Align2, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::BlindSpotLab;
use crate::train::rain_job::LayerValues;
use crate::ui::chips;
use crate::ui::colormap::{Colormap, Scale, colorbar};
use crate::ui::heatmap::FieldTexture;
use crate::ui::theme::{Palette, letters};

/// End of the scale of convolutions, both ways: fixed, because a range that jumps lies.
const REACH: f32 = 3.0;

/// One picture of the diagram: its caption, where it stands (column, row), and which values it shows.
struct Part {
    name: &'static str,
    help: &'static str,
    column: usize,
    row: usize,
}

/// The figure of the paper, from left to right; the vertical stack is the first column.
const PARTS: [Part; 11] = [
    Part { name: "V, filter", help: "conv_v(v): rows above and the own row of the vertical stack, all columns", column: 0, row: 0 },
    Part { name: "V, gate", help: "The other half of its channels", column: 0, row: 1 },
    Part { name: "v'", help: "tanh(V_f) σ(V_g): the vertical stack for the next layer", column: 0, row: 2 },
    Part { name: "link, filter", help: "1×1 of V before its gate, shifted down by one row", column: 1, row: 0 },
    Part { name: "link, gate", help: "1×1 of V before its gate, shifted down by one row", column: 1, row: 1 },
    Part { name: "conv_h, filter", help: "The own row, up to the pixel (in the first layer: without it)", column: 2, row: 0 },
    Part { name: "conv_h, gate", help: "The other half of its channels", column: 2, row: 1 },
    Part { name: "tanh", help: "What the layer proposes: tanh of link + conv_h", column: 3, row: 0 },
    Part { name: "σ", help: "How much of it is let through: σ of link + conv_h", column: 3, row: 1 },
    Part { name: "tanh · σ", help: "Their product", column: 3, row: 2 },
    Part { name: "h'", help: "h + 1×1 of the product: the horizontal stack for the next layer", column: 4, row: 2 },
];

/// Arrows between parts, by their places in [`PARTS`].
const ARROWS: [(usize, usize); 7] = [(0, 3), (1, 4), (5, 7), (6, 8), (1, 2), (8, 9), (9, 10)];
/// Arrows around the square between: both halves go into the product.
const BRACKETS: [(usize, usize); 2] = [(0, 2), (7, 9)];
/// Pairs that are added.
const SUMS: [(usize, usize); 2] = [(3, 5), (4, 6)];

/// The textures of the diagram, one for each part.
#[derive(Default)]
pub(super) struct BlockTextures([FieldTexture; PARTS.len()]);

/// Draws the two streams of a layer with the values of one channel.
pub(super) fn show(lab: &mut BlindSpotLab, ui: &mut Ui) {
    let values = lab.work.snapshot.as_ref().and_then(|snapshot| snapshot.values.clone().map(|values| (values, snapshot.law.size)));
    let Some((values, side)) = values else {
        chips::note(ui, "The layer's values are being computed.");
        return;
    };
    let palette = Palette::of(ui);
    let channel = lab.state.channel.min(values.channels - 1);
    let title = format!("Layer {} · channel {}", values.layer + 1, channel + 1);
    ui.label(egui::RichText::new(format!("{title}: the vertical stack is left, the horizontal one right")).strong());
    let room = vec2(ui.available_width(), ui.available_height() - 62.0);
    let (rect, response) = ui.allocate_exact_size(room, Sense::hover());
    let places = layout(rect);
    let painter = ui.painter_at(rect);
    for (from, to) in ARROWS {
        arrow(&painter, places[from], places[to], palette);
    }
    for (from, to) in BRACKETS {
        bracket(&painter, places[from], places[to], palette);
    }
    for (a, b) in SUMS {
        let between = pos2((places[a].right() + places[b].left()) / 2.0, places[a].center().y);
        painter.text(between, Align2::CENTER_CENTER, "+", letters::proportional(painter.ctx(), 20.0), palette.text);
    }
    for (i, (part, place)) in PARTS.iter().zip(places).enumerate() {
        let name = painter.layout_no_wrap(part.name.to_owned(), letters::proportional(painter.ctx(), 12.5), palette.text);
        let caption = Align2::LEFT_BOTTOM.anchor_size(place.left_top() - vec2(0.0, 3.0), name.size());
        // An arrow passes behind the words.
        painter.rect_filled(caption, 2.0, palette.ground);
        painter.galley(caption.min, name, palette.text);
        painter.rect_filled(place, 2.0, palette.track);
        match picture(&values, i, channel) {
            Some((field, scale)) => {
                let texture = &mut lab.textures.0[i];
                let version = values.version * 4096 + channel as u64;
                texture.set_values(ui.ctx(), version, [side, side], &field, scale, palette.dark, false);
                texture.paint(&painter, place);
            }
            None => {
                painter.text(
                    place.center(),
                    Align2::CENTER_CENTER,
                    "nothing reads it",
                    letters::proportional(painter.ctx(), 11.0),
                    palette.text_dim,
                );
            }
        }
        painter.rect_stroke(place, 2.0, Stroke::new(1.0, palette.line), StrokeKind::Outside);
    }
    let pointed = ui.ctx().pointer_hover_pos().and_then(|at| places.iter().position(|place| place.contains(at)));
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, format!("Two streams of a gated layer. {title}.")));
    if let Some(i) = pointed {
        let help = reading(&values, i, channel, side, places[i], ui.ctx().pointer_hover_pos());
        response.on_hover_text_at_pointer(format!("{}\n{help}", PARTS[i].help));
    }
    colorbar(ui, &Scale::symmetric(REACH), "convolutions, h'", "");
    chips::note(ui, "tanh, products and v' are shown on −1 to 1 in the same colours, σ on 0 to 1.");
}

/// Squares for the parts: five columns, three rows, captions above.
fn layout(rect: Rect) -> [Rect; PARTS.len()] {
    let caption = 22.0;
    let gap = vec2(34.0, 14.0);
    let side = ((rect.width() - 14.0 - 4.0 * gap.x) / 5.0).min((rect.height() - 3.0 * (caption + gap.y)) / 3.0).max(30.0);
    let left = rect.left() + (rect.width() + 14.0 - 5.0 * side - 4.0 * gap.x) / 2.0;
    std::array::from_fn(|i| {
        let Part { column, row, .. } = PARTS[i];
        let at = pos2(left + column as f32 * (side + gap.x), rect.top() + caption + row as f32 * (side + caption + gap.y));
        Rect::from_min_size(at, vec2(side, side))
    })
}

fn arrow(painter: &egui::Painter, from: Rect, to: Rect, palette: &Palette) {
    let (a, b) = (from.center(), to.center());
    let start = edge(from, b);
    let end = edge(to, a);
    painter.arrow(start, end - start, Stroke::new(1.6, palette.text_dim));
}

/// An arrow around the left side of what lies between.
fn bracket(painter: &egui::Painter, from: Rect, to: Rect, palette: &Palette) {
    let stroke = Stroke::new(1.6, palette.text_dim);
    let x = from.left() - 11.0;
    let (start, end) = (from.left_center() - vec2(2.0, 0.0), to.left_center() - vec2(2.0, 0.0));
    painter.line(vec![start, pos2(x, start.y), pos2(x, end.y)], stroke);
    painter.arrow(pos2(x, end.y), vec2(end.x - x, 0.0), stroke);
}

/// Where the line from a square's centre to a point leaves the square, and a little further.
fn edge(rect: Rect, towards: Pos2) -> Pos2 {
    let d = towards - rect.center();
    let scale = (rect.width() / 2.0 + 2.0) / d.x.abs().max(d.y.abs()).max(1.0);
    rect.center() + d * scale
}

/// The values of a part and their scale; `None` in the last layer for what nothing reads.
fn picture(values: &LayerValues, part: usize, channel: usize) -> Option<(Vec<f32>, Scale)> {
    let c = values.channels;
    let pick = |all: &[f32], of: usize, channel: usize| -> Vec<f32> { all.iter().skip(channel).step_by(of).copied().collect() };
    let wide = Scale::symmetric(REACH);
    let unit = Scale::symmetric(1.0);
    let open = Scale::new(Colormap::Density, 0.0, 1.0);
    Some(match part {
        0 => (pick(&values.vertical, 2 * c, channel), wide),
        1 => (pick(&values.vertical, 2 * c, c + channel), wide),
        2 => (pick(values.vertical_out.as_ref()?, c, channel), unit),
        3 => (pick(&values.link, 2 * c, channel), wide),
        4 => (pick(&values.link, 2 * c, c + channel), wide),
        5 => (pick(&values.horizontal, 2 * c, channel), wide),
        6 => (pick(&values.horizontal, 2 * c, c + channel), wide),
        7 => (pick(&values.tanh, c, channel), unit),
        8 => (pick(&values.sigmoid, c, channel), open),
        9 => {
            let (t, s) = (pick(&values.tanh, c, channel), pick(&values.sigmoid, c, channel));
            (t.iter().zip(&s).map(|(t, s)| t * s).collect(), unit)
        }
        _ => (pick(&values.horizontal_out, c, channel), wide),
    })
}

/// The number under the pointer.
fn reading(values: &LayerValues, part: usize, channel: usize, side: usize, place: Rect, at: Option<Pos2>) -> String {
    let (Some((field, _)), Some(at)) = (picture(values, part, channel), at) else { return String::new() };
    let t = (at - place.min) / place.size();
    let [col, row] = [t.x, t.y].map(|t| ((t * side as f32) as usize).min(side - 1));
    format!("row {row}, column {col}: {}", crate::ui::units::number(f64::from(field[row * side + col]), 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_stand_apart_and_inside() {
        let rect = Rect::from_min_size(Pos2::ZERO, vec2(700.0, 480.0));
        let places = layout(rect);
        for (i, a) in places.iter().enumerate() {
            assert!(rect.contains_rect(*a), "{i}");
            assert!(places[..i].iter().all(|b| !a.intersects(*b)), "{i}");
        }
    }
}
