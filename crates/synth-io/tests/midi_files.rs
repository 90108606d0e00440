//! Whole MIDI files: built by hand, from the shared folder, and damaged on purpose.

use std::path::Path;

use synth_io::midi_file::{Song, SongError, UnendedNotes};

/// A track chunk with the end-of-track event added.
fn track(events: &[u8]) -> Vec<u8> {
    let body = [events, b"\0\xff\x2f\0"].concat();
    [b"MTrk", &(body.len() as u32).to_be_bytes()[..], &body].concat()
}

fn file(format: u8, ticks_per_quarter: u16, tracks: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06\0".to_vec();
    bytes.push(format);
    bytes.extend((tracks.len() as u16).to_be_bytes());
    bytes.extend(ticks_per_quarter.to_be_bytes());
    bytes.extend(tracks.concat());
    bytes
}

fn song(events: &[u8]) -> Song {
    Song::from_bytes(&file(0, 96, &[track(events)])).expect("a sound file")
}

fn messages(song: &Song) -> Vec<(u64, [u8; 3])> {
    song.messages()
        .iter()
        .map(|m| (m.time.sample_index(1000), m.message))
        .collect()
}

#[test]
fn two_tracks_share_one_tempo_map() {
    // Track 1: 60 bpm from the start, 240 bpm from tick 96. Track 2: a note from 48 to 192.
    let tempo = track(b"\0\xff\x51\x03\x0f\x42\x40\x60\xff\x51\x03\x03\xd0\x90");
    let notes = track(b"\x30\x90\x3c\x64\x81\x10\x3c\0\x60\xb0\x07\x40");
    let song = Song::from_bytes(&file(1, 96, &[tempo, notes])).unwrap();
    let expected = [
        (500, [0x90, 60, 100]),
        (1250, [0x90, 60, 0]),
        (1500, [0xb0, 7, 64]),
    ];
    assert_eq!(messages(&song), expected);
    assert_eq!(song.end().seconds(), 1.5);
}

#[test]
fn the_longest_track_ends_the_piece() {
    let short = track(b"\0\x90\x3c\x64\x60\x3c\0");
    let long = track(b"\x83\x00\xb0\x07\x40");
    let song = Song::from_bytes(&file(1, 96, &[short, long])).unwrap();
    assert_eq!(song.end().seconds(), 2.0);
}

#[test]
fn notes_that_end_are_left_alone() {
    let mut sound = song(b"\0\x90\x3c\x64\x10\x3c\0\0\x3c\x64\x10\x80\x3c\x40");
    let before = messages(&sound);
    assert!(sound.end_notes(UnendedNotes::Refuse).unwrap().is_empty());
    assert_eq!(messages(&sound), before);
}

#[test]
fn a_note_that_never_ends_is_refused_or_ends_with_the_piece() {
    let events = b"\x60\x94\x3c\x64\x60\x80\x3c\0\x60\xb4\x07\x40";
    let mut refused = song(events);
    let before = messages(&refused);
    let error = refused.end_notes(UnendedNotes::Refuse).unwrap_err();
    let line = error.to_string();
    assert!(line.contains("key 60 on channel 5 at 0.500 s"), "{line}");
    assert!(line.contains("--end-notes"), "{line}");
    assert_eq!(messages(&refused), before);

    let lines = refused.end_notes(UnendedNotes::EndWithSong).unwrap();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(messages(&refused).last(), Some(&(1500, [0x84, 60, 64])));
    assert!(refused.end_notes(UnendedNotes::Refuse).unwrap().is_empty());
}

#[test]
fn all_notes_off_and_all_sound_off_end_notes() {
    for controller in [120, 123] {
        let mut events = b"\0\x90\x3c\x64\0\x40\x64\x60\xb0".to_vec();
        events.extend([controller, 0]);
        assert!(
            song(&events)
                .end_notes(UnendedNotes::Refuse)
                .unwrap()
                .is_empty()
        );
        // On another channel it does nothing.
        events[8] = 0xb1;
        assert!(song(&events).end_notes(UnendedNotes::Refuse).is_err());
    }
}

#[test]
fn a_key_struck_again_before_its_one_release_ends_there() {
    // Struck at 0, 96 and 192, released once at 288; then a complete note.
    let mut repeated =
        song(b"\0\x90\x3c\x64\x60\x3c\x64\x60\x3c\x64\x60\x3c\0\0\x3e\x64\x60\x3e\0");
    let lines = repeated.end_notes(UnendedNotes::Refuse).unwrap();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("key 60 on channel 1 is struck 2 time(s) more"),
        "{lines:?}"
    );
    let off = (1500, [0x90, 60, 0]);
    assert_eq!(messages(&repeated)[3..6], [off, off, off]);
    assert_eq!(repeated.messages().len(), 8);
    // But one struck after the last release never ends.
    let mut hanging = song(b"\0\x90\x3c\x64\x60\x3c\x64\x60\x3c\0\x60\x3c\x64");
    let error = hanging.end_notes(UnendedNotes::Refuse).unwrap_err();
    assert!(
        matches!(
            error,
            SongError::NotesNeverEnd {
                count: 1,
                key: 60,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_channel_can_be_taken_out() {
    let mut drums = song(b"\0\x99\x24\x64\0\x90\x3c\x64\x60\x99\x24\0\0\x90\x3c\0");
    assert_eq!(drums.remove_channel(9), 1);
    assert_eq!(
        messages(&drums),
        [(0, [0x90, 60, 100]), (500, [0x90, 60, 0])]
    );
    assert_eq!(drums.remove_channel(9), 0);
}

#[test]
fn files_without_notes_say_so() {
    let error = Song::from_bytes(&file(1, 96, &[track(b""), track(b"\0\x90\x3c\0")])).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("none of its 2 track(s) holds a note"),
        "{error}"
    );
}

#[test]
fn unreadable_paths_are_errors() {
    let directory = tempfile::tempdir().unwrap();
    for path in [
        directory.path().to_owned(),
        directory.path().join("missing.mid"),
    ] {
        let error = Song::read(&path).unwrap_err();
        assert!(error.to_string().starts_with("cannot be read ("), "{error}");
    }
}

#[test]
fn real_files_are_read_whole() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/midi"));
    if !folder.is_dir() {
        println!("skipped: no {} here", folder.display());
        return;
    }
    let mut count = 0;
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "mid") {
            continue;
        }
        let song = Song::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(
            song.messages().is_sorted_by_key(|m| m.time),
            "{}",
            path.display()
        );
        assert!(song.messages().last().unwrap().time <= song.end());
        count += 1;
    }
    assert!(count >= 3, "only {count} files");
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let place = random.below(bytes.len().max(1));
        match random.below(6) {
            0 => bytes.truncate(place),
            1 => bytes.insert(place.min(bytes.len()), random.next() as u8),
            2 if place < bytes.len() => drop(bytes.remove(place)),
            3 if place < bytes.len() => bytes[place] = [0, 0x7f, 0x80, 0xff][random.below(4)],
            4 if place < bytes.len() => {
                let copy = bytes[place..].to_vec();
                bytes.extend_from_slice(&copy);
            }
            _ if place < bytes.len() => bytes[place] = random.next() as u8,
            _ => {}
        }
    }
}

#[test]
fn no_bytes_make_it_panic() {
    let seeds = [
        file(
            0,
            96,
            &[track(b"\0\xff\x51\x03\x0f\x42\x40\0\x90\x3c\x64\x60\x3c\0")],
        ),
        file(
            1,
            480,
            &[
                track(b"\0\xff\x58\x04\x04\x02\x18\x08\0\xff\x59\x02\0\0"),
                track(b"\x30\x93\x3c\x64\x81\x10\x3c\0\0\xf0\x03ab\xf7"),
            ],
        ),
        file(
            1,
            0xe728,
            &[track(
                b"\0\xff\x54\x05\x21\0\0\0\0\0\xc0\x07\0\x90\x3c\x64\x60\xb0\x7b\0",
            )],
        ),
        [
            b"RIFF\x30\0\0\0RMIDdata\x2a\0\0\0",
            &file(0, 96, &[track(b"\0\x90\x3c\x64\x60\x3c\0")])[..],
        ]
        .concat(),
    ];
    let mut random = Random(2);
    let (mut played, mut refused) = (0, 0);
    for round in 0..40_000 {
        let mut bytes = seeds[round % seeds.len()].clone();
        mutate(&mut bytes, &mut random);
        match Song::from_bytes(&bytes) {
            Ok(mut song) => {
                played += 1;
                let _ = song.end_notes(UnendedNotes::EndWithSong).unwrap();
                assert!(song.end_notes(UnendedNotes::Refuse).unwrap().is_empty());
                assert!(song.messages().is_sorted_by_key(|m| m.time));
                let _ = song.end().sample_index_after(u64::MAX, 192_000);
                assert!(song.messages().iter().all(|m| m.message[0] >= 0x80));
                assert!(
                    song.messages()
                        .iter()
                        .all(|m| (m.message[1] | m.message[2]) < 0x80)
                );
            }
            Err(error) => {
                refused += 1;
                assert_eq!(error.to_string().lines().count(), 1);
            }
        }
    }
    // Both outcomes must be exercised.
    assert!(
        played > 2_000 && refused > 10_000,
        "{played} played, {refused} refused"
    );
}
