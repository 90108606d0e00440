//! Short-time spectra, and how far those of two signals lie apart.

use realfft::{RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Frame length and hop of the log spectral distance, samples.
const LSD_FRAME: (usize, usize) = (2048, 512);
/// Below the loudest bin of the note nothing is compared, dB.
const LSD_RANGE_DB: f32 = 80.0;
/// Frame lengths of the log-magnitude difference, samples; each hops by a quarter.
const LOG_MAG_FRAMES: [usize; 3] = [2048, 512, 128];
/// Magnitudes below this count as this.
const LOG_MAG_FLOOR: f32 = 1e-5;

/// Hann-windowed spectra of one frame length.
pub struct Stft {
    length: usize,
    hop: usize,
    window: Vec<f32>,
    forward: Arc<dyn RealToComplex<f32>>,
}

impl Stft {
    /// Frames of `length` samples, every `hop` samples, both at least 1.
    #[must_use]
    pub fn new(length: usize, hop: usize) -> Self {
        let (length, hop) = (length.max(1), hop.max(1));
        let window = (0..length).map(|i| {
            let turn = i as f64 / length as f64 * std::f64::consts::TAU;
            (0.5 - 0.5 * turn.cos()) as f32
        });
        Self {
            length,
            hop,
            window: window.collect(),
            forward: RealFftPlanner::new().plan_fft_forward(length),
        }
    }

    /// Bins of a frame: bin b stands for `b / length` of the sample rate.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.length / 2 + 1
    }

    /// Sum of the squared window: power of white noise of variance 1 in a bin.
    #[must_use]
    pub fn window_energy(&self) -> f64 {
        self.window.iter().map(|&w| f64::from(w).powi(2)).sum()
    }

    /// Powers (squared powers) of all whole frames, `[frames, bins]`, not normalised; a signal shorter than a
    /// frame gives one, filled up with silence.
    #[must_use]
    pub fn powers(&self, samples: &[f32]) -> Vec<f32> {
        let frames = samples.len().saturating_sub(self.length) / self.hop + 1;
        let mut block = self.forward.make_input_vec();
        let mut spectrum = self.forward.make_output_vec();
        let mut scratch = self.forward.make_scratch_vec();
        let mut powers = Vec::with_capacity(frames * self.bins());
        for frame in 0..frames {
            let there = &samples[(frame * self.hop).min(samples.len())..];
            block.fill(0.0);
            for ((slot, &sample), &window) in block.iter_mut().zip(there).zip(&self.window) {
                *slot = sample * window;
            }
            let done = self
                .forward
                .process_with_scratch(&mut block, &mut spectrum, &mut scratch);
            debug_assert!(done.is_ok(), "the buffers are the plan's own");
            powers.extend(spectrum.iter().copied().map(|bin| bin.norm_sqr()));
        }
        powers
    }
}

/// Log spectral distance between a recording and its imitation of equal length, dB: per frame the
/// root mean square over the bins of the level differences, levels not below 80 dB under the
/// recording's loudest bin, mean over the frames.
pub(crate) struct SpectralDistance {
    stft: Stft,
    wanted_db: Vec<f32>,
    floor_db: f32,
}

impl SpectralDistance {
    pub(crate) fn to(real: &[f32]) -> Self {
        let stft = Stft::new(LSD_FRAME.0, LSD_FRAME.1);
        let mut wanted_db = stft.powers(real);
        let loudest = wanted_db.iter().copied().fold(0.0, f32::max);
        let floor_db = level_db(loudest) - LSD_RANGE_DB;
        wanted_db
            .iter_mut()
            .for_each(|m| *m = level_db(*m).max(floor_db));
        Self {
            stft,
            wanted_db,
            floor_db,
        }
    }

    pub(crate) fn of(&self, imitation: &[f32]) -> f64 {
        let got = self.stft.powers(imitation);
        let bins = self.stft.bins();
        let frames = self
            .wanted_db
            .chunks_exact(bins)
            .zip(got.chunks_exact(bins));
        let count = frames.len().max(1) as f64;
        let of_frame = |(wanted, got): (&[f32], &[f32])| {
            let squares = wanted.iter().zip(got).map(|(wanted, &got)| {
                let apart = level_db(got).max(self.floor_db) - wanted;
                f64::from(apart * apart)
            });
            (squares.sum::<f64>() / bins as f64).sqrt()
        };
        frames.map(of_frame).sum::<f64>() / count
    }
}

/// Mean absolute difference of the natural logarithms of the magnitudes over frames of 2048, 512
/// and 128 samples (the mean of the three means).
pub(crate) fn log_magnitude_difference(real: &[f32], imitation: &[f32]) -> f64 {
    let of_size = |&length: &usize| {
        let stft = Stft::new(length, length / 4);
        let (wanted, got) = (stft.powers(real), stft.powers(imitation));
        let log = |power: f32| 0.5 * power.max(LOG_MAG_FLOOR * LOG_MAG_FLOOR).ln();
        let apart = wanted.iter().zip(&got);
        let sum: f64 = apart
            .map(|(&a, &b)| f64::from((log(a) - log(b)).abs()))
            .sum();
        sum / wanted.len().max(1) as f64
    };
    LOG_MAG_FRAMES.iter().map(of_size).sum::<f64>() / LOG_MAG_FRAMES.len() as f64
}

fn level_db(power: f32) -> f32 {
    10.0 * power.max(1e-30).log10()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;

    fn noise(samples: usize, gain: f32) -> Vec<f32> {
        let mut random = SplitMix64::new(5);
        (0..samples)
            .map(|_| random.normal() as f32 * gain)
            .collect()
    }

    #[test]
    fn a_signal_is_no_distance_from_itself_and_6_db_from_its_double() {
        let (one, two) = (noise(9000, 0.1), noise(9000, 0.2));
        let distance = SpectralDistance::to(&one);
        assert_eq!(distance.of(&one), 0.0);
        assert!((distance.of(&two) - 6.0206).abs() < 1e-3);
        assert_eq!(log_magnitude_difference(&one, &one), 0.0);
        let octave = log_magnitude_difference(&one, &two);
        assert!((octave - 2f64.ln()).abs() < 1e-4, "{octave}");
    }

    #[test]
    fn what_lies_80_db_down_does_not_count() {
        // A pure tone on a bin: all but three bins lie below the floor in both.
        let tone = |gain: f32| -> Vec<f32> {
            let step = std::f64::consts::TAU * 64.0 / 2048.0;
            (0..4096)
                .map(|i| gain * (step * f64::from(i)).sin() as f32)
                .collect()
        };
        let distance = SpectralDistance::to(&tone(0.5));
        let expected = 6.0206 * (3f64 / 1025.0).sqrt();
        let got = distance.of(&tone(1.0));
        assert!((got - expected).abs() < 1e-3, "{got} {expected}");
        // Silence against the tone: 80 dB in the loudest bin, 6 dB less beside it.
        let squares = 80f64.powi(2) + 2.0 * 73.98f64.powi(2);
        let got = distance.of(&[0.0; 4096]);
        assert!((got - (squares / 1025.0).sqrt()).abs() < 0.01, "{got}");
    }

    #[test]
    fn powers_have_the_windows_scale_and_short_signals_one_frame() {
        let stft = Stft::new(64, 16);
        let tone: Vec<f32> = (0..64)
            .map(|i| (std::f32::consts::TAU * i as f32 / 8.0).cos())
            .collect();
        let powers = stft.powers(&tone);
        assert_eq!(powers.len(), stft.bins());
        assert!((powers[8].sqrt() - 16.0).abs() < 1e-3, "half of half of 64");
        assert!((stft.window_energy() - 24.0).abs() < 1e-6);
        assert_eq!(stft.powers(&tone[..10]).len(), 33);
        assert_eq!(stft.powers(&[]).len(), 33);
        assert_eq!(stft.powers(&[0.0; 96]).len(), 3 * 33);
    }
}
