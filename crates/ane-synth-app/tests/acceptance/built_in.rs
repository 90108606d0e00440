//! The instruments inside the command: whose recordings they are made of, and what they play.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use toml::Table;

use crate::place::{INSTRUMENTS, Place};

const MOST_BYTES: u64 = 120_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instruments")
}

/// What the command lists, by name.
fn listed() -> BTreeMap<String, Value> {
    let output = Place::new().run(&["instruments", "--json"]);
    assert!(output.status.success());
    let list: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let count = list.len();
    let named = list.into_iter().map(|entry| (text(&entry, "name"), entry));
    let named: BTreeMap<String, Value> = named.collect();
    assert_eq!(named.len(), count, "two are called the same");
    named
}

fn text(entry: &Value, key: &str) -> String {
    entry[key].as_str().unwrap().to_owned()
}

fn programs(entry: &Value) -> Vec<i64> {
    let programs = entry["programs"].as_array().unwrap().iter();
    let mut programs: Vec<i64> = programs.map(|number| number.as_i64().unwrap()).collect();
    programs.sort_unstable();
    programs
}

/// The entries of the list that they are trained from, by name.
fn sources() -> BTreeMap<String, Value> {
    let list = fs::read_to_string(folder().join("sources.toml")).unwrap();
    let list: Table = list.parse().unwrap();
    let entries = serde_json::to_value(&list["instrument"]).unwrap();
    let entries = entries.as_array().unwrap().iter();
    entries
        .map(|entry| (text(entry, "file"), entry.clone()))
        .collect()
}

#[test]
fn the_command_lists_the_files_beside_it() {
    let files = fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|e| e == "synth"));
    let stems = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    let names: BTreeSet<String> = listed().into_keys().collect();
    assert_eq!(stems.collect::<BTreeSet<String>>(), names);
    for (name, _) in INSTRUMENTS {
        assert!(names.contains(name), "{name}");
    }
}

#[test]
fn each_is_made_of_the_recordings_that_its_entry_names() {
    let sources = sources();
    for (name, entry) in listed() {
        let source = sources.get(&name);
        let source = source.unwrap_or_else(|| panic!("{name} is not in sources.toml"));
        assert_eq!(entry["synthetic"], false, "{name}");
        assert_eq!(entry["title"], source["name"], "{name}");
        for key in ["author", "licence", "source"] {
            assert!(!text(&entry, key).is_empty(), "{name} has no {key}");
            assert_eq!(entry[key], source[key], "{name}: {key}");
        }
        assert_eq!(programs(&entry), programs(source), "{name}");
    }
}

#[test]
fn each_is_small() {
    for name in listed().into_keys() {
        let file = folder().join(&name).with_extension("synth");
        let bytes = fs::metadata(file).unwrap().len();
        assert!(bytes <= MOST_BYTES, "{name}: {bytes} bytes");
    }
}

#[test]
fn every_program_is_played_by_an_instrument_that_claims_it() {
    let listed = listed();
    let mut all: Vec<i64> = listed.values().flat_map(programs).collect();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..128), "not every program, each once");
    for name in listed.keys() {
        let facts = Place::new().run(&["info", "--json", name]);
        let facts: Value = serde_json::from_slice(&facts.stdout).unwrap();
        assert_eq!(facts["bank"], 0, "{name}");
    }
}

#[test]
fn each_says_how_good_it_is_on_notes_it_has_not_heard() {
    for (name, entry) in listed() {
        for figure in ["harmonic_db", "noise_db", "lsd_db"] {
            let value = entry["held_out"][figure].as_f64();
            assert!(value.is_some_and(|db| db > 0.0), "{name}: {figure}");
        }
    }
}

/// Every program of a channel sounds, and as the instrument that claims it does alone.
#[test]
fn a_program_sounds_as_the_instrument_that_claims_it() {
    let place = Place::new();
    let score = |program: u8| {
        crate::place::score_in_samples(8_000)
            .event(0, &[0xC0, program])
            .note(0, 60, 100, 10, 1_600)
    };
    for (name, entry) in listed() {
        let programs = programs(&entry);
        let program = u8::try_from(programs[0]).unwrap();
        let played = place.render(&score(program), 8_000, &[]);
        assert!(played.channels[0].iter().any(|&x| x != 0.0), "{name}");
        let alone = place.render(&score(program), 8_000, &["--instrument", &name]);
        assert!(played.channels == alone.channels, "{name}: {program}");
    }
}
