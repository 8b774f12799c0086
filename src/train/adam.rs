use serde::{Deserialize, Serialize};

use crate::graph::op::hyper;

/// Settings of Adam (Kingma and Ba 2015, 1412.6980, algorithm 1).
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Adam {
    /// Learning rate at its highest.
    pub rate: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Largest global norm of the gradient; 0 for no clipping.
    pub clip: f64,
    /// Decoupled weight decay (1711.05101); 0 for none.
    pub decay: f64,
}

impl Default for Adam {
    fn default() -> Adam {
        Adam { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clip: 0.0, decay: 0.0 }
    }
}

impl Adam {
    /// The hyper-parameter input of [`crate::graph::Op::AdamStep`] for step `t` (the first step is 1) at a rate scaled by `factor`.
    pub fn slots(&self, t: u64, factor: f64) -> [f32; hyper::SLOTS] {
        let power = t.min(1 << 30) as i32;
        let mut slots = [0.0; hyper::SLOTS];
        slots[hyper::RATE] = (self.rate * factor) as f32;
        slots[hyper::BETA1] = self.beta1 as f32;
        slots[hyper::BETA2] = self.beta2 as f32;
        slots[hyper::EPSILON] = self.epsilon as f32;
        slots[hyper::CORRECTION1] = (1.0 - self.beta1.powi(power)) as f32;
        slots[hyper::CORRECTION2] = (1.0 - self.beta2.powi(power)) as f32;
        slots[hyper::CLIP] = self.clip as f32;
        slots[hyper::DECAY] = self.decay as f32;
        slots
    }
}

/// How the learning rate changes over a run.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum RateSchedule {
    /// The same rate throughout.
    #[default]
    Constant,
    /// Rises linearly for `warm_up` steps, then falls as half a cosine to `floor` times the rate at step `total`, and stays there.
    Cosine {
        /// Steps of the rise.
        warm_up: u64,
        /// Step at which the floor is reached.
        total: u64,
        /// Lowest factor.
        floor: f64,
    },
}

impl RateSchedule {
    /// Factor of the rate at step `t`, counting from 1.
    pub fn factor(&self, t: u64) -> f64 {
        match *self {
            RateSchedule::Constant => 1.0,
            RateSchedule::Cosine { warm_up, .. } if t <= warm_up => t as f64 / warm_up as f64,
            RateSchedule::Cosine { warm_up, total, floor } => {
                let done = (t - warm_up) as f64 / (total.saturating_sub(warm_up)).max(1) as f64;
                floor + (1.0 - floor) * 0.5 * (1.0 + (std::f64::consts::PI * done.min(1.0)).cos())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosine_rises_falls_and_stays() {
        let schedule = RateSchedule::Cosine { warm_up: 10, total: 110, floor: 0.01 };
        assert_eq!(schedule.factor(5), 0.5);
        assert_eq!(schedule.factor(10), 1.0);
        assert!((schedule.factor(60) - 0.505).abs() < 1e-12);
        assert!((schedule.factor(110) - 0.01).abs() < 1e-12 && schedule.factor(10_000) == schedule.factor(110));
    }
}
