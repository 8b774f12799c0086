//! From an operation to the kernels that compute it: one arm for each family.

use super::dispatch::Lowered;
use super::{adam, conv, coupling, layout, matmul, pointwise, reduce, softmax, weight_grad};
use crate::graph::{Op, Shape};

/// The dispatches of an operation; none for what is not computed.
pub(super) fn lower(op: &Op, operands: &[Shape], shape: Shape) -> Lowered {
    match op {
        Op::Parameter | Op::State | Op::Input | Op::Fill(_) | Op::Table(_) => Lowered::default(),
        Op::Unary(f) => pointwise::unary(op, *f, shape),
        Op::Binary(f) => pointwise::binary(op, *f, operands, shape),
        Op::Select => pointwise::select(op, operands, shape),
        Op::StopGradient => pointwise::copy(op, shape),
        Op::Sum(axes) => reduce::sum(op, *axes, operands[0], shape),
        Op::Max(axes) => reduce::max(op, *axes, operands[0], shape),
        Op::LogSoftmax | Op::LogSumExp => softmax::softmax(op, operands[0]),
        Op::MatMul { transpose_a, transpose_b } => matmul::matmul(*transpose_a, *transpose_b, operands, shape),
        Op::MaskedConv(taps) => conv::masked_conv(taps, operands, shape),
        Op::ConvWeightGrad(taps) => weight_grad::conv_weight_grad(taps, operands, shape),
        Op::AffineCoupling(direction) => coupling::affine_coupling(*direction, shape),
        Op::Reshape => layout::reshape(op, shape),
        Op::Permute(permutation) => layout::permute(op, permutation, operands[0], shape),
        Op::Expand => layout::expand(op, operands[0], shape),
        Op::Slice { axis, start } => layout::slice(op, *axis, *start, operands[0], shape),
        Op::Pad { axis, before } => layout::pad(op, *axis, *before, operands[0], shape),
        Op::Concat { axis } => layout::concat(op, *axis, operands, shape),
        Op::OneHot => layout::one_hot(op, operands[0], shape),
        Op::AdamStep => adam::adam_step(operands[0]),
    }
}
