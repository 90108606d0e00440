//! Loudness and brightness of a steady stretch of sound.

use super::stft::Stft;
use synth_model::a_weighting;

/// Frame and hop of the mean power spectrum, samples.
const FRAME: (usize, usize) = (4096, 2048);
/// Nothing above is heard, Hz.
const HIGHEST_HZ: f64 = 20_000.0;

/// How loud and how bright.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brightness {
    /// A-weighted level, dBA re full scale^2.
    pub loudness_db: f64,
    /// Power-weighted mean frequency, Hz.
    pub centroid_hz: f64,
}

impl Brightness {
    /// Measures the mean power spectrum of `samples` from half the fundamental (below lies the
    /// rumble of the room) to 20 kHz. `None` of silence and of what is shorter than a frame.
    pub(crate) fn of(samples: &[f32], sample_rate_hz: u32, f0_hz: f32) -> Option<Self> {
        if samples.len() < FRAME.0 {
            return None;
        }
        let stft = Stft::new(FRAME.0, FRAME.1);
        let powers = stft.powers(samples);
        let bin_hz = f64::from(sample_rate_hz) / FRAME.0 as f64;
        let frames = (powers.len() / stft.bins()) as f64;
        // One-sided power of a frame: Parseval's sum over twice the bins, over window and length.
        let scale = 2.0 / (stft.window_energy() * FRAME.0 as f64 * frames);
        let (mut weighted, mut power, mut moment) = (0.0, 0.0, 0.0);
        for frame in powers.chunks_exact(stft.bins()) {
            for (bin, &power_of_bin) in frame.iter().enumerate() {
                let f_hz = bin as f64 * bin_hz;
                if (f64::from(f0_hz) / 2.0..HIGHEST_HZ).contains(&f_hz) {
                    let p = f64::from(power_of_bin) * scale;
                    weighted += p * a_weighting::gain(f_hz).powi(2);
                    power += p;
                    moment += p * f_hz;
                }
            }
        }
        (weighted > 0.0 && power > 0.0).then(|| Self {
            loudness_db: 10.0 * weighted.log10(),
            centroid_hz: moment / power,
        })
    }

    /// `self` over `soft` in dB: the loudness, and 20 log10 of the ratio of the centroids.
    pub(crate) fn over(self, soft: Self) -> [f64; 2] {
        [
            self.loudness_db - soft.loudness_db,
            20.0 * (self.centroid_hz / soft.centroid_hz).log10(),
        ]
    }
}
