//! Flows that read the class of a point: what they learn, and what Bayes' rule makes of it.

use tractable::data::{Toy, noise};
use tractable::exec::cpu::CpuSession;
use tractable::flows::{self, Config, Family};
use tractable::graph::Direction;
use tractable::train::flow_job::{FlowCommand, FlowSnapshot, Wiring};
use tractable::train::{ByClass, Fit, Lesson, Model, PointData, Source, Weights};

use crate::flow_job::Lab;
use crate::program::Program;

const B: usize = 48;

fn conditional(family: Family, classes: usize) -> Config {
    Config { layers: 3, width: 16, classes, ..Config::of(family) }
}

fn readers() -> impl Iterator<Item = Family> {
    Family::ALL.into_iter().filter(|family| family.without_conditioner().is_none())
}

#[test]
fn each_point_is_moved_by_its_own_class_and_none_is_all_zeros() {
    let x: Vec<f64> = noise::normals(3, 0, 2 * B).into_iter().map(f64::from).collect();
    let class: Vec<f64> = (0..B).map(|i| (i % 4) as f64 - 1.0).collect();
    for family in readers() {
        let config = conditional(family, 3);
        let mut mixed: Program = Program::new(flows::evaluation(&config, B, Direction::Forward).unwrap()).randomise(0.3, 8);
        mixed.program.set_input("class", &class).unwrap();
        mixed.run("x", &x);
        let found = mixed.output("log_prob");
        let one = Config { one_class: true, ..config };
        let mut densities = Vec::new();
        for shown in 0..4 {
            // Class 3 is none of the three.
            let graph = flows::evaluation(&one, B, Direction::Forward).unwrap();
            let mut alone: Program = Program::new(graph).randomise(0.3, 8).of_class(shown);
            alone.run("x", &x);
            let own = alone.output("log_prob");
            for i in (0..B).filter(|&i| class[i] == if shown == 3 { -1.0 } else { shown as f64 }) {
                assert_eq!(own[i].to_bits(), found[i].to_bits(), "{family:?} class {shown} point {i}");
            }
            densities.push(own);
        }
        let differ = |a: usize, b: usize| (0..B).all(|i| densities[a][i] != densities[b][i]);
        assert!(differ(0, 1) && differ(1, 2) && differ(0, 3), "{family:?}: the class must matter");
    }
}

#[test]
fn the_first_coordinate_of_an_autoregressive_layer_reads_the_class_and_nothing_else() {
    let config = Config { layers: 1, one_class: true, ..conditional(Family::Maf, 2) };
    let run = |class: usize, x: &[f64]| {
        let graph = flows::evaluation(&config, B, Direction::Forward).unwrap();
        let mut program: Program = Program::new(graph).randomise(0.5, 2).of_class(class);
        program.run("x", x);
        program.output("point.1")
    };
    let x: Vec<f64> = (0..B).flat_map(|i| [0.4, i as f64 / 10.0]).collect();
    let (first, second) = (run(0, &x), run(1, &x));
    assert!((0..B).all(|i| first[2 * i] == first[0] && second[2 * i] == second[0]), "it reads no other coordinate");
    assert!((first[0] - second[0]).abs() > 1e-3, "{} {}", first[0], second[0]);
}

#[test]
fn the_lab_shows_the_mixture_as_the_sum_of_its_classes_and_weighs_the_probe_by_bayes_rule() {
    let mut lab = Lab::open();
    let config = Config { classes: 4, width: 16, layers: 4, ..Config::of(Family::RealNvp) };
    lab.ask(FlowCommand::Train(true));
    lab.ask(FlowCommand::Data(PointData::Toy { toy: Toy::Rings }));
    lab.ask(FlowCommand::Model { config: config.clone(), batch: 128 });
    lab.ask(FlowCommand::Ahead(150));
    lab.ask(FlowCommand::Train(false));
    lab.ask(FlowCommand::Probe([0.7, 0.1]));
    let fine = |shown: Option<usize>| {
        move |s: &FlowSnapshot| {
            let drawn = s.pictures.as_ref().is_some_and(|p| p.shown == shown && p.step == s.step && p.density.size == [256, 256]);
            drawn && s.config.classes == 4 && !s.training && s.shown == shown && s.step >= 150
        }
    };
    let whole = lab.wait("the mixture", fine(None));
    let pinned = lab.wait_again(FlowCommand::Pins(vec![[0.7, 0.1]]), |s| s.pins.len() == 1);
    let mixture = whole.pictures.clone().unwrap();
    let mut sum = vec![0.0; mixture.density.values.len()];
    let reading = whole.probe.clone().unwrap();
    for class in 0..4 {
        let one = lab.wait_again(FlowCommand::Show(Some(class)), fine(Some(class)));
        let pictures = one.pictures.clone().unwrap();
        sum.iter_mut().zip(&pictures.density.values).for_each(|(sum, p)| *sum += 0.25 * p);
        assert!(pictures.sample_classes.iter().all(|&c| usize::from(c) == class));
        let mass = pictures.integral.unwrap().mass;
        // A grid of 512 cells a side over the model's own reach.
        assert!((mass - 1.0).abs() < 5e-3, "class {class}: {mass}");
        let probe = one.probe.clone().unwrap();
        let formula: f64 = probe.log_dets.iter().sum();
        // Central differences in f64 of the same class's map.
        assert!((formula - probe.numeric_log_det).abs() < 1e-3, "{class}: {formula} {}", probe.numeric_log_det);
        assert!((probe.log_prob - reading.given[class]).abs() < 1e-4, "{class}: {} {:?}", probe.log_prob, reading.given);
        // What is shown of one class is that class's.
        assert!(probe.mixture.is_none() && pictures.lattice.mixture.is_none() && probe.shown_log_prob() == probe.log_prob);
    }
    for (sum, p) in sum.iter().zip(&mixture.density.values) {
        assert!((sum - p).abs() < 1e-4 * (1e-3 + p), "{sum} {p}");
    }
    let joint: Vec<f64> = reading.given.iter().map(|log_p| 0.25 * log_p.exp()).collect();
    let all: f64 = joint.iter().sum();
    // What is shown of the mixture is the mixture's: at the probe, at a pin, at the lattice's nodes.
    assert!((reading.shown_log_prob() - all.ln()).abs() < 1e-9 && reading.log_prob == reading.given[0], "{reading:?}");
    assert!((pinned.pins[0].shown_log_prob() - all.ln()).abs() < 1e-4, "{:?}", pinned.pins);
    let of_lattice = |row: usize, column: usize| mixture.lattice.shown_log_prob()[64 * row + column];
    let of_density = |row: usize, column: usize| mixture.density.values[256 * row + column].ln();
    for (row, column) in [(20, 31), (32, 32), (40, 12)] {
        // A node of the lattice stands between four cells of the density, whose mean is off by its curvature over an eighth of a unit.
        let near = [(1, 1), (1, 2), (2, 1), (2, 2)].map(|(y, x)| of_density(4 * row + y, 4 * column + x));
        let off = of_lattice(row, column) - near.iter().sum::<f32>() / 4.0;
        assert!(off.abs() < 0.05, "{row} {column}: {off}");
    }
    assert!(reading.posterior.iter().zip(&joint).all(|(p, joint)| (p - joint / all).abs() < 1e-9));
    // The held-out score is the mixture's, which the entropy of all points bounds; the training curve adds what the classes cost.
    let score = mixture.test.unwrap();
    assert!(score.gap.unwrap() > -5.0 * score.std_error, "{score:?}");
    let trained = whole.curves.train.last().unwrap()[1];
    assert!(trained > score.nats - 0.3 && trained < score.nats + 0.8, "{trained} {score:?}");
    // Other data, other classes.
    lab.ask(FlowCommand::Data(PointData::Toy { toy: Toy::TwoMoons }));
    let moons = lab.wait("the moons' classes", |s| s.config.classes == 2);
    assert_eq!((moons.data.shares.clone(), moons.step), (vec![0.5; 2], 0));
    lab.ask(FlowCommand::Data(PointData::World));
    lab.wait("no classes", |s| s.config.classes == 0 && s.pictures.as_ref().is_some_and(|p| p.sample_classes.is_empty()));
}

/// The mass of `p(x | class)` over `[-8, 8]^2`.
fn mass(config: &Config, weights: &Weights, class: usize) -> f64 {
    const SIDE: usize = 480;
    let one = Config { one_class: true, ..config.clone() };
    let mut program: Program = Program::new(flows::likelihood(&one, SIDE).unwrap()).take(weights).of_class(class);
    let step = 16.0 / SIDE as f64;
    let at = |i: usize| -8.0 + (i as f64 + 0.5) * step;
    let row = |y: usize| {
        program.run("x", &(0..SIDE).flat_map(|x| [at(x), at(y)]).collect::<Vec<f64>>());
        program.output("log_prob").into_iter().map(f64::exp).sum::<f64>()
    };
    (0..SIDE).map(row).sum::<f64>() * step * step
}

#[test]
fn classes_that_lie_apart_are_told_apart_and_each_density_is_one() {
    // The largest gap that is left after so few steps; measured 0.03, 0.08 and 0.05.
    for (family, toy, most) in [
        (Family::RationalQuadratic(Default::default()), Toy::EightGaussians, 0.15),
        (Family::RealNvp, Toy::EightGaussians, 0.3),
        (Family::Maf, Toy::TwoMoons, 0.3),
    ] {
        let mut lesson = Lesson::preset("realnvp").unwrap();
        lesson.name = "by class".into();
        let config = Config { layers: 4, width: 32, classes: toy.classes(), ..Config::of(family) };
        lesson.model = Model::Realnvp { config: config.clone(), data: PointData::Toy { toy } };
        lesson.training.batch = 256;
        lesson.training.adam.rate = 5e-3;
        let (seed, source) = (lesson.seed, Source::open(&lesson).unwrap());
        let mut fit = Fit::new(lesson, source.clone(), Box::new(CpuSession::new(2))).unwrap();
        (0..500).for_each(|_| fit.advance().unwrap());
        fit.losses().unwrap();
        let found = ByClass::measure(fit.session(), &config, &source, &source.class_shares(), seed, 10_000).unwrap();
        println!("{family:?} on {toy:?}: {found:?}");
        assert!(found.accuracy > 0.95, "{family:?}: Bayes' rule is right for {}", found.accuracy);
        let gap = found.mixture.gap.unwrap();
        assert!(gap > -5.0 * found.mixture.std_error && gap < most, "{family:?}: {found:?}");
        let weights = fit.weights().unwrap();
        assert_eq!(weights.class_shares(config.classes), vec![1.0 / config.classes as f64; config.classes]);
        for class in 0..config.classes {
            let mass = mass(&config, &weights, class);
            assert!((mass - 1.0).abs() < 1e-3, "{family:?} class {class}: {mass}");
        }
    }
}

#[test]
fn a_model_reads_as_many_classes_as_its_data_have_and_the_window_hears_of_it() {
    let mut lab = Lab::open();
    let model = |classes| FlowCommand::Model { config: Config { classes, width: 16, ..Config::default() }, batch: 64 };
    lab.ask(FlowCommand::Data(PointData::World));
    lab.ask(model(3));
    lab.wait("all points together", |s| {
        s.source == PointData::World && s.config.width == 16 && s.config.classes == 0 && s.pictures.is_some()
    });
    lab.wait_event("was to read 3 classes, and the data here have none");
    lab.ask(FlowCommand::Data(PointData::Toy { toy: Toy::Rings }));
    lab.ask(model(3));
    let rings = lab.wait("the rings' classes", |s| s.config.classes == 4 && s.probe.as_ref().is_some_and(|p| p.given.len() == 4));
    lab.wait_event("was to read 3 classes, and the data here have 4");
    assert_eq!(rings.data.shares, vec![0.25; 4]);
}

#[test]
fn without_the_log_determinants_the_loss_is_that_of_the_base_alone() {
    let mut lab = Lab::open();
    lab.ask(FlowCommand::Data(PointData::Toy { toy: Toy::Rings }));
    lab.ask(FlowCommand::Model { config: Config { classes: 4, width: 16, layers: 4, ..Config::default() }, batch: 128 });
    lab.ask(FlowCommand::Wire(Wiring { log_det: false, ..Wiring::default() }));
    lab.ask(FlowCommand::Ahead(400));
    lab.ask(FlowCommand::Train(false));
    let still = lab.wait("the collapse", |s| !s.training && s.step >= 400 && s.config.classes == 4);
    let loss = still.curves.train.last().unwrap()[1];
    // All points near z = 0 pay ln 2 pi; the entropy of the four classes would be 1.386 more.
    assert!((loss - std::f64::consts::TAU.ln()).abs() < 0.7, "{loss}");
}
