//! Transcendental functions in f32 as branch-free polynomials, which the compiler turns into vectors inside a dispatch.
//!
//! The shaders use the same polynomials (`shaders/lib/math.wgsl`). Only multiply, add, select and bit operations appear, never a fused
//! multiply-add: so a value has the same bits in a vector, in a remainder, and on a machine without FMA.
//! Sources: range reduction and coefficients of `exp`, `ln` and `tanh` from Cephes (S. Moshier, `expf.c`, `logf.c`, `tanhf.c`);
//! the `atanh` series of `ln_1p` is a Chebyshev fit (error 4e-10).

/// Adding and subtracting `1.5 * 2^23` rounds a small f32 to the nearest integer; the low bits of the sum hold that integer.
const ROUND: f32 = 12_582_912.0;
/// High and low part of ln 2; the high part has few bits, so that its products with small integers are exact.
const LN2_HIGH: f32 = 0.693_359_4;
const LN2_LOW: f32 = -2.121_944_4e-4;

/// `2^n` for `-126 <= n <= 127`.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) << 23) as u32)
}

#[inline(always)]
fn select(condition: bool, a: f32, b: f32) -> f32 {
    if condition { a } else { b }
}

/// `e^x`: 0 below about -104, infinite above about 88.73.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Clamped with comparisons that a NaN passes through.
    let x = select(x > 89.0, 89.0, select(x < -104.5, -104.5, x));
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let mut p = 1.987_569_2e-4;
    p = p * r + 1.398_199_9e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 0.5;
    let y = p * (r * r) + r + 1.0;
    // 2^n in two factors: n reaches 128 (overflow to infinity) and -151 (denormal results).
    let n = (shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32);
    let half = n >> 1;
    y * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// `ln x`: minus infinity at 0, NaN below.
#[inline(always)]
pub(crate) fn ln(x: f32) -> f32 {
    // Denormals are scaled into the normal range first.
    let tiny = x < f32::MIN_POSITIVE;
    let scaled = select(tiny, x * 8_388_608.0, x);
    // x = m 2^e with m in [sqrt(1/2), sqrt 2).
    let offset = scaled.to_bits().wrapping_sub(0x3f35_04f3);
    let e = (offset as i32) >> 23;
    let m = f32::from_bits((offset & 0x007f_ffff).wrapping_add(0x3f35_04f3));
    let e = e as f32 - select(tiny, 23.0, 0.0);
    let r = m - 1.0;
    let z = r * r;
    let mut p = 7.037_683_6e-2;
    p = p * r - 1.151_461e-1;
    p = p * r + 1.167_699_9e-1;
    p = p * r - 1.242_014_1e-1;
    p = p * r + 1.424_932_3e-1;
    p = p * r - 1.666_805_8e-1;
    p = p * r + 2.000_071_5e-1;
    p = p * r - 2.499_999_4e-1;
    p = p * r + 0.333_333_3;
    let y = p * r * z + e * LN2_LOW - 0.5 * z;
    let y = r + y + e * LN2_HIGH;
    let y = select(x == f32::INFINITY, x, y);
    let y = select(x == 0.0, f32::NEG_INFINITY, y);
    select(x >= 0.0, y, f32::NAN)
}

/// `ln(1 + u)` for `0 <= u <= 1`, as `2 atanh(u / (2 + u))`: accurate to the last bits for tiny `u` too.
#[inline(always)]
pub(crate) fn ln_1p_unit(u: f32) -> f32 {
    let s = u / (2.0 + u);
    let t = s * s;
    let mut p = 0.116_121_65;
    p = p * t + 0.108_532_88;
    p = p * t + 0.142_961_79;
    p = p * t + 0.199_998_53;
    p = p * t + 0.333_333_34;
    2.0 * (s + s * t * p)
}

/// `ln(1 + e^x)`
#[inline(always)]
pub(crate) fn softplus(x: f32) -> f32 {
    select(x < 0.0, 0.0, x) + ln_1p_unit(exp(-x.abs()))
}

/// `1 / (1 + e^-x)`
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    let e = exp(-x.abs());
    select(x < 0.0, e, 1.0) / (1.0 + e)
}

/// `tanh x`
#[inline(always)]
pub(crate) fn tanh(x: f32) -> f32 {
    let z = x * x;
    let mut p = -5.704_988_7e-3;
    p = p * z + 0.020_639_09;
    p = p * z - 5.373_971_6e-2;
    p = p * z + 1.333_144_2e-1;
    p = p * z - 0.333_332_8;
    let near = p * z * x + x;
    let a = x.abs();
    let far = 1.0 - 2.0 / (exp(a + a) + 1.0);
    select(a < 0.625, near, far.copysign(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Distance in units of the last place of the true value rounded to f32 (denormal spacing below the normal range).
    fn ulps(got: f32, want: f64) -> f64 {
        let rounded = want as f32;
        if rounded.is_infinite() || rounded == 0.0 {
            return if got == rounded || (got - rounded).abs() < 1e-44 { 0.0 } else { f64::INFINITY };
        }
        let spacing = f64::from(f32::from_bits(rounded.abs().to_bits() + 1)) - f64::from(rounded.abs());
        (f64::from(got) - want).abs() / spacing
    }

    /// A dense grid: linear around the origin, every exponent from denormal to 1e4, the extremes of both signs.
    fn grid() -> Vec<f32> {
        let mut xs: Vec<f32> = (-220_000..=220_000).map(|i| i as f32 * 5e-4).collect();
        let mut x = 1e-45_f32;
        while x < 1.1e4 {
            xs.extend([x, -x, 1.0 + x, 1.0 - x]);
            x = (x * 1.01).max(f32::from_bits(x.to_bits() + 1));
        }
        xs.extend([0.0, -0.0, 1e4, -1e4, 1e30, -1e30, f32::MAX, f32::MIN, f32::MIN_POSITIVE, 88.7, -103.9]);
        xs
    }

    fn worst(f: fn(f32) -> f32, reference: fn(f64) -> f64, domain: fn(f32) -> bool) -> (f64, f32) {
        grid().into_iter().filter(|&x| domain(x)).fold((0.0, 0.0), |(worst, at), x| {
            let error = ulps(f(x), reference(f64::from(x)));
            if error > worst { (error, x) } else { (worst, at) }
        })
    }

    #[test]
    fn polynomials_are_within_four_ulps_of_f64() {
        let any = |_: f32| true;
        let cases: [(&str, (f64, f32)); 5] = [
            ("exp", worst(exp, f64::exp, any)),
            ("ln", worst(ln, f64::ln, |x| x >= 0.0)),
            ("tanh", worst(tanh, f64::tanh, any)),
            ("softplus", worst(softplus, |x| x.max(0.0) + (-x.abs()).exp().ln_1p(), any)),
            ("sigmoid", worst(sigmoid, |x| 1.0 / (1.0 + (-x).exp()), any)),
        ];
        for (name, (error, at)) in cases {
            println!("{name}: {error:.2} ulp at {at:e}");
        }
        for (name, (error, at)) in cases {
            assert!(error <= 4.0, "{name}: {error} ulp at {at:e}");
        }
    }

    #[test]
    fn special_values_go_through() {
        for f in [exp, tanh, softplus, sigmoid, ln] {
            assert!(f(f32::NAN).is_nan());
        }
        assert_eq!(exp(f32::INFINITY), f32::INFINITY);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(ln(0.0), f32::NEG_INFINITY);
        assert_eq!(ln(f32::INFINITY), f32::INFINITY);
        assert_eq!(ln(1.0), 0.0);
        assert!(ln(-1.0).is_nan());
        assert_eq!(tanh(f32::INFINITY), 1.0);
        assert_eq!(tanh(f32::NEG_INFINITY), -1.0);
        assert_eq!(softplus(f32::INFINITY), f32::INFINITY);
        assert_eq!(softplus(f32::NEG_INFINITY), 0.0);
        assert_eq!(sigmoid(f32::NEG_INFINITY), 0.0);
    }
}
