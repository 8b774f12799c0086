//! The flow lab's worker, whose graphics device is taken away while it trains.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tractable::exec::gpu::{GpuDevice, GpuSession};
use tractable::train::flow_job::{FlowCommand, FlowJob, FlowSnapshot};
use tractable::train::{MakeSession, Worker};

use crate::breakable::Breakable;
use crate::flow_job::Lab;

fn open(make: MakeSession) -> Lab {
    Lab::on(Worker::spawn("flow", move || FlowJob::new(Lab::lesson(), make), || {}))
}

fn test_loss(snapshot: &FlowSnapshot) -> f64 {
    snapshot.curves.test.last().expect("a picture has a held-out loss")[1]
}

/// What must hold whatever the device was: `lose` takes it away.
fn goes_on(mut lab: Lab, lose: impl FnOnce()) {
    let before = lab.wait("progress on the device", |s| s.step > 150 && s.pictures.is_some() && s.curves.test.len() > 2);
    assert_eq!((before.backend.backend, before.lost.as_deref()), ("gpu", None));
    let (untrained, learned) = (before.curves.test[0][1], test_loss(&before));
    assert!(learned < untrained - 0.2, "{untrained} {learned}");
    lose();
    let after = lab.wait("the processor", |s| s.lost.is_some() && s.pictures.is_some());
    assert_eq!(after.backend.backend, "cpu");
    assert!(after.training && after.rate_now == before.rate_now, "the rate falls on as it did");
    // It begins where the fit was last sound: not anew, and not above what was reached.
    let sentence = after.lost.clone().unwrap();
    let step: u64 = sentence.split("from step ").nth(1).and_then(|rest| rest.split(',').next()).unwrap().parse().unwrap();
    assert!(step > 0 && after.step >= step, "{step} {}", after.step);
    assert!(test_loss(&after) < learned + 0.1, "{learned} {}", test_loss(&after));
    assert!(sentence.contains("Ctrl+S"), "{sentence}");
    // It really trains.
    let later = lab.wait("more steps", |s| s.step > after.step + 200);
    assert!(later.training && later.lost.is_some(), "the sentence stays until it is read");
    lab.ask(FlowCommand::Understood);
    lab.wait("silence", |s| s.lost.is_none() && s.training);
}

#[test]
fn a_fit_goes_on_from_its_last_good_step_on_the_processor() {
    let lost = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&lost);
    let make = Box::new(move || Ok(Box::new(Breakable::new(&flag, &Arc::default())) as _));
    goes_on(open(make), || lost.store(true, Ordering::Relaxed));
}

#[test]
fn a_question_at_rest_finds_the_loss_too() {
    let lost = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&lost);
    let make = Box::new(move || Ok(Box::new(Breakable::new(&flag, &Arc::default())) as _));
    let mut lab = open(make);
    lab.wait("progress", |s| s.step > 50 && s.pictures.is_some());
    lab.ask(FlowCommand::Train(false));
    let still = lab.wait("rest", |s| !s.training && s.pictures.as_ref().is_some_and(|p| p.density.size == [256, 256] && p.step == s.step));
    lost.store(true, Ordering::Relaxed);
    lab.ask(FlowCommand::Probe([0.2, 0.1]));
    let after = lab.wait("the processor", |s| s.lost.is_some() && s.pictures.is_some() && s.backend.backend == "cpu");
    assert!(!after.training && after.step <= still.step && after.step > 0);
    // The next question is answered.
    lab.ask(FlowCommand::Probe([0.3, 0.2]));
    lab.wait("the answer", |s| s.probe.as_ref().is_some_and(|probe| probe.at == [0.3, 0.2]));
}

/// The same with a device of its own, taken away as a driver does it.
#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn a_destroyed_device_does_not_end_the_fit() {
    let device: Arc<Mutex<Option<Arc<GpuDevice>>>> = Arc::default();
    let kept = Arc::clone(&device);
    let make = Box::new(move || {
        let gpu = Arc::new(GpuDevice::open()?);
        *kept.lock().unwrap() = Some(Arc::clone(&gpu));
        Ok(Box::new(GpuSession::new(gpu)) as _)
    });
    goes_on(open(make), || device.lock().unwrap().take().expect("the fit has opened it").lose());
}
