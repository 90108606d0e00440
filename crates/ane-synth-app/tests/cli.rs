//! The command from outside: what it prints, what it writes, and how it refuses.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use testkit::SmfBuilder;

const ANE_SYNTH: &str = env!("CARGO_BIN_EXE_ane-synth");

/// A folder of its own with some files in it, and the command run there.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn with(files: &[(&str, Vec<u8>)]) -> Self {
        let place = Self::new();
        for (name, bytes) in files {
            fs::write(place.path(name), bytes).unwrap();
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(ANE_SYNTH)
            .args(arguments)
            .current_dir(&self.folder)
            .output()
            .unwrap()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).unwrap();
        let names = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }

    /// Runs and expects success; what it printed.
    fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    /// Runs and expects one line on standard error, exit code 2 and no new file; the line.
    fn refuse(&self, arguments: &[&str]) -> String {
        let before = self.names();
        let output = self.run(arguments);
        let line = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
        assert!(line.starts_with("ane-synth: "), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
        assert_eq!(text(&output.stdout), "");
        assert_eq!(self.names(), before, "{arguments:?} left something behind");
        line
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Half a second of two notes.
fn two_notes() -> Vec<u8> {
    SmfBuilder::new(0, 480)
        .note(0, 60, 100, 0, 480)
        .note(1, 67, 90, 100, 400)
        .build()
}

fn samples(path: &Path) -> (hound::WavSpec, Vec<i32>) {
    let mut reader = hound::WavReader::open(path).unwrap();
    let spec = reader.spec();
    (spec, reader.samples::<i32>().map(Result::unwrap).collect())
}

#[test]
fn renders_beside_the_input_by_default() {
    let place = Place::with(&[("a.mid", two_notes())]);
    let summary = place.succeed(&["render", "a.mid", "--tail", "0.25"]);
    assert!(
        summary.starts_with("a.wav: 0.75 s, 44.1 kHz, 24 bits, stereo"),
        "{summary}"
    );
    assert_eq!(place.names(), ["a.mid", "a.wav"]);
    let (spec, samples) = samples(&place.path("a.wav"));
    assert_eq!((spec.sample_rate, spec.bits_per_sample), (44_100, 24));
    assert_eq!(samples.len(), 2 * (22_050 + 11_025));
    assert!(samples.iter().any(|&x| x.abs() > 50_000), "silence");
    assert!(
        samples[samples.len() - 2..].iter().all(|x| x.abs() < 100),
        "ends abruptly"
    );
}

#[test]
fn the_summary_can_be_json() {
    let place = Place::with(&[("a.mid", two_notes())]);
    let line = place.succeed(&[
        "render",
        "a.mid",
        "-o",
        "b.wav",
        "--json",
        "--sample-rate",
        "8000",
        "--tail",
        "0",
        "--polyphony",
        "1",
        "--threads",
        "2",
    ]);
    let json: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(json["output"], "b.wav");
    assert_eq!(json["frames"], 4000);
    assert_eq!(json["duration_s"], 0.5);
    assert_eq!(json["most_voices"], 1);
    assert_eq!(json["stolen_voices"], 1);
    assert_eq!(json["threads"], 2);
    assert_eq!(json["device"], "cpu");
    assert_eq!(json["notices"], serde_json::json!([]));
    assert_eq!(json["input"], "a.mid");
    assert_eq!(json["format"], "wav");
    assert_eq!(json["stems"], serde_json::json!([]));
    assert_eq!(json["replaced"], false);
    assert_eq!(json["gain_db"], 0.0);
    assert!(json["normalise_lufs"].is_null());
    let loudness = json["loudness_lufs"].as_f64().unwrap();
    assert!((-40.0..0.0).contains(&loudness), "{line}");
    assert!(json["real_time_factor"].as_f64().unwrap() > 0.0);
    let (peak, true_peak) = (json["peak_dbfs"].as_f64(), json["true_peak_dbfs"].as_f64());
    assert!(peak.unwrap() < 0.0 && true_peak >= peak, "{line}");
}

#[test]
fn the_file_does_not_depend_on_blocks_or_threads() {
    let place = Place::with(&[("a.mid", two_notes())]);
    let mut first: Option<Vec<u8>> = None;
    for (block, threads) in [("512", "1"), ("7", "1"), ("4096", "2"), ("random:3", "2")] {
        place.succeed(&[
            "render",
            "a.mid",
            "-o",
            "b.wav",
            "--tail",
            "0.2",
            "--block",
            block,
            "--threads",
            threads,
        ]);
        let bytes = fs::read(place.path("b.wav")).unwrap();
        assert!(
            *first.get_or_insert_with(|| bytes.clone()) == bytes,
            "{block} {threads}"
        );
    }
}

#[test]
fn every_sample_format_is_written() {
    let place = Place::with(&[("a.mid", two_notes())]);
    for (bits, expected) in [("16", 16), ("24", 24), ("32f", 32)] {
        place.succeed(&["render", "a.mid", "--bits", bits, "--sample-rate", "8000"]);
        let spec = hound::WavReader::open(place.path("a.wav")).unwrap().spec();
        assert_eq!(spec.bits_per_sample, expected);
        let float = spec.sample_format == hound::SampleFormat::Float;
        assert_eq!(float, bits == "32f");
    }
}

#[test]
fn bad_midi_files_are_refused_in_one_line() {
    let no_tracks = b"MThd\0\0\0\x06\0\x01\0\0\0\x60".to_vec();
    let cases = [
        (
            "text.mid",
            b"These are no notes".to_vec(),
            "not a MIDI file",
        ),
        ("empty.mid", Vec::new(), "the file is empty"),
        ("tracks.mid", no_tracks, "no tracks"),
        (
            "silent.mid",
            SmfBuilder::new(0, 480).end_of_track(9).build(),
            "nothing to play",
        ),
    ];
    for (name, bytes, expected) in cases {
        let place = Place::with(&[(name, bytes)]);
        let line = place.refuse(&["render", name, "-o", "out.wav"]);
        assert!(line.starts_with(&format!("ane-synth: {name}: ")), "{line}");
        assert!(line.contains(expected), "{line}");
        assert!(line.contains(';'), "says nothing to do: {line}");
    }
    let line = Place::new().refuse(&["render", "missing.mid"]);
    assert!(
        line.starts_with("ane-synth: missing.mid: cannot be read"),
        "{line}"
    );
    assert!(
        Place::new()
            .refuse(&["render", "."])
            .contains("holds no MIDI files")
    );
}

/// Two notes, the second of which never ends.
fn a_hanging_note() -> Vec<u8> {
    SmfBuilder::new(0, 480)
        .note(0, 60, 100, 0, 240)
        .event(240, &[0x93, 61, 100])
        .end_of_track(480)
        .build()
}

#[test]
fn a_damaged_file_loses_the_damaged_part_with_a_warning() {
    let good = two_notes();
    let cut = good[..good.len() - 12].to_vec();
    let files = [("cut.mid", cut), ("hanging.mid", a_hanging_note())];
    for (name, bytes) in files {
        let place = Place::with(&[(name, bytes)]);
        let output = place.run(&["render", name, "-o", "out.wav", "--tail", "0", "--json"]);
        let warnings = text(&output.stderr);
        assert!(output.status.success(), "{warnings}");
        assert!(!warnings.is_empty(), "{name}");
        for line in warnings.lines() {
            assert!(line.starts_with(&format!("ane-synth: {name}: ")), "{line}");
        }
        let json: serde_json::Value = serde_json::from_str(&text(&output.stdout)).unwrap();
        let notices = json["notices"].as_array().unwrap();
        assert_eq!(notices.len(), warnings.lines().count(), "{warnings}");
        let (_, samples) = samples(&place.path("out.wav"));
        assert!(samples.iter().any(|&x| x.abs() > 50_000), "silence");
        fs::remove_file(place.path("out.wav")).unwrap();
        let line = place.refuse(&["render", name, "-o", "out.wav", "--strict"]);
        assert!(line.starts_with(&format!("ane-synth: {name}: ")), "{line}");
        assert!(line.contains("--strict"), "{line}");
    }
}

#[test]
fn no_cut_of_a_file_breaks_anything() {
    let good = two_notes();
    let place = Place::with(&[("a.mid", good.clone())]);
    let (mut refused, mut played) = (0, 0);
    for length in (0..good.len()).step_by(7) {
        fs::write(place.path("a.mid"), &good[..length]).unwrap();
        let output = place.run(&["render", "a.mid", "--sample-rate", "8000", "--tail", "0"]);
        match output.status.code() {
            Some(0) => {
                played += 1;
                fs::remove_file(place.path("a.wav")).unwrap();
            }
            code => {
                refused += 1;
                assert_eq!(code, Some(2), "{length}");
                assert_eq!(text(&output.stderr).lines().count(), 1, "{length}");
            }
        }
        assert_eq!(place.names(), ["a.mid"], "{length}");
    }
    assert!(played > 0 && refused > 0, "{played} {refused}");
}

#[test]
fn notes_that_never_end_end_with_their_track() {
    let place = Place::with(&[("a.mid", a_hanging_note())]);
    place.succeed(&["render", "a.mid", "--tail", "1"]);
    let (_, samples) = samples(&place.path("a.wav"));
    assert_eq!(samples.len(), 2 * 66_150);
    assert!(
        samples[samples.len() - 4000..]
            .iter()
            .all(|x| x.abs() < 1000),
        "still sounds"
    );
}

#[test]
fn a_piece_that_lasts_too_long_is_refused_before_it_is_rendered() {
    // Six hours.
    let long = SmfBuilder::new(0, 1)
        .tempo(0, 10_000_000)
        .note(0, 60, 100, 0, 1)
        .note(0, 62, 100, 2159, 2160)
        .build();
    let place = Place::with(&[("a.mid", long)]);
    let line = place.refuse(&["render", "a.mid"]);
    assert!(line.starts_with("ane-synth: a.mid: "), "{line}");
    for part in ["6 hours", "4 hours", "--max-length"] {
        assert!(line.contains(part), "{line}");
    }
    let line = place.refuse(&["render", "a.mid", "--max-length", "0.5"]);
    assert!(line.contains("30 minutes"), "{line}");
    // What counts is how long it lasts at the tempo that is played.
    let line = place.refuse(&["render", "a.mid", "--tempo", "1.2", "--max-length", "4.5"]);
    assert!(
        line.contains("5.00 hours") && line.contains("--max-length"),
        "{line}"
    );
    place.succeed(&[
        "render",
        "a.mid",
        "--max-length",
        "7",
        "--to",
        "1",
        "--sample-rate",
        "8000",
    ]);
    place.succeed(&[
        "render",
        "a.mid",
        "--tempo",
        "20",
        "--to",
        "1",
        "--sample-rate",
        "8000",
    ]);
}

#[test]
fn channel_10_is_silent_with_one_notice() {
    let drums = SmfBuilder::new(0, 480)
        .note(9, 36, 100, 0, 240)
        .note(9, 38, 100, 0, 240)
        .build();
    let place = Place::with(&[("a.mid", drums)]);
    let output = place.run(&["render", "a.mid"]);
    assert!(output.status.success());
    let notice = text(&output.stderr);
    assert_eq!(notice.lines().count(), 1, "{notice}");
    assert!(notice.contains("channel 10 is silent"), "{notice}");
    assert!(text(&output.stdout).contains("loudness     silence"));
    assert!(samples(&place.path("a.wav")).1.iter().all(|&x| x == 0));
}

#[test]
fn instruments_are_listed_and_chosen_by_name_or_file() {
    let place = Place::with(&[("a.mid", two_notes())]);
    let list = place.succeed(&["instruments", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    let list = list.as_array().unwrap();
    assert!(!list.is_empty());
    let plain = place.succeed(&["instruments"]);
    for entry in list {
        let name = entry["name"].as_str().unwrap();
        let kind = if entry["synthetic"] == true {
            "synthetic"
        } else {
            "recorded"
        };
        assert_eq!(entry["kind"], kind);
        assert!(!entry["licence"].as_str().unwrap().is_empty());
        assert!(
            plain
                .lines()
                .any(|l| l.starts_with(name) && l.contains(kind)),
            "{plain}"
        );
        let summary = place.succeed(&[
            "render",
            "a.mid",
            "--instrument",
            name,
            "--sample-rate",
            "8000",
        ]);
        assert!(summary.contains(&format!("{name} ({kind})\n")), "{summary}");
    }
    let line = place.refuse(&["render", "a.mid", "-o", "b.wav", "--instrument", "kazoo"]);
    for entry in list {
        assert!(line.contains(entry["name"].as_str().unwrap()), "{line}");
    }

    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/instruments");
    let file = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .next()
        .unwrap();
    let bytes = fs::read(&file).unwrap();
    fs::write(place.path("mine.synth"), &bytes).unwrap();
    place.succeed(&[
        "render",
        "a.mid",
        "--instrument",
        "mine.synth",
        "--sample-rate",
        "8000",
    ]);
    fs::write(place.path("mine.synth"), &bytes[..bytes.len() / 2]).unwrap();
    let line = place.refuse(&[
        "render",
        "a.mid",
        "-o",
        "b.wav",
        "--instrument",
        "mine.synth",
    ]);
    assert!(line.starts_with("ane-synth: mine.synth: "), "{line}");
    let line = place.refuse(&[
        "render",
        "a.mid",
        "-o",
        "b.wav",
        "--instrument",
        "none.synth",
    ]);
    assert!(line.starts_with("ane-synth: none.synth: "), "{line}");
}

#[test]
fn the_instrument_file_is_never_overwritten() {
    let file = include_bytes!("../instruments/alto-sax.synth").to_vec();
    let place = Place::with(&[("a.mid", two_notes()), ("mine.synth", file.clone())]);
    let line = place.refuse(&[
        "render",
        "a.mid",
        "-o",
        "mine.synth",
        "--instrument",
        "mine.synth",
    ]);
    assert!(line.starts_with("ane-synth: mine.synth: "), "{line}");
    assert_eq!(fs::read(place.path("mine.synth")).unwrap(), file);
}

#[test]
fn outputs_that_cannot_be_written_are_refused() {
    let place = Place::with(&[("a.mid", two_notes())]);
    fs::create_dir(place.path("folder")).unwrap();
    for (output, expected) in [
        ("folder", "is a directory"),
        ("none/a.wav", "does not exist"),
        ("a.mid", "is the input file"),
        ("./folder/../a.mid", "is the input file"),
    ] {
        let line = place.refuse(&["render", "a.mid", "-o", output]);
        assert!(
            line.starts_with(&format!("ane-synth: {output}: ")),
            "{line}"
        );
        assert!(line.contains(expected), "{line}");
    }
    assert_eq!(fs::read(place.path("a.mid")).unwrap(), two_notes());
}

#[test]
fn a_wrong_command_line_is_one_line() {
    let place = Place::with(&[("a.mid", two_notes())]);
    for arguments in [
        &["render"][..],
        &["render", "a.mid", "--bits", "12"],
        &["render", "a.mid", "--polyphony", "5000"],
        &["render", "a.mid", "--block", "random"],
        &["render", "a.mid", "--tempo", "120"],
        &["render", "a.mid", "--end-notes"],
        &["sing"],
        &["--loud"],
    ] {
        let line = place.refuse(arguments);
        assert!(line.trim_end().ends_with("see ane-synth --help"), "{line}");
    }
    // Without a command it plays, until its input ends or because there is nothing to play on.
    let output = place.run(&[]);
    match output.status.code() {
        Some(0) => assert!(String::from_utf8_lossy(&output.stdout).contains("played")),
        Some(2) => {
            let line = String::from_utf8(output.stderr).unwrap();
            assert_eq!(line.lines().count(), 1, "{line}");
            assert!(line.contains("ane-synth devices"), "{line}");
            assert!(line.contains("ane-synth render"), "{line}");
        }
        code => panic!("{code:?}"),
    }
    assert!(place.succeed(&["--help"]).contains("render"));
    assert!(place.succeed(&["render", "--help"]).contains("--stems"));
    assert!(place.succeed(&["--version"]).starts_with("ane-synth "));
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let mut child = Command::new(ANE_SYNTH)
        .args(["instruments", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(text(&output.stderr), "");
    assert!(output.status.success());
}

#[test]
fn lost_output_is_a_failure_that_does_not_hide_what_was_written() {
    // A device that is always full; only some systems have it.
    let full = || fs::OpenOptions::new().write(true).open("/dev/full");
    if full().is_err() {
        println!("skipped: no /dev/full here");
        return;
    }
    let place = Place::with(&[("a.mid", two_notes()), ("b.mid", two_notes())]);
    let complain = |arguments: &[&str]| {
        let mut command = Command::new(ANE_SYNTH);
        command.args(arguments).current_dir(&place.folder);
        let output = command.stdout(full().unwrap()).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let line = text(&output.stderr);
        assert!(
            line.starts_with("ane-synth: standard output: cannot be written"),
            "{line}"
        );
        assert_eq!(line.lines().count(), 1, "{line}");
        line
    };
    complain(&["instruments"]);
    assert!(complain(&["render", "a.mid"]).contains("a.wav is written"));
    assert!(place.path("a.wav").exists());
    let line = complain(&["render", "a.mid", "b.mid"]);
    assert!(line.contains("2 files are written"), "{line}");
    assert!(place.path("b.wav").exists());
}

#[test]
fn the_demo_is_a_piece_for_several_instruments() {
    let place = Place::new();
    let line = place.succeed(&["demo", "--json", "--sample-rate", "8000", "--steady"]);
    let json: serde_json::Value = serde_json::from_str(&line).unwrap();
    let duration_s = json["duration_s"].as_f64().unwrap();
    assert!((20.0..=40.0).contains(&duration_s), "{line}");
    assert!(json["instruments"].as_array().unwrap().len() >= 3, "{line}");
    assert_eq!(json["notices"], serde_json::json!([]));
    assert_eq!(place.names(), ["demo.wav"]);
    // Nothing is silent while notes sound.
    let (_, samples) = samples(&place.path("demo.wav"));
    let sounding = &samples[..samples.len() - 3 * 16_000];
    for (second, part) in sounding.as_chunks::<16_000>().0.iter().enumerate() {
        assert!(
            part.iter().any(|x| x.abs() > 10_000),
            "second {second} is silent"
        );
    }
}
