use super::dispatch::{Binding, Dispatch, Lowered, Work, uniform};
use super::shader::Shader;
use crate::graph::Shape;

uniform! {
    /// `Params` of `shaders/adam.wgsl`.
    AdamParams {
        extent: [u32; 4],
    }
}

/// One step of Adam for a parameter of this shape. The shader reads the hyper-parameters in the order of [`hyper`](crate::graph::op::hyper).
pub(super) fn adam_step(parameter: Shape) -> Lowered {
    let extent = [1, 1, parameter.elements() as u32, 0];
    let bindings = (0..6).map(Binding::Operand).chain([Binding::Result]).collect();
    Lowered::one(Dispatch {
        shader: Shader::Adam,
        params: bytemuck::bytes_of(&AdamParams { extent }).to_vec(),
        bindings,
        extent,
        work: Work::Elements(1),
    })
}
