//! Loudness as it is told and as it is asked for, and what stays of a piece without its limiter.

use std::fs;

use testkit::{SmfBuilder, Wav, true_peak_dbfs};

use crate::place::Place;

/// Chords loud enough to need the limiter, and soft notes.
fn piece() -> Vec<u8> {
    let mut file = SmfBuilder::new(0, 480);
    for beat in 0..8_u32 {
        let (from, to) = (beat * 240, beat * 240 + 220);
        if beat % 2 == 0 {
            for key in [48, 52, 55, 60, 64, 67, 72] {
                file = file.note(0, key, 127, from, to);
            }
        } else {
            file = file.note(0, 60, 50, from, to);
        }
    }
    file.build()
}

fn rendered(place: &Place, arguments: &[&str]) -> (serde_json::Value, Wav) {
    let mut all = [&["render", "a.mid", "--json"], arguments].concat();
    if !arguments.contains(&"--bits") {
        all.extend(["--bits", "32f"]);
    }
    let output = place.run(&all);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{arguments:?}: {errors}");
    let wav = Wav::from_bytes(&fs::read(place.path("a.wav")).unwrap()).unwrap();
    (serde_json::from_slice(&output.stdout).unwrap(), wav)
}

fn true_peak(wav: &Wav) -> f64 {
    let peaks = wav.channels.iter().map(|channel| true_peak_dbfs(channel));
    peaks.fold(f64::NEG_INFINITY, f64::max)
}

#[test]
fn the_file_has_the_loudness_asked_for() {
    let place = Place::new();
    place.write("a.mid", &piece());
    for target in ["-40", "-23", "-16"] {
        for limiter in [&[][..], &["--no-limiter"]] {
            let arguments = [&["--normalise", target], limiter].concat();
            let (json, wav) = rendered(&place, &arguments);
            let loudness = json["loudness_lufs"].as_f64().unwrap();
            let target: f64 = target.parse().unwrap();
            assert!((loudness - target).abs() < 0.1, "{arguments:?}: {loudness}");
            assert_eq!(json["normalise_lufs"].as_f64(), Some(target));
            if limiter.is_empty() {
                let peak = true_peak(&wav);
                assert!(peak < -1.0, "{arguments:?}: {peak}");
            }
        }
    }
}

#[test]
fn the_gain_does_not_depend_on_blocks_and_threads() {
    let place = Place::new();
    let mut first = None;
    for [block, threads] in [["4096", "1"], ["7", "2"], ["random:1", "3"]] {
        let arguments = ["--normalize", "-14", "--block", block, "--threads", threads];
        let bytes = place.render_bytes(&piece(), &arguments);
        assert!(
            *first.get_or_insert_with(|| bytes.clone()) == bytes,
            "{block}"
        );
    }
}

#[test]
fn what_cannot_be_reached_is_told() {
    let place = Place::new();
    place.write("a.mid", &piece());
    let (json, wav) = rendered(&place, &["--normalise", "0", "--room", "off"]);
    let notice = json["notices"][0].as_str().unwrap();
    assert!(notice.contains("LUFS instead of 0"), "{notice}");
    assert!(true_peak(&wav) < -1.0);
    assert!(json["loudness_lufs"].as_f64().unwrap() > -10.0);

    let drums = SmfBuilder::new(0, 480).note(9, 40, 100, 0, 480).build();
    place.write("a.mid", &drums);
    let (json, _) = rendered(&place, &["--normalise", "-20"]);
    assert!(json["loudness_lufs"].is_null());
    assert_eq!(json["gain_db"], 0.0);
    let notice = json["notices"][1].as_str().unwrap();
    assert!(notice.contains("silent"), "{notice}");
}

#[test]
fn without_the_limiter_nothing_is_held_back_but_by_integers() {
    let place = Place::new();
    place.write("a.mid", &piece());
    let (with, _) = rendered(&place, &[]);
    let (without, wav) = rendered(&place, &["--no-limiter", "--normalise", "-6"]);
    assert!(with["true_peak_dbfs"].as_f64().unwrap() <= -1.0);
    assert!(without["true_peak_dbfs"].as_f64().unwrap() > 0.0);
    assert!(wav.channels.concat().iter().any(|x| x.abs() > 1.0));
    assert_eq!(without["notices"], serde_json::json!([]));
    let (clipped, _) = rendered(
        &place,
        &["--no-limiter", "--normalise", "-6", "--bits", "16"],
    );
    let notice = clipped["notices"][0].as_str().unwrap();
    assert!(
        notice.contains("clipped") && notice.contains("--bits 32f"),
        "{notice}"
    );
}
