//! What an onset does to pitch and noise.

use super::{ATTACK_STEP_S, CURVE_KNOT_SEMITONES, curve_table};
use crate::analysis::NoteAnalysis;
use crate::corpus::CorpusNote;
use synth_model::{CurveTable, CurveTableError};

/// How long an onset may bend the pitch, and add noise, s.
const BEND_S: f64 = 0.25;
const NOISE_S: f64 = 0.3;
/// The last part of either, over which it goes to nothing, s.
const LANDING_S: f64 = 0.1;
/// The pitch is not believed while the loudness is farther below the sustain, dB: a bow scrapes before
/// the string speaks.
const AUDIBLE_DB: f32 = -6.0;
/// Bends and noise beyond these are not believed.
const MOST_CENTS: f64 = 60.0;
const NOISE_DB: std::ops::RangeInclusive<f64> = -12.0..=15.0;

fn length(seconds: f64) -> usize {
    (seconds / ATTACK_STEP_S).round() as usize + 1
}

fn landing(n: usize, length: usize) -> f64 {
    let left_s = (length - 1 - n) as f64 * ATTACK_STEP_S;
    (left_s / LANDING_S).min(1.0)
}

/// Value of one number a column at each step from the onset on.
fn curve(analysis: &NoteAnalysis, length: usize, at: impl Fn(usize) -> f64) -> Vec<f64> {
    let last = analysis.columns().saturating_sub(1);
    (0..length)
        .map(|n| {
            let columns = (n as f64 * ATTACK_STEP_S / analysis.hop_s()).round() as usize;
            at((analysis.sounding.start + columns).min(last))
        })
        .collect()
}

/// The table of how notes come to their pitch, cents.
pub(super) fn cents_table(notes: &[&CorpusNote]) -> Result<CurveTable, CurveTableError> {
    let length = length(BEND_S);
    let curves: Vec<Vec<f64>> = notes
        .iter()
        .map(|note| {
            let analysis = &note.analysis;
            let settled_hz = super::hz(super::semitones(note));
            let audible = (analysis.sounding.start..analysis.columns())
                .find(|&c| analysis.loudness_db[c] >= analysis.sustain_db + AUDIBLE_DB)
                .unwrap_or(analysis.sounding.start);
            curve(analysis, length, |column| {
                let f0_hz = analysis.f0_hz[column.max(audible)];
                1_200.0 * f64::from(f0_hz / settled_hz).log2()
            })
        })
        .collect();
    curve_table(notes, &curves, CURVE_KNOT_SEMITONES, |n, cents| {
        landing(n, length) * cents.clamp(-MOST_CENTS, MOST_CENTS)
    })
}

/// Power of the noise of every column of a note, as measured and as the network has it, dB.
#[derive(Clone, Debug, Default)]
pub struct NoiseLevels {
    /// As measured.
    pub measured_db: Vec<f32>,
    /// As predicted.
    pub predicted_db: Vec<f32>,
}

/// The table of what the noise of an onset has that the network does not know of, dB. `levels` has
/// an entry a note, for its columns from the onset on.
///
/// # Errors
/// Not for notes that were analysed.
pub fn onset_noise_table(
    notes: &[CorpusNote],
    levels: &[NoiseLevels],
) -> Result<CurveTable, CurveTableError> {
    let length = length(NOISE_S);
    let all: Vec<&CorpusNote> = notes.iter().collect();
    let curves: Vec<Vec<f64>> = notes
        .iter()
        .zip(levels)
        .map(|(note, levels)| {
            let pairs = levels.measured_db.iter().zip(&levels.predicted_db);
            let excess: Vec<f64> = pairs.map(|(m, p)| f64::from(m - p)).collect();
            let start = note.analysis.sounding.start;
            curve(&note.analysis, length, |column| {
                excess.get(column - start).copied().unwrap_or(0.0)
            })
        })
        .collect();
    curve_table(&all, &curves, CURVE_KNOT_SEMITONES, |n, db| {
        landing(n, length) * db.clamp(*NOISE_DB.start(), *NOISE_DB.end())
    })
}
