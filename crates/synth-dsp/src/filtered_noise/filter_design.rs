//! From band powers to the responses of the three bus filters.

use super::smoothing::Smoothing;
use super::stereo_power::{NOISE_BAND_SPACING_HZ, NOISE_BANDS, StereoBandPower};
use crate::simd::{Dispatch, Kernel, Vector};

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

/// Responses of one hop's filters at each bin: real, since none of them delays; silent filters are zeros. A
/// filter's response is scaled by 1 / (2 x FFT length).
pub(super) struct FilterSet {
    /// `H_L`, driven by the first generator.
    pub(super) left: Vec<f32>,
    /// `H_R1`, driven by the first generator.
    pub(super) right_shared: Vec<f32>,
    /// `H_R2`, driven by the second generator.
    pub(super) right_own: Vec<f32>,
    /// Whether anything sounds at all; if not, the responses are stale.
    pub(super) sounding: bool,
    /// Whether both channels are the same.
    pub(super) mono: bool,
    /// Whether there is anything in the left and the right channel.
    pub(super) heard: [bool; 2],
}

impl FilterSet {
    pub(super) fn new(length: usize) -> Self {
        let zeros = vec![0.0; length / 2 + 1];
        Self {
            left: zeros.clone(),
            right_shared: zeros.clone(),
            right_own: zeros,
            sounding: false,
            mono: false,
            heard: [false; 2],
        }
    }
}

/// Where an FFT bin lies between two band centres.
struct BinPosition {
    band: usize,
    fraction: f32,
}

/// Designs filters by frequency sampling; owns every buffer it needs.
pub(super) struct FilterDesigner {
    dispatch: Dispatch,
    positions: Vec<BinPosition>,
    smoothing: Smoothing,
    amplitude_scale: f32,
    /// Power densities at the bins.
    powers: [Vec<f32>; 3],
    amplitudes: [Vec<f32>; 3],
}

impl FilterDesigner {
    /// For transforms of `length` samples.
    pub(super) fn new(sample_rate_hz: u32, length: usize) -> Self {
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
        // Where no band reaches they stay zero.
        let zeros = || std::array::from_fn(|_| vec![0.0; bins]);
        Self {
            dispatch: Dispatch::detect(),
            // A unit-variance white noise has the one-sided density 2 / fs.
            amplitude_scale: (f64::from(sample_rate_hz) / 2.0).sqrt() as f32,
            smoothing: Smoothing::new(tap_count(sample_rate_hz), length),
            powers: zeros(),
            amplitudes: zeros(),
            positions,
        }
    }

    /// Writes the filters for `power`.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, bounded time.
    pub(super) fn design(&mut self, power: &StereoBandPower, filters: &mut FilterSet) {
        // The band above the last bin has a part in it.
        let bands = self.positions.last().map_or(0, |last| last.band + 2);
        let loud = |p: &[f32]| {
            let mut heard = p.iter().take(bands);
            heard.any(|&p| p >= SILENT_DENSITY && p.is_finite())
        };
        filters.sounding = loud(&power.ll) || loud(&power.rr);
        if filters.sounding {
            self.dispatch.run(Design {
                designer: self,
                power,
                filters,
            });
        }
    }
}

struct Design<'a> {
    designer: &'a mut FilterDesigner,
    power: &'a StereoBandPower,
    filters: &'a mut FilterSet,
}

impl Kernel for Design<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self {
            designer,
            power,
            filters,
        } = self;
        designer.interpolate(power);
        designer.factorise();
        let is_silent = |amplitudes: &[f32]| amplitudes.iter().all(|&a| a == 0.0);
        let FilterDesigner {
            smoothing,
            amplitudes: [left, right_shared, right_own],
            ..
        } = designer;
        let own_is_silent = is_silent(right_own);
        let is_one_noise = power.ll == power.rr && power.ll == power.lr;
        filters.mono = is_one_noise || (own_is_silent && left == right_shared);
        filters.heard = [!is_silent(left), !own_is_silent || !is_silent(right_shared)];
        if filters.mono {
            smoothing.smooth::<V, 1>([left], [&mut filters.left]);
            filters.right_shared.copy_from_slice(&filters.left);
            filters.right_own.fill(0.0);
        } else if own_is_silent {
            let out = [&mut filters.left, &mut filters.right_shared];
            smoothing.smooth::<V, 2>([left, right_shared], out.map(|out| &mut out[..]));
            filters.right_own.fill(0.0);
        } else {
            let out = [
                &mut filters.left,
                &mut filters.right_shared,
                &mut filters.right_own,
            ];
            let amplitudes = [left, right_shared, right_own];
            smoothing.smooth::<V, 3>(
                amplitudes.map(|amplitudes| &amplitudes[..]),
                out.map(|out| &mut out[..]),
            );
        }
    }
}

impl FilterDesigner {
    /// Power densities at every bin.
    #[inline(always)]
    fn interpolate(&mut self, power: &StereoBandPower) {
        // Beyond the last band lies silence.
        let mut clean = [[0.0; NOISE_BANDS + 1]; 3];
        let [ll, rr, lr] = &mut clean;
        for (clean, power) in [(ll, &power.ll), (rr, &power.rr)] {
            for (clean, &power) in clean.iter_mut().zip(power) {
                *clean = clean_power(power);
            }
        }
        for (clean, &power) in lr.iter_mut().zip(&power.lr) {
            *clean = clean_cross(power);
        }
        for (out, clean) in self.powers.iter_mut().zip(&clean) {
            for (out, position) in out.iter_mut().zip(&self.positions) {
                let band = position.band.min(NOISE_BANDS - 1);
                let (here, above) = (clean[band], clean[band + 1]);
                *out = here + (above - here) * position.fraction;
            }
        }
    }

    /// Splits the 2x2 power matrix of every bin into amplitude responses (its Cholesky factor).
    #[inline(always)]
    fn factorise(&mut self) {
        let [ll, rr, lr] = &self.powers;
        let [left, right_shared, right_own] = &mut self.amplitudes;
        let scale = self.amplitude_scale;
        let powers = ll.iter().zip(rr).zip(lr);
        let amplitudes = left.iter_mut().zip(right_shared).zip(right_own);
        for (((ll, rr), lr), ((left, right_shared), right_own)) in powers.zip(amplitudes) {
            let (left_amplitude, right_amplitude) = (ll.sqrt(), rr.sqrt());
            // Rounding, or a caller's impossible correlation, must not raise the right power.
            let correlated = (lr / left_amplitude)
                .max(-right_amplitude)
                .min(right_amplitude);
            let is_correlated = *ll > rr * LEFT_NEGLIGIBLE;
            let shared = if is_correlated { correlated } else { 0.0 };
            let rest = rr - shared * shared;
            let is_rest = rest > rr * REST_NEGLIGIBLE;
            let own = if is_rest { rest.sqrt() } else { 0.0 };
            *left = left_amplitude * scale;
            *right_shared = shared * scale;
            *right_own = own * scale;
        }
    }
}

#[inline(always)]
fn clean_power(power: f32) -> f32 {
    if power.is_finite() && power > 0.0 {
        power
    } else {
        0.0
    }
}

#[inline(always)]
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
