//! Masked convolution: where a tap is dead or outside the image, nothing is computed.

use std::collections::HashMap;
use std::ops::Range;

use super::real::Real;
use super::rows::{Class, RowProduct, Segment};
use super::threads::Workers;

/// The geometry of a convolution, worked out once.
#[derive(Clone, Debug)]
pub(crate) struct ConvPlan {
    pub(crate) positions: usize,
    /// Input and output channels.
    pub(crate) k: usize,
    pub(crate) n: usize,
    classes: Vec<Class>,
    class_of: Vec<u32>,
    /// Taps, as the weight gradient needs them.
    pub(crate) taps: Vec<TapRuns>,
}

/// A tap: the distance to its input, and the positions where it lies inside the image.
#[derive(Clone, Debug)]
pub(crate) struct TapRuns {
    pub(crate) offset: isize,
    pub(crate) runs: Vec<(usize, usize)>,
}

impl ConvPlan {
    /// Images of `grid` (height, width), `k` input and `n` output channels, taps as offsets `(dy, dx)`.
    pub(crate) fn new(grid: (usize, usize), k: usize, n: usize, taps: &[(i32, i32)]) -> ConvPlan {
        let (height, width) = grid;
        let inside = |y: usize, x: usize, (dy, dx): (i32, i32)| {
            y.checked_add_signed(dy as isize).is_some_and(|y| y < height) && x.checked_add_signed(dx as isize).is_some_and(|x| x < width)
        };
        let offset = |(dy, dx): (i32, i32)| (dy as isize * width as isize + dx as isize) * k as isize;
        let mut classes: Vec<Class> = Vec::new();
        let mut class_of = Vec::with_capacity(height * width);
        let mut known: HashMap<Vec<bool>, usize> = HashMap::new();
        let mut tap_runs: Vec<TapRuns> = taps.iter().map(|&tap| TapRuns { offset: offset(tap), runs: Vec::new() }).collect();
        for position in 0..height * width {
            let live: Vec<bool> = taps.iter().map(|&tap| inside(position / width, position % width, tap)).collect();
            for (tap, _) in tap_runs.iter_mut().zip(&live).filter(|(_, live)| **live) {
                extend(&mut tap.runs, position);
            }
            let class = *known.entry(live).or_insert_with_key(|live| {
                let alive = (0..taps.len()).filter(|&t| live[t]);
                let segments = merge(alive.map(|t| Segment { offset: offset(taps[t]), row: t * k, length: k }));
                classes.push(Class { segments, runs: Vec::new() });
                classes.len() - 1
            });
            extend(&mut classes[class].runs, position);
            class_of.push(class as u32);
        }
        ConvPlan { positions: height * width, k, n, classes, class_of, taps: tap_runs }
    }

    /// `y[b,p,o] = bias[o] + sum_t sum_i x[b, p + tap_t, i] w[t,i,o]` for a region.
    ///
    /// Shapes: `x [B,P,k]`, `w [taps,k,n]`, `y [B,P,n]`; `y` is the whole result, of which only the region is written.
    #[allow(clippy::too_many_arguments, reason = "operands of one product")]
    pub(crate) fn forward<T: Real>(
        &self,
        workers: &Workers,
        x: &[T],
        w: &[T],
        bias: Option<&[T]>,
        y: &mut [T],
        images: Range<usize>,
        region: Range<usize>,
    ) {
        let (n, positions) = (self.n, self.positions);
        // One position, the sampler's case, goes straight to its class.
        let classes = match region.len() {
            1 => std::slice::from_ref(&self.classes[self.class_of[region.start] as usize]),
            _ => &self.classes[..],
        };
        let product = |images: Range<usize>, region: Range<usize>, out: &mut [T], origin: usize| {
            RowProduct { x, w, bias, n, k: self.k, positions, classes, images, region, out, origin }.run(workers.arch());
        };
        let parts = workers.product_parts(images.len() * region.len() * n * self.k * self.taps.len());
        if parts > 1 && images.len() > 1 {
            let out = &mut y[images.start * positions * n..images.end * positions * n];
            workers.rows(parts, out, positions * n, |rows, out| {
                let (first, last) = (images.start + rows.start, images.start + rows.end);
                product(first..last, region.clone(), out, first * positions);
            });
        } else if parts > 1 {
            let origin = images.start * positions + region.start;
            let out = &mut y[origin * n..(origin + region.len()) * n];
            workers.rows(parts, out, n, |rows, out| {
                let range = region.start + rows.start..region.start + rows.end;
                product(images.clone(), range, out, origin + rows.start);
            });
        } else {
            product(images, region, y, 0);
        }
    }
}

/// Adds a position to sorted ranges.
fn extend(runs: &mut Vec<(usize, usize)>, position: usize) {
    match runs.last_mut() {
        Some((_, end)) if *end == position => *end += 1,
        _ => runs.push((position, position + 1)),
    }
}

/// Joins segments whose inputs and weights both follow each other: two taps side by side are one longer run.
fn merge(segments: impl Iterator<Item = Segment>) -> Vec<Segment> {
    let mut merged: Vec<Segment> = Vec::new();
    for segment in segments {
        match merged.last_mut() {
            Some(last) if last.row + last.length == segment.row && last.offset + last.length as isize == segment.offset => {
                last.length += segment.length;
            }
            _ => merged.push(segment),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::cpu::testing::{close, narrow, noise};

    const RASTER_3: [(i32, i32); 5] = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 0)];

    #[allow(clippy::too_many_arguments, reason = "operands of one formula")]
    fn naive(grid: (usize, usize), batch: usize, k: usize, n: usize, taps: &[(i32, i32)], x: &[f64], w: &[f64], bias: &[f64]) -> Vec<f64> {
        let (height, width) = grid;
        let mut y = Vec::new();
        for b in 0..batch {
            for row in 0..height as i32 {
                for column in 0..width as i32 {
                    for o in 0..n {
                        let mut sum = bias[o];
                        for (t, &(dy, dx)) in taps.iter().enumerate() {
                            let (sy, sx) = (row + dy, column + dx);
                            if sy < 0 || sx < 0 || sy >= height as i32 || sx >= width as i32 {
                                continue;
                            }
                            let source = (b * height + sy as usize) * width + sx as usize;
                            sum += (0..k).map(|i| x[source * k + i] * w[(t * k + i) * n + o]).sum::<f64>();
                        }
                        y.push(sum);
                    }
                }
            }
        }
        y
    }

    /// Grid, batch, k, n, taps.
    type Case = ((usize, usize), usize, usize, usize, Vec<(i32, i32)>);

    /// Widths that take every panel and tail, taps that leave the image on every side.
    fn cases() -> Vec<Case> {
        vec![
            ((28, 28), 2, 8, 64, RASTER_3.to_vec()),
            ((7, 5), 3, 3, 4, RASTER_3.to_vec()),
            ((5, 7), 2, 1, 93, (-2..=2).flat_map(|y| (-2..=2).map(move |x| (y, x))).collect()),
            ((1, 40), 1, 6, 33, vec![(0, -4), (0, -2), (0, 0)]),
            ((3, 3), 2, 5, 2, RASTER_3.iter().map(|&(y, x)| (-y, -x)).collect()),
            ((1, 1), 70, 7, 17, vec![(0, 0)]),
        ]
    }

    #[test]
    fn convolution_equals_the_sum_that_defines_it() {
        let workers = Workers::new(1);
        for (grid, batch, k, n, taps) in cases() {
            let rows = batch * grid.0 * grid.1;
            let (x, w, bias) = (noise(1, rows * k), noise(2, taps.len() * k * n), noise(3, n));
            let want = naive(grid, batch, k, n, &taps, &x, &w, &bias);
            let plan = ConvPlan::new(grid, k, n, &taps);
            let mut wide = vec![0.0; rows * n];
            plan.forward(&workers, &x, &w, Some(&bias), &mut wide, 0..batch, 0..plan.positions);
            close(&wide, &want, 1e-13);
            let mut single = vec![0.0f32; rows * n];
            plan.forward(&workers, &narrow(&x), &narrow(&w), Some(&narrow(&bias)), &mut single, 0..batch, 0..plan.positions);
            close(&single, &want, 2e-6);
        }
    }

    #[test]
    fn a_region_has_the_bits_of_the_whole_and_threads_change_none() {
        let (one, two) = (Workers::new(1), Workers::new(2));
        let (grid, batch, k, n) = ((28, 28), 4, 24, 70);
        let positions = 28 * 28;
        let x = narrow(&noise(4, batch * positions * k));
        let w = narrow(&noise(5, RASTER_3.len() * k * n));
        let plan = ConvPlan::new(grid, k, n, &RASTER_3);
        let mut whole = vec![0.0f32; batch * positions * n];
        plan.forward(&one, &x, &w, None, &mut whole, 0..batch, 0..positions);
        let mut split = vec![0.0f32; batch * positions * n];
        plan.forward(&two, &x, &w, None, &mut split, 0..batch, 0..positions);
        assert_eq!(whole, split);
        for rows in [1, 2, 5, 28] {
            let mut parts = vec![0.0f32; batch * positions * n];
            for image in 0..batch {
                for start in (0..positions).step_by(rows) {
                    let end = (start + rows).min(positions);
                    plan.forward(&two, &x, &w, None, &mut parts, image..image + 1, start..end);
                }
            }
            assert_eq!(whole, parts, "regions of {rows}");
        }
        let mut single = vec![0.0f32; batch * positions * n];
        plan.forward(&two, &x, &w, None, &mut single, 1..2, 0..positions);
        assert_eq!(whole[positions * n..2 * positions * n], single[positions * n..2 * positions * n]);
        assert!(single[..positions * n].iter().all(|&v| v == 0.0), "only the region is written");
    }
}
