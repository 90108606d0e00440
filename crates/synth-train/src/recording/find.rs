//! From a recording to the notes in it.

use std::ops::Range;

use super::left_out::{
    Reject, SHORTEST_NOTE_S, key_hz, problem, warn_of_clipping, warn_of_name, warn_of_rejected,
};
use super::level::{Level, Stretch};
use super::listening::Listening;
use super::moving::{MovingNote, moving_notes};
use super::steady::PitchFinder;
use super::{FoundNote, NameHints, PitchKnot, Recording, RecordingProblem};

/// Less alike than this from period to period is no pitch.
const PITCHED: f32 = 0.7;
/// Where no frame is more alike than this the pitch is not even looked for.
const HOPELESS: f32 = 0.5;
/// Below this a sound between the multiples of the pitch is a reason to suspect another note: above, so
/// little power does not repeat itself that no second note fits in.
const UNMIXED: f32 = 0.94;
/// A note is looked at where it is within this of its loudest, dB.
const LOUD_PART_DB: f32 = 20.0;
/// Clipped share of a note's samples that leaves nothing to learn from.
const CLIPPED_MOST: f64 = 0.1;
/// A partial between the multiples of the fundamental this loud is another note, dB.
const STRAY_DB: f64 = -12.0;
/// A chord repeats itself at a common period that is none of its notes': the fundamental is this weak,
/// dB, and at least this share of the partials is missing.
const CHORDS: [(f64, f64); 2] = [(-28.0, 0.4), (-40.0, 0.3)];
/// Where one note follows another without a silence its onset has this before it at most, s.
const PRE_ROLL_S: f64 = 0.1;

/// The notes of a recording and what was left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// Notes by rising time; they do not overlap. At least one.
    pub notes: Vec<FoundNote>,
    /// What the player should know, one line each, without the file's name.
    pub warnings: Vec<String>,
}

/// A recording being searched.
struct Search<'a> {
    listening: &'a Listening,
    level: Level,
    finder: PitchFinder<'a>,
    rejected: Vec<(usize, Reject)>,
}

/// Finds the notes in a recording: stretches between silences, split where the pitch steps.
///
/// The channels are mixed for it. The pitch is what sounds; `hints` only settle the octave where the
/// sound leaves it open, and a name that the sound contradicts is warned about.
///
/// # Errors
/// [`RecordingProblem`] when no note can be used: it says why.
pub fn find_notes(recording: &Recording, hints: &NameHints) -> Result<Findings, RecordingProblem> {
    let listening = Listening::new(recording)?;
    let mut search = Search {
        listening: &listening,
        level: Level::of(&listening),
        finder: PitchFinder::new(&listening, hints.key.map(key_hz)),
        rejected: Vec::new(),
    };
    let background = search.background_db();
    let stretches = search.level.stretches(background, listening.samples.len());
    let notes: Vec<FoundNote> = stretches.iter().flat_map(|s| search.notes_of(s)).collect();
    if notes.is_empty() {
        return Err(problem(&search.rejected));
    }
    let mut warnings = Vec::new();
    warn_of_rejected(&listening, &search.rejected, &mut warnings);
    warn_of_clipping(&listening, &notes, &mut warnings);
    if let (Some(key), [note]) = (hints.key, &notes[..]) {
        warn_of_name(key, note.f0_hz, &mut warnings);
    }
    Ok(Findings { notes, warnings })
}

impl Search<'_> {
    /// Level of what sounds while nobody plays; `None` where somebody plays all the time.
    fn background_db(&mut self) -> Option<f32> {
        let quiet = self.level.quiet_windows();
        let lowest = quiet.first()?.1;
        // A note that dies away slowly is as flat and quiet as a background, but has its pitch.
        let candidates: Vec<_> = quiet.iter().filter(|(_, db)| *db <= lowest + 6.0).collect();
        let step = candidates.len().div_ceil(5);
        let some: Vec<_> = candidates.iter().step_by(step).collect();
        let tails = some
            .iter()
            .filter(|(start, db)| self.is_tail(*start, *db))
            .count();
        let background = candidates[candidates.len() / 4].1;
        (2 * tails <= some.len()).then_some(background)
    }

    /// Whether the window at `start` has the pitch of what sounded before it.
    fn is_tail(&mut self, start: usize, db: f32) -> bool {
        let length = (0.2 * self.listening.rate_hz) as usize;
        let before = &self.level.db[..start / self.level.cell];
        let Some(loud) = before.iter().rposition(|&before| before >= db + 9.0) else {
            return false;
        };
        let loud = (loud * self.level.cell).saturating_sub(length);
        let end = self.listening.samples.len();
        let mut pitch = |start: usize| {
            let found = self.finder.steady(&(start..(start + length).min(end)));
            found.filter(|found| found.clarity >= 0.85)
        };
        match (pitch(start), pitch(loud)) {
            (Some(quiet), Some(loud)) => {
                let cents = 1200.0 * (quiet.f0_hz / loud.f0_hz).log2();
                (cents - 1200.0 * (cents / 1200.0).round()).abs() < 60.0
            }
            _ => false,
        }
    }

    /// The notes of one stretch between silences.
    fn notes_of(&mut self, stretch: &Stretch) -> Vec<FoundNote> {
        let sounding = &stretch.sounding;
        if self.listening.seconds(sounding.len()) < SHORTEST_NOTE_S {
            self.rejected.push((sounding.start, Reject::Short));
            return Vec::new();
        }
        let region = self.steady_region(sounding);
        let steady = self.finder.steady(&region);
        if let Some(steady) = steady.filter(|steady| steady.is_sure) {
            let note =
                self.steady_note(stretch.free.clone(), &region, steady.f0_hz, steady.clarity);
            return note.into_iter().collect();
        }
        let clearest = steady.map_or(0.0, |steady| steady.clearest);
        if clearest < HOPELESS {
            // Noise takes as long to track as notes do.
            self.rejected
                .push((sounding.start, Reject::NoPitch(clearest)));
            return Vec::new();
        }
        let rate_hz = self.listening.rate_hz;
        let found = moving_notes(&mut self.finder, sounding, rate_hz, SHORTEST_NOTE_S);
        let loud = self.level.loud_part(sounding, LOUD_PART_DB);
        // What has a pitch only where it is hardly heard is no note.
        let found: Vec<MovingNote> = found
            .into_iter()
            .filter(|note| note.region.start < loud.end && note.region.end > loud.start)
            .collect();
        if found.iter().all(|note| note.clarity < PITCHED) {
            let clarity = found.iter().map(|note| note.clarity);
            let clarity = clarity.chain(steady.map(|s| s.clarity)).fold(0.0, f32::max);
            let f0_hz = steady.map_or(440.0, |s| s.f0_hz);
            let reject = match self.is_mixture(&region, f0_hz, clarity) {
                true => Reject::SeveralPitches,
                false => Reject::NoPitch(clarity.min(PITCHED)),
            };
            self.rejected.push((sounding.start, reject));
            return Vec::new();
        }
        let mut notes = Vec::new();
        for (i, note) in found.iter().enumerate() {
            let range = self.range_of(stretch, &found, i);
            notes.extend(self.moving_note(range, note));
        }
        notes
    }

    /// The part of a stretch that is neither attack nor release.
    fn steady_region(&self, sounding: &Range<usize>) -> Range<usize> {
        let loud = self.level.loud_part(sounding, LOUD_PART_DB);
        let skip = ((0.06 * self.listening.rate_hz) as usize).min(loud.len() / 6);
        loud.start + skip..loud.end - skip / 2
    }

    /// A note's samples: from its onset, or a little before, to where the next begins.
    fn range_of(&self, stretch: &Stretch, found: &[MovingNote], i: usize) -> Range<usize> {
        let pre_roll = (PRE_ROLL_S * self.listening.rate_hz) as usize;
        let begin = |i: usize| match found.get(i) {
            Some(_) if i == 0 => stretch.free.start,
            Some(note) => note
                .region
                .start
                .saturating_sub(pre_roll)
                .max(found[i - 1].region.end),
            None => stretch.free.end,
        };
        begin(i)..begin(i + 1)
    }

    fn steady_note(
        &mut self,
        range: Range<usize>,
        region: &Range<usize>,
        f0_hz: f64,
        clarity: f32,
    ) -> Option<FoundNote> {
        let sample = region.start + region.len() / 2;
        let pitch = vec![PitchKnot { sample, f0_hz }];
        self.checked(range, region, f0_hz, clarity, pitch)
    }

    fn moving_note(&mut self, range: Range<usize>, note: &MovingNote) -> Option<FoundNote> {
        if !note.is_note {
            self.rejected.push((note.region.start, Reject::Short));
            return None;
        }
        let pitch = note.pitch.clone();
        self.checked(range, &note.region, note.f0_hz, note.clarity, pitch)
    }

    /// A note, unless its sound speaks against it.
    fn checked(
        &mut self,
        range: Range<usize>,
        region: &Range<usize>,
        f0_hz: f64,
        clarity: f32,
        pitch: Vec<PitchKnot>,
    ) -> Option<FoundNote> {
        let clipped = self.listening.clipped_in(range.clone());
        let share = clipped as f64 / range.len().max(1) as f64;
        let reject = if share > CLIPPED_MOST {
            Some(Reject::Clipped(100.0 * share))
        } else if self.is_mixture(region, f0_hz, clarity) {
            Some(Reject::SeveralPitches)
        } else if clarity < PITCHED {
            Some(Reject::NoPitch(clarity))
        } else {
            None
        };
        if let Some(reject) = reject {
            self.rejected.push((region.start, reject));
            return None;
        }
        Some(FoundNote {
            start: range.start,
            end: range.end,
            f0_hz,
            pitch,
            clarity,
            clipped,
        })
    }

    /// Whether most of three frames hold more than one harmonic sound.
    fn is_mixture(&mut self, region: &Range<usize>, f0_hz: f64, clarity: f32) -> bool {
        let votes = [1, 2, 3].map(|quarter| {
            let centre = region.start + region.len() * quarter / 4;
            let disorder = self.finder.disorder(centre, f0_hz);
            let strays = disorder.stray_db > STRAY_DB && clarity < UNMIXED && disorder.is_tonal;
            let is_chord = |(fundamental_db, holes): (f64, f64)| {
                disorder.fundamental_db < fundamental_db && disorder.holes >= holes
            };
            strays || CHORDS.into_iter().any(is_chord)
        });
        votes.iter().filter(|&&vote| vote).count() >= 2
    }
}
