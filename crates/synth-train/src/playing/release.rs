//! How long notes take to die away.

use super::value_table;
use crate::analysis::NoteAnalysis;
use crate::corpus::CorpusNote;
use synth_model::{CurveTable, CurveTableError};

/// A release is measured from where the loudness leaves this, dB re the sustain, ...
const FROM_DB: f32 = -10.0;
/// ... to where it passes this, ...
const TO_DB: f32 = -40.0;
/// ... or as far as it goes, if that is at least this much, dB.
const LEAST_FALL_DB: f32 = 12.0;
/// Recordings that stop before their notes do: a release between those of winds and strings, s.
const BORROWED_S: f64 = 0.25;
/// Times that are believed, s.
const BELIEVED_S: std::ops::RangeInclusive<f64> = 0.03..=20.0;

/// The table of times for 60 dB.
pub(super) fn table(notes: &[&CorpusNote]) -> Result<CurveTable, CurveTableError> {
    let measured: Vec<(&CorpusNote, f64)> = notes
        .iter()
        .filter_map(|note| Some((*note, release_t60_s(&note.analysis)?.ln())))
        .collect();
    // A few stray endings are no releases: all others stop in full sound.
    if measured.len() < 3.max(notes.len() / 4) {
        return CurveTable::constant(&[BORROWED_S as f32]);
    }
    let (notes, values): (Vec<&CorpusNote>, Vec<f64>) = measured.into_iter().unzip();
    value_table(&notes, &values, |log_s| log_s.exp())
}

/// Time in which a note's release falls by 60 dB: that of the line from the -10 dB point on which its
/// loudness keeps nearest to, in mean absolute error, down to the -40 dB point or as far as it was
/// recorded. `None` without a release.
#[must_use]
pub fn release_t60_s(analysis: &NoteAnalysis) -> Option<f64> {
    if !analysis.has_release {
        return None;
    }
    let re_sustain = |column: usize| analysis.loudness_db[column] - analysis.sustain_db;
    let start = (analysis.sustain.start..analysis.columns())
        .rev()
        .find(|&column| re_sustain(column) >= FROM_DB)?
        + 1;
    let end = (start..analysis.columns())
        .find(|&column| re_sustain(column) <= TO_DB)
        .unwrap_or(analysis.columns());
    // Where the fall stops, the room or the background goes on.
    let lowest = (start..end).min_by(|&a, &b| re_sustain(a).total_cmp(&re_sustain(b)))?;
    let fall = start..lowest + 1;
    if re_sustain(lowest) > FROM_DB - LEAST_FALL_DB || fall.len() < 4 {
        return None;
    }
    // sum n |slope - drop(n) / n| over the columns is least at the weighted median of the slopes.
    let from_db = re_sustain(start - 1);
    let mut slopes: Vec<(f64, f64)> = (1..)
        .zip(fall)
        .map(|(n, column)| {
            let drop_db = f64::from(re_sustain(column) - from_db);
            (drop_db / f64::from(n), f64::from(n))
        })
        .collect();
    slopes.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let half = slopes.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    let mut passed = 0.0;
    let middle = slopes.iter().find(|(_, weight)| {
        passed += weight;
        passed >= half
    });
    let db_per_s = middle?.0 / analysis.hop_s();
    let t60_s = -60.0 / db_per_s;
    (db_per_s < 0.0).then(|| t60_s.clamp(*BELIEVED_S.start(), *BELIEVED_S.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sustain of 0 dB, then `fall` dB, one value every 10 ms.
    fn note(fall: &[f32]) -> NoteAnalysis {
        let mut loudness_db = vec![0.0; 20];
        loudness_db.extend_from_slice(fall);
        let columns = loudness_db.len();
        NoteAnalysis {
            sample_rate_hz: 10_000,
            hop: 100,
            first_sample: 0,
            f0_hz: vec![440.0; columns],
            loudness_db,
            partial_db: Vec::new(),
            noise_db: Vec::new(),
            partials: 0,
            noise_bands: 0,
            band_limit_hz: 5_000.0,
            residual_db: -30.0,
            sounding: 0..columns,
            sustain: 0..20,
            sustain_db: 0.0,
            has_release: true,
        }
    }

    #[test]
    fn a_straight_fall_has_its_time_and_one_that_never_comes_none() {
        // 2.5 dB every 10 ms: 60 dB in 0.24 s.
        let line: Vec<f32> = (1..24).map(|n| -2.5 * n as f32).collect();
        let t60_s = release_t60_s(&note(&line)).unwrap();
        assert!((t60_s - 0.24).abs() < 1e-4, "{t60_s}");
        assert_eq!(release_t60_s(&note(&[-1.0; 10])), None);
        let mut cut = note(&line);
        cut.has_release = false;
        assert_eq!(release_t60_s(&cut), None);
    }

    #[test]
    fn a_stray_level_does_not_bend_the_line() {
        let mut line: Vec<f32> = (1..16).map(|n| -2.5 * n as f32).collect();
        line[8] = -12.0;
        line[11] = -39.0;
        let t60_s = release_t60_s(&note(&line)).unwrap();
        assert!((t60_s - 0.24).abs() < 0.005, "{t60_s}");
    }
}
