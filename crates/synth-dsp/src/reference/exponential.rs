//! Exponentials as the standard library's `f64` has them.

/// `2^x`.
#[must_use]
pub fn exp2(x: f64) -> f64 {
    x.exp2()
}

/// Linear gain of a level in dB: `10^(gain_db / 20)`.
#[must_use]
pub fn db_to_gain(gain_db: f64) -> f64 {
    10f64.powf(gain_db / 20.0)
}
