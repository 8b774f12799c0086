//! Products of matrices, each transposed or not, through the row kernel or, for `A^T B`, through the weight gradient's.

use super::conv::TapRuns;
use super::real::Real;
use super::rows::{Class, RowProduct};
use super::threads::Workers;
use super::weight_grad::WeightGrad;

/// `C = A B` with `C [m,n]` and the sum over `k`.
#[derive(Clone, Debug)]
pub(crate) struct MatMulPlan {
    m: usize,
    n: usize,
    k: usize,
    transpose_a: bool,
    transpose_b: bool,
    class: [Class; 1],
    tap: [TapRuns; 1],
}

impl MatMulPlan {
    pub(crate) fn new(m: usize, n: usize, k: usize, transpose_a: bool, transpose_b: bool) -> MatMulPlan {
        let class = [Class::matrix(m, k)];
        let tap = [TapRuns { offset: 0, runs: vec![(0, k)] }];
        MatMulPlan { m, n, k, transpose_a, transpose_b, class, tap }
    }

    /// `A^T B`: a sum over the rows of both, which is a weight gradient with one tap.
    fn turned(&self) -> WeightGrad<'_> {
        WeightGrad { taps: &self.tap, k: self.m, n: self.n, positions: self.k, images: 1 }
    }

    /// Numbers of scratch memory that [`MatMulPlan::run`] needs.
    pub(crate) fn scratch(&self) -> usize {
        let packed = if self.transpose_b { self.k * self.n } else { 0 };
        packed + if self.transpose_a { self.turned().scratch() } else { 0 }
    }

    /// Writes all of `c`.
    pub(crate) fn run<T: Real>(&self, workers: &Workers, a: &[T], b: &[T], c: &mut [T], scratch: &mut [T]) {
        let (m, n, k) = (self.m, self.n, self.k);
        let (packed, rest) = scratch.split_at_mut(if self.transpose_b { k * n } else { 0 });
        let b = if self.transpose_b {
            transpose(b, n, k, packed);
            &*packed
        } else {
            b
        };
        if self.transpose_a {
            return self.turned().run(workers, a, b, c, rest);
        }
        let classes = &self.class[..];
        workers.rows(workers.product_parts(m * n * k), c, n, |rows, out| {
            let origin = rows.start;
            let product = RowProduct { x: a, w: b, bias: None, n, k, positions: m, classes, images: 0..1, region: rows, out, origin };
            product.run(workers.arch());
        });
    }
}

/// `y [columns, rows] = x [rows, columns]^T`, in tiles that stay in the cache.
pub(crate) fn transpose<T: Real>(x: &[T], rows: usize, columns: usize, y: &mut [T]) {
    const TILE: usize = 16;
    for row in (0..rows).step_by(TILE) {
        let height = TILE.min(rows - row);
        for column in (0..columns).step_by(TILE) {
            for c in column..(column + TILE).min(columns) {
                let y = &mut y[c * rows + row..][..height];
                for (y, x) in y.iter_mut().zip(x[row * columns + c..].iter().step_by(columns)) {
                    *y = *x;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::cpu::testing::{close, narrow, noise};

    #[test]
    fn products_equal_the_triple_loop_on_one_and_two_threads() {
        let (one, two) = (Workers::new(1), Workers::new(2));
        for (m, n, k) in [(1, 1, 1), (512, 64, 2), (513, 2, 64), (65, 130, 33), (70, 7, 1), (300, 100, 600)] {
            for (ta, tb) in [(false, false), (false, true), (true, false), (true, true)] {
                let (a, b) = (noise(1, m * k), noise(2, k * n));
                let mut want = vec![0.0; m * n];
                for i in 0..m {
                    for j in 0..n {
                        want[i * n + j] =
                            (0..k).map(|l| a[if ta { l * m + i } else { i * k + l }] * b[if tb { j * k + l } else { l * n + j }]).sum();
                    }
                }
                let plan = MatMulPlan::new(m, n, k, ta, tb);
                let mut wide = vec![9.0; m * n];
                plan.run(&one, &a, &b, &mut wide, &mut vec![0.0; plan.scratch()]);
                close(&wide, &want, 1e-13);
                let (a, b) = (narrow(&a), narrow(&b));
                let (mut single, mut split) = (vec![9.0; m * n], vec![9.0; m * n]);
                plan.run(&one, &a, &b, &mut single, &mut vec![0.0; plan.scratch()]);
                plan.run(&two, &a, &b, &mut split, &mut vec![0.0; plan.scratch()]);
                close(&single, &want, 2e-6);
                assert_eq!(single, split);
            }
        }
    }
}
