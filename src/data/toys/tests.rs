use super::*;
use crate::data::mixture::{Grid, mean_and_error};

/// The floors that others computed (grid quadrature to 1e-5, or a histogram of 40 million points and its error).
const FLOORS: [(Toy, f64, f64); 7] = [
    (Toy::EightGaussians, 2.83188, 1e-5),
    (Toy::TwoMoons, 2.39387, 1e-5),
    (Toy::Checkerboard, 3.46574, 1e-5),
    (Toy::Rings, 2.62318, 1e-5),
    (Toy::SwissRoll, 2.66965, 1e-5),
    (Toy::Pinwheel, 2.317, 0.002),
    (Toy::Spirals, 2.645, 0.003),
];

#[test]
fn the_stated_entropies_are_those_that_others_found() {
    for (toy, floor, tolerance) in FLOORS {
        let stated = toy.entropy().unwrap();
        assert!((stated.nats - floor).abs() < tolerance, "{toy:?}: {stated:?}");
    }
}

#[test]
fn quadrature_over_the_plane_gives_the_stated_entropies() {
    for toy in Toy::ALL {
        let Some(mixture) = toy.mixture() else {
            continue;
        };
        let sigma = mixture.components()[0].sigma;
        let steps = if mixture.components().len() < 2000 { 12.0 } else { 6.0 };
        let (mass, entropy) = mixture.quadrature(sigma / steps);
        assert!((mass - 1.0).abs() < 1e-6, "{toy:?}: mass {mass}");
        let stated = toy.entropy().unwrap();
        assert!((entropy - stated.nats).abs() < 2e-6, "{toy:?}: {entropy} {stated:?}");
    }
}

#[test]
fn samples_have_the_entropy_of_the_floor() {
    for (toy, ..) in FLOORS {
        let n = if toy == Toy::Spirals { 2000 } else { 20_000 };
        let points = toy.sample(n, 11, 4);
        let sampled = mean_and_error(points.xy.iter().map(|p| -toy.log_density(p[0].into(), p[1].into())));
        let floor = toy.entropy().unwrap();
        // Five standard errors; the checkerboard's surprise is constant.
        let tolerance = 5.0 * sampled.std_error.hypot(floor.std_error) + 1e-9;
        assert!((sampled.nats - floor.nats).abs() < tolerance, "{toy:?} {sampled:?} {floor:?}");
    }
}

#[test]
fn the_pinwheel_density_has_mass_one() {
    let grid = Grid::covering([-6.0; 2], [6.0; 2], 0.05);
    let density: Vec<f64> = (0..grid.size[0] * grid.size[1])
        .map(|i| {
            let [x, y] = [i % grid.size[0], i / grid.size[0]].map(|k| -6.0 + 0.05 * k as f64);
            Toy::Pinwheel.log_density(x, y).exp()
        })
        .collect();
    let (mass, entropy) = grid.mass_and_entropy(&density);
    // The step is a quarter of the narrow sigma; the folds of the map cost the rest.
    assert!((mass - 1.0).abs() < 1e-3, "{mass}");
    assert!((entropy - Toy::Pinwheel.entropy().unwrap().nats).abs() < 1e-3, "{entropy}");
}

#[test]
fn the_checkerboard_has_no_point_in_an_empty_cell() {
    let points = Toy::Checkerboard.sample(500_000, 6, 0);
    assert!(points.xy.iter().all(|p| Toy::Checkerboard.log_density(p[0].into(), p[1].into()).is_finite()));
}

#[test]
fn moments_are_those_of_the_definitions() {
    // 100,000 points: a standard error of at most 0.012 on a mean, 0.03 on a second moment of these sizes; about five of each.
    let n = 100_000;
    for (toy, mean, square) in [
        (Toy::EightGaussians, [0.0, 0.0], (EIGHT.0.powi(2) / 2.0) + EIGHT.1.powi(2)),
        (Toy::Checkerboard, [0.0, 0.0], 16.0 / 3.0),
        (Toy::Rings, [0.0, 0.0], RING_RADII.iter().map(|r| r * r).sum::<f64>() / 8.0 + RING_SIGMA.powi(2)),
        (Toy::Spirals, [0.0, 0.0], f64::NAN),
        (Toy::Pinwheel, [0.0, 0.0], 4.0 * (1.0 + 0.09 + 0.01) / 2.0),
        (Toy::TwoMoons, [0.0, 2.0 * (1.0 / PI + 0.25 - 1.0 / PI) - 0.2], f64::NAN),
    ] {
        let points = toy.sample(n, 2, 0);
        let (m, d) = points.moments();
        assert!((0..2).all(|a| (m[a] - mean[a]).abs() < 0.06), "{toy:?} {m:?}");
        let measured = (d[0] * d[0] + d[1] * d[1]) / 2.0;
        assert!(square.is_nan() || (measured - square).abs() < 0.06, "{toy:?} {measured} {square}");
    }
}

#[test]
fn names_are_unique_and_found() {
    for toy in Toy::ALL {
        assert_eq!(Toy::from_name(toy.name()), Ok(toy));
        let json = serde_json::to_string(&toy).unwrap();
        assert_eq!(json, format!("\"{}\"", toy.name()));
    }
    let error = Toy::from_name("moons").unwrap_err().to_string();
    assert!(error.contains("two-moons"), "{error}");
}

#[test]
fn samples_of_any_size_are_finite_and_nested() {
    for toy in Toy::ALL {
        for n in [0, 1, 2, 511, 512, 513, 4097] {
            let points = toy.sample(n, 1, 2);
            assert_eq!(points.len(), n);
            assert!(points.as_flat().iter().all(|v| v.is_finite()));
            assert_eq!(points.xy, toy.sample(4097, 1, 2).xy[..n]);
        }
    }
}

#[test]
fn classes_are_equally_likely_and_say_where_a_point_lies() {
    for toy in Toy::ALL {
        let points = toy.sample(8_000, 3, 0);
        let counts: Vec<usize> = (0..toy.classes()).map(|c| points.classes.iter().filter(|&&k| usize::from(k) == c).count()).collect();
        assert_eq!((counts.iter().sum::<usize>(), points.classes.len()), (points.classes.len(), if toy.classes() > 0 { 8_000 } else { 0 }));
        // A binomial share of 1/8 has the standard error 0.0037; of 1/2 0.0056; six of the larger.
        assert!(counts.iter().all(|&n| (n as f64 / 8e3 - 1.0 / counts.len() as f64).abs() < 0.034), "{toy:?}: {counts:?}");
    }
    let gaussians = Toy::EightGaussians.sample(1_000, 3, 0);
    for (p, &class) in gaussians.xy.iter().zip(&gaussians.classes) {
        let centre = polar(EIGHT.0, TAU * f64::from(class) / 8.0);
        assert!((f64::from(p[0]) - centre[0]).hypot(f64::from(p[1]) - centre[1]) < 5.0 * EIGHT.1);
    }
    let rings = Toy::Rings.sample(1_000, 3, 0);
    let radius = |p: &[f32; 2]| f64::from(p[0].hypot(p[1]));
    assert!(rings.xy.iter().zip(&rings.classes).all(|(p, &c)| (radius(p) - RING_RADII[usize::from(c)]).abs() < 5.0 * RING_SIGMA));
}
