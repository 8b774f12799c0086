//! Every operation on the GPU against the CPU's in f64.
//!
//! Tolerances are relative to the largest magnitude in the result where it is a sum (rounding of n terms in f32 grows like sqrt(n) 6e-8),
//! and to the number itself where it is not (a few units in the last place: a GPU's division is off by 2.5, its square root by 3).

use std::collections::BTreeSet;
use std::sync::Arc;

use tractable::graph::{Axes, Binary, Direction, MAX_RANK, MaskKind, NodeId, Op, Reuse, Taps, Unary};

use crate::gpu_support::{Case, Draw, Recorder};

/// How a result is compared.
#[derive(Clone, Copy)]
enum Tolerance {
    /// Bit for bit (moves, comparisons).
    Exact,
    /// Relative to each number; below 1e-36, where a GPU may have no denormals, everything is 0.
    Each(f64),
    /// Relative to the largest number of the result.
    Scale(f64),
}

const FUNCTION: Tolerance = Tolerance::Each(2e-6);
const SUM: Tolerance = Tolerance::Scale(2e-6);

fn check(name: &str, got: &[f32], want: &[f64], tolerance: Tolerance) {
    assert_eq!(got.len(), want.len(), "{name}");
    let largest = want.iter().fold(1e-30f64, |a, b| a.max(b.abs()));
    for (i, (&g, &w)) in got.iter().zip(want).enumerate() {
        let rounded = w as f32;
        let same = g == rounded || (g.is_nan() && rounded.is_nan());
        let close = match tolerance {
            Tolerance::Exact => same,
            Tolerance::Each(relative) => same || (f64::from(g) - w).abs() <= relative * w.abs() + 1e-36,
            Tolerance::Scale(relative) => same || (f64::from(g) - w).abs() <= relative * largest,
        };
        assert!(close, "{name}: element {i} is {g:e}, not {w:e}");
    }
}

/// What is done with a recorded result.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    /// It is computed on both sides.
    Run,
    /// Nothing: which operations it uses is known without a device.
    List,
}

/// Records one result, computes it on both sides, with and without reuse of buffers, and returns the operations that it used.
fn compare(then: Then, name: &str, tolerance: Tolerance, record: impl FnOnce(&mut Recorder) -> NodeId) -> BTreeSet<&'static str> {
    let mut recorder = Recorder::new(7);
    let result = record(&mut recorder);
    recorder.b.output("y", result);
    let case: Case = recorder.finish();
    let used = case.graph.nodes().iter().map(|node| node.op.label()).collect();
    if then == Then::List {
        return used;
    }
    let want = case.in_f64();
    let (off, on) = (case.on_gpu(Reuse::Off), case.on_gpu(Reuse::On));
    check(name, &off[0], &want[0], tolerance);
    let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<u32>>();
    assert_eq!(bits(&off[0]), bits(&on[0]), "{name}: sharing buffers changes a value");
    used
}

/// Shapes of every rank; one beyond a workgroup, one that is a single number.
const SHAPES: [&[usize]; 5] = [&[1], &[70], &[33, 5], &[2, 3, 7], &[2, 5, 4, 3]];

/// Pairs that broadcast: a scalar, a row, a column, both ways at once, an image with one row.
const PAIRS: [(&[usize], &[usize]); 7] = [
    (&[66], &[66]),
    (&[9, 8], &[1]),
    (&[9, 8], &[8]),
    (&[9, 1], &[9, 8]),
    (&[9, 1], &[1, 8]),
    (&[2, 3, 4, 5], &[3, 1, 5]),
    (&[2, 1, 1, 5], &[1, 3, 4, 1]),
];

fn unary(then: Then) -> BTreeSet<&'static str> {
    let mut used = BTreeSet::new();
    for f in Unary::ALL {
        for dims in SHAPES {
            // The GPU's own square root and division promise nothing about infinities and denormals.
            let draws: &[Draw] = match f {
                Unary::Sqrt | Unary::Reciprocal => &[Draw::Positive],
                Unary::Log => &[Draw::Positive, Draw::Nasty],
                _ => &[Draw::Noise, Draw::Nasty],
            };
            for &draw in draws {
                let tolerance = match f {
                    Unary::Neg | Unary::Abs | Unary::Sign | Unary::Relu => Tolerance::Exact,
                    _ => FUNCTION,
                };
                used.extend(compare(then, &format!("{f:?} {dims:?}"), tolerance, |r| {
                    let x = r.input(dims, draw);
                    r.b.unary(f, x)
                }));
            }
        }
    }
    used
}

fn binary(then: Then) -> BTreeSet<&'static str> {
    let mut used = BTreeSet::new();
    for f in Binary::ALL {
        for (a, b) in PAIRS {
            for draw in [Draw::Noise, Draw::Nasty] {
                let second = if f == Binary::Div { Draw::Positive } else { draw };
                used.extend(compare(then, &format!("{f:?} {a:?} {b:?}"), Tolerance::Each(3e-7), |r| {
                    let (a, b) = (r.input(a, draw), r.input(b, second));
                    r.b.binary(f, a, b)
                }));
            }
        }
    }
    for (a, b) in PAIRS {
        used.extend(compare(then, &format!("select {a:?} {b:?}"), Tolerance::Exact, |r| {
            let (p, q, c) = (r.input(a, Draw::Nasty), r.input(b, Draw::Noise), r.input(b, Draw::Index));
            let zero = r.b.scalar(0.0);
            let hit = r.b.binary(Binary::Greater, c, zero);
            r.b.select(hit, p, q)
        }));
    }
    used
}

fn reductions(then: Then) -> BTreeSet<&'static str> {
    let mut used = BTreeSet::new();
    for set in 1..16u32 {
        let axes: Vec<usize> = (0..4).filter(|a| set >> a & 1 == 1).collect();
        for dims in [[3, 4, 5, 6], [2, 1, 70, 3]] {
            used.extend(compare(then, &format!("sum {dims:?} over {axes:?}"), SUM, |r| {
                let x = r.input(&dims, Draw::Noise);
                r.b.sum(x, &axes)
            }));
            used.extend(compare(then, &format!("max {dims:?} over {axes:?}"), Tolerance::Exact, |r| {
                let x = r.input(&dims, Draw::Nasty);
                r.b.max(x, &axes)
            }));
        }
    }
    // Two and three passes; a bias gradient.
    for (dims, axes) in [(vec![70_000], vec![0]), (vec![1_300, 3], vec![0]), (vec![2, 20, 20, 5], vec![0, 1, 2])] {
        used.extend(compare(then, &format!("sum {dims:?} over {axes:?}"), SUM, |r| {
            let x = r.input(&dims, Draw::Positive);
            r.b.sum(x, &axes)
        }));
        used.extend(compare(then, &format!("max {dims:?} over {axes:?}"), Tolerance::Exact, |r| {
            let x = r.input(&dims, Draw::Noise);
            r.b.max(x, &axes)
        }));
    }
    used
}

fn normalisers(then: Then) -> BTreeSet<&'static str> {
    let mut used = BTreeSet::new();
    for dims in [vec![1], vec![7], vec![65, 4], vec![2, 3, 4, 2], vec![3, 256]] {
        for draw in [Draw::Noise, Draw::Nasty] {
            used.extend(compare(then, &format!("log_softmax {dims:?}"), SUM, |r| {
                let x = r.input(&dims, draw);
                r.b.log_softmax(x)
            }));
            used.extend(compare(then, &format!("log_sum_exp {dims:?}"), SUM, |r| {
                let x = r.input(&dims, draw);
                r.b.log_sum_exp(x)
            }));
        }
    }
    used
}

fn products(then: Then) -> BTreeSet<&'static str> {
    let mut used = BTreeSet::new();
    // (rows, inner, columns): tall and square tiles, ragged edges, one number, a long inner sum in chunks.
    for (m, k, n) in [(1, 1, 1), (65, 9, 67), (300, 17, 2), (5, 64, 16), (64, 64, 64), (3, 3_000, 20), (17, 1, 18)] {
        for (ta, tb) in [(false, false), (false, true), (true, false), (true, true)] {
            used.extend(compare(then, &format!("{m}x{k} times {k}x{n}, transposed {ta} {tb}"), SUM, |r| {
                let a = r.input(&if ta { [k, m] } else { [m, k] }, Draw::Noise);
                let b = r.input(&if tb { [n, k] } else { [k, n] }, Draw::Noise);
                r.b.matmul_with(a, b, ta, tb)
            }));
        }
    }
    used
}

fn convolutions(then: Then) -> BTreeSet<&'static str> {
    let mut used = BTreeSet::new();
    let dilated = Taps::new(&[(0, -4), (0, -2), (0, 0)]);
    let cases = [
        ([2, 7, 5, 3], 4, Taps::raster(3, MaskKind::A), true),
        ([1, 5, 7, 1], 33, Taps::raster(7, MaskKind::B), true),
        ([3, 4, 4, 20], 17, Taps::full(3), false),
        ([2, 1, 40, 6], 70, dilated, true),
        ([70, 1, 1, 9], 2, Taps::point(), true),
        ([2, 3, 3, 8], 8, Taps::raster(3, MaskKind::B).mirrored(), false),
    ];
    for (dims, out, taps, with_bias) in cases {
        let name = format!("{dims:?} to {out}, {} taps", taps.len());
        used.extend(compare(then, &format!("masked_conv {name}"), SUM, |r| {
            let x = r.input(&dims, Draw::Noise);
            let w = r.parameter("w", &[taps.len(), dims[3], out]);
            let bias = with_bias.then(|| r.parameter("bias", &[out]));
            r.b.masked_conv(&taps, x, w, bias)
        }));
        used.extend(compare(then, &format!("conv_weight_grad {name}"), SUM, |r| {
            let x = r.input(&dims, Draw::Noise);
            let g = r.input(&[dims[0], dims[1], dims[2], out], Draw::Noise);
            r.b.conv_weight_grad(&taps, x, g)
        }));
    }
    // Enough pixels for several chunks.
    used.extend(compare(then, "conv_weight_grad in chunks", SUM, |r| {
        let (x, g) = (r.input(&[4, 16, 16, 3], Draw::Noise), r.input(&[4, 16, 16, 5], Draw::Noise));
        r.b.conv_weight_grad(&Taps::raster(3, MaskKind::B), x, g)
    }));
    used
}

fn couplings(then: Then) -> BTreeSet<&'static str> {
    let mut used = BTreeSet::new();
    for direction in [Direction::Forward, Direction::Inverse] {
        for dims in [[1, 1], [70, 2], [3, 64], [5, 300]] {
            used.extend(compare(then, &format!("affine_coupling {direction:?} {dims:?}"), SUM, |r| {
                let [x, s, t] = [0; 3].map(|_| r.input(&dims, Draw::Noise));
                r.b.affine_coupling(direction, x, s, t)
            }));
        }
    }
    used
}

fn moves(then: Then) -> BTreeSet<&'static str> {
    let mut used = BTreeSet::new();
    let mut moved = |name: &str, record: &dyn Fn(&mut Recorder) -> NodeId| used.extend(compare(then, name, Tolerance::Exact, record));
    moved("reshape", &|r| {
        let x = r.input(&[6, 10], Draw::Noise);
        r.b.reshape(x, &[3, 4, 5])
    });
    for permutation in [[3, 2, 1, 0], [1, 0, 2, 3], [0, 2, 3, 1]] {
        moved("permute", &|r| {
            let x = r.input(&[2, 3, 4, 5], Draw::Noise);
            r.b.permute(x, &permutation)
        });
    }
    moved("permute of three axes", &|r| {
        let x = r.input(&[4, 3, 5], Draw::Noise);
        r.b.permute(x, &[0, 2, 1])
    });
    moved("expand", &|r| {
        let x = r.input(&[3, 1], Draw::Noise);
        r.b.expand(x, &[2, 3, 40])
    });
    for axis in 0..4 {
        moved("slice", &|r| {
            let x = r.input(&[4, 5, 6, 7], Draw::Noise);
            r.b.slice(x, axis, 1, 2)
        });
        moved("pad", &|r| {
            let x = r.input(&[4, 5, 6, 7], Draw::Noise);
            r.b.pad(x, axis, 2, 11)
        });
        moved("concat", &|r| {
            let mut dims = [3, 2, 4, 5];
            let parts = [1, 3, 2].map(|length| {
                dims[axis] = length;
                r.input(&dims, Draw::Noise)
            });
            r.b.concat(&parts, axis)
        });
    }
    moved("concat of rows", &|r| {
        let parts = [r.input(&[7, 2], Draw::Noise), r.input(&[7, 3], Draw::Noise)];
        r.b.concat(&parts, 1)
    });
    moved("one_hot", &|r| {
        let x = r.input(&[9, 4, 3, 1], Draw::Index);
        r.b.one_hot(x, 4)
    });
    moved("stop_gradient", &|r| {
        let x = r.input(&[130], Draw::Nasty);
        r.b.stop_gradient(x)
    });
    moved("table and fill", &|r| {
        let table = r.b.table((0..12).map(f64::from).collect(), &[3, 4]);
        let fill = r.b.fill(2.0, &[3, 1]);
        let state = r.b.state("state", &[4]);
        let sum = r.b.add(table, fill);
        r.b.add(sum, state)
    });
    used
}

#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn functions_of_one_value_equal_their_definition() {
    unary(Then::Run);
}

#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn functions_of_two_values_equal_their_definition() {
    binary(Then::Run);
}

#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn reductions_equal_the_cpu() {
    reductions(Then::Run);
}

#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn products_and_convolutions_equal_the_cpu() {
    products(Then::Run);
    convolutions(Then::Run);
}

#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn normalisers_couplings_and_moves_equal_the_cpu() {
    normalisers(Then::Run);
    couplings(Then::Run);
    moves(Then::Run);
}

/// One of each operation, from a match of all of them: a new one does not compile until it stands here with an example.
macro_rules! every_operation {
    ($($pattern:pat => $example:expr,)*) => {{
        let every = vec![$($example),*];
        for op in &every {
            match op { $($pattern => {})* }
        }
        every
    }};
}

/// A new operation must come into one of the lists above (the optimiser has tests of its own). Nothing runs.
#[test]
fn every_operation_is_compared() {
    let every = every_operation! {
        Op::Parameter => Op::Parameter,
        Op::State => Op::State,
        Op::Input => Op::Input,
        Op::Fill(_) => Op::Fill(1.0),
        Op::Table(_) => Op::Table(Arc::from([1.0])),
        Op::Unary(_) => Op::Unary(Unary::Exp),
        Op::Binary(_) => Op::Binary(Binary::Add),
        Op::Select => Op::Select,
        Op::StopGradient => Op::StopGradient,
        Op::Sum(_) => Op::Sum(Axes::of(&[0])),
        Op::Max(_) => Op::Max(Axes::of(&[0])),
        Op::LogSoftmax => Op::LogSoftmax,
        Op::LogSumExp => Op::LogSumExp,
        Op::MatMul { .. } => Op::MatMul { transpose_a: false, transpose_b: false },
        Op::MaskedConv(_) => Op::MaskedConv(Taps::point()),
        Op::ConvWeightGrad(_) => Op::ConvWeightGrad(Taps::point()),
        Op::AffineCoupling(_) => Op::AffineCoupling(Direction::Forward),
        Op::Reshape => Op::Reshape,
        Op::Permute(_) => Op::Permute([0; MAX_RANK]),
        Op::Expand => Op::Expand,
        Op::Slice { .. } => Op::Slice { axis: 0, start: 0 },
        Op::Pad { .. } => Op::Pad { axis: 0, before: 0 },
        Op::Concat { .. } => Op::Concat { axis: 0 },
        Op::OneHot => Op::OneHot,
        Op::AdamStep => Op::AdamStep,
    };
    let lists = [unary, binary, reductions, products, convolutions, normalisers, couplings, moves];
    let used: BTreeSet<&str> = lists.iter().flat_map(|list| list(Then::List)).collect();
    let missing: Vec<&str> = every.iter().map(Op::label).filter(|&label| !used.contains(label) && label != Op::AdamStep.label()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
