//! Files that are not what they should be: one line with the file and what to do, exit code 2,
//! nothing left behind.

use testkit::SmfBuilder;

use crate::place::Place;

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

#[test]
fn every_cut_of_a_piece() {
    for running_status in [false, true] {
        let whole = small_piece().running_status(running_status).build();
        let place = Place::new();
        place.write("a.mid", &whole);
        assert!(
            place
                .run(&["render", "a.mid", "-o", "b.wav"])
                .status
                .success()
        );
        for length in 0..whole.len() {
            refuse(&whole[..length]);
        }
    }
}

#[test]
fn files_of_other_kinds() {
    let wav = Place::new().render_bytes(&small_piece().build(), &["--sample-rate", "8000"]);
    let instrument = include_bytes!("../../instruments/reed.synth");
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
    // Format 2 and one that nobody defined.
    refuse(&with(8, &[0, 2]));
    refuse(&with(8, &[0, 3]));
    // More tracks than there are; a track longer than the file.
    refuse(&with(10, &[0, 3]));
    refuse(&with(10, &[0xFF, 0xFF]));
    refuse(&with(18, &[0xFF, 0xFF, 0xFF, 0xFF]));
    // No time: no ticks to a quarter, no such frame rate.
    refuse(&with(12, &[0, 0]));
    refuse(&with(12, &[0x9C, 0x04]));
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
    let start = |file: SmfBuilder| file.event(240, &[0x92, 61, 100]).end_of_track(960);
    let line = refuse(&start(SmfBuilder::new(0, 480)).build());
    assert!(
        line.contains("key 61") && line.contains("channel 3"),
        "{line}"
    );
    assert!(line.contains("--end-notes"), "{line}");
    // Ended on another channel, or before it begins.
    refuse(
        &start(SmfBuilder::new(0, 480))
            .event(480, &[0x83, 61, 0])
            .build(),
    );
    refuse(
        &start(SmfBuilder::new(0, 480))
            .event(120, &[0x82, 61, 0])
            .build(),
    );
    // All notes off ends them.
    let place = Place::new();
    let ended = start(SmfBuilder::new(0, 480)).event(480, &[0xB2, 123, 0]);
    place.render_bytes(&ended.build(), &["--sample-rate", "8000"]);
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
    ]);
    assert!(
        line.contains("long.mid") || line.contains("b.wav"),
        "{line}"
    );
}
