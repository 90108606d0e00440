//! Filtered noise voice by voice: cosine-sum filter design and direct convolution.
//!
//! [`crate::filtered_noise::NoiseBus`] makes one noise for all voices; this twin gives each voice a
//! generator and a filter of its own and pans them, which is what the bus has to be equivalent to.

use crate::filtered_noise::{NOISE_BAND_SPACING_HZ, NOISE_BANDS};
use std::f64::consts::PI;

/// Power density of `power` at `freq_hz`: linear between centres, falling to zero beyond the last.
#[must_use]
pub fn density_at(power: &[f32; NOISE_BANDS], freq_hz: f64) -> f64 {
    let band = |index: usize| power.get(index).map_or(0.0, |&p| f64::from(p));
    let position = freq_hz / NOISE_BAND_SPACING_HZ;
    let below = position.floor();
    let fraction = position - below;
    (1.0 - fraction) * band(below as usize) + fraction * band(below as usize + 1)
}

/// Impulse response of the filter that turns unit-variance white noise into noise of the density
/// `power` (one-sided, per Hz). The delay is half its length.
///
/// Frequency sampling on the grid the bus uses (the smallest even 5-smooth length that holds a hop
/// and the filter), evaluated as a sum of cosines, times a Tukey window with half of each side
/// tapered.
#[must_use]
pub fn filter_taps(sample_rate_hz: u32, hop: usize, power: &[f32; NOISE_BANDS]) -> Vec<f64> {
    let fs = f64::from(sample_rate_hz);
    let half = (64.0 * fs / 44_100.0).round() as i64;
    let smooth = |mut n: usize| {
        for factor in [2, 3, 5] {
            while n.is_multiple_of(factor) {
                n /= factor;
            }
        }
        n == 1
    };
    let grid = (hop + 2 * half as usize - 1..)
        .find(|&n| n % 2 == 0 && smooth(n))
        .unwrap_or_default();
    let amplitudes = (0..=grid / 2)
        .map(|bin| (density_at(power, bin as f64 * fs / grid as f64) * fs / 2.0).sqrt())
        .collect::<Vec<_>>();
    let cosines = (0..grid)
        .map(|i| (2.0 * PI * i as f64 / grid as f64).cos())
        .collect::<Vec<_>>();
    (-half..half)
        .map(|time| {
            let sum = amplitudes
                .iter()
                .enumerate()
                .map(|(bin, &amplitude)| {
                    let twice = if bin == 0 || bin == grid / 2 {
                        1.0
                    } else {
                        2.0
                    };
                    twice * amplitude * cosines[bin * time.unsigned_abs() as usize % grid]
                })
                .sum::<f64>();
            let distance = time.unsigned_abs() as f64 / half as f64;
            let window = if distance <= 0.5 {
                1.0
            } else {
                (PI * (distance - 0.5)).cos().powi(2)
            };
            window * sum / grid as f64
        })
        .collect()
}

/// Filters `white` (unit variance, `powers.len() * hop` samples) with one power per hop.
///
/// Hop `h` excites its filter over `[h, h + 2)` hops with a raised-cosine fade in and out. The
/// answer ends where the last excitation does; the tail beyond is cut.
#[must_use]
pub fn filter_white(
    sample_rate_hz: u32,
    hop: usize,
    powers: &[[f32; NOISE_BANDS]],
    white: &[f64],
) -> Vec<f64> {
    let mut out = vec![0.0; white.len()];
    let mut designed: Option<(usize, Vec<f64>)> = None;
    for (index, power) in powers.iter().enumerate() {
        let taps = match designed.take() {
            Some((same, taps)) if powers[same] == *power => taps,
            _ => filter_taps(sample_rate_hz, hop, power),
        };
        let start = index * hop;
        for n in start..white.len().min(start + 2 * hop) {
            let turns = (n - start) as f64 + 0.5;
            let fade = 0.5 * (1.0 - (PI * turns / hop as f64).cos());
            let excitation = white[n] * fade;
            for (sum, tap) in out[n..].iter_mut().zip(&taps) {
                *sum += excitation * tap;
            }
        }
        designed = Some((index, taps));
    }
    out
}

/// One voice: its powers per hop, its pan gains and the seed of its own generator.
pub struct NoiseVoice {
    /// Power density per hop and band.
    pub powers: Vec<[f32; NOISE_BANDS]>,
    /// Amplitude gain to the left channel.
    pub left_gain: f64,
    /// Amplitude gain to the right channel.
    pub right_gain: f64,
    /// Seed of the voice's generator.
    pub seed: u64,
}

/// The voices' noises, panned and added: left and right.
#[must_use]
pub fn mix_voices(sample_rate_hz: u32, hop: usize, voices: &[NoiseVoice]) -> (Vec<f64>, Vec<f64>) {
    let samples = voices
        .iter()
        .map(|voice| voice.powers.len() * hop)
        .max()
        .unwrap_or(0);
    let (mut left, mut right) = (vec![0.0; samples], vec![0.0; samples]);
    for voice in voices {
        let white = white_noise(voice.seed, voice.powers.len() * hop);
        let noise = filter_white(sample_rate_hz, hop, &voice.powers, &white);
        for ((left, right), sample) in left.iter_mut().zip(&mut right).zip(noise) {
            *left += voice.left_gain * sample;
            *right += voice.right_gain * sample;
        }
    }
    (left, right)
}

/// Gaussian white noise of unit variance: Marsaglia's 64-bit xorshift (Journal of Statistical
/// Software 8(14), 2003) through the Box-Muller transform.
#[must_use]
pub fn white_noise(seed: u64, samples: usize) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0xD134_2543_DE82_EF95) | 1;
    let mut uniform = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    for _ in 0..16 {
        uniform();
    }
    (0..samples)
        .map(|_| (-2.0 * uniform().ln()).sqrt() * (2.0 * PI * uniform()).cos())
        .collect()
}
