//! Attack and release: the instrument's tables against the loudness of a recording.

use super::columns::WeightedError;
use crate::corpus::CorpusNote;
use synth_model::Expression;

/// How much of the beginning is compared, s.
const ATTACK_S: f64 = 0.9;
/// The part of it that is heard as the onset, s.
const ONSET_S: f64 = 0.15;
/// A release is followed from here, dB re the sustain, ...
const RELEASE_FROM_DB: f32 = -10.0;
/// ... to here.
const RELEASE_TO_DB: f32 = -40.0;
/// The line that a release without a table would have: 60 dB in this time, s.
const FIXED_RELEASE_S: f32 = 0.180;
/// Fewer columns say nothing of a release.
const LEAST_RELEASE_COLUMNS: usize = 4;

/// Mean absolute errors in dB; `None` where there is nothing to compare.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EnvelopeErrors {
    /// The attack table over the first 0.9 s from the -35 dB onset.
    pub attack_db: Option<f64>,
    /// A note that is at its sustain at once, likewise.
    pub attack_flat_db: Option<f64>,
    /// The attack table over the first 150 ms.
    pub onset_db: Option<f64>,
    /// A note that is at its sustain at once, likewise.
    pub onset_flat_db: Option<f64>,
    /// The release table from the point 10 dB below the sustain to that 40 dB below.
    pub release_db: Option<f64>,
    /// 60 dB in 180 ms, likewise.
    pub release_fixed_db: Option<f64>,
}

/// Compares the tables at the note's pitch and velocity with its loudness re its own sustain.
pub(crate) fn envelope_errors(
    expression: &Expression,
    note: &CorpusNote,
    f0_hz: f32,
) -> EnvelopeErrors {
    let analysis = &note.analysis;
    let hop_s = analysis.hop_s();
    let level = |column: usize| analysis.loudness_db[column] - analysis.sustain_db;
    let table = &expression.attack_db;
    let place = table.locate(f0_hz, note.velocity);

    let (mut attack, mut attack_flat) = (WeightedError::default(), WeightedError::default());
    let (mut onset, mut onset_flat) = (WeightedError::default(), WeightedError::default());
    let end = analysis.sustain.end.min(analysis.columns());
    for (index, column) in (analysis.sounding.start..end).enumerate() {
        let age_s = index as f64 * hop_s;
        if age_s > ATTACK_S {
            break;
        }
        let entry = (age_s / f64::from(expression.attack_step_s)) as f32;
        let apart = f64::from(table.at_fractional(place, entry) - level(column));
        attack.add(apart, 1.0);
        attack_flat.add(f64::from(level(column)), 1.0);
        if age_s <= ONSET_S {
            onset.add(apart, 1.0);
            onset_flat.add(f64::from(level(column)), 1.0);
        }
    }

    let mut errors = EnvelopeErrors {
        attack_db: attack.mean(),
        attack_flat_db: attack_flat.mean(),
        onset_db: onset.mean(),
        onset_flat_db: onset_flat.mean(),
        ..EnvelopeErrors::default()
    };
    if analysis.has_release {
        let t60_s = expression
            .release_s
            .at(expression.release_s.locate(f0_hz, note.velocity), 0);
        let levels: Vec<f32> = (end..analysis.columns()).map(level).collect();
        if let Some(fall) = fall(&levels) {
            errors.release_db = line_error(fall, t60_s, hop_s).mean();
            errors.release_fixed_db = line_error(fall, FIXED_RELEASE_S, hop_s).mean();
        }
    }
    errors
}

/// From the last point at or above -10 dB to the first at or below -40 dB, or to the lowest of a
/// note that is lost in the background before.
fn fall(levels: &[f32]) -> Option<&[f32]> {
    let start = levels.iter().rposition(|&db| db >= RELEASE_FROM_DB)?;
    let after = &levels[start..];
    let lowest = || (0..after.len()).min_by(|&a, &b| after[a].total_cmp(&after[b]));
    let reached = after.iter().position(|&db| db <= RELEASE_TO_DB);
    let fall = &after[..=reached.or_else(lowest)?];
    (fall.len() >= LEAST_RELEASE_COLUMNS).then_some(fall)
}

/// Error of a line that starts with the fall and loses 60 dB in `t60_s`.
fn line_error(fall: &[f32], t60_s: f32, hop_s: f64) -> WeightedError {
    let mut error = WeightedError::default();
    for (index, &db) in fall.iter().enumerate() {
        let line_db = f64::from(fall[0]) - 60.0 * index as f64 * hop_s / f64::from(t60_s);
        error.add(line_db - f64::from(db), 1.0);
    }
    error
}
