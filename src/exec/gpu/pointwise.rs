use super::dispatch::{Binding, Dispatch, Lowered, Work, broadcast_strides, dims, extent, uniform};
use super::shader::Shader;
use crate::graph::{Binary, Op, Shape, Unary};

uniform! {
    /// `Params` of `shaders/pointwise.wgsl`.
    PointwiseParams {
        extent: [u32; 4],
        dims: [u32; 4],
        a: [u32; 4],
        b: [u32; 4],
        c: [u32; 4],
        plain: u32,
        unused0: u32,
        unused1: u32,
        unused2: u32,
    }
}

/// Numbers of the functions in the shader.
#[cfg(test)]
pub(super) fn every_function() -> impl Iterator<Item = u32> {
    (0..=COPY).chain(FIRST_BINARY..FIRST_BINARY + Binary::ALL.len() as u32).chain([SELECT])
}

/// Unary functions come first, in the order of `Unary::ALL`; then the value itself.
const COPY: u32 = 12;
/// Binary functions, in the order of `Binary::ALL`.
const FIRST_BINARY: u32 = 16;
const SELECT: u32 = 32;

/// `f(a)`
pub(super) fn unary(op: &Op, f: Unary, shape: Shape) -> Lowered {
    pointwise(op, f as u32, &[shape], [0, 0, 0], shape)
}

/// The value itself.
pub(super) fn copy(op: &Op, shape: Shape) -> Lowered {
    pointwise(op, COPY, &[shape], [0, 0, 0], shape)
}

/// `f(a, b)`, broadcasting.
pub(super) fn binary(op: &Op, f: Binary, operands: &[Shape], shape: Shape) -> Lowered {
    pointwise(op, FIRST_BINARY + f as u32, operands, [0, 1, 1], shape)
}

/// `a` where `c != 0`, else `b`; operands `c, a, b`.
pub(super) fn select(op: &Op, operands: &[Shape], shape: Shape) -> Lowered {
    pointwise(op, SELECT, operands, [1, 2, 0], shape)
}

/// `slots`: which operand each of the shader's bindings is; one that the function does not read repeats another.
fn pointwise(op: &Op, function: u32, operands: &[Shape], slots: [usize; 3], shape: Shape) -> Lowered {
    let [a, b, c] = slots.map(|slot| broadcast_strides(operands[slot]));
    let plain = u32::from(operands.iter().all(|o| o.aligned() == shape.aligned()));
    let extent = extent(op, shape);
    let params = PointwiseParams { extent, dims: dims(shape), a, b, c, plain, ..Default::default() };
    let bindings = slots.map(Binding::Operand).into_iter().chain([Binding::Result]).collect();
    let params = bytemuck::bytes_of(&params).to_vec();
    Lowered::one(Dispatch { shader: Shader::Pointwise(function), params, bindings, extent, work: Work::Elements(1) })
}
