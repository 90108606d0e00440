//! Whole MIDI files: built by hand, from the shared folder, and damaged at known places.

use std::path::Path;
use std::time::Duration;

use synth_io::midi_file::{Message, Song, SongError, SongOptions, Tempo};

/// A track chunk with the end-of-track event added.
fn track(events: &[u8]) -> Vec<u8> {
    chunk(&[events, b"\0\xff\x2f\0"].concat())
}

fn chunk(body: &[u8]) -> Vec<u8> {
    [b"MTrk", &(body.len() as u32).to_be_bytes()[..], body].concat()
}

fn file(format: u8, division: u16, tracks: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06\0".to_vec();
    bytes.push(format);
    bytes.extend((tracks.len() as u16).to_be_bytes());
    bytes.extend(division.to_be_bytes());
    bytes.extend(tracks.concat());
    bytes
}

fn read(bytes: &[u8]) -> Result<Song, SongError> {
    Song::from_bytes(bytes, &SongOptions::default())
}

fn song(events: &[u8]) -> Song {
    read(&file(0, 96, &[track(events)])).expect("a song")
}

/// A song that must have this many warnings, with words of them.
#[track_caller]
fn warned(song: &Song, words: &[&str]) {
    let lines = song.warnings();
    assert_eq!(lines.len(), words.len(), "{lines:?}");
    for (line, words) in lines.iter().zip(words) {
        assert!(line.contains(words), "{line}");
        assert_eq!(line.lines().count(), 1);
    }
}

/// Channel messages with times in milliseconds.
fn messages(song: &Song) -> Vec<(u64, [u8; 3])> {
    let timed = song.messages().iter().filter_map(|m| match m.message {
        Message::Channel(message) => Some((m.time.sample_index(1000), message)),
        Message::SystemExclusive(_) => None,
    });
    timed.collect()
}

#[test]
fn two_tracks_share_one_tempo_map() {
    // Track 1: 60 bpm from the start, 240 bpm from tick 96. Track 2: a note from 48 to 192.
    let tempo = track(b"\0\xff\x51\x03\x0f\x42\x40\x60\xff\x51\x03\x03\xd0\x90");
    let notes = track(b"\x30\x90\x3c\x64\x81\x10\x3c\0\x60\xb0\x07\x40");
    let song = read(&file(1, 96, &[tempo, notes])).unwrap();
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
    let song = read(&file(1, 96, &[short, long])).unwrap();
    assert_eq!(song.end().seconds(), 2.0);
}

#[test]
fn a_sound_file_has_no_warnings() {
    let sound = song(b"\0\x90\x3c\x64\x10\x3c\0\0\x3c\x64\x10\x80\x3c\x40");
    warned(&sound, &[]);
    assert_eq!(messages(&sound).len(), 4);
}

#[test]
fn a_note_that_never_ends_ends_with_its_own_track() {
    let long = track(b"\x83\x00\xb0\x07\x40");
    let short = track(b"\x60\x94\x3c\x64\x60\x80\x3c\0\x60\xb4\x07\x40");
    let song = read(&file(1, 96, &[long, short])).unwrap();
    warned(
        &song,
        &[
            "1 note(s) never end; they end with their track; the first is key 60 on channel 5 at 0.500 s",
        ],
    );
    let off = (1500, [0x84, 60, 64]);
    assert_eq!(messages(&song)[3], off);
    // One that begins where its track ends has until the end of the piece.
    let last = track(b"\x60\x90\x3c\x64");
    let long = track(b"\x83\x00\xb0\x07\x40");
    let song = read(&file(1, 96, &[last, long])).unwrap();
    assert_eq!(messages(&song).last(), Some(&(2000, [0x80, 60, 64])));
}

#[test]
fn a_million_notes_at_once_end() {
    let mut events = b"\0\x90\x3c\x64".to_vec();
    events.extend(b"\0\x3c\x64".repeat(999_999));
    events.extend(b"\x60\xb1\x07\x40");
    let song = song(&events);
    warned(&song, &["1000000 note(s) never end"]);
    assert_eq!(song.messages().len(), 2_000_001);
    assert!(song.messages().is_sorted_by_key(|m| m.time));
}

#[test]
fn all_notes_off_and_all_sound_off_end_notes() {
    for controller in [120, 123] {
        let mut events = b"\0\x90\x3c\x64\0\x40\x64\x60\xb0".to_vec();
        events.extend([controller, 0]);
        warned(&song(&events), &[]);
        // On another channel it does nothing.
        events[8] = 0xb1;
        warned(&song(&events), &["2 note(s) never end"]);
    }
}

#[test]
fn a_key_struck_again_before_its_one_release_ends_there() {
    // Struck at 0, 96 and 192, released once at 288; then a complete note.
    let repeated = song(b"\0\x90\x3c\x64\x60\x3c\x64\x60\x3c\x64\x60\x3c\0\0\x3e\x64\x60\x3e\0");
    warned(&repeated, &["2 note(s) begin again before they end"]);
    let off = (1500, [0x90, 60, 0]);
    assert_eq!(messages(&repeated)[3..6], [off, off, off]);
    assert_eq!(repeated.messages().len(), 8);
    // But one struck after the last release never ends.
    let hanging = song(b"\0\x90\x3c\x64\x60\x3c\x64\x60\x3c\0\x60\x3c\x64");
    warned(&hanging, &["1 note(s) begin again", "1 note(s) never end"]);
    assert_eq!(messages(&hanging).len(), 6);
    // Two keys are one line.
    let two = song(b"\0\x90\x3c\x64\0\x3c\x64\0\x3e\x64\0\x3e\x64\x60\x3c\0\0\x3e\0");
    warned(&two, &["2 note(s) begin again"]);
}

#[test]
fn notes_of_no_length_and_overlapping_notes_stay_as_they_are() {
    let song = song(b"\0\x90\x3c\x64\0\x3c\0\0\x3e\x64\x60\x3e\x50\x60\x3e\0\x60\x3e\0");
    warned(&song, &[]);
    let expected = [
        (0, [0x90, 60, 100]),
        (0, [0x90, 60, 0]),
        (0, [0x90, 62, 100]),
        (500, [0x90, 62, 80]),
        (1000, [0x90, 62, 0]),
        (1500, [0x90, 62, 0]),
    ];
    assert_eq!(messages(&song), expected);
}

#[test]
fn system_exclusive_messages_come_whole_and_before_the_notes_of_their_tick() {
    let song = song(
        b"\0\x90\x3c\x64\x60\xf0\x02\x7e\x7f\0\xff\x01\x02hi\0\xf7\x03\x09\x01\xf7\0\x3c\0\0\xf7\x01\xf8\0\xf0\x02\x01\xf7",
    );
    warned(&song, &[]);
    let kinds: Vec<_> = song.messages().iter().map(|m| m.message).collect();
    assert!(matches!(kinds[1], Message::SystemExclusive(0)), "{kinds:?}");
    assert!(matches!(kinds[3], Message::SystemExclusive(1)), "{kinds:?}");
    assert_eq!(song.system_exclusive(0), b"\x7e\x7f\x09\x01");
    assert_eq!(song.system_exclusive(1), b"\x01");
    assert_eq!(song.system_exclusive(2), b"");
}

#[test]
fn patterns_are_played_one_after_another_each_in_its_own_tempo() {
    let slow = track(b"\0\xff\x51\x03\x0f\x42\x40\0\x90\x3c\x64\x60\x3c\0");
    let plain = track(b"\0\x90\x3e\x64\x60\x3e\0");
    let song = read(&file(2, 96, &[slow, plain])).unwrap();
    warned(&song, &["its 2 are played one after another"]);
    let expected = [
        (0, [0x90, 60, 100]),
        (1000, [0x90, 60, 0]),
        (1000, [0x90, 62, 100]),
        (1500, [0x90, 62, 0]),
    ];
    assert_eq!(messages(&song), expected);
    assert_eq!(song.end().seconds(), 1.5);
}

#[test]
fn the_length_has_a_limit_that_can_be_lifted() {
    let bytes = file(0, 96, &[track(b"\0\x90\x3c\x64\xff\xff\xff\x7f\x3c\0")]);
    let line = read(&bytes).unwrap_err().to_string();
    assert!(line.contains("would last 16 days 4 hours, 16 days 4 hours of it in one delta time of 268435455 ticks at tick 0 of track 1"), "{line}");
    assert!(
        line.contains("the longest that is read is 4 hours"),
        "{line}"
    );
    let longest = Duration::from_secs(17 * 86_400);
    let song = Song::from_bytes(&bytes, &SongOptions { longest }).unwrap();
    assert_eq!(song.end().sample_index(96), 268_435_455 / 2 + 1);
}

/// Notes of a quarter each, `count` of them.
fn quarters(count: usize) -> Vec<u8> {
    let notes = (0..count).map(|n| 60 + n as u8 % 12);
    notes
        .flat_map(|key| [0, 0x91, key, 90, 96, 0x81, key, 64])
        .collect()
}

#[test]
fn a_damaged_track_that_lasts_for_years_is_cut_where_the_others_end() {
    // Half a minute, damaged after 10 seconds, 65 days later a last note.
    let later = b"\0\xf4\0\x91\x3c\x64\xff\xff\xff\x7f\x3c\0\xff\xff\xff\x7f\x91\x3c\x64\xff\xff\xff\x7f\x3c\0\xff\xff\xff\x7f\x91\x3c\x64";
    let damaged = [&quarters(20)[..], b"\0\xf4", &quarters(40), later].concat();
    let sound = track(&quarters(100));
    let cut = read(&file(1, 96, &[sound.clone(), track(&damaged), sound])).unwrap();
    assert_eq!(cut.end().seconds(), 50.0);
    assert_eq!(cut.facts().tracks[1].notes, 61);
    assert_eq!(cut.facts().tracks[2].notes, 100);
    let lines = cut.warnings();
    assert!(lines[2].starts_with("track 2 is damaged: what is left of it lasts 64 days 17 hours and is left out from 0:00:50 on"), "{lines:?}");
    assert!(
        lines.iter().all(|line| !line.contains("end-of-track")),
        "{lines:?}"
    );

    // Alone it is cut at the limit: what is before it stays, and the piece ends with that.
    let alone = read(&file(1, 96, &[track(b""), track(&damaged)])).unwrap();
    assert_eq!(alone.end().seconds(), 30.0);
    assert_eq!(alone.facts().tracks[1].notes, 61);
    assert!(
        alone.warnings()[2].contains("left out from 4:00:00 on"),
        "{:?}",
        alone.warnings()
    );
}

#[test]
fn a_sound_track_that_lasts_too_long_is_refused_beside_a_damaged_one() {
    let damaged = [&quarters(20)[..], b"\0\xf4", &quarters(40)].concat();
    let long = track(b"\0\x90\x3c\x64\xff\xff\xff\x7f\x3c\0");
    let line = read(&file(1, 96, &[track(&damaged), long]))
        .unwrap_err()
        .to_string();
    assert!(
        line.contains("would last 16 days") && line.contains("of track 2"),
        "{line}"
    );
}

#[test]
fn bytes_taken_for_delta_times_by_the_hundred_thousand_do_not_refuse_a_piece() {
    let mut events = quarters(416);
    events.extend(b"\0\xf4\0\x80\x3c\x40".repeat(200_000));
    let song = read(&file(0, 96, &[track(&events)])).unwrap();
    assert!(song.facts().tracks[0].notes >= 416);
    assert!(song.end().seconds() >= 208.0);
    assert!(
        song.warnings()
            .iter()
            .any(|line| line.contains("is left out from"))
    );
}

#[test]
fn the_longest_deltas_at_the_slowest_tempo_overflow_nothing() {
    let mut events = b"\0\xff\x51\x03\xff\xff\xff\0\x90\x3c\x64".to_vec();
    events.extend(b"\xff\xff\xff\x7f\x3c\0".repeat(100_000));
    let options = SongOptions {
        longest: Duration::MAX,
    };
    for division in [1, 0x7fff] {
        let error = Song::from_bytes(&file(0, division, &[track(&events)]), &options).unwrap_err();
        assert!(error.to_string().contains("is 136 years"), "{error}");
    }
    // A hundred years fit and keep their order.
    let bytes = file(0, 0x7fff, &[track(&events[..11 + 6 * 1400])]);
    let song = Song::from_bytes(&bytes, &options).unwrap();
    assert!(song.end().seconds() > 5e7);
    assert!(song.messages().is_sorted_by_key(|m| m.time));
}

#[test]
fn the_tempo_can_be_scaled_and_replaced_exactly() {
    let events = b"\0\xff\x51\x03\x0f\x42\x40\0\x90\x3c\x64\x60\x3c\0\0\xff\x51\x03\x03\xd0\x90\x60\xb0\x07\x40";
    let times = |song: &Song| -> Vec<f64> {
        let times = song.messages().iter().map(|m| m.time.seconds());
        times.chain([song.end().seconds()]).collect()
    };
    let mut song = song(events);
    let own = [0.0, 1.0, 1.25, 1.25];
    assert_eq!(times(&song), own);
    song.scale_tempo(Tempo::Factor(2.0)).unwrap();
    assert_eq!(times(&song), own.map(|t| t / 2.0));
    song.scale_tempo(Tempo::Fixed { bpm: 133.0 }).unwrap();
    let quarter = 60.0 / 133.0;
    assert_eq!(times(&song), [0.0, quarter, 2.0 * quarter, 2.0 * quarter]);
    song.scale_tempo(Tempo::Factor(0.7)).unwrap();
    assert_eq!(song.end().sample_index(7), (1.25 * 10.0_f64).round() as u64);
    song.scale_tempo(Tempo::Factor(1.0)).unwrap();
    assert_eq!(times(&song), own);
    for tempo in [
        Tempo::Factor(0.0),
        Tempo::Factor(f64::NAN),
        Tempo::Factor(101.0),
        Tempo::Fixed { bpm: f64::INFINITY },
        Tempo::Fixed { bpm: 0.5 },
    ] {
        assert!(matches!(
            song.scale_tempo(tempo),
            Err(SongError::Tempo { .. })
        ));
        assert_eq!(times(&song), own);
    }
}

#[test]
fn a_fixed_tempo_means_nothing_to_film_frames() {
    let mut song = read(&file(0, 0xe728, &[track(b"\0\x90\x3c\x64\x60\x3c\0")])).unwrap();
    let error = song.scale_tempo(Tempo::Fixed { bpm: 100.0 }).unwrap_err();
    assert!(error.to_string().contains("film frames"), "{error}");
    song.scale_tempo(Tempo::Factor(0.5)).unwrap();
    assert_eq!(song.end().sample_index(1000), 192);
}

#[test]
fn slowing_down_can_pass_the_limit() {
    let mut song = song(b"\0\x90\x3c\x64\x8e\x00\x3c\0\x98\xb7\x00\xb0\x07\x40");
    let end = song.end();
    let error = song.scale_tempo(Tempo::Factor(0.1)).unwrap_err();
    assert!(matches!(error, SongError::TooLong { .. }), "{error}");
    assert_eq!(song.end(), end);
}

#[test]
fn files_without_notes_say_so() {
    let error = read(&file(1, 96, &[track(b""), track(b"\0\x90\x3c\0")])).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("none of its 2 track(s) holds a note"),
        "{error}"
    );
}

#[test]
fn unreadable_paths_are_errors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in [folder.to_owned(), folder.join("missing.mid")] {
        let error = Song::read(&path, &SongOptions::default()).unwrap_err();
        assert!(matches!(error, SongError::Read(_)), "{error}");
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
        let song = Song::read(&path, &SongOptions::default())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(
            song.warnings().is_empty(),
            "{}: {:?}",
            path.display(),
            song.warnings()
        );
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
