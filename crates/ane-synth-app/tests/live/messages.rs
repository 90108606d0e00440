//! What a MIDI port may send: bytes in any pieces, very long messages, and more of them than anybody
//! plays.

use synth_engine::Event;
use testkit::jack::JackServer;

use crate::place::{Place, peak};
use crate::stage::{Sent, connect, keys, note_samples, quit, start, with_server};

const RATE_HZ: u32 = 48_000;
const PERIOD: u32 = 256;
const SILENT: f32 = 3.162e-5;
/// Whatever else the machine does can only make a block take longer, so the best of so many tries counts.
const TRIES: usize = 3;
/// A period's MIDI buffer holds some 30 kB.
const PIECE: usize = 10_000;

/// `bytes` in pieces, one a period.
fn in_pieces(bytes: &[u8], from: u64) -> Vec<Sent> {
    let at = (0..).map(|piece: u64| from + piece * u64::from(2 * PERIOD));
    at.zip(bytes.chunks(PIECE).map(<[u8]>::to_vec)).collect()
}

/// A system exclusive message of so many bytes, F0 and F7 included.
fn exclusive(length: usize) -> Vec<u8> {
    let body = (0..length - 2).map(|n| (n % 127) as u8);
    [0xf0].into_iter().chain(body).chain([0xf7]).collect()
}

#[test]
fn running_status_and_long_messages_between_notes() {
    let test = "messages::running_status_and_long_messages_between_notes";
    with_server(test, RATE_HZ, PERIOD, |server| {
        let place = Place::new();
        let keys = keys(&server);
        let mut playing = start(&place, &["--instrument", "brass"]);
        connect(&mut playing, &keys);
        // Two notes under one status, over two events; a clock between the bytes of a note; 60 kB with a
        // note before and after, and one of 70 kB that nobody takes; a note of which the end is missing.
        let mut sent: Vec<Sent> = vec![
            (0, vec![0x90, 60, 100, 64, 100]),
            (500, vec![60, 0, 64]),
            (700, vec![0xf8, 0]),
            (1000, vec![0x90, 0xf8, 67]),
            (1001, vec![0xfe, 100]),
        ];
        sent.extend(in_pieces(&exclusive(60_000), 1100));
        sent.push((9000, vec![0x80, 67, 64]));
        sent.extend(in_pieces(&exclusive(70_000), 9100));
        sent.push((20_000, vec![0x90, 72, 100]));
        sent.push((22_000, vec![72]));
        sent.push((22_100, vec![0xb0, 123, 0]));
        let heard = keys.play(sent, u64::from(RATE_HZ)).unwrap();
        assert!(heard.left.iter().any(|x| x.abs() > 0.01));
        let (_, summary) = quit(playing);
        assert_eq!(summary["notes"], 4);
        assert_eq!(
            summary["midi_too_long"], 1,
            "the other one never came whole"
        );
        assert_eq!(summary["lost_events"], 0);
        assert_eq!(summary["midi_lost"], 0);
        let played: Vec<Event> = place.events().into_iter().map(|(_, event)| event).collect();
        let keys_of = |wanted: fn(&Event) -> Option<u8>| -> Vec<u8> {
            played.iter().filter_map(wanted).collect()
        };
        let on = keys_of(|event| match event {
            Event::NoteOn { key, .. } => Some(*key),
            _ => None,
        });
        let off = keys_of(|event| match event {
            Event::NoteOff { key, .. } => Some(*key),
            _ => None,
        });
        assert_eq!((on, off), (vec![60, 64, 67, 72], vec![60, 64, 67]));
        place.assert_replays(&[]);
    });
}

/// 10,000 messages in a fifth of a second: notes on all channels, each with its end, and controllers.
fn flood() -> Vec<Sent> {
    let message = |n: u64| match n % 5 {
        0 | 1 => vec![
            0x90 | (n / 5 % 16) as u8,
            (24 + n % 5 * 7 + n / 5 % 80) as u8,
            90,
        ],
        2 | 3 => vec![
            0x80 | (n / 5 % 16) as u8,
            (24 + (n % 5 - 2) * 7 + n / 5 % 80) as u8,
            64,
        ],
        _ => vec![0xb0 | (n / 5 % 16) as u8, 1, (n % 128) as u8],
    };
    (0..10_000).map(|n| (n / 20 * 19, message(n))).collect()
}

/// Sends the flood beside a chord that is held, then a reset, and checks all but how long a block took:
/// whether that was within its time.
fn flood_is_carried(server: &JackServer) -> bool {
    let place = Place::new();
    let keys = keys(server);
    let mut playing = start(&place, &["--room", "off"]);
    connect(&mut playing, &keys);
    let chord = [48, 52, 55, 60].map(|key| (0, vec![0x9f, key, 100]));
    keys.play(chord.to_vec(), 9600).unwrap();
    let sent = flood();
    let count = sent.len() + chord.len();
    let heard = keys.play(sent, 2 * u64::from(RATE_HZ)).unwrap();
    let still = &heard.left[RATE_HZ as usize..];
    assert!(still.iter().any(|x| x.abs() > 1e-3), "the chord is held");
    // General MIDI on: everything is let go and at rest.
    let reset = vec![(0, vec![0xf0, 0x7e, 0x7f, 9, 1, 0xf7])];
    let heard = keys.play(reset, 2 * u64::from(RATE_HZ)).unwrap();
    let end = &heard.left[3 * RATE_HZ as usize / 2..];
    assert!(end.iter().all(|x| x.abs() < SILENT), "it is silent");
    let (_, summary) = quit(playing);
    println!(
        "4000 notes in a fifth of a second: load 99 % {}, most {}, {} overruns",
        summary["load_p99"], summary["load_most"], summary["overruns"]
    );
    assert_eq!(summary["midi_messages"], count + 1);
    assert_eq!(summary["midi_lost"], 0);
    assert_eq!(summary["lost_events"], 0);
    assert_eq!(summary["notes"], 4004);
    assert_eq!(note_samples(&place).len(), 4004);
    assert!(peak(&place.assert_replays(&[])) < 1.0);
    summary["overruns"] == 0
}

#[test]
fn a_flood_while_playing_is_taken_whole() {
    let test = "messages::a_flood_while_playing_is_taken_whole";
    with_server(test, RATE_HZ, PERIOD, |server| {
        assert!((0..TRIES).any(|_| flood_is_carried(&server)));
    });
}
