use std::sync::Arc;

use crate::exec::cpu::CpuSession;
use crate::exec::gpu::{GpuDevice, GpuSession};
use crate::exec::{BackendChoice, ExecError, Session};

/// Opens sessions for training; keeps the device, which is opened at the first wish and belongs to this thread.
pub(super) struct Backends {
    threads: usize,
    device: Option<Arc<GpuDevice>>,
}

impl Backends {
    /// Training would take so many threads of the CPU.
    pub(super) fn new(threads: usize) -> Backends {
        Backends { threads, device: None }
    }

    /// A session; automatically the GPU when it is a real one, else the CPU.
    ///
    /// # Errors
    /// The GPU was asked for and there is none.
    pub(super) fn open(&mut self, choice: BackendChoice) -> Result<Box<dyn Session>, ExecError> {
        let gpu = match choice {
            BackendChoice::Cpu => None,
            BackendChoice::Gpu => Some(self.device()?),
            BackendChoice::Auto => self.device().ok().filter(|device| !device.is_software()),
        };
        Ok(match gpu {
            Some(device) => Box::new(GpuSession::new(device)),
            None => Box::new(CpuSession::new(self.threads)),
        })
    }

    fn device(&mut self) -> Result<Arc<GpuDevice>, ExecError> {
        // A device that was lost is no use: a new one is tried.
        if let Some(device) = self.device.as_ref().filter(|device| device.check().is_ok()) {
            return Ok(Arc::clone(device));
        }
        let device = Arc::new(GpuDevice::open()?);
        self.device = Some(Arc::clone(&device));
        Ok(device)
    }
}
