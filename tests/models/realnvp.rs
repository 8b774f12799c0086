//! RealNVP and NICE: what makes them flows.

use tractable::data::{Toy, noise};
use tractable::exec::cpu::{CpuSession, Real};
use tractable::flows::{self, Config, Family};
use tractable::graph::Direction;
use tractable::nn::Activation;
use tractable::train::{Fit, Lesson, Model, PointSource, Scorer, Source};

use crate::program::Program;

fn config(layers: usize, additive: bool) -> Config {
    Config { layers, width: 16, family: if additive { Family::Nice } else { Family::RealNvp }, ..Config::default() }
}

fn families() -> impl Iterator<Item = Config> {
    let smooth = Config { activation: Activation::Tanh, ..config(5, false) };
    [config(2, false), config(8, false), smooth, config(4, true), config(7, true)].into_iter()
}

const B: usize = 64;

fn evaluation<T: Real>(config: &Config, direction: Direction, seed: u64) -> Program<T> {
    Program::new(flows::evaluation(config, B, direction).unwrap()).randomise(0.25, seed)
}

/// Normal points, three times as wide ones, the origin, and an axis.
fn points() -> Vec<f64> {
    let mut x: Vec<f64> = noise::normals(7, 0, 2 * B).into_iter().map(f64::from).collect();
    x[B..].iter_mut().for_each(|v| *v *= 3.0);
    x[..4].copy_from_slice(&[0.0, 0.0, 0.0, 2.0]);
    x
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
            let moved = 1 - config.passive(k)[0];
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

#[test]
fn any_number_of_rows_trains_and_scores() {
    for rows in [1, 2, 511, 512, 513, 4097] {
        let points = Toy::TwoMoons.sample(rows, 1, 0);
        let source = Source::Points(PointSource::Finite { train: points.clone(), test: points, note: None, units: None });
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
