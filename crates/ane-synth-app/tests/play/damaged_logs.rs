//! Logs that are not what was written, and instruments that are not what was played: one line that
//! names the file and the place in it, exit code 2, nothing written.

use std::fs;

use synth_engine::Event;
use synth_io::event_log::EventLog;
use testkit::{Mutations, Wav};

use crate::place::{LOG, Place, assert_refusal};

const MUTANTS: usize = 300;
/// What is replayed of a mutant that is a log: longer ones are logs like any other.
const LONGEST_FRAMES: u64 = 200_000;

/// A short log with every kind of line.
fn place_with_a_log() -> Place {
    let place = Place::new();
    place.play(
        &["--polyphony", "4"],
        "gate 0.03\nqe w\nbend 1\ninstrument violin\non c4\ncc 1 64\nwait 0.05\n",
    );
    fs::remove_file(place.path("played.wav")).unwrap();
    place
}

/// Refuses to replay `log`; the line.
fn refuse(place: &Place, log: &[u8]) -> String {
    place.write(LOG, log);
    let line = place.refuse(&["render", "--events", LOG, "-o", "again.wav"]);
    assert!(line.starts_with("played.jsonl: "), "{line}");
    assert!(line.contains("; "), "says nothing to do: {line}");
    line
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let place = place_with_a_log();
    let whole = String::from_utf8(place.log_bytes()).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let number = |what: &str| 1 + lines.iter().position(|line| line.contains(what)).unwrap();
    let first = number("note-on");
    let change = number("\"record\":\"instruments\"");
    let bend = number("pitch-bend");
    for (from, to, line, said) in [
        (
            "\"note-on\"",
            "\"note-up\"",
            first,
            "no event called `note-up`",
        ),
        ("\"key\":60", "\"key\":\"c4\"", first, "invalid type"),
        ("\"key\":60", "\"key\":300", first, "invalid value"),
        ("\"semitones\":1.0", "\"semitones\":", bend, "is no JSON"),
        ("\"semitones\":1.0", "\"semitones\":1e99", bend, "too large"),
        ("\"channels\":2", "\"channels\":1", 1, "1 channels"),
        (
            "\"record\":\"end\"",
            "\"record\":\"and\"",
            lines.len(),
            "no record called `and`",
        ),
        ("\"name\":\"violin\",", "", change, "missing field `name`"),
    ] {
        assert!(whole.contains(from), "{from}");
        let told = refuse(&place, whole.replacen(from, to, 1).as_bytes());
        assert!(told.contains(&format!("line {line}: ")), "{told}");
        assert!(told.contains(said), "{told}");
    }
    let version = refuse(
        &place,
        whole
            .replacen("\"version\":1", "\"version\":9", 1)
            .as_bytes(),
    );
    assert!(version.contains("version 9"), "{version}");
    for text in ["", "{}\n", "MThd\0\0\0\x06", "\n\n"] {
        let told = refuse(&place, text.as_bytes());
        assert!(told.contains("is no event log: line 1 "), "{told}");
    }
    // Nothing is below the end, and no line is longer than a line can be.
    let twice = refuse(&place, format!("{whole}{}\n", lines[1]).as_bytes());
    assert!(twice.contains(&format!("line {}: comes after the end", lines.len() + 1)));
    let long = "x".repeat(2 << 20);
    let long = refuse(&place, format!("{}\n{long}\n", lines[0]).as_bytes());
    assert!(long.contains("line 2: is longer than 1 MiB"), "{long}");
}

#[test]
fn lines_that_change_instruments_where_they_cannot_change() {
    let place = place_with_a_log();
    let whole = String::from_utf8(place.log_bytes()).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.contains("\"record\":\"instruments\""))
        .unwrap();
    // A line of the log at another sample.
    let moved = |line: &str, sample: u64| {
        let (_, rest) = line.split_once(',').unwrap();
        format!("{{\"sample\":{sample},{rest}")
    };
    let violin = lines[at];
    let flutes = lines[0].split("\"instruments\":").nth(1).unwrap();
    let flutes = flutes.split_once(']').unwrap().0;
    let flute = format!(
        "{{\"sample\":0,\"record\":\"instruments\",\"instruments\":{flutes}],\"device\":\"cpu\"}}"
    );
    // Back to the flute while c4 sounds, and 10 samples later to the violin again.
    let on = lines.iter().rposition(|line| line.contains("note-on"));
    let on = on.filter(|on| *on > at).expect("a note on the violin");
    let begun = place
        .events()
        .iter()
        .rfind(|(_, event)| is_on(event))
        .unwrap()
        .0;
    let later = (on..lines.len()).find(|&line| !lines[line].contains(&format!(":{begun},")));
    let later = later.unwrap();
    let (back, again) = (moved(&flute, begun + 300), moved(violin, begun + 310));
    let mut all = lines.clone();
    all.splice(later..later, [&*back, &*again]);
    let line = refuse(&place, (all.join("\n") + "\n").as_bytes());
    let said = format!(
        "line {}: instruments change while others still fade over",
        later + 2
    );
    assert!(line.contains(&said), "{line}");
    // One of them alone is music.
    all.remove(later + 1);
    place.write(LOG, (all.join("\n") + "\n").as_bytes());
    assert!(place.replay("again.wav", &[]).status.success());
}

fn is_on(event: &Event) -> bool {
    matches!(event, Event::NoteOn { .. })
}

#[test]
fn any_bytes_are_replayed_or_refused_in_one_line() {
    let place = place_with_a_log();
    let whole = place.log_bytes();
    let before = place.names();
    let (mut long, mut refused) = (0, 0);
    let tally = Mutations {
        inputs: &[whole],
        words: &[
            b"\"event\":",
            b"\"record\":",
            b"\"sample\":",
            b"\n",
            b"1e38",
            b"-1",
            b"null",
            b"127",
            b"}",
        ],
        count: MUTANTS,
        most_live_bytes: 64 << 20,
    }
    .run(|bytes| {
        if EventLog::from_bytes(bytes).is_ok_and(|log| log.frames > LONGEST_FRAMES) {
            long += 1;
            return true;
        }
        place.write(LOG, bytes);
        let output = place.replay("again.wav", &["--block", "500"]);
        if output.status.success() {
            let wav = Wav::from_bytes(&fs::read(place.path("again.wav")).unwrap()).unwrap();
            let mut all = wav.channels.iter().flatten();
            assert!(all.all(|x| x.is_finite() && x.abs() <= 1.0));
            fs::remove_file(place.path("again.wav")).unwrap();
            return true;
        }
        refused += 1;
        let line = assert_refusal(&output, "a mutant");
        assert!(line.starts_with("played.jsonl: "), "{line}");
        let placed = line.contains("line ") || line.contains("is version ");
        assert!(placed, "{line}");
        assert!(
            !line.contains(char::is_control) && line.chars().count() < 1000,
            "{line}"
        );
        assert_eq!(place.names(), before, "{line}");
        false
    });
    println!("{tally:?}, {refused} refused, {long} too long to replay here");
}

#[test]
fn instruments_that_have_changed_since() {
    let flute = include_bytes!("../../instruments/flute.synth");
    let cello = include_bytes!("../../instruments/cello.synth");
    let place = Place::new();
    place.write("mine.synth", flute);
    place.write("other.synth", cello);
    let lines = "on c4\nwait 0.1\ninstrument other.synth\nwait 0.1\n";
    place.play(&["--instrument", "mine.synth"], lines);
    place.assert_replays(&[]);
    // Paths in a log are absolute: it may lie anywhere, and so may whoever replays it.
    let elsewhere = Place::new();
    elsewhere.write(LOG, &place.log_bytes());
    assert!(elsewhere.replay("again.wav", &[]).status.success());
    crate::place::assert_same_bits(
        &place.wav("played.wav"),
        &elsewhere.wav("again.wav"),
        "from elsewhere",
    );

    let again = ["render", "--events", LOG, "-o", "again.wav"];
    for (name, whole) in [("mine.synth", &flute[..]), ("other.synth", cello)] {
        let mut changed = whole.to_vec();
        *changed.last_mut().unwrap() ^= 1;
        for now in [
            changed,
            flute.iter().chain(b"\0").copied().collect(),
            Vec::new(),
        ] {
            place.write(name, &now);
            let line = place.refuse(&again);
            assert!(line.starts_with("played.jsonl: "), "{line}");
            assert!(line.contains(name), "{line}");
        }
        let as_another = if name == "mine.synth" {
            &cello[..]
        } else {
            flute
        };
        place.write(name, as_another);
        let line = place.refuse(&again);
        assert!(
            line.contains("has changed since it was played; put the old file back"),
            "{line}"
        );
        fs::remove_file(place.path(name)).unwrap();
        let line = place.refuse(&again);
        assert!(line.contains(name), "{line}");
        place.write(name, whole);
    }
    place.assert_replays(&[]);
    // Nor is what is replayed written over what it is made of.
    for name in ["mine.synth", "other.synth", LOG] {
        let line = place.refuse(&["render", "--events", LOG, "-o", name, "--format", "wav"]);
        assert!(line.contains(name), "{line}");
    }
}

#[test]
fn logs_that_cannot_be_read_and_flags_that_contradict_them() {
    let place = place_with_a_log();
    for (log, said) in [("missing.jsonl", "missing.jsonl"), (".", "."), ("", "")] {
        let line = place.refuse(&["render", "--events", log, "-o", "again.wav"]);
        assert!(line.contains(said), "{line}");
    }
    for more in [
        &["a.mid"][..],
        &["--sample-rate", "8000"],
        &["--seed", "1"],
        &["--room", "off"],
        &["--instrument", "flute"],
        &["--from", "1"],
        &["--stems"],
        &["--block", "0"],
        &["--bits", "12"],
    ] {
        let mut all = vec!["render", "--events", LOG, "-o", "again.wav"];
        all.extend(more);
        let line = place.refuse(&all);
        assert!(!line.is_empty(), "{more:?}");
    }
    let float = ["render", "--events", LOG, "-o", "a.flac", "--bits", "32f"];
    place.refuse(&float);
}
