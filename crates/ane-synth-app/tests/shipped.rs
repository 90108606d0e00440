//! The instruments that are shipped: each says whose recordings it is made of, NOTICE says the same,
//! and between them they play every General MIDI program once.

use std::fs;
use std::path::PathBuf;

use synth_model::Instrument;
use toml::{Table, Value};

fn repository(path: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.join(path)
}

/// The entries of the list that the instruments are trained from.
fn sources() -> Vec<Table> {
    let path = repository("crates/ane-synth-app/instruments/sources.toml");
    let list: Table = fs::read_to_string(path).unwrap().parse().unwrap();
    let entries = list["instrument"].as_array().unwrap().iter();
    entries
        .map(|entry| entry.as_table().unwrap().clone())
        .collect()
}

fn text<'a>(entry: &'a Table, key: &str) -> &'a str {
    entry[key].as_str().unwrap()
}

fn programs(entry: &Table) -> Vec<i64> {
    let programs = entry["programs"].as_array().unwrap().iter();
    programs
        .map(|program| program.as_integer().unwrap())
        .collect()
}

/// The licences of an instrument: those of all its recordings.
fn licences(entry: &Table) -> Vec<&str> {
    text(entry, "licence").split(" AND ").collect()
}

/// What the notice must say of an instrument.
fn notice_of(entry: &Table) -> String {
    format!(
        "\n{} ({})\n  Recordings: {}\n  By: {}\n  Licence: {}\n",
        text(entry, "file"),
        text(entry, "name"),
        text(entry, "source"),
        text(entry, "author"),
        text(entry, "licence"),
    )
}

#[test]
fn every_program_is_played_by_one_instrument() {
    let mut all: Vec<i64> = sources().iter().flat_map(programs).collect();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..128));
    assert!(sources().iter().all(|entry| !entry.contains_key("bank")));
}

#[test]
fn the_files_say_of_themselves_what_the_list_says_of_them() {
    let folder = repository("crates/ane-synth-app/instruments");
    let names = fs::read_dir(&folder).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files = names.filter(|name| name.ends_with(".synth")).count();
    assert_eq!(files, sources().len(), "files that the list does not name");
    for entry in sources() {
        let file = folder.join(format!("{}.synth", text(&entry, "file")));
        let metadata = Instrument::read(file).unwrap().metadata;
        let said = [
            metadata.name,
            metadata.author,
            metadata.licence,
            metadata.source,
        ];
        let keys = ["name", "author", "licence", "source"];
        assert_eq!(said, keys.map(|key| text(&entry, key)));
        let mut programs = programs(&entry);
        programs.sort_unstable();
        assert!(
            metadata.programs.into_iter().map(i64::from).eq(programs),
            "{said:?}"
        );
        assert!(!metadata.synthetic, "{said:?}");
        for figure in ["harmonic_db", "noise_db", "lsd_db"] {
            assert!(metadata.held_out.contains_key(figure), "{said:?} {figure}");
        }
    }
}

#[test]
fn programs_go_where_they_belong() {
    let sources = sources();
    let plays = |program: i64| {
        let entry = sources
            .iter()
            .find(|entry| programs(entry).contains(&program));
        text(entry.unwrap(), "file").to_owned()
    };
    // Violin to contrabass, string ensembles, choir, trumpet, horn, saxophones, bassoon, flute.
    let own = [
        (40, "violin"),
        (41, "viola"),
        (42, "cello"),
        (43, "double-bass"),
        (48, "strings"),
        (49, "strings"),
        (52, "choir"),
        (56, "trumpet"),
        (60, "french-horn"),
        (65, "alto-sax"),
        (66, "tenor-sax"),
        (70, "bassoon"),
        (73, "flute"),
    ];
    for (program, instrument) in own {
        assert_eq!(plays(program), instrument, "program {program}");
    }
}

#[test]
fn the_notice_names_every_instrument_its_makers_and_licence() {
    let notice = fs::read_to_string(repository("NOTICE")).unwrap();
    let sources = sources();
    for entry in &sources {
        let wanted = notice_of(entry);
        assert!(notice.contains(&wanted), "NOTICE lacks:{wanted}");
        for licence in licences(entry) {
            let explained = format!("\n{licence}: ");
            assert!(
                notice.contains(&explained),
                "NOTICE does not explain {licence}"
            );
        }
    }
    let named = notice.matches("\n  Recordings: ").count();
    assert_eq!(
        named,
        sources.len(),
        "NOTICE names instruments that are not shipped"
    );
}

#[test]
fn the_notice_keeps_the_permission_that_the_soundfonts_licence_asks_for() {
    let notice = fs::read_to_string(repository("NOTICE")).unwrap();
    let notice = notice.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "Copyright (c) 2000-2002, 2008 Frank Wen",
        "Permission is hereby granted, free of charge",
        "The above copyright notice and this permission notice shall be included",
        "THE SOFTWARE IS PROVIDED \"AS IS\"",
    ] {
        assert!(notice.contains(words), "{words}");
    }
}

#[test]
fn licences_are_ones_that_may_be_passed_on() {
    for entry in sources() {
        let allowed = ["CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "MIT"];
        for licence in licences(&entry) {
            assert!(allowed.contains(&licence), "{licence}");
        }
        assert!(
            entry["recordings"]
                .as_array()
                .is_some_and(|places| { !places.is_empty() && places.iter().all(Value::is_table) })
        );
    }
}
