//! The chart of the families: their Jacobians against central differences, their kinds, their costs, Jacobi's sweeps, and a race.

use std::time::{Duration, Instant};

use tractable::data::{Toy, noise};
use tractable::flows::{self, Family};
use tractable::graph::Direction;
use tractable::train::taxonomy_job::pattern::{self, Pattern, Shape};
use tractable::train::taxonomy_job::{CONTESTANTS, TaxonomyCommand, TaxonomyJob, TaxonomySnapshot, survey, sweeps};
use tractable::train::{PointData, Worker};

use crate::program::Program;

const SEED: u64 = 541;

fn worker() -> Worker<TaxonomyJob> {
    Worker::spawn("taxonomy", || TaxonomyJob::new(SEED, 1), || {})
}

fn wait(worker: &Worker<TaxonomyJob>, what: &str, good: impl Fn(&TaxonomySnapshot) -> bool) -> TaxonomySnapshot {
    let start = Instant::now();
    loop {
        if let Some(snapshot) = worker.take_snapshot() {
            assert_eq!(snapshot.trouble.error, None);
            if good(&snapshot) {
                return snapshot;
            }
        }
        assert!(start.elapsed() < Duration::from_secs(120), "{what} never came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn patterns(dim: usize) -> Vec<Pattern> {
    let worker = worker();
    worker.send(TaxonomyCommand::Look { dim, point: [0.4, -0.7], family: Family::Maf, express: false });
    let all = wait(&worker, "every pattern", |s| {
        s.dim == dim && s.patterns.iter().flatten().all(|p| p.point[0] == 0.4) && !s.patterns.contains(&None)
    });
    all.patterns.into_iter().flatten().map(|pattern| (*pattern).clone()).collect()
}

/// The worker's own weights, here a second time: initial values and noise by the order of the names.
fn moved(config: &flows::Config) -> tractable::train::Weights {
    let graph = flows::evaluation(config, config.dim, Direction::Forward).unwrap();
    let mut weights = tractable::train::initial_weights(&graph, SEED);
    for (stream, (dims, values)) in weights.arrays.values_mut().enumerate() {
        let spread = if dims.len() > 1 { 0.5 / (dims[0] as f32).sqrt() } else { 0.5 };
        let moves = noise::normals(SEED ^ 0x5441_584f_4e00, stream as u64, values.len());
        values.iter_mut().zip(moves).for_each(|(value, by)| *value += spread * by);
    }
    weights
}

#[test]
fn every_entry_is_the_central_difference_of_the_map_and_both_determinants_agree() {
    const H: f64 = 1e-6;
    for dim in [2, 6] {
        for found in patterns(dim) {
            let config = pattern::config(found.family, dim);
            let mut map: Program = Program::new(flows::evaluation(&config, 2, Direction::Forward).unwrap()).take(&moved(&config));
            let last = format!("point.{}", config.stages());
            for column in 0..dim {
                let shifted = |h: f64| (0..dim).map(|i| found.point[i] + if i == column { h } else { 0.0 }).collect::<Vec<_>>();
                map.run("x", &[shifted(H), shifted(-H)].concat());
                let z = map.output(&last);
                for row in 0..dim {
                    let slope = (z[row] - z[dim + row]) / (2.0 * H);
                    let stated = found.parts[2].entries[row * dim + column];
                    let wrong = (slope - stated).abs() / (1.0 + stated.abs());
                    assert!(wrong < 1e-5, "{:?} in {dim}: ({row}, {column}) is {stated}, by differences {slope}", found.family);
                }
            }
            for part in &found.parts {
                // Runge and Kutta's method integrates the trace apart from the motion, a quadrature's slope is not quite its integrand.
                let tolerance = match found.family {
                    Family::Ffjord { .. } => 2e-2,
                    Family::Umnn { .. } => 1e-3,
                    _ => 1e-6,
                };
                assert!((part.eliminated - part.stated).abs() < tolerance, "{:?} in {dim}: {part:?}", found.family);
            }
        }
    }
}

#[test]
fn the_kinds_are_those_of_the_lecture() {
    for found in patterns(6) {
        let [first, second, both] = found.parts.map(|part| part.shape);
        let expected = match found.family {
            family if family.couples() => [Shape::Blocks { passive: 3 }; 2],
            family if family.jacobian() == flows::Jacobian::Autoregressive => {
                [Shape::Triangular { ascending: true }, Shape::Triangular { ascending: false }]
            }
            Family::Planar => [Shape::LowRank { scale: 1.0, rank: 1 }; 2],
            // A multiple of the identity that depends on the point.
            Family::Radial => {
                for shape in [first, second] {
                    assert!(matches!(shape, Shape::LowRank { rank: 1, .. }), "{shape:?}");
                }
                continue;
            }
            // Its order is turned from layer to layer as well.
            Family::Sylvester { basis: flows::Basis::Triangular } => {
                [Shape::Triangular { ascending: false }, Shape::Triangular { ascending: true }]
            }
            _ => [Shape::Full; 2],
        };
        assert_eq!([first, second], expected, "{:?}", found.family);
        let composed = if found.family == Family::Planar { Shape::LowRank { scale: 1.0, rank: 2 } } else { Shape::Full };
        assert_eq!(both, composed, "{:?}", found.family);
    }
}

#[test]
fn a_coupling_keeps_half_exactly_and_only_nice_keeps_volume() {
    for family in Family::ALL {
        let begin = Instant::now();
        let found = survey::measure(family, 6, SEED, 1).unwrap();
        println!(
            "{:30} {:7} values, points {:8.2} forward {:8.2} inverse {:8.2} ms, error {:.1e}, log-det {:.2} spread {:.2}, {:.1} s",
            family.title(),
            found.parameters,
            found.points,
            found.forward,
            found.inverse,
            found.error,
            found.volume,
            found.spread,
            begin.elapsed().as_secs_f64()
        );
        assert_eq!(found.spread < 1e-5, family.keeps_volume(), "{family:?}: {}", found.spread);
        assert!(found.error < 1e-3, "{family:?}: {}", found.error);
    }
}

#[test]
fn jacobis_sweeps_are_exact_after_as_many_as_there_are_coordinates_and_not_before() {
    for family in Family::ALL {
        let Some(watched) = sweeps::watch(family, 6, SEED).unwrap() else {
            assert_ne!(family.jacobian(), flows::Jacobian::Autoregressive);
            continue;
        };
        println!("{:24} {:?} by dimension {:.1e}, {:.2?} ms", family.title(), watched.errors, watched.by_dimension, watched.milliseconds);
        assert!(watched.errors[4] > 1e-9, "{family:?}: the last coordinates are not right yet: {:?}", watched.errors);
        assert!(watched.errors[6] < 1e-12 && watched.errors[8] < 1e-12, "{family:?}: {:?}", watched.errors);
        assert!(watched.by_dimension < 1e-12, "{family:?}: {}", watched.by_dimension);
    }
}

#[test]
fn evaluations_are_told_by_the_direction() {
    let count = |family: Family, direction| survey::evaluations(&survey::config(family, 6), direction);
    assert_eq!([Direction::Forward, Direction::Inverse].map(|d| count(Family::Maf, d)), [1, 6]);
    assert_eq!([Direction::Forward, Direction::Inverse].map(|d| count(Family::Iaf, d)), [6, 1]);
    assert_eq!([Direction::Forward, Direction::Inverse].map(|d| count(Family::RealNvp, d)), [1, 1]);
    assert_eq!(count(Family::Naf { units: 8 }, Direction::Inverse) % 6, 0);
}

#[test]
fn four_families_learn_in_equal_time() {
    let worker = worker();
    let families: [Family; CONTESTANTS] =
        [Family::Nice, Family::RealNvp, Family::named("rq-spline").unwrap(), Family::named("residual").unwrap()];
    worker.send(TaxonomyCommand::Race { families, data: PointData::Toy { toy: Toy::TwoMoons } });
    let scored = |s: &TaxonomySnapshot| s.race.as_ref().is_some_and(|race| race.contestants.iter().all(|c| c.score.is_some()));
    let untrained = wait(&worker, "first scores", scored).race.unwrap();
    worker.send(TaxonomyCommand::Train(true));
    let learned =
        |s: &TaxonomySnapshot| s.race.as_ref().is_some_and(|race| race.contestants.iter().all(|c| c.seconds > 2.0 && c.curve.len() > 2));
    let trained = wait(&worker, "two seconds each", learned).race.unwrap();
    worker.send(TaxonomyCommand::Train(false));
    let seconds: Vec<f64> = trained.contestants.iter().map(|c| c.seconds).collect();
    let apart = seconds.iter().fold(0.0, |most: f64, s| most.max((s - seconds[0]).abs()));
    assert!(apart < 0.5, "equal time: {seconds:?}");
    for (before, after) in untrained.contestants.iter().zip(&trained.contestants) {
        let (first, last) = (before.score.unwrap(), after.score.unwrap());
        assert!(last.nats < first.nats - 0.1, "{:?}: {} to {}", after.family, first.nats, last.nats);
        assert!(last.gap.unwrap() > -4.0 * last.std_error, "nobody is below the entropy: {last:?}");
        assert_eq!(after.density.len(), 96 * 96);
        // The window holds all but the tails.
        let cell = (2.0 * trained.half / 96.0).powi(2);
        let mass: f32 = after.density.iter().sum::<f32>() * cell;
        assert!((0.8..1.01).contains(&mass), "{:?}: {mass}", after.family);
    }
}
