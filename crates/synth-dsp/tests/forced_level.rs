//! `ANE_SYNTH_SIMD` chooses the level. Each case runs this test binary again, since a process must
//! not change its own environment while other threads read it.

use synth_dsp::harmonic_bank::HarmonicBank;
use synth_dsp::simd::{Level, UnknownLevel};

const FORCE: &str = "ANE_SYNTH_SIMD";

#[test]
fn prints_the_level_in_use() {
    println!(
        "level in use: {}; {:?}",
        HarmonicBank::new().level(),
        Level::forced()
    );
}

/// What `prints_the_level_in_use` prints with the variable set.
fn report(forced: Option<&str>) -> String {
    let mut command = testkit::own_program().unwrap();
    command
        .args(["--exact", "prints_the_level_in_use", "--nocapture"])
        .env_remove(FORCE);
    if let Some(name) = forced {
        command.env(FORCE, name);
    }
    let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let report = output
        .split_once("level in use: ")
        .expect("the child ran the test")
        .1;
    report.lines().next().unwrap().to_owned()
}

fn expected(level: Level, forced: Option<Result<Level, UnknownLevel>>) -> String {
    format!("{level}; {forced:?}")
}

#[test]
fn a_level_that_is_there_is_used() {
    for level in Level::ALL.into_iter().filter(|level| level.is_available()) {
        assert_eq!(report(Some(level.name())), expected(level, Some(Ok(level))));
    }
}

#[test]
fn what_is_absent_unknown_or_not_asked_for_gives_the_widest() {
    let widest = Level::widest();
    assert_eq!(report(None), expected(widest, None));
    assert_eq!(
        report(Some("mmx")),
        expected(widest, Some(Err(UnknownLevel)))
    );
    for level in Level::ALL.into_iter().filter(|level| !level.is_available()) {
        assert_eq!(
            report(Some(level.name())),
            expected(widest, Some(Ok(level)))
        );
    }
}
