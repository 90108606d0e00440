//! The fade of partials that come close to the Nyquist frequency, and which partials it concerns.

use crate::simd::Vector;

/// Width in cycles per sample of the band below Nyquist (0.5) over which partials fade: its last 3 %.
pub const FADE_WIDTH: f32 = 0.015;

/// Weight, in each lane, of the partial whose number is `-minus_k`.
#[inline(always)]
pub(super) fn weight<V: Vector>(minus_k: V, freq_norm: V) -> V {
    let room = minus_k.mul_add(freq_norm, V::splat(0.5));
    room.mul(V::splat(1.0 / FADE_WIDTH)).clamp_unit()
}

/// The same weight as one number, before it is limited to 0..=1.
#[inline(always)]
fn unlimited_weight<V: Vector>(k: usize, freq_norm: f32) -> f32 {
    V::mul_add_scalar(-(k as f32), freq_norm, 0.5) * (1.0 / FADE_WIDTH)
}

/// How many of the first `most` partials are heard at all at a frequency.
#[inline(always)]
pub(super) fn count_audible<V: Vector>(most: usize, freq_norm: f32) -> usize {
    count::<V>(most, freq_norm, 0.5, |weight| weight > 0.0)
}

/// How many of the first `most` partials have full weight at a frequency.
#[inline(always)]
pub(super) fn count_unfaded<V: Vector>(most: usize, freq_norm: f32) -> usize {
    count::<V>(most, freq_norm, 0.5 - FADE_WIDTH, |weight| weight >= 1.0)
}

/// How many of the first `most` partials have a weight that is `enough`.
///
/// A weight never rises with the partial's number or the frequency, rounding included, so what holds
/// for the extreme frequency of a chunk holds for each of its lanes, and the guess by division, for
/// an edge at `edge` cycles per sample, is put right by a step or two.
#[inline(always)]
fn count<V: Vector>(most: usize, freq_norm: f32, edge: f32, enough: impl Fn(f32) -> bool) -> usize {
    if enough(unlimited_weight::<V>(most, freq_norm)) {
        return most;
    }
    let mut count = most.min((edge / freq_norm) as usize);
    while count < most && enough(unlimited_weight::<V>(count + 1, freq_norm)) {
        count += 1;
    }
    while count > 0 && !enough(unlimited_weight::<V>(count, freq_norm)) {
        count -= 1;
    }
    count
}
