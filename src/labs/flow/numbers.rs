//! Small arithmetic that several pictures share.

use egui::Color32;

use crate::train::flow_job::Point;
use crate::ui::theme::Palette;
use crate::ui::units::number;

/// Points between two depths.
pub(super) fn tween(depths: &[Vec<Point>], (low, high, part): (usize, usize, f32)) -> Vec<Point> {
    match (depths.get(low), depths.get(high)) {
        (Some(a), _) if part == 0.0 => a.clone(),
        (Some(a), Some(b)) => a.iter().zip(b).map(|(p, q)| [0, 1].map(|i| p[i] + part * (q[i] - p[i]))).collect(),
        _ => Vec::new(),
    }
}

/// One point between two depths.
pub(super) fn tween_point(depths: &[Point], (low, high, part): (usize, usize, f32)) -> Option<Point> {
    let (a, b) = (depths.get(low)?, depths.get(high)?);
    Some([0, 1].map(|i| a[i] + part * (b[i] - a[i])))
}

/// Blue stretches, orange squeezes.
pub(super) fn sign_color(palette: &Palette, value: f64) -> Color32 {
    if value < -0.005 {
        palette.negative
    } else if value > 0.005 {
        palette.positive
    } else {
        palette.text_dim
    }
}

/// The next round number: 1, 1.5, 2, 3, 5 or 7 times a power of ten.
pub(super) fn round_up(value: f64) -> f64 {
    let power = 10f64.powf(value.max(1e-9).log10().floor());
    [1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0].into_iter().map(|m| m * power).find(|&v| v >= value * 0.999).unwrap_or(value)
}

/// The last round number that is not above: 1, 1.5, 2, 3, 5 or 7 times a power of ten.
pub(super) fn round_down(value: f64) -> f64 {
    let power = 10f64.powf(value.max(1e-9).log10().floor());
    [7.0, 5.0, 3.0, 2.0, 1.5, 1.0].into_iter().map(|m| m * power).find(|&v| v <= value * 1.001).unwrap_or(value)
}

/// A small number as `2e-7`.
pub(super) fn scientific(value: f64) -> String {
    if value == 0.0 {
        "0".into()
    } else if value.is_finite() {
        format!("{value:.0e}")
    } else {
        "no number".into()
    }
}

/// A point's coordinates as text.
pub(super) fn place(point: Point) -> [String; 2] {
    point.map(|v| number(v.into(), 2))
}

/// The name of a coordinate.
pub(super) fn axis_name(axis: usize) -> &'static str {
    if axis == 0 { "x₁" } else { "x₂" }
}
