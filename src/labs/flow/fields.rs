//! The fields of data space as textures, and the scales that give them their colours.

use egui::Context;

use super::numbers::round_up;
use crate::train::flow_job::Pictures;
use crate::ui::colormap::{Colormap, Scale};
use crate::ui::heatmap::FieldTexture;

/// A coupling stretches by at most e^2; trained ones rarely by more than e^1.5.
pub(super) const LAYER_SCALE: f32 = 1.5;
/// Several layers together.
pub(super) const SUM_SCALE: f32 = 3.0;
/// The lowest part of the density's range fades into the ground.
pub(super) const FADE: f32 = 0.14;

/// Fields on the graphics card.
#[derive(Default)]
pub(super) struct Fields {
    density: Option<FieldTexture>,
    layers: Vec<FieldTexture>,
    sum: FieldTexture,
    top: f64,
    /// What all of it was made from.
    made: Option<Made>,
}

/// The version of the pictures, the top of the true density, the layers of the sum, and whether the theme is dark.
type Made = (u64, Option<f64>, usize, bool);

impl Fields {
    /// The density.
    pub(super) fn density(&self) -> Option<&FieldTexture> {
        self.density.as_ref()
    }

    /// The log-determinant of a layer.
    pub(super) fn layer(&self, index: usize) -> Option<&FieldTexture> {
        self.layers.get(index)
    }

    /// The log-determinant of the layers so far.
    pub(super) fn sum(&self) -> &FieldTexture {
        &self.sum
    }

    /// The density's scale.
    pub(super) fn scale(&self) -> Scale {
        Scale::new(Colormap::Density, 0.0, self.top.max(1e-6) as f32)
    }

    /// Brings everything up to date; costs nothing where nothing has changed. `peak` is the true density's top where it is known.
    pub(super) fn upload(&mut self, ctx: &Context, pictures: &Pictures, peak: Option<f64>, layers_so_far: usize, dark: bool) {
        let made = (pictures.version, peak, layers_so_far, dark);
        if self.made.replace(made) == Some(made) {
            return;
        }
        match peak {
            Some(peak) => self.top = round_up(peak),
            None => {
                // Without a known law the range follows the model, in steps, so that it does not flicker.
                let highest = f64::from(pictures.density.values.iter().copied().fold(0.0, f32::max));
                if highest > 1.5 * self.top || highest < 0.35 * self.top {
                    self.top = round_up(highest);
                }
            }
        }
        let (scale, version) = (self.scale(), pictures.version);
        let density = self.density.get_or_insert_with(|| FieldTexture::default().fading(FADE));
        density.set_values(ctx, version, pictures.density.size, &pictures.density.values, scale, dark, true);
        let lattice = &pictures.lattice;
        self.layers.resize_with(lattice.log_dets.len(), FieldTexture::default);
        for (texture, values) in self.layers.iter_mut().zip(&lattice.log_dets) {
            texture.set_values(ctx, version, [lattice.side; 2], values, Scale::symmetric(LAYER_SCALE), dark, true);
        }
        let sum = lattice.log_det_of(layers_so_far);
        let version = version * 64 + layers_so_far as u64;
        self.sum.set_values(ctx, version, [lattice.side; 2], &sum, Scale::symmetric(SUM_SCALE), dark, true);
    }
}
