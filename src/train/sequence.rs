use serde::{Deserialize, Serialize};

use crate::data::{self, Entropy, Melody, melody};

/// Seed of the generator of windows, beside that of other draws.
const WINDOWS: u64 = 0x5749_4e44_4f57;

/// Which sequences a causal stack is fitted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "source")]
pub enum SequenceData {
    /// The pitches of Bach's Prelude in C major BWV 846, one for each sixteenth.
    Prelude,
}

impl SequenceData {
    /// Title on the screen.
    pub fn title(&self) -> &'static str {
        match self {
            SequenceData::Prelude => "Bach, Prelude in C major BWV 846",
        }
    }

    /// The melody.
    pub fn melody(&self) -> &'static Melody {
        match self {
            SequenceData::Prelude => Melody::prelude(),
        }
    }

    /// Opens windows of `length` steps of it.
    pub fn open(&self, length: usize) -> SequenceSource {
        let melody = self.melody();
        let (train, test) = melody.split();
        SequenceSource { length, levels: melody.levels, train: train.to_vec(), test: test.to_vec() }
    }
}

/// A sequence, split: what a causal stack's training and score draw windows from.
#[derive(Clone, Debug)]
pub struct SequenceSource {
    length: usize,
    levels: usize,
    /// Symbols that train.
    pub train: Vec<u8>,
    /// Symbols that test.
    pub test: Vec<u8>,
}

impl SequenceSource {
    /// Symbols `[n, T]` of the batch of step `step`: windows that begin anywhere in the training part, each moved up or down by at most
    /// `shift` symbols as far as its range allows. A pure function of (seed, step).
    pub fn batch(&self, n: usize, seed: u64, step: u64, shift: u32) -> Vec<f32> {
        let places = self.train.len().saturating_sub(self.length) + 1;
        let u = data::noise::uniforms(seed ^ WINDOWS, step + 1, 2 * n);
        let mut batch = Vec::with_capacity(n * self.length);
        for draw in u.chunks_exact(2) {
            let start = (draw[0] * places as f32) as usize;
            let window = &self.train[start..(start + self.length).min(self.train.len())];
            let low = window.iter().copied().min().map_or(0, i32::from);
            let high = window.iter().copied().max().map_or(0, i32::from);
            let (down, up) = (low.min(shift as i32), (self.levels as i32 - 1 - high).min(shift as i32));
            let by = (draw[1] * (down + up + 1) as f32) as i32 - down;
            batch.extend(window.iter().map(|&symbol| (i32::from(symbol) + by) as f32));
            // Only a sequence shorter than the window leaves a tail.
            batch.resize(batch.len().next_multiple_of(self.length), 0.0);
        }
        batch
    }

    /// Windows that test: the held-out part, cut where one window ends and the next begins.
    pub fn test_windows(&self) -> Vec<Vec<f32>> {
        self.test.chunks_exact(self.length).map(|window| window.iter().map(|&symbol| f32::from(symbol)).collect()).collect()
    }

    /// Nats of a window whose symbols are drawn by their frequency in the training part: what a model without any context reaches there.
    pub fn unigram_nats(&self) -> f64 {
        melody::unigram_nats(&self.train) * self.length as f64
    }

    /// The entropy of the law behind the sequence: not known.
    pub fn floor(&self) -> Option<Entropy> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_pieces_of_the_melody_moved_as_a_whole() {
        let source = SequenceData::Prelude.open(32);
        let batch = source.batch(40, 541, 7, 5);
        assert_eq!(batch.len(), 40 * 32);
        assert_eq!(batch, source.batch(40, 541, 7, 5), "a pure function of the step");
        assert!(batch.iter().all(|&s| (0.0..46.0).contains(&s) && s.fract() == 0.0));
        let steps = |window: &[f32]| window.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<f32>>();
        let train: Vec<f32> = source.train.iter().map(|&s| f32::from(s)).collect();
        let known = steps(&train);
        assert!(batch.chunks(32).all(|window| known.windows(31).any(|piece| piece == steps(window))));
        let unmoved = source.batch(40, 541, 7, 0);
        assert!(unmoved.chunks(32).all(|window| train.windows(32).any(|piece| piece == window)));
        assert!(batch != unmoved);
    }

    #[test]
    fn the_test_part_is_cut_into_whole_windows() {
        let windows = SequenceData::Prelude.open(64).test_windows();
        assert_eq!(windows.iter().map(Vec::len).collect::<Vec<_>>(), [64, 64]);
    }
}
