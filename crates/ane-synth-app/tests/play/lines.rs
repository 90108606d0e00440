//! What lines play, and what is said about lines that say nothing.

use synth_engine::Event;

use crate::place::Place;

/// Samples and keys.
type Notes = Vec<(u64, u8)>;

/// Notes that begin and those that end.
fn notes(place: &Place) -> (Notes, Notes) {
    let (mut on, mut off) = (Vec::new(), Vec::new());
    for (sample, event) in place.events() {
        match event {
            Event::NoteOn { key, .. } => on.push((sample, key)),
            Event::NoteOff { key, .. } => off.push((sample, key)),
            _ => {}
        }
    }
    (on, off)
}

fn keys(notes: &[(u64, u8)]) -> Vec<u8> {
    notes.iter().map(|(_, key)| *key).collect()
}

#[test]
fn the_letters_are_the_keys_of_two_octaves() {
    let place = Place::new();
    let lines = "gate 0.02\nz s x d c v g b h n j m q 2 w 3 e r 5 t 6 y 7 u\nZMQU\n";
    place.play(&[], lines);
    let (on, off) = notes(&place);
    // From C3 (48) up: key by key, two octaves.
    let up: Vec<u8> = (48..72).chain([48, 59, 60, 71]).collect();
    assert_eq!(keys(&on), up);
    assert_eq!(keys(&off), up);
    let together: Vec<u64> = on[24..].iter().map(|(sample, _)| *sample).collect();
    assert!(together.iter().all(|sample| *sample == together[0]));
}

#[test]
fn octaves_velocities_and_names() {
    let place = Place::new();
    let lines = "gate 0.02\noctave -3\nz\noctave 3\nu\noctave 1\nvelocity 1\nq\nvelocity 127\nq\n\
                 on Bb-1 64\nOFF a#-1\non G9\noff 127\non c\noff x\n";
    let lines = lines.replace("off x", "off c");
    place.play(&[], &lines);
    let (on, off) = notes(&place);
    assert_eq!(keys(&on), [12, 107, 72, 72, 10, 127, 64]);
    assert_eq!(keys(&off), [12, 107, 72, 72, 10, 127, 64]);
    let velocities = place
        .events()
        .into_iter()
        .filter_map(|(_, event)| match event {
            Event::NoteOn { velocity, .. } => Some((velocity * 127.0).round()),
            _ => None,
        });
    let velocities: Vec<f32> = velocities.collect();
    assert_eq!(velocities, [100.0, 100.0, 1.0, 127.0, 64.0, 127.0, 127.0]);
}

/// Where the session comes to its turn in time, everything is on its sample. A machine that is too busy
/// for that delays a note, so one try of a few must do it.
#[test]
fn notes_are_a_gate_apart_at_any_buffer() {
    for (buffer, rate) in [("16", 8000), ("4096", 8000), ("512", 16_000)] {
        let tries = (0..5).map(|_| {
            let place = Place::new();
            let rate_text = rate.to_string();
            let arguments = ["--buffer", buffer, "--sample-rate", &rate_text];
            place.play(&arguments, "gate 0.15\nq w\ne qet r\n");
            let (on, off) = notes(&place);
            let first = on[0].0;
            let gate = rate * 15 / 100;
            let ends = |n: u64| first + n * gate;
            let expected: Notes = [
                (0, 60),
                (1, 62),
                (2, 64),
                (3, 60),
                (3, 64),
                (3, 67),
                (4, 65),
            ]
            .map(|(gates, key)| (ends(gates), key))
            .to_vec();
            let ended: Notes = expected.iter().map(|(s, k)| (s + gate, *k)).collect();
            (on == expected && off == ended, on)
        });
        let mut seen = Vec::new();
        for (exact, on) in tries {
            seen.push(on);
            if exact {
                break;
            }
        }
        let exact = seen.len() < 5;
        assert!(exact, "{buffer} at {rate} Hz: {seen:?}");
    }
}

#[test]
fn help_says_every_command_and_status_how_it_goes() {
    let place = Place::new();
    let played = place.play(&[], "help\nstatus\nHELP\nq\n");
    assert_eq!(played.stderr, "");
    for usage in [
        "q 2 w 3 e r 5 t 6 y 7 u ",
        "z s x d c v g b h n j m ",
        "on NOTE [VELOCITY] ",
        "off NOTE ",
        "gate SECONDS ",
        "velocity N ",
        "octave N ",
        "wait SECONDS ",
        "bend SEMITONES ",
        "pedal on|off ",
        "cc NUMBER VALUE ",
        "instrument NAME|FILE ",
        "device NAME ",
        "status ",
        "panic ",
        "quit ",
    ] {
        let told = played.stdout.lines().filter(|line| line.starts_with(usage));
        assert_eq!(told.count(), 2, "{usage}: {}", played.stdout);
    }
    let is_status = |line: &&str| line.starts_with("status: ") && line.contains("device cpu");
    let statuses = played.stdout.lines().filter(is_status).count();
    assert_eq!(statuses, 1, "{}", played.stdout);
    assert!(played.stdout.contains("type help"), "{}", played.stdout);
}

#[test]
fn what_is_not_understood_is_told_with_its_line_and_playing_goes_on() {
    let place = Place::new();
    let wrong = [
        (
            "frobnicate",
            "frobnicate is neither a command nor letters of the piano",
        ),
        ("on", "on: say on NOTE [VELOCITY]"),
        ("on h9", "h9 is no note"),
        ("on c4 0", "on: say a whole number, 1 to 127"),
        ("off", "off: say off NOTE"),
        ("gate fast", "gate: say a number, 0.01 to 60"),
        ("velocity 128", "velocity: say a whole number, 1 to 127"),
        ("octave 4", "octave: say a whole number, -3 to 3"),
        ("wait 99999", "wait: say a number, 0 to 3600"),
        ("wait -1", "wait: say a number, 0 to 3600"),
        ("wait nan", "wait: say a number, 0 to 3600"),
        ("bend 25", "bend: say a number, -24 to 24"),
        ("pedal half", "pedal: say on or off"),
        ("cc 1", "cc: say cc NUMBER VALUE"),
        ("cc 128 1", "cc: say a whole number, 0 to 127"),
        ("device tpu", "device: say auto, cpu or reference"),
        ("instrument", "instrument: say instrument NAME|FILE"),
        ("status now", "status: say status"),
        ("quit please", "quit: say quit"),
        ("qxa", "qxa is neither"),
        ("q \u{1b}[31mw", "\\u{1b}[31mw is neither"),
        ("é", "é is neither"),
    ];
    let lines: String = wrong.iter().map(|(line, _)| format!("{line}\n")).collect();
    let played = place.play(&[], &format!("{lines}gate 0.02\nq\n"));
    let complaints = played.complaints();
    assert_eq!(complaints.len(), wrong.len(), "{}", played.stderr);
    for (number, (complaint, (line, said))) in (1..).zip(complaints.iter().zip(&wrong)) {
        let start = format!("line {number}: {said}");
        assert!(complaint.starts_with(&start), "{line}: {complaint}");
        assert!(!complaint.contains(char::is_control), "{line}");
    }
    let (on, off) = notes(&place);
    assert_eq!((keys(&on), keys(&off)), (vec![60], vec![60]));
    // A line of which one word is wrong plays nothing.
    place.assert_replays(&[]);
}

#[test]
fn a_line_plays_whole_or_not_at_all_beyond_the_keyboard() {
    let place = Place::new();
    let played = place.play(&[], "octave 3\ngate 0.02\nu\nq2\non c4\noff c4\n");
    assert_eq!(played.stderr, "");
    assert_eq!(keys(&notes(&place).0), [107, 96, 97, 60]);
}
