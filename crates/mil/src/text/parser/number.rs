//! Numbers: integers, decimals, hexadecimal floats.

use super::ParseError;
use super::tokens::Token;
use crate::text::hex_float::parse_hex_float;
use crate::text::syntax::{Payload, Position};

/// The number that `text` spells.
pub(super) fn payload(text: &str, at: Position) -> Result<Payload, ParseError> {
    parse(text).map_err(|reason| ParseError::Number {
        at,
        text: Token::Number(text).describe().trim_matches('`').to_owned(),
        reason,
    })
}

fn parse(text: &str) -> Result<Payload, &'static str> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let float = |value: f64| Payload::Float(if negative { -value } else { value });
    if unsigned == "inf" {
        return Ok(float(f64::INFINITY));
    }
    if unsigned.starts_with("0x") || unsigned.starts_with("0X") {
        return parse_hex_float(unsigned).map(float);
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
        let value: i128 = unsigned.parse().map_err(|_| "it is too large")?;
        return Ok(Payload::Integer(if negative { -value } else { value }));
    }
    // The standard library reads words as well: `nan`, `infinity`.
    let begins = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let value: f64 = match unsigned.parse() {
        Ok(value) if begins => value,
        _ => return Err("write it like 1, 0.25, 1e-3 or 0x1.8p+1"),
    };
    match value.is_finite() {
        true => Ok(float(value)),
        false => Err("it is too large for an fp64"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_spelling() {
        for (text, payload) in [
            ("0", Payload::Integer(0)),
            ("-12", Payload::Integer(-12)),
            ("+7", Payload::Integer(7)),
            ("18446744073709551615", Payload::Integer(u64::MAX.into())),
            ("0.25", Payload::Float(0.25)),
            ("-0.5", Payload::Float(-0.5)),
            ("1e-3", Payload::Float(1e-3)),
            ("1.", Payload::Float(1.0)),
            (".5", Payload::Float(0.5)),
            ("-0x1.8p+1", Payload::Float(-3.0)),
            ("-inf", Payload::Float(f64::NEG_INFINITY)),
        ] {
            assert_eq!(parse(text), Ok(payload), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "-",
            "+",
            ".",
            "--1",
            "1a",
            "1.2.3",
            "0x",
            "1e",
            "nan",
            "-nan",
            "infinity",
            "1e999",
            "999999999999999999999999999999999999999999",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
