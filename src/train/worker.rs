use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::TrainError;

/// What a worker has to do after a turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Activity {
    /// There is more: call [`Job::turn`] again.
    Busy,
    /// Nothing until the next command.
    Idle,
}

/// What a worker thread does: takes commands, works in short turns, publishes what there is to see.
pub trait Job: Send + 'static {
    /// What the window may ask.
    type Command: Send + 'static;
    /// What the window draws: cheap to clone (share big parts by `Arc`).
    type Snapshot: Clone + Send + 'static;

    /// Carries out a command.
    fn command(&mut self, command: Self::Command, out: &mut Publisher<Self::Snapshot>);

    /// Works for a few milliseconds, so that commands are heard soon.
    fn turn(&mut self, out: &mut Publisher<Self::Snapshot>) -> Activity;
}

/// Something rare that must not be missed, as a snapshot may be.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// Something was done: a file saved, a run finished.
    Done(String),
    /// Something did not happen, and why.
    Warning(String),
    /// The worker died; the lab can be restarted.
    Failed(String),
}

/// The worker's side of the exchange: a slot in which the newest snapshot wins, a queue of events, and the window's bell.
pub struct Publisher<S> {
    slot: Arc<Mutex<Option<S>>>,
    events: Sender<Event>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl<S> Publisher<S> {
    /// Replaces the newest snapshot and wakes the window.
    pub fn snapshot(&mut self, snapshot: S) {
        *self.slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(snapshot);
        (self.wake)();
    }

    /// Tells what went wrong, if anything did.
    pub fn tell(&mut self, outcome: Result<(), TrainError>) {
        if let Err(error) = outcome {
            self.event(Event::Warning(error.to_string()));
        }
    }

    /// Tells of something rare.
    pub fn event(&mut self, event: Event) {
        // The window may be closing: nobody is left to tell.
        let _ = self.events.send(event);
        (self.wake)();
    }
}

/// A job on a thread of its own. Dropping the handle ends the thread after its present turn.
pub struct Worker<J: Job> {
    commands: Option<Sender<J::Command>>,
    slot: Arc<Mutex<Option<J::Snapshot>>>,
    events: Receiver<Event>,
    thread: Option<JoinHandle<()>>,
}

impl<J: Job> Worker<J> {
    /// Starts a thread named `name` that makes its job there (devices and pools belong to the thread) and runs it. `wake` is called
    /// whenever there is something new.
    pub fn spawn(name: &str, make: impl FnOnce() -> J + Send + 'static, wake: impl Fn() + Send + Sync + 'static) -> Worker<J> {
        let (commands, inbox) = channel();
        let (events_out, events) = channel();
        let slot = Arc::new(Mutex::new(None));
        let told = events_out.clone();
        let mut publisher = Publisher { slot: Arc::clone(&slot), events: events_out, wake: Arc::new(wake) };
        let body = move || {
            stand_back();
            let outcome = catch_unwind(AssertUnwindSafe(|| run(make(), &inbox, &mut publisher)));
            if let Err(panic) = outcome {
                let text = panic.downcast_ref::<&str>().map(ToString::to_string).or_else(|| panic.downcast_ref::<String>().cloned());
                let text = text.unwrap_or_else(|| "for an unknown reason".into());
                publisher.event(Event::Failed(format!("The worker stopped ({text}); restart the lab to go on.")));
            }
        };
        let thread = match std::thread::Builder::new().name(name.into()).spawn(body) {
            Ok(thread) => Some(thread),
            Err(error) => {
                // The slot's own end of the queue went down with the thread's body: the handle keeps one for this sentence.
                let _ =
                    told.send(Event::Failed(format!("The worker could not start ({error}); close other programs and restart the lab.")));
                None
            }
        };
        Worker { commands: Some(commands), slot, events, thread }
    }

    /// Sends a command; lost if the worker has died (which an event has told).
    pub fn send(&self, command: J::Command) {
        if let Some(commands) = &self.commands {
            let _ = commands.send(command);
        }
    }

    /// The newest snapshot since the last call.
    pub fn take_snapshot(&self) -> Option<J::Snapshot> {
        self.slot.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }

    /// Events since the last call, oldest first.
    pub fn events(&self) -> Vec<Event> {
        self.events.try_iter().collect()
    }
}

impl<J: Job> Drop for Worker<J> {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            // A panic there was caught and told.
            let _ = thread.join();
        }
    }
}

/// Lets the window go first where both want a processor: a frame must not wait for a turn of training. Threads that this one starts inherit
/// it. A little only: beside other busy programs a training that stands back far would hardly move. Only Linux counts niceness by threads.
pub(crate) fn stand_back() {
    #[cfg(target_os = "linux")]
    {
        // A process that may not change it trains at the usual priority.
        let _ = rustix::process::setpriority_process(None, 4);
    }
}

fn run<J: Job>(mut job: J, inbox: &Receiver<J::Command>, out: &mut Publisher<J::Snapshot>) {
    let mut activity = Activity::Busy;
    loop {
        loop {
            let next = match activity {
                Activity::Busy => inbox.try_recv(),
                Activity::Idle => inbox.recv().map_err(|_| TryRecvError::Disconnected),
            };
            match next {
                Ok(command) => {
                    job.command(command, out);
                    activity = Activity::Busy;
                }
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return,
            }
        }
        activity = job.turn(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    struct Counter(u32);

    impl Job for Counter {
        type Command = u32;
        type Snapshot = u32;

        fn command(&mut self, add: u32, _: &mut Publisher<u32>) {
            assert!(add != 13, "thirteen");
            self.0 += add;
        }

        fn turn(&mut self, out: &mut Publisher<u32>) -> Activity {
            out.snapshot(self.0);
            Activity::Idle
        }
    }

    fn wait<T>(mut poll: impl FnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(value) = poll() {
                return value;
            }
            assert!(start.elapsed() < Duration::from_secs(10), "nothing came");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn the_newest_snapshot_wins() {
        let worker = Worker::spawn("counter", || Counter(0), || {});
        for _ in 0..5 {
            worker.send(2);
        }
        wait(|| worker.take_snapshot().filter(|&n| n == 10));
        assert_eq!(worker.take_snapshot(), None);
    }

    #[test]
    fn a_panic_is_told_and_ends_the_worker_alone() {
        let worker = Worker::spawn("counter", || Counter(0), || {});
        worker.send(13);
        let event = wait(|| worker.events().pop());
        assert!(matches!(event, Event::Failed(text) if text.contains("thirteen")));
    }
}
