use std::sync::Arc;

use super::dispatch::{Binding, Dispatch, Lowered, Work, uniform};
use super::shader::{Shader, Tile};
use crate::graph::{Shape, Taps};

uniform! {
    /// `Params` of `shaders/masked_conv.wgsl`.
    ConvParams {
        extent: [u32; 4],
        height: u32,
        width: u32,
        channels: u32,
        taps: u32,
        has_bias: u32,
        unused0: u32,
        unused1: u32,
        unused2: u32,
    }
}

/// Offsets of the taps as the shaders read them; a convolution without live taps has one that no loop reaches.
pub(super) fn tap_table(taps: &Taps) -> Arc<[u8]> {
    let offsets: Vec<[i32; 2]> = taps.offsets().iter().map(|&(dy, dx)| [dy, dx]).collect();
    bytemuck::cast_slice(&offsets).into()
}

/// `y[b,p,o] = bias[o] + sum_t sum_i x[b, p + tap_t, i] w[t,i,o]`
pub(super) fn masked_conv(taps: &Taps, operands: &[Shape], shape: Shape) -> Lowered {
    let (height, width) = shape.grid();
    let has_bias = operands.len() > 2;
    let extent = [shape.batch() as u32, shape.positions() as u32, shape.last() as u32, 0];
    let params = ConvParams {
        extent,
        height: height as u32,
        width: width as u32,
        channels: operands[0].last() as u32,
        taps: taps.len() as u32,
        has_bias: u32::from(has_bias),
        ..Default::default()
    };
    let tile = Tile::for_columns(shape.last());
    Lowered::one(Dispatch {
        shader: Shader::MaskedConv(tile),
        params: bytemuck::bytes_of(&params).to_vec(),
        bindings: vec![
            Binding::Operand(0),
            Binding::Operand(1),
            // Without a bias the binding is not read.
            Binding::Operand(if has_bias { 2 } else { 1 }),
            Binding::Table(tap_table(taps)),
            Binding::Result,
        ],
        extent,
        work: Work::Tiles(tile, shape.last(), 1),
    })
}
