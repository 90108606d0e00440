//! The oscillator bank as its definition reads: a sum of `f64` sines, one partial after another.

use std::f64::consts::TAU;

use crate::harmonic_bank::{FADE_WIDTH, Segment};

/// Overwrites `out` with the segment; every slice is as long as [`Segment`] says.
///
/// The phase of partial `k` is `k * phase` in whole 2^-64 turns, so it is exact for any `k` and
/// any time.
///
/// # Panics
/// If `out` is longer than the segment's `phases` or `freq_norm`, or `from` than `to`.
pub fn render(segment: &Segment<'_>, out: &mut [f64]) {
    for (i, out) in out.iter_mut().enumerate() {
        let freq_norm = f64::from(segment.freq_norm[i]);
        let position = (f64::from(segment.ramp_position) + i as f64) / f64::from(segment.hop);
        *out = 0.0;
        for (index, &from) in segment.from.iter().enumerate() {
            let k = index as u64 + 1;
            let weight = nyquist_weight(k, freq_norm);
            if weight == 0.0 {
                break;
            }
            let (from, to) = (f64::from(from), f64::from(segment.to[index]));
            let amplitude = from + (to - from) * position.min(1.0);
            let turns = k.wrapping_mul(segment.phases[i]) as i64 as f64 / 2f64.powi(64);
            *out += amplitude * weight * (TAU * turns).sin();
        }
    }
}

/// Weight of partial `k` at a fundamental of `freq_norm` cycles per sample: 1 up to 97 % of the
/// Nyquist frequency, 0 from there on, a straight line between.
#[must_use]
pub fn nyquist_weight(k: u64, freq_norm: f64) -> f64 {
    ((0.5 - k as f64 * freq_norm) / f64::from(FADE_WIDTH)).clamp(0.0, 1.0)
}
