use super::Weights;

/// Parameters of past training steps in a bounded number of bytes, thinned by powers of two: kept are the steps that are multiples of
/// [`Ring::every`], and the first one. When they are too many, `every` doubles and every other one goes, so that they always cover the
/// whole run evenly.
#[derive(Clone, Debug)]
pub struct Ring {
    bytes: usize,
    most: usize,
    every: u64,
    layout: Vec<(String, Vec<usize>)>,
    frames: Vec<(u64, Vec<f32>)>,
    /// Room of frames that went, for those that come: what the ring takes grows once, at the beginning, and never again.
    spare: Vec<Vec<f32>>,
}

impl Ring {
    /// An empty ring of at most so many bytes and frames that begins with every `every`-th step, a power of two.
    pub fn new(bytes: usize, most: usize, every: u64) -> Ring {
        Ring { bytes, most: most.max(4), every, layout: Vec::new(), frames: Vec::new(), spare: Vec::new() }
    }

    /// Whether a step would be kept.
    pub fn wants(&self, step: u64) -> bool {
        self.frames.is_empty() || (step.is_multiple_of(self.every) && self.frames.last().is_some_and(|(last, _)| *last < step))
    }

    /// Keeps the weights of a step that it [`wants`](Self::wants). Weights of another shape than the first ones begin it anew.
    pub fn keep(&mut self, step: u64, weights: &Weights) {
        let layout = || weights.arrays.iter().map(|(name, (shape, _))| (name.clone(), shape.clone()));
        let same = self.layout.iter().zip(&weights.arrays).all(|((a, b), (c, (d, _)))| a == c && b == d);
        if self.frames.is_empty() || self.layout.len() != weights.arrays.len() || !same {
            (self.frames, self.spare) = (Vec::new(), Vec::new());
            self.layout = layout().collect();
        }
        self.forget(|kept| kept >= step);
        let mut values =
            self.spare.pop().unwrap_or_else(|| Vec::with_capacity(weights.arrays.values().map(|(_, values)| values.len()).sum()));
        values.clear();
        for (_, array) in weights.arrays.values() {
            values.extend_from_slice(array);
        }
        self.frames.push((step, values));
        while self.frames.len() > 2 && (self.frames.len() > self.most || self.size() > self.bytes) {
            self.every *= 2;
            let (first, every) = (self.frames[0].0, self.every);
            self.forget(|kept| kept != first && !kept.is_multiple_of(every));
            if self.every > 1 << 40 {
                break;
            }
        }
    }

    /// The newest kept step that is not after this one, with its weights; none where all are later.
    pub fn at(&self, step: u64) -> Option<(u64, Weights)> {
        let (kept, values) = self.frames.iter().rev().find(|(kept, _)| *kept <= step)?;
        let mut weights = Weights::default();
        let mut from = 0;
        for (name, shape) in &self.layout {
            let length: usize = shape.iter().product();
            weights.arrays.insert(name.clone(), (shape.clone(), values[from..from + length].to_vec()));
            from += length;
        }
        weights.metadata.insert("step".into(), kept.to_string());
        Some((*kept, weights))
    }

    /// Forgets what came after a step: training goes another way from there.
    pub fn rewind(&mut self, step: u64) {
        self.forget(|kept| kept > step);
    }

    /// Forgets some steps and keeps their room.
    fn forget(&mut self, goes: impl Fn(u64) -> bool) {
        self.spare.extend(self.frames.extract_if(.., |(kept, _)| goes(*kept)).map(|(_, values)| values));
    }

    /// The steps that are kept, oldest first.
    pub fn steps(&self) -> Vec<u64> {
        self.frames.iter().map(|(step, _)| *step).collect()
    }

    /// Kept are the multiples of this.
    pub fn every(&self) -> u64 {
        self.every
    }

    /// Bytes of the numbers that are kept, without the room that waits for others.
    pub fn size(&self) -> usize {
        self.frames.iter().map(|(_, values)| values.len() * size_of::<f32>()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(step: u64) -> Weights {
        let mut weights = Weights::default();
        weights.arrays.insert("a".into(), (vec![2, 2], vec![step as f32; 4]));
        weights.arrays.insert("b".into(), (vec![1], vec![-(step as f32)]));
        weights.metadata.insert("step".into(), step.to_string());
        weights
    }

    #[test]
    fn a_long_run_stays_within_its_bytes_and_covers_itself_evenly() {
        // 20 bytes a frame.
        let mut ring = Ring::new(20 * 16, 1_000, 1);
        for step in 3..=5_000 {
            if ring.wants(step) {
                ring.keep(step, &weights(step));
            }
            assert!(ring.size() <= 20 * 16);
            // The frame that is one too many is made before others go.
            assert!(ring.frames.len() + ring.spare.len() <= 17, "the room grows once");
        }
        let (every, steps) = (ring.every(), ring.steps());
        assert!(every.is_power_of_two() && steps[0] == 3 && steps.len() >= 8);
        assert!(steps[1..].iter().all(|step| step.is_multiple_of(every)));
        assert!(steps[1..].windows(2).all(|pair| pair[1] - pair[0] == every), "{steps:?}");
        assert!(5_000 - steps[steps.len() - 1] < every);
    }

    #[test]
    fn what_comes_back_is_what_went_in_and_a_rewind_forgets() {
        let mut ring = Ring::new(1 << 20, 100, 1);
        for step in 0..=20 {
            ring.keep(step, &weights(step));
        }
        assert_eq!(ring.at(7), Some((7, weights(7))));
        assert_eq!(ring.at(90).map(|(step, _)| step), Some(20));
        ring.rewind(7);
        assert_eq!(ring.at(90), Some((7, weights(7))));
        assert!(ring.wants(8) && !ring.wants(7));
        ring.rewind(0);
        assert_eq!(ring.steps(), [0]);
    }
}
