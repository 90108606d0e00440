//! C hexadecimal floats (`%a`), exact in every bit.

use std::fmt::Write;

/// `0x1.8p+1`, `-0x1p-149`, `0x0p+0`; `inf` and `-inf`.
pub(crate) fn hex_float(value: f64) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value.is_infinite() {
        return format!("{sign}inf");
    }
    let bits = value.to_bits();
    let (mut exponent, mut fraction) = ((bits >> 52 & 0x7FF) as i32 - 1023, bits & FRACTION);
    if exponent == -1023 {
        if fraction == 0 {
            return format!("{sign}0x0p+0");
        }
        // Denormal: shift the leading one out, into the place of the hidden bit.
        let shift = fraction.leading_zeros() as i32 - 11;
        fraction = fraction << shift & FRACTION;
        exponent = -1022 - shift;
    }
    let mut text = format!("{sign}0x1");
    let digits = format!("{fraction:013x}");
    let digits = digits.trim_end_matches('0');
    if !digits.is_empty() {
        text.push('.');
        text.push_str(digits);
    }
    // Writing to a String cannot fail.
    let _ = write!(text, "p{exponent:+}");
    text
}

/// Bits behind the point of an fp64.
const FRACTION: u64 = (1 << 52) - 1;

/// The value of a hexadecimal float without sign, or why it is none that an fp64 holds exactly.
pub(crate) fn parse_hex_float(text: &str) -> Result<f64, &'static str> {
    const SPELLING: &str = "it is no hexadecimal float like 0x1.8p+1";
    const INEXACT: &str = "an fp64 does not hold it exactly";
    let text = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .ok_or(SPELLING)?;
    let (mantissa, exponent) = text.split_once(['p', 'P']).unwrap_or((text, "0"));
    let mut exponent: i32 = exponent.parse().map_err(|_| SPELLING)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(SPELLING);
    }
    let mut bits: u64 = 0;
    for (index, byte) in whole.bytes().chain(fraction.bytes()).enumerate() {
        let digit = char::from(byte).to_digit(16).ok_or(SPELLING)?;
        if bits >> 60 != 0 {
            return Err(INEXACT);
        }
        bits = bits << 4 | u64::from(digit);
        if index >= whole.len() {
            exponent = exponent.checked_sub(4).ok_or(INEXACT)?;
        }
    }
    if bits == 0 {
        return Ok(0.0);
    }
    let zeros = bits.trailing_zeros();
    bits >>= zeros;
    exponent = exponent.checked_add(zeros as i32).ok_or(INEXACT)?;
    let width = 64 - bits.leading_zeros() as i32;
    let top = exponent.checked_add(width - 1).ok_or(INEXACT)?;
    if width > 53 || top > 1023 || exponent < -1074 {
        return Err(INEXACT);
    }
    // Two steps, each exact: one power of two alone could be a denormal or an infinity.
    let half = exponent / 2;
    Ok(bits as f64 * power_of_two(half) * power_of_two(exponent - half))
}

/// 2^exponent for |exponent| < 1022.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_are_spelled_as_real_files_do() {
        // The fractions and the denormal stand in published files; see shared/mil-samples.
        for (value, text) in [
            (1.0, "0x1p+0"),
            (-0.5, "-0x1p-1"),
            (0.0, "0x0p+0"),
            (-0.0, "-0x0p+0"),
            (10.0, "0x1.4p+3"),
            (f64::from(f32::from_bits(1)), "0x1p-149"),
            (f64::from(f32::MAX), "0x1.fffffep+127"),
            (f64::from_bits(1), "0x1p-1074"),
            (f64::MAX, "0x1.fffffffffffffp+1023"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(hex_float(value), text);
        }
    }

    #[test]
    fn every_fp16_and_many_fp32_and_fp64_come_back() {
        let halves = (0..=u16::MAX).map(|bits| half::f16::from_bits(bits).to_f64());
        let singles = (0..=u32::MAX).step_by(65_521).map(f32::from_bits);
        let doubles =
            (0..200_000u64).map(|i| f64::from_bits(i.wrapping_mul(0x9E37_79B9_7F4A_7C15)));
        let denormals = (0..52).map(|shift| f64::from_bits(0b1011 << shift >> 3));
        let all = halves.chain(singles.map(f64::from)).chain(doubles);
        for value in all.chain(denormals).filter(|v| v.is_finite()) {
            let text = hex_float(value.abs());
            let back = parse_hex_float(&text).unwrap();
            assert_eq!(back.to_bits(), value.abs().to_bits(), "{text}");
        }
    }

    #[test]
    fn other_spellings_of_a_number_are_the_same_number() {
        for text in [
            "0x1.8p+1",
            "0x3p0",
            "0xCp-2",
            "0x.3p4",
            "0X0.30P+4",
            "0x3",
            "0x0000000000000000000003p0",
        ] {
            assert_eq!(parse_hex_float(text), Ok(3.0), "{text}");
        }
    }

    #[test]
    fn what_is_no_float_or_none_that_fits_is_refused() {
        for text in [
            "",
            "0x",
            "0x.",
            "0x.p1",
            "1.0",
            "0x1p",
            "0x1p+",
            "0xg",
            "0x1.0p1.0",
            "0x1p99999999999",
            "0x1p1024",
            "0x1p-1075",
            "0x1.00000000000001p0",
            "0x12345678123456781",
            "0x1p2147483647",
            "0x0.1p-2147483648",
        ] {
            assert!(parse_hex_float(text).is_err(), "{text}");
        }
    }
}
