//! PixelCNN (van den Oord, Kalchbrenner, Kavukcuoglu 2016, 1601.06759, section 3.4; class bias after 1606.05328, section 2.3).
//!
//! An image is drawn pixel by pixel, `p(x) = prod_i p(x_i | x_<i)`, and every conditional is read off one stack of masked convolutions:
//! the first layer (mask A) sees what lies above and to the left, the later ones (mask B) also themselves. All conditionals of a given
//! image come from one pass; drawing an image needs them one after the other.
//!
//! ```text
//! h_0     = conv_A 7x7 [one_hot(x), row, column] + class    (plain: relu of it)
//! h_{l+1} = h_l + conv_B 3x3 (relu(h_l + class_l))          (plain: h_{l+1} = relu(conv_B h_l))
//! p(x_i | x_<i) = softmax(W_2 relu(W_1 relu(h_L)))
//! ```
//!
//! Two things are not the paper's: a residual block is one 3x3 with the rectifier before it (the paper has 1x1, 3x3, 1x1), and the two
//! coordinate channels, constants that tell the net where it is.

use serde::{Deserialize, Serialize};

use super::gated;
use super::head::Head;
use crate::graph::{Builder, Graph, GraphError, Init, MaskKind, Mode, NodeId, Taps};
use crate::nn;

/// How the convolutions of a PixelCNN are joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wiring {
    /// One stack of masked convolutions, as in this file: it has a blind spot.
    #[default]
    Plain,
    /// Two stacks and gates, as in [`gated`]: it has none.
    Gated,
}

/// Size and shape of a PixelCNN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Rows of the image.
    pub height: usize,
    /// Columns of the image.
    pub width: usize,
    /// Grey levels K of a pixel, 2 to 256.
    pub levels: usize,
    /// Channels C of every hidden layer (of each half of a gate, where there are gates).
    pub channels: usize,
    /// Number L of layers after the first.
    pub blocks: usize,
    /// Side of the first kernel (mask A), odd.
    pub first_kernel: usize,
    /// Side of the later kernels (mask B), odd.
    pub kernel: usize,
    /// Channels of the hidden layer of the head.
    pub head: usize,
    /// Number of classes that condition the image, 0 for none.
    pub classes: usize,
    /// Adds the pixel's row and column, from -1 to 1, to the input: constants, so they tell the net where it is and leak nothing.
    pub coordinates: bool,
    /// Residual blocks (with pre-activation in the plain wiring); else every layer replaces the one before.
    pub residual: bool,
    /// Offsets `(dy, dx)` that the first layer of the plain wiring reads, in place of mask A's; `None` for mask A.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_taps: Option<Vec<(i32, i32)>>,
    /// One masked stack, or two stacks with gates. Lessons of before there was a choice are plain.
    #[serde(default)]
    pub wiring: Wiring,
}

impl Config {
    /// Pixels of an image.
    pub fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// Half-widths of the masked kernels, first layer first.
    pub fn half_widths(&self) -> Vec<usize> {
        let rest = std::iter::repeat_n(self.kernel / 2, self.blocks);
        std::iter::once(self.first_kernel / 2).chain(rest).collect()
    }

    /// The offsets that the first layer of the plain wiring reads: mask A's, or those that were chosen instead.
    pub fn mask_a(&self) -> Vec<(i32, i32)> {
        self.first_taps.clone().unwrap_or_else(|| Taps::raster(self.first_kernel, MaskKind::A).offsets().to_vec())
    }

    /// Nats of an image whose pixels are all equally likely, `H W ln K`: where training starts.
    pub fn uniform_nats(&self) -> f64 {
        self.pixels() as f64 * (self.levels as f64).ln()
    }
}

/// The nodes of a recorded PixelCNN.
#[derive(Clone, Debug)]
pub struct Nodes {
    /// Input `levels [B,H,W,1]`: the grey level of each pixel, as a whole number.
    pub levels: NodeId,
    /// Value of each layer, first layer first, `[B,H,W,C]`; of a gated model, the horizontal stack.
    pub layers: Vec<NodeId>,
    /// The parts of each gated layer, first layer first; empty in the plain wiring.
    pub gated: Vec<gated::Layer>,
    /// Logits `[B,H,W,K]`.
    pub logits: NodeId,
    /// `ln p(x_i = k | x_<i)`, `[B,H,W,K]`.
    pub log_p: NodeId,
    /// `-ln p(x)` of each image, `[B,1,1,1]`, nats.
    pub nll: NodeId,
}

/// Records the figure of the paper for a batch. Inputs: `levels [B,H,W,1]` and, with classes, `class [B,1]` (-1 for none).
pub fn record(b: &mut Builder, config: &Config, batch: usize) -> Nodes {
    record_with(b, config, batch, MaskKind::A)
}

/// [`record`] with a choice of the first layer's mask. With [`MaskKind::B`] every pixel sees the value that it should predict: the classic
/// mistake, which the causal analysis reports and the sampler refuses.
pub fn record_with(b: &mut Builder, config: &Config, batch: usize, first_mask: MaskKind) -> Nodes {
    let input = Input::record(b, config, batch);
    record_from(b, config, &input, first_mask)
}

/// The model over an input that is recorded already.
pub(super) fn record_from(b: &mut Builder, config: &Config, input: &Input, first_mask: MaskKind) -> Nodes {
    match config.wiring {
        Wiring::Plain => {
            let layers = stack(b, config, input, first_mask);
            finish(b, config, input, layers, Vec::new())
        }
        Wiring::Gated => gated::record_from(b, config, input, first_mask, gated::Shift::Link),
    }
}

/// What every wiring reads.
pub(super) struct Input {
    /// Input `levels [B,H,W,1]`.
    levels: NodeId,
    /// The levels as `[B,H,W,K]` zeros and ones.
    pixels: NodeId,
    /// `pixels`, with the coordinates if the model has them, `[B,H,W,K]` or `[B,H,W,K+2]`.
    pub(super) channels: NodeId,
    /// The class as `[B, classes]` zeros and ones, if the model has classes.
    pub(super) class: Option<NodeId>,
}

impl Input {
    /// Declares the inputs.
    pub(super) fn record(b: &mut Builder, config: &Config, batch: usize) -> Input {
        Input::nudged(b, config, batch, None)
    }

    /// The same with something `[B,H,W,K]` added to the zeros and ones that the layers read, so that a gradient has somewhere to arrive.
    pub(super) fn nudged(b: &mut Builder, config: &Config, batch: usize, nudge: Option<NodeId>) -> Input {
        let levels = b.input("levels", &[batch, config.height, config.width, 1]);
        let pixels = b.one_hot(levels, config.levels);
        let class = (config.classes > 0).then(|| {
            let index = b.input("class", &[batch, 1]);
            b.one_hot(index, config.classes)
        });
        let read = nudge.map_or(pixels, |nudge| b.add(pixels, nudge));
        let channels = if config.coordinates { with_coordinates(b, read) } else { read };
        Input { levels, pixels, channels, class }
    }

    /// Adds a learned vector for the class at every pixel, where the model has classes.
    pub(super) fn add_class(&self, b: &mut Builder, x: NodeId) -> NodeId {
        let Some(one_hot) = self.class else { return x };
        let channels = b.shape(x).last();
        let bias = nn::class_bias(b, "class", one_hot, channels);
        b.add(x, bias)
    }
}

/// The stack of masked convolutions: the value of each layer.
fn stack(b: &mut Builder, config: &Config, input: &Input, first_mask: MaskKind) -> Vec<NodeId> {
    let channels = config.channels;
    let mut layers = Vec::with_capacity(config.blocks + 1);
    let mask_a = match &config.first_taps {
        Some(taps) => Taps::new(taps),
        None => Taps::raster(config.first_kernel, first_mask),
    };
    let mut h = b.scope("first", |b| {
        let fan_in = mask_a.len() * b.shape(input.channels).last();
        let y = nn::masked_conv(b, "conv", &mask_a, input.channels, channels, Init::lecun(fan_in));
        let y = input.add_class(b, y);
        if config.residual { y } else { b.relu(y) }
    });
    layers.push(h);

    let mask_b = Taps::raster(config.kernel, MaskKind::B);
    let fan_in = mask_b.len() * channels;
    for block in 0..config.blocks {
        h = b.scope(format!("block.{block}"), |b| {
            if config.residual {
                let shifted = input.add_class(b, h);
                let active = b.relu(shifted);
                // A sum of L blocks has L times the variance of one: each starts with its share.
                let y = nn::masked_conv(b, "conv", &mask_b, active, channels, Init::he(fan_in * config.blocks));
                b.add(h, y)
            } else {
                let y = nn::masked_conv(b, "conv", &mask_b, h, channels, Init::he(fan_in));
                b.relu(y)
            }
        });
        layers.push(h);
    }
    layers
}

/// The head over the last layer, and the likelihood: the same in every wiring.
pub(super) fn finish(b: &mut Builder, config: &Config, input: &Input, layers: Vec<NodeId>, gated: Vec<gated::Layer>) -> Nodes {
    let &Input { levels, pixels, .. } = input;
    let h = *layers.last().expect("every model has a first layer");
    let rectified = config.wiring == Wiring::Plain && !config.residual;
    let active = if rectified { h } else { b.relu(h) };
    let Head { logits, log_p, nll } = Head::record(b, active, &Taps::point(), config.head, pixels);
    Nodes { levels, layers, gated, logits, log_p, nll }
}

/// The evaluation graph of a batch, with outputs `logits`, `log_p` and `nll`.
///
/// # Errors
/// A configuration whose shapes do not fit.
pub fn evaluation(config: &Config, batch: usize) -> Result<(Graph, Nodes), GraphError> {
    let mut b = Builder::new(Mode::Evaluate);
    let nodes = record(&mut b, config, batch);
    b.output("logits", nodes.logits);
    b.output("log_p", nodes.log_p);
    b.output("nll", nodes.nll);
    Ok((b.finish()?, nodes))
}

/// The graph of the likelihood alone, with the output `nll [B,1,1,1]`: what scoring and test curves run.
///
/// # Errors
/// A configuration whose shapes do not fit.
pub fn likelihood(config: &Config, batch: usize) -> Result<Graph, GraphError> {
    let mut b = Builder::new(Mode::Evaluate);
    let nodes = record(&mut b, config, batch);
    b.output("nll", nodes.nll);
    b.finish()
}

/// Joins the row and the column of each pixel, scaled to -1..1, to its channels.
fn with_coordinates(b: &mut Builder, x: NodeId) -> NodeId {
    let [batch, height, width] = [0, 1, 2].map(|axis| b.shape(x).dims()[axis]);
    let place = |i: usize, n: usize| if n > 1 { 2.0 * i as f64 / (n - 1) as f64 - 1.0 } else { 0.0 };
    let table = (0..height * width).flat_map(|p| [place(p / width, height), place(p % width, width)]).collect();
    let places = b.table(table, &[1, height, width, 2]);
    let places = b.expand(places, &[batch, height, width, 2]);
    b.concat(&[x, places], 3)
}
