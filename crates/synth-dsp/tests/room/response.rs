//! Impulse responses and measures of them.

use realfft::num_complex::Complex;
use synth_dsp::fx::room::Room;
use synth_dsp::simd::FlushDenormals;

pub(crate) const SIZES: [f32; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
pub(crate) const LEFT: [f32; 2] = [1.0, 0.0];
pub(crate) const RIGHT: [f32; 2] = [0.0, 1.0];
pub(crate) const BOTH: [f32; 2] = [1.0, 1.0];

/// What a room makes of `send`, in blocks of `block`.
pub(crate) fn ring(room: &mut Room, send: [&[f32]; 2], block: usize) -> [Vec<f32>; 2] {
    let _flush = FlushDenormals::new();
    let length = send[0].len();
    let mut out = [vec![0.0; length], vec![0.0; length]];
    let [left, right] = &mut out;
    for from in (0..length).step_by(block) {
        let piece = from..(from + block).min(length);
        let send = send.map(|side| &side[piece.clone()]);
        let out = [&mut left[piece.clone()], &mut right[piece]];
        testkit::no_alloc(|| room.process(send, out));
    }
    out
}

/// Response of both ears to an impulse, at amount 1.
pub(crate) fn response(rate_hz: u32, size: f32, impulse: [f32; 2], seconds: f64) -> [Vec<f32>; 2] {
    let length = (seconds * f64::from(rate_hz)) as usize;
    let send = impulse.map(|height| {
        let mut side = vec![0.0; length];
        side[0] = height;
        side
    });
    ring(
        &mut Room::new(rate_hz, size, 1.0),
        [&send[0], &send[1]],
        512,
    )
}

/// Spectrum of a signal and as many zeros as make its length a power of two.
fn spectrum(samples: &[f32]) -> Vec<Complex<f64>> {
    let length = samples.len().next_power_of_two();
    let forward = testkit::forward_fft(length);
    let mut input = forward.make_input_vec();
    for (input, &sample) in input.iter_mut().zip(samples) {
        *input = f64::from(sample);
    }
    let mut spectrum = forward.make_output_vec();
    forward.process(&mut input, &mut spectrum).unwrap();
    spectrum
}

/// A band of a signal, its edges as wide as a sixth of their frequency.
pub(crate) fn band(samples: &[f32], rate_hz: u32, from_hz: f64, to_hz: f64) -> Vec<f64> {
    let length = samples.len().next_power_of_two();
    let mut spectrum = spectrum(samples);
    for (bin, value) in spectrum.iter_mut().enumerate() {
        let hz = bin as f64 * f64::from(rate_hz) / length as f64;
        let rise = |edge_hz: f64| ((hz / edge_hz - 1.0) * 6.0 + 0.5).clamp(0.0, 1.0);
        let gain = rise(from_hz) * (1.0 - rise(to_hz));
        *value *= gain / length as f64;
    }
    let inverse = testkit::inverse_fft(length);
    let mut output = inverse.make_output_vec();
    inverse.process(&mut spectrum, &mut output).unwrap();
    output.truncate(samples.len());
    output
}

/// Energy between the edges of each band, by frequency and not by sample, so that an impulse has the
/// same at every rate if its height is the rate.
pub(crate) fn band_energies(samples: &[f32], rate_hz: u32, bands_hz: &[[f64; 2]]) -> Vec<f64> {
    let spectrum = spectrum(samples);
    let bin_hz = f64::from(rate_hz) / samples.len().next_power_of_two() as f64;
    let sum = |[from_hz, to_hz]: &[f64; 2]| -> f64 {
        let bins = (from_hz / bin_hz) as usize..(to_hz / bin_hz) as usize;
        spectrum[bins].iter().map(|bin| bin.norm_sqr()).sum::<f64>() * bin_hz
    };
    bands_hz.iter().map(sum).collect()
}

pub(crate) fn energy(samples: &[f32]) -> f64 {
    samples.iter().map(|&x| f64::from(x).powi(2)).sum()
}
