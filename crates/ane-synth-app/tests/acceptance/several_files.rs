//! Several files and folders in one go: every piece that can be rendered is, under its own name.

use std::fs;
use std::path::Path;

use testkit::SmfBuilder;

use crate::place::Place;

/// A piece of a few notes; others for other keys.
fn piece(key: u8) -> Vec<u8> {
    (0..4)
        .fold(SmfBuilder::new(0, 480), |file, step| {
            file.note(
                0,
                key + 2 * step,
                100,
                u32::from(step) * 120,
                u32::from(step) * 120 + 100,
            )
        })
        .build()
}

fn place_with(names: &[&str]) -> Place {
    let place = Place::new();
    for (name, key) in names.iter().zip(50..) {
        fs::create_dir_all(place.path(name).parent().unwrap()).unwrap();
        place.write(name, &piece(key));
    }
    place
}

/// Arguments that make a render quick.
const QUICK: [&str; 4] = ["--sample-rate", "8000", "--tail", "0.1"];

fn run(place: &Place, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = place.run(&[&["render"], arguments, &QUICK].concat());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// All files below a folder, hidden ones too, `/` between the parts of their names.
fn tree(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let parts = path.strip_prefix(folder).unwrap().components();
                let parts: Vec<_> = parts.map(|p| p.as_os_str().to_string_lossy()).collect();
                found.push(parts.join("/"));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_folder_keeps_its_shape() {
    let place = place_with(&["in/a.mid", "in/x/b.MIDI", "in/x/y/c.kar"]);
    place.write("in/notes.txt", b"no piece");
    place.write("in/.hidden.mid", b"no piece");
    let (code, text, errors) = run(&place, &["in", "-o", "out/new"]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(
        tree(&place.path("out")),
        ["new/a.wav", "new/x/b.wav", "new/x/y/c.wav"]
    );
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(
        text.lines().last().unwrap().starts_with("3 files, "),
        "{text}"
    );
    // What stands in each file is what it has when it is rendered alone.
    let (code, _, _) = run(&place, &["in/x/b.MIDI", "-o", "alone.wav"]);
    assert_eq!(code, Some(0));
    let bytes = |name: &str| fs::read(place.path(name)).unwrap();
    assert!(bytes("alone.wav") == bytes("out/new/x/b.wav"));
    // Without -o beside each.
    let (code, _, _) = run(&place, &["in/x", "in/a.mid", "--format", "flac"]);
    assert_eq!(code, Some(0));
    for name in ["in/a.flac", "in/x/b.flac", "in/x/y/c.flac"] {
        assert!(bytes(name).starts_with(b"fLaC"), "{name}");
    }
}

#[test]
fn the_bytes_do_not_depend_on_the_threads() {
    let names = ["a.mid", "b.mid", "c.mid", "d.mid", "e.mid"];
    let place = place_with(&names);
    let mut first: Option<Vec<Vec<u8>>> = None;
    for threads in ["1", "2", "3", "7"] {
        let arguments = [&names[..], &["-o", "out", "--threads", threads, "--stems"]].concat();
        let (code, _, errors) = run(&place, &arguments);
        assert_eq!(code, Some(0), "{errors}");
        let files = tree(&place.path("out")).into_iter();
        let bytes: Vec<Vec<u8>> = files
            .map(|name| fs::read(place.path("out").join(name)).unwrap())
            .collect();
        assert_eq!(bytes.len(), 10);
        assert!(
            *first.get_or_insert_with(|| bytes.clone()) == bytes,
            "{threads} threads"
        );
    }
}

#[test]
fn a_bad_file_does_not_stop_the_others() {
    let place = place_with(&["a.mid", "c.mid"]);
    place.write("b.mid", b"no notes");
    let (code, text, errors) = run(&place, &["a.mid", "b.mid", "none.mid", "c.mid"]);
    assert_eq!(code, Some(2));
    assert_eq!(place.names(), ["a.mid", "a.wav", "b.mid", "c.mid", "c.wav"]);
    let mut lines: Vec<&str> = errors.lines().collect();
    assert_eq!(
        lines.pop(),
        Some("ane-synth: 2 of 4 files could not be rendered")
    );
    lines.sort_unstable();
    assert_eq!(lines.len(), 2, "{errors}");
    assert!(
        lines[0].starts_with("ane-synth: b.mid: not a MIDI file"),
        "{errors}"
    );
    assert!(
        lines[1].starts_with("ane-synth: none.mid: cannot be read"),
        "{errors}"
    );
    assert!(
        text.contains("a.wav: ") && text.contains("c.wav: "),
        "{text}"
    );
}

#[test]
fn json_is_an_array_in_the_order_of_the_inputs() {
    let place = place_with(&["b.mid", "a.mid"]);
    place.write("bad.mid", b"");
    let (code, text, _) = run(&place, &["b.mid", "bad.mid", "a.mid", "--json"]);
    assert_eq!(code, Some(2));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let inputs: Vec<&str> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["input"].as_str().unwrap())
        .collect();
    assert_eq!(inputs, ["b.mid", "bad.mid", "a.mid"]);
    assert_eq!(json[0]["output"], "b.wav");
    assert!(
        json[1]["error"]
            .as_str()
            .unwrap()
            .contains("the file is empty"),
        "{text}"
    );
    // A folder is several, be there one file in it.
    let place = place_with(&["in/a.mid"]);
    let (_, text, _) = run(&place, &["in", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1);
}

#[test]
fn clashes_are_found_before_anything_is_rendered() {
    let place = place_with(&[
        "in/a.mid",
        "in/a.kar",
        "x/b.mid",
        "y/b.mid",
        "c.mid",
        "c-ch02.mid",
    ]);
    let quick = |arguments: &[&str]| {
        let line = place.refuse(&[&["render"], arguments, &QUICK].concat());
        assert_eq!(tree(&place.path("in")), ["a.kar", "a.mid"]);
        line
    };
    for (arguments, parts) in [
        (&["in"][..], ["in/a.mid", "in/a.kar"]),
        (&["x/b.mid", "y/b.mid", "-o", "out"], ["x/b.mid", "y/b.mid"]),
        (&["c.mid", "./c.mid"], ["c.mid", "./c.mid"]),
        (&["c.mid", "c-ch02.mid", "--stems"], ["c-ch02.wav", "c.mid"]),
        (&["c.mid", "x", "-o", "in/a.mid"], ["in/a.mid", "folder"]),
        (&["c.mid", "x", "-o", "-"], ["standard output", "one"]),
        (&["-", "-", "-o", "out"], ["-", "once"]),
    ] {
        let line = quick(arguments);
        for part in parts {
            assert!(line.contains(part), "{arguments:?}: {line}");
        }
    }
    // A folder without pieces is one thing that could not be rendered.
    fs::create_dir(place.path("empty")).unwrap();
    let (code, _, errors) = run(&place, &["empty"]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("empty: holds no MIDI files"), "{errors}");
}

#[test]
fn an_input_is_never_written_to() {
    let place = place_with(&["a.mid"]);
    // A piece under the name that another piece's file would get.
    place.write("a.wav", &piece(60));
    let line = place.refuse(&["render", "a.mid", "a.wav"]);
    assert!(line.contains("a.wav"), "{line}");
    assert_eq!(fs::read(place.path("a.wav")).unwrap(), piece(60));
}

#[test]
fn a_file_that_was_there_is_replaced_and_that_is_said() {
    let place = place_with(&["a.mid", "b.mid"]);
    let (_, text, _) = run(&place, &["a.mid"]);
    assert!(!text.contains("replaced"), "{text}");
    let (_, text, _) = run(&place, &["a.mid"]);
    assert!(text.lines().next().unwrap().contains("replaced"), "{text}");
    let (_, text, _) = run(&place, &["a.mid", "b.mid"]);
    let replaced: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("replaced"))
        .collect();
    assert!(
        replaced.len() == 1 && replaced[0].starts_with("a.wav"),
        "{text}"
    );
}

#[test]
fn folders_that_nothing_was_written_to_are_removed_again() {
    // With the longer ending it is longer than any file's name can be.
    let long = format!("in/b/c/{}.mid", "x".repeat(251));
    let place = place_with(&["in/a.mid", &long]);
    fs::create_dir(place.path("there")).unwrap();
    let arguments = ["in/b", "-o", "new/out", "--format", "flac"];
    let (code, _, complaint) = run(&place, &arguments);
    assert_eq!(code, Some(2), "{complaint}");
    assert_eq!(place.names(), ["in", "there"], "{complaint}");
    let (code, _, complaint) = run(&place, &["in", "-o", "there/out", "--format", "flac"]);
    assert_eq!(code, Some(2), "{complaint}");
    assert_eq!(tree(&place.path("there")), ["out/a.flac"], "{complaint}");
    assert!(!place.path("there/out/b").exists());
    let (code, _, complaint) = run(&place, &["in/b", "-o", "there", "--format", "flac"]);
    assert_eq!(code, Some(2), "{complaint}");
    assert!(place.path("there").exists());
}

#[test]
fn what_only_looks_like_a_piece_is_told_about() {
    let place = place_with(&["in/a.mid"]);
    let script = "ln -s nowhere in/b.mid && ln -s c.mid in/c.mid && mkfifo in/d.mid && \
                  ln -s . in/e.mid && ln -s nowhere in/f.txt";
    let made = std::process::Command::new("sh")
        .args(["-c", script])
        .current_dir(place.path("."))
        .status();
    if !made.is_ok_and(|status| status.success()) {
        println!("skipped: there are no links or pipes");
        return;
    }
    let (code, _, complaint) = run(&place, &["in", "-o", "out"]);
    assert_eq!(code, Some(0), "{complaint}");
    let lines: Vec<&str> = complaint.lines().collect();
    assert_eq!(lines.len(), 4, "{complaint}");
    for (line, name) in lines.iter().zip(["b", "c", "d", "e"]) {
        let begins = format!("ane-synth: in/{name}.mid: ");
        assert!(
            line.starts_with(&begins) && line.contains("is left out"),
            "{line}"
        );
    }
    assert_eq!(tree(&place.path("out")), ["a.wav"]);
}
