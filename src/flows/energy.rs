//! Unnormalised densities of the plane, `exp(-U(z))`: the four of Rezende and Mohamed 2015 (1505.05770, table 1) and a drawn one.
//!
//! ```text
//! U1  1/2 ((|z| - 2) / 0.4)^2 - ln(e^{-1/2 ((z1 - 2) / 0.6)^2} + e^{-1/2 ((z1 + 2) / 0.6)^2})
//! U2  1/2 ((z2 - w1) / 0.4)^2
//! U3  -ln(e^{-1/2 ((z2 - w1) / 0.35)^2} + e^{-1/2 ((z2 - w1 + w2) / 0.35)^2})
//! U4  -ln(e^{-1/2 ((z2 - w1) / 0.4)^2} + e^{-1/2 ((z2 - w1 + w3) / 0.35)^2})
//! w1 = sin(2 pi z1 / 4),  w2 = 3 e^{-1/2 ((z1 - 1) / 0.6)^2},  w3 = 3 sigmoid((z1 - 1) / 0.3)
//! ```
//!
//! The last three of the paper go on for ever along z1 and have no finite integral. Here a soft wall, `1/2 ((|z1| - 4) / 0.3)^2` beyond 4, ends
//! them.

use serde::{Deserialize, Serialize};

use crate::graph::{Binary, Builder, NodeId, Unary};

/// Where the wall begins, and how soft it is.
const WALL: (f64, f64) = (4.0, 0.3);
/// The deviation of a drawn bump.
pub const BUMP: f64 = 0.35;
/// Beyond this z1 the wave stands still: nothing gets there.
const WAVE_END: f64 = 8.0;

/// An energy U.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Energy {
    /// Two arcs of a ring.
    #[default]
    Ring,
    /// One wave.
    Wave,
    /// A wave that parts in the middle.
    Split,
    /// A wave that forks.
    Fork,
    /// Equal bumps at these places: a density, its integral is 1.
    Drawn(Vec<[f64; 2]>),
}

impl Energy {
    /// The four of the paper.
    pub const PAPER: [Energy; 4] = [Energy::Ring, Energy::Wave, Energy::Split, Energy::Fork];

    /// Its name on the screen.
    pub fn title(&self) -> &'static str {
        match self {
            Energy::Ring => "U1, two arcs",
            Energy::Wave => "U2, a wave",
            Energy::Split => "U3, a split wave",
            Energy::Fork => "U4, a fork",
            Energy::Drawn(_) => "drawn",
        }
    }

    /// `U(z)`, nats.
    pub fn value(&self, [x, y]: [f64; 2]) -> f64 {
        let bell = |v: f64, width: f64| (-0.5 * (v / width).powi(2)).exp();
        // -ln(e^-a + e^-b) without loss where both are large.
        let either = |a: f64, b: f64| a.min(b) - (-(a - b).abs()).exp().ln_1p();
        let half = |v: f64, width: f64| 0.5 * (v / width).powi(2);
        let wave = (std::f64::consts::FRAC_PI_2 * x.clamp(-WAVE_END, WAVE_END)).sin();
        let wall = half((x.abs() - WALL.0).max(0.0), WALL.1);
        match self {
            Energy::Ring => half(x.hypot(y) - 2.0, 0.4) + either(half(x - 2.0, 0.6), half(x + 2.0, 0.6)),
            Energy::Wave => wall + half(y - wave, 0.4),
            Energy::Split => wall + either(half(y - wave, 0.35), half(y - wave + 3.0 * bell(x - 1.0, 0.6), 0.35)),
            Energy::Fork => wall + either(half(y - wave, 0.4), half(y - wave + 3.0 / (1.0 + (-(x - 1.0) / 0.3).exp()), 0.35)),
            Energy::Drawn(places) => {
                let nearest = |p: &[f64; 2]| half((x - p[0]).hypot(y - p[1]), BUMP);
                let least = places.iter().map(nearest).fold(f64::INFINITY, f64::min);
                let sum: f64 = places.iter().map(|p| (least - nearest(p)).exp()).sum();
                least - sum.ln() + drawn_constant(places.len())
            }
        }
    }

    /// Records `U(z)` for `z [B,2]`, as `[B,1]`, nats.
    pub fn record(&self, b: &mut Builder, z: NodeId) -> NodeId {
        let (x, y) = (b.slice(z, 1, 0, 1), b.slice(z, 1, 1, 1));
        if let Energy::Drawn(places) = self {
            return drawn(b, z, places);
        }
        if *self == Energy::Ring {
            let square = b.square(z);
            let sum = b.sum(square, &[1]);
            // The root has no slope at 0.
            let held = b.offset(sum, 1e-12);
            let radius = b.unary(Unary::Sqrt, held);
            let away = half(b, radius, -2.0, 0.4);
            let (right, left) = (half(b, x, -2.0, 0.6), half(b, x, 2.0, 0.6));
            let arcs = either(b, right, left);
            return b.add(away, arcs);
        }
        let wave = wave(b, x);
        let above = b.sub(y, wave);
        let energy = match self {
            Energy::Split => {
                let apart = half(b, x, -1.0, 0.6);
                let apart = b.neg(apart);
                let bell = b.exp(apart);
                let gap = b.scale(bell, 3.0);
                let other = b.add(above, gap);
                let (first, second) = (half(b, above, 0.0, 0.35), half(b, other, 0.0, 0.35));
                either(b, first, second)
            }
            Energy::Fork => {
                let shifted = b.offset(x, -1.0);
                let steep = b.scale(shifted, 1.0 / 0.3);
                let gate = b.unary(Unary::Sigmoid, steep);
                let gap = b.scale(gate, 3.0);
                let other = b.add(above, gap);
                let (first, second) = (half(b, above, 0.0, 0.4), half(b, other, 0.0, 0.35));
                either(b, first, second)
            }
            _ => half(b, above, 0.0, 0.4),
        };
        let wall = wall(b, x);
        b.add(energy, wall)
    }

    /// `ln of the integral of exp(-U)` over the square `[-reach, reach]^2`, by the midpoint rule on `side` times `side` cells: beyond all orders
    /// exact for a smooth density that has ended at the edge.
    pub fn log_integral(&self, reach: f64, side: usize) -> f64 {
        let step = 2.0 * reach / side as f64;
        let at = |i: usize| (i as f64 + 0.5) * step - reach;
        let row = |j: usize| (0..side).map(|i| (-self.value([at(i), at(j)])).exp()).sum::<f64>();
        ((0..side).map(row).sum::<f64>() * step * step).ln()
    }
}

/// `ln(n 2 pi sigma^2)` of n bumps.
fn drawn_constant(n: usize) -> f64 {
    (n.max(1) as f64 * std::f64::consts::TAU * BUMP * BUMP).ln()
}

/// `1/2 ((v + c) / width)^2`.
fn half(b: &mut Builder, v: NodeId, c: f64, width: f64) -> NodeId {
    let shifted = if c == 0.0 { v } else { b.offset(v, c) };
    let square = b.square(shifted);
    b.scale(square, 0.5 / (width * width))
}

/// `-ln(e^-first + e^-second)`.
fn either(b: &mut Builder, first: NodeId, second: NodeId) -> NodeId {
    let both = b.concat(&[first, second], 1);
    let minus = b.neg(both);
    let log = b.log_sum_exp(minus);
    b.neg(log)
}

/// `sin(pi x / 2)` by its power series at a 27th of the angle and `sin 3a = 3 sin a - 4 sin^3 a` three times.
fn wave(b: &mut Builder, x: NodeId) -> NodeId {
    let (low, high) = (b.scalar(-WAVE_END), b.scalar(WAVE_END));
    let held = b.binary(Binary::Max, x, low);
    let held = b.binary(Binary::Min, held, high);
    let angle = b.scale(held, std::f64::consts::FRAC_PI_2 / 27.0);
    let square = b.square(angle);
    let mut sum = b.scalar(1.0);
    for divisor in [110.0, 72.0, 42.0, 20.0, 6.0] {
        let part = b.mul(square, sum);
        let part = b.scale(part, -1.0 / divisor);
        sum = b.offset(part, 1.0);
    }
    let mut sine = b.mul(angle, sum);
    for _ in 0..3 {
        let square = b.square(sine);
        let four = b.scale(square, -4.0);
        let factor = b.offset(four, 3.0);
        sine = b.mul(sine, factor);
    }
    sine
}

fn wall(b: &mut Builder, x: NodeId) -> NodeId {
    let away = b.unary(Unary::Abs, x);
    let beyond = b.offset(away, -WALL.0);
    let beyond = b.relu(beyond);
    half(b, beyond, 0.0, WALL.1)
}

/// `-ln sum of the bumps`: the squared distances are `|z|^2 - 2 z'c + |c|^2`.
fn drawn(b: &mut Builder, z: NodeId, places: &[[f64; 2]]) -> NodeId {
    let n = places.len().max(1);
    let mut columns = vec![0.0; 2 * n];
    let mut squares = vec![0.0; n];
    for (i, p) in places.iter().enumerate() {
        (columns[i], columns[n + i]) = (2.0 * p[0], 2.0 * p[1]);
        squares[i] = p[0] * p[0] + p[1] * p[1];
    }
    let (centres, squares) = (b.table(columns, &[2, n]), b.table(squares, &[1, n]));
    let square = b.square(z);
    let norm = b.sum(square, &[1]);
    let product = b.matmul(z, centres);
    let distance = b.sub(squares, product);
    let distance = b.add(distance, norm);
    let exponent = b.scale(distance, -0.5 / (BUMP * BUMP));
    let log = b.log_sum_exp(exponent);
    let minus = b.neg(log);
    b.offset(minus, drawn_constant(n))
}
