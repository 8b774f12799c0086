//! Small charts with labelled axes, linear or logarithmic, that only show.

use egui::{Color32, RichText, TextStyle, Ui, vec2};
use egui_plot::{Bar, BarChart, HLine, Line, LineStyle, Plot, PlotUi, Points, VLine};

use super::theme::{Palette, letters};
use super::units::number;

/// What the axes are.
#[derive(Clone, Debug, Default)]
pub struct Axes<'a> {
    /// The accessible name, unique on the page.
    pub name: &'a str,
    /// What stands to the right.
    pub x: &'a str,
    /// Whether x and y are logarithms to base 10 of what is meant.
    pub log: [bool; 2],
    /// Corners that must be in sight.
    pub include: Vec<[f64; 2]>,
}

/// Draws a chart of this height and the width that is left.
pub fn chart(ui: &mut Ui, axes: &Axes<'_>, height: f32, draw: impl FnOnce(&mut PlotUi<'_>)) {
    let palette = Palette::of(ui);
    let [log_x, log_y] = axes.log;
    let mut plot = Plot::new(axes.name)
        .height(height.max(60.0))
        .show_background(false)
        .show_grid([false, true])
        .grid_color(palette.line)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show_x(false)
        .show_y(false)
        .set_margin_fraction(vec2(0.03, 0.08))
        .y_axis_min_width(34.0)
        .x_axis_label(RichText::new(axes.x).small().color(palette.text_dim))
        .x_axis_formatter(move |mark, range| tick(mark.value, range.end() - range.start(), log_x))
        .y_axis_formatter(move |mark, range| tick(mark.value, range.end() - range.start(), log_y));
    for [x, y] in axes.include.iter().filter(|corner| corner.iter().all(|v| v.is_finite())) {
        plot = plot.include_x(*x).include_y(*y);
    }
    ui.scope(|ui| {
        // The plot takes its tick labels' size from the body text.
        let font = letters::proportional(ui.ctx(), 10.5);
        ui.style_mut().text_styles.insert(TextStyle::Body, font);
        plot.show(ui, draw);
    });
}

/// A tick's text: of a logarithm only whole powers of ten.
fn tick(value: f64, span: f64, log: bool) -> String {
    if !log {
        let decimals = if span >= 20.0 { 0 } else { (1.0 - span.max(1e-9).log10().floor()).clamp(0.0, 5.0) as usize };
        return number(value, decimals);
    }
    let power = value.round();
    match power as i32 {
        _ if (value - power).abs() > 1e-6 => String::new(),
        power @ 0..=3 => super::units::count(10_u64.pow(power as u32)),
        power @ -2..=-1 => format!("{}", 10f64.powi(power)),
        power => format!("1e{power}"),
    }
}

/// The logarithm that a logarithmic axis wants; what is not positive stands far below.
#[must_use]
pub fn log10(value: f64) -> f64 {
    value.max(1e-18).log10()
}

/// A line through points.
pub fn line(plot: &mut PlotUi<'_>, name: &str, mut points: Vec<[f64; 2]>, color: Color32, dashed: bool) {
    // Three equal points have no direction: the tessellator divides by zero and fills a polygon.
    points.dedup();
    let style = if dashed { LineStyle::dashed_loose() } else { LineStyle::Solid };
    plot.line(Line::new(name.to_owned(), points).color(color).width(if dashed { 1.6 } else { 2.2 }).style(style));
}

/// Dots.
pub fn dots(plot: &mut PlotUi<'_>, name: &str, points: Vec<[f64; 2]>, color: Color32) {
    plot.points(Points::new(name.to_owned(), points).color(color).radius(3.4));
}

/// A level line, dashed.
pub fn level(plot: &mut PlotUi<'_>, name: &str, y: f64, color: Color32) {
    plot.hline(HLine::new(name.to_owned(), y).color(color).width(1.4).style(LineStyle::dashed_loose()));
}

/// An upright line.
pub fn upright(plot: &mut PlotUi<'_>, name: &str, x: f64, color: Color32, dashed: bool) {
    let style = if dashed { LineStyle::dashed_loose() } else { LineStyle::Solid };
    plot.vline(VLine::new(name.to_owned(), x).color(color).width(2.0).style(style));
}

/// Bars from `low` on, each `width` wide.
pub fn bars(plot: &mut PlotUi<'_>, name: &str, (low, width): (f64, f64), counts: &[u32], color: Color32) {
    let bars = counts.iter().enumerate().map(|(i, &count)| {
        Bar::new(low + (i as f64 + 0.5) * width, f64::from(count)).width(width).fill(color.gamma_multiply(0.55)).stroke((0.0, color))
    });
    plot.bar_chart(BarChart::new(name.to_owned(), bars.collect()).color(color));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_of_logarithms_are_powers_and_of_narrow_ranges_have_decimals() {
        assert_eq!(tick(-3.0, 5.0, true), "1e-3");
        assert_eq!(tick(2.0, 5.0, true), "100");
        assert_eq!(tick(-1.0, 5.0, true), "0.1");
        assert_eq!(tick(0.5, 5.0, true), "");
        assert_eq!(tick(0.25, 0.4, false), "0.25");
        assert_eq!(tick(120.0, 400.0, false), "120");
    }

    #[test]
    fn a_line_that_stands_still_for_a_while_is_a_line() {
        let ctx = egui::Context::default();
        let mut inked = Vec::new();
        for repeats in [1, 3] {
            let points: Vec<[f64; 2]> =
                [[0.0, 0.0]].into_iter().chain(std::iter::repeat_n([1.0, 1.0], repeats)).chain([[2.0, 0.0]]).collect();
            let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
                chart(ui, &Axes { name: "still", ..Axes::default() }, 200.0, |plot| line(plot, "a", points.clone(), Color32::RED, false));
            });
            output.textures_delta.clear();
            let meshes = ctx.tessellate(output.shapes, 1.0).into_iter().filter_map(|clipped| match clipped.primitive {
                egui::epaint::Primitive::Mesh(mesh) => Some(mesh),
                egui::epaint::Primitive::Callback(_) => None,
            });
            let red = |vertex: &egui::epaint::Vertex| vertex.color.r() > 200 && vertex.color.g() < 50;
            let vertices: Vec<egui::Pos2> = meshes.flat_map(|mesh| mesh.vertices).filter(red).map(|vertex| vertex.pos).collect();
            assert!(vertices.iter().all(|pos| pos.is_finite()), "{repeats} times");
            inked.push(vertices.len());
        }
        assert!(inked[0] > 0 && inked[0] == inked[1], "{inked:?}");
    }
}
