use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use pulp::Simd;

use super::math;

/// The scalar that a program computes in: `f32` to train and to sample, `f64` to check.
///
/// In f32 the transcendental functions are this crate's own polynomials, which become vectors inside a dispatch; in f64 they
/// are the standard library's.
pub trait Real:
    bytemuck::Pod
    + Debug
    + Default
    + PartialOrd
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + std::iter::Sum
{
    /// One vector register of these.
    type Vector<S: Simd>: Copy;
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// The most negative finite number.
    const LOWEST: Self;

    /// Rounds.
    fn from_f64(x: f64) -> Self;
    /// Widens.
    fn to_f64(self) -> f64;
    /// Truncates toward zero; NaN gives 0.
    fn to_index(self) -> i64;
    /// Neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// `self b + c`, rounded once.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// `|x|`
    fn abs(self) -> Self;
    /// `sqrt x`
    fn sqrt(self) -> Self;
    /// The larger; the number where the other is NaN.
    fn max(self, other: Self) -> Self;
    /// The smaller; the number where the other is NaN.
    fn min(self, other: Self) -> Self;
    /// `e^x`
    fn exp(self) -> Self;
    /// `ln x`
    fn ln(self) -> Self;
    /// `tanh x`
    fn tanh(self) -> Self;
    /// `1 / (1 + e^-x)`
    fn sigmoid(self) -> Self;
    /// `ln(1 + e^x)`
    fn softplus(self) -> Self;

    /// Numbers in a vector register.
    fn lanes<S: Simd>() -> usize;
    /// One number in every lane.
    fn splat<S: Simd>(simd: S, x: Self) -> Self::Vector<S>;
    /// The first numbers of a slice of at least [`Real::lanes`].
    fn load<S: Simd>(simd: S, from: &[Self]) -> Self::Vector<S>;
    /// Writes to the front of a slice of at least [`Real::lanes`].
    fn store<S: Simd>(simd: S, to: &mut [Self], v: Self::Vector<S>);
    /// `a b + c`, rounded once.
    fn mul_add_vector<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>, c: Self::Vector<S>) -> Self::Vector<S>;
}

macro_rules! vector_glue {
    ($vector:ident, $lanes:ident, $splat:ident, $as_simd:ident, $as_mut_simd:ident, $mul_add:ident) => {
        type Vector<S: Simd> = S::$vector;

        #[inline(always)]
        fn lanes<S: Simd>() -> usize {
            S::$lanes
        }
        #[inline(always)]
        fn splat<S: Simd>(simd: S, x: Self) -> S::$vector {
            simd.$splat(x)
        }
        #[inline(always)]
        fn load<S: Simd>(_: S, from: &[Self]) -> S::$vector {
            S::$as_simd(&from[..S::$lanes]).0[0]
        }
        #[inline(always)]
        fn store<S: Simd>(_: S, to: &mut [Self], v: S::$vector) {
            S::$as_mut_simd(&mut to[..S::$lanes]).0[0] = v;
        }
        #[inline(always)]
        fn mul_add_vector<S: Simd>(simd: S, a: S::$vector, b: S::$vector, c: S::$vector) -> S::$vector {
            simd.$mul_add(a, b, c)
        }
    };
}

impl Real for f32 {
    const ZERO: f32 = 0.0;
    const ONE: f32 = 1.0;
    const LOWEST: f32 = f32::MIN;

    #[inline(always)]
    fn from_f64(x: f64) -> f32 {
        x as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn to_index(self) -> i64 {
        self as i64
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        f32::is_finite(self)
    }
    #[inline(always)]
    fn mul_add(self, b: f32, c: f32) -> f32 {
        f32::mul_add(self, b, c)
    }
    #[inline(always)]
    fn abs(self) -> f32 {
        f32::abs(self)
    }
    #[inline(always)]
    fn sqrt(self) -> f32 {
        f32::sqrt(self)
    }
    #[inline(always)]
    fn max(self, other: f32) -> f32 {
        f32::max(self, other)
    }
    #[inline(always)]
    fn min(self, other: f32) -> f32 {
        f32::min(self, other)
    }
    #[inline(always)]
    fn exp(self) -> f32 {
        math::exp(self)
    }
    #[inline(always)]
    fn ln(self) -> f32 {
        math::ln(self)
    }
    #[inline(always)]
    fn tanh(self) -> f32 {
        math::tanh(self)
    }
    #[inline(always)]
    fn sigmoid(self) -> f32 {
        math::sigmoid(self)
    }
    #[inline(always)]
    fn softplus(self) -> f32 {
        math::softplus(self)
    }

    vector_glue!(f32s, F32_LANES, splat_f32s, as_simd_f32s, as_mut_simd_f32s, mul_add_f32s);
}

impl Real for f64 {
    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    const LOWEST: f64 = f64::MIN;

    #[inline(always)]
    fn from_f64(x: f64) -> f64 {
        x
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
    #[inline(always)]
    fn to_index(self) -> i64 {
        self as i64
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }
    #[inline(always)]
    fn mul_add(self, b: f64, c: f64) -> f64 {
        f64::mul_add(self, b, c)
    }
    #[inline(always)]
    fn abs(self) -> f64 {
        f64::abs(self)
    }
    #[inline(always)]
    fn sqrt(self) -> f64 {
        f64::sqrt(self)
    }
    #[inline(always)]
    fn max(self, other: f64) -> f64 {
        f64::max(self, other)
    }
    #[inline(always)]
    fn min(self, other: f64) -> f64 {
        f64::min(self, other)
    }
    #[inline(always)]
    fn exp(self) -> f64 {
        f64::exp(self)
    }
    #[inline(always)]
    fn ln(self) -> f64 {
        f64::ln(self)
    }
    #[inline(always)]
    fn tanh(self) -> f64 {
        f64::tanh(self)
    }
    #[inline(always)]
    fn sigmoid(self) -> f64 {
        let e = (-self.abs()).exp();
        if self < 0.0 { e / (1.0 + e) } else { 1.0 / (1.0 + e) }
    }
    #[inline(always)]
    fn softplus(self) -> f64 {
        if self.is_nan() { self } else { self.max(0.0) + (-self.abs()).exp().ln_1p() }
    }

    vector_glue!(f64s, F64_LANES, splat_f64s, as_simd_f64s, as_mut_simd_f64s, mul_add_f64s);
}
