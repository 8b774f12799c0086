//! Adam (1412.6980, algorithm 1) with clipping by the global norm and decoupled weight decay (1711.05101).

use pulp::{Arch, NullaryFnOnce};

use super::real::Real;
use crate::graph::op::hyper;

struct Update<'a, T> {
    parameter: &'a mut [T],
    gradient: &'a [T],
    first: &'a mut [T],
    second: &'a mut [T],
    hyper: &'a [T],
    scale: T,
}

impl<T: Real> NullaryFnOnce for Update<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let h = |slot: usize| self.hyper[slot];
        let (rate, epsilon, decay) = (h(hyper::RATE), h(hyper::EPSILON), h(hyper::DECAY));
        let (beta1, beta2) = (h(hyper::BETA1), h(hyper::BETA2));
        let (root1, root2) = (T::ONE / h(hyper::CORRECTION1), T::ONE / h(hyper::CORRECTION2));
        let moments = self.first.iter_mut().zip(self.second.iter_mut());
        for ((p, &g), (m, v)) in self.parameter.iter_mut().zip(self.gradient).zip(moments) {
            let g = g * self.scale;
            *m = beta1 * *m + (T::ONE - beta1) * g;
            *v = beta2 * *v + (T::ONE - beta2) * (g * g);
            let step = (*m * root1) / ((*v * root2).sqrt() + epsilon);
            *p = *p - rate * (step + decay * *p);
        }
    }
}

/// One step; `norm2` is the squared norm of all gradients together. Returns whether it applied: nothing changes where the norm is
/// not finite.
pub(crate) fn adam_step<T: Real>(
    arch: Arch,
    parameter: &mut [T],
    gradient: &[T],
    first: &mut [T],
    second: &mut [T],
    hyper: &[T],
    norm2: T,
) -> bool {
    if !norm2.is_finite() {
        return false;
    }
    let (clip, norm) = (hyper[hyper::CLIP], norm2.sqrt());
    let scale = if clip > T::ZERO && norm > clip { clip / norm } else { T::ONE };
    arch.dispatch(Update { parameter, gradient, first, second, hyper, scale });
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_steps_equal_the_algorithm_worked_by_hand() {
        // g = 2, beta1 = 0.9, beta2 = 0.99: the bias-corrected moments are g and g^2, so each step is the rate.
        let (mut p, mut m, mut v) = ([1.0f64], [0.0], [0.0]);
        for t in 1..=2 {
            let (c1, c2) = (1.0 - 0.9f64.powi(t), 1.0 - 0.99f64.powi(t));
            let hyper = [0.1, 0.9, 0.99, 0.0, c1, c2, 0.0, 0.0];
            assert!(adam_step(Arch::new(), &mut p, &[2.0], &mut m, &mut v, &hyper, 4.0));
            assert!((p[0] - (1.0 - 0.1 * f64::from(t))).abs() < 1e-14);
        }
        // Clipped to norm 1 the gradient is 1; decay takes rate * decay * p.
        let (mut p, mut m, mut v) = ([1.0f64], [0.0], [0.0]);
        let hyper = [0.1, 0.9, 0.99, 0.0, 0.1, 0.01, 1.0, 0.5];
        assert!(adam_step(Arch::new(), &mut p, &[2.0], &mut m, &mut v, &hyper, 4.0));
        assert!((m[0] - 0.1).abs() < 1e-15 && (p[0] - (1.0 - 0.1 - 0.05)).abs() < 1e-14);
        // A norm that is not finite changes nothing.
        for norm in [f64::NAN, f64::INFINITY] {
            assert!(!adam_step(Arch::new(), &mut p, &[f64::NAN], &mut m, &mut v, &hyper, norm));
            assert!((m[0] - 0.1).abs() < 1e-15);
        }
    }
}
