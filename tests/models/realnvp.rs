//! RealNVP and NICE: what makes them flows.

use std::sync::Arc;

use tractable::data::{Toy, noise};
use tractable::exec::Session;
use tractable::exec::cpu::{CpuProgram, CpuSession, Real, Store, Workers};
use tractable::exec::gpu::{GpuDevice, GpuSession};
use tractable::flows::realnvp::{self, Config};
use tractable::graph::{Direction, Graph, Plan, Reuse, op::hyper};
use tractable::nn::Activation;
use tractable::train::{Fit, Lesson, Model, PointData, PointSource, Scorer, Source, Weights};

/// A recorded graph, in f64 unless said otherwise, with every output kept.
struct Program<T = f64> {
    graph: Arc<Graph>,
    program: CpuProgram<T>,
    store: Store<T>,
    workers: Workers,
}

impl<T: Real> Program<T> {
    fn new(graph: Graph) -> Program<T> {
        let graph = Arc::new(graph);
        let outputs: Vec<_> = graph.outputs().iter().map(|&(_, node)| node).collect();
        let plan = Plan::new(&graph, &outputs, Reuse::On);
        let mut store = Store::new();
        let program = CpuProgram::new(&graph, &plan, &mut store).unwrap();
        Program { graph, program, store, workers: Workers::new(1) }
    }

    /// Normal weights of this size in every array: nothing is zero, nothing special.
    fn randomise(mut self, sigma: f64, seed: u64) -> Program<T> {
        // By name: the two directions declare their parameters in opposite orders.
        let mut parameters: Vec<(String, usize)> =
            self.graph.parameters().iter().map(|p| (self.graph.describe(p.node), self.graph.shape(p.node).elements())).collect();
        parameters.sort();
        for (i, (name, n)) in parameters.iter().enumerate() {
            let values: Vec<T> = noise::normals(seed, i as u64, *n).into_iter().map(|v| T::from_f64(sigma * f64::from(v))).collect();
            self.store.set(name, &values).unwrap();
        }
        self
    }

    fn take(mut self, weights: &Weights) -> Program<T> {
        for parameter in self.graph.parameters() {
            let name = self.graph.describe(parameter.node);
            let values: Vec<T> = weights.arrays[&name].1.iter().map(|&v| T::from_f64(v.into())).collect();
            self.store.set(&name, &values).unwrap();
        }
        self
    }

    fn run(&mut self, input: &str, values: &[f64]) {
        let values: Vec<T> = values.iter().map(|&v| T::from_f64(v)).collect();
        self.program.set_input(input, &values).unwrap();
        self.program.evaluate(&self.workers, &self.store);
    }

    fn output(&self, name: &str) -> Vec<f64> {
        self.program.output(self.graph.output(name).unwrap()).iter().map(|v| v.to_f64()).collect()
    }
}

fn config(layers: usize, additive: bool) -> Config {
    Config { dim: 2, layers, width: 16, activation: Activation::Relu, additive, muted: 0 }
}

fn families() -> impl Iterator<Item = Config> {
    let smooth = Config { activation: Activation::Tanh, ..config(5, false) };
    [config(2, false), config(8, false), smooth, config(4, true), config(7, true)].into_iter()
}

const B: usize = 64;

fn evaluation<T: Real>(config: &Config, direction: Direction, seed: u64) -> Program<T> {
    Program::new(realnvp::evaluation(config, B, direction).unwrap()).randomise(0.25, seed)
}

/// Normal points, three times as wide ones, the origin, and an axis.
fn points() -> Vec<f64> {
    let mut x: Vec<f64> = noise::normals(7, 0, 2 * B).into_iter().map(f64::from).collect();
    x[B..].iter_mut().for_each(|v| *v *= 3.0);
    x[..4].copy_from_slice(&[0.0, 0.0, 0.0, 2.0]);
    x
}

#[test]
fn the_inverse_brings_every_point_back_through_every_layer() {
    for config in families() {
        let mut forward: Program = evaluation(&config, Direction::Forward, 1);
        let mut inverse: Program = evaluation(&config, Direction::Inverse, 1);
        forward.run("x", &points());
        let depth = config.stages();
        inverse.run("z", &forward.output(&format!("point.{depth}")));
        for k in 0..=depth {
            let (there, back) = (forward.output(&format!("point.{k}")), inverse.output(&format!("point.{k}")));
            for (a, b) in there.iter().zip(&back) {
                // f64 rounding, magnified by what the layers stretch.
                assert!((a - b).abs() < 1e-8 * (1.0 + a.abs()), "{config:?} depth {k}: {a} {b}");
            }
        }
        let total = |program: &Program| -> Vec<f64> {
            (0..depth)
                .map(|k| program.output(&format!("log_det.{k}")))
                .fold(vec![0.0; B], |sum, l| sum.iter().zip(&l).map(|(a, b)| a + b).collect())
        };
        let opposite = total(&forward).iter().zip(&total(&inverse)).all(|(a, b)| (a + b).abs() < 1e-9);
        assert!(opposite, "{config:?}: the inverse's log-determinant is the negative");
    }
}

/// `ln|det|` of the dense Jacobian of the map from x to each `point.k`, by central differences of x.
fn cumulative(config: &Config, seed: u64) -> Vec<Vec<f64>> {
    const H: f64 = 1e-6;
    let mut forward: Program = evaluation(config, Direction::Forward, seed);
    let mut shifted = |axis: usize, h: f64| -> Vec<Vec<f64>> {
        let mut x = points();
        x.iter_mut().skip(axis).step_by(2).for_each(|v| *v += h);
        forward.run("x", &x);
        (0..=config.stages()).map(|k| forward.output(&format!("point.{k}"))).collect()
    };
    let [along_x, along_y] = [0, 1].map(|axis| {
        let (plus, minus) = (shifted(axis, H), shifted(axis, -H));
        let slope = |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| (a - b) / (2.0 * H)).collect::<Vec<_>>();
        plus.iter().zip(&minus).map(slope).collect::<Vec<_>>()
    });
    let log_det = |(x, y): (&Vec<f64>, &Vec<f64>)| (0..B).map(|i| (x[2 * i] * y[2 * i + 1] - y[2 * i] * x[2 * i + 1]).abs().ln()).collect();
    along_x.iter().zip(&along_y).map(log_det).collect()
}

/// The largest distance between each layer's own stated log-determinant, multiplied by `sign`, and that of its own dense Jacobian: the
/// Jacobian up to after the layer by the inverse of the one up to before it.
fn worst<T: Real>(config: &Config, sign: f64) -> f64 {
    let mut forward: Program<T> = evaluation(config, Direction::Forward, 3);
    forward.run("x", &points());
    let numeric = cumulative(config, 3);
    let layer = |k: usize| {
        let stated = forward.output(&format!("log_det.{k}"));
        (0..B).map(|i| (sign * stated[i] - (numeric[k + 1][i] - numeric[k][i])).abs()).fold(0.0, f64::max)
    };
    (0..config.stages()).map(layer).fold(0.0, f64::max)
}

#[test]
fn log_determinants_of_every_layer_equal_the_dense_jacobian_and_the_wrong_sign_does_not() {
    for config in families() {
        // Differences of 1e-6 in f64 leave 1e-10 of a slope, times the condition of a Jacobian of eight layers.
        let found = worst::<f64>(&config, 1.0);
        assert!(found < 1e-5, "{config:?}: {found}");
        // f32 rounds the conditioner of a layer in the seventh digit, and all layers before it.
        let found = worst::<f32>(&config, 1.0);
        assert!(found < 1e-3, "{config:?} in f32: {found}");
        assert!(worst::<f64>(&config, -1.0) > 1e-2, "{config:?}: the mutant must be caught");
    }
}

/// The largest relative distance of a point and its image's pre-image, and whether the total log-determinants are opposite.
fn check_round_trip(what: &str, x: &[f64], back: &[f64], log_dets: [&[f64]; 2]) {
    for (a, b) in x.iter().zip(back) {
        assert!((a - b).abs() < 1e-4 * (1.0 + a.abs()), "{what}: {a} {b}");
    }
    for (there, back) in log_dets[0].iter().zip(log_dets[1]) {
        assert!((there + back).abs() < 1e-3, "{what}: {there} {back}");
    }
}

/// The sum over the layers of outputs `log_det.k`.
fn total(config: &Config, mut output: impl FnMut(&str) -> Vec<f64>) -> Vec<f64> {
    let layers = (0..config.stages()).map(|k| output(&format!("log_det.{k}")));
    layers.fold(vec![0.0; B], |sum, l| sum.iter().zip(&l).map(|(a, b)| a + b).collect())
}

#[test]
fn the_round_trip_holds_in_f32() {
    for config in families() {
        let mut forward: Program<f32> = evaluation(&config, Direction::Forward, 1);
        let mut inverse: Program<f32> = evaluation(&config, Direction::Inverse, 1);
        forward.run("x", &points());
        inverse.run("z", &forward.output(&format!("point.{}", config.stages())));
        let totals = [total(&config, |name| forward.output(name)), total(&config, |name| inverse.output(name))];
        check_round_trip(&format!("{config:?}"), &points(), &inverse.output("point.0"), [&totals[0], &totals[1]]);
    }
}

#[test]
#[ignore = "needs a Vulkan driver; scripts/test runs it on lavapipe"]
fn the_round_trip_holds_on_the_gpu() {
    let gpu = Arc::new(GpuDevice::open().unwrap());
    for config in families() {
        // The same weights for both directions, as f64 has them.
        let exact: Program = evaluation(&config, Direction::Forward, 1);
        let mut session = GpuSession::new(Arc::clone(&gpu));
        let mut run = |direction: Direction, input: &str, values: &[f64]| -> (Vec<f64>, Vec<f64>) {
            let graph = Arc::new(realnvp::evaluation(&config, B, direction).unwrap());
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
        let (z, there) = run(Direction::Forward, "x", &points());
        let (x, back) = run(Direction::Inverse, "z", &z);
        check_round_trip(&format!("{config:?}"), &points(), &x, [&there, &back]);
        // And the GPU's log-determinants are those of the f64 definition.
        let mut exact = exact;
        exact.run("x", &points());
        let definition = total(&config, |name| exact.output(name));
        assert!(there.iter().zip(&definition).all(|(a, b)| (a - b).abs() < 1e-3), "{config:?}");
    }
}

#[test]
fn log_p_is_the_base_and_the_sum() {
    for config in families() {
        let mut forward: Program = evaluation(&config, Direction::Forward, 5);
        forward.run("x", &points());
        let (z, base, log_p) =
            (forward.output(&format!("point.{}", config.stages())), forward.output("log_base"), forward.output("log_prob"));
        for i in 0..B {
            let normal = -0.5 * (z[2 * i].powi(2) + z[2 * i + 1].powi(2)) - std::f64::consts::TAU.ln();
            let sum: f64 = (0..config.stages()).map(|k| forward.output(&format!("log_det.{k}"))[i]).sum();
            assert!((base[i] - normal).abs() < 1e-10 * (1.0 + normal.abs()));
            assert!((log_p[i] - base[i] - sum).abs() < 1e-9 * (1.0 + log_p[i].abs()));
        }
    }
}

#[test]
fn the_passive_half_is_untouched_bit_for_bit() {
    for config in families() {
        let mut forward: Program = evaluation(&config, Direction::Forward, 2);
        forward.run("x", &points());
        for k in 0..config.layers {
            let (before, after) = (forward.output(&format!("point.{k}")), forward.output(&format!("point.{}", k + 1)));
            for axis in config.passive(k) {
                assert!((0..B).all(|i| before[2 * i + axis].to_bits() == after[2 * i + axis].to_bits()), "{config:?} layer {k}");
            }
            let moved = 1 - config.passive(k).start;
            assert!((0..B).any(|i| before[2 * i + moved] != after[2 * i + moved]), "{config:?} layer {k} moves its half");
        }
    }
}

#[test]
fn nice_keeps_every_area_before_its_scale() {
    let config = config(6, true);
    let mut forward: Program = evaluation(&config, Direction::Forward, 4);
    forward.run("x", &points());
    for k in 0..config.layers {
        assert!(forward.output(&format!("log_det.{k}")).iter().all(|&l| l == 0.0));
    }
    let scale: f64 = forward.store.get("scale").unwrap().iter().sum();
    let last = forward.output(&format!("log_det.{}", config.layers));
    assert!(scale.abs() > 0.01 && last.iter().all(|&l| (l - scale).abs() < 1e-12));
}

/// The sum of `exp(log N + sign * sum of log-dets)` over `side^2` cells of `[-reach, reach]^2`, times the cell's area.
fn integral(config: &Config, prepare: impl FnOnce(Program) -> Program, reach: f64, side: usize, sign: f64) -> f64 {
    let chunk = 2 * side;
    let mut program = prepare(Program::new(realnvp::evaluation(config, chunk, Direction::Forward).unwrap()));
    let step = 2.0 * reach / side as f64;
    let at = |i: usize| -reach + (i as f64 + 0.5) * step;
    let mut mass = 0.0;
    for rows in (0..side).collect::<Vec<_>>().chunks(2) {
        let x: Vec<f64> = rows.iter().flat_map(|&row| (0..side).flat_map(move |column| [at(column), at(row)])).collect();
        program.run("x", &x);
        let base = program.output("log_base");
        let log_dets: Vec<Vec<f64>> = (0..config.stages()).map(|k| program.output(&format!("log_det.{k}"))).collect();
        mass += (0..chunk).map(|i| (base[i] + sign * log_dets.iter().map(|l| l[i]).sum::<f64>()).exp()).sum::<f64>();
    }
    mass * step * step
}

/// A short training on two moons.
fn trained(config: &Config, steps: usize) -> Weights {
    let mut lesson = Lesson::preset("realnvp").unwrap();
    lesson.model = Model::Realnvp { config: config.clone(), data: PointData::Toy { toy: Toy::TwoMoons } };
    lesson.training.batch = 256;
    lesson.training.adam.rate = 3e-3;
    let source = Source::open(&lesson).unwrap();
    let mut fit = Fit::new(lesson, source, Box::new(CpuSession::new(1))).unwrap();
    (0..steps).for_each(|_| fit.advance().unwrap());
    let losses = fit.losses().unwrap();
    assert!(losses[steps - 1].1 < losses[0].1 - 0.2, "it learns: {:?} {:?}", losses[0], losses[steps - 1]);
    fit.weights().unwrap()
}

#[test]
fn the_density_integrates_to_one_at_random_and_trained_and_the_wrong_sign_does_not() {
    for config in [config(4, false), config(4, true)] {
        // 700 x 700 cells of [-14, 14]^2: random layers throw mass far out; cells of 0.04 are fine for their slow slopes.
        let random = |program: Program| program.randomise(0.25, 9);
        let mass = integral(&config, random, 14.0, 700, 1.0);
        assert!((mass - 1.0).abs() < 1e-3, "{config:?} random: {mass}");
        // 600 x 600 cells of [-6, 6]^2: cells of 0.02 against moons of width 0.2.
        let weights = trained(&config, 250);
        let mass = integral(&config, |program| program.take(&weights), 6.0, 600, 1.0);
        assert!((mass - 1.0).abs() < 1e-3, "{config:?} trained: {mass}");
        let mutant = integral(&config, |program| program.take(&weights), 6.0, 600, -1.0);
        assert!((mutant - 1.0).abs() > 0.05, "{config:?}: the mutant must be caught, {mutant}");
    }
}

#[test]
fn gradients_are_finite_at_the_origin_far_out_and_at_equal_points() {
    let far = [[1e4, 1e4], [1e4, -1e4], [-1e4, 1e4], [-1e4, -1e4], [0.0, 1e4], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]];
    for config in families() {
        for batch in [far, [[0.0, 0.0]; 8], [[1.5, -0.5]; 8], [[1e4, 0.0]; 8]] {
            let mut program = Program::<f64>::new(tractable::train::realnvp_training(&config, 8).unwrap()).randomise(0.3, 6);
            program.program.set_input("hyper", &[0.0; hyper::SLOTS]).unwrap();
            program.run("x", batch.as_flattened());
            let (loss, norm) = (program.output("loss")[0], program.output("gradient_norm_sq")[0]);
            assert!(loss.is_finite() && norm.is_finite() && norm > 0.0, "{config:?} {batch:?}: {loss} {norm}");
        }
    }
}

#[test]
fn any_number_of_rows_trains_and_scores() {
    for rows in [1, 2, 511, 512, 513, 4097] {
        let points = Toy::TwoMoons.sample(rows, 1, 0);
        let source = Source::Points(PointSource::Finite { train: points.clone(), test: points, note: None });
        let mut lesson = Lesson::preset("realnvp").unwrap();
        if let Model::Realnvp { config, .. } = &mut lesson.model {
            *config = self::config(4, false);
        }
        let model = lesson.model.clone();
        let mut fit = Fit::new(lesson, source.clone(), Box::new(CpuSession::new(2))).unwrap();
        (0..3).for_each(|_| fit.advance().unwrap());
        assert_eq!(fit.losses().unwrap().len(), 3);
        let scorer = Scorer::new(fit.session(), &model, 512).unwrap();
        let nll = scorer.nll(fit.session(), &source, 541, usize::MAX).unwrap();
        assert_eq!(nll.len(), rows);
        // The padded tail changes nothing: the whole in one chunk gives the same bits.
        let whole = Scorer::new(fit.session(), &model, rows).unwrap();
        assert_eq!(whole.nll(fit.session(), &source, 541, usize::MAX).unwrap(), nll);
        let score = scorer.score(fit.session(), &model, &source, 541, usize::MAX).unwrap();
        assert!(score.count == rows && score.nats.is_finite() && (score.std_error.is_finite() || score.count == 1));
    }
}
