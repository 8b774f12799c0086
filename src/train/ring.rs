use super::Weights;

/// Parameters of past training steps in a bounded number of bytes, thinned by powers of two: kept are the steps that are multiples of
/// [`Ring::every`], and the first one. When they are too many, `every` doubles and every other one goes, so that they always cover the
/// whole run evenly; only where [`Ring::narrow`] was called the newer ones lie closer.
#[derive(Clone, Debug)]
pub struct Ring {
    bytes: usize,
    most: usize,
    every: u64,
    /// `every` was never below this, or there was no room for more.
    least: u64,
    layout: Vec<(String, Vec<usize>)>,
    frames: Vec<(u64, Vec<f32>)>,
    /// Room of frames that went, for those that come: what the ring takes grows once, at the beginning, and never again.
    spare: Vec<Vec<f32>>,
}

impl Ring {
    /// An empty ring of at most so many bytes and frames that begins with every `every`-th step, a power of two.
    pub fn new(bytes: usize, most: usize, every: u64) -> Ring {
        Ring { bytes, most: most.max(4), every, least: every, layout: Vec::new(), frames: Vec::new(), spare: Vec::new() }
    }

    /// Whether a step would be kept.
    pub fn wants(&self, step: u64) -> bool {
        self.frames.is_empty() || (step.is_multiple_of(self.every) && self.frames.last().is_some_and(|(last, _)| *last < step))
    }

    /// Keeps the weights of a step that it [`wants`](Self::wants); false where the room was too small and the step is no multiple of what
    /// `every` became. Weights of another shape than the first ones begin it anew.
    pub fn keep(&mut self, step: u64, weights: &Weights) -> bool {
        let layout = || weights.arrays.iter().map(|(name, (shape, _))| (name.clone(), shape.clone()));
        let same = self.layout.iter().zip(&weights.arrays).all(|((a, b), (c, (d, _)))| a == c && b == d);
        if self.frames.is_empty() || self.layout.len() != weights.arrays.len() || !same {
            (self.frames, self.spare) = (Vec::new(), Vec::new());
            self.layout = layout().collect();
        }
        self.forget(|kept| kept >= step);
        let length: usize = weights.arrays.values().map(|(_, values)| values.len()).sum();
        let size = length * size_of::<f32>();
        // Others go before it comes, so that it finds its room.
        while self.frames.len() > 1 && (self.frames.len() >= self.most || self.size() + size > self.bytes) {
            self.thin();
            self.least = self.every;
            if !step.is_multiple_of(self.every) || self.every > 1 << 40 {
                return false;
            }
        }
        let mut values = self.spare.pop().unwrap_or_else(|| Vec::with_capacity(length));
        values.clear();
        for (_, array) in weights.arrays.values() {
            values.extend_from_slice(array);
        }
        self.frames.push((step, values));
        true
    }

    /// Keeps no more than every `every`-th step from now on, a power of two, and the first one.
    pub fn widen(&mut self, every: u64) {
        while self.every < every {
            self.thin();
        }
    }

    /// Keeps every `every`-th step again from now on, a power of two, as far as there was room for so many.
    pub fn narrow(&mut self, every: u64) {
        self.every = self.every.min(every.max(self.least));
    }

    /// Every other step goes.
    fn thin(&mut self) {
        self.every *= 2;
        let (first, every) = (self.frames.first().map(|(step, _)| *step), self.every);
        self.forget(|kept| Some(kept) != first && !kept.is_multiple_of(every));
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
        let mut refused = 0;
        for step in 3..=5_000 {
            if ring.wants(step) {
                let kept = ring.keep(step, &weights(step));
                assert_eq!(kept, ring.steps().last() == Some(&step), "it says whether it kept step {step}");
                refused += u32::from(!kept);
            }
            assert!(ring.size() <= 20 * 16);
            assert!(ring.frames.len() + ring.spare.len() <= 16, "the room grows once, and never beyond the bytes");
        }
        assert!(refused > 0, "an odd step is no multiple of what `every` becomes when it finds no room");
        let (every, steps) = (ring.every(), ring.steps());
        assert!(every.is_power_of_two() && steps[0] == 3 && steps.len() >= 8);
        assert!(steps[1..].iter().all(|step| step.is_multiple_of(every)));
        assert!(steps[1..].windows(2).all(|pair| pair[1] - pair[0] == every), "{steps:?}");
        assert!(5_000 - steps[steps.len() - 1] < every);
    }

    #[test]
    fn steps_lie_closer_again_as_far_as_there_is_room() {
        let mut ring = Ring::new(20 * 16, 1_000, 2);
        let fill = |ring: &mut Ring, steps: std::ops::RangeInclusive<u64>| {
            for step in steps.filter(|step| step.is_multiple_of(2)) {
                if ring.wants(step) {
                    ring.keep(step, &weights(step));
                }
            }
        };
        ring.widen(16);
        fill(&mut ring, 0..=64);
        ring.narrow(1);
        assert_eq!(ring.every(), 2, "never closer than it began");
        ring.widen(4);
        fill(&mut ring, 65..=80);
        assert_eq!(ring.steps(), [0, 16, 32, 48, 64, 68, 72, 76, 80]);
        fill(&mut ring, 81..=400);
        let every = ring.every();
        assert!(every > 4 && ring.size() <= 20 * 16);
        ring.narrow(1);
        assert_eq!(ring.every(), every, "there was no room for more");
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
        ring.widen(4);
        assert_eq!((ring.steps(), ring.every()), (vec![0, 4], 4));
        assert!(ring.wants(8) && !ring.wants(6));
        ring.rewind(0);
        assert_eq!(ring.steps(), [0]);
    }
}
