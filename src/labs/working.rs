//! A chapter and the worker behind it: started with the first frame, heard at every one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use egui::Context;

use super::{LabStatus, Shared, training};
use crate::exec::{BackendChoice, BackendInfo};
use crate::train::{Job, Sessions, Worker};

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
        #[cfg(test)]
        let make = tests::that_may_fail(make);
        self.worker = Some(Worker::spawn(name, make, move || wake.request_repaint()));
    }

    /// Whether the worker has died.
    pub(super) fn is_dead(&self) -> bool {
        self.failed.is_some()
    }

    /// The sentence with which it died.
    pub(super) fn death(&self) -> Option<String> {
        self.failed.clone()
    }

    /// Lets go of a worker that died: the next frame starts another one.
    pub(super) fn revive(&mut self) {
        (self.worker, self.snapshot, self.failed) = (None, None, None);
    }

    /// Lets the worker end on a thread of its own: no frame waits for its present turn.
    pub(super) fn retire(&mut self) {
        end_aside(self.worker.take());
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

/// Lets what has workers end on a thread of its own, for it waits until each of them has done its present turn.
pub(super) fn end_aside(owner: impl Send + 'static) {
    // Where there is no such thread it is waited for.
    let _ = std::thread::Builder::new().name("retired worker".into()).spawn(move || drop(owner));
}

/// What a chapter trains on. Where a window is drawn by the processor there is no GPU to train on.
pub(super) fn backend(shared: &Shared) -> BackendChoice {
    let software = shared.frame_interval > Duration::from_millis(40);
    if software && shared.backend == BackendChoice::Auto { BackendChoice::Cpu } else { shared.backend }
}

/// Where the sessions of a chapter's worker come from.
pub(super) fn sessions(shared: &Shared) -> Sessions {
    #[cfg(test)]
    if let Some(sessions) = tests::SESSIONS.take() {
        return sessions;
    }
    Sessions::on(backend(shared), shared.threads)
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::Cell;
    use std::time::Instant;

    use serde_json::json;

    use super::*;
    use crate::labs::{Lab, registry};

    thread_local! {
        /// The next worker that this thread begins fails at once.
        static FAILS: Cell<bool> = const { Cell::new(false) };
        /// The next worker that this thread begins computes in these.
        pub(in crate::labs) static SESSIONS: Cell<Option<Sessions>> = const { Cell::new(None) };
    }

    /// What makes a job, unless a test wants it to fail.
    pub(in crate::labs) fn that_may_fail<J: 'static>(make: impl FnOnce() -> J + Send + 'static) -> impl FnOnce() -> J + Send + 'static {
        let fails = FAILS.take();
        move || {
            assert!(!fails, "on purpose");
            make()
        }
    }

    fn wait(lab: &mut dyn Lab, ctx: &Context, shared: &mut Shared, good: impl Fn(&dyn Lab) -> bool) {
        let start = Instant::now();
        loop {
            lab.update(ctx, shared);
            if good(&*lab) {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(120), "{} waits for ever", lab.title());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn a_lab_whose_worker_died_says_so_and_another_one_takes_over_with_its_settings() {
        let ctx = Context::default();
        for (id, patch) in [
            ("change-of-variables", json!({ "page": "cost" })),
            ("blind-spot", json!({ "layer": 0 })),
            ("taxonomy", json!({ "dim": 2 })),
            ("planar-sylvester", json!({ "layers": 4 })),
            ("residual-ffjord", json!({ "terms": 3 })),
            ("pixelcnn", json!({ "class": 7, "playing": false })),
            ("stack", json!({ "kernel": 3 })),
        ] {
            let open = registry::find(id).and_then(|chapter| chapter.open).unwrap();
            let mut shared = Shared { backend: BackendChoice::Cpu, threads: 1, ..Shared::default() };
            let mut lab = open(&shared);
            FAILS.set(true);
            wait(lab.as_mut(), &ctx, &mut shared, |lab| lab.is_dead());
            let said = lab.status().error.unwrap_or_default();
            assert!(said.contains("on purpose") && said.contains("restart the lab"), "{id}: {said:?}");
            // What is set meanwhile is for the next one.
            lab.restore(&patch, &mut shared).unwrap();
            let set = lab.state();
            lab.revive();
            assert_eq!((lab.is_dead(), lab.status().error, lab.state()), (false, None, set), "{id}");
            wait(lab.as_mut(), &ctx, &mut shared, |lab| lab.settled() && !lab.status().backend.is_empty());
            assert_eq!((lab.is_dead(), lab.status().error), (false, None), "{id}");
        }
    }
}
