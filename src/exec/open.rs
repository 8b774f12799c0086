use std::sync::Arc;

use super::cpu::CpuSession;
use super::gpu::{GpuDevice, GpuSession};
use super::{BackendChoice, ExecError, Session};

/// Opens a session on what a person chose, or on what suits: `auto` takes the GPU only when the adapter is a real one, because a software
/// rasteriser is slower than the CPU that it runs on.
///
/// # Errors
/// [`ExecError::NoGpu`] when the GPU was asked for and there is none.
pub fn open_session(choice: BackendChoice, threads: usize) -> Result<Box<dyn Session>, ExecError> {
    let cpu = || Box::new(CpuSession::new(threads));
    match choice {
        BackendChoice::Cpu => Ok(cpu()),
        BackendChoice::Gpu => Ok(Box::new(GpuSession::new(Arc::new(GpuDevice::open()?)))),
        BackendChoice::Auto => match GpuDevice::open_hardware() {
            Ok(gpu) => Ok(Box::new(GpuSession::new(Arc::new(gpu)))),
            Err(_) => Ok(cpu()),
        },
    }
}
