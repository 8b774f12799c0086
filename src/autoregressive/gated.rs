//! Gated PixelCNN (van den Oord and others 2016, 1606.05328, figure 2): two stacks of convolutions instead of one, and gates instead of
//! rectifiers.
//!
//! A single masked stack never sees a wedge on the upper right of its pixel: to gain columns on the right it must climb rows. Here a
//! vertical stack reads finished rows only, so it may look to both sides freely, and a horizontal stack reads the pixel's own row on the
//! left. The vertical stack's row y sees pixel rows up to y, so the horizontal stack takes row y - 1 of it: one shift, at the link. The
//! vertical stack never reads the horizontal one.
//!
//! ```text
//! V  = conv_v(v)                          rows y-r..y, all columns          C -> 2C
//! H  = conv_h(h) + link(V[y-1])           columns x-r..x, the 1x1 link      C -> 2C
//! v' = tanh(V_f + class) sig(V_g + class)                                  2C -> C
//! h' = h + conv_1x1( tanh(H_f + class) sig(H_g + class) )                  2C -> C
//! ```
//!
//! `_f` and `_g` are the two halves of the channels. In the first layer v and h are both the input, conv_h does not see the pixel itself
//! (mask A), and nothing is added: the input would leak through. The link is taken before the gate. The last layer has no v', since
//! nothing reads it. Input, head and likelihood are those of [`super::pixelcnn`].

use super::pixelcnn::{Config, Input, Nodes, finish};
use crate::graph::{Builder, Init, MaskKind, NodeId, Taps, Unary};
use crate::nn;

/// Where the vertical stack is moved down a row. All but the first are mistakes that were found in published programs: for tests, and to
/// be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shift {
    /// Once, where the horizontal stack reads it: no leak and no blind spot.
    Link,
    /// In every layer of the vertical stack, which then climbs a row with every layer: the blind spot is back.
    EveryLayer,
    /// Nowhere: the horizontal stack sees the pixels on its right in its own row.
    Nowhere,
}

impl Shift {
    /// Offsets of the vertical kernel of this side: rows `-r..=0` and all columns, a row further up where every layer shifts.
    pub fn vertical(self, side: usize) -> Taps {
        let r = (side / 2) as i32;
        let up = i32::from(self == Shift::EveryLayer);
        let rows = -r - up..=-up;
        Taps::new(&rows.flat_map(|dy| (-r..=r).map(move |dx| (dy, dx))).collect::<Vec<_>>())
    }

    /// The one offset of the link: a 1x1 convolution of the row above, zero above the image.
    pub fn link(self) -> Taps {
        Taps::new(&[(-i32::from(self == Shift::Link), 0)])
    }
}

/// Offsets of the horizontal kernel of this side: the own row from `-r` to the pixel itself, which mask A leaves out.
pub fn horizontal(side: usize, mask: MaskKind) -> Taps {
    let r = (side / 2) as i32;
    let last = i32::from(mask == MaskKind::B) - 1;
    Taps::new(&(-r..=last).map(|dx| (0, dx)).collect::<Vec<_>>())
}

/// The parts of a gated layer that a picture shows.
#[derive(Clone, Debug)]
pub struct Layer {
    /// What the vertical convolution gives, before the class and the gate, `[B,H,W,2C]`: what the link reads.
    pub vertical: NodeId,
    /// The vertical stack after its gate, `[B,H,W,C]`; `None` in the last layer.
    pub vertical_out: Option<NodeId>,
    /// What comes over the link, `[B,H,W,2C]`.
    pub link: NodeId,
    /// What the horizontal convolution gives, `[B,H,W,2C]`.
    pub horizontal: NodeId,
    /// The half of the horizontal gate that proposes, tanh, `[B,H,W,C]`.
    pub tanh: NodeId,
    /// The half that lets through, sigmoid, `[B,H,W,C]`.
    pub sigmoid: NodeId,
    /// The horizontal stack after the layer, `[B,H,W,C]`.
    pub horizontal_out: NodeId,
}

/// Records the model for a batch, with a choice of the first horizontal mask and of the shift: all but [`MaskKind::A`] and [`Shift::Link`]
/// are mistakes. Inputs as in [`super::pixelcnn::record`].
pub fn record_with(b: &mut Builder, config: &Config, batch: usize, first_mask: MaskKind, shift: Shift) -> Nodes {
    let input = Input::record(b, config, batch);
    record_from(b, config, &input, first_mask, shift)
}

/// The model over an input that is recorded already.
pub(super) fn record_from(b: &mut Builder, config: &Config, input: &Input, first_mask: MaskKind, shift: Shift) -> Nodes {
    let mut gated: Vec<Layer> = Vec::with_capacity(config.blocks + 1);
    for index in 0..=config.blocks {
        let before = gated.last();
        let v = before.map_or(input.channels, |layer| layer.vertical_out.expect("only the last layer has none"));
        let h = before.map_or(input.channels, |layer| layer.horizontal_out);
        let place = Place { index, v, h, first_mask, shift };
        let layer = b.scope(format!("gated.{index}"), |b| place.record(b, config, input));
        gated.push(layer);
    }
    let layers = gated.iter().map(|layer| layer.horizontal_out).collect();
    finish(b, config, input, layers, gated)
}

/// A layer to be recorded: its number and what it reads.
struct Place {
    index: usize,
    v: NodeId,
    h: NodeId,
    first_mask: MaskKind,
    shift: Shift,
}

impl Place {
    fn record(self, b: &mut Builder, config: &Config, input: &Input) -> Layer {
        let Place { index, v, h, first_mask, shift } = self;
        let first = index == 0;
        let (side, mask) = if first { (config.first_kernel, first_mask) } else { (config.kernel, MaskKind::B) };
        let (c, twice) = (config.channels, 2 * config.channels);

        let taps = shift.vertical(side);
        let fan_in = taps.len() * b.shape(v).last();
        // A gate gives a third of its operand's deviation: without a residual path the weights must make up for it.
        let init = if first { Init::he(fan_in) } else { gain(GATE, fan_in) };
        let vertical = nn::masked_conv(b, "vertical", &taps, v, twice, init);
        let link = nn::masked_conv(b, "link", &shift.link(), vertical, twice, gain(HALF, twice));
        let taps = horizontal(side, mask);
        let fan_in = taps.len() * b.shape(h).last();
        let horizontal = nn::masked_conv(b, "horizontal", &taps, h, twice, gain(HALF, fan_in));

        let vertical_out = (index < config.blocks).then(|| b.scope("vertical_gate", |b| gate(b, input, vertical, c)[2]));
        let both = b.add(horizontal, link);
        let [tanh, sigmoid, gated] = b.scope("horizontal_gate", |b| gate(b, input, both, c));
        let residual = !first && config.residual;
        // A sum of L layers has L times the variance of one: each starts with its share.
        let share = if residual { c * config.blocks } else { c };
        let out = nn::conv_1x1(b, "out", gated, c, gain(GATE, share));
        let horizontal_out = if residual { b.add(h, out) } else { out };
        Layer { vertical, vertical_out, link, horizontal, tanh, sigmoid, horizontal_out }
    }
}

/// Deviation of a unit normal over that of its gate, `tanh(a) sig(b)` of two independent ones: 1 / 0.34.
const GATE: f64 = 3.0;
/// Two terms of a sum have half of the variance each.
const HALF: f64 = std::f64::consts::FRAC_1_SQRT_2;

/// Normal with deviation `gain / sqrt(fan_in)`.
fn gain(gain: f64, fan_in: usize) -> Init {
    Init::Normal(gain / (fan_in as f64).sqrt())
}

/// `[tanh(x_f + class), sig(x_g + class), their product]` for the two halves of `x [B,H,W,2C]`; one table of classes serves both halves.
fn gate(b: &mut Builder, input: &Input, x: NodeId, channels: usize) -> [NodeId; 3] {
    let x = input.add_class(b, x);
    let (f, g) = (b.slice(x, 3, 0, channels), b.slice(x, 3, channels, channels));
    let tanh = b.tanh(f);
    let sigmoid = b.unary(Unary::Sigmoid, g);
    let product = b.mul(tanh, sigmoid);
    [b.name(tanh, "tanh"), b.name(sigmoid, "sigmoid"), b.name(product, "value")]
}
