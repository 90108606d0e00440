//! Parameters by `--set`: as loud, as high, as many as they say; and the list of them.

use synth_engine::Oscillators;
use testkit::SmfBuilder;

use crate::place::Place;

const RATE_HZ: u32 = 16_000;

fn rendered(arguments: &[&str]) -> Vec<f32> {
    let note = SmfBuilder::new(0, 480).note(0, 60, 100, 0, 1_900);
    let always = ["--steady", "--no-limiter", "--instrument", "flute"];
    let wav = Place::new().render(&note, RATE_HZ, &[&always, arguments].concat());
    wav.channels[0].clone()
}

#[test]
fn volume_is_a_gain_in_decibels() {
    let plain = rendered(&[]);
    for (setting, gain) in [
        ("volume=-20", 0.1),
        ("volume=6.0206 dB", 2.0),
        ("volume=-60", 0.0),
    ] {
        let set = rendered(&["--set", setting]);
        let far = set
            .iter()
            .zip(&plain)
            .map(|(set, plain)| (set - gain * plain).abs());
        assert!(far.fold(0.0, f32::max) < 2e-6, "{setting}");
    }
}

#[test]
fn tuning_and_transpose_are_heard() {
    let pitch = |arguments: &[&str]| {
        let samples = rendered(arguments);
        let near_hz = 261.6;
        testkit::pitch_hz(&samples[8_000..20_000], f64::from(RATE_HZ), near_hz)
    };
    let plain = pitch(&[]);
    let cents = |a: f64, b: f64| 1200.0 * (a / b).log2();
    let baroque = pitch(&["--set", "tuning=415"]);
    assert!((cents(baroque, plain) - cents(415.0, 440.0)).abs() < 1.0);
    // A voice begins the same wherever the transposition comes from.
    assert!(rendered(&["--set", "transpose=5"]) == rendered(&["--transpose", "5"]));
}

#[test]
fn the_options_for_the_room_and_the_polyphony_are_parameters() {
    let file = SmfBuilder::new(0, 480)
        .note(0, 60, 100, 0, 900)
        .note(0, 67, 90, 10, 900);
    let rendered = |arguments: &[&str]| Place::new().render(&file, RATE_HZ, arguments).channels;
    let options = rendered(&["--room", "0.8", "--room-size", "0.2", "--polyphony", "1"]);
    let set = [
        "--set",
        "room=0.8",
        "--set",
        "room-size=0.2",
        "--set",
        "polyphony=1",
    ];
    assert!(rendered(&set) == options);
    assert!(rendered(&[]) != options);
}

#[test]
fn the_list_names_all_and_wrong_settings_are_told() {
    let place = Place::new();
    let output = place.run(&["parameters", "--json"]);
    let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = place.run(&["parameters"]);
    let text = String::from_utf8(text.stdout).unwrap();
    let list = list.as_array().unwrap();
    let (text, oscillators) = text.trim_end().rsplit_once('\n').unwrap();
    assert!(
        oscillators.starts_with("oscillators    clenshaw "),
        "{oscillators}"
    );
    assert!(
        oscillators.contains("not yet run on hardware"),
        "{oscillators}"
    );
    assert_eq!(text.lines().count(), list.len());
    for (entry, line) in list.iter().zip(text.lines()) {
        let name = entry["name"].as_str().unwrap();
        assert!(line.starts_with(name), "{line}");
        let default = entry["default"].as_f64().unwrap();
        assert!(entry["lowest"].as_f64().unwrap() <= default);
        assert!(entry["highest"].as_f64().unwrap() >= default);
    }
    for (setting, told) in [
        ("volume=loud", "volume takes a number from -60 to 12 dB"),
        ("loudness=1", "there are volume, tuning"),
        ("loudness=1", "polyphony, oscillators"),
        (
            "oscillators=sinf",
            "oscillators takes clenshaw, or accelerate",
        ),
        ("volume", "NAME=VALUE"),
    ] {
        let line = place.refuse(&["render", "a.mid", "--set", setting]);
        assert!(line.contains(told), "{line}");
    }
}

#[test]
fn oscillators_sound_the_same_or_are_told_to_be_on_macos_only() {
    let usual = rendered(&[]);
    assert!(rendered(&["--set", "oscillators=clenshaw"]) == usual);
    let accelerate = ["--set", "Oscillators=accelerate"];
    if Oscillators::Accelerate.is_available() {
        // The file has 24 bits.
        let error_db = testkit::max_error_db(&rendered(&accelerate), &usual);
        assert!(error_db < -90.0, "{error_db} dB");
        // The last one counts.
        assert!(rendered(&[&accelerate[..], &["--set", "oscillators=clenshaw"]].concat()) == usual);
        return;
    }
    let place = Place::new();
    place.write(
        "a.mid",
        &SmfBuilder::new(0, 480).note(0, 60, 100, 0, 100).build(),
    );
    for command in [&["render", "a.mid"][..], &["demo"], &["play", "--plain"]] {
        let line = place.refuse(&[command, &accelerate].concat());
        for told in [
            "--set",
            "Oscillators=accelerate",
            "on macOS only",
            "oscillators=clenshaw",
        ] {
            assert!(line.contains(told), "{line}");
        }
    }
}
