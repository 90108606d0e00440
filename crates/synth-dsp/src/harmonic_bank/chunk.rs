//! The recurrence over the partials, for a few registers of samples at once.

use super::angle::{self, Angle};
use super::nyquist_fade;
use super::{GROUPS, Segment};
use crate::simd::{MAX_WIDTH, Vector};

/// Samples of the longest chunk of any level.
const MAX_CHUNK: usize = MAX_WIDTH * GROUPS;

/// Renders at most `G` registers of samples, from sample `start` of the segment.
#[inline(always)]
pub(super) fn render<V: Vector, const G: usize>(
    segment: &Segment<'_>,
    start: usize,
    out: &mut [f32],
) {
    let inputs = Inputs::load(segment, start, out.len());
    let ramp: [V; G] = registers(&inputs.ramp);
    let freq_norm: [V; G] = registers(&inputs.freq_norm);
    let angle = Angle::new(registers(&inputs.sign), registers(&inputs.turns));

    let partials = segment.from.len().min(segment.to.len());
    let (lowest, highest) = frequency_range(&inputs.freq_norm[..out.len()]);
    let audible = nyquist_fade::count_audible::<V>(partials, lowest);
    let unfaded = nyquist_fade::count_unfaded::<V>(audible, highest);

    let mut sum = Recurrence {
        b: [V::splat(0.0); G],
        d: [V::splat(0.0); G],
    };
    let faded = segment.from[unfaded..audible]
        .iter()
        .zip(&segment.to[unfaded..audible]);
    for (index, (&from, &to)) in faded.enumerate().rev() {
        let minus_k = V::splat(-((unfaded + index + 1) as f32));
        let (from, change) = (V::splat(from), V::splat(to - from));
        for g in 0..G {
            let weight = nyquist_fade::weight(minus_k, freq_norm[g]);
            sum.step(&angle, g, change.mul_add(ramp[g], from).mul(weight));
        }
    }
    let full = segment.from[..unfaded].iter().zip(&segment.to[..unfaded]);
    for (&from, &to) in full.rev() {
        let (from, change) = (V::splat(from), V::splat(to - from));
        for (g, &ramp) in ramp.iter().enumerate() {
            sum.step(&angle, g, change.mul_add(ramp, from));
        }
    }

    let mut samples = [0.0; MAX_CHUNK];
    for g in 0..G {
        // Adding 0 turns -0 into 0: the sign of a silent sample must not tell how many of the
        // partials that are silent here were visited for the sake of its neighbours.
        let y = sum.b[g].mul(angle.sine[g]).add(V::splat(0.0));
        y.store(&mut samples[g * V::WIDTH..]);
    }
    let length = out.len();
    out.copy_from_slice(&samples[..length]);
}

/// Reinsch's form of the recurrence: `d_k = a_k + sign d_{k+1} + offset b_{k+1}`,
/// `b_k = d_k + sign b_{k+1}`; the sum is `b_1 sin(theta)`.
struct Recurrence<V, const G: usize> {
    b: [V; G],
    d: [V; G],
}

impl<V: Vector, const G: usize> Recurrence<V, G> {
    #[inline(always)]
    fn step(&mut self, angle: &Angle<V, G>, g: usize, amplitude: V) {
        let d = self.d[g].mul_add(angle.sign[g], amplitude);
        self.d[g] = self.b[g].mul_add(angle.offset[g], d);
        self.b[g] = self.b[g].mul_add(angle.sign[g], self.d[g]);
    }
}

/// The inputs of a chunk, one value a sample, as far as the chunk's registers reach; where there are
/// fewer samples, whatever gives finite results.
#[repr(align(64))]
struct Inputs {
    sign: [f32; MAX_CHUNK],
    turns: [f32; MAX_CHUNK],
    freq_norm: [f32; MAX_CHUNK],
    ramp: [f32; MAX_CHUNK],
}

impl Inputs {
    #[inline(always)]
    fn load(segment: &Segment<'_>, start: usize, length: usize) -> Self {
        let zero = [0.0; MAX_CHUNK];
        let mut inputs = Self {
            sign: zero,
            turns: zero,
            freq_norm: zero,
            ramp: zero,
        };
        // One plain loop per array: each becomes a vector loop.
        let phases = &segment.phases[start..start + length];
        for (&phase, sign) in phases.iter().zip(&mut inputs.sign) {
            *sign = angle::anchor_sign(phase);
        }
        for (&phase, turns) in phases.iter().zip(&mut inputs.turns) {
            *turns = angle::turns_from_anchor(phase);
        }
        let freq_norm = &segment.freq_norm[start..start + length];
        for (&freq_norm, out) in freq_norm.iter().zip(&mut inputs.freq_norm) {
            *out = freq_norm.abs();
        }
        fill_ramp(segment, start, &mut inputs.ramp[..length]);
        inputs
    }
}

/// How far the ramp has come, 0 to 1, at sample `start` of the segment and those after it.
#[inline(always)]
pub(super) fn fill_ramp(segment: &Segment<'_>, start: usize, out: &mut [f32]) {
    let step = 1.0 / segment.hop as f32;
    let first = segment.ramp_position.saturating_add(start as u32);
    let left = segment.hop.saturating_sub(first);
    for (i, ramp) in (0u32..).zip(out) {
        *ramp = if i < left {
            first.wrapping_add(i) as i32 as f32 * step
        } else {
            1.0
        };
    }
}

/// Lowest and highest frequency, neither negative.
#[inline(always)]
pub(super) fn frequency_range(freq_norm: &[f32]) -> (f32, f32) {
    // Bit patterns of floats that are not negative are in the floats' order, and integers have a
    // minimum that is reduced in vector registers.
    let (mut lowest, mut highest) = (u32::MAX, 0);
    for freq_norm in freq_norm {
        lowest = lowest.min(freq_norm.to_bits());
        highest = highest.max(freq_norm.to_bits());
    }
    (f32::from_bits(lowest), f32::from_bits(highest))
}

/// The first `G` registers of values.
#[inline(always)]
fn registers<V: Vector, const G: usize>(values: &[f32; MAX_CHUNK]) -> [V; G] {
    let mut out = [V::splat(0.0); G];
    for g in 0..G {
        out[g] = V::load(&values[g * V::WIDTH..]);
    }
    out
}
