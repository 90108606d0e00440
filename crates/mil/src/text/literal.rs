//! Literals in MIL text.

use crate::Literal;

/// The part between the parentheses of `TYPE(...)`: one element, or nested lists by `shape`.
pub(super) fn payload(literal: &Literal, shape: &[usize]) -> String {
    let elements: Vec<String> = match literal {
        Literal::Fp16(values) => values.iter().map(|v| hex_float(v.to_f32())).collect(),
        Literal::Fp32(values) => values.iter().map(|&v| hex_float(v)).collect(),
        Literal::Int32(values) => values.iter().map(ToString::to_string).collect(),
        Literal::Bool(values) => values.iter().map(ToString::to_string).collect(),
        Literal::String(text) => vec![quoted(text)],
    };
    nested(elements, shape)
}

/// Lists from the innermost dimension outwards.
fn nested(mut items: Vec<String>, shape: &[usize]) -> String {
    for &dim in shape.iter().rev() {
        items = items
            .chunks(dim)
            .map(|row| format!("[{}]", row.join(", ")))
            .collect();
    }
    items.join(", ")
}

/// A C hexadecimal float (`%a`), exact in every bit: `0x1.8p+1`, `-0x1p-149`, `0x0p+0`.
pub(super) fn hex_float(value: f32) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let bits = value.to_bits();
    let (mut exponent, mut fraction) = ((bits >> 23 & 0xFF) as i32 - 127, bits & 0x7F_FFFF);
    if exponent == -127 {
        if fraction == 0 {
            return format!("{sign}0x0p+0");
        }
        // Denormal: shift the leading one out, into the place of the hidden bit.
        let shift = fraction.leading_zeros() as i32 - 8;
        fraction = fraction << shift & 0x7F_FFFF;
        exponent = -126 - shift;
    }
    let digits = format!("{:06x}", fraction << 1);
    let digits = digits.trim_end_matches('0');
    let point = if digits.is_empty() { "" } else { "." };
    format!("{sign}0x1{point}{digits}p{exponent:+}")
}

pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads what `hex_float` writes, by another road: plain arithmetic in f64.
    fn parse(text: &str) -> f64 {
        let (negative, text) = text
            .strip_prefix('-')
            .map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = text.strip_prefix("0x").unwrap().split_once('p').unwrap();
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digit = |c: char| f64::from(c.to_digit(16).unwrap());
        let mut value = digit(whole.chars().next().unwrap());
        for (place, c) in fraction.chars().enumerate() {
            value += digit(c) * 16f64.powi(-(place as i32 + 1));
        }
        value *= 2f64.powi(exponent.parse().unwrap());
        if negative { -value } else { value }
    }

    #[test]
    fn spells_known_values_as_real_files_do() {
        // The fractions and the denormal stand in published files; see shared/mil-samples.
        for (value, text) in [
            (1.0, "0x1p+0"),
            (-0.5, "-0x1p-1"),
            (0.0, "0x0p+0"),
            (10.0, "0x1.4p+3"),
            (f32::from_bits(1), "0x1p-149"),
            (f32::MAX, "0x1.fffffep+127"),
        ] {
            assert_eq!(hex_float(value), text);
        }
        assert_eq!(hex_float(parse("0x1.f0a3d8p-1") as f32), "0x1.f0a3d8p-1");
        assert_eq!(hex_float(parse("-0x1.e28358p-6") as f32), "-0x1.e28358p-6");
    }

    #[test]
    fn every_fp16_and_many_fp32_come_back() {
        let halves = (0..=u16::MAX).map(|bits| half::f16::from_bits(bits).to_f32());
        let singles = (0..=u32::MAX).step_by(65_521).map(f32::from_bits);
        for value in halves.chain(singles).filter(|v| v.is_finite()) {
            assert_eq!(
                parse(&hex_float(value)).to_bits(),
                f64::from(value).to_bits(),
                "{value:e}"
            );
        }
    }

    #[test]
    fn nests_by_shape_and_escapes() {
        let six = Literal::Int32((1..=6).collect());
        assert_eq!(payload(&six, &[2, 3]), "[[1, 2, 3], [4, 5, 6]]");
        assert_eq!(payload(&six, &[6, 1]), "[[1], [2], [3], [4], [5], [6]]");
        assert_eq!(payload(&Literal::Bool(vec![true]), &[]), "true");
        assert_eq!(
            payload(&Literal::String("a\"b\\".into()), &[]),
            r#""a\"b\\""#
        );
    }
}
