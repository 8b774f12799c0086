//! What the estimates of a log-determinant promise, against the exact value.

use tractable::data::noise;
use tractable::flows::{self, Config, Family};

use crate::program::Program;

const B: usize = 16;
const TERMS: usize = 60;

fn points() -> Vec<f64> {
    noise::normals(3, 0, 2 * B).into_iter().map(|v| 1.5 * f64::from(v)).collect()
}

/// `tr(J^k)` at every point for k = 1..=TERMS, by the two basis vectors, and the exact log-determinant.
fn traces(config: &Config) -> (Vec<Vec<f64>>, Vec<f64>) {
    let mut program: Program = Program::new(flows::residual_traces(config, 0, B, TERMS).unwrap()).randomise(0.5, 4);
    program.program.set_input("x", &points()).unwrap();
    let mut sum = vec![vec![0.0; B]; TERMS];
    for axis in 0..2 {
        let basis: Vec<f64> = (0..2 * B).map(|i| f64::from(u8::from(i % 2 == axis))).collect();
        program.run("v", &basis);
        for (k, sum) in sum.iter_mut().enumerate() {
            sum.iter_mut().zip(program.output(&format!("term.{}", k + 1))).for_each(|(sum, term)| *sum += term);
        }
    }
    let exact = program.output("exact");
    (sum, exact)
}

fn series(traces: &[Vec<f64>], point: usize, terms: usize) -> f64 {
    (1..=terms).map(|k| if k % 2 == 1 { 1.0 } else { -1.0 } / k as f64 * traces[k - 1][point]).sum()
}

#[test]
fn the_power_series_ends_at_the_exact_determinant_and_its_bias_stays_below_the_bound() {
    let config = Config { width: 12, ..Config::of(Family::Residual) };
    let (traces, exact) = traces(&config);
    // Three matrices of norm at most 0.95.
    let contraction = 0.95_f64.powi(3);
    let mut largest = 0.0_f64;
    for (point, &exact) in exact.iter().enumerate() {
        for n in 1..=TERMS {
            let bias = (series(&traces, point, n) - exact).abs();
            let bound = 2.0 * contraction.powi(n as i32 + 1) / ((n as f64 + 1.0) * (1.0 - contraction));
            assert!(bias <= bound + 1e-12, "point {point}, {n} terms: {bias} {bound}");
        }
        largest = largest.max((series(&traces, point, 1) - exact).abs());
        assert!((series(&traces, point, TERMS) - exact).abs() < 1e-5, "point {point}");
    }
    assert!(largest > 1e-3, "one term alone is biased: {largest}");
}

#[test]
fn hutchinsons_mean_is_the_trace_for_both_noises() {
    const DRAWS: usize = 4_000;
    let config = Config { width: 12, ..Config::of(Family::Ffjord { steps: 1 }) };
    let mut program: Program = Program::new(flows::velocity(&config, DRAWS).unwrap()).randomise(0.5, 4);
    let x: Vec<f64> = (0..2 * DRAWS).map(|i| [0.4, -0.7][i % 2]).collect();
    program.program.set_input("x", &x).unwrap();
    program.program.set_input("t", &[0.3]).unwrap();
    let normals: Vec<f64> = noise::normals(8, 0, 2 * DRAWS).into_iter().map(f64::from).collect();
    let signs: Vec<f64> = normals.iter().map(|v| v.signum()).collect();
    let mut variances = Vec::new();
    for v in [normals, signs] {
        program.run("v", &v);
        let (trace, draws) = (program.output("trace")[0], program.output("estimate"));
        let mean = draws.iter().sum::<f64>() / DRAWS as f64;
        let variance = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (DRAWS as f64 - 1.0);
        assert!((mean - trace).abs() < 4.0 * (variance / DRAWS as f64).sqrt(), "{mean} {trace}");
        variances.push(variance);
    }
    assert!(variances[1] < variances[0], "signs vary less than normals: {variances:?}");
    // The trace is that of the Jacobian by central differences.
    let at = |change: [f64; 2], program: &mut Program| -> Vec<f64> {
        let x: Vec<f64> = (0..2 * DRAWS).map(|i| [0.4, -0.7][i % 2] + change[i % 2]).collect();
        program.run("x", &x);
        program.output("velocity")[..2].to_vec()
    };
    let trace = program.output("trace")[0];
    let by_axis = [[1e-6, 0.0], [0.0, 1e-6]].into_iter().enumerate().map(|(axis, h)| {
        let (plus, minus) = (at(h, &mut program), at(h.map(|h| -h), &mut program));
        (plus[axis] - minus[axis]) / 2e-6
    });
    let numeric: f64 = by_axis.sum();
    assert!((numeric - trace).abs() < 1e-7, "{numeric} {trace}");
}
