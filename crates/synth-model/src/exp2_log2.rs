//! Powers and logarithms of two in plain arithmetic, so that every machine gets the same bits and
//! loops over them vectorise.

/// 1.5 * 2^23: adding it to an f32 below 2^22 leaves the nearest integer in the low mantissa bits.
const ROUND: f32 = 12_582_912.0;

/// ln(2)^n / n!, the Taylor series of 2^f. On [-1/2, 1/2] the first term left out is 1.2e-7.
const SERIES: [f32; 7] = [
    1.0,
    std::f32::consts::LN_2,
    0.240_226_5,
    0.055_504_11,
    0.009_618_129,
    0.001_333_355_8,
    0.000_154_035_3,
];

/// 2^x with a relative error below 3e-7; x is clamped to [-126, 127] first. NaN gives no panic but
/// no meaningful value either: test for it before.
///
/// # Realtime safety
/// RT-safe: a dozen additions and multiplications, no branch.
#[inline(always)]
pub(crate) fn exp2(x: f32) -> f32 {
    let x = x.clamp(-126.0, 127.0);
    let rounded = x + ROUND;
    let f = x - (rounded - ROUND);
    let [c0, c1, c2, c3, c4, c5, c6] = SERIES;
    let mantissa = c0 + f * (c1 + f * (c2 + f * (c3 + f * (c4 + f * (c5 + f * c6)))));
    // The low bits of `rounded` are the integer; shifted up they become the exponent of 2^n, and
    // whatever stood above them falls off.
    let power = f32::from_bits(rounded.to_bits().wrapping_add(127) << 23);
    mantissa * power
}

/// log2(x) for finite x > 0, with an error below 1e-12 absolute. Anything else is taken as the
/// smallest normal number.
///
/// Source: log2(m) = 2 / ln 2 * atanh((m - 1) / (m + 1)), m in [1/sqrt 2, sqrt 2].
///
/// # Realtime safety
/// RT-safe: one division and a few multiplications.
pub(crate) fn log2(x: f32) -> f64 {
    let x = if (f32::MIN_POSITIVE..f32::INFINITY).contains(&x) {
        x
    } else {
        f32::MIN_POSITIVE
    };
    let bits = x.to_bits();
    let mut exponent = (bits >> 23) as i32 - 127;
    let mut mantissa = f64::from(f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000));
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let s2 = s * s;
    let mut series = 0.0;
    let mut odd = 15.0;
    while odd > 0.0 {
        series = series * s2 + 1.0 / odd;
        odd -= 2.0;
    }
    f64::from(exponent) + 2.0 * std::f64::consts::LOG2_E * s * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp2_agrees_with_libm_in_f64() {
        let mut worst = 0.0f64;
        for i in 0..2_000_000 {
            let x = -126.0 + i as f32 * (253.0 / 2_000_000.0);
            let want = f64::from(x).exp2();
            worst = worst.max((f64::from(exp2(x)) / want - 1.0).abs());
        }
        assert!(worst < 3e-7, "relative error {worst}");
        for n in -126..=127 {
            assert_eq!(exp2(n as f32), (n as f32).exp2(), "whole powers are exact");
        }
    }

    #[test]
    fn exp2_stays_finite_everywhere() {
        for x in [
            f32::NEG_INFINITY,
            f32::MIN,
            -1e9,
            -127.0,
            127.9,
            1e9,
            f32::MAX,
            f32::INFINITY,
        ] {
            let y = exp2(x);
            assert!(y.is_finite() && y > 0.0, "{x} -> {y}");
        }
    }

    #[test]
    fn log2_agrees_with_libm() {
        let mut x = f32::MIN_POSITIVE;
        while x < 1e38 {
            let want = f64::from(x).log2();
            assert!((log2(x) - want).abs() < 1e-12, "log2({x})");
            x *= 1.000_37;
        }
        for n in -126..=127 {
            assert_eq!(log2((n as f32).exp2()), f64::from(n));
        }
        for odd in [0.0, -1.0, f32::NAN, f32::INFINITY, 1e-45] {
            assert_eq!(log2(odd), -126.0);
        }
    }
}
