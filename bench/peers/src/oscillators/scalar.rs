//! One `f32::sin` for each partial and sample.

use std::f32::consts::TAU;

use synth_dsp::harmonic_bank::Segment;

/// 2^64, the size of one turn.
const TURN: f32 = 18_446_744_073_709_551_616.0;

/// Phases wrapped exactly, so that the sine's argument stays within a turn, where it is fastest and best.
pub(super) fn render(segment: &Segment<'_>, out: &mut [f32]) {
    for (index, out) in out.iter_mut().enumerate() {
        let position = index as f32 / segment.hop as f32;
        let phase = segment.phases[index];
        let mut sum = 0.0;
        for (k, (from, to)) in (1_u64..).zip(segment.from.iter().zip(segment.to)) {
            let turns = phase.wrapping_mul(k) as i64 as f32 / TURN;
            sum += (from + (to - from) * position) * (TAU * turns).sin();
        }
        *out = sum;
    }
}
