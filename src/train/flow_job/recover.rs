//! The graphics device was lost: the fit goes on where its weights were last sound, on the processor.

use super::{Event, FlowJob, FlowSnapshot, Publisher, TrainError};
use crate::exec::{BackendChoice, ExecError, open_session};

impl FlowJob {
    /// Goes on after an error if a lost device was its cause; false if there is nothing to go on with.
    pub(super) fn recovers(&mut self, error: &TrainError, out: &mut Publisher<FlowSnapshot>) -> bool {
        let TrainError::Exec(ExecError::GpuLost { .. }) = error else { return false };
        let Some(model) = self.model.take() else { return false };
        let (step, weights) = model.good;
        let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1));
        // From now on: a device that was lost once is not trusted again.
        self.make_session = Box::new(move || open_session(BackendChoice::Cpu, threads));
        match self.rebuild(Some(&weights)) {
            Ok(()) => {
                out.event(Event::Warning(format!(
                    "The graphics device was lost ({error}); it goes on from step {step} on the processor, more slowly."
                )));
                true
            }
            Err(second) => {
                out.event(Event::Failed(format!("The graphics device was lost, and the processor cannot go on: {second}")));
                false
            }
        }
    }
}
