//! The CPU's kernels at the shapes that the lessons use: `cargo bench --bench kernels`.
//!
//! Throughput is in multiply-adds (half of the usual FLOP) or in elements. `docs/performance.md` has the figures with their machine.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tractable::exec::cpu::{CpuProgram, Region, Store, Workers};
use tractable::graph::{Builder, Init, MaskKind, Mode, NodeId, Plan, Reuse, Taps, Unary};

/// A program of one node over inputs filled with small numbers.
struct Single {
    program: CpuProgram<f32>,
    store: Store<f32>,
    workers: Workers,
    node: NodeId,
    cost: u64,
}

impl Single {
    fn new(record: impl FnOnce(&mut Builder) -> NodeId) -> Single {
        let mut b = Builder::new(Mode::Evaluate);
        let node = record(&mut b);
        b.output("y", node);
        let graph = Arc::new(b.finish().expect("the benchmark's shapes fit"));
        let cost = graph.node(node).op.cost(graph.shape(node), &graph.operand_shapes(node));
        let mut store = Store::new();
        store.initialise(&graph, 1).expect("the store is empty");
        let mut program = CpuProgram::new(&graph, &Plan::new(&graph, &[node], Reuse::On), &mut store).expect("the store is this graph's");
        let inputs: Vec<(String, usize)> = program.inputs().map(|(name, length)| (name.into(), length)).collect();
        for (name, length) in inputs {
            let values: Vec<f32> = (0..length).map(|i| (i * 7919 % 1000) as f32 * 2e-3 - 1.0).collect();
            program.set_input(&name, &values).expect("lengths are the program's own");
        }
        Single { program, store, workers: Workers::new(1), node, cost }
    }

    fn bench(mut self, c: &mut Criterion, name: &str) {
        let mut group = c.benchmark_group("whole");
        group.throughput(Throughput::Elements(self.cost));
        group.bench_function(name, |b| b.iter(|| self.program.evaluate(&self.workers, black_box(&self.store))));
    }
}

fn conv(side: usize, batch: usize, inputs: usize, outputs: usize) -> impl FnOnce(&mut Builder) -> NodeId {
    move |b| {
        let taps = Taps::raster(3, MaskKind::B);
        let x = b.input("x", &[batch, side, side, inputs]);
        let w = b.parameter("w", &[taps.len(), inputs, outputs], Init::lecun(taps.len() * inputs));
        b.masked_conv(&taps, x, w, None)
    }
}

fn products(c: &mut Criterion) {
    Single::new(conv(28, 64, 64, 64)).bench(c, "conv 3x3-B 64->64, 64 images");
    Single::new(conv(28, 1, 64, 64)).bench(c, "conv 3x3-B 64->64, 1 image");
    Single::new(conv(28, 1, 64, 4)).bench(c, "conv 3x3-B 64->4, 1 image");
    let grad = |b: &mut Builder| {
        let (x, g) = (b.input("x", &[64, 28, 28, 64]), b.input("g", &[64, 28, 28, 64]));
        b.conv_weight_grad(&Taps::raster(3, MaskKind::B), x, g)
    };
    Single::new(grad).bench(c, "weight gradient 3x3-B 64->64, 64 images");
    for (m, k, n) in [(512, 2, 64), (512, 64, 64), (512, 64, 2)] {
        let matmul = |b: &mut Builder| {
            let (x, w) = (b.input("x", &[m, k]), b.input("w", &[k, n]));
            b.matmul(x, w)
        };
        Single::new(matmul).bench(c, &format!("matmul {m}x{k} by {k}x{n}"));
    }
}

fn one_pixel(c: &mut Criterion) {
    let mut single = Single::new(conv(28, 1, 64, 64));
    single.program.evaluate(&single.workers, &single.store);
    let region = Region { batch: 0..1, positions: 406..407 };
    let mut group = c.benchmark_group("one pixel");
    group.throughput(Throughput::Elements(5 * 64 * 64));
    group.bench_function("conv 3x3-B 64->64", |b| {
        b.iter(|| single.program.run_node_region(&single.workers, &single.store, single.node, black_box(&region)));
    });
}

fn pointwise(c: &mut Criterion) {
    for f in [Unary::Relu, Unary::Exp, Unary::Tanh, Unary::Sigmoid, Unary::Softplus] {
        let unary = |b: &mut Builder| {
            let x = b.input("x", &[512, 64]);
            b.unary(f, x)
        };
        Single::new(unary).bench(c, &format!("{f:?}"));
    }
    let softmax = |b: &mut Builder| {
        let x = b.input("x", &[64, 28, 28, 4]);
        b.log_softmax(x)
    };
    Single::new(softmax).bench(c, "log-softmax of 4");
}

criterion_group! {
    name = kernels;
    config = Criterion::default().sample_size(30);
    targets = products, one_pixel, pointwise
}
criterion_main!(kernels);
