//! How much is lost when a network's activations are kept in FP16.

use super::columns::{Columns, counted_weights, limit_hz};
use crate::analysis::NoteAnalysis;

/// Width of a step of the histogram, dB.
const STEP_DB: f64 = 0.001;
/// Steps of the histogram; what lies beyond counts into the last.
const STEPS: usize = 4_000;

/// Differences of partial levels between FP16 and f32, dB.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HalfPrecision {
    /// Not passed by 99 of 100 partials.
    pub p99_db: f64,
    /// The largest.
    pub max_db: f64,
}

/// Counts differences.
#[derive(Clone, Debug)]
pub(crate) struct Differences {
    counts: Vec<u64>,
    max_db: f64,
}

impl Differences {
    pub(crate) fn new() -> Self {
        Self {
            counts: vec![0; STEPS],
            max_db: 0.0,
        }
    }

    /// Counts the partials within 60 dB of the loudest of their column, over the sounding columns.
    pub(crate) fn count(&mut self, note: &NoteAnalysis, full: &Columns, half: &Columns) {
        let mut weights = vec![0.0; note.partials];
        for column in note.sounding.clone() {
            let place = column * note.partials..(column + 1) * note.partials;
            let full = &full.partial_db[place.clone()];
            counted_weights(full, note.f0_hz[column], limit_hz(note), &mut weights);
            for ((&weight, full), half) in weights.iter().zip(full).zip(&half.partial_db[place]) {
                if weight > 0.0 {
                    let apart_db = f64::from((full - half).abs());
                    let step = ((apart_db / STEP_DB) as usize).min(STEPS - 1);
                    self.counts[step] += 1;
                    self.max_db = self.max_db.max(apart_db);
                }
            }
        }
    }

    pub(crate) fn join(&mut self, other: &Self) {
        for (sum, count) in self.counts.iter_mut().zip(&other.counts) {
            *sum += count;
        }
        self.max_db = self.max_db.max(other.max_db);
    }

    pub(crate) fn figures(&self) -> HalfPrecision {
        let total: u64 = self.counts.iter().sum();
        let mut below = 0;
        let reached = self.counts.iter().position(|count| {
            below += count;
            below * 100 >= total * 99
        });
        HalfPrecision {
            // The upper end of its step, so that it is not flattered.
            p99_db: self.max_db.min((reached.unwrap_or(0) + 1) as f64 * STEP_DB),
            max_db: self.max_db,
        }
    }
}
