use super::conv::tap_table;
use super::dispatch::{Binding, Dispatch, Lowered, Work, uniform};
use super::matmul::chunk_length;
use super::reduce::sum_of_chunks;
use super::shader::{Shader, Tile};
use crate::graph::{Shape, Taps};

uniform! {
    /// `Params` of `shaders/conv_weight_grad.wgsl`.
    WeightGradParams {
        image: [u32; 4],
        rows: u32,
        channels: u32,
        chunk: u32,
        unused: u32,
    }
}

/// `dw[t,i,o] = sum_b sum_p x[b, p + tap_t, i] g[b,p,o]`
pub(super) fn conv_weight_grad(taps: &Taps, operands: &[Shape], shape: Shape) -> Lowered {
    let (x, g) = (operands[0], operands[1]);
    let (height, width) = g.grid();
    let (rows, columns, pixels) = (shape.rows(), shape.last(), g.rows());
    let tile = Tile::for_columns(columns);
    let chunk = chunk_length(tile, rows, columns, pixels);
    let chunks = pixels.div_ceil(chunk);
    let params = WeightGradParams {
        image: [g.batch() as u32, height as u32, width as u32, columns as u32],
        rows: rows as u32,
        channels: x.last() as u32,
        chunk: chunk as u32,
        unused: 0,
    };
    let (down, across) = tile.size();
    let product = |to: Binding| Dispatch {
        shader: Shader::ConvWeightGrad(tile),
        params: bytemuck::bytes_of(&params).to_vec(),
        bindings: vec![Binding::Operand(0), Binding::Operand(1), Binding::Table(tap_table(taps)), to],
        extent: [1, 1, shape.elements() as u32, 0],
        work: Work::Fixed(rows.div_ceil(down) * columns.div_ceil(across) * chunks),
    };
    if chunks == 1 {
        return Lowered::one(product(Binding::Result));
    }
    let sum = sum_of_chunks(chunks, [1, 1, shape.elements() as u32, 0]);
    Lowered { dispatches: vec![product(Binding::Scratch(0)), sum], scratch: vec![chunks * shape.elements()] }
}
