//! Keyboards that vanish, a program that is stopped or killed, input that ends: no note hangs, and the
//! files are whole.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use synth_engine::Event;
use testkit::jack::{JackPlayer, JackServer};

use crate::place::{LOG, Place, Playing, RECORDING, assert_faded, peak, peak_at_end};
use crate::stage::{OPENED, Sent, connect, connect_sound, keys, quit, start, with_server};

const RATE_HZ: u32 = 48_000;
const PERIOD: u32 = 256;
/// Longer than a program may stand still and not notice.
const SUSPENDED: Duration = Duration::from_secs(4);
/// What is heard below this (-90 dB) is silence.
const SILENT: f32 = 3.162e-5;
const DRY: [&str; 4] = ["--room", "off", "--instrument", "brass"];

/// Three notes on as many channels, one under a pedal, another let go under it.
fn held_notes() -> Vec<Sent> {
    vec![
        (0, vec![0x90, 60, 100]),
        (0, vec![0x91, 64, 100]),
        (300, vec![0xb2, 64, 127]),
        (600, vec![0x92, 67, 100]),
        (20_000, vec![0x82, 67, 0]),
    ]
}

/// Whether the server hears the program go silent within `seconds`.
fn goes_silent(ears: &JackPlayer, seconds: u64) -> bool {
    (0..8 * seconds).any(|_| {
        let heard = ears.play(Vec::new(), u64::from(RATE_HZ) / 8).unwrap();
        let samples = heard.left.iter().chain(&heard.right);
        samples.fold(0.0_f32, |most, x| most.max(x.abs())) < SILENT
    })
}

fn assert_heard(keys: &JackPlayer, key: u8) {
    let sent = vec![(0, vec![0x90, key, 100]), (20_000, vec![0x80, key, 0])];
    let heard = keys.play(sent, u64::from(RATE_HZ)).unwrap();
    let most = heard.left.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    assert!(most > 0.01, "a note is not heard: {most}");
}

/// Every note of the log is ended in it, and every pedal let go.
fn assert_all_ended(place: &Place) {
    let mut held = BTreeMap::new();
    let mut pedals = BTreeSet::new();
    for (_, event) in place.events() {
        match event {
            Event::NoteOn { channel, key, .. } => *held.entry((channel, key)).or_insert(0) += 1,
            Event::NoteOff { channel, key, .. } => *held.entry((channel, key)).or_insert(0) -= 1,
            Event::Sustain { channel, depth } if depth > 0.0 => _ = pedals.insert(channel),
            Event::Sustain { channel, .. } => _ = pedals.remove(&channel),
            Event::AllNotesOff { channel } => held.retain(|(of, _), _| *of != channel),
            _ => {}
        }
    }
    held.retain(|_, count| *count > 0);
    assert!(held.is_empty(), "{held:?}");
    assert!(pedals.is_empty(), "{pedals:?}");
}

/// Begins to play, with notes that are held.
fn hold<'a>(place: &'a Place, keys: &JackPlayer) -> Playing<'a> {
    let mut playing = start(place, &DRY);
    connect(&mut playing, keys);
    let heard = keys.play(held_notes(), 24_000).unwrap();
    assert!(heard.left[20_000..].iter().any(|x| x.abs() > 0.01));
    playing
}

#[test]
fn a_keyboard_that_vanishes_leaves_no_note_behind() {
    let test = "faults::a_keyboard_that_vanishes_leaves_no_note_behind";
    with_server(test, RATE_HZ, PERIOD, |server| {
        let place = Place::new();
        let keyboard = keys(&server);
        let mut playing = hold(&place, &keyboard);
        let ears = JackPlayer::new(server.name(), "ears").unwrap();
        connect_sound(&ears);
        assert!(!goes_silent(&ears, 1), "they are held");
        drop(keyboard);
        playing.wait_for_word("keys:midi_out is gone; what it held is let go");
        assert!(goes_silent(&ears, 10));
        // It comes back, and so does the sound.
        let again = keys(&server);
        playing.wait_for_words(OPENED, 2);
        connect_sound(&again);
        assert_heard(&again, 72);
        let (_, summary) = quit(playing);
        assert_eq!(summary["lost_events"], 0);
        place.assert_replays(&[]);
        assert_all_ended(&place);
    });
}

#[test]
fn a_program_that_was_suspended_lets_go_and_plays_on() {
    let test = "faults::a_program_that_was_suspended_lets_go_and_plays_on";
    with_server(test, RATE_HZ, PERIOD, |server| {
        let place = Place::new();
        let keyboard = keys(&server);
        let mut playing = hold(&place, &keyboard);
        playing.signal("STOP");
        thread::sleep(SUSPENDED);
        playing.signal("CONT");
        playing.wait_for_word("stood still for ");
        playing.wait_for_words(OPENED, 2);
        connect_sound(&keyboard);
        assert!(goes_silent(&keyboard, 10), "what was held is let go");
        assert_heard(&keyboard, 72);
        quit(playing);
        place.assert_replays(&[]);
        assert_all_ended(&place);
    });
}

/// Whether programs that are started here ignore a signal from the beginning.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = u64::from_str_radix(mask.unwrap().trim(), 16).unwrap();
    mask >> (signal - 1) & 1 == 1
}

/// A signal ends it with notes held: its exit code, and whole files.
fn interrupt(server: &JackServer, signal: &str, code: i32) {
    let place = Place::new();
    let keyboard = keys(server);
    let mut playing = hold(&place, &keyboard);
    playing.signal(signal);
    let played = playing.ends();
    assert_eq!(played.code, Some(code), "{signal}: {}", played.stderr);
    assert_eq!(place.names(), [LOG, RECORDING], "{signal}");
    let wav = place.assert_replays(&[]);
    assert_faded(&wav, 16, signal);
    assert!(goes_silent(&keyboard, 1), "{signal}");
}

#[test]
fn signals_end_it_with_whole_files() {
    let test = "faults::signals_end_it_with_whole_files";
    with_server(test, RATE_HZ, PERIOD, |server| {
        for (signal, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
            if is_ignored(number) {
                println!(
                    "skipped: {signal} is ignored here, as under nohup, and stays so in the program"
                );
                continue;
            }
            interrupt(&server, signal, 128 + number);
        }
    });
}

#[test]
fn a_killed_program_leaves_a_log_to_replay() {
    let test = "faults::a_killed_program_leaves_a_log_to_replay";
    with_server(test, RATE_HZ, PERIOD, |mut server| {
        let place = Place::new();
        let keyboard = keys(&server);
        let mut playing = hold(&place, &keyboard);
        playing.wait_for_event(|event| matches!(event, Event::NoteOff { .. }));
        playing.signal("KILL");
        assert_eq!(playing.ends().code, None);
        // JACK takes a minute to get over a client that was killed while it was waited for.
        server.kill();
        let output = place.replay("again.wav", &[]);
        assert!(output.status.success());
        let again = place.wav("again.wav");
        assert!(peak(&again) > 0.01);
        assert!(again.channels[0].len() > 20_000);
    });
}

/// Nothing more can be typed: what sounds rings out, also what a keyboard holds.
#[test]
fn the_end_of_input_lets_everything_ring_out() {
    let test = "faults::the_end_of_input_lets_everything_ring_out";
    with_server(test, RATE_HZ, PERIOD, |server| {
        let place = Place::new();
        let keyboard = keys(&server);
        let mut playing = hold(&place, &keyboard);
        playing.say("on c5\npedal on\n");
        playing.wait_for_event(|event| matches!(event, Event::NoteOn { key: 72, .. }));
        let played = playing.end();
        assert_eq!(played.code, Some(0), "{}", played.stderr);
        let wav = place.assert_replays(&[]);
        let (ended, _) = place
            .events()
            .into_iter()
            .find(|(_, event)| matches!(event, Event::AllNotesOff { .. }))
            .expect("the notes are let go");
        let rang_s = (wav.channels[0].len() as u64 - ended) as f64 / f64::from(RATE_HZ);
        println!("it rang out for {rang_s:.1} s");
        assert!((0.1..10.0).contains(&rang_s));
        assert!(peak_at_end(&wav, 4800) < SILENT);
        assert_all_ended(&place);
    });
}
