//! One suite for every family of flows: what makes each of them a flow.

use std::sync::Arc;

use tractable::data::{Toy, noise};
use tractable::exec::Session;
use tractable::exec::cpu::{CpuSession, Real};
use tractable::exec::gpu::{GpuDevice, GpuSession};
use tractable::flows::{self, Config, Family, Jacobian};
use tractable::graph::{Direction, Reuse, op::hyper};
use tractable::nn::Activation;
use tractable::train::{Fit, Lesson, Model, PointData, Source, Weights};

use crate::program::Program;

const B: usize = 64;

/// Every family in a small size.
fn families() -> impl Iterator<Item = Config> {
    Family::ALL.into_iter().map(|family| {
        let whole = Config::of(family);
        Config { layers: whole.layers.min(4), width: 12, ..whole }
    })
}

/// Couplings, splines, autoregressive maps and the others in six dimensions, where every coordinate must move by itself and be read by others;
/// without kinks, which a difference of so many points would meet.
fn wide() -> impl Iterator<Item = Config> {
    families().filter(|config| !matches!(config.family, Family::Umnn { .. } | Family::Sos { .. })).map(|config| {
        let wide = Config { dim: 6, width: 14, activation: Activation::Tanh, ..config };
        Config { layers: wide.layers.max(wide.layers_to_meet()), ..wide }
    })
}

/// The families that read a class, all points of one class.
fn given() -> impl Iterator<Item = Config> {
    let reads = |config: &Config| config.family.without_conditioner().is_none();
    families().filter(reads).map(|config| Config { classes: 3, one_class: true, activation: Activation::Tanh, ..config })
}

/// How far a point may be from where it came from after a round trip in f64, relative to `1 + |x|`.
fn round_trip_tolerance(family: Family) -> f64 {
    match family {
        // Where a map is nearly flat, rounding is divided by its slope.
        Family::CubicSpline(_) | Family::Sos { .. } | Family::Planar | Family::Radial => 1e-6,
        // Fixed point: 0.86^90 of the first error, times what the layers after it stretch.
        Family::Residual => 1e-5,
        // The reversed steps meet the forward ones up to the fifth order of their length.
        Family::Ffjord { .. } => 1e-4,
        _ => 1e-8,
    }
}

fn evaluation<T: Real>(config: &Config, direction: Direction, seed: u64) -> Program<T> {
    // A matrix of more columns stretches more.
    let sigma = if config.dim > 2 { 0.15 } else { 0.3 };
    Program::new(flows::evaluation(config, B, direction).unwrap()).randomise(sigma, seed).of_class(1)
}

/// Normal points, three times as wide ones, the origin, an axis, the edges of a spline's box and their neighbours.
fn points(dim: usize) -> Vec<f64> {
    let mut x: Vec<f64> = noise::normals(7, 0, dim * B).into_iter().map(f64::from).collect();
    x[dim * B / 2..].iter_mut().for_each(|v| *v *= 3.0);
    let edges = [4.0_f64, -4.0, 4.0_f64.next_up(), 4.0_f64.next_down(), (-4.0_f64).next_up(), (-4.0_f64).next_down()];
    x[..4].copy_from_slice(&[0.0, 0.0, 0.0, 2.0]);
    for (i, edge) in edges.into_iter().enumerate() {
        x[4 + 4 * i..8 + 4 * i].copy_from_slice(&[edge, 0.3, -0.2, edge]);
    }
    x
}

/// The sum of the outputs `log_det.k`.
fn total(config: &Config, mut output: impl FnMut(&str) -> Vec<f64>) -> Vec<f64> {
    let layers = (0..config.stages()).map(|k| output(&format!("log_det.{k}")));
    layers.fold(vec![0.0; B], |sum, l| sum.iter().zip(&l).map(|(a, b)| a + b).collect())
}

/// The larger of two, or NaN where there is one.
fn larger(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}

/// Whether the image of point i is one that a latent normal could be.
fn within_reach(z: &[f64], i: usize) -> bool {
    z.chunks(z.len() / B).nth(i).unwrap().iter().all(|v| v.abs() < 9.0)
}

/// Largest distance of the round trip, relative to `1 + |x|`, and of the sum of both log-determinants from zero, over the points whose
/// image is within reach of a latent normal.
fn round_trip<T: Real>(config: &Config) -> [f64; 2] {
    let mut forward: Program<T> = evaluation(config, Direction::Forward, 1);
    let mut inverse: Program<T> = evaluation(config, Direction::Inverse, 1);
    forward.run("x", &points(config.dim));
    let z = forward.output(&format!("point.{}", config.stages()));
    inverse.run("z", &z);
    let (x, back) = (points(config.dim), inverse.output("point.0"));
    let near: Vec<usize> = (0..B).filter(|&i| within_reach(&z, i)).collect();
    assert!(z.iter().all(|v| v.is_finite()) && near.len() > B / 2, "{config:?}: {} points", near.len());
    let own = |i: usize| config.dim * i..config.dim * (i + 1);
    let distance = |&i: &usize| own(i).map(|j| (x[j] - back[j]).abs() / (1.0 + x[j].abs())).fold(0.0, larger);
    let worst = near.iter().map(distance).fold(0.0, larger);
    let totals = [total(config, |name| forward.output(name)), total(config, |name| inverse.output(name))];
    let sum = near.iter().map(|&i| (totals[0][i] + totals[1][i]).abs());
    [worst, sum.fold(0.0, larger)]
}

#[test]
fn every_point_comes_back_and_the_log_determinants_are_opposite() {
    for config in families().chain(wide()).chain(given()) {
        let tolerance = round_trip_tolerance(config.family);
        let [there, log_det] = round_trip::<f64>(&config);
        println!("{:32} f64 {there:.1e} log-det {log_det:.1e}", config.family.title());
        assert!(there < tolerance, "{config:?}: {there}");
        assert!(log_det < 100.0 * tolerance, "{config:?}: {log_det}");
        let [there, log_det] = round_trip::<f32>(&config);
        println!("{:32} f32 {there:.1e} log-det {log_det:.1e}", config.family.title());
        assert!(there < 1e-4, "{config:?} in f32: {there}");
        assert!(log_det < 1e-2, "{config:?} in f32: {log_det}");
    }
}

/// `ln|det|` of the dense Jacobian of the map from x to each `point.k`, by central differences of x.
fn cumulative(config: &Config, seed: u64, at: &[f64]) -> Vec<Vec<f64>> {
    const H: f64 = 1e-6;
    let mut forward: Program = evaluation(config, Direction::Forward, seed);
    let mut shifted = |axis: usize, h: f64| -> Vec<Vec<f64>> {
        let mut x = at.to_vec();
        x.iter_mut().skip(axis).step_by(config.dim).for_each(|v| *v += h);
        forward.run("x", &x);
        (0..=config.stages()).map(|k| forward.output(&format!("point.{k}"))).collect()
    };
    let by_axis: Vec<Vec<Vec<f64>>> = (0..config.dim)
        .map(|axis| {
            let (plus, minus) = (shifted(axis, H), shifted(axis, -H));
            let slope = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| (a - b) / (2.0 * H)).collect::<Vec<_>>();
            plus.iter().zip(&minus).map(slope).collect()
        })
        .collect();
    let jacobian = |k: usize, i: usize| by_axis.iter().map(|axis| axis[k][config.dim * i..config.dim * (i + 1)].to_vec()).collect();
    (0..=config.stages()).map(|k| (0..B).map(|i| log_determinant(jacobian(k, i))).collect()).collect()
}

/// `ln|det|` of a matrix by elimination with pivots.
fn log_determinant(mut rows: Vec<Vec<f64>>) -> f64 {
    let mut log = 0.0;
    for pivot in 0..rows.len() {
        let largest = (pivot..rows.len()).max_by(|&a, &b| rows[a][pivot].abs().total_cmp(&rows[b][pivot].abs())).unwrap();
        rows.swap(pivot, largest);
        log += rows[pivot][pivot].abs().ln();
        for row in pivot + 1..rows.len() {
            let factor = rows[row][pivot] / rows[pivot][pivot];
            let (above, below) = rows.split_at_mut(row);
            below[0].iter_mut().zip(&above[pivot]).for_each(|(entry, of_pivot)| *entry -= factor * of_pivot);
        }
    }
    log
}

/// Points away from the edges of splines, where a central difference would mix two slopes.
fn smooth_points(dim: usize) -> Vec<f64> {
    let mut x: Vec<f64> = noise::normals(17, 0, dim * B).into_iter().map(f64::from).collect();
    x[dim * B / 2..].iter_mut().for_each(|v| *v *= 2.5);
    x
}

/// The largest distance between each layer's own stated log-determinant, times `sign`, and that of its own dense Jacobian.
fn worst<T: Real>(config: &Config, sign: f64) -> f64 {
    let mut forward: Program<T> = evaluation(config, Direction::Forward, 3);
    forward.run("x", &smooth_points(config.dim));
    let numeric = cumulative(config, 3, &smooth_points(config.dim));
    let layer = |k: usize| {
        let stated = forward.output(&format!("log_det.{k}"));
        (0..B).map(|i| (sign * stated[i] - (numeric[k + 1][i] - numeric[k][i])).abs()).fold(0.0, larger)
    };
    (0..config.stages()).map(layer).fold(0.0, larger)
}

#[test]
fn every_log_determinant_is_that_of_the_dense_jacobian_and_the_wrong_sign_is_caught() {
    for config in families().chain(wide()).chain(given()) {
        let found = worst::<f64>(&config, 1.0);
        println!("{:32} f64 {found:.1e} f32 {:.1e}", config.family.title(), worst::<f32>(&config, 1.0));
        // Runge-Kutta integrates trace and motion apart: their steps agree up to the fifth order.
        let tolerance = match config.family {
            Family::Ffjord { .. } => 1e-3,
            // The slope of what the quadrature gives is the integrand up to the quadrature's error.
            Family::Umnn { .. } => 1e-4,
            _ => 1e-5,
        };
        assert!(found < tolerance, "{config:?}: {found}");
        let found = worst::<f32>(&config, 1.0);
        assert!(found < 2e-3, "{config:?} in f32: {found}");
        assert!(worst::<f64>(&config, -1.0) > 1e-2, "{config:?}: the mutant must be caught");
    }
}

/// The sum of p over `side^2` cells of `[-reach, reach]^2`, times a cell's area; `sign` -1 subtracts the log-determinants instead.
fn integral(config: &Config, prepare: impl FnOnce(Program) -> Program, reach: f64, side: usize, sign: f64) -> f64 {
    let chunk = 4 * side;
    let mut program = prepare(Program::new(flows::evaluation(config, chunk, Direction::Forward).unwrap()));
    let step = 2.0 * reach / side as f64;
    let at = |i: usize| -reach + (i as f64 + 0.5) * step;
    let mut mass = 0.0;
    for rows in (0..side).collect::<Vec<_>>().chunks(4) {
        let x: Vec<f64> = rows.iter().flat_map(|&row| (0..side).flat_map(move |column| [at(column), at(row)])).collect();
        program.run("x", &x);
        let (base, log_p) = (program.output("log_base"), program.output("log_prob"));
        mass += base.iter().zip(&log_p).map(|(base, p)| (base + sign * (p - base)).exp()).sum::<f64>();
    }
    mass * step * step
}

/// A short training on two moons, and its first and last losses.
fn trained(config: &Config, steps: usize) -> (Weights, f32, f32) {
    let mut lesson = Lesson::preset("realnvp").unwrap();
    lesson.name = "a family".into();
    lesson.model = Model::Realnvp { config: config.clone(), data: PointData::Toy { toy: Toy::TwoMoons } };
    lesson.training.batch = 256;
    lesson.training.adam.rate = 5e-3;
    let source = Source::open(&lesson).unwrap();
    let mut fit = Fit::new(lesson, source, Box::new(CpuSession::new(1))).unwrap();
    (0..steps).for_each(|_| fit.advance().unwrap());
    let losses = fit.losses().unwrap();
    (fit.weights().unwrap(), losses[0].1, losses[steps - 1].1)
}

#[test]
fn every_density_integrates_to_one_at_random_and_trained_and_the_wrong_sign_does_not() {
    for config in families() {
        // A steep polynomial is steeper than the grid, a flat one has tails beyond it.
        let sigma = if matches!(config.family, Family::Sos { .. }) { 0.1 } else { 0.2 };
        let random = |program: Program| program.randomise(sigma, 9);
        let mass = integral(&config, random, 16.0, 560, 1.0);
        println!("{:32} random {mass:.5}", config.family.title());
        assert!((mass - 1.0).abs() < 1e-3, "{config:?} random: {mass}");
        let (weights, first, last) = trained(&config, 60);
        assert!(last < first - 0.1, "{config:?} learns: {first} {last}");
        let mass = integral(&config, |program| program.take(&weights), 8.0, 560, 1.0);
        println!("{:32} trained {mass:.5}, loss {first:.3} to {last:.3}", config.family.title());
        assert!((mass - 1.0).abs() < 1e-3, "{config:?} trained: {mass}");
        let mutant = integral(&config, |program| program.take(&weights), 8.0, 280, -1.0);
        assert!((mutant - 1.0).abs() > 5e-3, "{config:?}: the mutant must be caught, {mutant}");
    }
}

#[test]
fn every_density_given_a_class_integrates_to_one() {
    for config in given() {
        for class in 0..config.classes {
            let sigma = if matches!(config.family, Family::Sos { .. }) { 0.1 } else { 0.2 };
            let mass = integral(&config, |program| program.randomise(sigma, 9).of_class(class), 16.0, 400, 1.0);
            assert!((mass - 1.0).abs() < 1e-3, "{config:?} class {class}: {mass}");
        }
    }
}

#[test]
fn actnorm_starts_with_mean_zero_and_variance_one() {
    let config = Config { layers: 3, width: 12, ..Config::of(Family::named("glow-lu").unwrap()) };
    let mut lesson = Lesson::preset("realnvp").unwrap();
    lesson.name = "glow".into();
    lesson.model = Model::Realnvp { config: config.clone(), data: PointData::Toy { toy: Toy::EightGaussians } };
    lesson.training.batch = B;
    let Source::Points(points) = Source::open(&lesson).unwrap() else { panic!("a flow learns from points") };
    let mut fit = Fit::new(lesson.clone(), Source::Points(points.clone()), Box::new(CpuSession::new(1))).unwrap();
    let mut forward: Program = Program::new(flows::evaluation(&config, B, Direction::Forward).unwrap()).take(&fit.weights().unwrap());
    let batch: Vec<f64> = points.batch(B, lesson.seed, 0).as_flat().iter().map(|&v| v.into()).collect();
    forward.run("x", &batch);
    for stage in (0..config.stages()).step_by(3) {
        let after = forward.output(&format!("point.{}", stage + 1));
        for axis in 0..2 {
            let column = || after.iter().skip(axis).step_by(2);
            let mean = column().sum::<f64>() / B as f64;
            let variance = column().map(|v| (v - mean).powi(2)).sum::<f64>() / B as f64;
            assert!(mean.abs() < 1e-4 && (variance - 1.0).abs() < 1e-4, "stage {stage}: {mean} {variance}");
        }
    }
}

/// Sets every array to uniform numbers within `reach`.
fn uniform<T: Real>(program: &mut Program<T>, reach: f64, seed: u64) {
    let arrays: Vec<(String, usize)> =
        program.graph.parameters().iter().map(|p| (program.graph.describe(p.node), program.graph.shape(p.node).elements())).collect();
    for (i, (name, n)) in arrays.iter().enumerate() {
        // The normal's own distribution function makes it uniform.
        let values: Vec<T> =
            noise::uniforms(seed, i as u64, *n).into_iter().map(|u| T::from_f64(reach * (2.0 * f64::from(u) - 1.0))).collect();
        program.store.set(name, &values).unwrap();
    }
}

/// The constraints of one layer with these raw parameters, as its own nodes say.
fn check_constraints<T: Real>(config: &Config, seed: u64, reach: f64) {
    let names: &[&str] = match config.family {
        Family::Planar => &["layer.0.along"],
        Family::Radial => &["layer.0.alpha.constrained", "layer.0.beta.constrained"],
        Family::Sylvester { .. } => &["layer.0.orthogonal"],
        Family::Residual => &["layer.0.hidden_1.contracted", "layer.0.hidden_2.contracted", "layer.0.out.contracted"],
        _ => &[],
    };
    let mut layer: Program<T> = Program::with(flows::evaluation(config, B, Direction::Forward).unwrap(), names);
    uniform(&mut layer, reach, seed);
    layer.run("x", &points(config.dim));
    let what = format!("{config:?} seed {seed}");
    assert!(layer.output("log_prob").iter().all(|p| !p.is_nan()), "{what}");
    for k in 0..config.stages() {
        assert!(layer.output(&format!("log_det.{k}")).iter().all(|l| l.is_finite()), "{what} layer {k}");
    }
    for name in names {
        let values = layer.output(name);
        match config.family {
            // w'u > -1; in floating point it may be -1 itself.
            Family::Planar => assert!(values[0] >= -1.0, "{what}: {}", values[0]),
            Family::Radial => {
                let alpha = layer.output("layer.0.alpha.constrained")[0];
                assert!(alpha > 0.0 && values[0] >= -alpha, "{what} {name}: {} {alpha}", values[0]);
            }
            Family::Sylvester { .. } => {
                let entry = |i: usize, j: usize| (0..2).map(|k| values[2 * k + i] * values[2 * k + j]).sum::<f64>();
                let off = (0..4).map(|e| (entry(e / 2, e % 2) - f64::from(u8::from(e % 3 == 0))).abs()).fold(0.0, larger);
                assert!(off < 1e-5, "{what}: Q'Q is {off} from the identity");
            }
            _ => {
                let outputs = if *name == "layer.0.out.contracted" { 2 } else { config.width };
                let norm = spectral_norm(&values, outputs);
                assert!(norm <= 0.95 * (1.0 + 1e-3), "{what} {name}: {norm}");
            }
        }
    }
}

/// The largest singular value of a matrix of `columns` columns, by many steps of the power iteration.
fn spectral_norm(matrix: &[f64], columns: usize) -> f64 {
    let mut v: Vec<f64> = (0..columns).map(|i| 1.0 + 0.1 * i as f64).collect();
    let mut norm = 0.0;
    for _ in 0..2_000 {
        let image: Vec<f64> = matrix.chunks(columns).map(|row| row.iter().zip(&v).map(|(a, b)| a * b).sum()).collect();
        let mut back = vec![0.0; columns];
        for (row, y) in matrix.chunks(columns).zip(&image) {
            back.iter_mut().zip(row).for_each(|(sum, a)| *sum += a * y);
        }
        let length = back.iter().map(|b| b * b).sum::<f64>().sqrt();
        let before = v.iter().map(|b| b * b).sum::<f64>().sqrt();
        norm = (length / before).sqrt();
        v = back.iter().map(|b| b / length.max(1e-300)).collect();
    }
    norm
}

#[test]
fn no_raw_parameter_breaks_a_constraint() {
    for config in families() {
        let alone = Config { layers: 1, ..config };
        for seed in 0..24 {
            check_constraints::<f64>(&alone, seed, 30.0);
            check_constraints::<f32>(&alone, seed, 30.0);
        }
    }
}

#[test]
fn coordinates_rise_with_their_own_whatever_the_raw_parameters_say() {
    let line: Vec<f64> = (0..B).flat_map(|i| [0.7, -6.0 + 12.0 * i as f64 / (B as f64 - 1.0)]).collect();
    for config in families() {
        let moves_each = matches!(config.family.jacobian(), Jacobian::BlockCoupling | Jacobian::Autoregressive);
        // A step of Glow mixes the coordinates; its coupling is RealNVP's.
        if !moves_each || matches!(config.family, Family::Glow { .. }) {
            continue;
        }
        let alone = Config { layers: 1, ..config };
        for seed in 0..24 {
            let mut layer: Program = Program::new(flows::evaluation(&alone, B, Direction::Forward).unwrap());
            // A quadrature of 21 nodes follows an integrand only where it is smooth between them.
            let reach = if matches!(alone.family, Family::Umnn { .. }) { 1.0 } else { 30.0 };
            uniform(&mut layer, reach, seed);
            layer.run("x", &line);
            let moved = layer.output("point.1");
            let risen = (1..B).all(|i| moved[2 * i + 1] >= moved[2 * i - 1]);
            assert!(risen, "{alone:?} seed {seed}: {moved:?}");
        }
    }
}

#[test]
fn gradients_are_finite_inside_on_and_outside_the_boxes_and_at_equal_points() {
    let far = [[1e3, 1e3], [1e3, -1e3], [-1e3, 1e3], [-1e3, -1e3], [0.0, 1e3], [0.0, 0.0], [0.0, 0.0], [4.0, -4.0]];
    for config in families() {
        for batch in [far, [[0.0, 0.0]; 8], [[1.5, -0.5]; 8], [[4.0, 4.0]; 8], [[9.0, -9.0]; 8]] {
            let mut program = Program::<f32>::new(tractable::train::realnvp_training(&config, 8).unwrap()).randomise(0.3, 6);
            program.program.set_input("hyper", &[0.0; hyper::SLOTS]).unwrap();
            program.run("x", batch.as_flattened());
            let (loss, norm) = (program.output("loss")[0], program.output("gradient_norm_sq")[0]);
            assert!(loss.is_finite() && norm.is_finite(), "{config:?} {batch:?}: {loss} {norm}");
            // A spline moves nothing outside its box or at its corners.
            assert!(norm > 0.0 || batch[0][0] >= 4.0, "{config:?} {batch:?}: {norm}");
        }
    }
}

#[test]
fn every_parameters_gradient_is_the_finite_difference() {
    for config in families().chain(wide()).chain(given()) {
        let config = Config { layers: config.layers.min(2), width: 5, ..config };
        let mut b = tractable::graph::Builder::new(tractable::graph::Mode::Train);
        let nodes = flows::forward(&mut b, &config, B);
        let mean = b.mean_all(nodes.log_prob);
        let loss = b.neg(mean);
        b.output("loss", loss);
        let parameters = b.parameters();
        let targets: Vec<_> = parameters.iter().map(|p| p.1).collect();
        for ((name, _), gradient) in parameters.iter().zip(b.gradients(loss, &targets)) {
            b.output(&format!("by {name}"), gradient);
        }
        let mut program = Program::<f64>::new(b.finish().unwrap()).randomise(0.4, 12).of_class(2);
        program.run("x", &smooth_points(config.dim));
        for (name, _) in &parameters {
            let stated = program.output(&format!("by {name}"));
            let values = program.store.get(name).unwrap().to_vec();
            for entry in (0..values.len()).step_by((values.len() / 3).max(1)) {
                let mut loss_at = |change: f64| {
                    let mut moved = values.clone();
                    moved[entry] += change;
                    program.store.set(name, &moved).unwrap();
                    program.run("x", &smooth_points(config.dim));
                    program.output("loss")[0]
                };
                let numeric = (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5;
                program.store.set(name, &values).unwrap();
                // A rectifier's kink or a knot between the two makes the difference the less exact one.
                let tolerance = 1e-4 * (1.0 + numeric.abs().max(stated[entry].abs()));
                assert!((numeric - stated[entry]).abs() < tolerance, "{config:?} {name}[{entry}]: {numeric} {}", stated[entry]);
            }
        }
    }
}

#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn the_gpu_agrees_in_both_directions() {
    let gpu = Arc::new(GpuDevice::open().unwrap());
    for config in families() {
        let config = Config { layers: config.layers.min(2), ..config };
        let exact: Program = evaluation(&config, Direction::Forward, 1);
        let mut session = GpuSession::new(Arc::clone(&gpu));
        let mut run = |direction: Direction, input: &str, values: &[f64]| -> (Vec<f64>, Vec<f64>) {
            let graph = Arc::new(flows::evaluation(&config, B, direction).unwrap());
            let program = session.prepare(&graph, Reuse::On).unwrap();
            for name in exact.store.names() {
                let weights: Vec<f32> = exact.store.get(name).unwrap().iter().map(|&w| w as f32).collect();
                session.write_parameter(name, &weights).unwrap();
            }
            let values: Vec<f32> = values.iter().map(|&v| v as f32).collect();
            session.run(program, &[(input, &values)]).unwrap();
            let mut output = |name: &str| session.read_output(program, name).unwrap().into_iter().map(f64::from).collect::<Vec<_>>();
            let last = if direction == Direction::Forward { config.stages() } else { 0 };
            (output(&format!("point.{last}")), total(&config, output))
        };
        let (z, there) = run(Direction::Forward, "x", &points(config.dim));
        let (x, back) = run(Direction::Inverse, "z", &z);
        for (i, (a, b)) in points(config.dim).iter().zip(&x).enumerate() {
            let near = within_reach(&z, i / 2);
            assert!(!near || (a - b).abs() < 1e-4 * (1.0 + a.abs()), "{config:?}: {a} {b}");
        }
        let near = |i: &usize| within_reach(&z, *i);
        assert!(z.iter().all(|v| v.is_finite()) && (0..B).filter(near).count() > B / 2, "{config:?}");
        assert!((0..B).filter(near).all(|i| (there[i] + back[i]).abs() < 1e-2), "{config:?}");
        let mut exact = exact;
        exact.run("x", &points(config.dim));
        let definition = total(&config, |name| exact.output(name));
        for i in (0..B).filter(near) {
            assert!((there[i] - definition[i]).abs() < 2e-3, "{config:?} {i}: {} {}", there[i], definition[i]);
        }
    }
}
