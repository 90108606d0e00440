//! `--stems`: a file for each channel that plays, whose sum is the mix.

use std::fs;

use testkit::{SmfBuilder, Wav};

use crate::place::Place;

/// Channels 1, 3 and 16 with noise, controllers and few voices; drums, and a channel without notes.
fn piece() -> Vec<u8> {
    let mut file = SmfBuilder::new(0, 480)
        .control(5, 7, 100, 0)
        .note(9, 40, 100, 0, 200)
        .program(2, 73, 0)
        .program(15, 40, 0)
        .control(0, 10, 20, 0)
        .control(15, 10, 110, 0);
    for step in 0..10_u8 {
        let at = u32::from(step) * 130;
        for channel in [0, 2, 15] {
            file = file
                .note(channel, 45 + step * 4 + channel, 110, at, at + 400)
                .control(channel, 11, 127 - 8 * step, at + 60);
        }
    }
    file.build()
}

fn read(place: &Place, name: &str) -> Wav {
    Wav::from_bytes(&fs::read(place.path(name)).unwrap()).unwrap()
}

const STEMS: [&str; 3] = ["b-ch01.wav", "b-ch03.wav", "b-ch16.wav"];

/// The mix, the sum of its stems and the largest difference in dB of full scale.
fn difference_db(place: &Place) -> f64 {
    let mix = read(place, "b.wav");
    let stems = STEMS.map(|name| read(place, name));
    let mut largest = 0.0_f64;
    for (side, mix) in mix.channels.iter().enumerate() {
        for stem in &stems {
            assert_eq!(stem.channels[side].len(), mix.len());
        }
        for (n, mix) in mix.iter().enumerate() {
            let sum: f64 = stems
                .iter()
                .map(|stem| f64::from(stem.channels[side][n]))
                .sum();
            largest = largest.max((sum - f64::from(*mix)).abs());
        }
    }
    20.0 * largest.log10()
}

#[test]
fn the_stems_add_up_to_the_mix() {
    let place = Place::new();
    place.write("a.mid", &piece());
    for more in [
        &["--threads", "1"][..],
        &["--threads", "2", "--block", "random:1"],
        &["--polyphony", "4"],
        &["--from", "0.3", "--to", "1.1"],
        &["--normalise", "-30"],
        &["--normalise", "-3"],
        &["--transpose", "5", "--tempo", "1.5"],
    ] {
        let fixed = [
            "render",
            "a.mid",
            "-o",
            "b.wav",
            "--stems",
            "--no-limiter",
            "--bits",
            "32f",
            "--json",
        ];
        let output = place.run(&[&fixed, more].concat());
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["stems"], serde_json::json!(STEMS));
        let db = difference_db(&place);
        println!("{more:?}: {db:.1} dB");
        assert!(db < -100.0, "{more:?}: {db}");
    }
    let mut expected = vec!["a.mid", "b.wav"];
    expected.extend(STEMS);
    expected.sort_unstable();
    assert_eq!(place.names(), expected);
}

#[test]
fn the_bytes_do_not_depend_on_threads_and_blocks() {
    let place = Place::new();
    place.write("a.mid", &piece());
    let render = |more: &[&str]| {
        let fixed = ["render", "a.mid", "-o", "b.wav", "--sample-rate", "16000"];
        let output = place.run(&[&fixed, more].concat());
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let names = ["b.wav"].into_iter().chain(STEMS);
        names
            .map(|name| fs::read(place.path(name)).unwrap_or_default())
            .collect::<Vec<_>>()
    };
    let first = render(&["--stems", "--threads", "1"]);
    assert!(first.iter().all(|bytes| !bytes.is_empty()));
    assert!(first == render(&["--stems", "--threads", "2", "--block", "333"]));
    let flac = [
        "render",
        "a.mid",
        "-o",
        "c.flac",
        "--stems",
        "--sample-rate",
        "16000",
    ];
    assert!(place.run(&flac).status.success());
    for name in STEMS {
        let name = name.replace('b', "c").replace("wav", "flac");
        assert!(
            fs::read(place.path(&name)).unwrap().starts_with(b"fLaC"),
            "{name}"
        );
    }
}

#[test]
fn only_channels_that_are_heard_have_a_stem() {
    let place = Place::new();
    place.write("a.mid", &piece());
    let fixed = [
        "render",
        "a.mid",
        "-o",
        "b.wav",
        "--stems",
        "--sample-rate",
        "8000",
    ];
    assert!(
        place
            .run(&[&fixed[..], &["--mute", "3"]].concat())
            .status
            .success()
    );
    assert_eq!(place.names(), ["a.mid", STEMS[0], STEMS[2], "b.wav"]);
}

#[test]
fn a_stem_that_replaces_a_file_says_so() {
    let place = Place::new();
    place.write("a.mid", &piece());
    place.write(STEMS[1], b"before");
    let render = |more: &[&str]| {
        let fixed = ["render", "a.mid", "-o", "b.wav", "--stems"];
        let few = ["--sample-rate", "8000"];
        let output = place.run(&[&fixed[..], &few, more].concat());
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let json: serde_json::Value = serde_json::from_str(&render(&["--json"])).unwrap();
    assert_eq!(json["replaced"], false);
    assert_eq!(json["replaced_stems"], serde_json::json!([STEMS[1]]));
    fs::remove_file(place.path(STEMS[0])).unwrap();
    let text = render(&[]);
    let lines = text.lines().filter(|line| line.contains("  stem  "));
    let replaced: Vec<bool> = lines
        .map(|line| line.contains("; replaced the file"))
        .collect();
    assert_eq!(replaced, [false, true, true], "{text}");
    fs::create_dir(place.path("folder")).unwrap();
    fs::copy(place.path("a.mid"), place.path("folder/b.mid")).unwrap();
    let several = [
        "render",
        "folder",
        "-o",
        ".",
        "--stems",
        "--sample-rate",
        "8000",
    ];
    let output = place.run(&several);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains(" and 3 stems (3 replaced files that were there): "),
        "{text}"
    );
}

#[test]
fn a_stem_that_clips_is_told_about() {
    let chord = (40..70).fold(SmfBuilder::new(0, 480), |file, key| {
        file.note(0, key, 127, 0, 900)
    });
    let place = Place::new();
    place.write("a.mid", &chord.build());
    let arguments = ["render", "a.mid", "--stems", "--json", "--normalise", "-6"];
    let output = place.run(&arguments);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let notices = json["notices"].as_array().unwrap().iter();
    let notices: Vec<&str> = notices.map(|notice| notice.as_str().unwrap()).collect();
    let clips =
        |line: &&str| line.starts_with("stem of channel 1: ") && line.contains("--bits 32f");
    assert!(notices.iter().any(clips), "{notices:?}");
    // FLAC holds no floats.
    let arguments = [
        "render",
        "a.mid",
        "-o",
        "a.flac",
        "--no-limiter",
        "--normalise",
        "0",
    ];
    let line = String::from_utf8(place.run(&arguments).stderr).unwrap();
    assert!(
        line.contains("a WAV file with --bits 32f keeps them"),
        "{line}"
    );
}

#[test]
fn nothing_is_left_behind_where_one_stem_cannot_be() {
    let place = Place::new();
    place.write("a.mid", &piece());
    fs::create_dir(place.path("b-ch16.wav")).unwrap();
    let line = place.refuse(&["render", "a.mid", "-o", "b.wav", "--stems"]);
    assert!(line.starts_with("ane-synth: b-ch16.wav: "), "{line}");
}
