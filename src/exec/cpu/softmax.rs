//! `log_softmax` and `log_sum_exp` over the channels of each position.

use pulp::NullaryFnOnce;

use super::real::Real;
use super::region::{Region, RowLayout};
use super::threads::Workers;

/// Elements that an exponential costs as much as, with its two passes.
const COST: usize = 8;

/// Terms that are worked on at once: the exponentials of many short rows fill whole vectors.
const TERMS: usize = 512;

/// Log-normaliser of each row; with `SUBTRACT`, subtracted from the row's values.
struct Normalise<'a, T, const SUBTRACT: bool> {
    width: usize,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Real, const SUBTRACT: bool> NullaryFnOnce for Normalise<'_, T, SUBTRACT> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        // Known widths unroll.
        match self.width {
            2 => self.rows(2),
            4 => self.rows(4),
            8 => self.rows(8),
            width => self.rows(width),
        }
    }
}

impl<T: Real, const SUBTRACT: bool> Normalise<'_, T, SUBTRACT> {
    #[inline(always)]
    fn rows(self, width: usize) {
        let out = if SUBTRACT { width } else { 1 };
        let rows = (TERMS / width).max(1);
        let mut terms = [T::ZERO; TERMS];
        let (mut largest, mut logs) = ([T::ZERO; TERMS], [T::ZERO; TERMS]);
        for (x, y) in self.x.chunks(rows * width).zip(self.y.chunks_mut(rows * out)) {
            let rows = x.len() / width;
            let (largest, logs) = (&mut largest[..rows], &mut logs[..rows]);
            for (largest, x) in largest.iter_mut().zip(x.chunks_exact(width)) {
                *largest = x.iter().fold(T::LOWEST, |a, &b| a.max(b));
            }
            // The largest term is 1, so the sum neither overflows nor vanishes.
            if rows * width <= TERMS {
                let terms = &mut terms[..rows * width];
                for ((terms, x), &largest) in terms.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(&*largest) {
                    for (term, &x) in terms.iter_mut().zip(x) {
                        *term = x - largest;
                    }
                }
                for term in terms.iter_mut() {
                    *term = term.exp();
                }
                for (sum, terms) in logs.iter_mut().zip(terms.chunks_exact(width)) {
                    *sum = terms.iter().fold(T::ZERO, |sum, &term| sum + term);
                }
            } else {
                // One row, longer than the buffer.
                logs[0] = T::ZERO;
                for x in x.chunks(TERMS) {
                    for (term, &x) in terms.iter_mut().zip(x) {
                        *term = (x - largest[0]).exp();
                    }
                    logs[0] = terms[..x.len()].iter().fold(logs[0], |sum, &term| sum + term);
                }
            }
            for log in logs.iter_mut() {
                *log = log.ln();
            }
            if SUBTRACT {
                let lines = y.chunks_exact_mut(width).zip(x.chunks_exact(width));
                for ((y, x), (&largest, &log)) in lines.zip(largest.iter().zip(&*logs)) {
                    for (y, &x) in y.iter_mut().zip(x) {
                        *y = (x - largest) - log;
                    }
                }
            } else {
                for ((y, &largest), &log) in y.iter_mut().zip(&*largest).zip(&*logs) {
                    *y = largest + log;
                }
            }
        }
    }
}

/// `y = x - ln sum_c e^x` on a region; both have the layout `rows`.
pub(crate) fn log_softmax<T: Real>(workers: &Workers, rows: &RowLayout, region: &Region, x: &[T], y: &mut [T]) {
    let (arch, width) = (workers.arch(), rows.width);
    rows.each(workers, COST, region, y, |range, y| {
        let x = &x[range.start * width..range.end * width];
        arch.dispatch(Normalise::<T, true> { width, x, y });
    });
}

/// `y = ln sum_c e^x` on a region; `rows` is the layout of `y`, `width` the number of channels of `x`.
pub(crate) fn log_sum_exp<T: Real>(workers: &Workers, rows: &RowLayout, width: usize, region: &Region, x: &[T], y: &mut [T]) {
    let arch = workers.arch();
    rows.each(workers, COST * width, region, y, |range, y| {
        let x = &x[range.start * width..range.end * width];
        arch.dispatch(Normalise::<T, false> { width, x, y });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::cpu::testing::{close, narrow, noise};
    use crate::graph::Shape;

    #[test]
    fn normalisers_equal_their_formula_and_stand_large_numbers() {
        let workers = Workers::new(1);
        for (count, width) in [(50, 4), (3, 1), (7, 257), (600, 2), (41, 3), (2, 1300)] {
            let mut x = noise(1, count * width);
            x.iter_mut().for_each(|x| *x *= 20.0);
            let log_sum = |x: &[f64]| x.iter().map(|x| x.exp()).sum::<f64>().ln();
            let sums: Vec<f64> = x.chunks(width).map(log_sum).collect();
            let logs: Vec<f64> = x.iter().enumerate().map(|(i, x)| x - sums[i / width]).collect();
            let rows = RowLayout::of(Shape::try_new(&[count, width]).unwrap());
            let mut y = vec![0.0f32; x.len()];
            log_softmax(&workers, &rows, &rows.whole(), &narrow(&x), &mut y);
            close(&y, &logs, 1e-6);
            let sum_rows = RowLayout { width: 1, ..rows };
            let mut y = vec![0.0; count];
            log_sum_exp(&workers, &sum_rows, width, &sum_rows.whole(), &x, &mut y);
            close(&y, &sums, 1e-14);
        }
        let rows = RowLayout { batch: 1, positions: 1, width: 2 };
        let mut y = [0.0f32; 2];
        log_softmax(&workers, &rows, &rows.whole(), &[1e4, -1e4], &mut y);
        assert_eq!(y, [0.0, -2e4]);
    }
}
