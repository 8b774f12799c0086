use egui::{Rangef, RichText, Ui, vec2};
use egui_plot::{AxisHints, Line, Plot, PlotPoints, Points};

use super::analysis::Analysis;
use crate::autoregressive::causal_stack::Config;
use crate::ui::theme::{Palette, letters};

/// What is heard after each layer: by the present stack, and by one of as many layers without dilation. Both are counted.
pub(super) struct Growth {
    pub(super) present: Vec<usize>,
    pub(super) plain: Vec<usize>,
}

impl Growth {
    /// Counts; `None` if the shapes do not fit.
    pub(super) fn new(config: &Config) -> Option<Growth> {
        let plain = Config { dilations: vec![1; config.dilations.len()], ..config.clone() };
        Some(Growth { present: Analysis::new(config)?.growth().to_vec(), plain: Analysis::new(&plain)?.growth().to_vec() })
    }
}

/// The two curves against depth.
pub(super) fn show(growth: &Growth, ui: &mut Ui, height: f32) {
    let palette = Palette::of(ui);
    let points = |counts: &[usize]| -> Vec<[f64; 2]> { counts.iter().enumerate().map(|(layer, &n)| [layer as f64, n as f64]).collect() };
    let (present, plain) = (points(&growth.present), points(&growth.plain));
    ui.scope(|ui| {
        let font = letters::proportional(ui.ctx(), 10.5);
        ui.style_mut().text_styles.insert(egui::TextStyle::Body, font);
        Plot::new("Steps heard against depth")
            .height(height)
            .show_background(false)
            .show_grid([false, true])
            .grid_color(palette.line)
            .allow_zoom(false)
            .allow_drag(false)
            .allow_scroll(false)
            .allow_boxed_zoom(false)
            .include_y(0.0)
            .set_margin_fraction(vec2(0.04, 0.08))
            .y_axis_min_width(24.0)
            // A label at every layer, also where the layers lie close together.
            .custom_x_axes(vec![AxisHints::new_x().label_spacing(Rangef::new(18.0, 26.0))])
            .x_axis_label(RichText::new("layers").small().color(palette.text_dim))
            .x_axis_formatter(|mark, _| if mark.value.fract() == 0.0 { format!("{}", mark.value) } else { String::new() })
            .show(ui, |plot| {
                for (name, series, color) in [("all dilations 1", plain, palette.now), ("this stack", present, palette.seen)] {
                    plot.line(Line::new(name, PlotPoints::from(series.clone())).color(color).width(2.0));
                    plot.points(Points::new(name, PlotPoints::from(series)).color(color).radius(3.0));
                }
            });
    });
}
