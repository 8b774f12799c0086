use super::dispatch::{Binding, Dispatch, Lowered, Work, extent, strides, uniform};
use super::shader::Shader;
use crate::graph::{Axes, Op, Shape};

uniform! {
    /// `Params` of `shaders/reduce.wgsl`.
    ReduceParams {
        extent: [u32; 4],
        kept: [u32; 4],
        reduced: [u32; 4],
        function: u32,
        chunks: u32,
        unused0: u32,
        unused1: u32,
    }
}

const SUM: u32 = 0;
const MAX: u32 = 1;

/// A thread adds at most so many numbers.
const LONGEST: usize = 256;

/// Sum over axes.
pub(super) fn sum(op: &Op, axes: Axes, operand: Shape, shape: Shape) -> Lowered {
    reduce(SUM, axes, operand, extent(op, shape))
}

/// Maximum over axes.
pub(super) fn max(op: &Op, axes: Axes, operand: Shape, shape: Shape) -> Lowered {
    reduce(MAX, axes, operand, extent(op, shape))
}

/// Adds partial sums `[chunks, result]` in scratch buffer 0.
pub(super) fn sum_of_chunks(chunks: usize, extent: [u32; 4]) -> Dispatch {
    let results = extent[0] * extent[1] * extent[2];
    pass(SUM, extent, flat(results), [chunks as u32, chunks as u32, 0, results], 1, Binding::Scratch(0), Binding::Result)
}

/// Results that lie one after the other.
fn flat(results: u32) -> [u32; 4] {
    [results, results, 0, 1]
}

fn reduce(function: u32, axes: Axes, operand: Shape, extent: [u32; 4]) -> Lowered {
    let lead = 4 - operand.rank();
    let is_reduced = |axis: usize| axis >= lead && axes.contains(axis - lead);
    let kept = merged(operand, |axis| !is_reduced(axis));
    let mut reduced = merged(operand, is_reduced);
    let results = kept[0];

    let mut lowered = Lowered::default();
    let mut from = Binding::Operand(0);
    let mut places = kept;
    loop {
        let count = reduced[0] as usize;
        let last = count <= LONGEST;
        let chunks = if last { 1 } else { count.div_ceil(LONGEST) };
        let to = if last { Binding::Result } else { Binding::Scratch(lowered.scratch.len()) };
        lowered.dispatches.push(pass(function, extent, places, reduced, chunks, from, to.clone()));
        if last {
            return lowered;
        }
        lowered.scratch.push(chunks * results as usize);
        from = to;
        places = flat(results);
        reduced = [chunks as u32, chunks as u32, 0, results];
    }
}

fn pass(function: u32, extent: [u32; 4], kept: [u32; 4], reduced: [u32; 4], chunks: usize, from: Binding, to: Binding) -> Dispatch {
    let params = ReduceParams { extent, kept, reduced, function, chunks: chunks as u32, ..Default::default() };
    Dispatch {
        shader: Shader::Reduce,
        params: bytemuck::bytes_of(&params).to_vec(),
        bindings: vec![from, to],
        extent,
        work: Work::Elements(chunks),
    }
}

/// The chosen axes of a shape as two nested loops: `[count, inner length, outer stride, inner stride]`.
///
/// Neighbouring axes are one loop, so four axes of which some are chosen never make more than two.
fn merged(shape: Shape, chosen: impl Fn(usize) -> bool) -> [u32; 4] {
    let (dims, strides) = (shape.aligned(), strides(shape));
    // Innermost first: (length, stride) of each run of chosen axes. Axes of length 1 neither join nor part others.
    let mut loops: Vec<(u32, u32)> = Vec::new();
    let mut open = false;
    for axis in (0..4).rev().filter(|&axis| dims[axis] > 1) {
        if !chosen(axis) {
            open = false;
            continue;
        }
        match loops.last_mut().filter(|_| open) {
            Some((length, _)) => *length *= dims[axis] as u32,
            None => loops.push((dims[axis] as u32, strides[axis])),
        }
        open = true;
    }
    let (inner, inner_stride) = loops.first().copied().unwrap_or((1, 0));
    let (outer, outer_stride) = loops.get(1).copied().unwrap_or((1, 0));
    [inner * outer, inner, outer_stride, inner_stride]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_reach_every_element_once() {
        let shape = Shape::try_new(&[2, 3, 5, 7]).expect("four axes");
        for set in 0..16u32 {
            let chosen = |axis: usize| set >> axis & 1 == 1;
            let (kept, reduced) = (merged(shape, |a| !chosen(a)), merged(shape, chosen));
            let place = |loops: [u32; 4], i: u32| i / loops[1] * loops[2] + i % loops[1] * loops[3];
            let mut seen: Vec<u32> = (0..kept[0]).flat_map(|o| (0..reduced[0]).map(move |r| place(kept, o) + place(reduced, r))).collect();
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..210), "axes {set:04b}");
        }
    }

    #[test]
    fn long_sums_are_trees() {
        let shape = Shape::try_new(&[64, 28, 28, 64]).expect("four axes");
        let lowered = reduce(SUM, Axes::all(shape), shape, [1, 1, 1, 0]);
        assert_eq!(lowered.scratch, [12_544, 49]);
        assert_eq!(lowered.dispatches.len(), 3);
    }
}
