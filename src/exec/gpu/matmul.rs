use super::dispatch::{Binding, Dispatch, Lowered, Work, uniform};
use super::reduce::sum_of_chunks;
use super::shader::{Shader, Tile};
use crate::graph::Shape;

uniform! {
    /// `Params` of `shaders/matmul.wgsl`.
    MatmulParams {
        extent: [u32; 4],
        strides: [u32; 4],
        inner: u32,
        chunk: u32,
        unused0: u32,
        unused1: u32,
    }
}

/// Workgroups that keep a GPU busy.
const BUSY: usize = 128;
/// A chunk shorter than this costs more to add than it saves.
const SHORTEST_CHUNK: usize = 256;

/// Steps of the inner sum in one chunk, a function of the shapes alone: a small result of a long sum is cut until the machine is full.
pub(super) fn chunk_length(tile: Tile, rows: usize, columns: usize, inner: usize) -> usize {
    let (down, across) = tile.size();
    let tiles = rows.div_ceil(down) * columns.div_ceil(across);
    let chunks = (BUSY / tiles).clamp(1, 64);
    inner.div_ceil(chunks).max(SHORTEST_CHUNK).next_multiple_of(8)
}

/// `A B`, each transposed first if its flag is set. Its rows can be cut by a region if they are the batch.
pub(super) fn matmul(transpose_a: bool, transpose_b: bool, operands: &[Shape], shape: Shape) -> Lowered {
    let (a, b) = (operands[0], operands[1]);
    let (rows, columns) = (shape.dims()[0], shape.last());
    let inner = a.dims()[usize::from(!transpose_a)];
    let pair = |transposed: bool, shape: Shape| {
        let row = shape.last() as u32;
        if transposed { [1, row] } else { [row, 1] }
    };
    let ([ar, ac], [br, bc]) = (pair(transpose_a, a), pair(transpose_b, b));
    let tile = Tile::for_columns(columns);
    // Only a weight's gradient (A^T B, summed over the batch) has a long inner sum and a small result. Any other product is never cut, so
    // that a row has the same bits in a batch of any size.
    let chunk = if transpose_a { chunk_length(tile, rows, columns, inner) } else { inner };
    let chunks = inner.div_ceil(chunk);
    let extent = [rows as u32, 1, columns as u32, 0];
    let params = MatmulParams { extent, strides: [ar, ac, br, bc], inner: inner as u32, chunk: chunk as u32, ..Default::default() };
    let product = |to: Binding| Dispatch {
        shader: Shader::Matmul(tile),
        params: bytemuck::bytes_of(&params).to_vec(),
        bindings: vec![Binding::Operand(0), Binding::Operand(1), to],
        extent,
        work: Work::Tiles(tile, columns, chunks),
    };
    if chunks == 1 {
        return Lowered::one(product(Binding::Result));
    }
    let sum = sum_of_chunks(chunks, extent);
    Lowered { dispatches: vec![product(Binding::Scratch(0)), sum], scratch: vec![chunks * shape.elements()] }
}
