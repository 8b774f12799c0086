//! Affine coupling (RealNVP, 1605.08803, eq. 7-8).

use pulp::NullaryFnOnce;

use super::real::Real;
use super::region::{Region, RowLayout};
use super::threads::Workers;
use crate::graph::Direction;

/// Elements that one coupled value costs as much as.
const COST: usize = 6;

struct Couple<'a, T, const FORWARD: bool> {
    dim: usize,
    x: &'a [T],
    log_scale: &'a [T],
    translation: &'a [T],
    y: &'a mut [T],
}

impl<T: Real, const FORWARD: bool> NullaryFnOnce for Couple<'_, T, FORWARD> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Couple { dim, x, log_scale, translation, y } = self;
        let operands = x.chunks_exact(dim).zip(log_scale.chunks_exact(dim)).zip(translation.chunks_exact(dim));
        for (((x, s), t), y) in operands.zip(y.chunks_exact_mut(dim + 1)) {
            let mut log_det = T::ZERO;
            for i in 0..dim {
                y[i] = if FORWARD { x[i] * s[i].exp() + t[i] } else { (x[i] - t[i]) * (-s[i]).exp() };
                log_det += s[i];
            }
            y[dim] = if FORWARD { log_det } else { -log_det };
        }
    }
}

/// Forward `[x e^s + t, sum s]`, inverse `[(x - t) e^-s, -sum s]`, on a region. `rows` is the layout of the result, `[B, D+1]`.
#[allow(clippy::too_many_arguments, reason = "three operands of one kernel")]
pub(crate) fn affine_coupling<T: Real>(
    workers: &Workers,
    direction: Direction,
    rows: &RowLayout,
    region: &Region,
    x: &[T],
    log_scale: &[T],
    translation: &[T],
    y: &mut [T],
) {
    let (arch, dim) = (workers.arch(), rows.width - 1);
    rows.each(workers, COST, region, y, |range, y| {
        let range = range.start * dim..range.end * dim;
        let (x, log_scale, translation) = (&x[range.clone()], &log_scale[range.clone()], &translation[range]);
        match direction {
            Direction::Forward => arch.dispatch(Couple::<T, true> { dim, x, log_scale, translation, y }),
            Direction::Inverse => arch.dispatch(Couple::<T, false> { dim, x, log_scale, translation, y }),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::cpu::testing::{close, noise};

    #[test]
    fn inverse_undoes_forward_and_negates_the_log_determinant() {
        let workers = Workers::new(1);
        let (x, s, t) = (noise(1, 30), noise(2, 30), noise(3, 30));
        let rows = RowLayout { batch: 10, positions: 1, width: 4 };
        let (mut z, mut back) = (vec![0.0; 40], vec![0.0; 40]);
        affine_coupling(&workers, Direction::Forward, &rows, &rows.whole(), &x, &s, &t, &mut z);
        let moved: Vec<f64> = z.chunks(4).flat_map(|z| z[..3].to_vec()).collect();
        let want: Vec<f64> = (0..30).map(|i| x[i] * s[i].exp() + t[i]).collect();
        close(&moved, &want, 1e-15);
        affine_coupling(&workers, Direction::Inverse, &rows, &rows.whole(), &moved, &s, &t, &mut back);
        let returned: Vec<f64> = back.chunks(4).flat_map(|z| z[..3].to_vec()).collect();
        close(&returned, &x, 1e-14);
        for row in 0..10 {
            let log_det: f64 = s[3 * row..3 * row + 3].iter().sum();
            assert!((z[4 * row + 3] - log_det).abs() < 1e-14 && (back[4 * row + 3] + log_det).abs() < 1e-14);
        }
    }
}
