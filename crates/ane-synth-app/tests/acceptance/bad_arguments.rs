//! Command lines and outputs that cannot be: one line, exit code 2, nothing left behind.

use std::fs;

use testkit::SmfBuilder;

use crate::place::{INSTRUMENTS, Place};

fn place_with_a_piece() -> Place {
    let place = Place::new();
    let piece = SmfBuilder::new(0, 480).note(0, 60, 100, 0, 48);
    place.write("a.mid", &piece.build());
    place
}

#[test]
fn values_out_of_range_and_unknown_words() {
    let place = place_with_a_piece();
    for [option, value] in [
        ["--sample-rate", "7999"],
        ["--sample-rate", "192001"],
        ["--sample-rate", "44.1k"],
        ["--sample-rate", ""],
        ["--block", "0"],
        ["--block", "-1"],
        ["--block", "65537"],
        ["--block", "random:"],
        ["--block", "99999999999999999999999"],
        ["--bits", "32"],
        ["--bits", "8"],
        ["--device", "tpu"],
        ["--polyphony", "0"],
        ["--polyphony", "4097"],
        ["--tail", "-0.5"],
        ["--tail", "nan"],
        ["--tail", "inf"],
        ["--tail", "a\nb"],
        ["--seed", "-1"],
        ["--seed", "1e3"],
        ["--threads", "0"],
        ["--threads", "1000"],
        ["--format", "mp3"],
        ["--normalise", "-70.5"],
        ["--normalise", "0.1"],
        ["--normalise", "loud"],
        ["--from", "-1"],
        ["--from", "1:60"],
        ["--to", "soon"],
        ["--transpose", "-49"],
        ["--transpose", "0.5"],
        ["--tempo", "0"],
        ["--tempo", "121"],
        ["--tempo", "120 beats"],
        ["--mute", "0"],
        ["--mute", "1,,2"],
        ["--solo", "17"],
        ["--max-length", "0"],
        ["--max-length", "long"],
        ["--louder", "1"],
    ] {
        let line = place.refuse(&["render", "a.mid", "-o", "b.wav", option, value]);
        assert!(line.contains(option), "{line}");
        assert!(line.contains("--help"), "{line}");
    }
    for arguments in [
        &["render", "a.mid", "-o"][..],
        &["render", "-o", "b.wav"],
        &["render", "a.mid", "-o", "b.wav", "-o", "c.wav"],
        &["instruments", "a.mid"],
        &["demo", "a.mid"],
        &["render", "a.mid", "-o", "b.wav", "--end-notes"],
        &["render", "a.mid", "-o", "b.flac", "--bits", "32f"],
        &["render", "a.mid", "-o", "b.flac", "--format", "wav"],
        &["render", "a.mid", "-o", "b.wav", "--from", "2", "--to", "1"],
        &["render", "a.mid", "-o", "b.wav", "--to", "0"],
        &["rendr", "a.mid"],
        &[""],
    ] {
        place.refuse(arguments);
    }
}

#[test]
fn a_file_is_not_named_as_what_it_is_not() {
    let place = place_with_a_piece();
    for name in ["b.mp3", "b.OGG", "b.aiff"] {
        let line = place.refuse(&["render", "a.mid", "-o", name]);
        assert!(line.contains(name) && line.contains("--format"), "{line}");
    }
    let bytes = |output: &str, more: &[&str]| {
        let arguments = [&["render", "a.mid", "-o", output][..], more].concat();
        assert!(place.run(&arguments).status.success(), "{arguments:?}");
        fs::read(place.path(output)).unwrap()
    };
    let named = bytes("b.wav", &[]);
    assert!(bytes("b.mp3", &["--format", "wav"]) == named);
    assert!(
        bytes("b.take2", &[]) == named,
        "an ending that means nothing"
    );
}

#[test]
fn an_unknown_instrument_is_answered_with_those_there_are() {
    let place = place_with_a_piece();
    for name in ["kazoo", "", "flute ", "🎻"] {
        let line = place.refuse(&["render", "a.mid", "-o", "b.wav", "--instrument", name]);
        for (known, _) in INSTRUMENTS {
            assert!(line.contains(known), "{name:?}: {line}");
        }
    }
    for path in ["none.synth", "none/flute.synth", "."] {
        let line = place.refuse(&["render", "a.mid", "-o", "b.wav", "--instrument", path]);
        assert!(line.contains(path), "{line}");
    }
}

#[test]
fn outputs_that_cannot_be_written() {
    let place = place_with_a_piece();
    fs::create_dir(place.path("folder")).unwrap();
    place.write("protected.wav", b"old");
    let protected = place.path("protected.wav");
    let mut permissions = fs::metadata(&protected).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&protected, permissions).unwrap();
    for output in [
        "folder",
        "folder/",
        "none/b.wav",
        "none/none/b.wav",
        "a.mid/b.wav",
        "b.wav/",
        "protected.wav",
        "a.mid",
        "folder/../a.mid",
        "..",
        "",
    ] {
        let line = place.refuse(&["render", "a.mid", "-o", output]);
        assert!(line.contains(output), "{output:?}: {line}");
    }
    for output in ["folder", "none/b.wav", "protected.wav"] {
        let line = place.refuse(&["demo", "--sample-rate", "8000", "-o", output]);
        assert!(line.contains(output), "demo, {output:?}: {line}");
    }
    assert_eq!(fs::read(&protected).unwrap(), b"old");
    assert_eq!(fs::read_dir(place.path("folder")).unwrap().count(), 0);
}

#[test]
fn a_folder_without_permission_to_write() {
    let place = place_with_a_piece();
    let folder = place.path("closed");
    fs::create_dir(&folder).unwrap();
    let open = fs::metadata(&folder).unwrap().permissions();
    let mut closed = open.clone();
    closed.set_readonly(true);
    fs::set_permissions(&folder, closed).unwrap();
    if fs::write(folder.join("probe"), b"").is_ok() {
        println!("skipped: this user may write into a folder without permission");
    } else {
        let line = place.refuse(&["render", "a.mid", "-o", "closed/b.wav"]);
        assert!(line.contains("closed/b.wav"), "{line}");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }
    fs::set_permissions(&folder, open).unwrap();
}

#[test]
fn an_output_that_exists_is_replaced_only_by_a_whole_one() {
    let place = place_with_a_piece();
    place.write("b.wav", b"old");
    place.write("bad.mid", b"MThd");
    place.refuse(&["render", "bad.mid", "-o", "b.wav"]);
    place.refuse(&["render", "a.mid", "-o", "b.wav", "--instrument", "kazoo"]);
    assert_eq!(fs::read(place.path("b.wav")).unwrap(), b"old");
    assert!(
        place
            .run(&["render", "a.mid", "-o", "b.wav"])
            .status
            .success()
    );
    let bytes = fs::read(place.path("b.wav")).unwrap();
    assert!(testkit::Wav::from_bytes(&bytes).is_ok());
    assert_eq!(place.names(), ["a.mid", "b.wav", "bad.mid"]);
}
