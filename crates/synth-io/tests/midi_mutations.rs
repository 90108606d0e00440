//! Any bytes give a song or an error; one wrong byte costs a file little; a sound file costs
//! nothing, however odd it is.
//!
//! `ANE_SYNTH_MUTATIONS` sets how many damaged files are read in all.

use std::path::Path;

use synth_io::midi_file::{Message, Song, SongError, SongOptions, Tempo};
use testkit::{Mutations, mutation_count, nasty_midi};

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
        (self.next() % limit.max(1) as u64) as usize
    }

    fn data(&mut self) -> u8 {
        self.below(128) as u8
    }
}

fn read(bytes: &[u8]) -> Result<Song, SongError> {
    Song::from_bytes(bytes, &SongOptions::default())
}

fn chunk(body: &[u8]) -> Vec<u8> {
    [b"MTrk", &(body.len() as u32).to_be_bytes()[..], body].concat()
}

fn file(format: u8, division: u16, bodies: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"MThd\0\0\0\x06\0".to_vec();
    bytes.push(format);
    bytes.extend((bodies.len() as u16).to_be_bytes());
    bytes.extend(division.to_be_bytes());
    bytes.extend(bodies.iter().flat_map(|body| chunk(body)));
    bytes
}

fn small_files() -> Vec<Vec<u8>> {
    let note = b"\0\x90\x3c\x64\x60\x3c\0\0\xff\x2f\0";
    vec![
        file(0, 96, &[b"\0\xff\x51\x03\x0f\x42\x40\0\x90\x3c\x64\x60\x3c\0\0\xff\x2f\0"]),
        file(
            1,
            480,
            &[
                b"\0\xff\x58\x04\x04\x02\x18\x08\0\xff\x59\x02\0\0\0\xff\x03\x01a\0\xff\x2f\0",
                b"\x30\x93\x3c\x64\x81\x10\x3c\0\0\xf0\x03ab\xf7\0\xf0\x01a\0\xf7\x02b\xf7\0\xff\x2f\0",
            ],
        ),
        file(2, 96, &[note, note]),
        file(
            1,
            0xe728,
            &[b"\0\xff\x54\x05\x21\0\0\0\0\0\xc0\x07\0\x90\x3c\x64\x60\xb0\x7b\0\0\xff\x2f\0"],
        ),
        [
            b"RIFF\x30\0\0\0RMIDdata\x21\0\0\0",
            &file(0, 96, &[note])[..],
        ]
        .concat(),
    ]
}

/// The demo, and the shared files where they are there.
fn real_files() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = vec![root.join("../ane-synth-app/demo/evening_round.mid")];
    match root.join("../../../shared/midi").read_dir() {
        Ok(folder) => {
            let found = folder.map(|entry| entry.unwrap().path());
            paths.extend(found.filter(|path| path.extension().is_some_and(|e| e == "mid")));
        }
        Err(_) => println!("the shared files are not here"),
    }
    paths.sort();
    let named = paths.into_iter().map(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, std::fs::read(path).unwrap())
    });
    named.collect()
}

/// What every song must hold to.
fn check(song: &mut Song) {
    assert!(song.messages().is_sorted_by_key(|m| m.time));
    assert!(song.messages().last().unwrap().time <= song.end());
    assert!(song.warnings().len() < 50);
    assert!(song.warnings().iter().all(|line| line.lines().count() == 1));
    let mut held = 0_i64;
    for message in song.messages() {
        match message.message {
            Message::Channel([status, first, second]) => {
                assert!((0x80..0xf0).contains(&status) && (first | second) < 0x80);
                held += i64::from(status & 0xf0 == 0x90 && second > 0);
            }
            Message::SystemExclusive(number) => {
                assert!(!song.system_exclusive(number).is_empty());
            }
        }
    }
    let facts: u64 = song.facts().channels.iter().map(|c| c.notes).sum();
    assert_eq!(held, facts as i64);
    let count = song.messages().len();
    let end = song.end();
    if song.scale_tempo(Tempo::Factor(1.3)).is_ok() {
        assert!(song.messages().is_sorted_by_key(|m| m.time));
        song.scale_tempo(Tempo::Factor(1.0)).unwrap();
        assert_eq!(song.end(), end);
    }
    assert_eq!(song.messages().len(), count);
}

#[test]
fn no_bytes_make_it_panic() {
    let _alone = testkit::alone();
    // A mutation of a small file reaches more of it.
    let mut inputs: Vec<Vec<u8>> = (0..3).flat_map(|_| small_files()).collect();
    inputs.extend(real_files().into_iter().map(|(_, bytes)| bytes));
    let mutations = Mutations {
        inputs: &inputs,
        words: &[
            b"MThd\0\0\0\x06",
            b"MTrk\0\0\0",
            b"\0\xff\x2f\0",
            b"\xff\x51\x03",
            b"\xf0\x7f",
        ],
        count: 5000,
        most_live_bytes: 64 << 20,
    };
    mutations.run(|bytes| match read(bytes) {
        Ok(mut song) => {
            check(&mut song);
            true
        }
        Err(error) => {
            assert_eq!(error.to_string().lines().count(), 1);
            false
        }
    });
}

fn notes(song: &Song) -> u64 {
    song.facts()
        .channels
        .iter()
        .map(|channel| channel.notes)
        .sum()
}

/// The offsets of all track data.
fn track_data(bytes: &[u8]) -> Vec<usize> {
    let mut places = Vec::new();
    let mut place = 14;
    while let Some(&[a, b, c, d]) = bytes.get(place + 4..).and_then(|rest| rest.first_chunk()) {
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        places.extend(place + 8..place + 8 + length);
        place += 8 + length;
    }
    places
}

#[test]
fn one_wrong_byte_loses_next_to_nothing() {
    let _alone = testkit::alone();
    let mut random = Random(3);
    let rounds = mutation_count(7000) / 100;
    for (name, bytes) in real_files() {
        let whole = notes(&read(&bytes).unwrap()) as f64;
        let places = track_data(&bytes);
        for (change, least) in [("set", 0.9), ("insert", 0.9), ("delete", 0.9)] {
            let mut near = 0;
            for _ in 0..rounds {
                let place = places[random.below(places.len())];
                let mut damaged = bytes.clone();
                match change {
                    "set" => damaged[place] = random.next() as u8,
                    "insert" => damaged.insert(place, random.next() as u8),
                    _ => drop(damaged.remove(place)),
                }
                let left = read(&damaged).map_or(0.0, |song| notes(&song) as f64);
                near += usize::from((left - whole).abs() <= 0.03 * whole);
            }
            let share = near as f64 / rounds as f64;
            println!(
                "{name}, {change}: {:.1} % within 3 % of the notes",
                100.0 * share
            );
            assert!(share >= least, "{name}, {change}: {share}");
        }
    }
}

/// A track of valid events that no sane program would write.
fn odd_track(random: &mut Random) -> (Vec<u8>, Vec<[u8; 3]>) {
    let mut body = Vec::new();
    let mut messages = Vec::new();
    let mut running = 0;
    let style = random.below(6);
    let mut channel = random.data() & 15;
    for _ in 0..random.below(600) {
        match random.below(12) {
            0 => body.extend([0x80 | random.data(), random.data()]),
            1 if style == 0 => body.extend([0x81, 0x80 | random.data(), random.data()]),
            _ => body.push(random.data() >> random.below(8)),
        }
        if random.below(40) == 0 {
            channel = random.data() & 15;
        }
        let kind = match style {
            0 => 0x80 + 16 * random.below(7) as u8,
            1 => 0x80 + 16 * random.below(2) as u8,
            2 => [0x90, 0xb0, 0xe0][random.below(30) / 14],
            3 if messages.len() % 100 < 50 => 0x90,
            3 => 0xb0,
            4 => [0xb0, 0xc0, 0xd0][random.below(3)],
            _ => 0x80,
        };
        let status = kind | channel;
        if status != running || style == 5 && random.below(2) == 0 {
            body.push(status);
            running = status;
        }
        let mut message = [status, random.data(), 0];
        if style % 2 == 1 {
            message[1] = 60 + message[1] % 5;
        }
        body.push(message[1]);
        if !matches!(kind, 0xc0 | 0xd0) {
            message[2] = random.data() * random.below(2) as u8;
            body.push(message[2]);
        }
        messages.push(message);
    }
    body.extend(b"\0\xff\x2f\0");
    (body, messages)
}

/// A meta event of any kind but an end of track or a tempo (which would change the length), or an
/// escape, each of any bytes whatever: RP-001 has readers pass over those that they do not know.
/// Whether it counts as an event.
fn add_odd_event(random: &mut Random, body: &mut Vec<u8>) -> bool {
    body.push(random.data() >> random.below(8));
    let is_meta = random.below(4) > 0;
    match is_meta {
        true => {
            let kind = random.data();
            body.extend([
                0xff,
                if matches!(kind, 0x2f | 0x51) {
                    0x7f
                } else {
                    kind
                },
            ]);
        }
        false => body.push(0xf7),
    }
    let length = random.below(20) * random.below(20);
    if length >= 128 {
        body.push(0x80 | (length >> 7) as u8);
    }
    body.push(length as u8 & 0x7f);
    let fill = [0xff, 0, random.next() as u8][random.below(3)];
    // An escape that begins with F0 is a message.
    body.extend((0..length).map(|n| match n {
        0 => fill & 0x7f,
        _ if fill == 0xff || fill == 0 => fill,
        _ => random.next() as u8,
    }));
    is_meta
}

#[test]
fn sound_files_are_read_as_they_stand() {
    let _alone = testkit::alone();
    let mut random = Random(4);
    let mut read_events = 0;
    for round in 0..2000 {
        let (body, mut expected) = odd_track(&mut random);
        // A note must be there for a song.
        let body = [b"\0\x90\x3c\x64\0\x80\x3c\0", &body[..]].concat();
        expected.splice(0..0, [[0x90, 60, 100], [0x80, 60, 0]]);
        let song = read(&file(0, 0x7fff, &[&body])).unwrap();
        let found: Vec<[u8; 3]> = song
            .messages()
            .iter()
            .filter_map(|m| match m.message {
                Message::Channel(message) => Some(message),
                Message::SystemExclusive(_) => None,
            })
            .collect();
        let damage = song.warnings().iter().find(|line| line.contains("damaged"));
        assert_eq!(damage, None, "round {round}");
        assert!(found.len() >= expected.len());
        assert_eq!(song.facts().tracks[0].events as usize, expected.len() + 1);
        read_events += expected.len();
    }
    assert!(read_events > 100_000);
}

#[test]
fn meta_events_and_escapes_of_any_kind_and_content_cost_nothing() {
    let _alone = testkit::alone();
    let mut random = Random(5);
    for round in 0..400 {
        let mut body = Vec::new();
        let (mut notes, mut events) = (0, 1);
        let share = 1 + random.below(8);
        for _ in 0..1 + random.below(300) {
            for _ in 0..random.below(16 / share) {
                events += u64::from(add_odd_event(&mut random, &mut body));
            }
            for _ in 0..share {
                let key = 48 + random.data() % 24;
                body.extend([0, 0x92, key, 90, 24, 0x82, key, 64]);
                notes += 1;
            }
        }
        body.extend(b"\0\xff\x2f\0");
        let song = read(&file(0, 0x7fff, &[&body])).unwrap();
        let found = (song.messages().len(), song.facts().tracks[0].events);
        assert_eq!(
            found,
            (2 * notes, 2 * notes as u64 + events),
            "round {round}: {:?}",
            song.warnings()
        );
        let none: [String; 0] = [];
        assert_eq!(song.warnings(), none, "round {round}");
    }
}

/// An end-of-track event ends its track wherever it stands; what is behind it is no damage.
#[test]
fn what_stands_behind_an_end_of_track_event_is_said_to() {
    let _alone = testkit::alone();
    let kinds = (0..128).flat_map(|kind| [9, 0xff, kind, 0]);
    let body: Vec<u8> = [0, 0x90, 60, 90, 9, 60, 0]
        .into_iter()
        .chain(kinds)
        .collect();
    let song = read(&file(0, 96, &[&body])).unwrap();
    assert_eq!(song.facts().tracks[0].events, 2 + 0x30);
    let lines = song.warnings();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("320 byte(s) behind its end-of-track event"),
        "{lines:?}"
    );
}

#[test]
fn nasty_files_play_or_are_refused() {
    let _alone = testkit::alone();
    let mut wrong = Vec::new();
    for nasty in nasty_midi::files() {
        let read = read(&nasty.bytes());
        let expected = nasty.expect == nasty_midi::Expect::Plays;
        let error = read.as_ref().err().map(ToString::to_string);
        if read.is_ok() != expected {
            wrong.push(format!("{}: {error:?}", nasty.name));
        }
        if let Ok(mut song) = read {
            check(&mut song);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
