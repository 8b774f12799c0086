//! The graphics device was lost: the fit goes on where its weights were last sound, on the processor.

use super::{Event, FlowJob, FlowSnapshot, Publisher, TrainError};
use crate::exec::{BackendChoice, ExecError, open_session};
use crate::train::error::device_lost;

impl FlowJob {
    /// Goes on after an error if a lost device was its cause; false if there is nothing to go on with.
    pub(super) fn recovers(&mut self, error: &TrainError, out: &mut Publisher<FlowSnapshot>) -> bool {
        let TrainError::Exec(ExecError::GpuLost { reason }) = error else { return false };
        let Some(model) = self.model.take() else { return false };
        let (step, weights) = model.good;
        let warm_since = self.warm_since;
        let threads = std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1));
        // From now on: a device that was lost once is not trusted again.
        self.make_session = Box::new(move || open_session(BackendChoice::Cpu, threads));
        match self.rebuild(Some(&weights)) {
            Ok(()) => {
                // The rate falls on as it did: these weights were trained here, they are not somebody's finished ones.
                self.warm_since = warm_since;
                self.lost = Some(device_lost(reason, &format!("the fit goes on from step {step}, its last good one")));
                true
            }
            Err(second) => {
                out.event(Event::Failed(format!("The graphics device was lost, and the processor cannot go on: {second}")));
                false
            }
        }
    }
}
