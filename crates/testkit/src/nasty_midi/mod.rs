//! MIDI files that break programs: torn, lying, absurd, or only very large.
//!
//! A player must take a file in which anything can still be played, losing the damaged part alone
//! and saying so, and refuse the others in one line. [`Expect`] says which each file is; its sound
//! is nobody's business here. The bytes are always the same.
//!
//! Sources of what the files abuse: Standard MIDI Files 1.0 (RP-001), RIFF MIDI (RP-029), the MIDI
//! 1.0 detailed specification, General MIDI system messages, and the manufacturers' GS and XG
//! reset messages.

mod chunks;
mod controllers;
mod events;
mod masses;
mod notes;
mod system_exclusive;
mod timing;
mod torn;

use crate::SmfBuilder;

/// What a player has to make of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// It plays, perhaps with warnings, perhaps in silence.
    Plays,
    /// There is nothing in it to play, or it would play for days: an error.
    Refused,
}

/// One file of the corpus.
#[derive(Clone, Copy, Debug)]
pub struct NastyFile {
    /// Name without extension: lower-case letters, digits and hyphens.
    pub name: &'static str,
    /// What is wrong with it, in a few words.
    pub what: &'static str,
    /// What a player has to make of it.
    pub expect: Expect,
    make: fn() -> Vec<u8>,
}

impl NastyFile {
    /// The file's bytes, made anew at each call (some are a few MiB).
    pub fn bytes(&self) -> Vec<u8> {
        (self.make)()
    }
}

/// The corpus, in a fixed order.
pub fn files() -> Vec<NastyFile> {
    [
        torn::FILES,
        chunks::FILES,
        timing::FILES,
        events::FILES,
        notes::FILES,
        controllers::FILES,
        system_exclusive::FILES,
        masses::FILES,
    ]
    .concat()
}

/// A file that plays.
const fn plays(name: &'static str, what: &'static str, make: fn() -> Vec<u8>) -> NastyFile {
    NastyFile {
        name,
        what,
        expect: Expect::Plays,
        make,
    }
}

/// A file that is refused.
const fn refused(name: &'static str, what: &'static str, make: fn() -> Vec<u8>) -> NastyFile {
    NastyFile {
        name,
        what,
        expect: Expect::Refused,
        make,
    }
}

/// Ticks to a quarter note where nothing else is said.
const DIVISION: u16 = 96;

/// A track of tempo, then one of two notes that lasts a second: sound as it is.
fn piece() -> SmfBuilder {
    SmfBuilder::new(1, DIVISION)
        .tempo(0, 500_000)
        .track()
        .event(0, &[0xC0, 73])
        .note(0, 60, 100, 0, 90)
        .note(0, 64, 90, 96, 186)
        .end_of_track(192)
}

/// A file of format 0 with one sound note and whatever is added.
fn one_track() -> SmfBuilder {
    SmfBuilder::new(0, DIVISION).note(0, 60, 100, 0, 90)
}

/// Two tracks: in the first a sound note is followed by `bytes` (they begin with a delta time), the
/// second is sound.
fn with_odd_bytes(bytes: &[u8]) -> Vec<u8> {
    SmfBuilder::new(1, DIVISION)
        .note(0, 60, 100, 0, 48)
        .raw(48, bytes)
        .track()
        .note(1, 67, 90, 0, 96)
        .build()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_plain() {
        let files = files();
        assert!(files.len() >= 60, "{}", files.len());
        let mut names = BTreeSet::new();
        for file in &files {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(file.name.chars().all(plain), "{}", file.name);
            assert!(names.insert(file.name), "{} twice", file.name);
            assert!(!file.what.is_empty() && !file.what.contains('\t'));
        }
    }

    #[test]
    fn bytes_are_always_the_same_and_no_two_files_are() {
        let mut all = BTreeSet::new();
        for file in files() {
            let bytes = file.bytes();
            assert!(bytes.len() < 32 << 20, "{}: {}", file.name, bytes.len());
            assert!(bytes == file.bytes(), "{}", file.name);
            assert!(all.insert(bytes), "{} is another file again", file.name);
        }
    }

    #[test]
    fn what_plays_has_a_note_on() {
        for file in files().iter().filter(|file| file.expect == Expect::Plays) {
            let bytes = file.bytes();
            let is_note =
                |w: &[u8]| w[0] & 0xF0 == 0x90 && w[1] < 0x80 && (1..0x80).contains(&w[2]);
            assert!(bytes.windows(3).any(is_note), "{}", file.name);
        }
    }
}
