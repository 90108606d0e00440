//! `ane-synth train` from outside.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::place::{KEYS, Place, RATE_HZ, tone};

#[test]
fn recordings_become_an_instrument_that_plays() {
    let place = Place::with_notes(&KEYS, 1.3);
    let arguments = [
        "train",
        "takes",
        "-o",
        "reedy.synth",
        "--steps",
        "40",
        "--author",
        "A. Player",
        "--licence",
        "CC0-1.0",
        "--programs",
        "65-67,70",
        "--bank",
        "8",
        "--seed",
        "7",
    ];
    let (text, complaints) = place.succeed(&arguments);
    assert_eq!(complaints, "");
    assert!(
        text.starts_with("reedy.synth: 6 notes, 6 pitches, "),
        "{text}"
    );
    for part in ["6 files learnt from", "fit ", "analysis ", " thread"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let (facts, _) = place.succeed(&["info", "--json", "reedy.synth"]);
    let facts: Value = serde_json::from_str(&facts).unwrap();
    assert_eq!(facts["name"], "reedy");
    assert_eq!(facts["author"], "A. Player");
    assert_eq!(facts["licence"], "CC0-1.0");
    assert_eq!(facts["source"], "recordings takes");
    assert_eq!(facts["synthetic"], false);
    assert_eq!(facts["programs"], serde_json::json!([65, 66, 67, 70]));
    assert_eq!(facts["bank"], 8);
    let demo = [
        "demo",
        "-o",
        "demo.wav",
        "--to",
        "2",
        "--instrument",
        "reedy.synth",
        "--json",
    ];
    let (summary, _) = place.succeed(&demo);
    let summary: Value = serde_json::from_str(&summary).unwrap();
    assert!(summary["peak_dbfs"].as_f64().unwrap() > -60.0, "{summary}");
    assert_eq!(summary["non_finite"], 0);
}

#[test]
fn the_same_recordings_and_seed_give_the_same_bytes_on_any_number_of_threads() {
    let place = Place::with_notes(&KEYS, 1.3);
    let bytes = |name: &str| fs::read(place.path(name)).unwrap();
    let summary = place.train_json(&["takes", "-o", "a.synth", "--name", "x", "--threads", "1"]);
    assert_eq!(summary["replaced"], false);
    assert_eq!(summary["notes"], 6);
    assert_eq!(summary["pitches"], 6);
    assert_eq!(summary["left_out"], serde_json::json!([]));
    assert_eq!(summary["size_bytes"], bytes("a.synth").len());
    let first = bytes("a.synth");
    let summary = place.train_json(&["takes", "-o", "a.synth", "--name", "x", "--threads", "2"]);
    assert_eq!(summary["replaced"], true);
    assert!(
        bytes("a.synth") == first,
        "two threads gave other bytes than one"
    );
    place.train_json(&["takes", "-o", "b.synth", "--name", "x", "--seed", "2"]);
    assert!(
        bytes("b.synth") != first,
        "another seed gave the same bytes"
    );
    assert_eq!(place.names(), ["a.synth", "b.synth", "takes"]);
}

#[test]
fn what_is_held_out_is_not_learnt_from() {
    let place = Place::with_notes(&KEYS, 1.6);
    let summary = place.train_json(&["takes", "-o", "a.synth", "--hold-out"]);
    assert_eq!(summary["held_out"], serde_json::json!(["note-64.wav"]));
    assert_eq!(summary["notes"], 5);
}

#[test]
fn what_cannot_be_used_is_named_and_left_out() {
    let place = Place::with_notes(&KEYS, 1.3);
    fs::create_dir(place.path("takes/more")).unwrap();
    let whole = fs::read(place.path("takes/note-60.wav")).unwrap();
    fs::write(place.path("takes/broken.flac"), &whole[100..5000]).unwrap();
    fs::write(place.path("takes/empty.mp3"), b"").unwrap();
    fs::write(place.path("takes/more/cut.wav"), &whole[..whole.len() / 2]).unwrap();
    fs::write(place.path("takes/notes.txt"), b"not a recording").unwrap();
    place.record("takes/silent.wav", &vec![0.0; RATE_HZ as usize]);
    let arguments = ["train", "takes", "-o", "a.synth", "--steps", "20", "--json"];
    let (summary, complaints) = place.succeed(&arguments);
    let summary: Value = serde_json::from_str(&summary).unwrap();
    let left_out = summary["left_out"].as_array().unwrap();
    let names: Vec<&str> = left_out
        .iter()
        .filter_map(|one| one["file"].as_str())
        .collect();
    assert_eq!(names, ["broken.flac", "empty.mp3", "silent.wav"]);
    assert_eq!(summary["notes"], 7);
    for (name, word) in [
        ("broken.flac", "no audio file"),
        ("empty.mp3", "is empty"),
        ("more/cut.wav", "cut short"),
        ("silent.wav", "left out"),
    ] {
        let is_line = |line: &&str| line.starts_with(&format!("ane-synth: {name}: "));
        let said: Vec<&str> = complaints.lines().filter(is_line).collect();
        assert_eq!(said.len(), 1, "{name}: {complaints}");
        assert!(said[0].contains(word), "{}", said[0]);
    }
    let (text, _) = place.succeed(&["train", "takes", "-o", "a.synth", "--steps", "20"]);
    assert!(text.contains("7 files learnt from, 3 left out"), "{text}");
    assert!(text.contains("left out     empty.mp3: is empty"), "{text}");
    assert!(
        text.contains("; replaced the file that was there"),
        "{text}"
    );
}

#[test]
fn one_file_of_many_notes_is_enough() {
    let place = Place::with_notes(&[], 0.0);
    let gap = vec![0.0; RATE_HZ as usize / 2];
    let phrase: Vec<f32> = KEYS
        .iter()
        .flat_map(|&key| [tone(key, 1.3), gap.clone()].concat())
        .collect();
    place.record("phrase.wav", &phrase);
    let summary = place.train_json(&["phrase.wav", "-o", "a.synth"]);
    assert_eq!(summary["files_used"], serde_json::json!(["phrase.wav"]));
    assert_eq!(summary["pitches"], 6);
}

#[test]
fn too_little_and_nothing_at_all_are_refused() {
    let place = Place::with_notes(&[60, 64], 3.0);
    let to = ["-o", "a.synth"];
    let refused = |from: &[&str]| place.refuse(&[&["train"], from, &to].concat());
    let line = refused(&["takes"]);
    assert!(
        line.contains("takes: ") && line.contains("only 2 different pitches"),
        "{line}"
    );
    place.record("takes/67.wav", &tone(67, 0.6));
    fs::remove_file(place.path("takes/note-60.wav")).unwrap();
    place.record("takes/60.wav", &tone(60, 0.6));
    let line = refused(&["takes"]);
    assert!(line.contains("at least 5 s"), "{line}");
    fs::create_dir(place.path("empty")).unwrap();
    assert!(refused(&["empty"]).contains("empty: holds no recordings"));
    assert!(refused(&["nowhere"]).contains("nowhere: cannot be read"));
    fs::create_dir(place.path("silent")).unwrap();
    place.record("silent/a.wav", &vec![0.0; RATE_HZ as usize]);
    assert!(refused(&["silent"]).contains("silent: none of the 1 files"));
    let line = refused(&["takes", "--programs", "128"]);
    assert!(line.contains("programs are 0 to 127"), "{line}");
    assert!(refused(&["takes", "--steps", "0"]).contains("--steps"));
}

#[test]
fn a_place_that_cannot_be_written_is_refused_before_the_work() {
    let place = Place::with_notes(&KEYS, 1.3);
    fs::create_dir(place.path("folder.synth")).unwrap();
    for (output, word) in [
        ("a.wav", "does not end in .synth"),
        ("a", "does not end in .synth"),
        ("none/a.synth", "does not exist"),
        ("folder.synth", "is a directory"),
    ] {
        // The steps would take hours.
        let line = place.refuse(&["train", "takes", "-o", output, "--steps", "1000000"]);
        assert!(
            line.contains(&format!("{output}: ")) && line.contains(word),
            "{line}"
        );
    }
}

#[test]
fn figures_of_held_out_notes_go_into_the_file() {
    let place = Place::with_notes(&KEYS, 1.3);
    let figures = r#"{"harmonic_db": 3.5, "take_spread_db": null, "held_out_figures": true}"#;
    fs::write(place.path("f.json"), figures).unwrap();
    place.train_json(&["takes", "-o", "a.synth", "--held-out-figures", "f.json"]);
    let (facts, _) = place.succeed(&["info", "--json", "a.synth"]);
    let facts: Value = serde_json::from_str(&facts).unwrap();
    assert_eq!(facts["held_out"], serde_json::json!({"harmonic_db": 3.5}));
    fs::write(place.path("f.json"), "{}").unwrap();
    let refusal = place.refuse(&[
        "train",
        "takes",
        "-o",
        "b.synth",
        "--held-out-figures",
        "f.json",
    ]);
    assert!(refusal.contains("f.json: holds no figures"), "{refusal}");
}

#[test]
fn an_interrupted_training_leaves_nothing_behind() {
    let shell = |script: &str| Command::new("sh").args(["-c", script]).status();
    if !shell("kill -l >/dev/null").is_ok_and(|status| status.success()) {
        println!("skipped: there is no shell to interrupt with");
        return;
    }
    let place = Place::with_notes(&KEYS, 1.3);
    for json in [&[][..], &["--json"]] {
        let arguments = ["train", "takes", "-o", "a.synth", "--steps", "1000000"];
        let mut training = place
            .command(&[&arguments, json].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while place.names().len() < 2 {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "the training never began"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(500));
        // Background jobs of some shells ignore Ctrl-C; TERM they do not.
        assert!(
            shell(&format!("kill -TERM {}", training.id()))
                .unwrap()
                .success()
        );
        let status = training.wait().unwrap();
        assert_eq!(status.code(), Some(143));
        assert_eq!(place.names(), ["takes"]);
    }
}
