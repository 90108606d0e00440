//! Notes that sound unlike all others around them: another instrument got into the folder.

use crate::corpus::CorpusNote;
use crate::loss::audibility;

/// Notes this near are compared, semitones.
const NEAR_SEMITONES: i16 = 5;
/// A stranger is at least this far from its neighbours, dB, ...
const STRANGE_DB: f64 = 16.0;
/// ... and this many times as far as notes of the folder commonly are.
const STRANGE_TIMES: f64 = 2.5;
/// With more strangers than this share there are two instruments, and nobody can say which is meant.
const MOST_SHARE: f64 = 0.2;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strangers {
    /// Indices of strange notes, rising, and how far from their neighbours each is, dB.
    pub notes: Vec<(usize, f64)>,
    /// How far notes commonly are, dB.
    pub common_db: f64,
    /// Whether they are so many that none is to be left out.
    pub too_many: bool,
}

/// Compares every note with those of other files around its pitch.
#[must_use]
pub fn strangers(notes: &[CorpusNote]) -> Strangers {
    let spectra: Vec<Vec<f64>> = notes.iter().map(mean_spectrum).collect();
    let mut apart: Vec<(usize, f64)> = Vec::new();
    for (index, note) in notes.iter().enumerate() {
        let near = notes.iter().zip(&spectra).filter(|(other, _)| {
            let semitones = i16::from(other.key) - i16::from(note.key);
            other.file != note.file && semitones.abs() <= NEAR_SEMITONES
        });
        let mut distances: Vec<f64> = near
            .map(|(_, spectrum)| distance_db(&spectra[index], spectrum))
            .collect();
        // A middle needs a few.
        if distances.len() >= 3 {
            apart.push((index, median(&mut distances)));
        }
    }
    let mut all: Vec<f64> = apart.iter().map(|(_, db)| *db).collect();
    let common_db = median(&mut all);
    let limit_db = STRANGE_DB.max(STRANGE_TIMES * common_db);
    let strange: Vec<(usize, f64)> = apart.into_iter().filter(|(_, db)| *db > limit_db).collect();
    Strangers {
        too_many: strange.len() as f64 > MOST_SHARE * notes.len() as f64,
        notes: strange,
        common_db,
    }
}

/// Mean level over the sustain, dB re the loudness, of each partial that was recorded.
fn mean_spectrum(note: &CorpusNote) -> Vec<f64> {
    let analysis = &note.analysis;
    let mut sums = vec![0.0; analysis.partials];
    for column in analysis.sustain.clone() {
        let loudness_db = analysis.loudness_db[column];
        for (sum, db) in sums.iter_mut().zip(analysis.partials_at(column)) {
            *sum += f64::from(db - loudness_db);
        }
    }
    let highest_hz = analysis.f0_hz[analysis.sustain.clone()]
        .iter()
        .copied()
        .fold(1.0, f32::max);
    // Another sample rate is no other instrument.
    sums.truncate((analysis.band_limit_hz / highest_hz) as usize);
    let count = analysis.sustain.len().max(1) as f64;
    sums.iter().map(|sum| sum / count).collect()
}

/// Mean difference of the partials, weighted by how audible each is in either spectrum.
fn distance_db(a: &[f64], b: &[f64]) -> f64 {
    let loudest = |spectrum: &[f64]| spectrum.iter().copied().fold(f64::MIN, f64::max);
    let (top_a, top_b) = (loudest(a), loudest(b));
    let (mut sum, mut weights) = (0.0, 1e-9);
    for (a, b) in a.iter().zip(b) {
        let below = (top_a - a).min(top_b - b);
        if below < 50.0 {
            let weight = f64::from(audibility(below as f32));
            // Beyond 40 dB apart is apart.
            sum += weight * (a - b).abs().min(40.0);
            weights += weight;
        }
    }
    sum / weights
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::NoteAnalysis;

    /// A held note whose partial k (from 1) has this level.
    fn note(file: &str, key: u8, level_db: impl Fn(usize) -> f32) -> CorpusNote {
        let columns = 10;
        let levels: Vec<f32> = (1..=64).map(level_db).collect();
        CorpusNote {
            file: file.to_owned(),
            file_index: 0,
            channel: 0,
            index: 0,
            key,
            dynamic: String::new(),
            take: String::new(),
            velocity: 0.5,
            gain_db: 0.0,
            analysis: NoteAnalysis {
                sample_rate_hz: 44_100,
                hop: 64,
                first_sample: 0,
                f0_hz: vec![220.0; columns],
                loudness_db: vec![-20.0; columns],
                partial_db: levels.repeat(columns),
                noise_db: vec![-100.0; 65 * columns],
                partials: 64,
                noise_bands: 65,
                band_limit_hz: 20_000.0,
                residual_db: -30.0,
                sounding: 0..columns,
                sustain: 0..columns,
                sustain_db: -20.0,
                has_release: false,
            },
        }
    }

    fn bright(k: usize) -> f32 {
        -20.0 - 6.0 * (k as f32).log2()
    }

    fn hollow(k: usize) -> f32 {
        -20.0
            - if k.is_multiple_of(2) {
                50.0
            } else {
                18.0 * (k as f32).log2()
            }
    }

    #[test]
    fn the_one_other_instrument_is_found_and_variety_is_not() {
        let mut notes: Vec<CorpusNote> = (60..72)
            .map(|key| {
                let wobble = f32::from(key % 3) * 4.0;
                note(&format!("{key}.wav"), key, |k| {
                    bright(k) + wobble * (k % 2) as f32
                })
            })
            .collect();
        assert_eq!(strangers(&notes).notes, []);
        notes.insert(4, note("clarinet.wav", 64, hollow));
        let found = strangers(&notes);
        assert_eq!(found.notes.len(), 1, "{found:?}");
        assert_eq!(found.notes[0].0, 4);
        assert!(!found.too_many);
    }

    #[test]
    fn a_lower_sample_rate_is_no_other_instrument() {
        let mut notes: Vec<CorpusNote> = (60..72)
            .map(|key| note(&format!("{key}.wav"), key, bright))
            .collect();
        notes[5] = note("8khz.wav", 65, |k| if k < 18 { bright(k) } else { -160.0 });
        notes[5].analysis.band_limit_hz = 4_000.0;
        assert_eq!(strangers(&notes).notes, []);
    }

    #[test]
    fn one_note_has_nothing_to_be_unlike() {
        assert_eq!(strangers(&[note("a.wav", 60, bright)]).notes, []);
        assert_eq!(strangers(&[]), Strangers::default());
    }
}
