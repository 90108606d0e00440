//! Long pieces and many notes in bounded memory.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use testkit::SmfBuilder;

use crate::place::Place;

/// The design allows 500 MiB for three hours. This is less than the samples of the half hour rendered
/// here would take (110 MiB), so that whatever grows with the length is found; the same goes for the
/// notes.
const MOST_MIB: u64 = 64;

/// The most memory that a render had resident, MiB; `None` where the system does not tell.
fn peak_mib(place: &Place, arguments: &[&str]) -> Option<u64> {
    let mut command = place.command(arguments);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib: Option<u64> = None;
    while child.try_wait().unwrap().is_none() {
        // VmHWM is the peak so far (proc(5)).
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok());
        peak_kib = peak_kib.max(kib);
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(peak_kib? / 1024)
}

fn assert_bounded(what: &str, midi: &[u8], arguments: &[&str]) {
    let place = Place::new();
    place.write("a.mid", midi);
    // Each thread has its own rendering memory.
    let fixed = [
        "render",
        "a.mid",
        "--sample-rate",
        "8000",
        "--steady",
        "--threads",
        "2",
    ];
    match peak_mib(&place, &[&fixed, arguments].concat()) {
        Some(mib) => {
            println!("{what}, {arguments:?}: {mib} MiB");
            assert!(mib < MOST_MIB, "{what}, {arguments:?}: {mib} MiB");
        }
        None => println!("skipped: this system does not tell how much memory a process has"),
    }
}

#[test]
fn half_an_hour() {
    let file = (0..6).fold(SmfBuilder::new(0, 1), |file, n: u32| {
        file.note(0, 60, 100, n * 300, n * 300 + 1)
    });
    let long = file.tempo(0, 1_000_000).end_of_track(1800).build();
    assert_bounded("half an hour", &long, &[]);
    let arguments = ["--normalise", "-20", "--stems", "--format", "flac"];
    assert_bounded("half an hour", &long, &arguments);
}

#[test]
fn twenty_thousand_notes() {
    let file = (0..20_000).fold(SmfBuilder::new(0, 480), |file, n: u32| {
        file.note((n % 9) as u8, 30 + (n % 70) as u8, 100, n, n + 30)
    });
    assert_bounded("20,000 notes", &file.build(), &[]);
}
