//! What playing louder does: the loudest dynamic of a pitch against its softest.

use super::brightness::Brightness;
use std::collections::BTreeMap;

/// One note of a pair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Played<'a> {
    pub(crate) key: u8,
    pub(crate) take: &'a str,
    pub(crate) channel: usize,
    pub(crate) velocity: f32,
    pub(crate) real: Brightness,
    /// Driven by the recording's curves.
    pub(crate) driven: Brightness,
    /// From the velocity alone.
    pub(crate) keyed: Brightness,
}

/// Errors of one difference over all pairs, dB.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DynamicError {
    /// Mean of the absolute errors.
    pub mean_db: f64,
    /// The largest one.
    pub max_db: f64,
}

/// Loud minus soft, over all pitches and takes that have both.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LoudAgainstSoft {
    /// Pairs compared.
    pub pairs: usize,
    /// A-weighted loudness, driven by the recordings' curves.
    pub loudness: DynamicError,
    /// Spectral centroid, driven by the recordings' curves.
    pub centroid: DynamicError,
    /// A-weighted loudness, played from velocity alone.
    pub keyed_loudness: DynamicError,
    /// Spectral centroid, played from velocity alone.
    pub keyed_centroid: DynamicError,
    /// Mean of the recordings' own difference in loudness, dB.
    pub real_loudness_db: f64,
    /// Mean of the recordings' own difference in centroid, dB.
    pub real_centroid_db: f64,
}

/// Compares the differences of the instrument with those of the recordings; `None` where no pitch
/// has two dynamics.
pub(crate) fn loud_against_soft<'a>(
    notes: impl IntoIterator<Item = Played<'a>>,
) -> Option<LoudAgainstSoft> {
    let mut groups: BTreeMap<(u8, &str, usize), Vec<Played<'a>>> = BTreeMap::new();
    for note in notes {
        let group = (note.key, note.take, note.channel);
        groups.entry(group).or_default().push(note);
    }
    let mut pairs = 0;
    let mut result = LoudAgainstSoft::default();
    for notes in groups.values_mut() {
        notes.sort_by(|a, b| a.velocity.total_cmp(&b.velocity));
        let (Some(soft), Some(loud)) = (notes.first(), notes.last()) else {
            continue;
        };
        if loud.velocity <= soft.velocity {
            continue;
        }
        pairs += 1;
        let real = loud.real.over(soft.real);
        let driven = loud.driven.over(soft.driven);
        let keyed = loud.keyed.over(soft.keyed);
        result.real_loudness_db += real[0];
        result.real_centroid_db += real[1];
        for (into, apart_db) in [
            (&mut result.loudness, driven[0] - real[0]),
            (&mut result.centroid, driven[1] - real[1]),
            (&mut result.keyed_loudness, keyed[0] - real[0]),
            (&mut result.keyed_centroid, keyed[1] - real[1]),
        ] {
            into.mean_db += apart_db.abs();
            into.max_db = into.max_db.max(apart_db.abs());
        }
    }
    if pairs == 0 {
        return None;
    }
    let count = pairs as f64;
    for sum in [
        &mut result.real_loudness_db,
        &mut result.real_centroid_db,
        &mut result.loudness.mean_db,
        &mut result.centroid.mean_db,
        &mut result.keyed_loudness.mean_db,
        &mut result.keyed_centroid.mean_db,
    ] {
        *sum /= count;
    }
    result.pairs = pairs;
    Some(result)
}
