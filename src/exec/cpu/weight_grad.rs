//! The weight gradient: the row kernel with the roles turned.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::conv::TapRuns;
use super::matmul::transpose;
use super::panel::{Narrow, Panel, Vectors};
use super::real::Real;
use super::threads::Workers;

/// Rows of gradient and input that stay in the first-level cache while every block runs over them.
const CHUNK: usize = 64;
/// Input channels of a full block.
const BLOCK: usize = 6;
/// Multiply-adds for each separate partial sum, and the most partial sums. Both are fixed by the shape alone, never by
/// the number of threads, so that every machine adds in the same order.
const PARTIAL_COST: usize = 4_000_000;
const PARTIALS: usize = 8;

/// `dw[t,i,o] = sum_b sum_p x[b, p + tap_t, i] g[b,p,o]`, with the shapes of [`ConvPlan::forward`](super::conv::ConvPlan::forward).
pub(crate) struct WeightGrad<'a> {
    pub(crate) taps: &'a [TapRuns],
    /// Input and output channels.
    pub(crate) k: usize,
    pub(crate) n: usize,
    pub(crate) positions: usize,
    pub(crate) images: usize,
}

impl WeightGrad<'_> {
    fn weights(&self) -> usize {
        self.taps.len() * self.k * self.n
    }

    fn partials(&self) -> usize {
        (self.images * self.positions * self.weights() / PARTIAL_COST).clamp(1, PARTIALS).min(self.chunks())
    }

    /// Images of one chunk where they are small.
    fn group(&self) -> usize {
        (CHUNK / self.positions).max(1)
    }

    fn chunks(&self) -> usize {
        self.images.div_ceil(self.group()) * self.positions.div_ceil(CHUNK)
    }

    /// Whether the transposed gradient is computed: few output channels and many input channels fill a panel better the other way round.
    /// The terms of each sum and their order are the same.
    fn turned(&self) -> bool {
        self.n < 16 && self.k > self.n
    }

    /// Numbers of scratch memory that [`WeightGrad::run`] needs.
    pub(crate) fn scratch(&self) -> usize {
        let apart = self.partials() > 1 || self.turned();
        if apart { self.partials() * self.weights() } else { 0 }
    }

    /// Writes all of `dw`.
    pub(crate) fn run<T: Real>(&self, workers: &Workers, x: &[T], g: &[T], dw: &mut [T], scratch: &mut [T]) {
        let (partials, weights, chunks) = (self.partials(), self.weights(), self.chunks());
        let arch = workers.arch();
        let turned = self.turned();
        let (rows, columns, a, b) = if turned { (self.n, self.k, g, x) } else { (self.k, self.n, x, g) };
        let sum = |partial: usize, out: &mut [T]| {
            let range = partial * chunks / partials..(partial + 1) * chunks / partials;
            out.fill(T::ZERO);
            Partial { shape: self, turned, rows, columns, a, b, out, chunks: range }.run(arch);
        };
        if partials == 1 && !turned {
            return sum(0, dw);
        }
        let scratch = &mut scratch[..partials * weights];
        let parts = workers.product_parts(self.images * self.positions * weights);
        workers.rows(parts, scratch, weights, |range, out| {
            for (partial, out) in range.zip(out.chunks_mut(weights)) {
                sum(partial, out);
            }
        });
        let (first, rest) = scratch.split_at_mut(weights);
        for partial in rest.chunks(weights) {
            for (sum, &term) in first.iter_mut().zip(partial) {
                *sum += term;
            }
        }
        if turned {
            for (from, to) in first.chunks(rows * columns).zip(dw.chunks_mut(rows * columns)) {
                transpose(from, rows, columns, to);
            }
        } else {
            dw.copy_from_slice(first);
        }
    }
}

/// One partial sum: some chunks, in order. `rows` are what is broadcast (input channels, or output channels where turned), `columns` what
/// a panel holds.
struct Partial<'a, T> {
    shape: &'a WeightGrad<'a>,
    turned: bool,
    rows: usize,
    columns: usize,
    a: &'a [T],
    b: &'a [T],
    out: &'a mut [T],
    chunks: Range<usize>,
}

impl<T: Real> Partial<'_, T> {
    fn run(self, arch: Arch) {
        arch.dispatch(self);
    }
}

impl<T: Real> WithSimd for Partial<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let shape = self.shape;
        let (group, per_image) = (shape.group(), shape.positions.div_ceil(CHUNK));
        for chunk in self.chunks.clone() {
            let first = chunk / per_image * group;
            let start = chunk % per_image * CHUNK;
            let images = first..(first + group).min(shape.images);
            let region = start..(start + CHUNK).min(shape.positions);
            for tap in 0..shape.taps.len() {
                self.panels(simd, tap, &images, &region);
            }
        }
    }
}

impl<T: Real> Partial<'_, T> {
    #[inline(always)]
    fn panels<S: Simd>(&mut self, simd: S, tap: usize, images: &Range<usize>, region: &Range<usize>) {
        let lanes = T::lanes::<S>();
        let n = self.columns;
        let mut column = 0;
        if S::REGISTER_COUNT >= 32 {
            while n - column >= 4 * lanes {
                self.panel::<S, Vectors<S, T, 4>>(simd, tap, images, region, column);
                column += 4 * lanes;
            }
        }
        while n - column >= 2 * lanes {
            self.panel::<S, Vectors<S, T, 2>>(simd, tap, images, region, column);
            column += 2 * lanes;
        }
        while n - column >= lanes {
            self.panel::<S, Vectors<S, T, 1>>(simd, tap, images, region, column);
            column += lanes;
        }
        while n - column >= 8 {
            self.panel::<S, Narrow<T, 8>>(simd, tap, images, region, column);
            column += 8;
        }
        if n - column >= 4 {
            self.panel::<S, Narrow<T, 4>>(simd, tap, images, region, column);
            column += 4;
        }
        if n - column >= 2 {
            self.panel::<S, Narrow<T, 2>>(simd, tap, images, region, column);
            column += 2;
        }
        if n > column {
            self.panel::<S, Narrow<T, 1>>(simd, tap, images, region, column);
        }
    }

    /// All rows of one tap for the columns of one panel.
    #[inline(always)]
    fn panel<S: Simd, P: Panel<S, T>>(&mut self, simd: S, tap: usize, images: &Range<usize>, region: &Range<usize>, column: usize) {
        let mut row = 0;
        while self.rows - row >= BLOCK {
            self.block::<S, BLOCK, P>(simd, tap, images, region, row, column);
            row += BLOCK;
        }
        if self.rows - row >= 4 {
            self.block::<S, 4, P>(simd, tap, images, region, row, column);
            row += 4;
        }
        if self.rows - row >= 2 {
            self.block::<S, 2, P>(simd, tap, images, region, row, column);
            row += 2;
        }
        if self.rows > row {
            self.block::<S, 1, P>(simd, tap, images, region, row, column);
        }
    }

    /// `R` rows: their sums stay in registers over the chunk.
    #[inline(always)]
    fn block<S: Simd, const R: usize, P: Panel<S, T>>(
        &mut self,
        simd: S,
        tap: usize,
        images: &Range<usize>,
        region: &Range<usize>,
        row: usize,
        column: usize,
    ) {
        let positions = self.shape.positions;
        let (rows, columns, width) = (self.rows, self.columns, P::width());
        let TapRuns { offset, runs } = &self.shape.taps[tap];
        // The input is read at the tap, the gradient at the position itself.
        let (row_offset, column_offset) = if self.turned { (0, *offset) } else { (*offset, 0) };
        let first = tap * rows + row;
        let mut sums = [P::zero(simd); R];
        for (r, sums) in sums.iter_mut().enumerate() {
            *sums = P::load(simd, &self.out[(first + r) * columns + column..]);
        }
        let reached = runs.partition_point(|run| run.1 <= region.start);
        for image in images.clone() {
            for &(start, end) in &runs[reached..] {
                if start >= region.end {
                    break;
                }
                for position in start.max(region.start)..end.min(region.end) {
                    let at = image * positions + position;
                    let factors = &self.a[(at * rows + row).wrapping_add_signed(row_offset)..][..R];
                    let panel = P::load(simd, &self.b[(at * columns + column).wrapping_add_signed(column_offset)..][..width]);
                    for (sums, &factor) in sums.iter_mut().zip(factors) {
                        panel.add_product(simd, factor, sums);
                    }
                }
            }
        }
        for (r, sums) in sums.into_iter().enumerate() {
            sums.store(simd, &mut self.out[(first + r) * columns + column..][..width]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::cpu::conv::ConvPlan;
    use crate::exec::cpu::testing::{close, noise};

    /// Grid, images, k, n, taps.
    type Case<'a> = ((usize, usize), usize, usize, usize, &'a [(i32, i32)]);

    #[test]
    fn weight_gradient_equals_its_sum_on_one_and_two_threads() {
        let (one, two) = (Workers::new(1), Workers::new(2));
        let raster: &[(i32, i32)] = &[(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 0)];
        let cases: [Case; 5] = [
            ((28, 28), 9, 19, 70, raster),
            ((7, 7), 5, 1, 64, raster),
            ((1, 1), 333, 7, 2, &[(0, 0)]),
            ((1, 1), 4097, 64, 64, &[(0, 0)]),
            ((4, 3), 2, 6, 17, &[(1, 1), (0, 0), (-2, 0)]),
        ];
        for ((height, width), images, k, n, taps) in cases {
            let positions = height * width;
            let (x, g) = (noise(1, images * positions * k), noise(2, images * positions * n));
            let mut want = vec![0.0; taps.len() * k * n];
            for b in 0..images {
                for (p, (t, &(dy, dx))) in (0..positions).flat_map(|p| taps.iter().enumerate().map(move |t| (p, t))) {
                    let (y, c) = ((p / width) as i32 + dy, (p % width) as i32 + dx);
                    if y < 0 || c < 0 || y >= height as i32 || c >= width as i32 {
                        continue;
                    }
                    let source = b * positions + y as usize * width + c as usize;
                    for i in 0..k {
                        for o in 0..n {
                            want[(t * k + i) * n + o] += x[source * k + i] * g[(b * positions + p) * n + o];
                        }
                    }
                }
            }
            let plan = ConvPlan::new((height, width), k, n, taps);
            let shape = WeightGrad { taps: &plan.taps, k, n, positions, images };
            let mut wide = vec![1.0; want.len()];
            shape.run(&one, &x, &g, &mut wide, &mut vec![0.0; shape.scratch()]);
            close(&wide, &want, 1e-12);
            let (x, g): (Vec<f32>, Vec<f32>) = (x.iter().map(|&x| x as f32).collect(), g.iter().map(|&x| x as f32).collect());
            let mut single = vec![1.0; want.len()];
            let mut split = vec![2.0; want.len()];
            shape.run(&one, &x, &g, &mut single, &mut vec![0.0; shape.scratch()]);
            shape.run(&two, &x, &g, &mut split, &mut vec![0.0; shape.scratch()]);
            close(&single, &want, 2e-5);
            assert_eq!(single, split);
        }
    }
}
