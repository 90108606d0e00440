//! The sine of the wide crate, eight samples at a time.

use std::f32::consts::TAU;

use synth_dsp::harmonic_bank::Segment;
use wide::{f32x8, i32x8};

/// Radians of a 2^-32 turn.
const RADIANS: f32 = TAU / 4_294_967_296.0;

/// Phases are 2^-32 turns, wrapped by the integers' overflow; the next partial's is one addition away.
pub(super) fn render(segment: &Segment<'_>, out: &mut [f32]) {
    let (outs, rest) = out.as_chunks_mut::<8>();
    assert!(rest.is_empty(), "a control frame is 64 samples");
    for (index, out) in outs.iter_mut().enumerate() {
        let first = index * 8;
        let phase = i32x8::new(std::array::from_fn(|lane| {
            (segment.phases[first + lane] >> 32) as i32
        }));
        let position = f32x8::new(std::array::from_fn(|lane| {
            (first + lane) as f32 / segment.hop as f32
        }));
        let mut angle = phase;
        let mut sum = f32x8::ZERO;
        for (&from, &to) in segment.from.iter().zip(segment.to) {
            let sine = (angle.round_float() * RADIANS).sin();
            let amplitude = position.mul_add(f32x8::splat(to - from), f32x8::splat(from));
            sum = amplitude.mul_add(sine, sum);
            angle += phase;
        }
        *out = sum.to_array();
    }
}
