//! What is found out about the sample beside its values: the gradient of the pixel that is looked at, and the channels of a layer.

use egui::{Painter, Stroke, Ui, vec2};
use serde::{Deserialize, Serialize};

use super::lab::PixelcnnLab;
use super::micro::Idea;
use super::side::Side;
use crate::graph::causal::{Field, Visibility};
use crate::train::pixelcnn_job::{Ask, Gradient};
use crate::ui::chips;
use crate::ui::colormap::{Colormap, Scale, colorbar};
use crate::ui::pixel_grid::GridLayout;
use crate::ui::theme::Palette;

/// Powers of ten below the largest that the heat still tells apart.
const DECADES: f32 = 3.0;

/// What is taken apart, as a part of the lab's state.
#[derive(Clone, Copy, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Inside {
    /// The idea inside the next pixel that is shown, if one is.
    pub(super) idea: Option<Idea>,
    /// Whether the gradient lies over the picture.
    pub(super) gradient: bool,
    /// Whether the channels of a layer stand in the picture's place.
    pub(super) channels: bool,
    /// The layer whose channels are shown, from 0.
    pub(super) layer: usize,
    /// What the column beside the picture shows.
    pub(super) side: Side,
}

/// What is shown, and what the worker was asked for.
#[derive(Default)]
pub(super) struct Insight {
    /// Whether the gradient lies over the picture.
    pub(super) gradient: bool,
    /// Whether the channels of a layer stand in the picture's place.
    pub(super) channels: bool,
    /// The layer whose channels are shown.
    pub(super) layer: usize,
    /// The layer whose card is under the pointer.
    pub(super) pointed: Option<usize>,
    /// Largest values of the layers when the lesson was opened: the ranges of the colours.
    pub(super) ranges: Option<(String, Vec<f32>)>,
    pub(super) thumbnails: super::channels::Thumbnails,
    asked: Option<(String, usize)>,
}

impl PixelcnnLab {
    /// What is taken apart now.
    pub(super) fn inside(&self) -> Inside {
        let Insight { gradient, channels, layer, .. } = self.insight;
        Inside { idea: self.idea(), gradient, channels, layer, side: self.side }
    }

    /// Takes it apart like this; after the place in time is set.
    pub(super) fn show_inside(&mut self, inside: Inside) {
        (self.insight.gradient, self.insight.channels, self.insight.layer) = (inside.gradient, inside.channels, inside.layer);
        self.side = inside.side;
        self.restore_idea(inside.idea);
    }

    /// Asks the worker for the gradient of the pixel that is looked at, once.
    pub(super) fn ask_for_gradient(&mut self) {
        let Some(lesson) = self.snapshot.as_ref().map(|snapshot| snapshot.lesson.name.clone()) else { return };
        let wanted = self.focus().filter(|&pixel| self.insight.gradient && pixel <= self.walk.at()).map(|pixel| (lesson, pixel));
        if wanted != self.insight.asked {
            self.ask(Ask::Gradient(wanted.as_ref().map(|(_, pixel)| *pixel)));
            self.insight.asked = wanted;
        }
    }

    /// The gradient of the pixel that is looked at, if it is known by now.
    pub(super) fn gradient(&self) -> Option<std::sync::Arc<Gradient>> {
        let gradient = self.snapshot.as_ref()?.gradient.as_ref().filter(|_| self.insight.gradient)?;
        let same = std::sync::Arc::ptr_eq(&gradient.sample, self.walk.run()?) && Some(gradient.pixel) == self.focus();
        (same && gradient.pixel <= self.walk.at()).then(|| gradient.clone())
    }
}

/// Two chips beside the other overlays.
pub(super) fn toggles(lab: &mut PixelcnnLab, ui: &mut Ui) {
    chips::toggle(ui, "gradient", &mut lab.insight.gradient).on_hover_text(
        "The real receptive field: how strongly the logits react to each pixel, by the reverse pass; the line is the exact field",
    );
    chips::toggle(ui, "channels", &mut lab.insight.channels)
        .on_hover_text("The channels of one layer in the picture's place; point at a layer's card to choose it");
}

/// The colour of a pixel's share of the largest slope, on a scale of powers of ten; `None` where the slope is exactly zero.
pub(super) fn heat(gradient: &Gradient, pixel: usize, dark: bool) -> Option<egui::Color32> {
    let size = gradient.size[pixel];
    (size > 0.0).then(|| scale().color((size / gradient.largest).log10(), dark))
}

fn scale() -> Scale {
    Scale::new(Colormap::Density, -DECADES, 0.0)
}

/// The line around the exact field.
pub(super) fn border(painter: &Painter, layout: &GridLayout, field: &Field, palette: &Palette) {
    let seen = |row: i64, col: i64| {
        let inside = (0..layout.rows as i64).contains(&row) && (0..layout.cols as i64).contains(&col);
        inside && field.pixels[row as usize * layout.cols + col as usize] == Visibility::Seen
    };
    let stroke = Stroke::new(2.5, palette.text);
    for i in (0..field.pixels.len()).filter(|&i| field.pixels[i] == Visibility::Seen) {
        let (row, col) = ((i / layout.cols) as i64, (i % layout.cols) as i64);
        let cell = layout.cell(i);
        let (a, b) = (cell.left_top(), cell.right_bottom());
        for (dy, dx, from, to) in [
            (-1, 0, a, a + vec2(cell.width(), 0.0)),
            (1, 0, b - vec2(cell.width(), 0.0), b),
            (0, -1, a, a + vec2(0.0, cell.height())),
            (0, 1, b - vec2(0.0, cell.height()), b),
        ] {
            if !seen(row + dy, col + dx) {
                painter.line_segment([from, to], stroke);
            }
        }
    }
}

/// What the heat means, in a line and a colour bar.
pub(super) fn legend(ui: &mut Ui, gradient: &Gradient, field: &Field) {
    let outside = gradient.size.iter().zip(&field.pixels).filter(|(size, seen)| **size > 0.0 && **seen != Visibility::Seen).count();
    let line = format!("gradient reaches {} of the {} pixels of the exact field, {outside} outside", gradient.support(), field.seen);
    chips::note(ui, &line).on_hover_text(format!(
        "Frobenius norm of ∂logits/∂x for each pixel x, at this image and these weights; the largest is {:.2e}. The exact field says what \
         could matter, the gradient what does.",
        gradient.largest
    ));
    colorbar(ui, &scale(), "log₁₀ |∂l/∂x|", "relative");
}
