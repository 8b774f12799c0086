//! The weight gradient: the row kernel with the roles turned.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::conv::TapRuns;
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

    /// Numbers of scratch memory that [`WeightGrad::run`] needs.
    pub(crate) fn scratch(&self) -> usize {
        match self.partials() {
            1 => 0,
            partials => partials * self.weights(),
        }
    }

    /// Writes all of `dw`.
    pub(crate) fn run<T: Real>(&self, workers: &Workers, x: &[T], g: &[T], dw: &mut [T], scratch: &mut [T]) {
        let (partials, weights, chunks) = (self.partials(), self.weights(), self.chunks());
        let arch = workers.arch();
        let sum = |partial: usize, out: &mut [T]| {
            let range = partial * chunks / partials..(partial + 1) * chunks / partials;
            out.fill(T::ZERO);
            Partial { shape: self, x, g, out, chunks: range }.run(arch);
        };
        if partials == 1 {
            return sum(0, dw);
        }
        let scratch = &mut scratch[..partials * weights];
        let parts = workers.parts(self.images * self.positions * weights);
        workers.rows(parts, scratch, weights, |range, out| {
            for (partial, out) in range.zip(out.chunks_mut(weights)) {
                sum(partial, out);
            }
        });
        let (first, rest) = scratch.split_at(weights);
        dw.copy_from_slice(first);
        for partial in rest.chunks(weights) {
            for (sum, &term) in dw.iter_mut().zip(partial) {
                *sum += term;
            }
        }
    }
}

/// One partial sum: some chunks, in order.
struct Partial<'a, T> {
    shape: &'a WeightGrad<'a>,
    x: &'a [T],
    g: &'a [T],
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
        let mut column = 0;
        if S::REGISTER_COUNT >= 32 {
            while self.shape.n - column >= 4 * lanes {
                self.panel::<S, 4, false>(simd, tap, images, region, column);
                column += 4 * lanes;
            }
        }
        while self.shape.n - column >= 2 * lanes {
            self.panel::<S, 2, false>(simd, tap, images, region, column);
            column += 2 * lanes;
        }
        if self.shape.n - column >= lanes {
            self.panel::<S, 1, false>(simd, tap, images, region, column);
            column += lanes;
        }
        if self.shape.n > column {
            self.panel::<S, 1, true>(simd, tap, images, region, column);
        }
    }

    /// All input channels of one tap for `V` vectors of output channels.
    #[inline(always)]
    fn panel<S: Simd, const V: usize, const PART: bool>(
        &mut self,
        simd: S,
        tap: usize,
        images: &Range<usize>,
        region: &Range<usize>,
        column: usize,
    ) {
        let mut channel = 0;
        while self.shape.k - channel >= BLOCK {
            self.block::<S, BLOCK, V, PART>(simd, tap, images, region, channel, column);
            channel += BLOCK;
        }
        if self.shape.k - channel >= 4 {
            self.block::<S, 4, V, PART>(simd, tap, images, region, channel, column);
            channel += 4;
        }
        if self.shape.k - channel >= 2 {
            self.block::<S, 2, V, PART>(simd, tap, images, region, channel, column);
            channel += 2;
        }
        if self.shape.k > channel {
            self.block::<S, 1, V, PART>(simd, tap, images, region, channel, column);
        }
    }

    /// `R` input channels: their sums stay in registers over the chunk.
    #[inline(always)]
    fn block<S: Simd, const R: usize, const V: usize, const PART: bool>(
        &mut self,
        simd: S,
        tap: usize,
        images: &Range<usize>,
        region: &Range<usize>,
        channel: usize,
        column: usize,
    ) {
        let WeightGrad { taps, k, n, positions, .. } = *self.shape;
        let lanes = T::lanes::<S>();
        let width = if PART { n - column } else { V * lanes };
        let row = tap * k + channel;
        let mut sums = [[T::splat(simd, T::ZERO); V]; R];
        for r in 0..R {
            let from = &self.out[(row + r) * n + column..][..width];
            for v in 0..V {
                sums[r][v] = load::<S, T, PART>(simd, from, v);
            }
        }
        let runs = &taps[tap].runs[..];
        let reached = runs.partition_point(|run| run.1 <= region.start);
        for image in images.clone() {
            for &(start, end) in &runs[reached..] {
                if start >= region.end {
                    break;
                }
                for position in start.max(region.start)..end.min(region.end) {
                    let at = image * positions + position;
                    let inputs = &self.x[(at * k + channel).wrapping_add_signed(taps[tap].offset)..][..R];
                    let gradient = &self.g[at * n + column..][..width];
                    let mut panel = [sums[0][0]; V];
                    for v in 0..V {
                        panel[v] = load::<S, T, PART>(simd, gradient, v);
                    }
                    for r in 0..R {
                        let a = T::splat(simd, inputs[r]);
                        for v in 0..V {
                            sums[r][v] = T::mul_add_vector(simd, a, panel[v], sums[r][v]);
                        }
                    }
                }
            }
        }
        for r in 0..R {
            let to = &mut self.out[(row + r) * n + column..][..width];
            for v in 0..V {
                if PART {
                    T::store_part(simd, to, sums[r][v]);
                } else {
                    T::store(simd, &mut to[v * lanes..], sums[r][v]);
                }
            }
        }
    }
}

#[inline(always)]
fn load<S: Simd, T: Real, const PART: bool>(simd: S, from: &[T], v: usize) -> T::Vector<S> {
    if PART { T::load_part(simd, from) } else { T::load(simd, &from[v * T::lanes::<S>()..]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::cpu::conv::ConvPlan;
    use crate::exec::cpu::testing::{close, noise};

    #[test]
    fn weight_gradient_equals_its_sum_on_one_and_two_threads() {
        let (one, two) = (Workers::new(1), Workers::new(2));
        let raster: &[(i32, i32)] = &[(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 0)];
        let cases: [((usize, usize), usize, usize, usize, &[(i32, i32)]); 5] = [
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
