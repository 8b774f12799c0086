//! Sums and maxima over axes. Every order of addition is fixed by the shapes alone.

use pulp::NullaryFnOnce;

use super::real::Real;
use super::region::{Region, RowLayout, RowWalk};
use super::threads::Workers;
use crate::graph::{Axes, MAX_RANK, Shape};

/// What a reduction does with two values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reduction {
    Sum,
    Max,
}

/// Elements for each separate partial result, and the most partial results.
const PARTIAL: usize = 1 << 16;
const PARTIALS: usize = 16;
/// Running values of one long row; their order of joining is a fixed tree.
const LANES: usize = 32;

/// A reduction, worked out once: axes of length 1 dropped, neighbours of the same fate joined, aligned at the right.
#[derive(Clone, Debug)]
pub(crate) struct ReducePlan {
    kind: Reduction,
    dims: [usize; MAX_RANK],
    /// Strides of the result, 0 along reduced axes.
    strides: [usize; MAX_RANK],
    /// Outermost axis that is left.
    outer: usize,
    last_reduced: bool,
    result: usize,
    elements: usize,
    /// Only the last axis is reduced: rows are independent, so regions make sense.
    rows: Option<(RowLayout, usize)>,
}

impl ReducePlan {
    pub(crate) fn new(kind: Reduction, shape: Shape, axes: Axes) -> ReducePlan {
        let mut joined: Vec<(usize, bool)> = Vec::new();
        for (axis, &length) in shape.dims().iter().enumerate().filter(|(_, length)| **length > 1) {
            match joined.last_mut() {
                Some((total, reduced)) if *reduced == axes.contains(axis) => *total *= length,
                _ => joined.push((length, axes.contains(axis))),
            }
        }
        if joined.is_empty() {
            joined.push((1, true));
        }
        let outer = MAX_RANK - joined.len();
        let (mut dims, mut strides, mut result) = ([1; MAX_RANK], [0; MAX_RANK], 1);
        for (axis, &(length, reduced)) in joined.iter().enumerate().rev() {
            dims[outer + axis] = length;
            if !reduced {
                strides[outer + axis] = result;
                result *= length;
            }
        }
        let last = shape.rank() - 1;
        let only_last = (0..shape.rank()).all(|axis| axes.contains(axis) == (axis == last) || shape.dims()[axis] == 1);
        let last_reduced = joined.last().is_some_and(|&(_, reduced)| reduced);
        let rows = (only_last && axes.contains(last)).then(|| (RowLayout::of(axes.reduce(shape)), shape.last()));
        ReducePlan { kind, dims, strides, outer, last_reduced, result, elements: shape.elements(), rows }
    }

    /// Partial results, where the outermost axis is reduced.
    fn partials(&self) -> usize {
        let reduced = self.strides[self.outer] == 0;
        if reduced { (self.elements / PARTIAL).clamp(1, PARTIALS).min(self.dims[self.outer]) } else { 1 }
    }

    /// Numbers of scratch memory that [`ReducePlan::run`] needs.
    pub(crate) fn scratch(&self) -> usize {
        match self.partials() {
            1 => 0,
            partials => partials * self.result,
        }
    }

    /// Layout for which a region can be asked, if the rows are independent.
    pub(crate) fn rows(&self) -> Option<RowLayout> {
        self.rows.map(|(rows, _)| rows)
    }

    /// A region of the result, where only the last axis is reduced.
    pub(crate) fn run_rows<T: Real>(&self, workers: &Workers, region: &Region, x: &[T], y: &mut [T]) -> bool {
        let Some((rows, width)) = self.rows else { return false };
        let arch = workers.arch();
        let kind = self.kind;
        rows.each(workers, width, region, y, |range, y| {
            arch.dispatch(Rows { kind, width, x: &x[range.start * width..range.end * width], y });
        });
        true
    }

    /// The whole result.
    pub(crate) fn run<T: Real>(&self, workers: &Workers, x: &[T], y: &mut [T], scratch: &mut [T]) {
        let (partials, length) = (self.partials(), self.dims[self.outer]);
        let parts = workers.parts(self.elements);
        let arch = workers.arch();
        if self.strides[self.outer] != 0 {
            // The outermost axis is kept: its slices are independent.
            let slice = self.strides[self.outer];
            return workers.rows(parts, y, slice, |range, y| {
                arch.dispatch(Slices { plan: self, start: range.start, end: range.end, origin: range.start * slice, x, y });
            });
        }
        if partials == 1 {
            return arch.dispatch(Slices { plan: self, start: 0, end: length, origin: 0, x, y });
        }
        let scratch = &mut scratch[..partials * self.result];
        workers.rows(parts, scratch, self.result, |range, out| {
            for (partial, y) in range.zip(out.chunks_mut(self.result)) {
                let (start, end) = (partial * length / partials, (partial + 1) * length / partials);
                arch.dispatch(Slices { plan: self, start, end, origin: 0, x, y });
            }
        });
        let (first, rest) = scratch.split_at(self.result);
        y.copy_from_slice(first);
        for partial in rest.chunks(self.result) {
            join(self.kind, y, partial);
        }
    }
}

/// Reduces each row of `width` to one value.
struct Rows<'a, T> {
    kind: Reduction,
    width: usize,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Real> NullaryFnOnce for Rows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let rows = self.x.chunks_exact(self.width).zip(self.y);
        match self.kind {
            Reduction::Sum => rows.for_each(|(x, y)| *y = fold(x, T::ZERO, |a, b| a + b)),
            Reduction::Max => rows.for_each(|(x, y)| *y = fold(x, T::LOWEST, |a, b| a.max(b))),
        }
    }
}

/// Part of the outermost axis.
struct Slices<'a, T> {
    plan: &'a ReducePlan,
    start: usize,
    end: usize,
    /// Element of the result at which `y` starts.
    origin: usize,
    x: &'a [T],
    y: &'a mut [T],
}

impl<T: Real> NullaryFnOnce for Slices<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        match self.plan.kind {
            Reduction::Sum => self.reduce(T::ZERO, |a, b| a + b),
            Reduction::Max => self.reduce(T::LOWEST, |a, b| a.max(b)),
        }
    }
}

impl<T: Real> Slices<'_, T> {
    #[inline(always)]
    fn reduce(self, empty: T, f: impl Fn(T, T) -> T + Copy) {
        let Slices { plan, start, end, origin, x, y } = self;
        y.fill(empty);
        if plan.outer == MAX_RANK - 1 {
            // One row in all.
            if plan.last_reduced {
                y[0] = fold(&x[start..end], empty, f);
            } else {
                y.copy_from_slice(&x[start..end]);
            }
            return;
        }
        let width = plan.dims[MAX_RANK - 1];
        let rows: usize = plan.dims[plan.outer + 1..MAX_RANK - 1].iter().product();
        let mut walk = RowWalk::new(&plan.dims, [&plan.strides], start * rows);
        for x in x[start * rows * width..end * rows * width].chunks_exact(width) {
            let at = walk.offsets[0] - origin;
            if plan.last_reduced {
                y[at] = f(y[at], fold(x, empty, f));
            } else {
                for (y, &x) in y[at..at + width].iter_mut().zip(x) {
                    *y = f(*y, x);
                }
            }
            walk.step();
        }
    }
}

/// One row, in an order that its length alone fixes.
#[inline(always)]
fn fold<T: Real>(x: &[T], empty: T, f: impl Fn(T, T) -> T) -> T {
    if x.len() < LANES {
        return x.iter().fold(empty, |a, &b| f(a, b));
    }
    let mut lanes = [empty; LANES];
    let mut chunks = x.chunks_exact(LANES);
    for chunk in &mut chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = f(*lane, x);
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(chunks.remainder()) {
        *lane = f(*lane, x);
    }
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            lanes[i] = f(lanes[i], lanes[i + half]);
        }
        half /= 2;
    }
    lanes[0]
}

fn join<T: Real>(kind: Reduction, y: &mut [T], x: &[T]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = if kind == Reduction::Sum { *y + x } else { y.max(x) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::cpu::testing::{close, narrow, noise};

    #[test]
    fn reductions_equal_loops_over_every_set_of_axes() {
        let (one, two) = (Workers::new(1), Workers::new(2));
        for dims in [&[3, 4, 5, 6][..], &[2, 1, 70, 2], &[513, 3], &[1, 9], &[64, 28, 28, 5], &[300_007], &[4, 100, 41]] {
            let shape = Shape::try_new(dims).unwrap();
            for set in 1..1u32 << shape.rank() {
                let axes = Axes::of(&(0..shape.rank()).filter(|a| set >> a & 1 == 1).collect::<Vec<_>>());
                let result = axes.reduce(shape);
                let x = noise(u64::from(set), shape.elements());
                let (mut sums, mut largest) = (vec![0.0; result.elements()], vec![f64::MIN; result.elements()]);
                for (index, &x) in x.iter().enumerate() {
                    let (mut rest, mut at, mut stride) = (index, 0, 1);
                    for axis in (0..shape.rank()).rev() {
                        let i = rest % shape.dims()[axis];
                        rest /= shape.dims()[axis];
                        at += if axes.contains(axis) { 0 } else { i * stride };
                        stride *= result.dims()[axis];
                    }
                    sums[at] += x;
                    largest[at] = f64::max(largest[at], x);
                }
                for (kind, want) in [(Reduction::Sum, sums), (Reduction::Max, largest)] {
                    let plan = ReducePlan::new(kind, shape, axes);
                    let narrowed = narrow(&x);
                    let run = |workers: &Workers| {
                        let mut y = vec![7.0f32; want.len()];
                        plan.run(workers, &narrowed, &mut y, &mut vec![0.0; plan.scratch()]);
                        y
                    };
                    let y = run(&one);
                    close(&y, &want, 1e-5);
                    assert_eq!(y, run(&two), "{dims:?} {set:b}");
                    let mut wide = vec![7.0; want.len()];
                    plan.run(&one, &x, &mut wide, &mut vec![0.0; plan.scratch()]);
                    close(&wide, &want, 1e-11);
                    if let Some(rows) = plan.rows() {
                        let mut parts = vec![0.0f32; want.len()];
                        for position in 0..rows.positions {
                            let region = Region { batch: 0..rows.batch, positions: position..position + 1 };
                            assert!(plan.run_rows(&two, &region, &narrow(&x), &mut parts));
                        }
                        close(&parts, &want, 1e-5);
                    }
                }
            }
        }
    }
}
