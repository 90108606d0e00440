//! Energy that a periodic sound has off its harmonics.

use crate::fourier::forward_fft;
use crate::harmonic_fit::fit_harmonics;

/// Shortest transform the ratio is defined for, a prime.
pub const MIN_ALIASING_LENGTH: usize = 32_749;

/// Largest prime not above `n`; `None` below 2. A prime length has no divisor in common with the
/// fundamental's bin, so an alias falls on a harmonic's bin only if it is one.
pub fn largest_prime_at_most(n: usize) -> Option<usize> {
    (2..=n).rev().find(|&candidate| {
        (2..)
            .take_while(|d| d * d <= candidate)
            .all(|divisor| candidate % divisor != 0)
    })
}

/// A fundamental that completes a whole number of periods in the transform.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BinTuning {
    /// Transform length in samples, a prime; render at least as many.
    pub length: usize,
    /// Periods in `length` samples, at least 1: the argument of [`aliasing_to_signal_db`].
    pub f0_bins: usize,
    /// The fundamental's frequency in Hz, `f0_bins * sample_rate / length`.
    pub f0_hz: f64,
}

/// The whole bin nearest to `f0_hz` for a signal of `len` samples.
///
/// # Panics
/// If `len` is below [`MIN_ALIASING_LENGTH`].
pub fn tune_to_bin(f0_hz: f64, sample_rate_hz: f64, len: usize) -> BinTuning {
    let length = transform_length(len);
    let f0_bins = ((f0_hz * length as f64 / sample_rate_hz).round() as usize).max(1);
    BinTuning {
        length,
        f0_bins,
        f0_hz: f0_bins as f64 * sample_rate_hz / length as f64,
    }
}

/// Aliasing-to-signal ratio in dB of a steady sound whose fundamental is a whole bin: over a
/// rectangular DFT of the first `N` samples, `N` the largest prime in the signal's length, the
/// energy of all bins that are neither DC nor a multiple of `f0_bins` over that of the multiples.
/// See [`tune_to_bin`] for the frequency to render; its phase increment must be exact (an `f32`
/// frequency is not: take [`note_aliasing_to_signal_db`] for those). The definition follows
/// R. Sato and J. O. Smith III, "Aliasing reduction in neural amp modeling by smoothing activations",
/// DAFx 2025 (arXiv:2505.04082).
///
/// # Panics
/// If there are fewer than [`MIN_ALIASING_LENGTH`] samples or no harmonic lies below Nyquist.
pub fn aliasing_to_signal_db(samples: &[impl Copy + Into<f64>], f0_bins: usize) -> f64 {
    let length = transform_length(samples.len());
    let fft = forward_fft(length);
    assert!(
        (1..=length / 2).contains(&f0_bins),
        "the fundamental must be above DC, below Nyquist"
    );
    let mut input: Vec<f64> = samples[..length].iter().map(|&x| x.into()).collect();
    let mut output = fft.make_output_vec();
    fft.process(&mut input, &mut output)
        .expect("buffers made for this length");
    let (mut harmonic, mut other) = (0.0, 0.0);
    for (bin, value) in output.iter().enumerate().skip(1) {
        if bin % f0_bins == 0 {
            harmonic += value.norm_sqr();
        } else {
            other += value.norm_sqr();
        }
    }
    10.0 * (other / harmonic).log10()
}

/// Aliasing-to-signal ratio in dB of a steady note whose fundamental is known but on no bin: the
/// energy left after the least-squares fit of DC and all harmonics below Nyquist, over the energy
/// of those harmonics. `f0_hz` need be no better than a rounding to `f32`: see [`fit_harmonics`].
///
/// # Panics
/// As [`fit_harmonics`].
pub fn note_aliasing_to_signal_db(
    samples: &[impl Copy + Into<f64>],
    sample_rate_hz: f64,
    f0_hz: f64,
) -> f64 {
    let fit = fit_harmonics(samples, f0_hz / sample_rate_hz);
    10.0 * (fit.residual_energy / fit.harmonic_energy).log10()
}

fn transform_length(len: usize) -> usize {
    assert!(
        len >= MIN_ALIASING_LENGTH,
        "render at least {MIN_ALIASING_LENGTH} samples to measure aliasing, not {len}"
    );
    largest_prime_at_most(len).expect("the minimum is a prime")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    /// Partials `1/k` below Nyquist, plus a sine at `alias_norm` of amplitude `alias`.
    fn tone(f0_norm: f64, len: usize, alias_norm: f64, alias: f64) -> Vec<f64> {
        let partials = (0.4999 / f0_norm) as usize;
        (0..len)
            .map(|n| {
                let turns = (f0_norm * n as f64).fract();
                let sum: f64 = (1..=partials)
                    .map(|k| (TAU * turns * k as f64 + 0.3).sin() / k as f64)
                    .sum();
                sum + 0.25 + alias * (TAU * alias_norm * n as f64).sin()
            })
            .collect()
    }

    fn expected_db(f0_norm: f64, alias: f64) -> f64 {
        let partials = (0.4999 / f0_norm) as usize;
        let harmonic: f64 = (1..=partials).map(|k| 1.0 / (k * k) as f64).sum();
        10.0 * (alias * alias / harmonic).log10()
    }

    #[test]
    fn primes_are_found_from_above() {
        assert_eq!(largest_prime_at_most(1), None);
        assert_eq!(largest_prime_at_most(2), Some(2));
        assert_eq!(largest_prime_at_most(9), Some(7));
        assert_eq!(largest_prime_at_most(32_768), Some(32_749));
        assert_eq!(largest_prime_at_most(65_536), Some(65_521));
    }

    #[test]
    fn a_planted_alias_has_its_level() {
        let tuning = tune_to_bin(1000.0, 44_100.0, 33_000);
        assert_eq!(tuning.length, 32_999);
        let f0_norm = tuning.f0_bins as f64 / tuning.length as f64;
        let alias_norm = (7 * tuning.f0_bins + 111) as f64 / tuning.length as f64;
        for alias in [1e-3, 3e-5, 1e-6] {
            let samples = tone(f0_norm, 33_000, alias_norm, alias);
            let measured = aliasing_to_signal_db(&samples, tuning.f0_bins);
            assert!(
                (measured - expected_db(f0_norm, alias)).abs() < 0.1,
                "{alias}: {measured}"
            );
        }
    }

    #[test]
    fn a_clean_tone_is_clean_and_dc_is_no_alias() {
        let tuning = tune_to_bin(4186.0, 48_000.0, 40_000);
        let f0_norm = tuning.f0_bins as f64 / tuning.length as f64;
        let samples = tone(f0_norm, 40_000, 0.0, 0.0);
        assert!(aliasing_to_signal_db(&samples, tuning.f0_bins) < -200.0);
        let single: Vec<f32> = samples.iter().map(|x| *x as f32).collect();
        let measured = aliasing_to_signal_db(&single, tuning.f0_bins);
        assert!(
            (-170.0..-130.0).contains(&measured),
            "f32 rounding: {measured}"
        );
    }

    #[test]
    fn a_partial_folded_at_nyquist_is_heard() {
        let tuning = tune_to_bin(9000.0, 44_100.0, 33_000);
        let f0_norm = tuning.f0_bins as f64 / tuning.length as f64;
        let samples = tone(f0_norm, 33_000, 3.0 * f0_norm, 1e-3);
        let measured = aliasing_to_signal_db(&samples, tuning.f0_bins);
        assert!(
            (measured - expected_db(f0_norm, 1e-3)).abs() < 0.1,
            "{measured}"
        );
    }

    #[test]
    fn a_note_off_the_bins_needs_no_exact_frequency() {
        for (f0_hz, len) in [
            (27.5, 33_000),
            (440.0, 40_001),
            (4186.009, 33_000),
            (12_543.85, 33_000),
        ] {
            let f0_norm = f0_hz / 44_100.0;
            let clean = tone(f0_norm, len, 0.0, 0.0);
            let rounded_hz = f64::from(f0_hz as f32) * (1.0 + 6e-8);
            let floor = note_aliasing_to_signal_db(&clean, 44_100.0, rounded_hz);
            assert!(floor < -150.0, "{f0_hz} Hz: {floor}");
            let samples = tone(f0_norm, len, 5.5 * f0_norm % 0.5, 1e-4);
            let measured = note_aliasing_to_signal_db(&samples, 44_100.0, rounded_hz);
            let expected = expected_db(f0_norm, 1e-4);
            assert!(
                (measured - expected).abs() < 0.3,
                "{f0_hz} Hz: {measured}, not {expected}"
            );
        }
    }

    #[test]
    #[should_panic(expected = "32749")]
    fn too_short_a_render_is_refused() {
        aliasing_to_signal_db(&[0.0_f32; 32_748], 100);
    }
}
