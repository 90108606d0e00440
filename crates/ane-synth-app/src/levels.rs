//! What is measured of a file: peaks and loudness.

use synth_dsp::true_peak::TruePeakMeter;

use crate::error::AppError;
use crate::loudness::LoudnessMeter;

/// The levels of a stereo file, full scale 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Levels {
    /// Highest magnitude of a sample.
    pub(crate) sample_peak: f32,
    /// Highest magnitude of the waveform.
    pub(crate) true_peak: f32,
    /// Integrated loudness (ITU-R BS.1770-4, EBU R 128); `None` below its gate of -70 LUFS and in
    /// less than one block of 0.4 s.
    pub(crate) loudness_lufs: Option<f64>,
}

/// Meters for a stereo stream.
///
/// The loudness meter keeps a number for every 100 ms, 0.3 MB an hour.
pub(crate) struct Meters {
    peaks: [TruePeakMeter; 2],
    loudness: LoudnessMeter,
}

impl Meters {
    pub(crate) fn new(sample_rate_hz: u32) -> Result<Self, AppError> {
        Ok(Self {
            peaks: [TruePeakMeter::new(), TruePeakMeter::new()],
            loudness: LoudnessMeter::new(2, sample_rate_hz)?,
        })
    }

    pub(crate) fn process(&mut self, left: &[f32], right: &[f32]) -> Result<(), AppError> {
        for (peak, samples) in self.peaks.iter_mut().zip([left, right]) {
            peak.process(samples);
        }
        self.loudness.process(&[left, right])
    }

    pub(crate) fn finish(self) -> Result<Levels, AppError> {
        let loudness_lufs = self.loudness.integrated_lufs()?;
        let [left, right] = self.peaks;
        Ok(Levels {
            sample_peak: left.sample_peak().max(right.sample_peak()),
            true_peak: left.finish().max(right.finish()),
            loudness_lufs,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    fn measure(samples: &[f32], piece: usize) -> Levels {
        let mut meters = Meters::new(48_000).unwrap();
        for part in samples.chunks(piece) {
            meters.process(part, part).unwrap();
        }
        meters.finish().unwrap()
    }

    #[test]
    fn a_tone_of_the_standard_reads_as_the_standard_says() {
        // EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS reads -23.0 +- 0.1 LUFS.
        let amplitude = 10.0_f64.powf(-23.0 / 20.0);
        let tone: Vec<f32> = (0..20 * 48_000)
            .map(|n| (amplitude * (2.0 * PI * f64::from(n) / 48.0).sin()) as f32)
            .collect();
        let levels = measure(&tone, 4096);
        assert!((levels.loudness_lufs.unwrap() + 23.0).abs() < 0.1);
        assert!((levels.sample_peak - amplitude as f32).abs() < 1e-6);
        let other = measure(&tone, 777);
        let bits = |levels: Levels| levels.loudness_lufs.unwrap().to_bits();
        assert_eq!(bits(levels), bits(other), "depends on the blocks");
    }

    #[test]
    fn silence_and_a_moment_have_no_loudness() {
        assert_eq!(measure(&[0.0; 48_000], 1000).loudness_lufs, None);
        assert_eq!(measure(&[0.5; 4800], 1000).loudness_lufs, None);
        assert_eq!(measure(&[], 1).loudness_lufs, None);
    }
}
