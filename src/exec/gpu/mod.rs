//! The GPU executor: the same plans as the CPU's, as recorded sequences of compute kernels.
//!
//! [`GpuDevice`] is a device of its own, [`GpuSession`] the parameters and the programs that share them. One file for each kernel family
//! says how a node becomes dispatches (`lower`); its shader in `shaders/` has the same stem as the CPU's kernel. A kernel computes a
//! [`Region`](super::cpu::Region) of its result, which comes in a uniform with a dynamic offset, so that the bind groups are made once.

mod adam;
mod conv;
mod coupling;
mod device;
mod dispatch;
mod layout;
mod losses;
mod lower;
mod matmul;
mod pipeline;
mod pointwise;
mod program;
mod reduce;
mod session;
mod shader;
mod softmax;
mod weight_grad;

#[cfg(test)]
mod reflection;

pub use device::GpuDevice;
pub use program::Tuning;
pub use session::GpuSession;
