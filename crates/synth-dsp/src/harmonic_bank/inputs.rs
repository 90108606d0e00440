//! What the recurrence needs of every sample, worked out for many of them before the first partial: so the
//! processor never waits for one chunk's angles while it could add up another's partials.

use super::angle::{self, Angle};
use super::{Segment, chunk};
use crate::simd::Vector;

/// Samples whose inputs are worked out by one piece of straight code; every level's chunks divide it.
pub(super) const BLOCK: usize = 64;

/// The inputs of `BLOCKS` blocks, one value a sample. Where there are fewer samples, those beyond have the first
/// one's.
#[repr(align(64))]
pub(super) struct Inputs<const BLOCKS: usize> {
    /// 0, or -0 where the angle counts from half a turn.
    pub(super) sign: [[f32; BLOCK]; BLOCKS],
    /// `2 cos(phi) - 2`
    pub(super) offset: [[f32; BLOCK]; BLOCKS],
    /// `sin(phi)`
    pub(super) sine: [[f32; BLOCK]; BLOCKS],
    pub(super) freq_norm: [[f32; BLOCK]; BLOCKS],
    pub(super) ramp: [[f32; BLOCK]; BLOCKS],
}

impl<const BLOCKS: usize> Inputs<BLOCKS> {
    /// None yet.
    pub(super) const NONE: Self = Self {
        sign: [[0.0; BLOCK]; BLOCKS],
        offset: [[0.0; BLOCK]; BLOCKS],
        sine: [[0.0; BLOCK]; BLOCKS],
        freq_norm: [[0.0; BLOCK]; BLOCKS],
        ramp: [[0.0; BLOCK]; BLOCKS],
    };

    /// Works out those from `start` to `end` of the segment, at most `BLOCKS` blocks of samples and at least one
    /// sample. In place: as a result they would be copied.
    #[inline(always)]
    pub(super) fn load<V: Vector>(&mut self, segment: &Segment<'_>, start: usize, end: usize) {
        let phases = &segment.phases[start..end];
        let freq_norm = &segment.freq_norm[start..end];
        for block in 0..BLOCKS {
            let first = block * BLOCK;
            let (phases, freq_norm) = (tail(phases, first), tail(freq_norm, first));
            match (phases.first_chunk(), freq_norm.first_chunk()) {
                (Some(phases), Some(freq_norm)) => self.fill::<V>(block, phases, freq_norm),
                _ => {
                    let phases = padded(phases, segment.phases[start]);
                    let freq_norm = padded(freq_norm, segment.freq_norm[start]);
                    self.fill::<V>(block, &phases, &freq_norm);
                }
            }
            chunk::fill_ramp(segment, start + first, &mut self.ramp[block]);
        }
    }

    #[inline(always)]
    fn fill<V: Vector>(&mut self, block: usize, phases: &[u64; BLOCK], freq_norm: &[f32; BLOCK]) {
        // One plain loop per array: each becomes vector code.
        for (sign, &phase) in self.sign[block].iter_mut().zip(phases) {
            *sign = angle::anchor_sign(phase);
        }
        let mut turns = [0.0; BLOCK];
        for (turns, &phase) in turns.iter_mut().zip(phases) {
            *turns = angle::turns_from_anchor(phase);
        }
        for (out, freq_norm) in self.freq_norm[block].iter_mut().zip(freq_norm) {
            *out = freq_norm.abs();
        }
        let registers = (0..BLOCK).step_by(V::WIDTH);
        for at in registers {
            let angle = Angle::new(V::load(&turns[at..]));
            angle.offset.store(&mut self.offset[block][at..]);
            angle.sine.store(&mut self.sine[block][at..]);
        }
    }

    /// Lowest and highest frequency.
    #[inline(always)]
    pub(super) fn frequency_range(&self) -> (f32, f32) {
        chunk::frequency_range(self.freq_norm.as_flattened())
    }
}

/// The values from `first` on, if there are so many.
#[inline(always)]
fn tail<T>(values: &[T], first: usize) -> &[T] {
    values.get(first..).unwrap_or_default()
}

#[inline(always)]
fn padded<T: Copy>(values: &[T], value: T) -> [T; BLOCK] {
    let mut padded = [value; BLOCK];
    padded
        .iter_mut()
        .zip(values)
        .for_each(|(to, from)| *to = *from);
    padded
}
