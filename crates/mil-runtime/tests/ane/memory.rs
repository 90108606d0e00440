//! The rung that passed is remembered, and whatever becomes of the file costs nothing but time.

use std::fs;
use std::path::{Path, PathBuf};

use ane_bridge::Stage;
use ane_bridge::fake::FakeAne;
use mil_runtime::ane::{AneDevice, AneOptions, LadderReport, Rung};
use tempfile::TempDir;

use crate::engine::{COMPILE, assert_says, climb, engine, make_sound};

/// An engine that takes nothing but program 1.3.
fn choosy() -> FakeAne {
    let fake = engine();
    fake.refuse_programs(Stage::Compile, |text| text.contains("ios16"), None);
    fake
}

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("cache").join("rung.txt")
}

fn device(fake: &FakeAne, path: &Path) -> AneDevice {
    AneDevice::with(
        fake.ane(),
        AneOptions {
            memory: Some(path.to_owned()),
            ..AneOptions::default()
        },
    )
}

/// The ladder of a device that was just made, which has to pass.
fn fresh(fake: &FakeAne, path: &Path, seed: u64) -> LadderReport {
    let (report, kernel) = climb(&device(fake, path), seed);
    assert!(kernel.is_some(), "{report}");
    report
}

#[test]
fn the_rung_that_passed_is_tried_first_the_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let (fake, path) = (choosy(), file(&folder));
    let report = fresh(&fake, &path, 1);
    assert_eq!((report.remembered, report.attempts.len()), (None, 3));
    assert_eq!(report.notes, Vec::<String>::new());
    let kept = fs::read_to_string(&path).unwrap();
    assert_eq!(kept, "ane rung 1\nh13g 24A335 ios18-bias\n");
    // Another network, so that it must be compiled.
    let before = fake.count(COMPILE);
    let report = fresh(&fake, &path, 2);
    assert_eq!(report.remembered, Some(Rung::LADDER[2]));
    assert_eq!(
        (report.attempts.len(), fake.count(COMPILE) - before),
        (1, 1)
    );
    assert_says(&report.to_string(), &["what passed before: program 1.3"]);
    let all: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(all.len(), 1, "nothing lies beside it");
}

#[test]
fn a_device_remembers_without_a_file_too() {
    let fake = choosy();
    let device = AneDevice::with(fake.ane(), AneOptions::default());
    assert_eq!(climb(&device, 1).0.attempts.len(), 3);
    let (report, _) = climb(&device, 2);
    assert_eq!(
        (report.remembered, report.attempts.len()),
        (Some(Rung::LADDER[2]), 1)
    );
    assert_eq!(device.last_report(), Some(report));
}

#[test]
fn a_remembered_rung_that_works_no_more_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (fake, path) = (choosy(), file(&folder));
    fresh(&fake, &path, 1);
    // The same system refuses today what it took yesterday.
    fake.refuse_programs(
        Stage::Compile,
        |text| text.contains("ios18") && !text.contains("add("),
        None,
    );
    let before = fake.count(COMPILE);
    let report = fresh(&fake, &path, 2);
    let tried: Vec<Rung> = report.attempts.iter().map(|attempt| attempt.rung).collect();
    let [first, second, third, fourth, ..] = Rung::LADDER;
    assert_eq!(tried, [third, first, second, fourth]);
    assert_eq!(fake.count(COMPILE) - before, 4, "none is tried twice");
    let kept = fs::read_to_string(&path).unwrap();
    assert_eq!(kept, "ane rung 1\nh13g 24A335 ios18-add\n");
    assert_eq!(fresh(&fake, &path, 3).remembered, Some(fourth));
}

#[test]
fn a_remembered_rung_is_tested_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let (fake, path) = (engine(), file(&folder));
    fresh(&fake, &path, 1);
    fake.answer_programs(
        |text| text.contains("ios16") && !text.contains("add("),
        ane_bridge::fake::Answer::Zeros,
    );
    let report = fresh(&fake, &path, 1);
    assert_eq!(report.remembered, Some(Rung::LADDER[0]));
    assert_says(report.attempts[0].reason().unwrap(), &["only zeros"]);
    assert_eq!(report.passed().unwrap().rung, Rung::LADDER[1]);
}

#[test]
fn other_hardware_and_other_builds_have_lines_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let (fake, path) = (choosy(), file(&folder));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let others = "h16g 24A335 ios16-add\nh13g 23H1 ios16-add-padded\n";
    fs::write(&path, format!("ane rung 1\n{others}")).unwrap();
    let report = fresh(&fake, &path, 1);
    assert_eq!((report.remembered, report.notes.len()), (None, 0));
    let kept = fs::read_to_string(&path).unwrap();
    assert_eq!(
        kept,
        format!("ane rung 1\n{others}h13g 24A335 ios18-bias\n")
    );
}

#[test]
fn damaged_lines_are_told_and_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let (fake, path) = (choosy(), file(&folder));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    for damage in [
        "h13g 24A335 ios17-bias",
        "h13g 24A335",
        "h13g  24A335 ios18-add",
        "\u{0}\u{0}\u{0}",
        "h13g 24A335 ios18-add and more",
    ] {
        let sound = "h16g 24A335 ios16-add";
        fs::write(&path, format!("ane rung 1\n{damage}\n{sound}\n")).unwrap();
        let report = fresh(&fake, &path, 1);
        assert_eq!(report.remembered, None, "{damage:?}");
        assert_says(&report.notes[0], &["means nothing", "rung.txt"]);
        let kept = fs::read_to_string(&path).unwrap();
        assert_eq!(
            kept,
            format!("ane rung 1\n{sound}\nh13g 24A335 ios18-bias\n")
        );
    }
    // Cut off in the middle of a line, or empty: what a full disk leaves.
    for cut in ["ane rung 1\nh13g 24A335 ios1", "", "ane rung 1"] {
        fs::write(&path, cut).unwrap();
        assert_eq!(fresh(&fake, &path, 1).attempts.len(), 3, "{cut:?}");
        let kept = fs::read_to_string(&path).unwrap();
        assert_eq!(kept, "ane rung 1\nh13g 24A335 ios18-bias\n", "{cut:?}");
    }
}

#[test]
fn a_file_that_is_not_ours_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (fake, path) = (choosy(), file(&folder));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let long = [b"ane rung 1\n", &[b'x'; 70_000][..]].concat();
    for foreign in [
        &b"dear diary"[..],
        b"ane rung 2\nh13g 24A335 ios18-add\n",
        b"\xff\xfe",
        &long,
    ] {
        fs::write(&path, foreign).unwrap();
        let report = fresh(&fake, &path, 1);
        assert_eq!((report.remembered, report.notes.len()), (None, 1));
        assert_says(&report.notes[0], &["is left alone", "move it away"]);
        assert!(fs::read(&path).unwrap() == foreign);
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_says(&fresh(&fake, &path, 1).notes[0], &["is left alone"]);
}

#[test]
fn a_folder_that_cannot_be_written_to_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let fake = choosy();
    // A file where the folder should be: refused whoever asks.
    let blocked = folder.path().join("blocked");
    fs::write(&blocked, b"").unwrap();
    let device = device(&fake, &blocked.join("rung.txt"));
    let (report, kernel) = climb(&device, 1);
    assert!(kernel.is_some());
    let notes = report.notes.join("\n");
    assert_says(&notes, &["cannot be written", "begins at its top"]);
    // This process remembers all the same.
    assert_eq!(climb(&device, 2).0.attempts.len(), 1);
}

/// A list of rungs of one's own is not led astray by what another list left.
#[test]
fn a_remembered_rung_that_is_not_asked_for_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let (fake, path) = (choosy(), file(&folder));
    fresh(&fake, &path, 1);
    let options = AneOptions {
        rungs: vec![Rung::LADDER[3]],
        memory: Some(path),
        ..AneOptions::default()
    };
    let (report, _) = climb(&AneDevice::with(fake.ane(), options), 1);
    assert_eq!((report.remembered, report.attempts.len()), (None, 1));
}

#[test]
fn two_processes_write_the_file_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (fake, path) = (engine(), file(&folder));
    let other = fake.other_process();
    make_sound(&other);
    let threads: Vec<_> = (0..4_u64)
        .map(|thread| {
            let ane = if thread % 2 == 0 {
                fake.ane()
            } else {
                other.ane()
            };
            let memory = Some(path.clone());
            std::thread::spawn(move || {
                for seed in 0..4 {
                    let memory = memory.clone();
                    let options = AneOptions {
                        memory,
                        ..AneOptions::default()
                    };
                    let device = AneDevice::with(ane.clone(), options);
                    let (report, kernel) = climb(&device, 10 * thread + seed);
                    assert!(kernel.is_some() && report.notes.is_empty(), "{report}");
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap();
    assert_eq!(kept, "ane rung 1\nh13g 24A335 ios16-bias\n");
}
