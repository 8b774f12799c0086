//! The row kernel: every product of the program goes through it.
//!
//! `out[row, 0..n] = bias + sum_k x[row, k] w[k, 0..n]`, for rows that are positions of images or rows of a matrix. A block is `R` rows
//! times `V` vectors of output channels; the accumulators stay in registers while k runs. Each output has ONE accumulator and adds
//! its terms in the order of k with one fused operation, whatever block it falls in: so a row computed alone has the same bits as
//! the same row inside a whole batch. The k loop is cut into *segments*: a tap of a convolution is a run of input channels at another
//! position, and a tap outside the image is a segment left out. Nothing is packed or copied.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::panel::{Narrow, Panel, Vectors};
use super::real::Real;

/// A run of the k loop: `length` inputs from the row's own start plus `offset`, against rows `row..row + length` of the weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) offset: isize,
    pub(crate) row: usize,
    pub(crate) length: usize,
}

/// Positions that share their segments, as ranges in increasing order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Class {
    pub(crate) segments: Vec<Segment>,
    pub(crate) runs: Vec<(usize, usize)>,
}

impl Class {
    /// The rows of a matrix: `k` inputs each.
    pub(crate) fn matrix(rows: usize, k: usize) -> Class {
        Class { segments: vec![Segment { offset: 0, row: 0, length: k }], runs: vec![(0, rows)] }
    }
}

/// One call of the kernel.
pub(crate) struct RowProduct<'a, T> {
    /// Inputs, `[images, positions, k]`.
    pub(crate) x: &'a [T],
    /// Weights, `[all segments, n]`.
    pub(crate) w: &'a [T],
    pub(crate) bias: Option<&'a [T]>,
    /// Output channels.
    pub(crate) n: usize,
    /// Input channels: the stride from one position to the next.
    pub(crate) k: usize,
    /// Positions of an image.
    pub(crate) positions: usize,
    pub(crate) classes: &'a [Class],
    /// The rows to compute.
    pub(crate) images: Range<usize>,
    pub(crate) region: Range<usize>,
    /// Outputs from row `origin` (image times positions plus position) on.
    pub(crate) out: &'a mut [T],
    pub(crate) origin: usize,
}

impl<T: Real> RowProduct<'_, T> {
    pub(crate) fn run(self, arch: Arch) {
        arch.dispatch(self);
    }
}

/// Rows that are worked through panel by panel, so that they and the panel stay in the second-level cache.
const CHUNK: usize = 768;
/// Rows of a full block.
const BLOCK: usize = 6;

impl<T: Real> WithSimd for RowProduct<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let region = self.region.clone();
        let group = (CHUNK / region.len().max(1)).max(1);
        let mut first = self.images.start;
        while first < self.images.end {
            let images = first..(first + group).min(self.images.end);
            let mut start = region.start;
            while start < region.end {
                // One chunk per image where images are of ordinary size.
                let end = if region.len() <= 2 * CHUNK { region.end } else { (start + CHUNK).min(region.end) };
                self.panels(simd, images.clone(), start..end);
                start = end;
            }
            first += group;
        }
    }
}

impl<T: Real> RowProduct<'_, T> {
    /// Output channels in panels: as many vectors as the registers hold, then ever narrower ones.
    #[inline(always)]
    fn panels<S: Simd>(&mut self, simd: S, images: Range<usize>, region: Range<usize>) {
        let lanes = T::lanes::<S>();
        let mut column = 0;
        // Six rows of four vectors need 29 registers; with 16 registers two vectors fit.
        if S::REGISTER_COUNT >= 32 {
            while self.n - column >= 4 * lanes {
                self.panel::<S, Vectors<S, T, 4>>(simd, &images, &region, column);
                column += 4 * lanes;
            }
        }
        while self.n - column >= 2 * lanes {
            self.panel::<S, Vectors<S, T, 2>>(simd, &images, &region, column);
            column += 2 * lanes;
        }
        while self.n - column >= lanes {
            self.panel::<S, Vectors<S, T, 1>>(simd, &images, &region, column);
            column += lanes;
        }
        while self.n - column >= 8 {
            self.panel::<S, Narrow<T, 8>>(simd, &images, &region, column);
            column += 8;
        }
        if self.n - column >= 4 {
            self.panel::<S, Narrow<T, 4>>(simd, &images, &region, column);
            column += 4;
        }
        if self.n - column >= 2 {
            self.panel::<S, Narrow<T, 2>>(simd, &images, &region, column);
            column += 2;
        }
        if self.n > column {
            self.panel::<S, Narrow<T, 1>>(simd, &images, &region, column);
        }
    }

    /// Every row of the chunk for the output channels of one panel, from `column` on.
    #[inline(always)]
    fn panel<S: Simd, P: Panel<S, T>>(&mut self, simd: S, images: &Range<usize>, region: &Range<usize>, column: usize) {
        let classes = self.classes;
        for class in classes {
            let segments = &class.segments[..];
            let mut rows = [(0, 0); BLOCK];
            let mut filled = 0;
            for image in images.clone() {
                let base = image * self.positions;
                let reached = class.runs.partition_point(|run| run.1 <= region.start);
                for &(start, end) in &class.runs[reached..] {
                    if start >= region.end {
                        break;
                    }
                    for position in start.max(region.start)..end.min(region.end) {
                        let row = base + position;
                        rows[filled] = (row * self.k, (row - self.origin) * self.n + column);
                        filled += 1;
                        if filled == BLOCK {
                            self.block::<S, BLOCK, P>(simd, segments, rows, column);
                            filled = 0;
                        }
                    }
                }
            }
            let mut rest = &rows[..filled];
            if let Some((four, after)) = rest.split_first_chunk::<4>() {
                self.block::<S, 4, P>(simd, segments, *four, column);
                rest = after;
            }
            if let Some((two, after)) = rest.split_first_chunk::<2>() {
                self.block::<S, 2, P>(simd, segments, *two, column);
                rest = after;
            }
            if let Some((one, _)) = rest.split_first_chunk::<1>() {
                self.block::<S, 1, P>(simd, segments, *one, column);
            }
        }
    }

    /// `R` rows, given by where their inputs and outputs start.
    #[inline(always)]
    fn block<S: Simd, const R: usize, P: Panel<S, T>>(&mut self, simd: S, segments: &[Segment], rows: [(usize, usize); R], column: usize) {
        let width = P::width();
        let start = match self.bias {
            Some(bias) => P::load(simd, &bias[column..]),
            None => P::zero(simd),
        };
        let mut sums = [start; R];
        for segment in segments {
            let mut inputs: [&[T]; R] = [&[]; R];
            for r in 0..R {
                let start = rows[r].0.wrapping_add_signed(segment.offset);
                inputs[r] = &self.x[start..start + segment.length];
            }
            let weights = &self.w[segment.row * self.n + column..];
            for k in 0..segment.length {
                let panel = P::load(simd, &weights[k * self.n..k * self.n + width]);
                for r in 0..R {
                    panel.add_product(simd, inputs[r][k], &mut sums[r]);
                }
            }
        }
        for r in 0..R {
            sums[r].store(simd, &mut self.out[rows[r].1..rows[r].1 + width]);
        }
    }
}
