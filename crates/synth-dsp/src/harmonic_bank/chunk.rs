//! The recurrence over the partials, for a few registers of samples at once.

use super::inputs::{BLOCK, Inputs};
use super::nyquist_fade;
use super::pairs::{PAIRS, PARTIALS, Pairs};
use super::sum::{Spectrum, Sum};
use super::{GROUPS, Segment};
use crate::simd::Vector;

/// Renders at most `BLOCKS` blocks of samples, at least one sample, from sample `start` of the segment.
#[inline(always)]
pub(super) fn render<V: Vector, const BLOCKS: usize>(
    segment: &Segment<'_>,
    start: usize,
    out: &mut [f32],
) {
    let mut inputs = Inputs::<BLOCKS>::NONE;
    inputs.load::<V>(segment, start, start + out.len());
    let inputs = &inputs;
    let partials = segment.from.len().min(segment.to.len());
    let (lowest, highest) = inputs.frequency_range();
    let audible = nyquist_fade::count_audible::<V>(partials, lowest);
    let unfaded = nyquist_fade::count_unfaded::<V>(audible, highest);
    let mut pairs = Pairs::NONE;
    if partials <= PARTIALS {
        pairs.load(&segment.from[..partials], &segment.to[..partials], [0.0; 2]);
    }
    let spectrum = Spectrum {
        from: &segment.from[..partials],
        to: &segment.to[..partials],
        pairs: &pairs,
        audible: audible.div_ceil(2),
        unfaded: match unfaded == partials {
            true => partials.div_ceil(2),
            false => unfaded / 2,
        },
    };
    for (block, out) in out.chunks_mut(BLOCK).enumerate() {
        let length = V::WIDTH * GROUPS;
        for (index, out) in out.chunks_mut(length).enumerate() {
            let at = index * length;
            if out.len() > length / 2 {
                add_up::<V, GROUPS, BLOCKS>(inputs, (block, at), &spectrum, out);
            } else {
                add_up::<V, { GROUPS / 2 }, BLOCKS>(inputs, (block, at), &spectrum, out);
            }
        }
    }
}

/// Adds up the partials of at most `G` registers of samples, which begin at a sample of a block.
#[inline(always)]
fn add_up<V: Vector, const G: usize, const BLOCKS: usize>(
    inputs: &Inputs<BLOCKS>,
    (block, at): (usize, usize),
    spectrum: &Spectrum<'_>,
    out: &mut [f32],
) {
    let mut sum = Sum::<V, G>::new(
        registers(&inputs.offset[block], at),
        registers(&inputs.sign[block], at),
        registers(&inputs.cosine[block], at),
        registers(&inputs.ramp[block], at),
    );
    let freq_norm: [V; G] = registers(&inputs.freq_norm[block], at);
    let sine: [V; G] = registers(&inputs.sine[block], at);
    let lowest = if spectrum.from.len() <= PARTIALS {
        sum.block(spectrum, spectrum.pairs, 0, &freq_norm)
    } else {
        let mut pairs = Pairs::NONE;
        let mut above = [0.0; 2];
        let mut lowest = [V::splat(0.0); G];
        let parts = spectrum
            .from
            .chunks(PARTIALS)
            .zip(spectrum.to.chunks(PARTIALS));
        for (index, (from, to)) in parts.enumerate().rev() {
            above = pairs.load(from, to, above);
            lowest = sum.block(spectrum, &pairs, index * PAIRS, &freq_norm);
        }
        lowest
    };

    if out.len() == G * V::WIDTH {
        for (g, out) in out.chunks_exact_mut(V::WIDTH).enumerate() {
            sum.sample(g, lowest[g], sine[g]).store(out);
        }
        return;
    }
    let mut samples = [0.0; BLOCK];
    for (g, out) in samples.chunks_exact_mut(V::WIDTH).take(G).enumerate() {
        sum.sample(g, lowest[g], sine[g]).store(out);
    }
    let length = out.len();
    out.copy_from_slice(&samples[..length]);
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

/// `G` registers of values, from place `at` on.
#[inline(always)]
fn registers<V: Vector, const G: usize>(values: &[f32; BLOCK], at: usize) -> [V; G] {
    // Of a length that is known: else the compiler copies what there may be of it, by calls.
    let values = &values[at..at + G * V::WIDTH];
    let mut out = [V::splat(0.0); G];
    for (register, values) in out.iter_mut().zip(values.chunks_exact(V::WIDTH)) {
        *register = V::load(values);
    }
    out
}
