//! The course of the loudness from the onset on.

use super::{ATTACK_S, ATTACK_STEP_S, CURVE_KNOT_SEMITONES, curve_table};
use crate::analysis::SOUNDING_DB;
use crate::corpus::CorpusNote;
use synth_model::{CurveTable, CurveTableError};

/// The end of a curve is led to the sustain over this time, s.
const LANDING_S: f64 = 0.15;
/// Highest swell above the sustain that is believed, dB.
const HIGHEST_DB: f64 = 12.0;

/// The table of attack curves.
pub(super) fn table(notes: &[&CorpusNote]) -> Result<CurveTable, CurveTableError> {
    let curves: Vec<Vec<f64>> = notes.iter().map(|note| curve(note)).collect();
    let length = length();
    curve_table(notes, &curves, CURVE_KNOT_SEMITONES, |n, db| {
        let left_s = (length - 1 - n) as f64 * ATTACK_STEP_S;
        let landing = (left_s / LANDING_S).min(1.0);
        landing * db.clamp(f64::from(SOUNDING_DB) * 1.5, HIGHEST_DB)
    })
}

fn length() -> usize {
    (ATTACK_S / ATTACK_STEP_S).round() as usize + 1
}

/// Loudness of a note re its sustain, from where it begins to sound; the sustain's after its end.
fn curve(note: &CorpusNote) -> Vec<f64> {
    let analysis = &note.analysis;
    let end = analysis.sustain.end.max(analysis.sounding.start + 1);
    (0..length())
        .map(|n| {
            let column = n as f64 * ATTACK_STEP_S / analysis.hop_s();
            let (before, way) = (column as usize, column.fract());
            let at = |column: usize| {
                let column = analysis.sounding.start + column;
                match column < end {
                    true => f64::from(analysis.loudness_db[column] - analysis.sustain_db),
                    false => 0.0,
                }
            };
            at(before) + (at(before + 1) - at(before)) * way
        })
        .collect()
}
