use std::ops::Range;

use super::threads::Workers;
use crate::graph::{MAX_RANK, Shape};

/// A part of a value: batch rows times positions (`y * width + x`). The whole value is the largest region.
///
/// A value does not depend on the region that computed it, bit for bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Rows of the batch.
    pub batch: Range<usize>,
    /// Positions of the grid; a value without a grid has only position 0.
    pub positions: Range<usize>,
}

/// How the rows (positions of all examples, each with its channels) of a value are laid out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowLayout {
    pub(crate) batch: usize,
    pub(crate) positions: usize,
    /// Channels: length of a row.
    pub(crate) width: usize,
}

impl RowLayout {
    pub(crate) fn of(shape: Shape) -> RowLayout {
        let batch = if shape.rank() < 2 { 1 } else { shape.batch() };
        RowLayout { batch, positions: shape.positions(), width: shape.last() }
    }

    pub(crate) fn whole(&self) -> Region {
        Region { batch: 0..self.batch, positions: 0..self.positions }
    }

    /// The region as this value has it: a value with one row or one position has that one in every region.
    pub(crate) fn clip(&self, region: &Region) -> Region {
        let clip = |range: &Range<usize>, length: usize| match length {
            1 => 0..1,
            _ => range.start.min(length)..range.end.min(length),
        };
        Region { batch: clip(&region.batch, self.batch), positions: clip(&region.positions, self.positions) }
    }

    /// Calls `run` with contiguous ranges of rows and their part of `out`, which holds the whole value; split over
    /// the workers where `cost` an element makes it worth while.
    pub(crate) fn each<T: Send>(
        &self,
        workers: &Workers,
        cost: usize,
        region: &Region,
        out: &mut [T],
        run: impl Fn(Range<usize>, &mut [T]) + Sync,
    ) {
        let (positions, width) = (self.positions, self.width);
        if region.positions.len() == positions {
            let first = region.batch.start * positions;
            let out = &mut out[first * width..region.batch.end * positions * width];
            let parts = workers.parts(out.len() * cost);
            return workers.rows(parts, out, width, |rows, out| run(first + rows.start..first + rows.end, out));
        }
        for image in region.batch.clone() {
            let rows = image * positions + region.positions.start..image * positions + region.positions.end;
            let out = &mut out[rows.start * width..rows.end * width];
            run(rows, out);
        }
    }
}

/// Element offsets of `N` operands for consecutive rows of a value: the first three of four axes counted up.
#[derive(Clone, Copy)]
pub(crate) struct RowWalk<'a, const N: usize> {
    dims: &'a [usize; MAX_RANK],
    strides: [&'a [usize; MAX_RANK]; N],
    pub(crate) at: [usize; 3],
    /// Where each operand's row starts.
    pub(crate) offsets: [usize; N],
}

impl<'a, const N: usize> RowWalk<'a, N> {
    /// Starts at a row of a value with these axes (aligned at the right); a stride of 0 repeats an axis.
    #[inline(always)]
    pub(crate) fn new(dims: &'a [usize; MAX_RANK], strides: [&'a [usize; MAX_RANK]; N], row: usize) -> Self {
        let at = [row / (dims[2] * dims[1]), row / dims[2] % dims[1], row % dims[2]];
        let mut offsets = [0; N];
        for (offset, stride) in offsets.iter_mut().zip(&strides) {
            *offset = at[0] * stride[0] + at[1] * stride[1] + at[2] * stride[2];
        }
        RowWalk { dims, strides, at, offsets }
    }

    #[inline(always)]
    pub(crate) fn step(&mut self) {
        self.at[2] += 1;
        if self.at[2] < self.dims[2] {
            for n in 0..N {
                self.offsets[n] += self.strides[n][2];
            }
            return;
        }
        self.at[2] = 0;
        self.at[1] += 1;
        if self.at[1] == self.dims[1] {
            self.at[1] = 0;
            self.at[0] += 1;
        }
        for n in 0..N {
            self.offsets[n] = self.at[0] * self.strides[n][0] + self.at[1] * self.strides[n][1];
        }
    }
}

/// Element strides of a contiguous value that broadcasts to a shape: 0 along axes that it stretches.
pub(crate) fn broadcast_strides(operand: Shape) -> [usize; MAX_RANK] {
    let dims = operand.aligned();
    let mut strides = [0; MAX_RANK];
    let mut stride = 1;
    for axis in (0..MAX_RANK).rev() {
        strides[axis] = if dims[axis] == 1 { 0 } else { stride };
        stride *= dims[axis];
    }
    strides
}
