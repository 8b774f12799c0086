//! Training on the GPU: the same losses as the CPU, the same bits twice, and no update from a bad gradient.

use std::sync::Arc;

use tractable::autoregressive::pixelcnn::{self, Wiring};
use tractable::exec::cpu::CpuSession;
use tractable::exec::gpu::{GpuDevice, GpuSession};
use tractable::exec::{ExecError, ProgramId, Session};
use tractable::flows;
use tractable::graph::{Builder, Graph, Init, Mode, Reuse, initial_values};
use tractable::train::{Adam, minimise, pixelcnn_training, realnvp_training};

use crate::gpu_support::{Draw, Recorder, cramped, session};

const STEPS: u64 = 20;

struct Task {
    graph: Arc<Graph>,
    input: &'static str,
    batches: Vec<Vec<f32>>,
    adam: Adam,
}

fn images(wiring: Wiring) -> Task {
    let config = pixelcnn::Config {
        height: 6,
        width: 5,
        levels: 4,
        channels: 20,
        blocks: 2,
        first_kernel: 5,
        kernel: 3,
        head: 12,
        classes: 0,
        coordinates: true,
        residual: true,
        first_taps: None,
        wiring,
    };
    let graph = Arc::new(pixelcnn_training(&config, 8).unwrap());
    let mut r = Recorder::new(5);
    let batches = (0..STEPS).map(|_| r.draw(8 * 30, Draw::Index).iter().map(|v| v.clamp(0.0, 3.0)).collect()).collect();
    Task { graph, input: "levels", batches, adam: Adam { rate: 1e-3, clip: 1.0, ..Adam::default() } }
}

fn points() -> Task {
    let config = flows::Config { layers: 2, width: 16, ..flows::Config::default() };
    let graph = Arc::new(realnvp_training(&config, 300).unwrap());
    let mut r = Recorder::new(6);
    let batches = (0..STEPS).map(|_| r.draw(600, Draw::Noise)).collect();
    Task { graph, input: "x", batches, adam: Adam { decay: 0.01, ..Adam::default() } }
}

/// Names of the inputs beside the data and the hyper-parameters would be a mistake of this test: it gives only those.
fn train(session: &mut dyn Session, task: &Task) -> (ProgramId, Vec<f32>, Vec<Vec<f32>>) {
    let program = session.prepare(&task.graph, Reuse::On).unwrap();
    let initial = initial_values(&task.graph, 11);
    for (name, values) in &initial {
        session.write_parameter(name, values).unwrap();
    }
    for (t, batch) in (1..).zip(&task.batches) {
        session.run(program, &[(task.input, batch), ("hyper", &task.adam.slots(t, 1.0))]).unwrap();
    }
    let parameters = initial.iter().map(|(name, _)| session.read_parameter(name).unwrap()).collect();
    (program, session.losses(), parameters)
}

#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn twenty_steps_equal_the_cpu() {
    for task in [images(Wiring::Plain), images(Wiring::Gated), points()] {
        let (mut gpu, mut cpu) = (session(), CpuSession::new(1));
        let (_, on_gpu, weights) = train(&mut gpu, &task);
        let (_, on_cpu, expected) = train(&mut cpu, &task);
        assert_eq!((on_gpu.len(), on_cpu.len()), (STEPS as usize, STEPS as usize));
        // Rounding differs in the last bits; Adam's division by a small root magnifies it a little with every step.
        for (step, (g, c)) in on_gpu.iter().zip(&on_cpu).enumerate() {
            assert!((g - c).abs() <= 1e-4 * c.abs(), "step {step}: {g} on the GPU, {c} on the CPU");
        }
        for (g, c) in weights.iter().flatten().zip(expected.iter().flatten()) {
            assert!((g - c).abs() <= 2e-4, "{g} on the GPU, {c} on the CPU");
        }
        assert!(on_gpu[0] != on_gpu[19], "nothing was learned");
        assert_eq!(gpu.skipped_updates(), 0);
    }
}

#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn the_same_seed_gives_the_same_bits() {
    let task = images(Wiring::Gated);
    let bits = |(_, losses, weights): (ProgramId, Vec<f32>, Vec<Vec<f32>>)| {
        let all = losses.into_iter().chain(weights.into_iter().flatten());
        all.map(f32::to_bits).collect::<Vec<u32>>()
    };
    assert_eq!(bits(train(&mut session(), &task)), bits(train(&mut session(), &task)));
}

/// More workgroups than a dispatch may have are taken up by the kernels' loops, and a long step goes out in several submits.
#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn cutting_the_work_changes_no_bit() {
    for task in [images(Wiring::Plain), images(Wiring::Gated), points()] {
        let ((_, losses, weights), (_, cut_losses, cut_weights)) = (train(&mut session(), &task), train(&mut cramped(), &task));
        assert_eq!(losses, cut_losses);
        assert_eq!(weights, cut_weights);
    }
}

/// `loss = mean (x w)^2` with one step of Adam.
fn tiny() -> Arc<Graph> {
    let mut b = Builder::new(Mode::Train);
    let x = b.input("x", &[4, 3]);
    let w = b.parameter("w", &[3, 2], Init::Normal(1.0));
    let y = b.matmul(x, w);
    let named = b.name(y, "product");
    let square = b.square(named);
    let loss = b.mean_all(square);
    minimise(&mut b, loss);
    Arc::new(b.finish().unwrap())
}

#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn a_bad_batch_changes_nothing_and_is_reported() {
    let graph = tiny();
    let mut gpu = session();
    let program = gpu.prepare(&graph, Reuse::On).unwrap();
    gpu.write_parameter("w", &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
    let hyper = |t| Adam::default().slots(t, 1.0);
    let good = [0.5; 12];
    gpu.run(program, &[("x", &good), ("hyper", &hyper(1))]).unwrap();
    let names = ["w", "adam.m.w", "adam.v.w"];
    let read = |gpu: &mut GpuSession| names.map(|name| gpu.read_parameter(name).unwrap());
    let before = read(&mut gpu);
    assert!(before[1].iter().all(|&m| m != 0.0));
    for (t, bad) in [(2, f32::NAN), (3, f32::INFINITY), (4, 1e30)] {
        let mut x = good;
        x[5] = bad;
        gpu.run(program, &[("hyper", &hyper(t)), ("x", &x)]).unwrap();
        assert_eq!(read(&mut gpu), before, "{bad}");
        let culprit = gpu.first_non_finite(program).unwrap();
        // 1e30 is a number, and so is its product; the square is not.
        let expected = if bad.is_finite() { "unary#3".to_owned() } else { "x".to_owned() };
        assert_eq!(graph.describe(culprit), expected);
    }
    assert_eq!(gpu.skipped_updates(), 3);
    assert_eq!(gpu.losses().len(), 4);
    gpu.run(program, &[("x", &good), ("hyper", &hyper(5))]).unwrap();
    assert!(read(&mut gpu)[0] != before[0]);
    assert_eq!((gpu.skipped_updates(), gpu.losses().len()), (0, 1));
}

/// More runs than a staging page holds, and nobody asks in between.
#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn losses_come_in_order_and_none_is_lost() {
    let mut b = Builder::new(Mode::Evaluate);
    let x = b.input("x", &[1]);
    let loss = b.scale(x, 2.0);
    b.output("loss", loss);
    let graph = Arc::new(b.finish().unwrap());
    let mut gpu = session();
    let program = gpu.prepare(&graph, Reuse::On).unwrap();
    let mut came = Vec::new();
    for i in 0..400 {
        gpu.run(program, &[("x", &[i as f32])]).unwrap();
        if i % 7 == 0 && i > 200 {
            came.extend(gpu.losses());
        }
    }
    gpu.read_output(program, "loss").unwrap();
    while came.len() < 400 {
        came.extend(gpu.losses());
    }
    assert!(came.into_iter().eq((0..400).map(|i| 2.0 * i as f32)));
}

#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn wrong_names_and_lengths_are_typed_errors() {
    let graph = tiny();
    let mut gpu = session();
    let program = gpu.prepare(&graph, Reuse::On).unwrap();
    let hyper = [0.0; 8];
    let unknown = |result: Result<(), ExecError>| matches!(result, Err(ExecError::UnknownName { .. }));
    assert!(unknown(gpu.run(program, &[("x", &[0.0; 12])])));
    assert!(unknown(gpu.run(program, &[("x", &[0.0; 12]), ("hyper", &hyper), ("y", &[0.0])])));
    assert!(unknown(gpu.write_parameter("none", &[])));
    assert!(unknown(gpu.read_output(program, "none").map(|_| ())));
    let short = gpu.run(program, &[("x", &[0.0; 11]), ("hyper", &hyper)]);
    assert!(matches!(short, Err(ExecError::WrongLength { expected: 12, found: 11, .. })));
    let mut b = Builder::new(Mode::Train);
    let w = b.parameter("w", &[7], Init::Zeros);
    b.output("w", w);
    let other = Arc::new(b.finish().unwrap());
    assert!(matches!(gpu.prepare(&other, Reuse::On), Err(ExecError::WrongLength { expected: 6, found: 7, .. })));
}

/// A device of its own, which this test breaks: the message comes out as an error, and nothing panics.
#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn a_lost_device_is_an_error() {
    let gpu = Arc::new(GpuDevice::open().unwrap());
    let mut session = GpuSession::new(Arc::clone(&gpu));
    let graph = tiny();
    let program = session.prepare(&graph, Reuse::On).unwrap();
    session.run(program, &[("x", &[0.5; 12]), ("hyper", &Adam::default().slots(1, 1.0))]).unwrap();
    gpu.lose();
    let run = session.run(program, &[("x", &[0.5; 12]), ("hyper", &Adam::default().slots(2, 1.0))]);
    let read = session.read_parameter("w").map(|_| ());
    assert!(matches!(run.and(read), Err(ExecError::GpuLost { .. })));
    session.losses();
}
