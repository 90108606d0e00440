//! Standard input and standard output, which scripts put between other programs.

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};

use testkit::{SmfBuilder, Wav};

use crate::place::Place;

fn piece() -> Vec<u8> {
    SmfBuilder::new(0, 480).note(0, 60, 100, 0, 240).build()
}

/// Runs with `input` on standard input.
fn run(place: &Place, arguments: &[&str], input: &[u8]) -> Output {
    let mut command = place.command(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Somebody who refuses at once does not read.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[test]
fn a_pipe_gives_the_bytes_of_a_file() {
    let place = Place::new();
    place.write("a.mid", &piece());
    for format in ["wav", "flac"] {
        let common = [
            "--sample-rate",
            "16000",
            "--tail",
            "0.2",
            "--format",
            format,
        ];
        let file = format!("a.{format}");
        let arguments = [&["render", "a.mid"], &common[..]].concat();
        assert!(place.run(&arguments).status.success());
        let bytes = fs::read(place.path(&file)).unwrap();
        let output = run(
            &place,
            &[&["render", "-", "-o", "-"], &common[..]].concat(),
            &piece(),
        );
        let summary = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{summary}");
        assert!(summary.starts_with("standard output: 0.45 s"), "{summary}");
        if format == "wav" {
            assert!(output.stdout == bytes);
        } else {
            // A stream cannot go back to say how long its frames are and what its checksum is.
            let frames = &bytes[bytes.len() / 2..];
            assert!(output.stdout.starts_with(b"fLaC") && output.stdout.ends_with(frames));
        }
        let output = run(
            &place,
            &[&["render", "-", "-o", "b"], &common[..]].concat(),
            &piece(),
        );
        assert!(output.status.success());
        assert!(fs::read(place.path("b")).unwrap() == bytes, "{format}");
    }
    assert_eq!(place.names(), ["a.flac", "a.mid", "a.wav", "b"]);
}

#[test]
fn a_normalised_stream_says_its_summary_aside() {
    let place = Place::new();
    let arguments = [
        "render",
        "-",
        "-o",
        "-",
        "--json",
        "--normalise",
        "-20",
        "--bits",
        "32f",
    ];
    let output = run(&place, &arguments, &piece());
    assert!(output.status.success());
    let json: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(
        (&json["input"], &json["output"]),
        (&"-".into(), &"-".into())
    );
    let loudness = json["loudness_lufs"].as_f64().unwrap();
    assert!((loudness + 20.0).abs() < 0.1, "{loudness}");
    assert!(Wav::from_bytes(&output.stdout).is_ok());
    assert!(place.names().is_empty());
    let demo = run(
        &place,
        &["demo", "-o", "-", "--to", "1", "--sample-rate", "8000"],
        b"",
    );
    assert_eq!(
        Wav::from_bytes(&demo.stdout).unwrap().channels[0].len(),
        8000
    );
}

#[test]
fn what_a_pipe_cannot_be_is_refused() {
    let place = Place::new();
    for (arguments, input, part) in [
        (&["render", "-"][..], piece(), "-o"),
        (
            &["render", "-", "-o", "a.wav"],
            b"x".to_vec(),
            "standard input: not a MIDI file",
        ),
        (
            &["render", "-", "-o", "a.wav"],
            Vec::new(),
            "standard input: the file is empty",
        ),
        (&["render", "-", "-o", "-", "--stems"], piece(), "--stems"),
    ] {
        let output = run(&place, arguments, &input);
        let line = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {line}");
        assert!(line.contains(part) && line.lines().count() == 1, "{line}");
        assert!(output.stdout.is_empty() && place.names().is_empty());
    }
}

#[test]
fn standard_output_is_never_an_input() {
    let place = Place::new();
    place.write("a.mid", &piece());
    let instrument = concat!(env!("CARGO_MANIFEST_DIR"), "/instruments/alto-sax.synth");
    fs::copy(instrument, place.path("a.synth")).unwrap();
    let before = ["a.mid", "a.synth"].map(|name| fs::read(place.path(name)).unwrap());
    let open = |name: &str, append| {
        let mut options = fs::OpenOptions::new();
        let options = options.read(true).write(true).append(append);
        options.open(place.path(name)).unwrap()
    };
    for (output, input) in [
        ("a.mid", "a.mid"),
        ("a.mid", "./a.mid"),
        ("a.mid", "-"),
        ("a.synth", "a.mid"),
    ] {
        for append in [false, true] {
            let arguments = ["render", input, "-o", "-", "--instrument", "a.synth"];
            let mut command = place.command(&arguments);
            command
                .stdin(open("a.mid", false))
                .stdout(open(output, append));
            let refused = command.output().unwrap();
            let line = String::from_utf8(refused.stderr).unwrap();
            assert_eq!(refused.status.code(), Some(2), "{output} {input}: {line}");
            assert!(
                line.starts_with("ane-synth: standard output: is the input file"),
                "{line}"
            );
            assert_eq!(line.lines().count(), 1, "{line}");
        }
    }
    assert_eq!(place.names(), ["a.mid", "a.synth"]);
    let after = ["a.mid", "a.synth"].map(|name| fs::read(place.path(name)).unwrap());
    assert!(before == after);
}

#[test]
fn a_reader_that_goes_away_is_a_failure() {
    let place = Place::new();
    let mut command = place.command(&["demo", "-o", "-"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let line = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{line}");
    assert!(line.starts_with("ane-synth: standard output: "), "{line}");
}

#[test]
fn a_folder_with_a_piece_from_standard_input() {
    let place = Place::new();
    place.write("a.mid", &piece());
    let arguments = ["render", "-", "a.mid", "-o", "out", "--sample-rate", "8000"];
    assert!(run(&place, &arguments, &piece()).status.success());
    assert!(place.path("out/stdin.wav").exists() && place.path("out/a.wav").exists());
}
