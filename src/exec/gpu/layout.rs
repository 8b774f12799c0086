use super::dispatch::{Binding, Dispatch, Lowered, Work, broadcast_strides, dims, extent, strides, uniform};
use super::shader::Shader;
use crate::graph::{MAX_RANK, Op, Shape};

uniform! {
    /// `Params` of `shaders/layout.wgsl`.
    LayoutParams {
        extent: [u32; 4],
        dims: [u32; 4],
        low: [u32; 4],
        high: [u32; 4],
        in_strides: [u32; 4],
        out_strides: [u32; 4],
        in_offset: u32,
        out_offset: u32,
        function: u32,
        unused: u32,
    }
}

const ONE_HOT: u32 = 1;

/// A walk over the result that reads the operand where `strides` say.
fn walk(op: &Op, shape: Shape, in_strides: [u32; 4]) -> LayoutParams {
    LayoutParams {
        extent: extent(op, shape),
        dims: dims(shape),
        high: dims(shape),
        in_strides,
        out_strides: strides(shape),
        ..Default::default()
    }
}

fn dispatch(params: LayoutParams, operand: usize) -> Dispatch {
    Dispatch {
        shader: Shader::Layout,
        params: bytemuck::bytes_of(&params).to_vec(),
        bindings: vec![Binding::Operand(operand), Binding::Result],
        extent: params.extent,
        work: Work::Elements(1),
    }
}

/// The same elements in another shape.
pub(super) fn reshape(op: &Op, shape: Shape) -> Lowered {
    Lowered::one(dispatch(walk(op, shape, strides(shape)), 0))
}

/// Axis `i` of the result is axis `permutation[i]` of the operand.
pub(super) fn permute(op: &Op, permutation: &[usize; MAX_RANK], operand: Shape, shape: Shape) -> Lowered {
    let (lead, from) = (4 - shape.rank(), strides(operand));
    let mut to = [0; 4];
    for axis in 0..shape.rank() {
        to[lead + axis] = from[lead + permutation[axis]];
    }
    Lowered::one(dispatch(walk(op, shape, to), 0))
}

/// Broadcast to the result's shape.
pub(super) fn expand(op: &Op, operand: Shape, shape: Shape) -> Lowered {
    Lowered::one(dispatch(walk(op, shape, broadcast_strides(operand)), 0))
}

/// Elements from `start` along an axis.
pub(super) fn slice(op: &Op, axis: usize, start: usize, operand: Shape, shape: Shape) -> Lowered {
    let from = strides(operand);
    let in_offset = start as u32 * from[4 - shape.rank() + axis];
    Lowered::one(dispatch(LayoutParams { in_offset, ..walk(op, shape, from) }, 0))
}

/// Zeros before and after along an axis.
pub(super) fn pad(op: &Op, axis: usize, before: usize, operand: Shape, shape: Shape) -> Lowered {
    let mut params = walk(op, shape, strides(operand));
    let axis = 4 - shape.rank() + axis;
    params.low[axis] = before as u32;
    params.high[axis] = before as u32 + dims(operand)[axis];
    Lowered::one(dispatch(params, 0))
}

/// Operands one after the other along an axis: one dispatch each, which walks over the operand.
pub(super) fn concat(op: &Op, axis: usize, operands: &[Shape], shape: Shape) -> Lowered {
    let to = strides(shape);
    let mut start = 0;
    let mut lowered = Lowered::default();
    for (slot, &operand) in operands.iter().enumerate() {
        let mut params = walk(op, operand, strides(operand));
        params.out_strides = to;
        params.out_offset = start * to[4 - shape.rank() + axis];
        if axis == 0 {
            // The operand's rows are not the result's rows, which the region counts: all of them are copied.
            params.extent = [1, 1, operand.elements() as u32, 0];
        }
        lowered.dispatches.push(dispatch(params, slot));
        start += operand.dims()[axis] as u32;
    }
    lowered
}

/// Index to a row of zeros with a one.
pub(super) fn one_hot(op: &Op, operand: Shape, shape: Shape) -> Lowered {
    Lowered::one(dispatch(LayoutParams { function: ONE_HOT, ..walk(op, shape, broadcast_strides(operand)) }, 0))
}
