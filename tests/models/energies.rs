//! The unnormalised densities, recorded and written out, and flows that sample them.

use std::f64::consts::TAU;

use tractable::data::noise;
use tractable::flows::{BUMP, Energy};
use tractable::graph::{Builder, Mode};

use crate::program::Program;

const B: usize = 300;

fn energies() -> Vec<Energy> {
    let drawn = Energy::Drawn(vec![[-1.0, 0.5], [0.3, 1.2], [1.5, -0.7]]);
    Energy::PAPER.into_iter().chain([drawn]).collect()
}

/// Energy and its gradient as recorded, at points that also lie beyond the wall.
fn recorded(energy: &Energy, z: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut b = Builder::new(Mode::Evaluate);
    let x = b.input("z", &[B, 2]);
    let value = energy.record(&mut b, x);
    b.output("value", value);
    let sum = b.sum_all(value);
    let gradient = b.gradients(sum, &[x])[0];
    b.output("gradient", gradient);
    let mut program: Program = Program::new(b.finish().unwrap());
    program.run("z", z);
    (program.output("value"), program.output("gradient"))
}

#[test]
fn what_is_recorded_is_the_formula_and_its_gradient() {
    let z: Vec<f64> = noise::normals(3, 0, 2 * B).into_iter().map(|v| 2.2 * f64::from(v)).collect();
    for energy in energies() {
        let (values, gradients) = recorded(&energy, &z);
        for (i, p) in z.chunks(2).enumerate() {
            let expected = energy.value([p[0], p[1]]);
            assert!((values[i] - expected).abs() <= 1e-9 * (1.0 + expected.abs()), "{energy:?} {p:?}: {} {expected}", values[i]);
            for axis in 0..2 {
                let at = |h: f64| energy.value([p[0] + if axis == 0 { h } else { 0.0 }, p[1] + if axis == 1 { h } else { 0.0 }]);
                let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
                assert!(
                    (gradients[2 * i + axis] - slope).abs() < 2e-6 * (1.0 + slope.abs()),
                    "{energy:?} {p:?}: {} {slope}",
                    gradients[2 * i + axis]
                );
            }
        }
    }
}

#[test]
fn the_energies_are_those_of_the_paper() {
    let bell = |v: f64| (-0.5 * v * v).exp();
    for [x, y] in [[0.3, -0.4], [1.2, 0.9], [-2.1, 1.7], [3.4, -1.1]] {
        let w1 = (TAU * x / 4.0_f64).sin();
        let w2 = 3.0 * bell((x - 1.0) / 0.6);
        let w3 = 3.0 / (1.0 + (-(x - 1.0) / 0.3_f64).exp());
        let ring = 0.5 * ((x.hypot(y) - 2.0) / 0.4).powi(2) - (bell((x - 2.0) / 0.6) + bell((x + 2.0) / 0.6)).ln();
        let split = -(bell((y - w1) / 0.35) + bell((y - w1 + w2) / 0.35)).ln();
        let fork = -(bell((y - w1) / 0.4) + bell((y - w1 + w3) / 0.35)).ln();
        let expected = [ring, 0.5 * ((y - w1) / 0.4).powi(2), split, fork];
        for (energy, expected) in Energy::PAPER.iter().zip(expected) {
            assert!((energy.value([x, y]) - expected).abs() < 1e-12, "{energy:?}");
        }
    }
}

#[test]
fn the_integral_is_known_where_it_has_a_closed_form_and_does_not_change_with_the_grid() {
    let drawn = energies().pop().unwrap();
    assert!(drawn.log_integral(7.0, 700).abs() < 1e-10, "bumps are a density");
    // One wave: the integral over y is sqrt(2 pi) 0.4 at every x, over x it is 8 and the two soft walls, sqrt(2 pi) 0.3.
    let wave = (TAU.sqrt() * 0.4 * (8.0 + TAU.sqrt() * 0.3)).ln();
    assert!((Energy::Wave.log_integral(7.0, 1400) - wave).abs() < 1e-5);
    for energy in Energy::PAPER {
        let (coarse, fine) = (energy.log_integral(7.0, 700), energy.log_integral(7.0, 1400));
        assert!((coarse - fine).abs() < 2e-5, "{energy:?}: {coarse} {fine}");
    }
    assert!((-drawn.value([-1.0, 0.5])).exp() > 0.9 / (3.0 * TAU * BUMP * BUMP));
}
