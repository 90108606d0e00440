//! Where a note sounds, is sustained and is let go, from its loudness.

use std::ops::Range;

/// A note begins and ends where its loudness passes this, dB re the sustain.
pub const SOUNDING_DB: f32 = -35.0;
/// The attack ends where the loudness first comes this near, dB re the sustain.
const ATTACK_END_DB: f32 = -3.0;
/// Time that the loudness may still settle after that, s.
const SETTLING_S: f64 = 0.05;
/// The release begins where the loudness last leaves this, dB re the sustain.
const RELEASE_START_DB: f32 = -5.0;
/// Taken off the sustain before that point, s: the fall has begun.
const FALLING_S: f64 = 0.05;
/// A recording that comes so far down holds a release, dB re the sustain.
const RELEASED_DB: f32 = -20.0;

/// The parts of a note.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NoteShape {
    pub(super) sounding: Range<usize>,
    pub(super) sustain: Range<usize>,
    pub(super) sustain_db: f32,
    pub(super) has_release: bool,
}

/// Finds the parts; `None` when there is no note.
pub(super) fn note_shape(loudness_db: &[f32], hop_s: f64) -> Option<NoteShape> {
    let loudest = loudness_db.iter().copied().fold(f32::MIN, f32::max);
    let mut upper: Vec<f32> = loudness_db
        .iter()
        .copied()
        .filter(|&db| db > loudest - 20.0)
        .collect();
    if upper.is_empty() {
        return None;
    }
    // The median of what is loud at all: neither an accent nor a long release moves it far.
    upper.sort_unstable_by(f32::total_cmp);
    let level_db = upper[upper.len() / 2];
    let first_above = |db: f32| loudness_db.iter().position(|&l| l >= db);
    let last_above = |db: f32| loudness_db.iter().rposition(|&l| l >= db);
    let first = first_above(level_db + ATTACK_END_DB)?;
    let last = last_above(level_db + RELEASE_START_DB)?;
    let columns = |seconds: f64| (seconds / hop_s).round() as usize;
    let has_release = loudness_db[last..]
        .iter()
        .any(|&db| db <= level_db + RELEASED_DB);
    let from = (first + columns(SETTLING_S)).min(last);
    let to = if has_release {
        (last + 1).saturating_sub(columns(FALLING_S)).max(from + 1)
    } else {
        (last + 1).max(from + 1)
    };
    let sustain = from..to.min(loudness_db.len());
    let held = &loudness_db[sustain.clone()];
    let sustain_db = held.iter().sum::<f32>() / held.len().max(1) as f32;
    let start = sounding_start(loudness_db, first, sustain_db + SOUNDING_DB);
    let end = last_above(sustain_db + SOUNDING_DB)? + 1;
    Some(NoteShape {
        sounding: start..end.max(sustain.end),
        sustain,
        sustain_db,
        has_release,
    })
}

/// The last time before `first` at which the loudness comes up through `threshold_db`: noise long
/// before the note does not begin it.
fn sounding_start(loudness_db: &[f32], first: usize, threshold_db: f32) -> usize {
    loudness_db[..first]
        .iter()
        .rposition(|&db| db < threshold_db)
        .map_or(0, |below| below + 1)
}
