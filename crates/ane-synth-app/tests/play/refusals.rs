//! What cannot be begun: one line, exit code 2, nothing left behind.

use std::fs;
use std::process::Command;

use testkit::SmfBuilder;

use crate::place::{LOG, Place, RECORDING, with_defaults};

/// Tries to play with defaults; the line.
fn refuse(place: &Place, arguments: &[&str]) -> String {
    place.refuse(&with_defaults(&[], arguments))
}

#[test]
fn values_out_of_range_and_unknown_words() {
    let place = Place::new();
    for [option, value] in [
        ["--buffer", "15"],
        ["--buffer", "4097"],
        ["--buffer", "-64"],
        ["--buffer", "many"],
        ["--sample-rate", "7999"],
        ["--sample-rate", "192001"],
        ["--sample-rate", ""],
        ["--polyphony", "0"],
        ["--polyphony", "4097"],
        ["--device", "tpu"],
        ["--seed", "-1"],
        ["--room", "2"],
        ["--room", "nan"],
        ["--room-size", "1.1"],
        ["--gate", "1"],
        ["--record-to", "a.wav"],
    ] {
        let line = refuse(&place, &[option, value]);
        assert!(line.contains(option), "{option} {value}: {line}");
    }
    let line = place.refuse(&["play", "--plain", "--audio-device", "null", "song.mid"]);
    assert!(line.contains("song.mid"), "{line}");
}

#[test]
fn audio_devices_that_are_not_there() {
    let place = Place::new();
    // A name that is empty is a part of every name, so it is refused where there are several.
    for name in ["no such device", "alsa:no such device", "a\nb", "nullify"] {
        let line = place.refuse(&["play", "--plain", "--audio-device", name]);
        assert!(line.contains("--audio-device null"), "{line}");
        assert!(line.contains("ane-synth devices"), "{line}");
    }
}

#[test]
fn a_device_of_apples_where_there_is_none() {
    let place = Place::new();
    place.write(
        "song.mid",
        &SmfBuilder::new(0, 480).note(0, 60, 100, 0, 48).build(),
    );
    for (device, what) in [("ane", "Neural Engine"), ("coreml", "Core ML")] {
        let arguments = with_defaults(&[], &["--device", device]);
        if place.run(&arguments).status.success() {
            println!("skipped: this machine has {what}");
            continue;
        }
        let line = place.refuse(&arguments);
        assert!(line.contains(&format!("device {device}: ")), "{line}");
        assert!(line.contains("(device cpu or auto)"), "{line}");
        assert!(line.contains(what), "{line}");
        let rendered = place.refuse(&["render", "song.mid", "-o", "song.wav", "--device", device]);
        assert_eq!(rendered, line);
    }
}

#[test]
fn instruments_that_are_not_there() {
    let place = Place::new();
    place.write("empty.synth", b"");
    place.write("noise.synth", &[0x5a; 1000]);
    let whole = include_bytes!("../../instruments/flute.synth");
    place.write("cut.synth", &whole[..whole.len() / 2]);
    for name in [
        "kazoo",
        "missing.synth",
        "empty.synth",
        "noise.synth",
        "cut.synth",
        ".",
    ] {
        let arguments = [
            "--instrument",
            name,
            "--record",
            "a.wav",
            "--event-log",
            "a.jsonl",
        ];
        let line = refuse(&place, &arguments);
        assert!(line.contains(name), "{name}: {line}");
    }
}

#[test]
fn places_where_nothing_can_be_written() {
    let place = Place::new();
    fs::create_dir(place.path("folder")).unwrap();
    let kept = include_bytes!("../../instruments/flute.synth");
    place.write("kept.synth", kept);
    for option in ["--record", "--event-log"] {
        for (name, said) in [
            ("missing/a.wav", "missing"),
            ("folder", "folder"),
            ("folder/", "folder"),
            ("-", "name a file"),
            ("", ""),
            ("kept.synth/a.wav", "kept.synth"),
        ] {
            let line = refuse(&place, &[option, name]);
            assert!(line.contains(said), "{option} {name}: {line}");
        }
        // An instrument is not overwritten by what is played on it.
        let line = refuse(
            &place,
            &[option, "kept.synth", "--instrument", "kept.synth"],
        );
        assert!(line.contains("kept.synth"), "{option}: {line}");
        assert_eq!(fs::read(place.path("kept.synth")).unwrap(), kept);
    }
    // Where the second cannot be begun the first leaves nothing.
    let both = ["--record", "a.wav", "--event-log", "missing/a.jsonl"];
    let line = refuse(&place, &both);
    assert!(line.contains("missing"), "{line}");
}

#[test]
fn files_that_are_write_protected() {
    let place = Place::new();
    for (option, name) in [("--record", RECORDING), ("--event-log", LOG)] {
        place.write(name, b"old");
        let path = place.path(name);
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).unwrap();
        let line = refuse(&place, &[option, name]);
        assert!(line.starts_with(&format!("{name}: ")), "{line}");
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }
    // The administrator may write in any folder but in this one.
    if std::path::Path::new("/sys/kernel").is_dir() {
        for option in ["--record", "--event-log"] {
            let line = refuse(&place, &[option, "/sys/kernel/a.wav"]);
            assert!(line.starts_with("/sys/kernel/a.wav: "), "{line}");
        }
    } else {
        println!("skipped: there is no folder in which nobody may write");
    }
}

#[test]
fn recordings_of_other_kinds() {
    let place = Place::new();
    for name in ["a.flac", "a.FLAC", "b/a.flac"] {
        let line = refuse(&place, &["--record", name]);
        assert!(line.starts_with(&format!("{name}: ")), "{line}");
        assert!(line.contains(".wav"), "{line}");
    }
}

#[test]
fn one_file_for_both() {
    let place = Place::new();
    fs::create_dir(place.path("folder")).unwrap();
    place.write("old.wav", b"old");
    let absolute = place.path("a.wav");
    let absolute = absolute.to_str().unwrap();
    for (recording, log) in [
        ("a.wav", "a.wav"),
        ("a.wav", "./a.wav"),
        ("folder/../a.wav", "a.wav"),
        (absolute, "a.wav"),
        ("old.wav", "folder/../old.wav"),
    ] {
        let line = refuse(&place, &["--record", recording, "--event-log", log]);
        assert!(
            line.contains("both the recording and the event log"),
            "{line}"
        );
    }
    assert_eq!(fs::read(place.path("old.wav")).unwrap(), b"old");
}

#[test]
fn one_file_for_both_by_another_name() {
    let place = Place::new();
    let links = "ln -s b.jsonl link.wav && ln -s link.wav chain.wav && ln -s circle.wav circle.wav";
    let mut shell = Command::new("sh");
    shell.args(["-c", links]).current_dir(place.path(""));
    if !shell.status().is_ok_and(|status| status.success()) {
        println!("skipped: there is no shell that makes links");
        return;
    }
    for recording in ["link.wav", "chain.wav"] {
        let both = ["--record", recording, "--event-log", "b.jsonl"];
        let line = refuse(&place, &both);
        assert!(
            line.contains("both the recording and the event log"),
            "{line}"
        );
        let line = refuse(&place, &["--record", "b.jsonl", "--event-log", recording]);
        assert!(
            line.contains("both the recording and the event log"),
            "{line}"
        );
    }
    let circle = ["--record", "circle.wav", "--event-log", "b.jsonl"];
    let line = refuse(&place, &circle);
    assert!(line.starts_with("circle.wav: "), "{line}");
}
