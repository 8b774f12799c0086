//! The CPU executor: one file per kernel family, generic over f32 and f64.
//!
//! Kernels work on slices and compute a [`Region`] of their result; a value does not depend on the region that computed it, nor on
//! the number of threads, bit for bit.

mod adam;
mod conv;
mod coupling;
#[cfg(test)]
mod executor_tests;
mod kernel;
mod layout;
mod math;
mod matmul;
mod panel;
mod pointwise;
mod program;
mod real;
mod reduce;
mod region;
mod rows;
mod session;
mod softmax;
mod store;
#[cfg(test)]
mod testing;
mod threads;
mod weight_grad;

pub use program::CpuProgram;
pub use real::Real;
pub use region::Region;
pub use session::CpuSession;
pub use store::Store;
pub use threads::Workers;
