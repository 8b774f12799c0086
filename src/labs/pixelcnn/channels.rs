//! The channels of one layer as small pictures in the sample's place; the one under the pointer is shown large.

use egui::{Color32, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::lab::PixelcnnLab;
use crate::train::pixelcnn_job::{LayerValues, SampleRun};
use crate::ui::chips;
use crate::ui::colormap::{Scale, colorbar};
use crate::ui::heatmap::FieldTexture;
use crate::ui::theme::Palette;
use crate::ui::units::number;

/// Side of the large picture of a channel, points.
const LARGE: f32 = 240.0;

/// All channels of a layer in one texture, side by side.
#[derive(Default)]
pub(super) struct Thumbnails {
    texture: FieldTexture,
    stamp: Option<(usize, usize, usize, bool, u32)>,
    version: u64,
}

impl Thumbnails {
    /// Channels side by side, `[rows, C cols]`; what is not drawn yet has no value.
    #[expect(clippy::too_many_arguments, reason = "a texture is its values, their shape and their look")]
    fn upload(
        &mut self,
        ctx: &egui::Context,
        run: &SampleRun,
        layer: &LayerValues,
        index: usize,
        at: usize,
        scale: &Scale,
        palette: &Palette,
    ) {
        let sample = std::ptr::from_ref(&layer.values[..]).cast::<f32>() as usize;
        let stamp = (sample, index, at, palette.dark, scale.high.to_bits());
        if self.stamp != Some(stamp) {
            (self.stamp, self.version) = (Some(stamp), self.version + 1);
        }
        let width = run.cols * layer.channels;
        let mut colors = vec![palette.future; width * run.rows];
        for (pixel, channels) in layer.values.chunks_exact(layer.channels).enumerate().take(at + 1) {
            let (row, col) = (pixel / run.cols, pixel % run.cols);
            for (channel, &value) in channels.iter().enumerate() {
                colors[row * width + channel * run.cols + col] = scale.color(value, palette.dark);
            }
        }
        self.texture.set_colors(ctx, self.version, [width, run.rows], &colors, false);
    }

    fn paint(&self, painter: &egui::Painter, rect: Rect, channel: usize, channels: usize) {
        let Some(id) = self.texture.id() else { return };
        let step = 1.0 / channels as f32;
        let uv = Rect::from_min_max(Pos2::new(channel as f32 * step, 0.0), pos2((channel + 1) as f32 * step, 1.0));
        painter.image(id, rect, uv, Color32::WHITE);
    }
}

impl PixelcnnLab {
    /// The layer whose channels are to be shown: the pointer's, else the chosen one if channels are asked for.
    pub(super) fn shown_layer(&mut self) -> Option<usize> {
        if let Some(pointed) = self.insight.pointed {
            self.insight.layer = pointed;
        }
        let asked = self.insight.channels || self.insight.pointed.is_some();
        (asked && self.idea().is_none()).then_some(self.insight.layer)
    }

    /// Ranges of the colours: those of the first sample after the lesson was opened, until somebody fits them anew.
    fn range(&mut self, layer: usize, reaches: &[f32]) -> f32 {
        let name = self.snapshot.as_ref().map_or(String::new(), |snapshot| snapshot.lesson.name.clone());
        let ranges = match self.insight.ranges.take().filter(|(of, ranges)| *of == name && ranges.len() == reaches.len()) {
            Some(kept) => kept,
            None => (name, reaches.to_vec()),
        };
        let range = ranges.1[layer];
        self.insight.ranges = Some(ranges);
        range.max(1e-6)
    }
}

/// Draws the channels of a layer in the picture's place; gives the width that they take. False if there is nothing to draw yet.
pub(super) fn show(lab: &mut PixelcnnLab, ui: &mut Ui, run: &SampleRun, layer: usize, size: Vec2) -> Option<f32> {
    let palette = Palette::of(ui);
    let look = lab.snapshot.as_ref()?.look.clone().filter(|_| lab.look().is_some())?;
    let index = layer.min(look.layers.len() - 1);
    let values = &look.layers[index];
    let reaches: Vec<f32> = look.layers.iter().map(|layer| layer.reach).collect();
    let scale = Scale::symmetric(lab.range(index, &reaches));
    lab.insight.thumbnails.upload(ui.ctx(), run, values, index, lab.walk.at(), &scale, palette);
    let size = size - vec2(0.0, 46.0);
    let columns = columns(values.channels, size, run.cols as f32 / run.rows as f32);
    let lines = values.channels.div_ceil(columns);
    let gap = 4.0;
    let high = (size.y - gap * (lines - 1) as f32) / lines as f32;
    let wide = (size.x - gap * (columns - 1) as f32) / columns as f32;
    let side = high.min(wide * run.rows as f32 / run.cols as f32).max(4.0);
    let cell = vec2(side * run.cols as f32 / run.rows as f32, side);
    let whole = vec2((cell.x + gap) * columns as f32 - gap, (side + gap) * lines as f32 - gap);
    let (area, _) = ui.allocate_exact_size(whole, Sense::hover());
    for channel in 0..values.channels {
        let corner = area.min + vec2((channel % columns) as f32 * (cell.x + gap), (channel / columns) as f32 * (side + gap));
        let rect = Rect::from_min_size(corner, cell);
        let response = ui.interact(rect, ui.scope_id().with(("channel", channel)), Sense::hover());
        lab.insight.thumbnails.paint(ui.painter(), rect, channel, values.channels);
        let line = if response.hovered() { Stroke::new(2.0, palette.now) } else { Stroke::new(1.0, palette.line) };
        ui.painter().rect_stroke(rect, 1.0, line, StrokeKind::Outside);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("Channel {} of {}", channel + 1, values.name)));
        response.on_hover_ui(|ui| large(ui, &lab.insight.thumbnails, values, channel, run, lab.walk.at()));
    }
    ui.add_space(2.0);
    ui.horizontal(|ui| {
        chips::note(ui, &format!("{}: {} channels", values.name, values.channels));
        let help = "The range stays as it was when the lesson opened, so that colours can be compared; this fits it to the present values";
        if chips::button(ui, "fit range").on_hover_text(help).clicked() {
            lab.insight.ranges = None;
        }
        colorbar(ui, &scale, "activation", "");
    });
    Some(whole.x)
}

/// As many columns as make the thumbnails largest.
fn columns(channels: usize, size: Vec2, aspect: f32) -> usize {
    let side = |columns: usize| (size.x / columns as f32 / aspect).min(size.y / channels.div_ceil(columns) as f32);
    (1..=channels.max(1)).max_by(|&a, &b| side(a).total_cmp(&side(b)).then(b.cmp(&a))).unwrap_or(1)
}

fn large(ui: &mut Ui, thumbnails: &Thumbnails, layer: &LayerValues, channel: usize, run: &SampleRun, at: usize) {
    let (low, high) = layer
        .channel(channel)
        .take(at + 1)
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let (low, high) = (number(f64::from(low), 2), number(f64::from(high), 2));
    ui.label(format!("{}, channel {}: from {low} to {high}", layer.name, channel + 1));
    let (rect, _) = ui.allocate_exact_size(vec2(LARGE * run.cols as f32 / run.rows as f32, LARGE), Sense::hover());
    thumbnails.paint(ui.painter(), rect, channel, layer.channels);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbnails_fill_the_room() {
        assert_eq!(columns(32, vec2(400.0, 200.0), 1.0), 8);
        assert_eq!(columns(16, vec2(300.0, 300.0), 1.0), 4);
        assert_eq!(columns(1, vec2(300.0, 300.0), 1.0), 1);
    }
}
