// The only exp, ln, tanh, sigmoid and softplus: the polynomials of the CPU's kernels, written again.
//
// WGSL's own functions differ between drivers (tanh may be NaN above about 88), and an optimiser may assume that no number is infinite
// or NaN: so special values are made and tested by their bits, and there is no infinite literal.
// Sources: range reduction and coefficients of exp, ln and tanh from Cephes (S. Moshier); the atanh series of ln_1p is a Chebyshev fit.

const LOG2_E: f32 = 1.44269504;
// High and low part of ln 2; the high part has few bits, so that its products with small integers are exact.
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;

fn is_nan(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

// A number from its bits, by way of a variable: a constant that is not finite would be refused.
fn from_bits(bits: u32) -> f32 {
    var b = bits;
    return bitcast<f32>(b);
}

// 2^n for -126 <= n <= 127.
fn power_of_two(n: i32) -> f32 {
    return bitcast<f32>(u32(n + 127) << 23u);
}

// e^x: 0 below about -104, infinite above about 88.73.
fn exp_(value: f32) -> f32 {
    if is_nan(value) {
        return value;
    }
    let x = clamp(value, -104.5, 89.0);
    // e^x = 2^n e^r with |r| <= ln(2) / 2.
    let whole = round(x * LOG2_E);
    let r = x - whole * LN2_HIGH - whole * LN2_LOW;
    var p = 1.9875692e-4;
    p = p * r + 1.3981999e-3;
    p = p * r + 8.333452e-3;
    p = p * r + 4.1665796e-2;
    p = p * r + 1.6666665e-1;
    p = p * r + 5.0000001e-1;
    let y = p * (r * r) + r + 1.0;
    // 2^n in two factors: n reaches 128 (overflow) and -151 (denormal results).
    let n = i32(whole);
    let half = n >> 1u;
    return y * power_of_two(half) * power_of_two(n - half);
}

// ln x: minus infinity at 0, NaN below.
fn ln_(x: f32) -> f32 {
    let bits = bitcast<u32>(x);
    if (bits & 0x7fffffffu) == 0u {
        return from_bits(0xff800000u);
    }
    if (bits >> 31u) == 1u || is_nan(x) {
        return from_bits(0x7fc00000u);
    }
    if bits == 0x7f800000u {
        return x;
    }
    // Denormals are scaled into the normal range first.
    let tiny = bits < 0x00800000u;
    let scaled = select(x, x * 8388608.0, tiny);
    // x = m 2^e with m in [sqrt(1/2), sqrt 2).
    let offset = bitcast<u32>(scaled) - 0x3f3504f3u;
    let m = bitcast<f32>((offset & 0x007fffffu) + 0x3f3504f3u);
    let e = f32(bitcast<i32>(offset) >> 23u) - select(0.0, 23.0, tiny);
    let r = m - 1.0;
    let z = r * r;
    var p = 7.0376836e-2;
    p = p * r - 1.151461e-1;
    p = p * r + 1.1676999e-1;
    p = p * r - 1.2420141e-1;
    p = p * r + 1.4249323e-1;
    p = p * r - 1.6668058e-1;
    p = p * r + 2.0000715e-1;
    p = p * r - 2.4999994e-1;
    p = p * r + 3.3333331e-1;
    let y = p * r * z + e * LN2_LOW - 0.5 * z;
    return r + y + e * LN2_HIGH;
}

// ln(1 + u) for 0 <= u <= 1, as 2 atanh(u / (2 + u)): accurate for tiny u too.
fn ln_1p_unit(u: f32) -> f32 {
    let s = u / (2.0 + u);
    let t = s * s;
    var p = 0.11612165;
    p = p * t + 0.10853288;
    p = p * t + 0.14296179;
    p = p * t + 0.19999853;
    p = p * t + 0.33333334;
    return 2.0 * (s + s * t * p);
}

// ln(1 + e^x)
fn softplus_(x: f32) -> f32 {
    return select(x, 0.0, x < 0.0) + ln_1p_unit(exp_(-abs(x)));
}

// 1 / (1 + e^-x)
fn sigmoid_(x: f32) -> f32 {
    let e = exp_(-abs(x));
    return select(1.0, e, x < 0.0) / (1.0 + e);
}

// tanh x; beyond 10 it is 1 in f32, so the argument of exp stays small.
fn tanh_(x: f32) -> f32 {
    if is_nan(x) {
        return x;
    }
    let z = x * x;
    var p = -5.7049887e-3;
    p = p * z + 2.0639089e-2;
    p = p * z - 5.3739716e-2;
    p = p * z + 1.3331442e-1;
    p = p * z - 3.3333282e-1;
    let near = p * z * x + x;
    let a = min(abs(x), 10.0);
    let far = 1.0 - 2.0 / (exp_(a + a) + 1.0);
    return select(select(far, -far, x < 0.0), near, a < 0.625);
}
