//! Input that is no music: playing outlives it, and nothing sounds on when it is over.

use std::fs::File;
use std::process::{Command, Stdio};

use synth_engine::Event;
use testkit::Mutator;

use crate::place::{ANE_SYNTH, Place, Played, assert_faded, peak, peak_at_end, with_defaults};

/// Words of lines to damage. What would take long (a wait, a gate) is not among them.
const WORDS: [&str; 16] = [
    "q2w3er5t6y7u",
    "zsxdcvgbhnjm",
    "on c4",
    "off c4 64",
    "velocity 100",
    "octave -1",
    "bend 1.5",
    "pedal on",
    "cc 64 127",
    "cc 126 0",
    "device cpu",
    "instrument violin",
    "status",
    "panic",
    "hold x",
    "\u{1b}[2J \u{202e} é",
];
const GARBAGE_LINES: usize = 10_000;
/// Below -90 dBFS.
const SILENT: f32 = 3.162e-5;

/// Plays bytes to their end, which must come without a word about anything but lines.
fn play(place: &Place, arguments: &[&str], input: &[u8]) -> Played {
    let mut playing = place.start(arguments);
    playing.say_bytes(input);
    let played = playing.end();
    assert_eq!(played.code, Some(0), "{}", played.stderr);
    let mut last = 0;
    for complaint in played.complaints() {
        let number = complaint
            .strip_prefix("line ")
            .and_then(|rest| rest.split_once(": "));
        let (number, what) = number.expect(complaint);
        let number: u64 = number.parse().unwrap();
        assert!(number > last, "a line complains once: {complaint}");
        assert!(
            !what.is_empty() && !complaint.contains(char::is_control),
            "{complaint:?}"
        );
        assert!(complaint.chars().count() < 1000, "{complaint}");
        last = number;
    }
    let wav = place.assert_replays(&[]);
    assert!(peak_at_end(&wav, 800) < SILENT, "something sounds on");
    let all = wav.channels.iter().flatten();
    assert!(all.into_iter().all(|x| x.is_finite() && x.abs() <= 1.0));
    played
}

#[test]
fn ten_thousand_lines_of_garbage() {
    let words = WORDS.iter().map(|word| word.as_bytes());
    let mut mutator = words.fold(Mutator::new(11), Mutator::donor);
    let mut input = b"gate 0.01\n".to_vec();
    let mut mutant = Vec::new();
    for number in 0..GARBAGE_LINES {
        mutator.mutate(WORDS[number % WORDS.len()].as_bytes(), &mut mutant);
        // One line each, none of which takes long.
        mutant.retain(|&byte| byte != b'\n');
        let text = String::from_utf8_lossy(&mutant).to_ascii_lowercase();
        if !text.contains("wait") && !text.contains("gate") && !text.contains("quit") {
            input.extend(&mutant);
        }
        input.push(b'\n');
    }
    let place = Place::new();
    let played = play(&place, &["--polyphony", "8"], &input);
    let complaints = played.complaints().len();
    assert!(complaints > GARBAGE_LINES / 2, "{complaints}");
    assert!(place.events().len() > 1000, "some of it is music");
}

#[test]
fn bytes_that_are_no_text() {
    let all: Vec<u8> = (0..=255).collect();
    let mut input = all.repeat(20);
    input.extend(b"\ngate 0.01\nq\0w\n\0\n\0\0\0\nq\n\xff\xfe\n");
    let place = Place::new();
    let played = play(&place, &[], &input);
    assert!(played.complaints().len() >= 5, "{}", played.stderr);
    let ons = place.events();
    let ons = ons
        .iter()
        .filter(|(_, event)| matches!(event, Event::NoteOn { .. }));
    assert!(ons.count() >= 1);
}

#[test]
fn lines_that_are_too_long() {
    let place = Place::new();
    let mut input = vec![b'q'; 1 << 20];
    input.extend(b"\ngate 0.02\nw\n");
    // The longest that is taken: more notes at once than can be under way.
    input.extend(b"zq".repeat(32 << 10));
    input.extend(b"\non c4\n");
    input.extend(vec![b' '; 1 << 20]);
    let played = play(&place, &["--polyphony", "16"], &input);
    assert_eq!(
        played.complaints(),
        [
            "line 1: is too long; play it in several",
            "line 6: is too long; play it in several"
        ]
    );
    assert!(place.events().len() > 4096);
}

#[test]
fn line_ends_of_every_kind_and_none_at_the_end() {
    let place = Place::new();
    let played = play(&place, &[], b"gate 0.02\r\nq\r\n\r\n\t\n  w  \n\n\x0b\nE");
    assert_eq!(played.stderr, "");
    let keys = place
        .events()
        .into_iter()
        .filter_map(|(_, event)| match event {
            Event::NoteOn { key, .. } => Some(key),
            _ => None,
        });
    assert_eq!(keys.collect::<Vec<u8>>(), [60, 62, 64]);
}

#[test]
fn no_input_at_all() {
    let place = Place::new();
    let played = play(&place, &[], b"");
    assert_eq!(played.stderr, "");
    let wav = place.assert_replays(&[]);
    assert_eq!(peak(&wav), 0.0);
}

/// Plays with standard input from somewhere else.
fn play_from(place: &Place, input: Stdio) -> Played {
    let mut command = Command::new(ANE_SYNTH);
    command.args(with_defaults(&[], &[])).stdin(input);
    place.start_command(command).ends()
}

#[test]
fn standard_input_that_is_closed_or_no_file() {
    let place = Place::new();
    let played = play_from(&place, Stdio::null());
    assert_eq!((played.code, &*played.stderr), (Some(0), ""));

    let mut shell = Command::new("sh");
    let script = format!("exec \"$0\" {} <&-", with_defaults(&[], &[]).join(" "));
    shell.args(["-c", &script, ANE_SYNTH]);
    if Command::new("sh").args(["-c", ":"]).status().is_ok() {
        let played = place.start_command(shell).ends();
        assert_eq!((played.code, &*played.stderr), (Some(0), ""));
    }

    // What cannot be read is bad input, whatever was played before.
    let Ok(folder) = File::open(place.path("")) else {
        println!("skipped: this system opens no folders");
        return;
    };
    let played = play_from(&place, Stdio::from(folder));
    assert_eq!(played.code, Some(2), "{}", played.stderr);
    let complaints = played.complaints();
    assert!(
        complaints[0].starts_with("standard input: cannot be read ("),
        "{complaints:?}"
    );
}

/// Lines that never end and make no music leave time for everything else.
#[test]
fn lines_that_come_without_end() {
    if Command::new("sh").args(["-c", "kill -l"]).output().is_err() {
        println!("skipped: there is no shell to interrupt with");
        return;
    }
    for line in ["instrument kazoo\n", "status\n", "cc 7 100\n", "\n"] {
        let place = Place::new();
        let mut playing = place.start(&["--buffer", "64"]);
        playing.say("on c4\n");
        playing.say_without_end(line);
        playing.wait_for_event(|event| matches!(event, Event::NoteOn { .. }));
        playing.signal("TERM");
        let played = playing.ends();
        assert_eq!(played.code, Some(143), "{line:?}");
        let wav = place.assert_replays(&[]);
        assert!(peak(&wav) > 0.0, "{line:?}: the note has begun");
        assert_faded(&wav, 16, &format!("{line:?}"));
    }
}
