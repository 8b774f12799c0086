//! Which rows a training step sees, and how an evaluation walks a whole set.

use rand::{RngExt, seq::SliceRandom};

use super::{DataError, noise::rng};

/// Seeded, shuffled batches.
///
/// The rows of a step are a pure function of (n, batch, seed, step), so training resumes where it stopped: every epoch is a new
/// permutation of all n rows, the permutations are laid end to end, and step s takes the positions `s * batch .. (s + 1) * batch`
/// (a batch may span two epochs; no row is ever left out). A set smaller than the batch is drawn with replacement instead.
#[derive(Clone, Debug)]
pub struct Batches {
    n: usize,
    batch: usize,
    seed: u64,
    step: u64,
    epoch: Option<u64>,
    permutation: Vec<usize>,
    rows: Vec<usize>,
}

impl Batches {
    /// Batches of `batch` rows (at least 1) out of `n`.
    ///
    /// # Errors
    /// [`DataError::Empty`] if there is no row.
    pub fn new(n: usize, batch: usize, seed: u64) -> Result<Self, DataError> {
        if n == 0 {
            return Err(DataError::Empty);
        }
        Ok(Self { n, batch: batch.max(1), seed, step: 0, epoch: None, permutation: (0..n).collect(), rows: Vec::new() })
    }

    /// The step that [`next`](Self::next) gives next.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Go on from this step: resume, or rewind.
    pub fn seek(&mut self, step: u64) {
        self.step = step;
    }

    /// The rows of the next step, `batch` of them, each below n.
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot lend from itself")]
    pub fn next(&mut self) -> &[usize] {
        let step = self.step;
        self.step += 1;
        self.at(step)
    }

    /// The rows of any step; the next step stays what it was.
    pub fn at(&mut self, step: u64) -> &[usize] {
        self.rows.clear();
        if self.n < self.batch {
            let mut rng = rng(self.seed, step);
            let draws = std::iter::repeat_with(|| rng.random_range(0..self.n));
            self.rows.extend(draws.take(self.batch));
        } else {
            let n = self.n as u128;
            let start = u128::from(step) * self.batch as u128;
            let mut epoch = (start / n) as u64;
            let mut place = (start % n) as usize;
            while self.rows.len() < self.batch {
                self.shuffle(epoch);
                let end = self.n.min(place + self.batch - self.rows.len());
                self.rows.extend_from_slice(&self.permutation[place..end]);
                (epoch, place) = (epoch + 1, 0);
            }
        }
        &self.rows
    }

    fn shuffle(&mut self, epoch: u64) {
        if self.epoch != Some(epoch) {
            // From the identity each time: the order must not depend on which epochs were visited before.
            self.permutation.iter_mut().enumerate().for_each(|(i, p)| *p = i);
            self.permutation.shuffle(&mut rng(self.seed, epoch));
            self.epoch = Some(epoch);
        }
    }
}

/// One chunk of an evaluation: always `chunk` rows, of which the first `live` count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Row numbers; the padding repeats the last live row.
    pub indices: Vec<usize>,
    /// How many rows count; the rest has weight 0.
    pub live: usize,
}

/// All `n` rows in order, in chunks of exactly `chunk` rows (at least 1), the last one padded. No row gives no chunk.
pub fn chunks(n: usize, chunk: usize) -> impl Iterator<Item = Chunk> {
    let chunk = chunk.max(1);
    (0..n).step_by(chunk).map(move |start| {
        let live = chunk.min(n - start);
        Chunk { indices: (start..start + chunk).map(|i| i.min(n - 1)).collect(), live }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [usize; 6] = [1, 2, 511, 512, 513, 4097];

    #[test]
    fn every_epoch_holds_every_row_once() {
        for n in SIZES {
            for batch in [1, 64, 512] {
                let mut batches = Batches::new(n, batch, 5).unwrap();
                let stream: Vec<usize> = std::iter::repeat_with(|| batches.next().to_vec()).take(2 * n / batch + 2).flatten().collect();
                assert!(stream.iter().all(|&i| i < n));
                if n < batch {
                    continue; // with replacement
                }
                let epochs: Vec<_> = stream.chunks_exact(n).collect();
                for epoch in &epochs {
                    let mut rows = epoch.to_vec();
                    rows.sort_unstable();
                    assert!(rows.into_iter().eq(0..n), "{n} {batch}");
                }
                assert!(n < 511 || epochs[0] != epochs[1]);
            }
        }
    }

    #[test]
    fn the_order_depends_on_seed_and_step_alone() {
        for n in SIZES {
            let mut walked = Batches::new(n, 100, 9).unwrap();
            let steps: Vec<_> = (0..120).map(|_| walked.next().to_vec()).collect();
            let mut jumped = Batches::new(n, 100, 9).unwrap();
            for step in [119, 3, 60, 0] {
                assert_eq!(jumped.at(step as u64), steps[step]);
            }
            jumped.seek(77);
            assert_eq!(jumped.next(), steps[77]);
            assert_eq!(jumped.step(), 78);
        }
        let mut other = Batches::new(512, 100, 10).unwrap();
        assert_ne!(other.next(), Batches::new(512, 100, 9).unwrap().next().to_vec());
    }

    #[test]
    fn a_small_set_is_drawn_with_replacement() {
        let mut batches = Batches::new(2, 512, 1).unwrap();
        let rows = batches.next();
        assert_eq!(rows.len(), 512);
        // Binomial(512, 1/2): standard deviation 11.3; six of them.
        let ones = rows.iter().sum::<usize>();
        assert!((188..=324).contains(&ones), "{ones}");
        assert_eq!(Batches::new(0, 4, 1).unwrap_err(), DataError::Empty);
        assert_eq!(Batches::new(1, 0, 1).unwrap().next(), [0]);
    }

    #[test]
    fn chunks_cover_every_row_once() {
        assert_eq!(chunks(0, 512).count(), 0);
        for n in SIZES {
            let all: Vec<_> = chunks(n, 512).collect();
            assert_eq!(all.len(), n.div_ceil(512));
            assert!(all.iter().all(|c| c.indices.len() == 512));
            let live = all.iter().flat_map(|c| c.indices[..c.live].to_vec());
            assert!(live.eq(0..n));
            assert!(all.iter().flat_map(|c| &c.indices).all(|&i| i < n));
        }
    }
}
