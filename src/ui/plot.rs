//! Learning curves: training and held-out, the untrained line, the floor where it is known.

use egui::{RichText, Ui};
use egui_plot::{HLine, Line, LineStyle, Plot, PlotPoint, PlotPoints, Text};

use super::theme::Palette;
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
}

/// Draws learning curves with labelled axes. The chart says what each line is measured on.
pub fn loss_chart(ui: &mut Ui, name: &str, curves: &LossCurves<'_>, units: Units, height: f32) {
    let palette = Palette::of(ui);
    let value = |nats: f64| units.convert(nats);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(10.0, 1.0);
        ui.label(RichText::new(format!("{} {}", units.name(), curves.per)).small().color(palette.text_dim));
        if let Some(&[_, last]) = curves.train.last() {
            ui.label(RichText::new(format!("train\u{a0}{}", number(value(last), 2))).small().color(palette.seen));
        }
        if let Some(&[_, last]) = curves.test.last() {
            ui.label(RichText::new(format!("test\u{a0}{}", number(value(last), 2))).small().color(palette.now));
        }
    });
    let points =
        |series: &[[f64; 2]]| -> PlotPoints<'static> { series.iter().filter(|p| p[1].is_finite()).map(|p| [p[0], value(p[1])]).collect() };
    let last_step = curves.train.iter().chain(curves.test).map(|p| p[0]).fold(1.0, f64::max);
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
    let (train, test) = (points(curves.train), points(curves.test));
    // The ceiling's name hangs below its line and the floor's stands on it, so that both stay inside.
    let below = egui::Align2::RIGHT_TOP;
    let lines: Vec<(f64, String, egui::Color32, egui::Align2)> =
        [(curves.ceiling, palette.text_dim, below), (curves.floor, palette.base, egui::Align2::RIGHT_BOTTOM)]
            .into_iter()
            .filter_map(|(line, color, at)| {
                line.map(|(nats, label)| (value(nats), format!("{label}: {}", number(value(nats), 3)), color, at))
            })
            .collect();
    let (seen, now) = (palette.seen, palette.now);
    plot.show(ui, |plot| {
        for (y, label, color, anchor) in lines {
            plot.hline(HLine::new(label.clone(), y).color(color).width(1.0).style(LineStyle::dashed_loose()));
            plot.text(Text::new(label.clone(), PlotPoint::new(last_step, y), RichText::new(label).small().color(color)).anchor(anchor));
        }
        plot.line(Line::new("train", train).color(seen).width(1.2));
        plot.line(Line::new("test", test).color(now).width(2.0));
    });
}
