//! What is kept, by whom, and what becomes of a damaged file.

use std::fs;

use synth_engine::ParameterValues;
use tempfile::TempDir;

use super::*;
use crate::tui::link::Place;

/// How it goes, somewhere.
pub(crate) fn snapshot() -> Snapshot {
    Snapshot {
        keys_down: 0,
        voices: 0,
        most_voices: 64,
        load: None,
        overruns: 0,
        xruns: 0,
        shedding: 0,
        sample_rate_hz: 44_100,
        buffer: 256,
        audio_device: Place::default(),
        audio_device_asked: None,
        network: "cpu".to_owned(),
        instrument: None,
        instrument_label: String::new(),
        preparing: None,
        parameters: ParameterValues::default(),
        most_polyphony: 256,
        controllers: [None; Parameter::COUNT],
        learning: None,
        midi_inputs: 0,
    }
}

fn open(folder: &TempDir) -> (Kept, Keeper, Vec<String>) {
    Keeper::open_in(Some(StateFile::new(folder.path().join("new"))))
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path().join("new")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn write(folder: &TempDir, text: &str) {
    fs::create_dir_all(folder.path().join("new")).unwrap();
    fs::write(folder.path().join("new/state.json"), text).unwrap();
}

fn read(folder: &TempDir) -> Value {
    let bytes = fs::read(folder.path().join("new/state.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn what_is_changed_is_there_again() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, mut keeper, told) = open(&folder);
    assert_eq!((kept, told), (Kept::default(), Vec::new()));
    assert_eq!(keeper.hands(), (0, 100));
    let begun = Instant::now();
    let mut seen = snapshot();
    seen.instrument = Some("oboe".to_owned());
    keeper.look(&seen, (0, 100), begun).unwrap();
    seen.instrument = Some("flute".to_owned());
    seen.audio_device_asked = Some("null".to_owned());
    seen.parameters.set(Parameter::Brightness, 0.3);
    seen.controllers[Parameter::Room as usize] = Some(74);
    keeper.look(&seen, (-1, 60), begun).unwrap();
    assert!(!folder.path().join("new").exists(), "not at once");
    keeper.look(&seen, (-1, 60), begun + DELAY).unwrap();
    assert_eq!(names(&folder), ["state.json", "state.lock"]);
    let state = read(&folder);
    assert_eq!(state["version"], 1);
    assert_eq!(state["parameters"], serde_json::json!({"brightness": 0.3}));
    let (kept, keeper, told) = open(&folder);
    assert!(told.is_empty(), "{told:?}");
    assert_eq!(keeper.hands(), (-1, 60));
    assert_eq!(kept.instrument.as_deref(), Some("flute"));
    assert_eq!(kept.audio_device.as_deref(), Some("null"));
    assert_eq!(kept.parameters, [(Parameter::Brightness, 0.3)]);
    assert_eq!(kept.controllers, [(74, Parameter::Room)]);
}

#[test]
fn what_comes_last_is_written_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mut keeper, _) = open(&folder);
    let (mut seen, now) = (snapshot(), Instant::now());
    keeper.look(&seen, (0, 100), now).unwrap();
    seen.parameters.set(Parameter::Volume, -12.0);
    keeper.look(&seen, (0, 100), now).unwrap();
    keeper.finish().unwrap();
    assert_eq!(read(&folder)["parameters"]["volume"], -12.0);
}

#[test]
fn nothing_is_written_where_nothing_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mut keeper, _) = open(&folder);
    let now = Instant::now();
    for _ in 0..3 {
        keeper.look(&snapshot(), (0, 100), now + DELAY).unwrap();
    }
    keeper.finish().unwrap();
    assert!(!folder.path().join("new").exists());
}

#[test]
fn two_programs_write_each_its_own_and_leave_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    write(
        &folder,
        r#"{"version": 1, "later": [1], "parameters": {"volume": -20, "unknown": 3}}"#,
    );
    let (_, mut one, _) = open(&folder);
    let (_, mut other, _) = open(&folder);
    let (mut seen_one, mut seen_other) = (snapshot(), snapshot());
    let now = Instant::now();
    one.look(&seen_one, (0, 100), now).unwrap();
    other.look(&seen_other, (0, 100), now).unwrap();
    seen_one.parameters.set(Parameter::Room, 0.9);
    seen_one.controllers[Parameter::Volume as usize] = Some(7);
    one.look(&seen_one, (0, 100), now).unwrap();
    seen_other.instrument = Some("viola".to_owned());
    other.look(&seen_other, (0, 100), now).unwrap();
    one.finish().unwrap();
    other.finish().unwrap();
    assert_eq!(
        read(&folder),
        serde_json::json!({
            "version": 1,
            "later": [1],
            "parameters": {"volume": -20, "unknown": 3, "room": 0.9},
            "controllers": {"7": "volume"},
            "instrument": "viola",
        })
    );
    // What is forgotten is gone.
    let (_, mut third, _) = open(&folder);
    third.look(&seen_one, (0, 100), now).unwrap();
    seen_one.controllers = [None; Parameter::COUNT];
    third.look(&seen_one, (0, 100), now).unwrap();
    third.finish().unwrap();
    assert_eq!(read(&folder)["controllers"], serde_json::json!({}));
}

#[test]
fn many_programs_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for info in Parameter::table() {
            let folder = &folder;
            scope.spawn(move || {
                let (_, mut keeper, _) = open(folder);
                let (mut seen, now) = (snapshot(), Instant::now());
                keeper.look(&seen, (0, 100), now).unwrap();
                seen.parameters.set(info.parameter, info.range.0);
                if info.range.0 == info.default {
                    seen.parameters.set(info.parameter, info.range.1);
                }
                keeper.look(&seen, (0, 100), now).unwrap();
                keeper.finish().unwrap();
            });
        }
    });
    let parameters = read(&folder)["parameters"].as_object().unwrap().len();
    assert_eq!(parameters, Parameter::COUNT);
    assert_eq!(names(&folder), ["state.json", "state.lock"]);
}

#[test]
fn a_damaged_file_is_set_aside_and_named() {
    for damaged in [
        "",
        "{",
        "[]",
        "\u{0}",
        r#"{"instrument": "flute"}"#,
        r#"{"version": "1"}"#,
    ] {
        let folder = tempfile::tempdir().unwrap();
        for n in 1..=2 {
            write(&folder, damaged);
            let (kept, keeper, told) = open(&folder);
            assert_eq!(kept, Kept::default());
            let aside = format!("state.damaged-{n}.json");
            assert_eq!(told.len(), 1, "{damaged:?}");
            assert!(told[0].contains(&aside), "{told:?}");
            let aside = folder.path().join("new").join(aside);
            assert_eq!(fs::read_to_string(aside).unwrap(), damaged);
            assert!(keeper.file.is_some(), "it is written again");
        }
    }
}

#[test]
fn a_file_of_a_newer_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let newer = r#"{"version": 2, "instrument": "flute"}"#;
    write(&folder, newer);
    let (kept, mut keeper, told) = open(&folder);
    assert_eq!(kept, Kept::default());
    assert!(told[0].contains("newer"), "{told:?}");
    let (mut seen, now) = (snapshot(), Instant::now());
    keeper.look(&seen, (0, 100), now).unwrap();
    seen.parameters.set(Parameter::Room, 0.9);
    keeper.look(&seen, (0, 100), now + DELAY).unwrap();
    keeper.finish().unwrap();
    let text = fs::read_to_string(folder.path().join("new/state.json")).unwrap();
    assert_eq!(text, newer);
}

#[test]
fn what_means_nothing_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    write(
        &folder,
        r#"{"version": 1, "instrument": 3, "octave": 99, "velocity": "hard",
            "parameters": {"volume": 1e9, "room": "large", "nothing": 1},
            "controllers": {"0": "volume", "128": "room", "x": "room", "5": "nothing", "9": "Room"}}"#,
    );
    let (kept, keeper, told) = open(&folder);
    assert!(told.is_empty(), "{told:?}");
    assert_eq!(kept.instrument, None);
    assert_eq!(kept.parameters, [(Parameter::Volume, 12.0)]);
    assert_eq!(kept.controllers, [(9, Parameter::Room)]);
    assert_eq!(keeper.hands(), (0, 100));
}

#[test]
fn where_it_cannot_be_read_or_written_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    // A file stands where the folder should be.
    fs::write(folder.path().join("new"), "").unwrap();
    let (_, keeper, told) = open(&folder);
    assert!(told[0].starts_with("nothing is kept"), "{told:?}");
    assert_eq!(keeper.finish(), Ok(()));
    // It comes there later.
    let folder = tempfile::tempdir().unwrap();
    let (_, mut keeper, _) = open(&folder);
    let (mut seen, now) = (snapshot(), Instant::now());
    keeper.look(&seen, (0, 100), now).unwrap();
    fs::write(folder.path().join("new"), "").unwrap();
    seen.parameters.set(Parameter::Room, 0.9);
    keeper.look(&seen, (0, 100), now).unwrap();
    let why = keeper.look(&seen, (0, 100), now + DELAY).unwrap_err();
    assert!(why.contains("not kept"), "{why}");
    // And once is enough.
    seen.parameters.set(Parameter::Room, 0.8);
    keeper.look(&seen, (0, 100), now + 2 * DELAY).unwrap();
    assert_eq!(keeper.look(&seen, (0, 100), now + 4 * DELAY), Ok(()));
}
