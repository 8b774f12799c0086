//! What every layer said at every pixel of a sample.
//!
//! The values are read from the sampler's own program after one whole forward pass: the same named nodes and the same parameters that
//! drew the sample, so there is nothing that could disagree with it. By the masks, the values at a pixel depend on earlier pixels only: they
//! are what the layers said when that pixel was drawn.

use std::sync::Arc;

use super::artist::Artist;
use super::snapshot::SampleRun;
use crate::autoregressive::pixelcnn::Wiring;
use crate::train::TrainError;

/// One layer's values, `[P, C]`.
#[derive(Clone, Debug)]
pub struct LayerValues {
    /// What it is called on the screen.
    pub name: String,
    /// Channels C.
    pub channels: usize,
    /// Values, pixel by pixel, `[P, C]`.
    pub values: Vec<f32>,
    /// The largest size of a value.
    pub reach: f32,
}

impl LayerValues {
    fn new(name: String, values: &[f32], pixels: usize) -> LayerValues {
        let reach = values.iter().fold(0.0_f32, |reach, value| reach.max(value.abs()));
        LayerValues { name, channels: values.len() / pixels.max(1), values: values.to_vec(), reach }
    }

    /// The channels at a pixel, `[C]`.
    pub fn at(&self, pixel: usize) -> &[f32] {
        &self.values[pixel * self.channels..][..self.channels]
    }

    /// One channel of all pixels, `[P]`.
    pub fn channel(&self, channel: usize) -> impl Iterator<Item = f32> + '_ {
        self.values.iter().skip(channel).step_by(self.channels.max(1)).copied()
    }
}

/// The values of all layers for one sample, first layer first; the logits last.
#[derive(Clone, Debug)]
pub struct Look {
    /// The sample that was looked at.
    pub sample: Arc<SampleRun>,
    /// Masked layers in order, the head's hidden layer, the logits `[P, K]`.
    pub layers: Vec<LayerValues>,
    /// How many of `layers` are masked layers.
    pub masked: usize,
}

impl Look {
    /// The logits of a pixel before the temperature, `[K]`.
    pub fn logits(&self, pixel: usize) -> &[f32] {
        self.layers.last().map_or(&[], |logits| logits.at(pixel))
    }
}

impl Artist {
    /// One forward pass over a finished sample, and the values of its layers.
    ///
    /// # Errors
    /// A class that the model does not take.
    pub(super) fn look(&mut self, sample: &Arc<SampleRun>) -> Result<Look, TrainError> {
        let pixels = sample.len();
        self.set_class(sample.settings.class)?;
        let levels: Vec<f32> = sample.pixels.iter().map(|&level| f32::from(level)).collect();
        let mut logits = vec![0.0; pixels * sample.levels];
        self.model.sampler.forward(&levels, &mut logits);
        let kind = match self.config.wiring {
            Wiring::Plain => "masked",
            Wiring::Gated => "gated",
        };
        let masked = self.nodes.layers.len();
        let mut layers = Vec::with_capacity(masked + 2);
        for (i, &node) in self.nodes.layers.iter().enumerate() {
            layers.push(LayerValues::new(format!("{kind} {}", i + 1), self.model.sampler.value(node), pixels));
        }
        if let Some(hidden) = self.model.graph.find("head.hidden.value") {
            layers.push(LayerValues::new("head 1×1".into(), self.model.sampler.value(hidden), pixels));
        }
        layers.push(LayerValues::new("logits".into(), &logits, pixels));
        Ok(Look { sample: Arc::clone(sample), layers, masked })
    }
}
