//! How a graph is computed: on the CPU, on the GPU, element by element in sampling order, or until a number is small enough.

pub mod cpu;
pub mod gpu;
pub mod iterate;
mod open;
pub mod sampler;
mod session;

pub use open::open_session;
pub use session::{BackendChoice, BackendInfo, ExecError, ProgramId, Session};
