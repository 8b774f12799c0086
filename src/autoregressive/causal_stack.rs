//! A stack of dilated causal convolutions over a sequence (WaveNet, van den Oord and others 2016, 1609.03499, sections 2.1 to 2.4).
//!
//! A sequence is predicted symbol by symbol, `p(x) = prod_t p(x_t | x_<t)`. Every layer looks back only, `d` steps at a time: with
//! d = 1, 2, 4, ... what the net hears grows twofold with each layer, where undilated layers add one step each. A sequence is an image of
//! height 1, so convolutions, the causal analysis and the sampler are those of the images.
//!
//! ```text
//! h_0 = conv(one_hot(x))                   the past only: the one shift of the model
//! z_l = tanh(filter_l(h)) sig(gate_l(h))   taps at -(k-1)d .. -d, 0      (without gates: relu of one convolution)
//! h   = h + conv_1x1(z_l)                  s = s + conv_1x1(z_l)
//! p(x_t | x_<t) = softmax(conv_1x1(relu(conv_1x1(relu(s)))))
//! ```
//!
//! Filter and gate are the two halves of one convolution's channels. Every layer is padded with zeros, so at the first steps it reads zeros
//! and not what a bias would make of them. The last layer has no `h`, since nothing reads it.

use serde::{Deserialize, Serialize};

use super::head::Head;
use crate::graph::{Builder, Graph, GraphError, Init, Mode, NodeId, Taps, Unary};
use crate::nn;

/// Size and shape of a causal stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Symbols T of a sequence.
    pub length: usize,
    /// Values K of a symbol.
    pub levels: usize,
    /// Channels C of every layer.
    pub channels: usize,
    /// Taps k of the input convolution: 1 is an embedding of the last symbol, WaveNet has as many as in the other layers.
    pub front: usize,
    /// Taps k of the dilated convolutions, 2 or 3.
    pub kernel: usize,
    /// Dilation d of each layer, first layer first, in steps.
    pub dilations: Vec<usize>,
    /// Channels of the skip sum and of the hidden layer of the head.
    pub head: usize,
    /// Gated units; else rectified ones.
    pub gated: bool,
}

impl Config {
    /// Nats of a sequence whose symbols are all equally likely, `T ln K`: where training starts.
    pub fn uniform_nats(&self) -> f64 {
        self.length as f64 * (self.levels as f64).ln()
    }
}

/// Where a sequence is moved by one step, so that no symbol sees itself. Once is right; the others are the two mistakes that are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shift {
    /// Not at all: a symbol sees the value that it should predict.
    Nowhere,
    /// At the input convolution.
    Once,
    /// At the input convolution and again before the head: the last symbol before each one is never heard.
    Twice,
}

/// The parts of a layer that a picture shows.
#[derive(Clone, Copy, Debug)]
pub struct Layer {
    /// The layer's own value after its nonlinearity, `[B,1,T,C]`.
    pub value: NodeId,
    /// What it adds to the skip sum, `[B,1,T,head]`.
    pub skip: NodeId,
    /// What the next layer reads, `[B,1,T,C]`; `None` in the last layer.
    pub out: Option<NodeId>,
}

/// The nodes of a recorded stack.
#[derive(Clone, Debug)]
pub struct Nodes {
    /// Input `levels [B,1,T,1]`: each symbol as a whole number.
    pub levels: NodeId,
    /// The input convolution, `[B,1,T,C]`: what the first layer reads.
    pub front: NodeId,
    /// The layers, first layer first.
    pub layers: Vec<Layer>,
    /// Logits `[B,1,T,K]`.
    pub logits: NodeId,
    /// `ln p(x_t = k | x_<t)`, `[B,1,T,K]`.
    pub log_p: NodeId,
    /// `-ln p(x)` of each sequence, `[B,1,1,1]`, nats.
    pub nll: NodeId,
}

/// Offsets of a causal convolution with `kernel` taps, `dilation` steps apart, the newest of them `last` steps ago.
pub fn taps(kernel: usize, dilation: usize, last: usize) -> Taps {
    let offset = |tap: usize| (0, -((tap * dilation + last) as i32));
    Taps::new(&(0..kernel).rev().map(offset).collect::<Vec<_>>())
}

/// Records the model for a batch. Input: `levels [B,1,T,1]`.
pub fn record(b: &mut Builder, config: &Config, batch: usize) -> Nodes {
    record_with(b, config, batch, Shift::Once)
}

/// [`record`] with a choice of the shift: all but [`Shift::Once`] are mistakes, for tests and to be shown.
pub fn record_with(b: &mut Builder, config: &Config, batch: usize, shift: Shift) -> Nodes {
    let levels = b.input("levels", &[batch, 1, config.length, 1]);
    let symbols = b.one_hot(levels, config.levels);
    let first = taps(config.front, 1, usize::from(shift != Shift::Nowhere));
    let front = nn::masked_conv(b, "front", &first, symbols, config.channels, Init::Normal(1.0 / (config.front as f64).sqrt()));

    let mut layers: Vec<Layer> = Vec::with_capacity(config.dilations.len());
    let mut sum = None;
    for (index, &dilation) in config.dilations.iter().enumerate() {
        let h = layers.last().map_or(front, |layer| layer.out.expect("only the last layer has none"));
        let layer = b.scope(format!("layer.{index}"), |b| record_layer(b, config, h, dilation, index + 1 == config.dilations.len()));
        sum = Some(sum.map_or(layer.skip, |so_far| b.add(so_far, layer.skip)));
        layers.push(layer);
    }
    // Without a layer the head reads the input convolution.
    let features = sum.unwrap_or(front);
    let active = b.relu(features);
    let point = if shift == Shift::Twice { taps(1, 1, 1) } else { Taps::point() };
    let Head { logits, log_p, nll } = Head::record(b, active, &point, config.head, symbols);
    Nodes { levels, front, layers, logits, log_p, nll }
}

fn record_layer(b: &mut Builder, config: &Config, h: NodeId, dilation: usize, last: bool) -> Layer {
    let (c, taps) = (config.channels, taps(config.kernel, dilation, 0));
    let fan_in = taps.len() * c;
    let value = if config.gated {
        let both = nn::masked_conv(b, "conv", &taps, h, 2 * c, Init::lecun(fan_in));
        let (filter, gate) = (b.slice(both, 3, 0, c), b.slice(both, 3, c, c));
        let (filter, gate) = (b.tanh(filter), b.unary(Unary::Sigmoid, gate));
        b.mul(filter, gate)
    } else {
        let y = nn::masked_conv(b, "conv", &taps, h, c, Init::he(fan_in));
        b.relu(y)
    };
    let value = b.name(value, "value");
    // A sum of L layers has L times the variance of one: each starts with its share.
    let share = Init::lecun(c * config.dilations.len());
    let skip = nn::conv_1x1(b, "skip", value, config.head, share);
    let out = (!last).then(|| {
        let y = nn::conv_1x1(b, "out", value, c, share);
        b.add(h, y)
    });
    Layer { value, skip, out }
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
