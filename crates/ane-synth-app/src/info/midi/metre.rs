//! Signatures in words, and how many bars there are.

use synth_io::midi_file::{Division, SongFacts, SongTime, TimeSignature};

/// Tempo before the first tempo event, quarter notes a minute (RP-001).
pub(super) const DEFAULT_BPM: f64 = 120.0;

/// Rounding of times must not begin another bar.
const TOLERANCE_BARS: f64 = 0.01;

/// The denominators beyond 64 that files hold are damage.
const MOST_DENOMINATOR_POWER: u8 = 6;

const MAJOR: [&str; 15] = [
    "Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#",
];
/// A minor key has the signature of the major key a third above it.
const MINOR: [&str; 15] = [
    "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#",
];

/// "G major"; signatures beyond seven sharps or flats are no key.
pub(super) fn key_signature(sharps: i8, minor: bool) -> String {
    let (names, mode) = if minor {
        (MINOR, "minor")
    } else {
        (MAJOR, "major")
    };
    let name = usize::try_from(i32::from(sharps) + 7).ok();
    match name.and_then(|index| names.get(index)) {
        Some(name) => format!("{name} {mode}"),
        None => format!("no key ({sharps} sharps)"),
    }
}

/// "6/8", whole bars of which are 3 quarter notes; `None` for what is no time signature.
pub(super) fn bar_in_quarters(signature: &TimeSignature) -> Option<f64> {
    let TimeSignature {
        numerator,
        denominator_power,
        ..
    } = *signature;
    let plausible = numerator > 0 && denominator_power <= MOST_DENOMINATOR_POWER;
    plausible.then(|| f64::from(numerator) * 4.0 / f64::from(1_u32 << denominator_power))
}

/// Bars until `end`, a begun one counted; `None` where the file does not say how long a bar is.
pub(super) fn bars(facts: &SongFacts, end: SongTime) -> Option<u64> {
    let all_tempos = facts.tempos.len() as u64 == facts.tempo_count;
    let one_piece = facts.format != 2 || facts.tracks.len() == 1;
    let is_musical = matches!(facts.division, Division::Musical { .. });
    let from_the_start = facts.time_signatures.first()?.time.seconds() == 0.0;
    if !(all_tempos && one_piece && is_musical && from_the_start) {
        return None;
    }
    let tempos: Vec<(f64, f64)> = facts
        .tempos
        .iter()
        .map(|change| (change.time.seconds(), change.bpm))
        .collect();
    let mut quarters = Quarters::new(&tempos);
    let ends = facts.time_signatures.iter().skip(1).map(|next| next.time);
    let mut bars = 0.0;
    let mut begin = 0.0;
    for (signature, end) in facts.time_signatures.iter().zip(ends.chain([end])) {
        let bar = bar_in_quarters(signature)?;
        let end = quarters.until(end.seconds());
        bars += ((end - begin) / bar - TOLERANCE_BARS).ceil().max(0.0);
        begin = end;
    }
    Some(bars as u64)
}

/// Walks a tempo map of (seconds, quarter notes a minute) and counts the quarter notes.
struct Quarters<'a> {
    changes: &'a [(f64, f64)],
    at_s: f64,
    bpm: f64,
    quarters: f64,
}

impl<'a> Quarters<'a> {
    fn new(changes: &'a [(f64, f64)]) -> Self {
        Self {
            changes,
            at_s: 0.0,
            bpm: DEFAULT_BPM,
            quarters: 0.0,
        }
    }

    /// Quarter notes from the beginning to `time_s`, which must not be before the last one asked for.
    fn until(&mut self, time_s: f64) -> f64 {
        while let [(change_s, bpm), rest @ ..] = self.changes
            && *change_s <= time_s
        {
            self.walk(*change_s);
            self.bpm = *bpm;
            self.changes = rest;
        }
        self.walk(time_s);
        self.quarters
    }

    fn walk(&mut self, time_s: f64) {
        self.quarters += (time_s - self.at_s) * self.bpm / 60.0;
        self.at_s = time_s;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_their_names() {
        assert_eq!(key_signature(0, false), "C major");
        assert_eq!(key_signature(0, true), "A minor");
        assert_eq!(key_signature(-3, true), "C minor");
        assert_eq!(key_signature(7, false), "C# major");
        assert_eq!(key_signature(-7, false), "Cb major");
        assert_eq!(key_signature(8, false), "no key (8 sharps)");
        assert_eq!(key_signature(i8::MIN, true), "no key (-128 sharps)");
    }

    #[test]
    fn quarters_follow_the_tempo() {
        let mut quarters = Quarters::new(&[(1.0, 60.0), (3.0, 240.0)]);
        assert_eq!(quarters.until(0.5), 1.0);
        assert_eq!(quarters.until(2.0), 3.0);
        assert_eq!(quarters.until(2.0), 3.0);
        assert_eq!(quarters.until(4.0), 8.0);
    }
}
