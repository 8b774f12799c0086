//! Moving numbers: permute, expand, slice, pad, concatenate, one-hot. A region of the result reads only what it needs.

use super::matmul::transpose;
use super::real::Real;
use super::region::{Region, RowLayout, RowWalk, broadcast_strides};
use super::threads::Workers;
use crate::graph::{MAX_RANK, Shape};

/// `y[i] = x[start + sum_axis i_axis stride_axis]`: permute, expand and slice.
#[derive(Clone, Debug)]
pub(crate) struct Gather {
    rows: RowLayout,
    dims: [usize; MAX_RANK],
    strides: [usize; MAX_RANK],
    start: usize,
    /// A plain transposition of a matrix: rows and columns of the operand.
    transposed: Option<(usize, usize)>,
}

impl Gather {
    /// Axis `i` of the result is axis `permutation[i]` of the operand.
    pub(crate) fn permute(operand: Shape, result: Shape, permutation: &[usize; MAX_RANK]) -> Gather {
        let from = broadcast_strides(operand);
        let skip = MAX_RANK - result.rank();
        let mut strides = [0; MAX_RANK];
        for axis in 0..result.rank() {
            strides[skip + axis] = from[skip + permutation[axis]];
        }
        let is_matrix = result.rank() == 2 && permutation[..2] == [1, 0];
        let transposed = is_matrix.then(|| (operand.dims()[0], operand.dims()[1]));
        Gather { rows: RowLayout::of(result), dims: result.aligned(), strides, start: 0, transposed }
    }

    /// Repeats axes of length 1.
    pub(crate) fn expand(operand: Shape, result: Shape) -> Gather {
        let strides = broadcast_strides(operand);
        Gather { rows: RowLayout::of(result), dims: result.aligned(), strides, start: 0, transposed: None }
    }

    /// Elements from `start` along an axis.
    pub(crate) fn slice(operand: Shape, result: Shape, axis: usize, start: usize) -> Gather {
        let strides = broadcast_strides(operand);
        let start = start * strides[MAX_RANK - result.rank() + axis];
        Gather { rows: RowLayout::of(result), dims: result.aligned(), strides, start, transposed: None }
    }

    pub(crate) fn run<T: Real>(&self, workers: &Workers, region: &Region, x: &[T], y: &mut [T]) {
        if let Some((rows, columns)) = self.transposed
            && *region == self.rows.whole()
        {
            return transpose(x, rows, columns, y);
        }
        let width = self.rows.width;
        self.rows.each(workers, 1, region, y, |rows, y| {
            let mut walk = RowWalk::new(&self.dims, [&self.strides], rows.start);
            for y in y.chunks_exact_mut(width) {
                let from = self.start + walk.offsets[0];
                match self.strides[MAX_RANK - 1] {
                    1 => y.copy_from_slice(&x[from..from + width]),
                    0 => y.fill(x[from]),
                    stride => {
                        for (y, &x) in y.iter_mut().zip(x[from..].iter().step_by(stride)) {
                            *y = x;
                        }
                    }
                }
                walk.step();
            }
        });
    }
}

/// Operands side by side along an axis, zeros between: concatenate and pad.
#[derive(Clone, Debug)]
pub(crate) struct Placement {
    rows: RowLayout,
    dims: [usize; MAX_RANK],
    /// The axis, aligned at the right.
    axis: usize,
    parts: Vec<Part>,
    /// The operands leave gaps, which are zero.
    gaps: bool,
}

#[derive(Clone, Debug)]
struct Part {
    start: usize,
    length: usize,
    strides: [usize; MAX_RANK],
}

impl Placement {
    pub(crate) fn concat(operands: &[Shape], result: Shape, axis: usize) -> Placement {
        let mut start = 0;
        let parts = operands.iter().map(|operand| {
            let length = operand.dims()[axis];
            start += length;
            Part { start: start - length, length, strides: broadcast_strides(*operand) }
        });
        let parts = parts.collect();
        let axis = MAX_RANK - result.rank() + axis;
        Placement { rows: RowLayout::of(result), dims: result.aligned(), axis, parts, gaps: false }
    }

    /// Zeros before and after one operand.
    pub(crate) fn pad(operand: Shape, result: Shape, axis: usize, before: usize) -> Placement {
        let part = Part { start: before, length: operand.dims()[axis], strides: broadcast_strides(operand) };
        let axis = MAX_RANK - result.rank() + axis;
        Placement { rows: RowLayout::of(result), dims: result.aligned(), axis, parts: vec![part], gaps: true }
    }

    /// `operand(i)` gives the values of operand `i`.
    pub(crate) fn run<'a, T: Real>(&self, workers: &Workers, region: &Region, operand: impl Fn(usize) -> &'a [T] + Sync, y: &mut [T]) {
        let width = self.rows.width;
        self.rows.each(workers, 1, region, y, |rows, y| {
            if self.gaps {
                y.fill(T::ZERO);
            }
            for (index, part) in self.parts.iter().enumerate() {
                let x = operand(index);
                let mut walk = RowWalk::new(&self.dims, [&part.strides], rows.start);
                for y in y.chunks_exact_mut(width) {
                    let from = walk.offsets[0];
                    if self.axis == MAX_RANK - 1 {
                        y[part.start..part.start + part.length].copy_from_slice(&x[from..from + part.length]);
                    } else if let Some(within) = walk.at[self.axis].checked_sub(part.start)
                        && within < part.length
                    {
                        let from = from - part.start * part.strides[self.axis];
                        // An operand of length 1 along the axis has stride 0 there.
                        y.copy_from_slice(&x[from..from + width]);
                    }
                    walk.step();
                }
            }
        });
    }
}

/// Index `x` to a row with a one at the index; an index outside gives zeros. `rows` is the layout of `y`.
pub(crate) fn one_hot<T: Real>(workers: &Workers, rows: &RowLayout, region: &Region, x: &[T], y: &mut [T]) {
    rows.each(workers, 1, region, y, |range, y| {
        y.fill(T::ZERO);
        for (x, y) in x[range].iter().zip(y.chunks_exact_mut(rows.width)) {
            if let Some(one) = usize::try_from(x.to_index()).ok().and_then(|index| y.get_mut(index)) {
                *one = T::ONE;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::cpu::testing::noise;

    fn shape(dims: &[usize]) -> Shape {
        Shape::try_new(dims).unwrap()
    }

    fn index(dims: &[usize], at: &[usize]) -> usize {
        dims.iter().zip(at).fold(0, |sum, (d, i)| sum * d + i)
    }

    fn every(dims: &[usize]) -> Vec<Vec<usize>> {
        dims.iter()
            .fold(vec![vec![]], |all, &d| all.into_iter().flat_map(|at| (0..d).map(move |i| [at.clone(), vec![i]].concat())).collect())
    }

    #[test]
    fn permute_slice_and_expand_move_what_their_indices_say() {
        let workers = Workers::new(1);
        let dims = [3, 4, 5, 2];
        let x = noise(1, 120);
        for permutation in [[0, 1, 2, 3], [3, 2, 1, 0], [0, 2, 1, 3], [1, 0, 3, 2]] {
            let to: Vec<usize> = permutation.iter().map(|&a| dims[a]).collect();
            let mut y = vec![0.0; 120];
            let plan = Gather::permute(shape(&dims), shape(&to), &permutation);
            plan.run(&workers, &plan.rows.whole(), &x, &mut y);
            for at in every(&to) {
                let mut from = [0; 4];
                (0..4).for_each(|a| from[permutation[a]] = at[a]);
                assert_eq!(y[index(&to, &at)], x[index(&dims, &from)]);
            }
        }
        let plan = Gather::permute(shape(&[40, 3]), shape(&[3, 40]), &[1, 0, 0, 0]);
        let mut y = vec![0.0; 120];
        plan.run(&workers, &plan.rows.whole(), &x, &mut y);
        assert!(every(&[3, 40]).iter().all(|at| y[index(&[3, 40], at)] == x[index(&[40, 3], &[at[1], at[0]])]));
        for axis in 0..4 {
            let mut to = dims;
            to[axis] -= 1;
            let plan = Gather::slice(shape(&dims), shape(&to), axis, 1);
            let mut y = vec![0.0; to.iter().product()];
            plan.run(&workers, &plan.rows.whole(), &x, &mut y);
            for at in every(&to) {
                let mut from = at.clone();
                from[axis] += 1;
                assert_eq!(y[index(&to, &at)], x[index(&dims, &from)]);
            }
        }
        let plan = Gather::expand(shape(&[4, 1, 2]), shape(&[3, 4, 5, 2]));
        let mut y = vec![0.0; 120];
        plan.run(&workers, &plan.rows.whole(), &x[..8], &mut y);
        assert!(every(&dims).iter().all(|at| y[index(&dims, at)] == x[at[1] * 2 + at[3]]));
    }

    #[test]
    fn concat_undoes_slices_and_pad_is_zero_elsewhere() {
        let workers = Workers::new(1);
        let dims = [3, 4, 5, 3];
        let x = noise(2, 180);
        for axis in 0..4 {
            let (mut low, mut high) = (dims, dims);
            low[axis] = 1;
            high[axis] -= 1;
            let cut = |to: &[usize; 4], start| {
                let plan = Gather::slice(shape(&dims), shape(to), axis, start);
                let mut y = vec![0.0; to.iter().product()];
                plan.run(&workers, &plan.rows.whole(), &x, &mut y);
                y
            };
            let (a, b) = (cut(&low, 0), cut(&high, 1));
            let plan = Placement::concat(&[shape(&low), shape(&high)], shape(&dims), axis);
            let mut y = vec![9.0; 180];
            plan.run(&workers, &plan.rows.whole(), |i| if i == 0 { &a[..] } else { &b[..] }, &mut y);
            assert_eq!(x, y);
            let plan = Placement::pad(shape(&high), shape(&dims), axis, 1);
            plan.run(&workers, &plan.rows.whole(), |_| &b[..], &mut y);
            for at in every(&dims) {
                let want = if at[axis] == 0 { 0.0 } else { x[index(&dims, &at)] };
                assert_eq!(y[index(&dims, &at)], want);
            }
            let plan = Placement::pad(shape(&low), shape(&dims), axis, 2);
            plan.run(&workers, &plan.rows.whole(), |_| &a[..], &mut y);
            for at in every(&dims) {
                let mut from = at.clone();
                from[axis] = 0;
                let want = if at[axis] == 2 { x[index(&dims, &from)] } else { 0.0 };
                assert_eq!(y[index(&dims, &at)], want);
            }
        }
    }

    #[test]
    fn one_hot_ignores_indices_outside() {
        let rows = RowLayout { batch: 4, positions: 1, width: 3 };
        let mut y = vec![5.0f32; 12];
        one_hot(&Workers::new(1), &rows, &rows.whole(), &[2.0, 0.0, 3.0, -1.0], &mut y);
        assert_eq!(y, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    }
}
