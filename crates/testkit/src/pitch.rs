//! Pitch to a fraction of a cent.

use std::f64::consts::TAU;

/// Stretch of sustain over which the phase's advance is taken.
const SPAN_S: f64 = 0.5;
/// Window length in periods: the Blackman-Harris main lobe then reaches half way to the next
/// partial, whose leakage is below -92 dB.
const WINDOW_PERIODS: f64 = 8.0;
/// Shortest window: that of high notes, where 8 periods are hardly any samples.
const MIN_WINDOW_S: f64 = 0.0025;
/// Partials this far below the strongest count as absent.
const ABSENT: f64 = 1e-3;

/// Frequency of MIDI note `note` (60 is middle C, fractions allowed) in equal temperament at
/// A4 = 440 Hz: `440 * 2^((n-69)/12)`.
pub fn note_hz(note: f64) -> f64 {
    440.0 * ((note - 69.0) / 12.0).exp2()
}

/// Pitch in Hz of a steady sound near `expected_hz`: the frequency of the strongest of partials
/// 1-4, from its phase's advance over 0.5 s (found over a period first, then over doubled spans,
/// so that whole turns are not lost), divided by its number.
///
/// `samples` must hold 0.5 s and a window of 8 periods (at least 2.5 ms) of sustain, without
/// vibrato and drift. Where the partials present are all multiples of one number (an octave too
/// high: only 2 and 4) the sound's own fundamental is returned, so that a wrong octave above does
/// not pass (a wrong octave below has harmonics where this one has none:
/// [`note_aliasing_to_signal_db`](crate::note_aliasing_to_signal_db) shows it). NaN in silence.
///
/// # Panics
/// If `samples` is too short or `expected_hz` is not between 0 and Nyquist.
pub fn pitch_hz(samples: &[impl Copy + Into<f64>], sample_rate_hz: f64, expected_hz: f64) -> f64 {
    assert!(
        expected_hz > 0.0 && expected_hz < sample_rate_hz / 2.0,
        "expect a pitch below Nyquist"
    );
    let reach = (WINDOW_PERIODS / expected_hz).max(MIN_WINDOW_S) * sample_rate_hz / 2.0;
    let reach = reach.ceil() as usize;
    let span = (SPAN_S * sample_rate_hz).round() as usize;
    let needed = span + 2 * reach + 1;
    assert!(
        samples.len() >= needed,
        "pass {needed} samples of sustain, not {}",
        samples.len()
    );
    let samples: Vec<f64> = samples[..needed].iter().map(|&x| x.into()).collect();

    let expected_norm = expected_hz / sample_rate_hz;
    // Nearer to Nyquist than this a partial, detuned, could meet its own mirror image.
    let main_lobe = 2.0 / reach as f64;
    let at = |offset: usize, partial: u32| {
        let window = &samples[offset..=offset + 2 * reach];
        windowed_phasor(window, f64::from(partial) * expected_norm)
    };
    let magnitudes: Vec<(u32, f64)> = (1..=4)
        .filter(|&k| f64::from(k) * expected_norm + main_lobe < 0.5)
        .map(|k| (k, at(0, k).0 + at(span, k).0))
        .collect();
    let Some(&(strongest, most)) = magnitudes.iter().max_by(|a, b| a.1.total_cmp(&b.1)) else {
        return f64::NAN;
    };
    if most.is_nan() || most == 0.0 {
        return f64::NAN;
    }
    let spacing = magnitudes
        .iter()
        .filter(|(_, magnitude)| *magnitude > ABSENT * most)
        .fold(0, |spacing, &(k, _)| greatest_common_divisor(spacing, k));

    let start = at(0, strongest).1;
    let mut partial_norm = f64::from(strongest) * expected_norm;
    let doublings = (span as f64 * expected_norm).log2().ceil().max(0.0) as u32;
    for doubling in (0..=doublings).rev() {
        let lag = span >> doubling;
        if lag == 0 {
            continue;
        }
        let advance = (at(lag, strongest).1 - start) / TAU;
        let surplus = advance - partial_norm * lag as f64;
        partial_norm += (surplus - surplus.round()) / lag as f64;
    }
    partial_norm * sample_rate_hz * f64::from(spacing) / f64::from(strongest)
}

/// [`pitch_hz`] against `expected_hz`, in cents; positive is sharp.
///
/// # Panics
/// As [`pitch_hz`].
pub fn pitch_error_cents(
    samples: &[impl Copy + Into<f64>],
    sample_rate_hz: f64,
    expected_hz: f64,
) -> f64 {
    1200.0 * (pitch_hz(samples, sample_rate_hz, expected_hz) / expected_hz).log2()
}

/// Magnitude, and phase at the middle in radians, of the component at `f_norm` (cycles a sample)
/// under a four-term Blackman-Harris window (F. J. Harris, "On the use of windows for harmonic
/// analysis with the discrete Fourier transform", 1978: side lobes at -92 dB).
fn windowed_phasor(window: &[f64], f_norm: f64) -> (f64, f64) {
    let middle = (window.len() - 1) as f64 / 2.0;
    let (mut re, mut im) = (0.0, 0.0);
    for (n, x) in window.iter().enumerate() {
        let t = n as f64 - middle;
        let turn = TAU * t / (window.len() + 1) as f64;
        let weight = 0.35875
            + 0.48829 * turn.cos()
            + 0.14128 * (2.0 * turn).cos()
            + 0.01168 * (3.0 * turn).cos();
        let (sin, cos) = (TAU * f_norm * t).sin_cos();
        re += weight * x * cos;
        im -= weight * x * sin;
    }
    (re.hypot(im), im.atan2(re))
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(f0_hz: f64, rate: f64, partials: &[f64]) -> Vec<f32> {
        (0..(rate * 1.2) as usize)
            .map(|n| {
                let turns = f0_hz / rate * n as f64;
                let sum: f64 = partials
                    .iter()
                    .zip(1..)
                    .filter(|(_, k)| f64::from(*k) * f0_hz < rate / 2.0)
                    .map(|(a, k)| a * (TAU * turns * f64::from(k) + 0.4 * f64::from(k)).sin())
                    .sum();
                sum as f32
            })
            .collect()
    }

    #[test]
    fn notes_are_equal_tempered() {
        assert_eq!(note_hz(69.0), 440.0);
        assert!((note_hz(21.0) - 27.5).abs() < 1e-9);
        assert!((note_hz(108.0) - 4186.009).abs() < 1e-3);
    }

    #[test]
    fn a_planted_detuning_is_read_to_a_thousandth_of_a_cent() {
        let spectra: [&[f64]; 4] = [
            &[1.0],
            &[0.5, 0.4, 0.3, 0.2, 0.1],
            &[0.01, 0.2, 0.9, 0.3],
            &[0.3, 0.0, 1.0, 0.0, 0.5],
        ];
        for note in [21.0, 45.0, 69.0, 96.0, 108.0, 127.0] {
            for cents in [-35.0, -0.7, 0.0, 0.05, 20.0] {
                for (spectrum, rate) in spectra.iter().zip([44_100.0, 48_000.0, 96_000.0, 44_100.0])
                {
                    let sounding_hz = note_hz(note + cents / 100.0);
                    let samples = tone(sounding_hz, rate, spectrum);
                    let measured = pitch_error_cents(&samples, rate, note_hz(note));
                    assert!(
                        (measured - cents).abs() < 1e-3,
                        "{note} {cents}: {measured}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_wrong_octave_above_does_not_pass() {
        let octave_up = tone(880.0, 44_100.0, &[1.0, 0.5, 0.3]);
        assert!((pitch_error_cents(&octave_up, 44_100.0, 440.0) - 1200.0).abs() < 1e-3);
        let twelfth_up = tone(1320.0, 44_100.0, &[1.0]);
        assert!((pitch_error_cents(&twelfth_up, 44_100.0, 440.0) - 1901.955).abs() < 1e-2);
    }

    #[test]
    fn silence_has_no_pitch() {
        assert!(pitch_hz(&[0.0_f32; 50_000], 44_100.0, 440.0).is_nan());
    }

    #[test]
    #[should_panic(expected = "samples of sustain")]
    fn too_short_a_slice_is_refused() {
        pitch_hz(&[0.0_f32; 22_050], 44_100.0, 440.0);
    }
}
