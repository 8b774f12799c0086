//! A chapter and the worker behind it: started with the first frame, heard at every one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use egui::Context;

use super::{LabStatus, Shared, training};
use crate::exec::{BackendChoice, BackendInfo};
use crate::train::{Job, Worker};

/// The worker with what it published last.
pub(super) struct Working<J: Job> {
    worker: Option<Worker<J>>,
    /// What there is to see.
    pub(super) snapshot: Option<J::Snapshot>,
    /// Seed of the initial values.
    pub(super) seed: u64,
    failed: Option<String>,
    /// Weights that the worker is to read as soon as it knows what was asked for.
    waiting: Option<PathBuf>,
}

impl<J: Job> Working<J> {
    /// No worker yet.
    pub(super) fn new(shared: &Shared) -> Working<J> {
        Working { worker: None, snapshot: None, seed: shared.seed, failed: None, waiting: None }
    }

    /// Whether the worker has been started.
    pub(super) fn begun(&self) -> bool {
        self.worker.is_some()
    }

    /// Starts the worker on a thread of this name.
    pub(super) fn begin(&mut self, name: &str, ctx: &Context, make: impl FnOnce() -> J + Send + 'static) {
        let wake = ctx.clone();
        self.worker = Some(Worker::spawn(name, make, move || wake.request_repaint()));
    }

    /// Asks the worker for something, once there is one.
    pub(super) fn send(&self, command: J::Command) {
        if let Some(worker) = &self.worker {
            worker.send(command);
        }
    }

    /// The frame's seed, if it is another one than before.
    pub(super) fn another_seed(&mut self, shared: &Shared) -> Option<u64> {
        (std::mem::replace(&mut self.seed, shared.seed) != shared.seed).then_some(shared.seed)
    }

    /// Takes the worker's news; true if there is another snapshot.
    pub(super) fn hear(&mut self, shared: &mut Shared) -> bool {
        let Some(worker) = &self.worker else { return false };
        if let Some(death) = shared.hear(worker.events()) {
            self.failed = Some(death);
        }
        let news = worker.take_snapshot();
        let is_new = news.is_some();
        self.snapshot = news.or(self.snapshot.take());
        is_new
    }

    /// Has these weights read with the next frame, after what else is asked for.
    pub(super) fn load(&mut self, path: &Path) {
        self.waiting = Some(path.into());
    }

    /// Whether weights wait to be read.
    pub(super) fn waits(&self) -> bool {
        self.waiting.is_some()
    }

    /// Asks for the weights that wait.
    pub(super) fn send_load(&mut self, command: impl FnOnce(PathBuf) -> J::Command) {
        if self.begun()
            && let Some(path) = self.waiting.take()
        {
            self.send(command(path));
        }
    }

    /// What the frame says of it: what computes, whether it trains, at which step, what went wrong.
    pub(super) fn status(&self, said: impl FnOnce(&J::Snapshot) -> (BackendInfo, bool, u64, Option<String>)) -> LabStatus {
        let Some(snapshot) = &self.snapshot else {
            return LabStatus { busy: "opening".into(), error: self.failed.clone(), ..LabStatus::default() };
        };
        let (backend, running, step, error) = said(snapshot);
        training::status(&backend, running, step, self.failed.clone().or(error))
    }
}

/// What a chapter trains on. Where a window is drawn by the processor there is no GPU to train on.
pub(super) fn backend(shared: &Shared) -> BackendChoice {
    let software = shared.frame_interval > Duration::from_millis(40);
    if software && shared.backend == BackendChoice::Auto { BackendChoice::Cpu } else { shared.backend }
}
