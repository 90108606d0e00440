//! Files that are not what they should be: one line with the file and what to do, exit code 2,
//! nothing left behind.

use std::fs;

use testkit::{SmfBuilder, Wav};

use crate::place::{Place, assert_refusal};

/// Refuses `bytes` as a piece; the line, which must name the file and, after a semicolon or a
/// comma, say what to do.
fn refuse(bytes: &[u8]) -> String {
    let place = Place::new();
    place.write("a piece.mid", bytes);
    let line = place.refuse(&["render", "a piece.mid", "-o", "b.wav"]);
    assert!(line.starts_with("ane-synth: a piece.mid: "), "{line}");
    assert!(line.contains("; "), "says nothing to do: {line}");
    line
}

fn small_piece() -> SmfBuilder {
    SmfBuilder::new(1, 96)
        .tempo(0, 400_000)
        .track()
        .event(0, &[0xC0, 73])
        .note(0, 60, 100, 0, 40)
        .note(0, 44, 90, 20, 300)
}

/// Renders `bytes`, of which something is lost; the warnings, all of which name the file.
fn play_the_rest(bytes: &[u8]) -> String {
    let place = Place::new();
    place.write("a piece.mid", bytes);
    let output = place.run(&[
        "render",
        "a piece.mid",
        "-o",
        "b.wav",
        "--sample-rate",
        "8000",
        "--tail",
        "0",
    ]);
    let warnings = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{warnings}");
    assert!(!warnings.is_empty(), "nothing is said");
    let is_ours = |line: &str| line.starts_with("ane-synth: a piece.mid: ");
    assert!(warnings.lines().all(is_ours), "{warnings}");
    let wav = Wav::from_bytes(&fs::read(place.path("b.wav")).unwrap()).unwrap();
    let peak = wav.channels[0]
        .iter()
        .fold(0.0_f32, |peak, x| peak.max(x.abs()));
    assert!(peak > 0.01, "silence: {warnings}");
    let line = place.refuse(&["render", "a piece.mid", "-o", "c.wav", "--strict"]);
    assert!(line.starts_with("ane-synth: a piece.mid: "), "{line}");
    warnings
}

#[test]
fn every_cut_of_a_piece() {
    for running_status in [false, true] {
        let whole = small_piece().running_status(running_status).build();
        let place = Place::new();
        place.write("a.mid", &whole);
        let arguments = [
            "render",
            "a.mid",
            "-o",
            "b.wav",
            "--sample-rate",
            "8000",
            "--tail",
            "0",
        ];
        assert!(place.run(&arguments).status.success());
        let (mut played, mut refused) = (0, 0);
        for length in 0..whole.len() {
            place.write("a.mid", &whole[..length]);
            let output = place.run(&arguments);
            if output.status.success() {
                played += 1;
                continue;
            }
            refused += 1;
            let line = assert_refusal(&output, &format!("{length} bytes"));
            assert!(line.starts_with("ane-synth: a.mid: "), "{line}");
        }
        // The notes begin in the last third.
        assert!(
            played > 10 && refused > 30,
            "{played} played, {refused} refused"
        );
        play_the_rest(&whole[..whole.len() - 5]);
    }
}

#[test]
fn files_of_other_kinds() {
    let wav = Place::new().render_bytes(&small_piece().build(), &["--sample-rate", "8000"]);
    let instrument = include_bytes!("../../instruments/alto-sax.synth");
    for bytes in [
        &wav[..],
        instrument,
        b"RIFF",
        b"\n",
        b"MThe\0\0\0\x06\0\0\0\x01\0\x60",
        &[0; 1000],
        &[0xFF; 1000],
        "MThd as text, and some ünicode".as_bytes(),
    ] {
        refuse(bytes);
    }
    assert!(refuse(b"").contains("empty"));
}

#[test]
fn headers_that_announce_what_is_not_there() {
    let good = small_piece().build();
    let with = |at: usize, bytes: &[u8]| {
        let mut file = good.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    // No tracks at all.
    refuse(b"MThd\0\0\0\x06\0\x01\0\0\0\x60");
    // A format that nobody defined; more tracks than there are; a track longer than the file; no
    // ticks to a quarter, no such frame rate.
    for (at, value) in [
        (8, &[0, 3][..]),
        (10, &[0, 3]),
        (10, &[0xFF, 0xFF]),
        (18, &[0xFF, 0xFF, 0xFF, 0xFF]),
        (12, &[0, 0]),
        (12, &[0x9C, 0x04]),
    ] {
        let file = with(at, value);
        let place = Place::new();
        place.write("a.mid", &file);
        let output = place.run(&["render", "a.mid", "--sample-rate", "8000", "--tail", "0"]);
        let lines = String::from_utf8(output.stderr).unwrap();
        assert!(lines.starts_with("ane-synth: a.mid: "), "{at}: {lines:?}");
        let code = output.status.code();
        assert!(code == Some(0) || code == Some(2), "{at}: {code:?}");
    }
    // No events in the tracks.
    refuse(b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\0");
    refuse(
        &SmfBuilder::new(1, 96)
            .track()
            .track()
            .end_of_track(99)
            .build(),
    );
}

#[test]
fn notes_that_never_end() {
    let start = |file: SmfBuilder| {
        file.note(0, 60, 100, 0, 480)
            .event(240, &[0x92, 61, 100])
            .end_of_track(960)
    };
    let warnings = play_the_rest(&start(SmfBuilder::new(0, 480)).build());
    assert!(
        warnings.contains("key 61") && warnings.contains("channel 3"),
        "{warnings}"
    );
    // Ended on another channel, or before it begins.
    for end in [[0x83, 61, 0], [0x82, 61, 0]] {
        let tick = if end[0] == 0x83 { 480 } else { 120 };
        play_the_rest(&start(SmfBuilder::new(0, 480)).event(tick, &end).build());
    }
    // All notes off ends them.
    let place = Place::new();
    let ended = start(SmfBuilder::new(0, 480)).event(480, &[0xB2, 123, 0]);
    place.write("a.mid", &ended.build());
    let output = place.run(&["render", "a.mid", "--sample-rate", "8000", "--strict"]);
    assert!(output.status.success());
}

#[test]
fn a_piece_too_long_for_a_wav_file_is_refused_before_it_is_rendered() {
    // Two days.
    let file = SmfBuilder::new(0, 1)
        .tempo(0, 10_000_000)
        .note(0, 60, 100, 0, 17_280)
        .build();
    let place = Place::new();
    place.write("long.mid", &file);
    let line = place.refuse(&[
        "render",
        "long.mid",
        "-o",
        "b.wav",
        "--sample-rate",
        "192000",
        "--max-length",
        "100",
    ]);
    assert!(
        line.contains("long.mid") || line.contains("b.wav"),
        "{line}"
    );
}
