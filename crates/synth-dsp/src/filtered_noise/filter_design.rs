//! From band powers to the spectra of the three bus filters.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealToComplex};

use super::stereo_power::{NOISE_BAND_SPACING_HZ, NOISE_BANDS, StereoBandPower};

/// Share of each half of the impulse response that is tapered (Tukey window).
///
/// A Hann window (share 1) smooths the response over two bands: 0.6 dB mean error where neighbouring
/// bands differ by 4 dB, against 0.35 dB at one half; shorter tapers gain nothing and leak more into
/// deep valleys.
const TAPER_SHARE: f64 = 0.5;

/// A total below this power density (-200 dB re full scale² / Hz) in every band counts as silence:
/// over the whole audio range it stays under the last bit of a 24-bit sample.
const SILENT_DENSITY: f32 = 1e-20;

/// Left power this far below the right one (-120 dB) carries no usable correlation.
const LEFT_NEGLIGIBLE: f32 = 1e-12;

/// Uncorrelated rest of the right channel this far below its power (-60 dB) is rounding.
const REST_NEGLIGIBLE: f32 = 1e-6;

/// Number of filter taps: constant in seconds, 128 at 44.1 kHz, always even. The delay is half.
pub(super) fn tap_count(sample_rate_hz: u32) -> usize {
    2 * (64.0 * f64::from(sample_rate_hz) / 44_100.0).round() as usize
}

/// Smallest even number without prime factors above 5 that is at least `minimum`.
pub(super) fn fft_length(minimum: usize) -> usize {
    let mut length = minimum.next_multiple_of(2).max(2);
    loop {
        let mut rest = length;
        for factor in [2, 3, 5] {
            while rest.is_multiple_of(factor) {
                rest /= factor;
            }
        }
        if rest == 1 {
            return length;
        }
        length += 2;
    }
}

/// Spectra of one hop's filters, scaled by 1 / FFT length.
pub(super) struct FilterSet {
    /// `H_L`, driven by the first generator.
    pub(super) left: Vec<Complex32>,
    /// `H_R1`, driven by the first generator.
    pub(super) right_shared: Vec<Complex32>,
    /// `H_R2`, driven by the second generator.
    pub(super) right_own: Vec<Complex32>,
    /// Whether anything sounds at all; if not, the spectra are stale.
    pub(super) sounding: bool,
    /// Whether `right_own` is in use; if not, it is stale.
    pub(super) second_generator: bool,
    /// Whether both channels are the same, so that one of them need not be computed.
    pub(super) mono: bool,
}

impl FilterSet {
    pub(super) fn new(bins: usize) -> Self {
        let zeros = vec![Complex32::ZERO; bins];
        Self {
            left: zeros.clone(),
            right_shared: zeros.clone(),
            right_own: zeros,
            sounding: false,
            second_generator: false,
            mono: false,
        }
    }
}

/// Where an FFT bin lies between two band centres.
struct BinPosition {
    band: usize,
    fraction: f32,
}

/// Designs linear-phase filters by frequency sampling; owns every buffer it needs.
pub(super) struct FilterDesigner {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    positions: Vec<BinPosition>,
    window: Vec<f32>,
    amplitude_scale: f32,
    amplitudes: [Vec<f32>; 3],
    spectrum: Vec<Complex32>,
    response: Vec<f32>,
    taps: Vec<f32>,
    scratch: Vec<Complex32>,
}

impl FilterDesigner {
    pub(super) fn new(
        sample_rate_hz: u32,
        forward: Arc<dyn RealToComplex<f32>>,
        inverse: Arc<dyn ComplexToReal<f32>>,
    ) -> Self {
        let length = forward.len();
        let bins = length / 2 + 1;
        let bin_hz = f64::from(sample_rate_hz) / length as f64;
        let positions = (0..bins)
            .map(|bin| bin as f64 * bin_hz / NOISE_BAND_SPACING_HZ)
            .take_while(|&position| position < NOISE_BANDS as f64)
            .map(|position| BinPosition {
                band: position as usize,
                fraction: position.fract() as f32,
            })
            .collect::<Vec<_>>();
        let scratch_len = forward.get_scratch_len().max(inverse.get_scratch_len());
        Self {
            window: tapered_window(tap_count(sample_rate_hz), length),
            // A unit-variance white noise has the one-sided density 2 / fs.
            amplitude_scale: (f64::from(sample_rate_hz) / 2.0).sqrt() as f32,
            amplitudes: std::array::from_fn(|_| vec![0.0; positions.len()]),
            positions,
            spectrum: vec![Complex32::ZERO; bins],
            response: vec![0.0; length],
            taps: vec![0.0; length],
            scratch: vec![Complex32::ZERO; scratch_len],
            forward,
            inverse,
        }
    }

    /// Writes the filters for `power`.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, time bounded by six FFTs.
    pub(super) fn design(&mut self, power: &StereoBandPower, filters: &mut FilterSet) {
        self.factorise(power);
        let [left, right_shared, right_own] = &self.amplitudes;
        let any = |amplitudes: &[f32]| amplitudes.iter().any(|&a| a != 0.0);
        filters.second_generator = any(right_own);
        filters.sounding = filters.second_generator || any(left) || any(right_shared);
        if !filters.sounding {
            return;
        }
        filters.mono = power.ll == power.rr && power.ll == power.lr;
        self.transform(0, &mut filters.left);
        if filters.mono {
            filters.right_shared.copy_from_slice(&filters.left);
        } else {
            self.transform(1, &mut filters.right_shared);
        }
        if filters.second_generator {
            self.transform(2, &mut filters.right_own);
        }
    }

    /// Splits the 2x2 power matrix of every bin into amplitude responses (its Cholesky factor).
    fn factorise(&mut self, power: &StereoBandPower) {
        let loud = |p: &[f32]| p.iter().any(|&p| p >= SILENT_DENSITY && p.is_finite());
        if !loud(&power.ll) && !loud(&power.rr) {
            for amplitudes in &mut self.amplitudes {
                amplitudes.fill(0.0);
            }
            return;
        }
        let [left, right_shared, right_own] = &mut self.amplitudes;
        for (bin, position) in self.positions.iter().enumerate() {
            let interpolate = |p: &[f32; NOISE_BANDS], clean: fn(f32) -> f32| {
                let here = clean(p[position.band]);
                let above = p.get(position.band + 1).map_or(0.0, |&p| clean(p));
                here + (above - here) * position.fraction
            };
            let ll = interpolate(&power.ll, clean_power);
            let rr = interpolate(&power.rr, clean_power);
            let lr = interpolate(&power.lr, clean_cross);
            let rr_amplitude = rr.sqrt();
            left[bin] = ll.sqrt() * self.amplitude_scale;
            let shared = if ll > rr * LEFT_NEGLIGIBLE {
                // Rounding, or a caller's impossible correlation, must not raise the right power.
                (lr / ll.sqrt()).clamp(-rr_amplitude, rr_amplitude)
            } else {
                0.0
            };
            let rest = rr - shared * shared;
            let own = if rest > rr * REST_NEGLIGIBLE {
                rest.sqrt()
            } else {
                0.0
            };
            right_shared[bin] = shared * self.amplitude_scale;
            right_own[bin] = own * self.amplitude_scale;
        }
    }

    /// Amplitude response `which` to the spectrum of its windowed, causal impulse response.
    fn transform(&mut self, which: usize, filter: &mut [Complex32]) {
        self.spectrum.fill(Complex32::ZERO);
        for (value, &amplitude) in self.spectrum.iter_mut().zip(&self.amplitudes[which]) {
            value.re = amplitude;
        }
        let inverse = self.inverse.process_with_scratch(
            &mut self.spectrum,
            &mut self.response,
            &mut self.scratch[..self.inverse.get_scratch_len()],
        );
        debug_assert!(inverse.is_ok());
        let half = self.window.len() / 2;
        let (positive, negative) = self.response.split_at(half);
        // The response is that of a zero-phase filter: its negative times stand at the end.
        let ordered = negative[negative.len() - half..].iter().chain(positive);
        self.taps.fill(0.0);
        for ((tap, &value), &window) in self.taps.iter_mut().zip(ordered).zip(&self.window) {
            *tap = value * window;
        }
        let forward = self.forward.process_with_scratch(
            &mut self.taps,
            filter,
            &mut self.scratch[..self.forward.get_scratch_len()],
        );
        debug_assert!(forward.is_ok());
    }
}

/// Tukey window over `taps` taps, centred at `taps / 2` and zero at index 0, times 1 / `length`²:
/// one for the inverse FFT of the design, one for that of the convolution.
fn tapered_window(taps: usize, length: usize) -> Vec<f32> {
    let half = taps as f64 / 2.0;
    let scale = 1.0 / (length as f64 * length as f64);
    (0..taps)
        .map(|tap| {
            let distance = (tap as f64 - half).abs() / half;
            let into_taper = ((distance - 1.0 + TAPER_SHARE) / TAPER_SHARE).max(0.0);
            let window = 0.5 * (1.0 + (std::f64::consts::PI * into_taper).cos());
            (window * scale) as f32
        })
        .collect()
}

fn clean_power(power: f32) -> f32 {
    if power.is_finite() && power > 0.0 {
        power
    } else {
        0.0
    }
}

fn clean_cross(power: f32) -> f32 {
    if power.is_finite() { power } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::{fft_length, tap_count};

    #[test]
    fn taps_are_even_and_constant_in_seconds() {
        for (rate, taps) in [
            (8_000, 24),
            (22_050, 64),
            (44_100, 128),
            (48_000, 140),
            (96_000, 278),
            (192_000, 558),
        ] {
            assert_eq!(tap_count(rate), taps);
        }
    }

    #[test]
    fn fft_lengths_are_even_smooth_and_long_enough() {
        for (minimum, length) in [
            (1, 2),
            (87, 90),
            (191, 192),
            (203, 216),
            (405, 432),
            (813, 864),
        ] {
            assert_eq!(fft_length(minimum), length);
        }
    }
}
