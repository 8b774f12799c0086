//! What the kernels' tests share.

/// `count` numbers in (-1, 1), the same for the same seed.
pub(crate) fn noise(seed: u64, count: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678;
    let step = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // f32-exact, so that both precisions start from the same numbers.
        f64::from(((state >> 40) as f32) / (1u32 << 23) as f32 - 1.0)
    };
    (0..count).map(step).collect()
}

/// Each difference at most `tolerance` times the largest wanted magnitude: sums of many terms lose relative to that, not to their own size.
pub(crate) fn close<T: super::real::Real>(got: &[T], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len());
    let scale = want.iter().fold(1e-30_f64, |m, x| m.max(x.abs()));
    for (index, (got, want)) in got.iter().zip(want).enumerate() {
        let difference = (got.to_f64() - want).abs();
        assert!(difference <= tolerance * scale, "element {index}: {} against {want}", got.to_f64());
    }
}

/// Rounds to f32.
pub(crate) fn narrow(x: &[f64]) -> Vec<f32> {
    x.iter().map(|&x| x as f32).collect()
}
