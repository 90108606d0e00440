//! Pieces played otherwise than their files say: another key, another tempo, other channels.

use std::fs;

use testkit::{SmfBuilder, Wav};

use crate::place::Place;

const RATE_HZ: u32 = 16_000;

fn rendered(file: &SmfBuilder, arguments: &[&str]) -> Wav {
    Place::new().render(file, RATE_HZ, &[&["--tail", "1"], arguments].concat())
}

fn scale(channel: u8, first_key: u8) -> SmfBuilder {
    (0..5).fold(SmfBuilder::new(0, 480), |file, step| {
        let at = u32::from(step) * 240;
        file.note(channel, first_key + step, 100, at, at + 200)
            .key_pressure(channel, first_key + step, 90, at + 50)
    })
}

/// What was printed besides the summary.
fn notices(file: &SmfBuilder, arguments: &[&str]) -> Vec<String> {
    let place = Place::new();
    place.write("a.mid", &file.build());
    let all = [
        &["render", "a.mid", "--sample-rate", "8000", "--json"],
        arguments,
    ]
    .concat();
    let output = place.run(&all);
    assert!(output.status.success());
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let notices = json["notices"].as_array().unwrap().iter();
    notices
        .map(|notice| notice.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn transposed_is_as_if_written_so() {
    for semitones in [-13_i8, 12] {
        let written = scale(0, (60 + semitones) as u8);
        let text = semitones.to_string();
        let transposed = rendered(&scale(0, 60), &["--transpose", &text]);
        assert_eq!(
            transposed.channels,
            rendered(&written, &[]).channels,
            "{semitones}"
        );
    }
}

#[test]
fn notes_beyond_the_keyboard_are_left_out_and_counted() {
    let lines = notices(&scale(0, 100), &["--transpose", "25"]);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("2 notes are left out"), "{lines:?}");
    let lines = notices(&scale(9, 100), &["--transpose", "25"]);
    assert!(
        lines.len() == 1 && lines[0].contains("no drums yet (5 notes"),
        "{lines:?}"
    );
}

#[test]
fn another_tempo_is_as_if_written_so() {
    let at = |microseconds: u32| {
        SmfBuilder::new(0, 480)
            .tempo(0, microseconds)
            .note(0, 60, 100, 0, 480)
            .note(1, 64, 100, 480, 960)
    };
    let expected = rendered(&at(400_000), &[]).channels;
    let slow = at(600_000);
    for tempo in ["1.5", "150%", "150bpm", "150 BPM"] {
        assert!(
            rendered(&slow, &["--tempo", tempo]).channels == expected,
            "{tempo}"
        );
    }
    let place = Place::new();
    place.write("a.mid", &slow.build());
    let line = place.refuse(&["render", "a.mid", "--tempo", "150"]);
    for form in ["1.5", "150%", "120bpm"] {
        assert!(line.contains(form), "{line}");
    }
    // A file that counts frames of film has no quarter notes.
    let film = SmfBuilder::new(0, testkit::smpte_division(25, 40)).note(0, 60, 100, 0, 500);
    place.write("a.mid", &film.build());
    assert!(
        place
            .refuse(&["render", "a.mid", "--tempo", "120bpm"])
            .contains("--tempo")
    );
    assert!(
        place
            .run(&["render", "a.mid", "--tempo", "2"])
            .status
            .success()
    );
}

#[test]
fn muted_channels_are_not_heard_and_the_others_are_as_they_were() {
    let note =
        |file: SmfBuilder, channel: u8, at| file.note(channel, 60 + 4 * channel, 90, at, at + 300);
    let file = |channels: &[u8]| {
        channels.iter().fold(
            SmfBuilder::new(0, 480).end_of_track(1500),
            |file, &channel| note(file, channel, 240 * u32::from(channel)),
        )
    };
    let steady =
        |file: &SmfBuilder, more: &[&str]| rendered(file, &[&["--steady"], more].concat()).channels;
    let all = file(&[0, 1, 2, 3]);
    assert!(steady(&all, &["--mute", "2,4"]) == steady(&file(&[0, 2]), &[]));
    assert!(steady(&all, &["--mute", "2", "--mute", "4"]) == steady(&file(&[0, 2]), &[]));
    assert!(steady(&all, &["--solo", "2-3"]) == steady(&file(&[1, 2]), &[]));
    assert!(steady(&all, &["--solo", "1-3", "--mute", "2"]) == steady(&file(&[0, 2]), &[]));
    let lines = notices(&all, &["--solo", "8"]);
    assert!(lines.len() == 1 && lines[0].contains("--solo"), "{lines:?}");
    assert!(notices(&all, &["--mute", "1"]).is_empty());
    assert!(notices(&file(&[0, 9]), &["--mute", "10"]).is_empty());
}

#[test]
fn system_exclusive_messages_are_heard() {
    // General MIDI's master volume (universal real time, 04 01).
    let plain = scale(0, 60);
    let soft = plain
        .clone()
        .system_exclusive(0, &[0x7F, 0x7F, 4, 1, 0, 32]);
    let peak = |wav: Wav| {
        wav.channels[0]
            .iter()
            .fold(0.0_f32, |peak, x| peak.max(x.abs()))
    };
    let (plain, soft) = (peak(rendered(&plain, &[])), peak(rendered(&soft, &[])));
    assert!(soft > 0.0 && soft < 0.2 * plain, "{soft} {plain}");
}

#[test]
fn names_may_be_anything() {
    let place = Place::new();
    let piece = scale(0, 60).build();
    for name in [
        "two  blanks.mid",
        "new\nline.mid",
        "bell\x07.mid",
        "-dash.mid",
        "音.mid",
    ] {
        if fs::write(place.path(name), &piece).is_err() {
            println!("skipped: no file here can be called {name:?}");
            continue;
        }
        let output = place.run(&["render", "--sample-rate", "8000", "--json", "--", name]);
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["input"], name);
        let wav = name.replace(".mid", ".wav");
        assert!(place.path(&wav).exists(), "{name:?}");
        let output = place.run(&["render", "--sample-rate", "8000", "--", name]);
        let summary = String::from_utf8(output.stdout).unwrap();
        let shown = wav.replace('\n', "\\n").replace('\x07', "\\u{7}");
        assert!(summary.starts_with(&shown), "{summary:?}");
        fs::write(place.path(name), b"no notes").unwrap();
        let line = place.refuse(&["render", "--", name]);
        let shown = name.replace('\n', "\\n").replace('\x07', "\\u{7}");
        assert!(
            line.starts_with(&format!("ane-synth: {shown}: ")),
            "{line:?}"
        );
    }
}
