//! Elementwise kernels: one loop, made for every function, precision and instruction set by the compiler.

use std::ops::Range;

use pulp::{Arch, NullaryFnOnce};

use super::real::Real;
use super::region::{Region, RowLayout, RowWalk, broadcast_strides};
use super::threads::Workers;
use crate::graph::{Binary, MAX_RANK, Shape, Unary};

/// `y = f(x)`
struct Map<'a, T, F> {
    x: &'a [T],
    y: &'a mut [T],
    f: F,
}

impl<T: Real, F: Fn(T) -> T> NullaryFnOnce for Map<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (y, &x) in self.y.iter_mut().zip(self.x) {
            *y = (self.f)(x);
        }
    }
}

/// Elements that a transcendental function costs as much as, against a copy.
const TRANSCENDENTAL: usize = 4;

/// `y = f(x)` on a region; `x` and `y` have the layout `rows`.
pub(crate) fn unary<T: Real>(workers: &Workers, f: Unary, rows: &RowLayout, region: &Region, x: &[T], y: &mut [T]) {
    let arch = workers.arch();
    let width = rows.width;
    macro_rules! map {
        ($cost:expr, $f:expr) => {
            rows.each(workers, $cost, region, y, |rows, y| {
                arch.dispatch(Map { x: &x[rows.start * width..rows.end * width], y, f: $f });
            })
        };
    }
    match f {
        Unary::Neg => map!(1, |x: T| -x),
        Unary::Abs => map!(1, |x: T| x.abs()),
        Unary::Sign => map!(1, |x: T| flag::<T>(x > T::ZERO) - flag::<T>(x < T::ZERO)),
        Unary::Exp => map!(TRANSCENDENTAL, |x: T| x.exp()),
        Unary::Log => map!(TRANSCENDENTAL, |x: T| x.ln()),
        Unary::Sqrt => map!(1, |x: T| x.sqrt()),
        Unary::Reciprocal => map!(1, |x: T| T::ONE / x),
        Unary::Square => map!(1, |x: T| x * x),
        Unary::Tanh => map!(TRANSCENDENTAL, |x: T| x.tanh()),
        Unary::Sigmoid => map!(TRANSCENDENTAL, |x: T| x.sigmoid()),
        // A NaN goes through, so that a broken layer is not hidden by its rectifier.
        Unary::Relu => map!(1, |x: T| if x < T::ZERO { T::ZERO } else { x }),
        Unary::Softplus => map!(TRANSCENDENTAL, |x: T| x.softplus()),
    }
}

/// `y = x` on a region.
pub(crate) fn copy<T: Real>(workers: &Workers, rows: &RowLayout, region: &Region, x: &[T], y: &mut [T]) {
    rows.each(workers, 1, region, y, |range, y| {
        y.copy_from_slice(&x[range.start * rows.width..range.end * rows.width]);
    });
}

#[inline(always)]
fn flag<T: Real>(condition: bool) -> T {
    if condition { T::ONE } else { T::ZERO }
}

/// How `N` operands broadcast to a result, worked out once.
#[derive(Clone, Debug)]
pub(crate) struct Broadcast<const N: usize> {
    rows: RowLayout,
    dims: [usize; MAX_RANK],
    strides: [[usize; MAX_RANK]; N],
    /// Stride along the last axis, 0 or 1.
    inner: [bool; N],
    /// Every operand is a scalar or has the result's shape: a range of rows is one long row.
    flat: bool,
}

impl<const N: usize> Broadcast<N> {
    pub(crate) fn new(result: Shape, operands: [Shape; N]) -> Broadcast<N> {
        let same = |operand: &Shape| operand.aligned() == result.aligned();
        let flat = operands.iter().all(|operand| same(operand) || operand.elements() == 1);
        let inner = if flat { operands.map(|o| same(&o)) } else { operands.map(|o| o.last() > 1) };
        Broadcast { rows: RowLayout::of(result), dims: result.aligned(), strides: operands.map(broadcast_strides), inner, flat }
    }

    /// Calls `run` with the length of a row, the operands' offsets and the row's place in the output.
    #[inline(always)]
    fn walk<T>(&self, rows: Range<usize>, out: &mut [T], mut run: impl FnMut([usize; N], &mut [T])) {
        let width = self.rows.width;
        if self.flat {
            let offsets = std::array::from_fn(|n| if self.inner[n] { rows.start * width } else { 0 });
            return run(offsets, out);
        }
        let mut walk = RowWalk::new(&self.dims, self.strides.each_ref(), rows.start);
        for out in out.chunks_exact_mut(width) {
            run(walk.offsets, out);
            walk.step();
        }
    }
}

/// `y = f(a, b)` over a range of rows.
struct Zip<'a, T, F> {
    shape: &'a Broadcast<2>,
    rows: Range<usize>,
    a: &'a [T],
    b: &'a [T],
    y: &'a mut [T],
    f: F,
}

impl<T: Real, F: Fn(T, T) -> T> NullaryFnOnce for Zip<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Zip { shape, rows, a, b, y, f } = self;
        match shape.inner {
            [true, true] => shape.walk(rows, y, |[i, j], y| {
                let (a, b) = (&a[i..i + y.len()], &b[j..j + y.len()]);
                for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
                    *y = f(a, b);
                }
            }),
            [true, false] => shape.walk(rows, y, |[i, j], y| {
                let b = b[j];
                for (y, &a) in y.iter_mut().zip(&a[i..]) {
                    *y = f(a, b);
                }
            }),
            [false, true] => shape.walk(rows, y, |[i, j], y| {
                let a = a[i];
                for (y, &b) in y.iter_mut().zip(&b[j..]) {
                    *y = f(a, b);
                }
            }),
            [false, false] => shape.walk(rows, y, |[i, j], y| y.fill(f(a[i], b[j]))),
        }
    }
}

/// `y = f(a, b)` on a region, broadcasting.
pub(crate) fn binary<T: Real>(workers: &Workers, f: Binary, shape: &Broadcast<2>, region: &Region, a: &[T], b: &[T], y: &mut [T]) {
    let arch: Arch = workers.arch();
    macro_rules! zip {
        ($f:expr) => {
            shape.rows.each(workers, 1, region, y, |rows, y| arch.dispatch(Zip { shape, rows, a, b, y, f: $f }))
        };
    }
    match f {
        Binary::Add => zip!(|a: T, b: T| a + b),
        Binary::Sub => zip!(|a: T, b: T| a - b),
        Binary::Mul => zip!(|a: T, b: T| a * b),
        Binary::Div => zip!(|a: T, b: T| a / b),
        Binary::Max => zip!(|a: T, b: T| a.max(b)),
        Binary::Min => zip!(|a: T, b: T| a.min(b)),
        Binary::Gate => zip!(|a: T, b: T| if b > T::ZERO { a } else { T::ZERO }),
        Binary::Greater => zip!(|a: T, b: T| flag::<T>(a > b)),
        Binary::Equal => zip!(|a: T, b: T| flag::<T>(a == b)),
    }
}

/// `y = a` where `c != 0`, else `b`, over a range of rows.
struct Choose<'a, T> {
    shape: &'a Broadcast<3>,
    rows: Range<usize>,
    c: &'a [T],
    a: &'a [T],
    b: &'a [T],
    y: &'a mut [T],
}

impl<T: Real> NullaryFnOnce for Choose<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Choose { shape, rows, c, a, b, y } = self;
        let pick = |c: T, a: T, b: T| if c != T::ZERO { a } else { b };
        if shape.inner == [true; 3] {
            return shape.walk(rows, y, |[k, i, j], y| {
                let (c, a, b) = (&c[k..k + y.len()], &a[i..i + y.len()], &b[j..j + y.len()]);
                for (((y, &c), &a), &b) in y.iter_mut().zip(c).zip(a).zip(b) {
                    *y = pick(c, a, b);
                }
            });
        }
        let [sc, sa, sb] = shape.inner.map(usize::from);
        shape.walk(rows, y, |[k, i, j], y| {
            for (n, y) in y.iter_mut().enumerate() {
                *y = pick(c[k + n * sc], a[i + n * sa], b[j + n * sb]);
            }
        });
    }
}

/// `y = a` where `c != 0`, else `b`, on a region, broadcasting. A value that is not chosen may be anything, NaN included.
#[allow(clippy::too_many_arguments, reason = "three operands of one kernel")]
pub(crate) fn select<T: Real>(workers: &Workers, shape: &Broadcast<3>, region: &Region, c: &[T], a: &[T], b: &[T], y: &mut [T]) {
    let arch = workers.arch();
    shape.rows.each(workers, 1, region, y, |rows, y| arch.dispatch(Choose { shape, rows, c, a, b, y }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::cpu::testing::{close, narrow, noise};

    fn shape(dims: &[usize]) -> Shape {
        Shape::try_new(dims).unwrap()
    }

    /// Element of a broadcast operand, by plain index arithmetic.
    fn at(x: &[f64], operand: Shape, result: Shape, index: usize) -> f64 {
        let (dims, full) = (operand.aligned(), result.aligned());
        let (mut index, mut offset, mut stride) = (index, 0, 1);
        for axis in (0..MAX_RANK).rev() {
            offset += (index % full[axis]).min(dims[axis] - 1) * stride;
            stride *= dims[axis];
            index /= full[axis];
        }
        x[offset]
    }

    #[test]
    fn unary_functions_equal_their_definition_in_both_precisions() {
        let workers = Workers::new(1);
        let rows = RowLayout::of(shape(&[37, 5]));
        for f in Unary::ALL {
            let mut x = noise(7, 37 * 5);
            x.iter_mut().for_each(|x| *x *= 6.0);
            if matches!(f, Unary::Log | Unary::Sqrt) {
                x.iter_mut().for_each(|x| *x = x.abs());
            }
            let want: Vec<f64> = x.iter().map(|&x| f.eval(f64::from(x as f32))).collect();
            let mut y = vec![0.0f32; x.len()];
            unary(&workers, f, &rows, &rows.whole(), &narrow(&x), &mut y);
            for (&y, &want) in y.iter().zip(&want) {
                assert!((f64::from(y) - want).abs() <= 5e-7 * want.abs(), "{f:?}: {y} against {want}");
            }
            let mut y = vec![0.0f64; x.len()];
            unary(&workers, f, &rows, &rows.whole(), &x, &mut y);
            let want: Vec<f64> = x.iter().map(|&x| f.eval(x)).collect();
            close(&y, &want, 1e-14);
        }
    }

    #[test]
    fn operands_broadcast_in_every_pattern() {
        let workers = Workers::new(2);
        let patterns: [(&[usize], &[usize]); 8] = [
            (&[3, 4, 5, 6], &[3, 4, 5, 6]),
            (&[3, 4, 5, 6], &[1]),
            (&[1], &[3, 4, 5, 6]),
            (&[3, 4, 5, 6], &[6]),
            (&[3, 1, 1, 6], &[3, 4, 5, 6]),
            (&[3, 4, 5, 1], &[1, 4, 1, 6]),
            (&[7, 1], &[1, 9]),
            (&[4, 1, 1], &[4, 5, 1]),
        ];
        for (a, b) in patterns {
            let (sa, sb) = (shape(a), shape(b));
            let result = sa.broadcast(sb).unwrap();
            let (a, b) = (noise(1, sa.elements()), noise(2, sb.elements()));
            let c: Vec<f64> = noise(3, result.elements()).iter().map(|&x| f64::from(u8::from(x > 0.0))).collect();
            let pairs: Vec<(f64, f64)> = (0..result.elements()).map(|i| (at(&a, sa, result, i), at(&b, sb, result, i))).collect();
            let plan = Broadcast::new(result, [sa, sb]);
            let whole = plan.rows.whole();
            for f in Binary::ALL {
                let want: Vec<f64> = pairs.iter().map(|&(a, b)| f.eval(a, b)).collect();
                let mut y = vec![0.0; want.len()];
                binary(&workers, f, &plan, &whole, &a, &b, &mut y);
                close(&y, &want, 1e-15);
                // Position by position gives the same.
                let mut parts = vec![0.0; want.len()];
                for position in 0..plan.rows.positions {
                    let region = Region { batch: whole.batch.clone(), positions: position..position + 1 };
                    binary(&workers, f, &plan, &region, &a, &b, &mut parts);
                }
                assert_eq!(y, parts, "{f:?} {sa} {sb}");
            }
            let plan = Broadcast::new(result, [result, sa, sb]);
            let mut y = vec![0.0; c.len()];
            select(&workers, &plan, &whole, &c, &a, &b, &mut y);
            let want: Vec<f64> = pairs.iter().zip(&c).map(|(&(a, b), &c)| if c != 0.0 { a } else { b }).collect();
            close(&y, &want, 0.0);
        }
    }
}
