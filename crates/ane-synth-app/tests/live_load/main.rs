//! What 32 voices cost at the shortest period, live on a JACK server. It is a program of its own so that
//! nothing else of the tests runs beside it.

#[path = "../play/place.rs"]
#[expect(dead_code, reason = "it serves the tests of play as well")]
mod place;
#[path = "../live/stage.rs"]
#[expect(dead_code, reason = "it serves the live tests as well")]
mod stage;

use testkit::jack::JackServer;

use place::Place;
use stage::{Sent, connect, keys, quit, start, with_server};

const RATE_HZ: u32 = 44_100;
const PERIOD: u32 = 64;
const VOICES: u64 = 32;
const SECONDS: u64 = 10;
/// The share of a period's time that 999 of 1000 periods must be made within, in CPU time of the thread.
const MOST_LOAD: f64 = 0.5;

/// Whatever else the machine does can only make it look worse, so the best of so many tries counts.
const TRIES: usize = 8;

/// Chords on eight instruments, one note after another, as hands play: not all begin a control frame in
/// the same period.
fn chords() -> Vec<Sent> {
    let programs = [48, 73, 42, 56, 68, 65, 71, 19];
    let set_up = (0..).zip(programs).flat_map(|(channel, program)| {
        [
            (0, vec![0xc0 | channel, program]),
            (0, vec![0xb0 | channel, 1, 80]),
        ]
    });
    let notes = (0..VOICES).map(|voice| {
        let (channel, key) = (voice % 8, 40 + 7 * (voice / 8) + voice % 8);
        (
            100 + 331 * voice,
            vec![0x90 | channel as u8, key as u8, 100],
        )
    });
    set_up.chain(notes).collect()
}

/// Whether the load was within bounds.
fn is_carried(server: &JackServer) -> bool {
    let place = Place::new();
    let keys = keys(server);
    let mut playing = start(&place, &[]);
    connect(&mut playing, &keys);
    keys.play(chords(), SECONDS * u64::from(RATE_HZ)).unwrap();
    let (_, summary) = quit(playing);
    let load = |name| summary[name].as_f64().expect("this system tells CPU time");
    println!(
        "{VOICES} voices, {PERIOD} samples at {RATE_HZ} Hz: load median {:.3}, 99.9 % {:.3}, most {:.3}",
        load("load_median"),
        load("load_p999"),
        load("load_most"),
    );
    for block in summary["heaviest_blocks"].as_array().unwrap() {
        println!("heavy block: {block}");
    }
    assert_eq!(summary["most_voices"], VOICES);
    assert_eq!(summary["stolen_voices"], 0);
    load("load_p999") < MOST_LOAD
}

#[test]
fn thirty_two_voices_take_less_than_half_of_64_samples_time() {
    let test = "thirty_two_voices_take_less_than_half_of_64_samples_time";
    with_server(test, RATE_HZ, PERIOD, |server| {
        assert!((0..TRIES).any(|_| is_carried(&server)));
    });
}
