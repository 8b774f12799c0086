//! log p at the amber point as a sum of bars: log N(z), then one log-determinant a layer, each from where the one before it ended.

use egui::{Rect, ScrollArea, Stroke, Ui};

use super::live::layer_name;
use super::numbers::sign_color;
use super::{FlowLab, Shared, words};
use crate::train::flow_job::ProbeReading;
use crate::ui::bars::{Term, signed_color, signed_row, term_bars};
use crate::ui::link;
use crate::ui::theme::Palette;
use crate::ui::transport::TransportModel;
use crate::ui::units::number;

/// The scale is never finer than this, nats or bits from one end to the other.
const LEAST: f64 = 0.5;

/// Draws the bars; a click on a layer's goes there.
pub(super) fn show(lab: &mut FlowLab, ui: &mut Ui, shared: &Shared, reading: &ProbeReading) {
    let palette = Palette::of(ui);
    let units = shared.units;
    let layers = reading.log_dets.len();
    // The sum before each layer; the last one is the whole.
    let sums: Vec<f64> = (0..=layers).map(|k| units.convert(reading.log_base + reading.cumulative(k))).collect();
    let log_prob = units.convert(reading.log_prob);
    let range = range(sums.iter().copied().chain([log_prob]));
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let base = Term { label: "log N(z)", from: 0.0, value: sums[0], color: palette.base, lit: false };
        let spoken = format!("First term, log N(z): {}", units.format(reading.log_base, 3));
        let (row, _) = term_bars(ui, &spoken, &[base], range);
        link::place(ui, row.rect, "log_n", palette.base);
        of_layers(lab, ui, shared, reading, &sums, range);
        let sum = Term { label: "log p", from: 0.0, value: log_prob, color: palette.now, lit: false };
        let spoken = format!("Sum of the terms, log p: {}", units.format(reading.log_prob, 3));
        let (row, _) = term_bars(ui, &spoken, &[sum], range);
        ui.painter().hline(row.rect.x_range(), row.rect.top(), Stroke::new(1.0, palette.line));
        link::place(ui, row.rect, "log_p", palette.now);
    });
}

/// Both ends of the scale: 0 and every sum lie between them.
fn range(sums: impl Iterator<Item = f64>) -> [f64; 2] {
    let [low, high] = sums.filter(|v| v.is_finite()).fold([0.0_f64; 2], |[low, high], v| [low.min(v), high.max(v)]);
    [low, high.max(low + LEAST)]
}

/// The bars of the layers. A low window shows some of many at a time, and among them the lit one.
fn of_layers(lab: &mut FlowLab, ui: &mut Ui, shared: &Shared, reading: &ProbeReading, sums: &[f64], range: [f64; 2]) {
    let palette = Palette::of(ui);
    let config = lab.snapshot.as_ref().map_or(&lab.wish.config, |snapshot| &snapshot.config);
    let labels: Vec<String> = (0..reading.log_dets.len()).map(|layer| words::layer(config, layer)).collect();
    let here = lab.layer();
    let pointed = |layer: usize| link::lit(ui.ctx(), &layer_name(layer)) || (layer == here && link::lit(ui.ctx(), "det"));
    let selected = (0..labels.len()).find(|&layer| pointed(layer)).or((lab.depth.position() > 0.0).then_some(here));
    let so_far = if link::lit(ui.ctx(), "so_far") { lab.depth.passed() } else { 0 };
    let terms: Vec<Term<'_>> = (labels.iter().enumerate())
        .map(|(layer, label)| {
            let value = shared.units.convert(reading.log_dets[layer]);
            Term { label, from: sums[layer], value, color: signed_color(ui, value), lit: selected == Some(layer) || layer < so_far }
        })
        .collect();
    let sum: f64 = reading.log_dets.iter().sum();
    let value = |nats: f64| number(shared.units.convert(nats), 3);
    let spoken = format!(
        "log p = {}, log N = {}, log-dets {}, one bar a layer, {} terms",
        value(reading.log_prob),
        value(reading.log_base),
        value(sum),
        terms.len()
    );
    let row = signed_row(ui.ctx());
    let most = if ui.ctx().content_rect().height() > 800.0 { 16.0 } else { 9.0 };
    let area = ScrollArea::vertical().id_salt("log-determinants").max_height(most * row).min_scrolled_height(most * row);
    let shown = area.auto_shrink([false, true]).show(ui, |ui| {
        let (response, hovered) = term_bars(ui, &spoken, &terms, range);
        let id = egui::Id::unique("lit log-determinant");
        let before = ui.data_mut(|data| std::mem::replace(data.get_temp_mut_or_default::<Option<usize>>(id), selected));
        if let Some(lit) = selected.filter(|_| before != selected && hovered.is_none()) {
            let top = response.rect.top() + lit as f32 * row;
            ui.scroll_to_rect(Rect::from_x_y_ranges(response.rect.x_range(), top..=top + row), None);
        }
        (response, hovered)
    });
    if link::lit(ui.ctx(), "log_det") {
        link::light(ui, shown.inner_rect, sign_color(palette, sum));
    }
    let (response, hovered) = shown.inner;
    if let Some(layer) = hovered {
        link::hover(ui.ctx(), &layer_name(layer));
    }
    if let Some(layer) = hovered.filter(|_| response.clicked()) {
        lab.depth.set_playing(false);
        lab.depth.seek((layer + 1) as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_holds_zero_and_every_sum() {
        assert_eq!(range([-3.0, -1.5].into_iter()), [-3.0, 0.0]);
        assert_eq!(range([-1.0, 2.0, f64::NAN].into_iter()), [-1.0, 2.0]);
        assert_eq!(range([0.0].into_iter()), [0.0, LEAST]);
    }
}
