//! Seeded, counter-based noise: randomness is data.
//!
//! A number drawn is a pure function of (seed, stream, position): the ChaCha generator with 8 rounds, keyed by the seed, with the
//! stream as its nonce. Streams of one seed never overlap, so a step, an epoch or a panel takes a stream of its own and can be
//! replayed alone.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// The generator of one `stream` of one `seed`.
pub fn rng(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

/// `n` numbers uniform in `[0, 1)`, multiples of 2^-24.
pub fn uniforms(seed: u64, stream: u64, n: usize) -> Vec<f32> {
    let mut rng = rng(seed, stream);
    (0..n).map(|_| rng.random::<f32>()).collect()
}

/// `n` numbers from the standard normal N(0, 1).
pub fn normals(seed: u64, stream: u64, n: usize) -> Vec<f32> {
    let mut rng = rng(seed, stream);
    (0..n).map(|_| StandardNormal.sample(&mut rng)).collect()
}

/// Keep at most `cap` of the items that `offer` passes in, each with the same chance, in one pass and without knowing how many come
/// (reservoir sampling: item i takes a random place with chance cap/i).
pub(crate) struct Reservoir<T> {
    kept: Vec<T>,
    cap: usize,
    seen: usize,
    rng: ChaCha8Rng,
}

impl<T> Reservoir<T> {
    pub(crate) fn new(cap: usize, seed: u64) -> Self {
        Self { kept: Vec::new(), cap, seen: 0, rng: rng(seed, 0) }
    }

    pub(crate) fn offer(&mut self, item: T) {
        self.seen += 1;
        if self.kept.len() < self.cap {
            self.kept.push(item);
        } else {
            let place = self.rng.random_range(0..self.seen);
            if let Some(slot) = self.kept.get_mut(place) {
                *slot = item;
            }
        }
    }

    /// What was kept, and how many were dropped.
    pub(crate) fn finish(self) -> (Vec<T>, usize) {
        let dropped = self.seen - self.kept.len();
        (self.kept, dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_a_function_of_seed_stream_and_position() {
        assert_eq!(uniforms(1, 2, 100), uniforms(1, 2, 100));
        assert_eq!(uniforms(1, 2, 50), uniforms(1, 2, 100)[..50]);
        assert_ne!(uniforms(1, 2, 8), uniforms(1, 3, 8));
        assert_ne!(uniforms(1, 2, 8), uniforms(2, 2, 8));
        assert_ne!(normals(1, 2, 8), normals(1, 3, 8));
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        // 100,000 draws: four standard errors are 0.004 for the uniform mean and 0.013 for the normal mean.
        let u = uniforms(7, 0, 100_000);
        assert!(u.iter().all(|v| (0.0..1.0).contains(v)));
        let mean = u.iter().map(|&v| f64::from(v)).sum::<f64>() / 1e5;
        assert!((mean - 0.5).abs() < 0.004, "{mean}");
        let z = normals(7, 0, 100_000);
        let mean = z.iter().map(|&v| f64::from(v)).sum::<f64>() / 1e5;
        let square = z.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.013 && (square - 1.0).abs() < 0.018, "{mean} {square}");
    }

    #[test]
    fn the_reservoir_keeps_each_item_with_the_same_chance() {
        // 4,000 runs of 3 out of 10: a share of 0.3 with standard error 0.0072; five of them.
        let mut counts = [0_u32; 10];
        for seed in 0..4000 {
            let mut reservoir = Reservoir::new(3, seed);
            (0..10).for_each(|i| reservoir.offer(i));
            let (kept, dropped) = reservoir.finish();
            assert_eq!((kept.len(), dropped), (3, 7));
            kept.into_iter().for_each(|i| counts[i] += 1);
        }
        for count in counts {
            assert!((f64::from(count) / 4000.0 - 0.3).abs() < 0.036, "{counts:?}");
        }
    }
}
