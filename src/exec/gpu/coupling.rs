use super::dispatch::{Binding, Dispatch, Lowered, Work, uniform};
use super::shader::{COUPLING_LANES, Shader};
use crate::graph::{Direction, Shape};

uniform! {
    /// `Params` of `shaders/affine_coupling.wgsl`.
    CouplingParams {
        extent: [u32; 4],
        direction: u32,
        unused0: u32,
        unused1: u32,
        unused2: u32,
    }
}

/// Rows at least this long are shared by several threads.
const LONG_ROW: usize = 64;

/// `[x e^s + t, sum s]` or `[(x - t) e^-s, -sum s]`
pub(super) fn affine_coupling(direction: Direction, shape: Shape) -> Lowered {
    let lanes = COUPLING_LANES[usize::from(shape.last() > LONG_ROW)];
    let extent = [shape.batch() as u32, 1, shape.last() as u32, 0];
    let params = CouplingParams { extent, direction: u32::from(direction == Direction::Inverse), ..Default::default() };
    Lowered::one(Dispatch {
        shader: Shader::AffineCoupling(lanes),
        params: bytemuck::bytes_of(&params).to_vec(),
        bindings: vec![Binding::Operand(0), Binding::Operand(1), Binding::Operand(2), Binding::Result],
        extent,
        work: Work::Rows(64 / lanes as usize),
    })
}
