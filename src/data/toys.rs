//! The standard two-dimensional toys, with densities and entropies that are known.
//!
//! Definitions follow `lib/toy_data.py` of FFJORD (Grathwohl et al., ICLR 2019), the generator that most papers reuse. Angles and
//! arc parameters are continuous here where that code lays a fixed number of them on a grid.

mod density;

use std::f64::consts::{PI, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::{DataError, Entropy, Mixture, Points, noise::rng};

/// A toy distribution of the plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Toy {
    /// Eight Gaussians on a circle of radius 4/1.414, each with sigma 0.5/1.414.
    EightGaussians,
    /// Two half circles with noise 0.1, then doubled and shifted by (-1, -0.2).
    TwoMoons,
    /// Eight squares of side 2 inside `[-4, 4]^2`, uniform.
    Checkerboard,
    /// Four circles with radii 0.75, 1.5, 2.25, 3, equally likely, with noise 0.08.
    Rings,
    /// Two spirals that share a centre, thickened by a uniform square and noise 0.1.
    Spirals,
    /// Five arms that a rotation bends: 2 times a Gaussian (mean 1, sigmas 0.3 and 0.1) turned by an angle exp of its radius.
    Pinwheel,
    /// The columns 0 and 2 of the Swiss roll with noise 1, divided by 5.
    SwissRoll,
}

/// Radius of the eight centres and sigma of each Gaussian: the paper's code divides 4 and 0.5 by 1.414.
const EIGHT: (f64, f64) = (4.0 / 1.414, 0.5 / 1.414);
/// Noise of the moons after doubling.
const MOON_SIGMA: f64 = 0.2;
/// Noise of the rings, and their radii.
const RING_SIGMA: f64 = 0.08;
const RING_RADII: [f64; 4] = [0.75, 1.5, 2.25, 3.0];
/// Noise of the Swiss roll after the division by 5.
const ROLL_SIGMA: f64 = 0.2;
/// Noise of the spirals, side of the uniform square, and the largest angle: 540 degrees.
const SPIRAL_SIGMA: f64 = 0.1;
const SPIRAL_SQUARE: f64 = 0.5 / 3.0;
const SPIRAL_END: f64 = 3.0 * PI;
/// Pinwheel: sigma along and across an arm, number of arms, how fast the rotation grows, overall scale.
const PIN: (f64, f64, usize, f64, f64) = (0.3, 0.1, 5, 0.25, 2.0);

impl Toy {
    /// Every toy, in the order of the list on the screen.
    pub const ALL: [Self; 7] =
        [Self::EightGaussians, Self::TwoMoons, Self::Checkerboard, Self::Rings, Self::Spirals, Self::Pinwheel, Self::SwissRoll];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::EightGaussians => "eight-gaussians",
            Self::TwoMoons => "two-moons",
            Self::Checkerboard => "checkerboard",
            Self::Rings => "rings",
            Self::Spirals => "spirals",
            Self::Pinwheel => "pinwheel",
            Self::SwissRoll => "swiss-roll",
        }
    }

    /// The name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::EightGaussians => "8 Gaussians",
            Self::TwoMoons => "Two moons",
            Self::Checkerboard => "Checkerboard",
            Self::Rings => "Rings",
            Self::Spirals => "Two spirals",
            Self::Pinwheel => "Pinwheel",
            Self::SwissRoll => "Swiss roll",
        }
    }

    /// The toy of this [`name`](Self::name).
    ///
    /// # Errors
    /// [`DataError::UnknownName`] lists the names.
    pub fn from_name(name: &str) -> Result<Self, DataError> {
        Self::ALL.into_iter().find(|toy| toy.name() == name).ok_or_else(|| DataError::UnknownName {
            kind: "toy",
            name: name.into(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }

    /// `n` points; the first k of them are the points of `sample(k, ..)`.
    pub fn sample(self, n: usize, seed: u64, stream: u64) -> Points {
        let mut rng = rng(seed, stream);
        let (xy, mut classes): (Vec<_>, Vec<_>) =
            (0..n).map(|_| self.draw(&mut rng)).map(|(p, class)| (p.map(|v| v as f32), class)).unzip();
        if self.classes() == 0 {
            classes.clear();
        }
        Points { xy, classes }
    }

    /// Number of its natural classes, equally likely: the Gaussians, the moons, the rings, the arms; 0 where it is one piece.
    pub fn classes(self) -> usize {
        match self {
            Self::EightGaussians => 8,
            Self::TwoMoons | Self::Spirals => 2,
            Self::Rings => 4,
            Self::Pinwheel => PIN.2,
            Self::Checkerboard | Self::SwissRoll => 0,
        }
    }

    /// A point and its class, 0 where the toy has none.
    fn draw(self, rng: &mut ChaCha8Rng) -> ([f64; 2], u8) {
        let noisy = |[x, y]: [f64; 2], sigma: f64, rng: &mut ChaCha8Rng| [x + sigma * normal(rng), y + sigma * normal(rng)];
        match self {
            Self::EightGaussians => {
                let class = rng.random_range(0..8_u8);
                (noisy(polar(EIGHT.0, TAU * f64::from(class) / 8.0), EIGHT.1, rng), class)
            }
            Self::TwoMoons => {
                let second = rng.random::<bool>();
                (noisy(moon(second, PI * rng.random::<f64>()), MOON_SIGMA, rng), second.into())
            }
            Self::Checkerboard => {
                // 22 bits, which f32 holds exactly: rounding must not move a point onto the edge of an empty cell.
                let unit = |rng: &mut ChaCha8Rng| f64::from(rng.random_range(0..1_u32 << 22)) / f64::from(1_u32 << 22);
                let x = 4.0 * unit(rng) - 2.0;
                let row = unit(rng) - 2.0 * f64::from(rng.random_range(0..2_u8));
                ([2.0 * x, 2.0 * (row + x.floor().rem_euclid(2.0))], 0)
            }
            Self::Rings => {
                let ring = rng.random_range(0..4_usize);
                (noisy(polar(RING_RADII[ring], TAU * rng.random::<f64>()), RING_SIGMA, rng), ring as u8)
            }
            Self::Spirals => {
                let [x, y] = spiral(SPIRAL_END * rng.random::<f64>().sqrt());
                let square = |rng: &mut ChaCha8Rng| SPIRAL_SQUARE * (rng.random::<f64>() - 0.5);
                let first = rng.random::<bool>();
                let sign = if first { 1.0 } else { -1.0 };
                let point = [sign * (x + square(rng)), sign * (y + square(rng))];
                (noisy(point, SPIRAL_SIGMA, rng), u8::from(!first))
            }
            Self::Pinwheel => {
                let (along, across, arms, rate, scale) = PIN;
                let a = 1.0 + along * normal(rng);
                let b = across * normal(rng);
                let arm = rng.random_range(0..arms);
                let (sin, cos) = (TAU * arm as f64 / arms as f64 + rate * a.exp()).sin_cos();
                ([scale * (a * cos + b * sin), scale * (b * cos - a * sin)], arm as u8)
            }
            Self::SwissRoll => (noisy(roll(rng.random()), ROLL_SIGMA, rng), 0),
        }
    }

    /// The entropy in nats: a formula for the checkerboard, quadrature over the plane for the others. Tests compute each again and
    /// compare it with values that others found.
    pub fn entropy(self) -> Option<Entropy> {
        let nats = match self {
            Self::EightGaussians => 2.831_880,
            Self::TwoMoons => 2.393_879,
            Self::Checkerboard => 32_f64.ln(),
            Self::Rings => 2.623_183,
            Self::Spirals => 2.645_450,
            // Mass 1 - 5e-7 and steps of 1/60 and 1/120 apart by 6e-6: the folds of the map are the rest.
            Self::Pinwheel => 2.317_78,
            Self::SwissRoll => 2.669_646,
        };
        Some(Entropy { nats, std_error: 0.0, exact: true })
    }

    /// The density as a mixture of Gaussians, for all toys but the checkerboard and the pinwheel. Curves are laid out so densely that
    /// the error is below 1e-6 of the density.
    pub fn mixture(self) -> Option<&'static Mixture> {
        density::mixture(self)
    }

    /// log p(x, y) in nats; minus infinity outside the support.
    pub fn log_density(self, x: f64, y: f64) -> f64 {
        density::log_density(self, x, y)
    }
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

fn polar(radius: f64, angle: f64) -> [f64; 2] {
    [radius * angle.cos(), radius * angle.sin()]
}

/// The clean moons at the angle t in `[0, pi]`.
fn moon(second: bool, t: f64) -> [f64; 2] {
    let [x, y] = if second { [1.0 - t.cos(), 0.5 - t.sin()] } else { [t.cos(), t.sin()] };
    [2.0 * x - 1.0, 2.0 * y - 0.2]
}

/// The middle of the first spiral at the angle t in `[0, 3 pi]`; the second is its negative.
fn spiral(t: f64) -> [f64; 2] {
    let middle = SPIRAL_SQUARE / 2.0;
    [-t.cos() * t / 3.0 + middle, t.sin() * t / 3.0 + middle]
}

/// The clean Swiss roll at u in `[0, 1]`.
fn roll(u: f64) -> [f64; 2] {
    let t = 1.5 * PI * (1.0 + 2.0 * u);
    [t * t.cos() / 5.0, t * t.sin() / 5.0]
}

#[cfg(test)]
mod tests;
