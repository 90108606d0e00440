//! From a note in a recording to columns: pitch, loudness, partials, noise.

use std::ops::Range;

/// Everything measured of one channel of a note, one column every hop.
#[derive(Clone, Debug, PartialEq)]
pub struct NoteAnalysis {
    /// Samples a second of the recording.
    pub sample_rate_hz: u32,
    /// Samples between columns.
    pub hop: usize,
    /// Sample of the recording at which column 0 is centred.
    pub first_sample: usize,
    /// Fundamental, Hz, one a column.
    pub f0_hz: Vec<f32>,
    /// A-weighted loudness of the partials below 20 kHz, dBA re full scale, one a column.
    pub loudness_db: Vec<f32>,
    /// Levels of the partials, `20 log10` of the amplitude, `[columns, partials]`.
    pub partial_db: Vec<f32>,
    /// Noise density in each band, dB re full scale^2 / Hz, one-sided, `[columns, bands]`.
    pub noise_db: Vec<f32>,
    /// Partials a column.
    pub partials: usize,
    /// Noise bands a column.
    pub noise_bands: usize,
    /// What lies above was not recorded, Hz.
    pub band_limit_hz: f32,
    /// Power of what the partials do not explain, dB re the note, over the sounding columns.
    pub residual_db: f32,
    /// Sounding columns: from where the loudness first comes within 35 dB of the sustain to where it
    /// last does.
    pub sounding: Range<usize>,
    /// Columns of the sustain: after the attack, before the release.
    pub sustain: Range<usize>,
    /// Mean loudness of the sustain, dBA re full scale.
    pub sustain_db: f32,
    /// Whether the recording goes on until the note has died away by 20 dB or more.
    pub has_release: bool,
}

impl NoteAnalysis {
    /// Number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.f0_hz.len()
    }

    /// Seconds between two columns.
    #[must_use]
    pub fn hop_s(&self) -> f64 {
        self.hop as f64 / f64::from(self.sample_rate_hz)
    }

    /// Levels of the partials of a column, dB.
    ///
    /// # Panics
    /// When there is no such column.
    #[must_use]
    pub fn partials_at(&self, column: usize) -> &[f32] {
        &self.partial_db[column * self.partials..(column + 1) * self.partials]
    }

    /// Noise densities of a column, dB.
    ///
    /// # Panics
    /// When there is no such column.
    #[must_use]
    pub fn noise_at(&self, column: usize) -> &[f32] {
        &self.noise_db[column * self.noise_bands..(column + 1) * self.noise_bands]
    }
}
