//! The slow direction of an autoregressive layer two ways: by dimension, and by Jacobi's sweeps, whose error is watched.

use serde::{Deserialize, Serialize};

use super::survey::median;
use super::weights::{Exact, OF_A_LAYER, moved_weights};
use crate::data::noise;
use crate::flows::{self, Config, Family};
use crate::graph::Direction;
use crate::train::TrainError;

/// Points that are solved for.
pub const POINTS: usize = 64;
/// Stream of those points.
const STREAM: u64 = 0x5357_4545_5000;
/// Sweeps beyond D: to see that nothing changes any more.
const BEYOND: usize = 2;

/// How Jacobi's iteration converges for one layer, in f64.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sweeps {
    /// Whose layer.
    pub family: Family,
    /// Dimension D.
    pub dim: usize,
    /// Largest distance of a coordinate from the known answer after 0, 1, ... sweeps; the first guess is zero.
    pub errors: Vec<f64>,
    /// The same of the solution by dimension, D passes.
    pub by_dimension: f64,
    /// Runs of which every time is the median, at least.
    pub runs: usize,
    /// What they were watched on, if not here and now.
    pub machine: Option<String>,
    /// Milliseconds of one sweep, and of the D passes by dimension.
    pub milliseconds: [f64; 2],
}

impl Sweeps {
    /// Whether these are sweeps of this family as they are watched here, and every number is one.
    pub(super) fn is_of(&self, family: Family, dim: usize) -> bool {
        let numbers = self.errors.iter().chain(&self.milliseconds).chain([&self.by_dimension]);
        let whole = self.errors.len() == dim + BEYOND + 1 && self.runs > 0;
        whole && (self.family, self.dim) == (family, dim) && numbers.clone().all(|v| v.is_finite() && *v >= 0.0)
    }
}

/// Watches the first layer of a family; none for one that is not autoregressive.
///
/// # Errors
/// Shapes that do not fit.
pub fn watch(family: Family, dim: usize, seed: u64) -> Result<Option<Sweeps>, TrainError> {
    let config = Config { dim, layers: 1, ..Config::of(family) };
    let Some(sweep) = flows::jacobi_sweep(&config, POINTS)? else { return Ok(None) };
    // The fast direction makes the image, so the answer is known.
    let (fast, slow) = match family {
        Family::Iaf => (Direction::Inverse, Direction::Forward),
        _ => (Direction::Forward, Direction::Inverse),
    };
    let ends = |direction| if direction == Direction::Forward { ("x", "point.1") } else { ("z", "point.0") };
    let graph = flows::evaluation(&config, POINTS, fast)?;
    let weights = moved_weights(&graph, seed, OF_A_LAYER);
    let answer: Vec<f64> = noise::normals(seed ^ STREAM, 0, POINTS * dim).into_iter().map(f64::from).collect();
    let (input, output) = ends(fast);
    let mut forward = Exact::new(graph, &weights)?;
    forward.run(&[(input, &answer)])?;
    let image = forward.output(output).to_vec();
    let far = |guess: &[f64]| answer.iter().zip(guess).map(|(a, g)| (a - g).abs()).fold(0.0, f64::max);

    let mut step = Exact::new(sweep, &weights)?;
    let mut guess = vec![0.0; POINTS * dim];
    let mut errors = vec![far(&guess)];
    for _ in 0..dim + BEYOND {
        step.run(&[("image", &image), ("guess", &guess)])?;
        guess.copy_from_slice(step.output("next"));
        errors.push(far(&guess));
    }
    let (one_sweep, made) = median(|| step.run(&[("image", &image), ("guess", &guess)]))?;
    let (input, output) = ends(slow);
    let mut solve = Exact::new(flows::evaluation(&config, POINTS, slow)?, &weights)?;
    let (passes, of_them) = median(|| solve.run(&[(input, &image)]))?;
    let by_dimension = far(solve.output(output));
    Ok(Some(Sweeps { family, dim, errors, by_dimension, runs: made.min(of_them), machine: None, milliseconds: [one_sweep, passes] }))
}
