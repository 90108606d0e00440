//! Whether an answer is the expected one.

use crate::error::WrongAnswer;
use half::f16;

/// A quiet NaN that no arithmetic makes: an output that still holds it was not written.
pub(crate) const UNTOUCHED: f16 = f16::from_bits(0x7e5a);

/// How far a value may be off: `absolute + relative * |expected|`.
///
/// The hardware rounds products to FP16 and loses denormal ones; for a few layers with values around
/// one, `absolute` and `relative` of a few thousandths are what to expect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// In the values' own unit.
    pub absolute: f32,
    /// As a part of the expected value.
    pub relative: f32,
}

/// Judges output `output`.
pub(crate) fn judge(
    output: usize,
    got: &[f16],
    expected: &[f16],
    tolerance: Tolerance,
) -> Result<(), WrongAnswer> {
    if got
        .iter()
        .all(|value| value.to_bits() == UNTOUCHED.to_bits())
    {
        return Err(WrongAnswer::Untouched { output });
    }
    let pairs = || {
        got.iter()
            .zip(expected)
            .map(|(g, e)| (g.to_f32(), e.to_f32()))
    };
    if let Some((at, (got, expected))) = pairs()
        .enumerate()
        .find(|(_, (got, expected))| !got.is_finite() && expected.is_finite())
    {
        return Err(WrongAnswer::NotFinite {
            output,
            at,
            got,
            expected,
        });
    }
    let worst = pairs()
        .enumerate()
        .map(|(at, (got, expected))| (at, excess(got, expected, tolerance)))
        .max_by(|(_, a), (_, b)| a.total_cmp(b));
    match worst {
        Some((at, excess)) if excess > 0.0 => {
            if got.iter().all(|value| value.to_f32() == 0.0) {
                return Err(WrongAnswer::Zeros { output });
            }
            Err(WrongAnswer::Differs {
                output,
                at,
                got: got[at].to_f32(),
                expected: expected[at].to_f32(),
            })
        }
        _ => Ok(()),
    }
}

/// By how much a value is further off than it may be.
fn excess(got: f32, expected: f32, tolerance: Tolerance) -> f32 {
    if got == expected || got.is_nan() && expected.is_nan() {
        return f32::NEG_INFINITY;
    }
    if !expected.is_finite() {
        return f32::INFINITY;
    }
    (got - expected).abs() - tolerance.absolute - tolerance.relative * expected.abs()
}
