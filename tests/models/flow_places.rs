//! Places that the flow lab's window asks about: pinned points, points led from the plane of a layer, curves seen in both planes.

use std::time::{Duration, Instant};

use tractable::exec::cpu::CpuSession;
use tractable::flows::{Config, Family};
use tractable::train::flow_job::{FlowCommand, FlowJob, FlowSnapshot, Wiring};
use tractable::train::{Lesson, Worker};

/// A small flow, a little trained, that stands still.
fn still(additive: bool) -> (Worker<FlowJob>, FlowSnapshot) {
    let mut lesson = Lesson::preset("realnvp").unwrap();
    lesson.name = "a test".into();
    let make = || FlowJob::new(lesson, Box::new(|| Ok(Box::new(CpuSession::new(1)) as _)));
    let worker = Worker::spawn("flow", make, || {});
    worker.send(FlowCommand::Model {
        config: Config { family: if additive { Family::Nice } else { Family::RealNvp }, width: 16, ..Config::default() },
        batch: 128,
    });
    worker.send(FlowCommand::Ahead(150));
    worker.send(FlowCommand::Train(false));
    let snapshot = wait(&worker, "rest", |s| s.heard == 3 && s.pictures.is_some());
    (worker, snapshot)
}

fn wait(worker: &Worker<FlowJob>, what: &str, good: impl Fn(&FlowSnapshot) -> bool) -> FlowSnapshot {
    let start = Instant::now();
    loop {
        if let Some(snapshot) = worker.take_snapshot()
            && good(&snapshot)
        {
            return snapshot;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{what} never came");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_point_led_from_any_layer_is_carried_there_by_the_layers_before() {
    // Bits are layers that are left out; bit 8 is the last scale of NICE.
    for (additive, muted) in [(false, 0), (true, 0), (false, 0b100), (true, 0b1_0000_0100)] {
        let (worker, first) = still(additive);
        worker.send(FlowCommand::Wire(Wiring { muted, ..Wiring::default() }));
        let wired = first.heard + 1;
        wait(&worker, "the wiring", |s| s.heard == wired);
        for depth in 0..=first.config.stages() {
            let target = [0.6, -0.35];
            worker.send(FlowCommand::ProbeAt { depth, at: target });
            let heard = wired + 1 + depth as u64;
            let reading = wait(&worker, "the probe", |s| s.heard == heard && s.probe.is_some()).probe.unwrap();
            // Another program brings it forward again, through all layers.
            let there = reading.points[depth];
            assert!(
                (0..2).all(|axis| (f64::from(there[axis]) - target[axis]).abs() < 1e-4),
                "additive {additive}, layer {depth}: {there:?}"
            );
        }
    }
}

#[test]
fn three_points_are_read_and_each_adds_up_and_agrees_with_differences() {
    let (worker, first) = still(false);
    let pins = vec![[0.5, 1.0], [-1.0, 0.2], [2.0, -0.5], [9.0, 9.0]];
    worker.send(FlowCommand::Pins(pins.clone()));
    let snapshot = wait(&worker, "the pins", |s| s.heard == first.heard + 1);
    assert_eq!(snapshot.pins.iter().map(|reading| reading.at).collect::<Vec<_>>(), pins[..3]);
    for reading in snapshot.pins.iter() {
        let sum: f64 = reading.log_dets.iter().sum();
        assert!((reading.log_prob - reading.log_base - sum).abs() < 1e-4);
        // Central differences in f64 of the whole map; the sum is in f32.
        assert!((sum - reading.numeric_log_det).abs() < 1e-3, "{sum} {}", reading.numeric_log_det);
    }
    worker.send(FlowCommand::PinAt { index: 1, depth: 8, at: [0.0, 0.0] });
    let snapshot = wait(&worker, "the led pin", |s| s.heard == first.heard + 2);
    // The origin of latent space: the base density there is 1/(2 pi).
    assert!((snapshot.pins[1].log_base + std::f64::consts::TAU.ln()).abs() < 1e-4, "{}", snapshot.pins[1].log_base);
}

#[test]
fn a_curve_of_latent_space_is_carried_back_and_forth() {
    let (worker, first) = still(false);
    let points: Vec<[f32; 2]> = (0..150).map(|i| [(i as f32 / 25.0).sin(), (i as f32 / 40.0).cos()]).collect();
    for depth in [0, 3, 8] {
        worker.send(FlowCommand::Trace { depth, points: points.clone() });
        let trace = wait(&worker, "the curve", |s| s.trace.as_ref().is_some_and(|t| t.depth == depth)).trace.unwrap();
        assert_eq!(trace.points.len(), first.config.stages() + 1);
        assert!(trace.off < 1e-4, "depth {depth}: {}", trace.off);
        let far = |(a, b): (&[f32; 2], &[f32; 2])| (a[0] - b[0]).hypot(a[1] - b[1]);
        let worst = points.iter().zip(&trace.points[depth]).map(far).fold(0.0, f32::max);
        assert!(worst < 1e-4, "depth {depth}: {worst}");
        // Data space and latent space are not the same place.
        assert!(trace.points[0].iter().zip(&trace.points[8]).map(far).fold(0.0, f32::max) > 0.1);
    }
    worker.send(FlowCommand::Trace { depth: 0, points: Vec::new() });
    wait(&worker, "no curve", |s| s.trace.is_none());
}

#[test]
fn a_fit_that_was_left_comes_back_with_its_weights_and_its_curve() {
    let (worker, first) = still(false);
    worker.send(FlowCommand::Probe([0.3, 0.3]));
    let before = wait(&worker, "the probe", |s| s.heard == first.heard + 1 && s.probe.is_some());
    worker.send(FlowCommand::Keep(4));
    worker.send(FlowCommand::Model { config: Config { layers: 3, ..first.config.clone() }, batch: 64 });
    wait(&worker, "another model", |s| s.config.layers == 3 && s.step == 0);
    worker.send(FlowCommand::TakeBack { run: 4, config: Config::default(), batch: 1, seed: 1 });
    let back = wait(&worker, "the fit", |s| s.heard == first.heard + 4 && s.probe.is_some());
    assert_eq!((back.step, back.batch, back.seed, &back.config), (before.step, before.batch, before.seed, &before.config));
    assert_eq!(back.curves.train, before.curves.train);
    assert_eq!(back.probe.unwrap().log_prob, before.probe.unwrap().log_prob);
}
