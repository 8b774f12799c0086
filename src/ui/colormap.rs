//! One colour map per meaning, for the whole course.

use std::sync::LazyLock;

use egui::{Color32, Mesh, Rect, Response, Role, Sense, Shape, Ui, WidgetInfo, pos2, vec2};

use super::theme::Palette;
use super::units::number;

/// What a colour field means; the meaning fixes the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Colormap {
    /// A density or probability: viridis.
    Density,
    /// A signed quantity centred at 0: orange squeezes, blue stretches; the centre is the theme's ground.
    Signed,
    /// Surprise, -ln p: magma.
    Surprise,
    /// Pixel values.
    Grey,
}

type Lut = [Color32; 256];

fn from_gradient(gradient: colorous::Gradient) -> Lut {
    std::array::from_fn(|i| {
        let c = gradient.eval_rational(i, 256);
        Color32::from_rgb(c.r, c.g, c.b)
    })
}

fn diverging(negative: [f32; 3], centre: [f32; 3], positive: [f32; 3]) -> Lut {
    std::array::from_fn(|i| {
        // 127.5 would have no texel: both middle texels take the centre, so that 0 is exactly neutral.
        let t = if i < 128 { (127 - i) as f32 / 127.0 } else { (i - 128) as f32 / 127.0 };
        let end = if i < 128 { negative } else { positive };
        let mix = |k: usize| (centre[k] + (end[k] - centre[k]) * t) as u8;
        Color32::from_rgb(mix(0), mix(1), mix(2))
    })
}

static VIRIDIS: LazyLock<Lut> = LazyLock::new(|| from_gradient(colorous::VIRIDIS));
static MAGMA: LazyLock<Lut> = LazyLock::new(|| from_gradient(colorous::MAGMA));
static GREYS: LazyLock<Lut> = LazyLock::new(|| std::array::from_fn(|i| Color32::from_gray(i as u8)));
static SIGNED_DARK: LazyLock<Lut> = LazyLock::new(|| diverging([255.0, 138.0, 66.0], [20.0, 25.0, 36.0], [84.0, 160.0, 255.0]));
static SIGNED_LIGHT: LazyLock<Lut> = LazyLock::new(|| diverging([186.0, 84.0, 8.0], [250.0, 250.0, 250.0], [24.0, 92.0, 190.0]));

impl Colormap {
    /// The 256 colours of the map on a dark or light ground.
    #[must_use]
    pub fn lut(self, dark: bool) -> &'static [Color32; 256] {
        match self {
            Self::Density => &VIRIDIS,
            Self::Surprise => &MAGMA,
            Self::Grey => &GREYS,
            Self::Signed if dark => &SIGNED_DARK,
            Self::Signed => &SIGNED_LIGHT,
        }
    }
}

/// A colour map with the range of values that it covers. The range stays fixed during a run: one that jumps lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The meaning.
    pub map: Colormap,
    /// The value of the first colour.
    pub low: f32,
    /// The value of the last colour.
    pub high: f32,
}

impl Scale {
    /// A scale from `low` to `high`.
    #[must_use]
    pub fn new(map: Colormap, low: f32, high: f32) -> Self {
        Self { map, low, high }
    }

    /// A signed scale, symmetric around 0.
    #[must_use]
    pub fn symmetric(reach: f32) -> Self {
        Self { map: Colormap::Signed, low: -reach, high: reach }
    }

    /// The colour of a value; outside of the range the end's colour, for a value that is not a number transparent.
    #[must_use]
    pub fn color(&self, value: f32, dark: bool) -> Color32 {
        if value.is_nan() {
            return Color32::TRANSPARENT;
        }
        let t = ((value - self.low) / (self.high - self.low).max(f32::MIN_POSITIVE)).clamp(0.0, 1.0);
        self.map.lut(dark)[(t * 255.0).round() as usize]
    }
}

/// A colour bar with its range, unit and meaning, as wide as the room that is left.
pub fn colorbar(ui: &mut Ui, scale: &Scale, meaning: &str, unit: &str) -> Response {
    let palette = Palette::of(ui);
    let width = ui.available_width().clamp(80.0, 260.0);
    let font = egui::TextStyle::Small.resolve(ui.style());
    let text_height = font.size + 4.0;
    let (rect, response) = ui.allocate_exact_size(vec2(width, 10.0 + text_height), Sense::hover());
    let bar = Rect::from_min_size(rect.min, vec2(width, 8.0));
    let mut mesh = Mesh::default();
    const STOPS: u32 = 32;
    for i in 0..=STOPS {
        let t = i as f32 / STOPS as f32;
        let color = scale.map.lut(palette.dark)[(t * 255.0) as usize];
        mesh.colored_vertex(pos2(bar.left() + t * width, bar.top()), color);
        mesh.colored_vertex(pos2(bar.left() + t * width, bar.bottom()), color);
        if i > 0 {
            let k = 2 * i;
            mesh.add_triangle(k - 2, k - 1, k);
            mesh.add_triangle(k - 1, k, k + 1);
        }
    }
    let painter = ui.painter();
    painter.add(Shape::mesh(mesh));
    let decimals = if (scale.high - scale.low).abs() < 10.0 { 2 } else { 0 };
    let y = bar.bottom() + 3.0;
    let low = number(f64::from(scale.low), decimals);
    let high = number(f64::from(scale.high), decimals);
    painter.text(pos2(bar.left(), y), egui::Align2::LEFT_TOP, &low, font.clone(), palette.text_dim);
    painter.text(pos2(bar.right(), y), egui::Align2::RIGHT_TOP, &high, font.clone(), palette.text_dim);
    let middle = if unit.is_empty() { meaning.to_owned() } else { format!("{meaning}, {unit}") };
    // On a narrow bar the unit gives way, then the meaning: both stay in the hover.
    let text_width = |text: &str| painter.layout_no_wrap(text.to_owned(), font.clone(), palette.text_dim).size().x;
    let room = width - 2.0 * text_width(&low).max(text_width(&high)) - 12.0;
    if let Some(text) = [middle.as_str(), meaning].into_iter().find(|text| text_width(text) <= room) {
        painter.text(pos2(bar.center().x, y), egui::Align2::CENTER_TOP, text, font.clone(), palette.text_dim);
    }
    let response = response.on_hover_text(&middle);
    response.widget_info(|| WidgetInfo::labeled(Role::Legend, true, format!("{middle}, from {low} to {high}")));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_neutral_and_ends_clamp() {
        let scale = Scale::symmetric(2.0);
        assert_eq!(scale.color(0.0, true), Color32::from_rgb(20, 25, 36));
        assert_eq!(scale.color(9.0, true), scale.color(2.0, true));
        assert_eq!(scale.color(f32::NAN, true), Color32::TRANSPARENT);
        assert_eq!(Scale::new(Colormap::Grey, 0.0, 1.0).color(1.0, false), Color32::WHITE);
    }
}
