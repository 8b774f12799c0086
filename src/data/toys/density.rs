//! Densities of the toys: mixtures of Gaussians where noise is added to centres or curves, a formula for the checkerboard, and a
//! change of variables for the pinwheel.

use std::{
    f64::consts::{PI, TAU},
    sync::LazyLock,
};

use super::{
    EIGHT, MOON_SIGMA, PIN, RING_RADII, RING_SIGMA, ROLL_SIGMA, SPIRAL_END, SPIRAL_SIGMA, SPIRAL_SQUARE, Toy, moon, polar, roll, spiral,
};
use crate::data::mixture::{Component, Mixture};

static EIGHT_GAUSSIANS: LazyLock<Mixture> = LazyLock::new(|| {
    let centres = (0..8).map(|k| (polar(EIGHT.0, TAU * f64::from(k) / 8.0), 1.0));
    mixture_of(EIGHT.1, centres)
});
static TWO_MOONS: LazyLock<Mixture> = LazyLock::new(|| {
    let arc = |second| simpson(256).map(move |(u, w)| (moon(second, PI * u), w));
    mixture_of(MOON_SIGMA, arc(false).chain(arc(true)))
});
static RINGS: LazyLock<Mixture> = LazyLock::new(|| {
    // Equal steps are exact up to exp(-2 pi^2 sigma^2 / step^2) on a circle: 1e-20 on the largest.
    let angles = |radius| (0..360).map(move |k| polar(radius, f64::from(k) * PI / 180.0));
    mixture_of(RING_SIGMA, RING_RADII.into_iter().flat_map(angles).map(|p| (p, 1.0)))
});
static SWISS_ROLL: LazyLock<Mixture> = LazyLock::new(|| mixture_of(ROLL_SIGMA, simpson(512).map(|(u, w)| (roll(u), w))));
static SPIRALS: LazyLock<Mixture> = LazyLock::new(|| {
    let nodes = simpson(512).flat_map(|(u, w)| {
        // The angle is 3 pi sqrt(uniform): its density grows as the angle.
        let [x, y] = spiral(SPIRAL_END * u);
        GAUSS_LEGENDRE.into_iter().flat_map(move |(dx, wx)| {
            GAUSS_LEGENDRE.into_iter().flat_map(move |(dy, wy)| {
                let half = SPIRAL_SQUARE / 2.0;
                let p = [x + half * dx, y + half * dy];
                [1.0, -1.0].map(|sign| (p.map(|v| sign * v), w * u * wx * wy))
            })
        })
    });
    mixture_of(SPIRAL_SIGMA, nodes)
});

/// Five-point Gauss-Legendre rule on `[-1, 1]`: (node, weight). For a Gaussian smeared over 1.7 sigma its error is below 1e-7.
const GAUSS_LEGENDRE: [(f64, f64); 5] = [
    (-0.906_179_845_938_664, 0.236_926_885_056_189_1),
    (-0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
    (0.0, 0.568_888_888_888_888_9),
    (0.538_469_310_105_683_1, 0.478_628_670_499_366_5),
    (0.906_179_845_938_664, 0.236_926_885_056_189_1),
];

/// Simpson's rule on `[0, 1]` with an even number of intervals: (node, weight up to a factor).
fn simpson(intervals: u32) -> impl Iterator<Item = (f64, f64)> {
    (0..=intervals).map(move |i| {
        let weight = match i {
            0 => 1.0,
            _ if i == intervals => 1.0,
            _ if i % 2 == 1 => 4.0,
            _ => 2.0,
        };
        (f64::from(i) / f64::from(intervals), weight)
    })
}

fn mixture_of(sigma: f64, nodes: impl Iterator<Item = ([f64; 2], f64)>) -> Mixture {
    let components = nodes.map(|(mean, weight)| Component { mean, weight, sigma, class: 0 });
    Mixture::new(components.collect()).expect("a toy has components")
}

pub(super) fn mixture(toy: Toy) -> Option<&'static Mixture> {
    match toy {
        Toy::EightGaussians => Some(&EIGHT_GAUSSIANS),
        Toy::TwoMoons => Some(&TWO_MOONS),
        Toy::Rings => Some(&RINGS),
        Toy::SwissRoll => Some(&SWISS_ROLL),
        Toy::Spirals => Some(&SPIRALS),
        Toy::Checkerboard | Toy::Pinwheel => None,
    }
}

pub(super) fn log_density(toy: Toy, x: f64, y: f64) -> f64 {
    match (toy, mixture(toy)) {
        (_, Some(mixture)) => mixture.log_density(x, y),
        (Toy::Pinwheel, _) => pinwheel(x, y).ln(),
        _ => checkerboard(x, y).ln(),
    }
}

/// 1/32 on the cells of side 2 whose column and row have the same parity.
fn checkerboard(x: f64, y: f64) -> f64 {
    let inside = [x, y].iter().all(|v| (-4.0..4.0).contains(v));
    let [column, row] = [x, y].map(|v| (v / 2.0).floor().rem_euclid(2.0));
    if inside && column == row { 1.0 / 32.0 } else { 0.0 }
}

/// Change of variables: with u the point divided by the scale, in polar form (r, psi), an arm of angle theta maps (a, b) to u where
/// `a = r cos(psi + theta + rate e^a)` and `b = r sin(..)`. Every root a contributes
/// `N(a; 1, 0.3) N(b; 0, 0.1) / |1 + rate e^a b|`, the last factor being the determinant.
fn pinwheel(x: f64, y: f64) -> f64 {
    let (along, across, arms, rate, scale) = PIN;
    let (r, psi) = ((x.hypot(y)) / scale, y.atan2(x));
    // Beyond 7 sigma an arm holds 1e-12 of its mass; and |a| <= r.
    let (lo, hi) = ((1.0 - 7.0 * along).max(-r), (1.0 + 7.0 * along).min(r));
    let density = |z: f64, sigma: f64| (-0.5 * (z / sigma).powi(2)).exp() / (sigma * TAU.sqrt());
    let mut sum = 0.0;
    for arm in 0..arms {
        let angle = |a: f64| psi + TAU * arm as f64 / arms as f64 + rate * a.exp();
        let residual = |a: f64| a - r * angle(a).cos();
        for a in roots(residual, lo, hi) {
            let b = r * angle(a).sin();
            sum += density(a - 1.0, along) * density(b, across) / (1.0 + rate * a.exp() * b).abs().max(1e-9);
        }
    }
    sum / arms as f64 / (scale * scale)
}

/// The sign changes of f on `[lo, hi]` that a scan of 64 steps sees, each refined by bisection.
fn roots(f: impl Fn(f64) -> f64, lo: f64, hi: f64) -> Vec<f64> {
    const STEPS: u32 = 64;
    let mut found = Vec::new();
    if lo > hi {
        return found;
    }
    let (mut left, mut f_left) = (lo, f(lo));
    for i in 1..=STEPS {
        let right = lo + (hi - lo) * f64::from(i) / f64::from(STEPS);
        let f_right = f(right);
        if (f_left < 0.0) != (f_right < 0.0) {
            let (mut a, mut b) = (left, right);
            for _ in 0..40 {
                let middle = 0.5 * (a + b);
                if (f(middle) < 0.0) == (f_left < 0.0) {
                    a = middle;
                } else {
                    b = middle;
                }
            }
            found.push(0.5 * (a + b));
        }
        (left, f_left) = (right, f_right);
    }
    found
}
