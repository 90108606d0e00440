//! Every partial's sine for itself, by functions of whole arrays: more work than the recurrence, and none
//! of it ours.

use super::{Segment, angle, chunk, nyquist_fade};
use crate::simd::{ArrayFunctions, Kernel, LANES, Lanes, Vector};

/// Renders a segment with somebody's array functions.
///
/// A sample's lane is its ramp position's, and arrays are always full, with silence where there is no
/// sample. So however a stretch is cut, the functions get each sample at the same place of an array of the
/// same length: where they compute lane by lane, the bits are the same whatever they are.
pub(super) struct Sines<'a, F> {
    pub(super) functions: F,
    pub(super) segment: &'a Segment<'a>,
    /// As long as the segment's `phases` and `freq_norm`, or shorter.
    pub(super) out: &'a mut [f32],
}

impl<F: ArrayFunctions> Kernel for Sines<'_, F> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self {
            functions,
            segment,
            mut out,
        } = self;
        let mut lane = segment.ramp_position as usize % LANES;
        let mut start = 0;
        while !out.is_empty() {
            let length = out.len().min(LANES - lane);
            let (now, later) = out.split_at_mut(length);
            render::<V, F>(functions, segment, start, lane, now);
            start += length;
            lane = 0;
            out = later;
        }
    }
}

/// Renders as many samples as there are between `lane` and the array's end, from sample `start` of the
/// segment.
#[inline(always)]
fn render<V: Vector, F: ArrayFunctions>(
    functions: F,
    segment: &Segment<'_>,
    start: usize,
    lane: usize,
    out: &mut [f32],
) {
    let lanes = lane..lane + out.len();
    let samples = start..start + out.len();
    let mut steps = [0; LANES];
    steps[lanes.clone()].copy_from_slice(&segment.phases[samples.clone()]);
    let mut freq_norm = Lanes::ZERO;
    let magnitudes = segment.freq_norm[samples].iter().map(|freq| freq.abs());
    for (out, magnitude) in freq_norm.0[lanes.clone()].iter_mut().zip(magnitudes) {
        *out = magnitude;
    }
    let mut ramp = Lanes::ZERO;
    chunk::fill_ramp(segment, start, &mut ramp.0[lanes.clone()]);

    let partials = segment.from.len().min(segment.to.len());
    let (lowest, highest) = chunk::frequency_range(&freq_norm.0[lanes.clone()]);
    let audible = nyquist_fade::count_audible::<V>(partials, lowest);
    let unfaded = nyquist_fade::count_unfaded::<V>(audible, highest);

    let (mut half_turns, mut sine) = (Lanes::ZERO, Lanes::ZERO);
    let (mut amplitude, mut weight, mut weighted) = (Lanes::ZERO, Lanes::ZERO, Lanes::ZERO);
    // Two, since vDSP says of some functions only that they may write over what they read.
    let mut sums = [Lanes::ZERO; 2];
    let [mut sum, mut next] = sums.each_mut();
    let mut phases = [0; LANES];
    let amplitudes = segment.from.iter().zip(segment.to).take(audible);
    for (k, (&from, &to)) in (1..).zip(amplitudes) {
        next_partial(&mut phases, &steps, &mut half_turns);
        functions.sin_pi(&half_turns, &mut sine);
        functions.scale_and_offset(&ramp, to - from, from, &mut amplitude);
        let amplitude = if k <= unfaded {
            &amplitude
        } else {
            weigh::<V>(k, &freq_norm, &mut weight);
            functions.multiply(&amplitude, &weight, &mut weighted);
            &weighted
        };
        functions.multiply_add(&sine, amplitude, sum, next);
        std::mem::swap(&mut sum, &mut next);
    }
    // Adding 0 turns -0 into 0, as the recurrence does.
    for (out, sample) in out.iter_mut().zip(&sum.0[lanes]) {
        *out = sample + 0.0;
    }
}

/// Goes on to the next partial: its phase is that of the one before and one step more, all of it in whole
/// 2^-64 turns, so it is as exact as a product.
#[inline(always)]
fn next_partial(phases: &mut [u64; LANES], steps: &[u64; LANES], half_turns: &mut Lanes) {
    for (phase, step) in phases.iter_mut().zip(steps) {
        *phase = phase.wrapping_add(*step);
    }
    for (half_turns, &phase) in half_turns.0.iter_mut().zip(&*phases) {
        *half_turns = angle::folded_half_turns(phase);
    }
}

/// The Nyquist fade's weight of partial `k`.
#[inline(always)]
fn weigh<V: Vector>(k: usize, freq_norm: &Lanes, weight: &mut Lanes) {
    let minus_k = V::splat(-(k as f32));
    let registers = freq_norm.0.chunks_exact(V::WIDTH);
    for (freq_norm, weight) in registers.zip(weight.0.chunks_exact_mut(V::WIDTH)) {
        nyquist_fade::weight(minus_k, V::load(freq_norm)).store(weight);
    }
}

#[cfg(test)]
mod tests;
