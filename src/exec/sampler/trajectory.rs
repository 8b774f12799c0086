/// What was drawn, and everything that a picture of it needs. `B` images, `P` positions, `K` levels; index `[image, position]`.
#[derive(Clone, PartialEq, Debug)]
pub struct Trajectory {
    /// Number of images B.
    pub batch: usize,
    /// Number of positions P of one image.
    pub positions: usize,
    /// Number of levels K.
    pub level_count: usize,
    /// Temperature T of the distributions.
    pub temperature: f32,
    /// The noise, `[B,P]`.
    pub u: Vec<f32>,
    /// The levels drawn, `[B,P]`.
    pub levels: Vec<u16>,
    /// `ln softmax(logits / T)` of each position when it was drawn, `[B,P,K]`, nats.
    pub log_p: Vec<f32>,
    /// Price `-ln p` of each drawn level at this temperature, `[B,P]`, nats.
    pub nats: Vec<f32>,
}

impl Trajectory {
    pub(crate) fn new(batch: usize, positions: usize, level_count: usize) -> Trajectory {
        let count = batch * positions;
        Trajectory {
            batch,
            positions,
            level_count,
            temperature: 1.0,
            u: vec![0.0; count],
            levels: vec![0; count],
            log_p: vec![0.0; count * level_count],
            nats: vec![0.0; count],
        }
    }

    pub(crate) fn with_noise(positions: usize, level_count: usize, u: &[f32], temperature: f32) -> Trajectory {
        let mut trajectory = Trajectory::new(u.len() / positions, positions, level_count);
        trajectory.u.copy_from_slice(u);
        trajectory.temperature = temperature;
        trajectory
    }

    /// The levels of one image, `[P]`.
    pub fn image(&self, image: usize) -> &[u16] {
        &self.levels[image * self.positions..(image + 1) * self.positions]
    }

    /// The distribution from which a position was drawn, `ln p` of each level, `[K]`.
    pub fn log_p_at(&self, image: usize, position: usize) -> &[f32] {
        let start = (image * self.positions + position) * self.level_count;
        &self.log_p[start..start + self.level_count]
    }

    /// `-ln p` of a whole image at this temperature: the sum of its prices, nats.
    pub fn total_nats(&self, image: usize) -> f64 {
        self.nats[image * self.positions..(image + 1) * self.positions].iter().map(|&n| f64::from(n)).sum()
    }

    /// Takes the distribution of a position in every image from all logits `[B,P,K]`.
    pub(crate) fn predict(&mut self, logits: &[f32], position: usize) {
        for image in 0..self.batch {
            let start = (image * self.positions + position) * self.level_count;
            let range = start..start + self.level_count;
            temper(&logits[range.clone()], self.temperature, &mut self.log_p[range]);
        }
    }

    /// Draws a predicted position in every image; gives the number of levels that changed.
    pub(crate) fn draw(&mut self, position: usize) -> usize {
        let mut changed = 0;
        for image in 0..self.batch {
            let index = image * self.positions + position;
            let level = draw(self.log_p_at(image, position), self.u[index]) as u16;
            changed += usize::from(level != self.levels[index]);
            self.put(image, position, level);
        }
        changed
    }

    pub(crate) fn put(&mut self, image: usize, position: usize, level: u16) {
        let index = image * self.positions + position;
        self.nats[index] = -self.log_p[index * self.level_count + usize::from(level)];
        self.levels[index] = level;
    }
}

/// `log_p = ln softmax(logits / T)`; temperature 0 gives all the probability to the (first) largest logit.
///
/// Computed in f64, so that it depends on the logits alone and not on how they were vectorised.
pub fn temper(logits: &[f32], temperature: f32, log_p: &mut [f32]) {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if temperature <= 0.0 {
        let chosen = logits.iter().position(|&l| l == largest).unwrap_or(0);
        log_p.fill(f32::NEG_INFINITY);
        log_p[chosen] = 0.0;
        return;
    }
    let scaled = |logit: f32| (f64::from(logit) - f64::from(largest)) / f64::from(temperature);
    let log_sum = logits.iter().map(|&logit| scaled(logit).exp()).sum::<f64>().ln();
    for (log_p, &logit) in log_p.iter_mut().zip(logits) {
        *log_p = (scaled(logit) - log_sum) as f32;
    }
}

/// The level that u chooses: the first whose cumulative probability exceeds it (inverse distribution function). The one rule of drawing.
pub fn draw(log_p: &[f32], u: f32) -> usize {
    let mut cumulative = 0.0;
    // Rounding may leave the sum below u: the last possible level then has it.
    let mut last = 0;
    for (level, &log_p) in log_p.iter().enumerate() {
        let p = f64::from(log_p).exp();
        cumulative += p;
        if f64::from(u) < cumulative {
            return level;
        }
        if p > 0.0 {
            last = level;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temperatures_sharpen_and_zero_takes_the_likeliest() {
        let logits = [0.5, 2.0, -1.0, 2.0];
        let mut log_p = [0.0; 4];
        temper(&logits, 1.0, &mut log_p);
        let z: f64 = logits.iter().map(|&l| f64::from(l).exp()).sum();
        for (l, p) in logits.iter().zip(log_p) {
            assert!((f64::from(p) - (f64::from(*l) - z.ln())).abs() < 1e-6);
        }
        temper(&logits, 0.0, &mut log_p);
        assert_eq!(log_p, [f32::NEG_INFINITY, 0.0, f32::NEG_INFINITY, f32::NEG_INFINITY]);
        assert_eq!([0.0, 0.5, 0.999_999].map(|u| draw(&log_p, u)), [1, 1, 1]);
        // Nearly zero is nearly that, without overflow.
        temper(&logits, 1e-30, &mut log_p);
        assert!((log_p[1] - 0.5f32.ln()).abs() < 1e-6 && log_p[0].exp() == 0.0);
    }

    #[test]
    fn levels_are_drawn_at_the_steps_of_the_ladder() {
        let log_p = [0.25f32.ln(), 0.5f32.ln(), 0.0f32.ln(), 0.25f32.ln()];
        for (u, level) in [(0.0, 0), (0.2499, 0), (0.2501, 1), (0.7499, 1), (0.7501, 3), (1.0 - f32::EPSILON / 2.0, 3)] {
            assert_eq!(draw(&log_p, u), level, "u = {u}");
        }
        // A sum below 1 by rounding, and a last level that is impossible.
        assert_eq!(draw(&[0.999f32.ln(), f32::NEG_INFINITY], 0.9999), 0);
    }
}
