use super::dispatch::{Binding, Dispatch, Lowered, Work, uniform};
use super::shader::Shader;
use crate::graph::{Op, Shape};

uniform! {
    /// `Params` of `shaders/softmax.wgsl`.
    SoftmaxParams {
        extent: [u32; 4],
        classes: u32,
        function: u32,
        unused0: u32,
        unused1: u32,
    }
}

/// Log-softmax or log-sum-exp over the last axis.
pub(super) fn softmax(op: &Op, operand: Shape) -> Lowered {
    let [rows, positions] = if operand.rank() > 1 { [operand.batch(), operand.positions()] } else { [1, 1] };
    let extent = [rows as u32, positions as u32, 1, 0];
    let params = SoftmaxParams { extent, classes: operand.last() as u32, function: u32::from(*op == Op::LogSumExp), ..Default::default() };
    Lowered::one(Dispatch {
        shader: Shader::Softmax,
        params: bytemuck::bytes_of(&params).to_vec(),
        bindings: vec![Binding::Operand(0), Binding::Result],
        extent,
        work: Work::Elements(1),
    })
}
