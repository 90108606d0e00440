//! How far two takes of one note lie apart: the yardstick that no model need pass.

use super::columns::{Columns, WeightedError, harmonic_error};
use crate::analysis::NoteAnalysis;
use crate::corpus::CorpusNote;
use std::collections::BTreeMap;

/// Takes farther apart were not meant to sound alike, in folders that do not name dynamics.
const SAME_VELOCITY: f32 = 0.1;

/// Mean over all pairs of takes of one pitch and dynamic (and channel) of their harmonic error, both
/// ways; `None` where no note has a second take.
pub(crate) fn take_spread_db(notes: &[&CorpusNote]) -> Option<f64> {
    let mut groups: BTreeMap<(u8, &str, usize), Vec<&CorpusNote>> = BTreeMap::new();
    for note in notes {
        let group = (note.key, note.dynamic.as_str(), note.channel);
        groups.entry(group).or_default().push(note);
    }
    let mut spreads = Vec::new();
    for takes in groups.values() {
        for (index, one) in takes.iter().enumerate() {
            let alike =
                |other: &&&CorpusNote| (other.velocity - one.velocity).abs() < SAME_VELOCITY;
            for other in takes[index + 1..].iter().filter(alike) {
                let both = [
                    apart(&one.analysis, &other.analysis),
                    apart(&other.analysis, &one.analysis),
                ];
                spreads.extend(both.into_iter().filter_map(WeightedError::mean));
            }
        }
    }
    mean(&spreads)
}

/// The harmonic error of `other` taken for `note`: columns paired by time from the -35 dB onset over
/// the shorter sustain, each brought to the loudness of `note`'s.
fn apart(note: &NoteAnalysis, other: &NoteAnalysis) -> WeightedError {
    let partials = note.partials.min(other.partials);
    let mut carried = Columns {
        partial_db: note.partial_db.clone(),
        noise_db: Vec::new(),
    };
    let pace = note.hop_s() / other.hop_s();
    let paired = |column: usize| {
        let since_onset = (column - note.sounding.start) as f64 * pace;
        other.sounding.start + since_onset.round() as usize
    };
    let start = note.sustain.start.max(note.sounding.start);
    let both_sustain =
        (start..note.sustain.end).filter(|&column| other.sustain.contains(&paired(column)));
    let mut error = WeightedError::default();
    for column in both_sustain {
        let twin = paired(column);
        let apart_db = note.loudness_db[column] - other.loudness_db[twin];
        let into = &mut carried.partial_db[column * note.partials..][..partials];
        for (into, db) in into.iter_mut().zip(other.partials_at(twin)) {
            *into = db + apart_db;
        }
        error.join(harmonic_error(note, &carried, column..column + 1));
    }
    error
}

pub(super) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
