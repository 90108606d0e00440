//! What sums the partials: chosen at the start, told while playing, kept in the log, and changed by a replay.

use std::fs;

use synth_engine::Oscillators;

use crate::place::{LOG, Place, RECORDING, assert_same_bits};

const LINES: &str = "gate 0.1\nqe w\n";

/// A log that says it was played with `oscillators`, in a folder with what was played.
fn place_with_a_log(oscillators: &str) -> Place {
    let place = Place::new();
    place.play(&[], LINES);
    let log = String::from_utf8(place.log_bytes()).unwrap();
    let named = format!("\"channels\":2,\"oscillators\":\"{oscillators}\"");
    place.write(LOG, log.replacen("\"channels\":2", &named, 1).as_bytes());
    place
}

#[test]
fn they_are_told_and_not_changed_while_it_plays() {
    let place = Place::new();
    let lines =
        "get oscillators\nset oscillators = accelerate\nset oscillators=clenshaw\nget loudness\n";
    let played = place.play(&["--set", "oscillators=clenshaw"], lines);
    let told = played
        .stdout
        .lines()
        .find(|line| line.starts_with("oscillators "));
    assert!(
        told.unwrap().starts_with("oscillators    clenshaw "),
        "{}",
        played.stdout
    );
    let complaints: Vec<&str> = played.stderr.lines().collect();
    assert_eq!(complaints.len(), 3, "{complaints:?}");
    for (complaint, line) in complaints.iter().zip(2..).take(2) {
        assert!(complaint.contains(&format!("line {line}: set: the oscillators are chosen")));
        assert!(
            complaint.ends_with("start with --set oscillators=NAME"),
            "{complaint}"
        );
    }
    assert!(
        complaints[2].ends_with("polyphony, oscillators"),
        "{complaints:?}"
    );
    let listed = place.play(&[], "parameters\n").stdout;
    assert!(
        listed.lines().any(|line| line.starts_with("oscillators ")),
        "{listed}"
    );
}

#[test]
fn the_usual_ones_leave_no_trace_in_a_log() {
    for arguments in [&[][..], &["--set", "oscillators=clenshaw"]] {
        let place = Place::new();
        place.play(arguments, LINES);
        let log = String::from_utf8(place.log_bytes()).unwrap();
        assert!(!log.contains("oscillators"), "{log}");
        place.assert_replays(&[]);
        place.assert_replays(&["--set", "oscillators=clenshaw"]);
    }
    place_with_a_log("clenshaw").assert_replays(&[]);
}

#[test]
fn a_log_of_others_is_replayed_with_them_or_with_those_that_are_asked_for() {
    let place = place_with_a_log("accelerate");
    let replayed = place.replay("again.wav", &["--set", "oscillators=clenshaw"]);
    let notice = String::from_utf8(replayed.stderr).unwrap();
    assert_eq!(replayed.status.code(), Some(0), "{notice}");
    assert!(
        notice.contains("played.jsonl: was played with the oscillators accelerate"),
        "{notice}"
    );
    assert!(notice.contains("rounded otherwise"), "{notice}");
    assert_same_bits(
        &place.wav(RECORDING),
        &place.wav("again.wav"),
        "played with clenshaw",
    );
    fs::remove_file(place.path("again.wav")).unwrap();
    if Oscillators::Accelerate.is_available() {
        assert!(place.replay("again.wav", &[]).status.success());
        return;
    }
    let line = place.refuse(&["render", "--events", LOG, "-o", "again.wav"]);
    for told in [
        "played.jsonl: was played with the oscillators accelerate",
        "on macOS only",
        "--set oscillators=clenshaw replays it with a difference of rounding",
    ] {
        assert!(line.contains(told), "{line}");
    }
}

#[test]
fn what_a_replay_refuses() {
    let place = place_with_a_log("sinf");
    let line = place.refuse(&["render", "--events", LOG, "-o", "again.wav"]);
    assert!(
        line.contains("played.jsonl: line 1: the oscillators `sinf`"),
        "{line}"
    );
    assert!(line.contains("clenshaw, accelerate"), "{line}");
    // What the log says of parameters stands.
    for setting in ["volume=-3", "room=1"] {
        let line = place.refuse(&["render", "--events", LOG, "-o", "b.wav", "--set", setting]);
        let name = setting.split('=').next().unwrap();
        assert!(
            line.contains(&format!("--set {name} cannot be used with --events")),
            "{line}"
        );
    }
}
