//! Mean power over frequency: the base of every level by band.

use crate::fourier::forward_fft;
use std::f64::consts::TAU;

/// One segment's length. In seconds, so that a signal has the same resolution (about 4 Hz of
/// Hann main lobe to each side) at every sample rate.
const SEGMENT_S: f64 = 0.4;

/// Welch's estimate of a signal's power by frequency: Hann segments of 0.4 s (or the whole signal
/// where it is shorter), at least half overlapping, evenly spread from the first to the last
/// sample. Powers add up to the mean square under the windows: a sine of amplitude 1 has 1/2.
///
/// P. D. Welch, "The use of fast Fourier transform for the estimation of power spectra", 1967.
pub struct PowerSpectrum {
    bin_hz: f64,
    nyquist_hz: f64,
    power: Vec<f64>,
}

impl PowerSpectrum {
    /// Estimates the spectrum of `samples`.
    ///
    /// # Panics
    /// If there are fewer than 16 samples.
    pub fn new(samples: &[impl Copy + Into<f64>], sample_rate_hz: f64) -> Self {
        assert!(samples.len() >= 16, "a spectrum needs at least 16 samples");
        let length = ((SEGMENT_S * sample_rate_hz).round() as usize).min(samples.len());
        let slack = samples.len() - length;
        let segments = (2 * slack).div_ceil(length) + 1;

        let window: Vec<f64> = (0..length)
            .map(|n| 0.5 - 0.5 * (TAU * (n as f64 + 0.5) / length as f64).cos())
            .collect();
        let window_energy: f64 = window.iter().map(|w| w * w).sum();

        let fft = forward_fft(length);
        let mut input = fft.make_input_vec();
        let mut output = fft.make_output_vec();
        let mut power = vec![0.0; output.len()];
        for segment in 0..segments {
            let start = if segments == 1 {
                0
            } else {
                slack * segment / (segments - 1)
            };
            for ((input, &x), w) in input.iter_mut().zip(&samples[start..]).zip(&window) {
                *input = x.into() * w;
            }
            fft.process(&mut input, &mut output)
                .expect("buffers made for this length");
            for (power, bin) in power.iter_mut().zip(&output) {
                *power += bin.norm_sqr();
            }
        }
        let scale = 1.0 / (segments as f64 * length as f64 * window_energy);
        let bins = power.len();
        for (bin, power) in power.iter_mut().enumerate() {
            let has_mirror = bin > 0 && !(length.is_multiple_of(2) && bin == bins - 1);
            *power *= if has_mirror { 2.0 * scale } else { scale };
        }
        Self {
            bin_hz: sample_rate_hz / length as f64,
            nyquist_hz: sample_rate_hz / 2.0,
            power,
        }
    }

    /// Distance of two bins in Hz; bin `i` of [`PowerSpectrum::power`] is centred at `i` of them.
    pub fn bin_hz(&self) -> f64 {
        self.bin_hz
    }

    /// Power of each bin, full scale squared, from DC to the Nyquist frequency.
    pub fn power(&self) -> &[f64] {
        &self.power
    }

    /// Power between two frequencies, full scale squared; a bin cut by an edge counts in
    /// proportion. What lies above the Nyquist frequency is empty.
    pub fn band_power(&self, low_hz: f64, high_hz: f64) -> f64 {
        self.bins()
            .map(|(centre_hz, power)| {
                let low = (centre_hz - self.bin_hz / 2.0).max(0.0);
                let high = (centre_hz + self.bin_hz / 2.0).min(self.nyquist_hz);
                let shared = (high.min(high_hz) - low.max(low_hz)).max(0.0);
                power * shared / (high - low)
            })
            .sum()
    }

    /// Sum of the bins' powers, each times `weight(frequency in Hz)`.
    pub fn weighted_power(&self, weight: impl Fn(f64) -> f64) -> f64 {
        self.bins()
            .map(|(centre_hz, power)| weight(centre_hz) * power)
            .sum()
    }

    fn bins(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.power
            .iter()
            .enumerate()
            .map(|(bin, &power)| (bin as f64 * self.bin_hz, power))
    }
}

/// Power of a signal between two frequencies in Hz, full scale squared: see [`PowerSpectrum`].
///
/// # Panics
/// If there are fewer than 16 samples.
pub fn band_power(
    samples: &[impl Copy + Into<f64>],
    sample_rate_hz: f64,
    low_hz: f64,
    high_hz: f64,
) -> f64 {
    PowerSpectrum::new(samples, sample_rate_hz).band_power(low_hz, high_hz)
}

/// Mean frequency of a signal weighted by power, in Hz; NaN in silence. Power, not magnitude, so
/// that noise has one answer whatever the resolution.
///
/// # Panics
/// If there are fewer than 16 samples.
pub fn spectral_centroid_hz(samples: &[impl Copy + Into<f64>], sample_rate_hz: f64) -> f64 {
    let spectrum = PowerSpectrum::new(samples, sample_rate_hz);
    spectrum.weighted_power(|f_hz| f_hz) / spectrum.weighted_power(|_| 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sines(partials: &[(f64, f64)], rate: f64, len: usize) -> Vec<f64> {
        (0..len)
            .map(|n| {
                partials
                    .iter()
                    .map(|(a, f)| a * (TAU * f / rate * n as f64).sin())
                    .sum()
            })
            .collect()
    }

    #[test]
    fn a_band_holds_the_power_of_its_sines() {
        for rate in [44_100.0, 48_000.0, 96_000.0] {
            let tone = sines(&[(0.5, 440.0), (0.1, 3000.0)], rate, rate as usize);
            let spectrum = PowerSpectrum::new(&tone, rate);
            assert!((spectrum.band_power(300.0, 600.0) - 0.125).abs() < 1e-6);
            assert!((spectrum.band_power(2500.0, 3500.0) - 0.005).abs() < 1e-7);
            assert!(spectrum.band_power(800.0, 2000.0) < 1e-12);
            let whole = spectrum.band_power(0.0, rate);
            assert!((whole - spectrum.weighted_power(|_| 1.0)).abs() < 1e-12);
        }
    }

    #[test]
    fn segments_cover_a_signal_of_any_length() {
        for len in [16, 1000, 17_640, 17_641, 26_460, 50_001] {
            let dc = vec![0.5_f32; len];
            let spectrum = PowerSpectrum::new(&dc, 44_100.0);
            let total = spectrum.weighted_power(|_| 1.0);
            assert!((total - 0.25).abs() < 1e-9, "{len} samples of DC: {total}");
        }
    }

    #[test]
    fn the_last_samples_count() {
        let mut tail = vec![0.0_f64; 60_000];
        tail[55_000..].fill(1.0);
        let share = PowerSpectrum::new(&tail, 44_100.0).weighted_power(|_| 1.0);
        assert!(share > 0.01, "{share}");
    }

    #[test]
    fn white_noise_spreads_in_proportion_to_bandwidth() {
        let mut state = 1_u64;
        let noise: Vec<f64> = (0..441_000)
            .map(|_| {
                state = state
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
            })
            .collect();
        let expected = (1.0 / 3.0) * 2000.0 / 22_050.0;
        let measured = band_power(&noise, 44_100.0, 4000.0, 6000.0);
        assert!((10.0 * (measured / expected).log10()).abs() < 0.2);
    }

    #[test]
    fn the_centroid_of_two_sines_is_their_power_weighted_mean() {
        let tone = sines(&[(1.0, 1000.0), (0.5, 6000.0)], 48_000.0, 48_000);
        let measured = spectral_centroid_hz(&tone, 48_000.0);
        assert!(
            (measured - (1000.0 + 0.25 * 6000.0) / 1.25).abs() < 0.5,
            "{measured}"
        );
        assert!(spectral_centroid_hz(&[0.0_f32; 100], 48_000.0).is_nan());
    }
}
