//! Mixtures of round Gaussians in the plane, their density and their entropy.
//!
//! `p(x) = sum_k w_k N(x; m_k, s_k^2 I)`. The toys and the user's own drawings are such mixtures (a curve with noise is one with many
//! components), so each has a density to compare with and an entropy that no model's test loss can beat.

use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::{Points, noise::rng};

/// The differential entropy of a data set's law: the floor of every model's test loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entropy {
    /// H = -E\[log p\], in nats.
    pub nats: f64,
    /// Standard error of `nats`, 0 where it comes from a formula or quadrature.
    pub std_error: f64,
    /// Whether `nats` comes from a formula or quadrature, not from sampling.
    pub exact: bool,
}

/// One round Gaussian of a mixture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Component {
    /// Its mean.
    pub mean: [f64; 2],
    /// Its share; [`Mixture::new`] scales the shares to the sum 1.
    pub weight: f64,
    /// Its standard deviation on both axes; positive.
    pub sigma: f64,
    /// The class of its points.
    pub class: u8,
}

/// A mixture of round Gaussians with at least one component.
#[derive(Clone, Debug)]
pub struct Mixture {
    components: Vec<Component>,
    /// Running sums of the weights, the last one exactly 1.
    cumulative: Vec<f64>,
}

/// A rectangle of cells on which a density is summed; values are at the centres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// Centre of the first cell.
    pub origin: [f64; 2],
    /// Side of a cell.
    pub step: f64,
    /// Cells in x and in y.
    pub size: [usize; 2],
}

/// A Gaussian is cut off at this many standard deviations on a grid: exp(-7^2/2) is 2e-11.
const REACH: f64 = 7.0;
/// The step of the entropy's grid is the smallest sigma over this. For a Gaussian the sum with step s/6 is exact to rounding, and
/// steps of s/6 and s/12 agree within 1e-8 nats on the toys (tested).
const STEPS_PER_SIGMA: f64 = 6.0;
/// More work than this (cells touched) and the entropy is sampled instead.
const WORK_CAP: f64 = 4e8;

impl Grid {
    /// The smallest grid with this step that covers the box.
    pub fn covering(lo: [f64; 2], hi: [f64; 2], step: f64) -> Self {
        Self { origin: lo, step, size: [0, 1].map(|a| ((hi[a] - lo[a]) / step).ceil().max(0.0) as usize + 1) }
    }

    /// Sum of a density over the grid times the cell's area, and the entropy `-sum p log p dA`, in nats.
    pub fn mass_and_entropy(&self, density: &[f64]) -> (f64, f64) {
        let area = self.step * self.step;
        density.iter().filter(|&&p| p > 0.0).fold((0.0, 0.0), |(mass, h), &p| (mass + p * area, h - p * p.ln() * area))
    }
}

impl Mixture {
    /// A mixture; components without weight, without a positive sigma or not finite are left out. None if nothing is left.
    pub fn new(mut components: Vec<Component>) -> Option<Self> {
        components.retain(|c| {
            let finite = c.mean.iter().all(|m| m.is_finite()) && c.weight.is_finite();
            finite && c.weight > 0.0 && c.sigma > 0.0 && c.sigma.is_finite()
        });
        let total: f64 = components.iter().map(|c| c.weight).sum();
        let mut sum = 0.0;
        let mut cumulative = Vec::with_capacity(components.len());
        for component in &mut components {
            component.weight /= total;
            sum += component.weight;
            cumulative.push(sum);
        }
        *cumulative.last_mut()? = 1.0;
        Some(Self { components, cumulative })
    }

    /// The components, with weights of sum 1.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// Share of each class, up to the last one that has a component.
    pub fn class_shares(&self) -> Vec<f64> {
        let last = self.components.iter().map(|c| c.class).max().unwrap_or(0);
        let mut shares = vec![0.0; usize::from(last) + 1];
        self.components.iter().for_each(|c| shares[usize::from(c.class)] += c.weight);
        shares
    }

    /// log p(x, y) in nats.
    pub fn log_density(&self, x: f64, y: f64) -> f64 {
        let exponent = |c: &Component| {
            let square = (x - c.mean[0]).powi(2) + (y - c.mean[1]).powi(2);
            (c.weight / (std::f64::consts::TAU * c.sigma * c.sigma)).ln() - square / (2.0 * c.sigma * c.sigma)
        };
        let highest = self.components.iter().map(exponent).fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = self.components.iter().map(|c| (exponent(c) - highest).exp()).sum();
        highest + sum.ln()
    }

    /// p at the cells of a grid, row by row (y outer); each component is cut off at 7 sigma.
    pub fn density_on(&self, grid: &Grid) -> Vec<f64> {
        let [nx, ny] = grid.size;
        let mut density = vec![0.0; nx * ny];
        for c in &self.components {
            let [(x0, row), (y0, column)] = [0, 1].map(|a| bell(grid, c, a));
            for (j, &b) in column.iter().enumerate() {
                let start = (y0 + j) * nx + x0;
                for (cell, &a) in density[start..start + row.len()].iter_mut().zip(&row) {
                    *cell += c.weight * a * b;
                }
            }
        }
        density
    }

    /// `n` points; the first k of them are the points of `sample(k, ..)`. With their classes where there is more than the first.
    pub fn sample(&self, n: usize, seed: u64, stream: u64) -> Points {
        let mut rng = rng(seed, stream);
        let (xy, mut classes): (Vec<_>, Vec<_>) = (0..n)
            .map(|_| {
                let u: f64 = rng.random();
                let c = &self.components[self.cumulative.partition_point(|&sum| sum <= u)];
                let point = [0, 1].map(|a| {
                    let z: f64 = StandardNormal.sample(&mut rng);
                    (c.mean[a] + c.sigma * z) as f32
                });
                (point, c.class)
            })
            .unzip();
        if self.components.iter().all(|c| c.class == 0) {
            classes.clear();
        }
        Points { xy, classes }
    }

    /// The box that holds every component up to `reach` sigmas.
    pub fn bounds(&self, reach: f64) -> [[f64; 2]; 2] {
        let edge = |sign: f64, a: usize| {
            let sides = self.components.iter().map(|c| sign * c.mean[a] + reach * c.sigma);
            sign * sides.fold(f64::NEG_INFINITY, f64::max)
        };
        [[edge(-1.0, 0), edge(-1.0, 1)], [edge(1.0, 0), edge(1.0, 1)]]
    }

    /// Mass and entropy by the sum over a grid with this step, 7 sigmas around.
    pub fn quadrature(&self, step: f64) -> (f64, f64) {
        let [lo, hi] = self.bounds(REACH);
        let grid = Grid::covering(lo, hi, step);
        grid.mass_and_entropy(&self.density_on(&grid))
    }

    /// The entropy: by quadrature (exact), or, where sigmas are so different that this would take too long, from 20,000 samples with
    /// their standard error.
    pub fn entropy(&self) -> Entropy {
        let finest = self.components.iter().map(|c| c.sigma).fold(f64::INFINITY, f64::min);
        let step = finest / STEPS_PER_SIGMA;
        let [lo, hi] = self.bounds(REACH);
        let cells = (hi[0] - lo[0]) / step * (hi[1] - lo[1]) / step;
        let splats: f64 = self.components.iter().map(|c| (2.0 * REACH * c.sigma / step).powi(2)).sum();
        if splats + 8.0 * cells < WORK_CAP {
            return Entropy { nats: self.quadrature(step).1, std_error: 0.0, exact: true };
        }
        const DRAWS: usize = 20_000;
        let surprises = self.sample(DRAWS, 0, 0).xy.into_iter().map(|p| -self.log_density(f64::from(p[0]), f64::from(p[1])));
        mean_and_error(surprises)
    }
}

/// The mean of sampled surprises with its standard error.
pub(crate) fn mean_and_error(surprises: impl Iterator<Item = f64>) -> Entropy {
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for s in surprises {
        (n, sum, squares) = (n + 1.0, sum + s, squares + s * s);
    }
    let mean = sum / n;
    Entropy { nats: mean, std_error: ((squares / n - mean * mean).max(0.0) / n).sqrt(), exact: false }
}

/// One axis of one component on the grid: the first cell within reach, and the density of each from there on.
fn bell(grid: &Grid, c: &Component, axis: usize) -> (usize, Vec<f64>) {
    let centre = (c.mean[axis] - grid.origin[axis]) / grid.step;
    let reach = REACH * c.sigma / grid.step;
    let last = grid.size[axis] as f64;
    let first = (centre - reach).ceil().clamp(0.0, last) as usize;
    let end = ((centre + reach).floor() + 1.0).clamp(0.0, last) as usize;
    let norm = 1.0 / (c.sigma * std::f64::consts::TAU.sqrt());
    let cells = (first..end.max(first)).map(|i| {
        let z = (i as f64 - centre) * grid.step / c.sigma;
        norm * (-0.5 * z * z).exp()
    });
    (first, cells.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(sigma: f64, x: f64) -> Component {
        Component { mean: [x, -x], weight: 2.0, sigma, class: 0 }
    }

    #[test]
    fn one_gaussian_has_the_entropy_of_the_formula() {
        let gaussian = Mixture::new(vec![one(0.3, 1.0)]).unwrap();
        let exact = (std::f64::consts::TAU * std::f64::consts::E * 0.09).ln();
        let entropy = gaussian.entropy();
        // The cut at 7 sigma costs about 1e-9.
        assert!(entropy.exact && (entropy.nats - exact).abs() < 1e-8, "{entropy:?} {exact}");
        let at = gaussian.log_density(1.3, -1.0);
        assert!((at + (std::f64::consts::TAU * 0.09).ln() + 0.5).abs() < 1e-12);
    }

    #[test]
    fn sampling_and_quadrature_agree() {
        let mixture = Mixture::new(vec![one(0.3, 1.0), one(0.1, 0.0), one(0.5, -0.5)]).unwrap();
        let exact = mixture.entropy();
        let points = mixture.sample(20_000, 3, 1);
        let sampled = mean_and_error(points.xy.iter().map(|p| -mixture.log_density(p[0].into(), p[1].into())));
        // Five standard errors.
        assert!((sampled.nats - exact.nats).abs() < 5.0 * sampled.std_error, "{exact:?} {sampled:?}");
        assert!((mixture.quadrature(0.02).0 - 1.0).abs() < 1e-8);
        assert_eq!(mixture.sample(10, 3, 1).xy, points.xy[..10]);
    }

    #[test]
    fn very_different_sigmas_fall_back_to_sampling() {
        let mixture = Mixture::new(vec![one(1e-4, 1.0), one(2.0, 0.0)]).unwrap();
        let entropy = mixture.entropy();
        assert!(!entropy.exact && entropy.std_error > 0.0 && entropy.nats.is_finite());
    }

    #[test]
    fn nothing_is_no_mixture() {
        assert!(Mixture::new(vec![]).is_none());
        assert!(Mixture::new(vec![one(0.0, 1.0), one(f64::NAN, 0.0), one(1.0, f64::NAN)]).is_none());
    }
}
