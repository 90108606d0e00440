//! Columns of partial and noise levels, wherever they come from, and how far two sets lie apart.

use crate::analysis::NoteAnalysis;
use crate::loss::partial_weights;
use crate::loudness::BAND_LIMIT_LO_HZ;
use std::ops::Range;
use synth_dsp::filtered_noise::NOISE_BAND_SPACING_HZ;

/// Partials farther below the loudest of their column do not count.
pub(super) const COUNTED_DB: f32 = 60.0;

/// What stands for silence, dB.
pub(super) const SILENCE_DB: f32 = -240.0;

/// Levels of a note's columns, laid out as in its [`NoteAnalysis`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Columns {
    /// `20 log10` of the amplitude, `[columns, partials]`.
    pub(crate) partial_db: Vec<f32>,
    /// dB re full scale^2 / Hz, `[columns, bands]`.
    pub(crate) noise_db: Vec<f32>,
}

impl Columns {
    /// What was measured.
    pub(crate) fn of(analysis: &NoteAnalysis) -> Self {
        Self {
            partial_db: analysis.partial_db.clone(),
            noise_db: analysis.noise_db.clone(),
        }
    }
}

/// A weighted sum of absolute errors.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct WeightedError {
    sum: f64,
    weight: f64,
}

impl WeightedError {
    pub(crate) fn add(&mut self, error: f64, weight: f64) {
        self.sum += error.abs() * weight;
        self.weight += weight;
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.sum += other.sum;
        self.weight += other.weight;
    }

    /// The weighted mean; `None` of nothing.
    pub(crate) fn mean(self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.sum / self.weight)
    }
}

/// Up to where partials and bands of a note count, Hz.
pub(super) fn limit_hz(analysis: &NoteAnalysis) -> f32 {
    analysis.band_limit_hz.min(BAND_LIMIT_LO_HZ as f32)
}

/// Writes the weight of every partial of a column: its audibility, or 0 where it does not count.
pub(super) fn counted_weights(partial_db: &[f32], f0_hz: f32, limit_hz: f32, weights: &mut [f32]) {
    partial_weights(partial_db, f0_hz, limit_hz, weights);
    let heard = weights.iter().take_while(|&&weight| weight > 0.0).count();
    let loudest = partial_db[..heard].iter().copied().fold(f32::MIN, f32::max);
    for (weight, &db) in weights.iter_mut().zip(&partial_db[..heard]) {
        if loudest - db > COUNTED_DB {
            *weight = 0.0;
        }
    }
}

/// The weighted harmonic error (facts of the metrics, training section 3) over some columns.
pub(super) fn harmonic_error(
    note: &NoteAnalysis,
    got: &Columns,
    columns: Range<usize>,
) -> WeightedError {
    let mut weights = vec![0.0; note.partials];
    let mut error = WeightedError::default();
    for column in columns {
        let wanted = note.partials_at(column);
        counted_weights(wanted, note.f0_hz[column], limit_hz(note), &mut weights);
        let got = &got.partial_db[column * note.partials..(column + 1) * note.partials];
        for ((&weight, &wanted), &got) in weights.iter().zip(wanted).zip(got) {
            if weight > 0.0 {
                error.add(f64::from(got) - f64::from(wanted), f64::from(weight));
            }
        }
    }
    error
}

/// Mean absolute error of the noise bands within the recording's band over some columns.
pub(super) fn noise_error(
    note: &NoteAnalysis,
    got: &Columns,
    columns: Range<usize>,
) -> WeightedError {
    let spacing_hz = NOISE_BAND_SPACING_HZ as f32;
    let bands = ((note.band_limit_hz / spacing_hz) as usize + 1).min(note.noise_bands);
    let mut error = WeightedError::default();
    for column in columns {
        let got = &got.noise_db[column * note.noise_bands..][..bands];
        for (&wanted, &got) in note.noise_at(column)[..bands].iter().zip(got) {
            error.add(f64::from(got) - f64::from(wanted), 1.0);
        }
    }
    error
}
