//! The registers of the row kernel: a few output channels side by side.

use pulp::Simd;

use super::real::Real;

/// Output channels that are worked on together. Each channel adds its products one by one with a fused multiply-add, so a channel's
/// bits do not depend on the panel that it falls in.
pub(super) trait Panel<S: Simd, T: Real>: Copy {
    /// Number of channels.
    fn width() -> usize;
    /// Zeros.
    fn zero(simd: S) -> Self;
    /// The front of a slice.
    fn load(simd: S, from: &[T]) -> Self;
    /// To the front of a slice.
    fn store(self, simd: S, to: &mut [T]);
    /// `sums += factor * self`
    fn add_product(self, simd: S, factor: T, sums: &mut Self);
}

/// `V` vector registers.
#[derive(Clone, Copy)]
pub(super) struct Vectors<S: Simd, T: Real, const V: usize>([T::Vector<S>; V]);

impl<S: Simd, T: Real, const V: usize> Panel<S, T> for Vectors<S, T, V> {
    #[inline(always)]
    fn width() -> usize {
        V * T::lanes::<S>()
    }

    #[inline(always)]
    fn zero(simd: S) -> Self {
        Vectors([T::splat(simd, T::ZERO); V])
    }

    #[inline(always)]
    fn load(simd: S, from: &[T]) -> Self {
        let lanes = T::lanes::<S>();
        let from = &from[..V * lanes];
        let mut panel = Self::zero(simd);
        for v in 0..V {
            panel.0[v] = T::load(simd, &from[v * lanes..]);
        }
        panel
    }

    #[inline(always)]
    fn store(self, simd: S, to: &mut [T]) {
        let lanes = T::lanes::<S>();
        let to = &mut to[..V * lanes];
        for v in 0..V {
            T::store(simd, &mut to[v * lanes..], self.0[v]);
        }
    }

    #[inline(always)]
    fn add_product(self, simd: S, factor: T, sums: &mut Self) {
        let factor = T::splat(simd, factor);
        for v in 0..V {
            sums.0[v] = T::mul_add_vector(simd, factor, self.0[v], sums.0[v]);
        }
    }
}

/// `N` channels, fewer than a vector register holds.
#[derive(Clone, Copy)]
pub(super) struct Narrow<T, const N: usize>([T; N]);

impl<S: Simd, T: Real, const N: usize> Panel<S, T> for Narrow<T, N> {
    #[inline(always)]
    fn width() -> usize {
        N
    }

    #[inline(always)]
    fn zero(_: S) -> Self {
        Narrow([T::ZERO; N])
    }

    #[inline(always)]
    fn load(_: S, from: &[T]) -> Self {
        let mut panel = [T::ZERO; N];
        panel.copy_from_slice(&from[..N]);
        Narrow(panel)
    }

    #[inline(always)]
    fn store(self, _: S, to: &mut [T]) {
        to[..N].copy_from_slice(&self.0);
    }

    #[inline(always)]
    fn add_product(self, _: S, factor: T, sums: &mut Self) {
        for n in 0..N {
            sums.0[n] = factor.mul_add(self.0[n], sums.0[n]);
        }
    }
}
