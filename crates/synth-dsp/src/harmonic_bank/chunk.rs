//! The recurrence over the partials, for a few registers of samples at once.

use super::inputs::{BLOCK, Inputs};
use super::nyquist_fade;
use super::{GROUPS, Segment};
use crate::simd::Vector;

/// Partials whose changes are worked out together; an even number.
const PARTIALS: usize = 64;

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
    let spectrum = Spectrum {
        from: &segment.from[..audible],
        to: &segment.to[..audible],
        unfaded,
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

/// The partials of which something is heard in a stretch.
struct Spectrum<'a> {
    from: &'a [f32],
    to: &'a [f32],
    /// The first so many are nowhere in the fade.
    unfaded: usize,
}

/// Adds up the partials of at most `G` registers of samples, which begin at a sample of a block.
#[inline(always)]
fn add_up<V: Vector, const G: usize, const BLOCKS: usize>(
    inputs: &Inputs<BLOCKS>,
    (block, at): (usize, usize),
    spectrum: &Spectrum<'_>,
    out: &mut [f32],
) {
    let ramp: [V; G] = registers(&inputs.ramp[block][at..]);
    let unfaded = spectrum.unfaded;
    let mut sum = Recurrence::<V, G>::new(
        registers(&inputs.offset[block][at..]),
        registers(&inputs.sign[block][at..]),
    );
    let faded = spectrum.from[unfaded..].iter().zip(&spectrum.to[unfaded..]);
    if faded.len() > 0 {
        let freq_norm: [V; G] = registers(&inputs.freq_norm[block][at..]);
        for (index, (&from, &to)) in faded.enumerate().rev() {
            let k = unfaded + index + 1;
            let minus_k = V::splat(-(k as f32));
            let (from, change) = (V::splat(from), V::splat(to - from));
            for g in 0..G {
                let weight = nyquist_fade::weight(minus_k, freq_norm[g]);
                let amplitude = change.mul_add(ramp[g], from).mul(weight);
                sum.step(g, k % 2 == 1, amplitude);
            }
        }
    }
    let full = spectrum.from[..unfaded]
        .chunks(PARTIALS)
        .zip(spectrum.to[..unfaded].chunks(PARTIALS));
    for (from, to) in full.rev() {
        // Subtracted side by side, which one at a time would take as long as a partial.
        let mut changes = [0.0; PARTIALS];
        for (change, (from, to)) in changes.iter_mut().zip(from.iter().zip(to)) {
            *change = to - from;
        }
        // By twos, so that which partials are odd is no question.
        let (pairs, last) = from.as_chunks::<2>();
        let (change_pairs, last_change) = changes[..from.len()].as_chunks::<2>();
        if let ([from], [change]) = (last, last_change) {
            sum.steps(true, &ramp, *from, *change);
        }
        for ([odd, even], [odd_change, even_change]) in pairs.iter().zip(change_pairs).rev() {
            sum.steps(false, &ramp, *even, *even_change);
            sum.steps(true, &ramp, *odd, *odd_change);
        }
    }

    let sine: [V; G] = registers(&inputs.sine[block][at..]);
    // Adding 0 turns -0 into 0: the sign of a silent sample must not tell how many of the
    // partials that are silent here were visited for the sake of its neighbours.
    let sample = |g: usize| sum.sum(g, sine[g]).add(V::splat(0.0));
    if out.len() == G * V::WIDTH {
        for (g, out) in out.chunks_exact_mut(V::WIDTH).enumerate() {
            sample(g).store(out);
        }
        return;
    }
    let mut samples = [0.0; BLOCK];
    for g in 0..G {
        sample(g).store(&mut samples[g * V::WIDTH..]);
    }
    let length = out.len();
    out.copy_from_slice(&samples[..length]);
}

/// Reinsch's form of the recurrence, `d_k = a_k + d_{k+1} + offset b_{k+1}`, `b_k = d_k + b_{k+1}`, from the
/// anchor at angle 0; the sum is `b_1 sin(phi)`. From the anchor at half a turn, `theta = pi + phi`, it is
/// the same with the odd amplitudes' signs changed: `sin(k theta) = (-1)^k sin(k phi)`.
///
/// Where products and sums have units of their own, changing signs costs least. AVX2's few registers and
/// longer way from product to sum favour multiply-adds alone: there `d_{k+1}` and `b_{k+1}` change theirs,
/// by a factor, and so do the offset and the sum. All roundings are the same.
struct Recurrence<V, const G: usize> {
    offset: [V; G],
    /// -0 from the anchor at half a turn, else 0; or, in multiply-adds, -1 and 1.
    sign: [V; G],
    b: [V; G],
    d: [V; G],
}

impl<V: Vector, const G: usize> Recurrence<V, G> {
    const BY_MULTIPLY_ADDS: bool = V::FUSED && !V::HAS_32_REGISTERS;

    #[inline(always)]
    fn new(mut offset: [V; G], mut sign: [V; G]) -> Self {
        if Self::BY_MULTIPLY_ADDS {
            for (offset, sign) in offset.iter_mut().zip(&mut sign) {
                *offset = offset.flip(*sign);
                *sign = V::splat(1.0).flip(*sign);
            }
        }
        Self {
            offset,
            sign,
            b: [V::splat(0.0); G],
            d: [V::splat(0.0); G],
        }
    }

    /// One partial, odd or even.
    #[inline(always)]
    fn steps(&mut self, is_odd: bool, ramp: &[V; G], from: f32, change: f32) {
        let (from, change) = (V::splat(from), V::splat(change));
        for (g, &ramp) in ramp.iter().enumerate() {
            self.step(g, is_odd, change.mul_add(ramp, from));
        }
    }

    #[inline(always)]
    fn step(&mut self, g: usize, is_odd: bool, amplitude: V) {
        let (b, d, sign) = (self.b[g], self.d[g], self.sign[g]);
        let d = match Self::BY_MULTIPLY_ADDS {
            true => d.mul_add(sign, amplitude),
            false if is_odd => d.add(amplitude.flip(sign)),
            false => d.add(amplitude),
        };
        let d = b.mul_add(self.offset[g], d);
        self.d[g] = d;
        self.b[g] = match Self::BY_MULTIPLY_ADDS {
            true => b.mul_add(sign, d),
            false => b.add(d),
        };
    }

    /// The sum of register `g`, whose angles have these sines.
    #[inline(always)]
    fn sum(&self, g: usize, sine: V) -> V {
        match Self::BY_MULTIPLY_ADDS {
            // The sign is a factor here, -1 or 1, which changes no other bit.
            true => self.b[g].mul(sine.mul(self.sign[g])),
            false => self.b[g].mul(sine),
        }
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
fn registers<V: Vector, const G: usize>(values: &[f32]) -> [V; G] {
    let mut out = [V::splat(0.0); G];
    for (register, values) in out.iter_mut().zip(values.chunks_exact(V::WIDTH)) {
        *register = V::load(values);
    }
    out
}
