//! Running something until a number is small enough.

use super::sampler::Trajectory;

/// How an iteration ended.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Iteration {
    /// Number of steps that were made.
    pub steps: usize,
    /// Residual of the last step.
    pub residual: f64,
    /// Whether the residual reached the tolerance.
    pub converged: bool,
}

/// Repeats `step`, which gives its residual, until that is at most `tolerance`, at most `limit` times. A residual that is not a number
/// ends it too.
///
/// # Errors
/// What `step` reports.
pub fn until_small<E>(tolerance: f64, limit: usize, mut step: impl FnMut(usize) -> Result<f64, E>) -> Result<Iteration, E> {
    let mut iteration = Iteration { steps: 0, residual: f64::INFINITY, converged: false };
    while !iteration.converged && iteration.steps < limit && !iteration.residual.is_nan() {
        iteration.residual = step(iteration.steps)?;
        iteration.steps += 1;
        iteration.converged = iteration.residual <= tolerance;
    }
    Ok(iteration)
}

/// The Jacobi sampler (2002.03629; predictive sampling, 2002.09928): with the noise frozen, all positions are drawn again and again in
/// parallel, each from the levels of the sweep before, until a sweep changes nothing.
///
/// The dependence is triangular, so after t sweeps the first t positions are final, and the fixed point is the sequential sample.
#[derive(Clone, Debug)]
pub struct Jacobi {
    trajectory: Trajectory,
    data: Vec<f32>,
    logits: Vec<f32>,
    /// Sweep that last changed each position, counting from 1; 0 where the start was right. `[B,P]`.
    frozen_at: Vec<u32>,
    sweeps: u32,
}

impl Jacobi {
    /// Starts from an image of zeros, with the noise `u [B,P]` by position.
    pub fn new(positions: usize, level_count: usize, u: &[f32], temperature: f32) -> Jacobi {
        Jacobi {
            trajectory: Trajectory::with_noise(positions, level_count, u, temperature),
            data: vec![0.0; u.len()],
            logits: vec![0.0; u.len() * level_count],
            frozen_at: vec![0; u.len()],
            sweeps: 0,
        }
    }

    /// Starts from these levels `[B,P]` instead; the end does not depend on them, the number of sweeps does.
    ///
    /// # Panics
    /// If there is not one for each position.
    pub fn start_from(mut self, levels: &[u16]) -> Jacobi {
        self.trajectory.levels.copy_from_slice(levels);
        self.data.iter_mut().zip(levels).for_each(|(d, &level)| *d = f32::from(level));
        self
    }

    /// One sweep: a forward pass from the levels `[B,P]` to the logits `[B,P,K]`, and every position drawn. Gives the number of levels
    /// that changed.
    ///
    /// # Errors
    /// What `forward` reports.
    pub fn sweep<E>(&mut self, mut forward: impl FnMut(&[f32], &mut [f32]) -> Result<(), E>) -> Result<usize, E> {
        forward(&self.data, &mut self.logits)?;
        self.sweeps += 1;
        let mut changed = 0;
        for position in 0..self.trajectory.positions {
            self.trajectory.predict(&self.logits, position);
            changed += self.trajectory.draw(position);
        }
        for ((data, &level), frozen) in self.data.iter_mut().zip(&self.trajectory.levels).zip(&mut self.frozen_at) {
            let level = f32::from(level);
            if *data != level {
                (*data, *frozen) = (level, self.sweeps);
            }
        }
        Ok(changed)
    }

    /// Sweeps until one changes nothing (it is counted). Stops after P + 1 at the latest, by which time the sample is exact.
    ///
    /// # Errors
    /// What `forward` reports.
    pub fn run<E>(&mut self, mut forward: impl FnMut(&[f32], &mut [f32]) -> Result<(), E>) -> Result<Iteration, E> {
        let limit = self.trajectory.positions + 1;
        until_small(0.0, limit, |_| Ok(self.sweep(&mut forward)? as f64))
    }

    /// What the sweeps have drawn so far.
    pub fn trajectory(&self) -> &Trajectory {
        &self.trajectory
    }

    /// The sweep that last changed each position, `[B,P]`, counting from 1; 0 where the start was right.
    pub fn frozen_at(&self) -> &[u32] {
        &self.frozen_at
    }

    /// Number of sweeps made.
    pub fn sweeps(&self) -> u32 {
        self.sweeps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iterations_stop_at_the_tolerance_at_the_limit_and_at_nan() {
        // x = cos x by fixed point: contracts by about 0.67 a step.
        let mut x: f64 = 0.0;
        let step = |_| -> Result<f64, ()> {
            let next = x.cos();
            Ok((next - std::mem::replace(&mut x, next)).abs())
        };
        let end = until_small(1e-12, 200, step).unwrap();
        assert!(end.converged && (x - 0.739_085_133_215_160_6).abs() < 1e-11);
        let never = until_small(0.0, 5, |_| Ok::<_, ()>(1.0)).unwrap();
        assert_eq!((never.steps, never.converged), (5, false));
        let broken = until_small(0.0, 5, |_| Ok::<_, ()>(f64::NAN)).unwrap();
        assert_eq!((broken.steps, broken.converged), (1, false));
    }
}
