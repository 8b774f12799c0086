//! Learning curves: training and held-out, the untrained line, the floor where it is known.

use egui::{Rect, RichText, Ui};
use egui_plot::{HLine, Line, LineStyle, Plot, PlotPoints, VLine};

use super::theme::{Palette, letters};
use super::units::{Units, number};

/// A learning curve's data, in nats.
#[derive(Clone, Debug, Default)]
pub struct LossCurves<'a> {
    /// `[step, nats]` on the training data, noisy.
    pub train: &'a [[f64; 2]],
    /// `[step, nats]` on held-out data.
    pub test: &'a [[f64; 2]],
    /// The value of a model that knows nothing, with its name (`untrained: ln 4 per pixel`).
    pub ceiling: Option<(f64, &'a str)>,
    /// The value that no model can beat, with its name (`entropy of the data`).
    pub floor: Option<(f64, &'a str)>,
    /// What one value is measured on, after the unit: `per image`, `per point`.
    pub per: &'a str,
    /// An earlier step that is shown in place of the newest: the numbers are those of then, and a line marks it.
    pub looked: Option<u64>,
}

impl LossCurves<'_> {
    /// The newest value of a curve, or the last one up to the step that is shown; its name says the step where it is another.
    fn newest(&self, name: &str, curve: &[[f64; 2]]) -> Option<(String, f64)> {
        let until = self.looked.map_or(f64::INFINITY, |step| step as f64);
        let &[step, nats] = curve.iter().rev().find(|point| point[0] <= until)?;
        let exact = self.looked.is_none() || step == until;
        Some((if exact { name.to_owned() } else { format!("{name} at {}", super::units::count(step as u64)) }, nats))
    }
}

/// Where the line above a chart says its numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct LossNumbers {
    /// The newest held-out loss.
    pub test: Option<Rect>,
    /// The value that no model can beat.
    pub floor: Option<Rect>,
}

/// Draws learning curves with labelled axes. The chart says what each line is measured on.
pub fn loss_chart(ui: &mut Ui, name: &str, curves: &LossCurves<'_>, units: Units, height: f32) -> LossNumbers {
    let palette = Palette::of(ui);
    let value = |nats: f64| units.convert(nats);
    let mut numbers = LossNumbers::default();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(10.0, 1.0);
        let item = |ui: &mut Ui, name: &str, nats: f64, color: egui::Color32| {
            // Name and number stay on one line.
            let text = format!("{name} {}", number(value(nats), decimals(value(nats)))).replace(' ', "\u{a0}");
            ui.label(RichText::new(text).small().color(color)).rect
        };
        ui.label(RichText::new(format!("{} {}", units.name(), curves.per)).small().color(palette.text_dim));
        if let Some((name, nats)) = curves.newest("train", curves.train) {
            item(ui, &name, nats, palette.seen);
        }
        if let Some((name, nats)) = curves.newest("test", curves.test) {
            numbers.test = Some(item(ui, &name, nats, palette.now));
        }
        for (nats, label, color) in references(curves, palette) {
            let place = item(ui, label, nats, color);
            if curves.floor == Some((nats, label)) {
                numbers.floor = Some(place);
            }
        }
    });
    let points =
        |series: &[[f64; 2]]| -> PlotPoints<'static> { series.iter().filter(|p| p[1].is_finite()).map(|p| [p[0], value(p[1])]).collect() };
    let mut plot = Plot::new(name)
        .height(height)
        .show_background(false)
        .show_axes([true, true])
        .show_grid([false, true])
        .grid_color(palette.line)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .set_margin_fraction(egui::vec2(0.02, 0.08))
        .y_axis_min_width(28.0)
        .x_axis_label(RichText::new("training step").small().color(palette.text_dim))
        .x_axis_formatter(|mark, _| super::units::count(mark.value.max(0.0) as u64));
    for (nats, _) in curves.ceiling.iter().chain(&curves.floor) {
        plot = plot.include_y(value(*nats));
    }
    if curves.train.len() + curves.test.len() < 2 {
        // A line alone would be drawn between thousandths of its value.
        plot = plot.include_y(0.0).include_x(0.0).include_x(1.0);
    }
    let (train, test) = (points(curves.train), points(curves.test));
    let lines: Vec<(f64, &str, egui::Color32)> =
        references(curves, palette).into_iter().map(|(nats, label, color)| (value(nats), label, color)).collect();
    let (seen, now) = (palette.seen, palette.now);
    let (looked, ink) = (curves.looked, palette.text);
    ui.scope(|ui| {
        // The plot takes its tick labels' size from the body text.
        let font = letters::proportional(ui.ctx(), 10.5);
        ui.style_mut().text_styles.insert(egui::TextStyle::Body, font);
        plot.show(ui, |plot| {
            for (y, label, color) in lines {
                plot.hline(HLine::new(label, y).color(color).width(1.2).style(LineStyle::dashed_loose()));
            }
            if let Some(step) = looked {
                plot.vline(VLine::new("the step on show", step as f64).color(ink).width(1.2));
            }
            plot.line(Line::new("train", train).color(seen).width(1.2));
            plot.line(Line::new("test", test).color(now).width(2.0));
        });
    });
    numbers
}

/// The dashed lines: what a model that knows nothing reaches, and what no model can beat.
fn references<'a>(curves: &LossCurves<'a>, palette: &Palette) -> Vec<(f64, &'a str, egui::Color32)> {
    let colored = [(curves.ceiling, palette.text_dim), (curves.floor, palette.base)];
    colored.into_iter().filter_map(|(line, color)| line.map(|(nats, label)| (nats, label, color))).collect()
}

/// Enough decimals for a gap of hundredths where the values are small.
fn decimals(value: f64) -> usize {
    if value.abs() >= 100.0 { 1 } else { 3 }
}

#[cfg(test)]
mod tests {
    use super::LossCurves;

    #[test]
    fn the_numbers_are_those_of_the_step_on_show() {
        let test = [[0.0, 3.0], [20.0, 2.0], [40.0, 1.0]];
        let curves = |looked| LossCurves { train: &[], test: &test, ceiling: None, floor: None, per: "per point", looked };
        let newest = |looked| curves(looked).newest("test", &test).unwrap();
        assert_eq!(newest(None), ("test".to_owned(), 1.0));
        assert_eq!(newest(Some(20)), ("test".to_owned(), 2.0));
        assert_eq!(newest(Some(30)), ("test at 20".to_owned(), 2.0));
        assert_eq!(curves(Some(5)).newest("train", &[]), None);
    }
}
