//! Estimators of `ln det(I + J)` of the plane: the power series, Hutchinson's trace, Russian roulette (1906.02735, eq. 4-8).

use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

/// Terms that the roulette computes always.
pub const EXACT_TERMS: usize = 2;
/// Chance that the roulette stops after each further term.
pub const STOP: f64 = 0.5;

/// What the random vectors of a trace are drawn from: mean 0 and variance 1 in each coordinate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Noise {
    /// Standard normal.
    #[default]
    Normal,
    /// Signs, each with chance 1/2.
    Rademacher,
}

impl Noise {
    /// Both.
    pub const ALL: [Noise; 2] = [Noise::Normal, Noise::Rademacher];

    /// One vector.
    pub fn vector(self, rng: &mut impl Rng) -> [f64; 2] {
        [(); 2].map(|()| match self {
            Noise::Normal => StandardNormal.sample(rng),
            Noise::Rademacher => f64::from(i8::from(rng.random::<bool>()) * 2 - 1),
        })
    }
}

/// The Jacobian of a contraction g of the plane at a point, row by row.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Jacobian(pub [f64; 4]);

impl Jacobian {
    /// `J v`.
    fn apply(self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [a, b, c, d] = self.0;
        [a * x + b * y, c * x + d * y]
    }

    /// `ln det(I + J)`, nats.
    pub fn log_det(self) -> f64 {
        let [a, b, c, d] = self.0;
        ((1.0 + a) * (1.0 + d) - b * c).ln()
    }

    /// The spectral norm.
    pub fn norm(self) -> f64 {
        let [a, b, c, d] = self.0;
        let (sum, det) = (a * a + b * b + c * c + d * d, a * d - b * c);
        ((sum + (sum * sum - 4.0 * det * det).max(0.0).sqrt()) / 2.0).sqrt()
    }

    /// `v'J^k v` for k = 1, 2, ... without end.
    pub fn products(self, v: [f64; 2]) -> impl Iterator<Item = f64> {
        let mut power = v;
        std::iter::repeat_with(move || {
            power = self.apply(power);
            power[0] * v[0] + power[1] * v[1]
        })
    }

    /// `tr(J^k)` for k = 1 to `terms`.
    pub fn traces(self, terms: usize) -> Vec<f64> {
        self.products([1.0, 0.0]).zip(self.products([0.0, 1.0])).map(|(a, b)| a + b).take(terms).collect()
    }
}

/// `(-1)^{k+1} / k`.
pub fn factor(k: usize) -> f64 {
    if k % 2 == 1 { 1.0 / k as f64 } else { -1.0 / k as f64 }
}

/// The sums `S_n` of the series with these `tr(J^k)`, for n = 1 to their number.
pub fn partial_sums(traces: &[f64]) -> Vec<f64> {
    let terms = traces.iter().enumerate().map(|(i, trace)| factor(i + 1) * trace);
    terms
        .scan(0.0, |sum, term| {
            *sum += term;
            Some(*sum)
        })
        .collect()
}

/// What `|S_n - ln det(I + J)|` is at most where `|J| <= c < 1` in D dimensions: `D c^{n+1} / ((n + 1)(1 - c))`.
pub fn bias_bound(dim: usize, c: f64, n: usize) -> f64 {
    dim as f64 * c.powi(n as i32 + 1) / ((n as f64 + 1.0) * (1.0 - c))
}

/// Hutchinson's estimate of the series of `terms` terms: the mean over `probes` random vectors of `sum_k (-1)^{k+1} / k v'J^k v`.
pub fn hutchinson(j: Jacobian, noise: Noise, terms: usize, probes: usize, rng: &mut impl Rng) -> f64 {
    let one = |rng: &mut _| j.products(noise.vector(rng)).take(terms).enumerate().map(|(i, product)| factor(i + 1) * product).sum::<f64>();
    (0..probes).map(|_| one(rng)).sum::<f64>() / probes.max(1) as f64
}

/// Variance of [`hutchinson`] with one vector: `2 |S|_F^2` for normal vectors, where S is the symmetric part of the series' sum A; signs lose
/// its diagonal, `2 (|S|_F^2 - sum_i S_ii^2)`.
pub fn variance_of_one(j: Jacobian, noise: Noise, terms: usize) -> f64 {
    let sum = |v: [f64; 2]| j.products(v).take(terms).enumerate().map(|(i, product)| factor(i + 1) * product).sum::<f64>();
    // A quadratic form is known by three of its values.
    let (first, second, both) = (sum([1.0, 0.0]), sum([0.0, 1.0]), sum([1.0, 1.0]));
    let off = (both - first - second) / 2.0;
    match noise {
        Noise::Normal => 2.0 * (first * first + second * second + 2.0 * off * off),
        Noise::Rademacher => 4.0 * off * off,
    }
}

/// One unbiased estimate, and the number of terms that it took: [`EXACT_TERMS`] terms always, then G more, G geometric on 1, 2, ...; term k
/// is divided by the chance that it is reached, `P(N >= k) = (1 - STOP)^{k - EXACT_TERMS - 1}`.
pub fn roulette(j: Jacobian, noise: Noise, rng: &mut impl Rng) -> (f64, usize) {
    let mut last = EXACT_TERMS + 1;
    while rng.random::<f64>() >= STOP {
        last += 1;
    }
    let v = noise.vector(rng);
    let reached = |k: usize| (1.0 - STOP).powi((k as i32 - EXACT_TERMS as i32 - 1).max(0));
    let sum = j.products(v).take(last).enumerate().map(|(i, product)| factor(i + 1) * product / reached(i + 1)).sum();
    (sum, last)
}

/// Mean, standard deviation and standard error of the mean.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation.
    pub deviation: f64,
    /// The deviation of the mean.
    pub error: f64,
}

impl Spread {
    /// Of two values or more.
    pub fn of(values: &[f64]) -> Spread {
        let n = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
        Spread { mean, deviation: variance.sqrt(), error: (variance / n).sqrt() }
    }
}

/// Counts of values in equal cells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// Left end of the first cell.
    pub low: f64,
    /// Width of a cell.
    pub width: f64,
    /// Values in each cell.
    pub counts: Vec<u32>,
    /// Values beyond both ends.
    pub outside: u32,
}

impl Histogram {
    /// Cells of a histogram.
    pub const CELLS: usize = 41;

    /// Within four deviations of the mean.
    pub fn of(values: &[f64]) -> Histogram {
        let spread = Spread::of(values);
        // Equal values fill the middle cell.
        let half = 4.0 * spread.deviation.max(1e-9);
        let (low, width) = (spread.mean - half, 2.0 * half / Histogram::CELLS as f64);
        let mut histogram = Histogram { low, width, counts: vec![0; Histogram::CELLS], outside: 0 };
        for value in values {
            let cell = ((value - low) / width).floor();
            match histogram.counts.get_mut(cell as usize) {
                Some(count) if cell >= 0.0 => *count += 1,
                _ => histogram.outside += 1,
            }
        }
        histogram
    }
}

/// `[n, mean, standard error]` of the first n values, for n = 20, 40, 80, ... and all of them.
pub fn running(values: &[f64]) -> Vec<[f64; 3]> {
    let counts = std::iter::successors(Some(20), |n| Some(2 * n)).take_while(|&n| n < values.len()).chain([values.len()]);
    let row = |n: usize| {
        let spread = Spread::of(&values[..n]);
        [n as f64, spread.mean, spread.error]
    };
    counts.map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::noise::rng;

    const DRAWS: usize = 100_000;
    /// A contraction of norm 0.6 that turns and shears.
    const J: Jacobian = Jacobian([0.35, -0.3, 0.42, 0.2]);

    fn draws(mut one: impl FnMut(&mut rand_chacha::ChaCha8Rng) -> f64) -> Spread {
        let mut rng = rng(541, 6);
        Spread::of(&(0..DRAWS).map(|_| one(&mut rng)).collect::<Vec<_>>())
    }

    #[test]
    fn the_series_ends_at_the_determinant_and_stays_below_its_bound() {
        let sums = partial_sums(&J.traces(200));
        assert!((sums[199] - J.log_det()).abs() < 1e-14, "{} {}", sums[199], J.log_det());
        for n in 1..=20 {
            assert!((sums[n - 1] - J.log_det()).abs() <= bias_bound(2, J.norm(), n), "{n}");
        }
        // The norm against the largest stretch of 1,000 directions.
        let stretch = |i: i32| {
            let [x, y] = J.apply([(f64::from(i) * 1e-3 * std::f64::consts::PI).cos(), (f64::from(i) * 1e-3 * std::f64::consts::PI).sin()]);
            x.hypot(y)
        };
        assert!(((0..1000).map(stretch).fold(0.0, f64::max) - J.norm()).abs() < 1e-5);
    }

    #[test]
    fn roulette_is_unbiased_and_a_truncated_estimate_is_not() {
        for noise in Noise::ALL {
            let spread = draws(|rng| roulette(J, noise, rng).0);
            assert!((spread.mean - J.log_det()).abs() < 4.0 * spread.error, "{noise:?}: {spread:?} {}", J.log_det());
            let cut = draws(|rng| hutchinson(J, noise, 2, 1, rng));
            let two = partial_sums(&J.traces(2))[1];
            assert!((cut.mean - two).abs() < 4.0 * cut.error, "{noise:?}: {cut:?} {two}");
            assert!((cut.mean - J.log_det()).abs() > 10.0 * cut.error, "two terms are biased: {cut:?} {}", J.log_det());
        }
        let terms = draws(|rng| roulette(J, Noise::Normal, rng).1 as f64);
        assert!((terms.mean - (EXACT_TERMS as f64 + 1.0 / STOP)).abs() < 4.0 * terms.error, "{terms:?}");
    }

    #[test]
    fn a_histogram_counts_every_value_once() {
        let values = [-1.0, -0.5, 0.0, 0.0, 0.5, 1.0, 40.0];
        let histogram = Histogram::of(&values);
        assert_eq!(histogram.counts.iter().sum::<u32>() + histogram.outside, 7);
        assert_eq!(Histogram::of(&[2.0; 9]).counts[Histogram::CELLS / 2], 9);
        assert_eq!(running(&[1.0; 50]).iter().map(|row| row[0]).collect::<Vec<_>>(), [20.0, 40.0, 50.0]);
    }

    #[test]
    fn the_variance_falls_with_the_probes_and_signs_know_a_diagonal() {
        for noise in Noise::ALL {
            for probes in [1, 4] {
                let spread = draws(|rng| hutchinson(J, noise, 20, probes, rng));
                let expected = variance_of_one(J, noise, 20) / probes as f64;
                assert!((spread.deviation.powi(2) / expected - 1.0).abs() < 0.05, "{noise:?} {probes}: {spread:?} {expected}");
            }
        }
        let diagonal = Jacobian([0.5, 0.0, 0.0, -0.2]);
        let one = hutchinson(diagonal, Noise::Rademacher, 200, 1, &mut rng(1, 1));
        assert!((one - diagonal.log_det()).abs() < 1e-14);
    }
}
