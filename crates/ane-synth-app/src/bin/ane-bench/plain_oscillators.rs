//! The plain rival of the oscillator bank, as the page had one: one `sin()` for each partial and
//! sample, in f32.

use std::f32::consts::TAU;

use synth_dsp::harmonic_bank::Segment;

/// 2^64, the size of one turn.
const TURN: f32 = 18_446_744_073_709_551_616.0;

/// Overwrites `out` with the segment: amplitudes on their ramp, phases wrapped exactly (so that the
/// sine's argument stays within a turn, where it is fastest and best), partials up to Nyquist.
pub(crate) fn render(segment: &Segment<'_>, out: &mut [f32]) {
    for (index, out) in out.iter_mut().enumerate() {
        let position = (segment.ramp_position as usize + index) as f32 / segment.hop as f32;
        let position = position.min(1.0);
        let (phase, freq_norm) = (segment.phases[index], segment.freq_norm[index]);
        let mut sum = 0.0;
        for (k, (from, to)) in (1_u64..).zip(segment.from.iter().zip(segment.to)) {
            if k as f32 * freq_norm >= 0.5 {
                break;
            }
            let turns = phase.wrapping_mul(k) as i64 as f32 / TURN;
            sum += (from + (to - from) * position) * (TAU * turns).sin();
        }
        *out = sum;
    }
}
