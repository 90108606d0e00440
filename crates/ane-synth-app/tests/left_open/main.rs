//! The interface left open while a MIDI file is played, beside a session without it that is played the same
//! by the same server: what either holds of the machine, and what either costs.
//!
//! A quarter of a minute, unless `ANE_SYNTH_LEFT_OPEN_MINUTES` says otherwise: `scripts/left-open.sh 60`. It
//! is a program of its own so that nothing else of the tests runs beside it.

mod footprint;
#[path = "../play/place.rs"]
#[expect(dead_code, reason = "it serves the tests of play as well")]
mod place;
#[path = "../terminal/screen.rs"]
#[expect(dead_code, reason = "it serves the tests of the terminal as well")]
mod screen;
#[path = "../live/stage.rs"]
#[expect(dead_code, reason = "it serves the live tests as well")]
mod stage;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;
use testkit::jack::{JackPlayer, JackServer};

use footprint::{Footprint, growth_kib, look};
use place::{ANE_SYNTH, Place};
use screen::Screen;
use stage::{OPENED, Sent, keys, messages, quit, with_server};

const RATE_HZ: u32 = 48_000;
const PERIOD: u32 = 256;
const MINUTES: f64 = 0.25;
/// So short a time has some thirty blocks above the 99th percentile, which other work beside one of the two
/// sessions is enough to lift: it is played again then, so many times in all. What the interface itself costs
/// is there each time. A time that was asked for gets one try.
const TRIES: usize = 5;
/// Played between two looks.
const STRETCH_S: u64 = 3;
/// Behind the song's last message.
const PAUSE_S: u64 = 2;
/// What the interface may hold more of at the end than after the first minute.
const MOST_GROWTH_KIB: i64 = 1024;
/// Its share of one core: what its process takes more than the other.
const MOST_OF_A_CORE: f64 = 0.05;
/// How much higher its audio thread's load may be by chance, in shares of the deadline and of the load.
const CHANCE: (f64, f64) = (0.005, 0.15);

#[test]
fn memory_stays_level_and_the_load_is_as_without_it() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/midi/k525MIDIMvt1.mid");
    let Ok(file) = std::fs::read(file) else {
        println!("skipped: ../shared/midi/k525MIDIMvt1.mid is absent");
        return;
    };
    let test = "memory_stays_level_and_the_load_is_as_without_it";
    let asked = std::env::var("ANE_SYNTH_LEFT_OPEN_MINUTES").ok();
    let asked: Option<f64> = asked.map(|text| text.parse().unwrap());
    let (minutes, tries) = asked.map_or((MINUTES, TRIES), |minutes| (minutes, 1));
    with_server(test, RATE_HZ, PERIOD, |server| {
        assert!((0..tries).any(|_| is_as_without(&server, &file, minutes)));
    });
}

/// Whether the audio thread's load was as it is without the interface. What else there is to hold is asserted.
fn is_as_without(server: &JackServer, file: &[u8], minutes: f64) -> bool {
    let screen = Screen::play(120, 50, "--audio-device jack");
    let place = Place::new();
    let mut command = Command::new(ANE_SYNTH);
    command
        .args(["play", "--plain", "--json", "--audio-device", "jack"])
        .env("ANE_SYNTH_CONFIG", place.path("kept"))
        .stdin(Stdio::piped());
    let mut plain = place.start_command(command);
    // Last, so that it leaves first, whatever happens: a server waits for clients that were killed, and keeps
    // the others waiting.
    let keys = keys(server);
    screen.wait_for(OPENED);
    plain.wait_for_word(OPENED);

    let processes = [screen.process(), plain.process()];
    let song = Repeated::new(messages(file, RATE_HZ, f64::INFINITY));
    let (notes, seen) = watch(&keys, song, processes, minutes);

    // It still shows what is played.
    let moment = u64::from(RATE_HZ / 10);
    keys.play(vec![(0, vec![0x90, 60, 100])], moment).unwrap();
    screen.wait("a lit key of MIDI's", |text| text.contains('◆'));
    keys.play(vec![(0, vec![0x80, 60, 0])], moment).unwrap();
    screen.press("Escape");
    screen.assert_ended("0");
    let with = Summary::read(&screen.text());
    let (_, without) = quit(plain);
    let without = Summary::of(&without);

    for (what, summary, seen) in [
        ("interface", &with, &seen[0]),
        ("plain", &without, &seen[1]),
    ] {
        let last = seen.last().unwrap();
        println!(
            "{what}: load median {:.2} %, p99 {:.2} %; {:.2} % of a core in all; {} notes of {notes}; \
             {} KiB at the end, {:+} KiB since the first minute",
            100.0 * summary.load_median,
            100.0 * summary.load_p99,
            100.0 * last.share_of_a_core(&seen[0]),
            summary.notes,
            last.memory_kib,
            growth_kib(seen),
        );
        // A server on a busy machine skips a period now and then, with what was sent in it.
        assert!(summary.notes >= 0.9 * notes as f64, "{what}");
    }
    assert!(growth_kib(&seen[0]) < MOST_GROWTH_KIB);
    let [cost, cost_without] = seen.map(|seen| seen.last().unwrap().share_of_a_core(&seen[0]));
    assert!(
        cost - cost_without < MOST_OF_A_CORE,
        "{cost} and {cost_without}"
    );
    let loads = [
        (with.load_median, without.load_median),
        (with.load_p99, without.load_p99),
    ];
    loads
        .into_iter()
        .all(|(with, without)| with < without + CHANCE.0 + CHANCE.1 * without)
}

/// What a session says of itself at its end; loads are shares of the deadline.
struct Summary {
    notes: f64,
    load_median: f64,
    load_p99: f64,
}

impl Summary {
    fn of(json: &Value) -> Self {
        let number = |name: &str| json[name].as_f64().unwrap();
        Self {
            notes: number("notes"),
            load_median: number("load_median"),
            load_p99: number("load_p99"),
        }
    }

    /// From the lines that a terminal gets.
    fn read(said: &str) -> Self {
        let said = &said[said.rfind("played ").expect(said)..];
        let number = |before: &str| -> f64 {
            let place = said
                .find(before)
                .unwrap_or_else(|| panic!("no {before}: {said}"));
            let word = said[place + before.len()..].split_whitespace().next();
            word.unwrap().parse().expect(said)
        };
        Self {
            notes: number("s, "),
            load_median: 0.01 * number("load "),
            load_p99: 0.01 * number("(99 of 100 blocks below "),
        }
    }
}

/// Plays for so long; how many notes were sent, and what was seen of each process.
fn watch(
    keys: &JackPlayer,
    mut song: Repeated,
    processes: [u32; 2],
    minutes: f64,
) -> (usize, [Vec<Footprint>; 2]) {
    let begun = Instant::now();
    let mut seen = [Vec::new(), Vec::new()];
    let mut notes = 0;
    loop {
        let at_s = begun.elapsed().as_secs_f64();
        for (process, seen) in processes.into_iter().zip(&mut seen) {
            seen.push(look(process, at_s));
        }
        if at_s >= 60.0 * minutes {
            return (notes, seen);
        }
        let (events, frames) = song.next(STRETCH_S * u64::from(RATE_HZ));
        notes += events.iter().filter(|(_, bytes)| is_note(bytes)).count();
        keys.play(events, frames).unwrap();
    }
}

fn is_note(bytes: &[u8]) -> bool {
    bytes[0] & 0xf0 == 0x90 && bytes[2] > 0
}

/// A song again and again.
struct Repeated {
    messages: Vec<Sent>,
    frames: u64,
    at: u64,
}

impl Repeated {
    fn new(messages: Vec<Sent>) -> Self {
        let end = messages.iter().map(|(frame, _)| *frame).max();
        let frames = end.expect("there are messages") + PAUSE_S * u64::from(RATE_HZ);
        Self {
            messages,
            frames,
            at: 0,
        }
    }

    /// What comes next, at most so many frames of it, up to the song's end.
    fn next(&mut self, frames: u64) -> (Vec<Sent>, u64) {
        let frames = frames.min(self.frames - self.at);
        let due = self.at..self.at + frames;
        let of_song = self.messages.iter().filter(|(at, _)| due.contains(at));
        let events = of_song.map(|(at, bytes)| (at - due.start, bytes.clone()));
        let events = events.collect();
        self.at = due.end % self.frames;
        (events, frames)
    }
}
