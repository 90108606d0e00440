//! What was left out of a recording, in words.

use super::listening::Listening;
use super::{FoundNote, RecordingProblem};

/// Shortest steady pitch of a note that is kept, s.
pub(super) const SHORTEST_NOTE_S: f64 = 0.25;
/// Clipped share of a note's samples that is worth a warning.
const CLIPPED_WARN: f64 = 0.001;
/// A sound farther than this from what its name says is reported, cents.
const NAME_CENTS: f64 = 60.0;

/// Why a stretch is no note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reject {
    /// Not long enough on one pitch.
    Short,
    /// Does not repeat itself; how well it does.
    NoPitch(f32),
    /// More than one sound.
    SeveralPitches,
    /// Share of clipped samples, %.
    Clipped(f64),
}

/// What to say when there is no note: the reason that asks most of the player.
pub(super) fn problem(rejected: &[(usize, Reject)]) -> RecordingProblem {
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

/// One line for each kind of stretch that was left out.
pub(super) fn warn_of_rejected(
    listening: &Listening,
    rejected: &[(usize, Reject)],
    warnings: &mut Vec<String>,
) {
    let short = format!("shorter than {SHORTEST_NOTE_S} s on one pitch");
    let mut say = |is_it: fn(&Reject) -> bool, what: &str| {
        let at: Vec<String> = rejected
            .iter()
            .filter(|(_, reject)| is_it(reject))
            .map(|(sample, _)| format!("{:.1} s", listening.seconds(*sample)))
            .collect();
        let Some(first) = at.first() else { return };
        warnings.push(match at.len() {
            1 => format!("what sounds at {first} is left out: {what}"),
            n => format!("{n} sounds, the first at {first}, are left out: {what}"),
        });
    };
    say(|r| matches!(r, Reject::Short), &short);
    say(|r| matches!(r, Reject::NoPitch(_)), "without a clear pitch");
    say(
        |r| matches!(r, Reject::SeveralPitches),
        "more than one pitch at a time",
    );
    say(|r| matches!(r, Reject::Clipped(_)), "clipped");
}

/// Says where notes are clipped enough to be heard.
pub(super) fn warn_of_clipping(
    listening: &Listening,
    notes: &[FoundNote],
    warnings: &mut Vec<String>,
) {
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

/// Says when the name gives another pitch class; whole octaves are passed over, for makers name them
/// differently.
pub(super) fn warn_of_name(key: u8, f0_hz: f64, warnings: &mut Vec<String>) {
    let off = 1200.0 * (f0_hz / key_hz(key)).log2();
    if (off - 1200.0 * (off / 1200.0).round()).abs() > NAME_CENTS {
        warnings.push(format!(
            "is named {} but sounds {}; the sound is taken",
            note_name(i32::from(key)),
            sounding_name(f0_hz)
        ));
    }
}

/// Frequency of a MIDI key in equal temperament at A4 = 440 Hz.
pub(super) fn key_hz(key: u8) -> f64 {
    440.0 * ((f64::from(key) - 69.0) / 12.0).exp2()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_up_to_octaves() {
        let said = |key: u8, f0_hz: f64| {
            let mut warnings = Vec::new();
            warn_of_name(key, f0_hz, &mut warnings);
            warnings.pop()
        };
        let sharp_a3 = 220.0 * (12.0_f64 / 1200.0).exp2();
        let warning = "is named C4 but sounds A3 +12 cents; the sound is taken";
        assert_eq!(said(60, sharp_a3).as_deref(), Some(warning));
        assert_eq!(said(60, 2.0 * key_hz(60) * 1.02), None);
        assert_eq!(said(0, 0.25 * key_hz(60)), None);
    }
}
