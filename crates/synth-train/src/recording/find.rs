//! From a recording to the notes in it.

use std::ops::Range;

use super::level::{Level, Stretch};
use super::listening::Listening;
use super::spectrum::Spectrum;
use super::steady::{Steady, steady_pitch};
use super::{FoundNote, NameHints, PitchKnot, Recording, RecordingProblem};

/// Shortest steady pitch of a note that is kept, s.
const SHORTEST_NOTE_S: f64 = 0.25;
/// Less alike than this from period to period is no pitch.
const PITCHED: f32 = 0.7;
/// A note is taken from where it is within this of its loudest, dB.
const LOUD_PART_DB: f32 = 20.0;
/// Clipped share of a note's samples that is worth a warning, and that leaves nothing to learn from.
const CLIPPED_WARN: f64 = 0.001;
const CLIPPED_MOST: f64 = 0.1;
/// A sound farther than this from what its name says is reported, cents.
const NAME_CENTS: f64 = 60.0;
/// A partial between the multiples of the fundamental this loud is another note, dB.
const STRAY_DB: f64 = -12.0;
/// A chord repeats itself at a common period that is none of its notes': the fundamental is this weak,
/// dB, and this share of the partials is missing.
const ABSENT_DB: f64 = -36.0;
const HOLES: f64 = 0.3;

/// The notes of a recording and what was left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// Notes by rising time; they do not overlap. At least one.
    pub notes: Vec<FoundNote>,
    /// What the player should know, one line each, without the file's name.
    pub warnings: Vec<String>,
}

/// Why a stretch is no note.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reject {
    Short,
    NoPitch(f32),
    SeveralPitches,
    Clipped(f64),
}

/// Finds the notes in a recording: stretches between silences, each on one pitch.
///
/// The channels are mixed for it. The pitch is what sounds; `hints` only settle the octave where the
/// sound leaves it open, and a name that the sound contradicts is warned about.
///
/// # Errors
/// [`RecordingProblem`] when no note can be used: it says why.
pub fn find_notes(recording: &Recording, hints: &NameHints) -> Result<Findings, RecordingProblem> {
    let listening = Listening::new(recording)?;
    let hint_hz = hints.key.map(|key| key_hz(f64::from(key)));
    let level = Level::of(&listening);
    let background = background_db(&listening, &level, hint_hz);
    let mut findings = Findings::default();
    let mut rejected: Vec<(usize, Reject)> = Vec::new();
    for stretch in level.stretches(background, listening.samples.len()) {
        match notes_of(&listening, &level, &stretch, hint_hz) {
            Ok(notes) => findings.notes.extend(notes),
            Err(reject) => rejected.push((stretch.sounding.start, reject)),
        }
    }
    if findings.notes.is_empty() {
        return Err(problem(&rejected));
    }
    warn_of_rejected(&listening, &rejected, &mut findings.warnings);
    warn_of_clipping(&listening, &findings.notes, &mut findings.warnings);
    if let (Some(key), [note]) = (hints.key, &findings.notes[..]) {
        warn_of_name(key, note.f0_hz, &mut findings.warnings);
    }
    Ok(findings)
}

/// Level of what sounds while nobody plays; `None` where somebody plays all the time.
fn background_db(listening: &Listening, level: &Level, hint_hz: Option<f64>) -> Option<f32> {
    let quiet = level.quiet_windows();
    let lowest = quiet.first()?.1;
    // A note that dies away slowly is as flat and quiet as a background, but has its pitch.
    let candidates: Vec<_> = quiet.iter().filter(|(_, db)| *db <= lowest + 6.0).collect();
    let step = candidates.len().div_ceil(5);
    let some = candidates.iter().step_by(step);
    let votes: Vec<bool> = some
        .map(|(start, db)| is_tail(listening, level, *start, *db, hint_hz))
        .collect();
    let tails = votes.iter().filter(|&&tail| tail).count();
    let background = candidates[candidates.len() / 4].1;
    (2 * tails <= votes.len()).then_some(background)
}

/// Whether the window at `start` has the pitch of what sounded before it.
fn is_tail(
    listening: &Listening,
    level: &Level,
    start: usize,
    db: f32,
    hint_hz: Option<f64>,
) -> bool {
    let samples = &listening.samples;
    let length = (0.2 * listening.rate_hz) as usize;
    let pitch = |start: usize| {
        let end = (start + length).min(samples.len());
        let found = steady_pitch(samples, start..end, listening.rate_hz, hint_hz);
        found.filter(|found| found.clarity >= 0.85)
    };
    let before = &level.db[..start / level.cell];
    let Some(loud) = before.iter().rposition(|&before| before >= db + 9.0) else {
        return false;
    };
    let loud = (loud * level.cell).saturating_sub(length);
    match (pitch(start), pitch(loud)) {
        (Some(quiet), Some(loud)) => {
            let cents = 1200.0 * (quiet.f0_hz / loud.f0_hz).log2();
            (cents - 1200.0 * (cents / 1200.0).round()).abs() < 60.0
        }
        _ => false,
    }
}

/// The notes of one stretch between silences.
fn notes_of(
    listening: &Listening,
    level: &Level,
    stretch: &Stretch,
    hint_hz: Option<f64>,
) -> Result<Vec<FoundNote>, Reject> {
    if listening.seconds(stretch.sounding.len()) < SHORTEST_NOTE_S {
        return Err(Reject::Short);
    }
    let region = steady_region(listening, level, &stretch.sounding);
    let steady = steady_pitch(
        &listening.samples,
        region.clone(),
        listening.rate_hz,
        hint_hz,
    )
    .ok_or(Reject::NoPitch(0.0))?;
    let range = stretch.free.clone();
    let note = checked(listening, range, &region, &steady)?;
    Ok(vec![note])
}

/// The part of a stretch that is neither attack nor release.
fn steady_region(listening: &Listening, level: &Level, sounding: &Range<usize>) -> Range<usize> {
    let loud = level.loud_part(sounding, LOUD_PART_DB);
    let skip = ((0.06 * listening.rate_hz) as usize).min(loud.len() / 6);
    loud.start + skip..loud.end - skip / 2
}

/// A note, unless its sound speaks against it.
fn checked(
    listening: &Listening,
    range: Range<usize>,
    region: &Range<usize>,
    steady: &Steady,
) -> Result<FoundNote, Reject> {
    let clipped = listening.clipped_in(range.clone());
    let share = clipped as f64 / range.len().max(1) as f64;
    if share > CLIPPED_MOST {
        return Err(Reject::Clipped(100.0 * share));
    }
    if is_mixture(listening, region, steady.f0_hz) {
        return Err(Reject::SeveralPitches);
    }
    if steady.clarity < PITCHED {
        return Err(Reject::NoPitch(steady.clarity));
    }
    let sample = region.start + region.len() / 2;
    Ok(FoundNote {
        start: range.start,
        end: range.end,
        f0_hz: steady.f0_hz,
        pitch: vec![PitchKnot {
            sample,
            f0_hz: steady.f0_hz,
        }],
        clarity: steady.clarity,
        clipped,
    })
}

/// Whether most of three frames hold more than one harmonic sound.
fn is_mixture(listening: &Listening, region: &Range<usize>, f0_hz: f64) -> bool {
    let votes = [1, 2, 3].map(|quarter| {
        let centre = region.start + region.len() * quarter / 4;
        let spectrum = Spectrum::around(&listening.samples, centre, f0_hz, listening.rate_hz);
        let disorder = spectrum.disorder(f0_hz);
        disorder.stray_db > STRAY_DB
            || disorder.fundamental_db < ABSENT_DB && disorder.holes >= HOLES
    });
    votes.iter().filter(|&&vote| vote).count() >= 2
}

/// What to say when there is no note: the reason of most stretches, the worse one first.
fn problem(rejected: &[(usize, Reject)]) -> RecordingProblem {
    let clipped = rejected.iter().find_map(|(_, r)| match r {
        Reject::Clipped(percent) => Some(*percent),
        _ => None,
    });
    if let Some(percent) = clipped {
        return RecordingProblem::Clipped { percent };
    }
    if rejected.iter().any(|(_, r)| *r == Reject::SeveralPitches) {
        return RecordingProblem::SeveralPitches;
    }
    let clarities = rejected.iter().filter_map(|(_, r)| match r {
        Reject::NoPitch(clarity) => Some(*clarity),
        _ => None,
    });
    if let Some(clarity) = clarities.reduce(f32::max) {
        return RecordingProblem::NoPitch { clarity };
    }
    let needed_s = SHORTEST_NOTE_S;
    RecordingProblem::NoSteadyNote { needed_s }
}

fn warn_of_rejected(
    listening: &Listening,
    rejected: &[(usize, Reject)],
    warnings: &mut Vec<String>,
) {
    let mut say = |is_it: fn(&Reject) -> bool, what: &str| {
        let at: Vec<String> = rejected
            .iter()
            .filter(|(_, reject)| is_it(reject))
            .map(|(sample, _)| format!("{:.1} s", listening.seconds(*sample)))
            .collect();
        let Some(first) = at.first() else { return };
        warnings.push(match at.len() {
            1 => format!("the stretch at {first} is left out: {what}"),
            n => format!("{n} stretches, the first at {first}, are left out: {what}"),
        });
    };
    say(
        |r| matches!(r, Reject::Short),
        &format!("shorter than {SHORTEST_NOTE_S} s on one pitch"),
    );
    say(|r| matches!(r, Reject::NoPitch(_)), "without a pitch");
    say(
        |r| matches!(r, Reject::SeveralPitches),
        "more than one pitch at a time",
    );
    say(|r| matches!(r, Reject::Clipped(_)), "clipped");
}

fn warn_of_clipping(listening: &Listening, notes: &[FoundNote], warnings: &mut Vec<String>) {
    let clipped: usize = notes.iter().map(|note| note.clipped).sum();
    let samples: usize = notes.iter().map(|note| note.end - note.start).sum();
    let share = clipped as f64 / samples.max(1) as f64;
    if let (true, Some(&(first, _))) = (share > CLIPPED_WARN, listening.clipped.first()) {
        warnings.push(format!(
            "{:.1} % of its samples are clipped, first at {:.2} s; record with less gain",
            100.0 * share,
            listening.seconds(first)
        ));
    }
}

/// Whole octaves are passed over: makers name them differently.
fn warn_of_name(key: u8, f0_hz: f64, warnings: &mut Vec<String>) {
    let off = 1200.0 * (f0_hz / key_hz(f64::from(key))).log2();
    if (off - 1200.0 * (off / 1200.0).round()).abs() > NAME_CENTS {
        warnings.push(format!(
            "is named {} but sounds {}; the sound is taken",
            note_name(i32::from(key)),
            sounding_name(f0_hz)
        ));
    }
}

/// "A3 +12 cents".
fn sounding_name(f0_hz: f64) -> String {
    let key = 69.0 + 12.0 * (f0_hz / 440.0).log2();
    let cents = 100.0 * (key - key.round());
    format!("{} {cents:+.0} cents", note_name(key.round() as i32))
}

fn note_name(key: i32) -> String {
    const NAMES: [&str; 12] = [
        "C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B",
    ];
    let name = NAMES[key.rem_euclid(12) as usize];
    format!("{name}{}", key.div_euclid(12) - 1)
}

fn key_hz(key: f64) -> f64 {
    440.0 * ((key - 69.0) / 12.0).exp2()
}
