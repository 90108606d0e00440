//! The rivals without a network: mean spectra, carried by partial number.

use super::columns::{Columns, SILENCE_DB, limit_hz};
use crate::analysis::NoteAnalysis;
use crate::loudness::loudness_db;
use std::ops::Range;

/// A mean spectrum re its loudness: levels of the partials by number and of the noise bands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MeanSpectrum {
    partial_db: Vec<f64>,
    noise_db: Vec<f64>,
}

impl MeanSpectrum {
    /// Mean over a note's columns in dB: partials over those that sound, noise over the sustain.
    /// Partials that the recording does not hold take the level of the last one that it holds.
    pub(crate) fn of(note: &NoteAnalysis) -> Self {
        let partial_db = mean_over(&note.sounding, note.partials, |column, k| {
            let held = (k + 1) as f32 * note.f0_hz[column] < limit_hz(note);
            held.then(|| note.partials_at(column)[k] - note.loudness_db[column])
        });
        let noise_db = mean_over(&note.sustain, note.noise_bands, |column, band| {
            Some(note.noise_at(column)[band] - note.loudness_db[column])
        });
        Self {
            partial_db,
            noise_db,
        }
    }

    /// Mean of several in dB; `None` of none.
    pub(crate) fn mean<'a>(of: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut of = of.into_iter();
        let mut sum = of.next()?.clone();
        let mut count = 1.0;
        for other in of {
            for (sum, value) in sum.partial_db.iter_mut().zip(&other.partial_db) {
                *sum += value;
            }
            for (sum, value) in sum.noise_db.iter_mut().zip(&other.noise_db) {
                *sum += value;
            }
            count += 1.0;
        }
        let values = sum.partial_db.iter_mut().chain(&mut sum.noise_db);
        values.for_each(|value| *value /= count);
        Some(sum)
    }

    /// The spectrum at every column of `note`, its partials at that column's pitch brought to that
    /// column's loudness, its noise moved by the same loudness.
    pub(crate) fn carried_to(&self, note: &NoteAnalysis) -> Columns {
        let mut columns = Columns {
            partial_db: Vec::with_capacity(note.partial_db.len()),
            noise_db: Vec::with_capacity(note.noise_db.len()),
        };
        for (&f0_hz, &wanted_db) in note.f0_hz.iter().zip(&note.loudness_db) {
            let wanted_db = f64::from(wanted_db);
            let apart_db = wanted_db - loudness_db(&self.partial_db, f64::from(f0_hz));
            let partials = self.partial_db.iter().map(|db| (db + apart_db) as f32);
            columns.partial_db.extend(partials);
            let noise = self.noise_db.iter().map(|db| (db + wanted_db) as f32);
            columns.noise_db.extend(noise);
        }
        columns
    }
}

/// Means over columns of the values there are; where there is none, the value before holds.
fn mean_over(
    columns: &Range<usize>,
    values: usize,
    value: impl Fn(usize, usize) -> Option<f32>,
) -> Vec<f64> {
    let mut last = f64::from(SILENCE_DB);
    let mean = |index| {
        let (mut sum, mut count) = (0.0, 0.0);
        for column in columns.clone() {
            if let Some(value) = value(column, index) {
                sum += f64::from(value);
                count += 1.0;
            }
        }
        if count > 0.0 {
            last = sum / count;
        }
        last
    };
    (0..values).map(mean).collect()
}
