//! scripts/build-release.sh, with stand-ins for the compiler and for Apple's tools: what it leaves, in
//! which order it works, and that it says what is missing and then leaves nothing.

mod missing_pieces;
mod stage;

use std::env::consts::OS;
use std::fs;
use std::process::Command;

use stage::{IDENTITY, Stage, VERSION, said};

/// What stands beside the programs.
const CONTENTS: [&str; 8] = [
    "CHANGELOG.md",
    "LICENSE",
    "NOTICE",
    "README.md",
    "RUST-LIBRARY-LICENSES.html",
    "THIRD-PARTY-LICENSES.txt",
    "ane-bench",
    "ane-synth",
];

/// Windows has no such scripts.
fn has_shell_scripts() -> bool {
    OS != "windows"
}

fn assert_layout(stage: &Stage, name: &str, archive: &str) {
    assert_eq!(stage.names("out"), ["SHA256SUMS", name, archive]);
    assert_eq!(stage.names(&format!("out/{name}")), CONTENTS);
    for file in ["LICENSE", "NOTICE", "README.md", "CHANGELOG.md"] {
        let shipped = fs::read(stage.path(&format!("out/{name}/{file}"))).unwrap();
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        assert_eq!(
            shipped,
            fs::read(format!("{root}/{file}")).unwrap(),
            "{file}"
        );
    }
    let sums = fs::read_to_string(stage.path("out/SHA256SUMS")).unwrap();
    assert_eq!(sums.lines().count(), 1);
    assert!(sums.trim_end().ends_with(archive), "{sums}");
    let check = "cd \"$0\" && { sha256sum -c SHA256SUMS || shasum -a 256 -c SHA256SUMS; }";
    let checked = Command::new("bash")
        .arg("-c")
        .arg(check)
        .arg(stage.path("out"))
        .output();
    assert!(checked.unwrap().status.success(), "{sums}");
}

fn assert_packed(stage: &Stage, name: &str, archive: &str) {
    let archive = stage.path(&format!("out/{archive}"));
    let listed = Command::new("tar")
        .arg("-tf")
        .arg(archive)
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let mut listed: Vec<&str> = listed.lines().collect();
    listed.sort_unstable();
    let wanted: Vec<String> = std::iter::once(format!("{name}/"))
        .chain(CONTENTS.iter().map(|file| format!("{name}/{file}")))
        .collect();
    assert_eq!(listed, wanted);
}

#[test]
fn a_release_for_macos_is_joined_signed_packed_and_notarised() {
    if !has_shell_scripts() {
        return;
    }
    let stage = Stage::complete();
    let told = said(&stage.release(&[]), true);
    let name = format!("ane-synth-{VERSION}-macos-universal");
    let archive = format!("{name}.zip");
    assert_layout(&stage, &name, &archive);
    assert_packed(&stage, &name, &archive);
    for program in ["ane-synth", "ane-bench"] {
        let joined = fs::read_to_string(stage.path(&format!("out/{name}/{program}"))).unwrap();
        for target in ["aarch64-apple-darwin", "x86_64-apple-darwin"] {
            assert!(joined.contains(target), "{joined}");
        }
    }
    assert!(told.contains("Not stapled"), "{told}");

    // What each call must begin with and hold, in order.
    let sign = format!("--options runtime --timestamp --sign {IDENTITY} ");
    let expected: [(&str, &str); 18] = [
        ("git ", "rev-parse"),
        ("git ", "status --porcelain"),
        ("security find-identity ", "codesigning"),
        ("xcrun notarytool history ", "--keychain-profile PROFILE"),
        (
            "cargo build --locked --release ",
            "--target aarch64-apple-darwin ",
        ),
        (
            "cargo build --locked --release ",
            "--target x86_64-apple-darwin ",
        ),
        ("lipo -create ", "/ane-synth "),
        ("lipo ", "/ane-synth -verify_arch arm64 x86_64"),
        ("codesign --force ", &sign),
        ("codesign --verify ", "/ane-synth"),
        ("lipo -create ", "/ane-bench "),
        ("lipo ", "/ane-bench -verify_arch arm64 x86_64"),
        ("codesign --force ", &sign),
        ("codesign --verify ", "/ane-bench"),
        (
            "cargo run ",
            "--target aarch64-apple-darwin --target x86_64-apple-darwin",
        ),
        ("ditto -c -k --keepParent ", &archive),
        ("xcrun notarytool submit ", &archive),
        ("", "--keychain-profile PROFILE --wait"),
    ];
    let mut calls = stage.calls();
    // The last call is looked at twice.
    calls.extend(calls.last().cloned());
    assert_eq!(calls.len(), expected.len(), "{calls:#?}");
    for (call, (begins, holds)) in calls.iter().zip(expected) {
        assert!(call.starts_with(begins) && call.contains(holds), "{call}");
    }
}

#[test]
fn a_release_for_linux_is_a_tar_file() {
    if OS != "linux" {
        return;
    }
    let stage = Stage::without_apple();
    said(&stage.run(&["--host", "--output", "out"], &[]), true);
    let name = format!("ane-synth-{VERSION}-linux-{}", std::env::consts::ARCH);
    let archive = format!("{name}.tar.gz");
    assert_layout(&stage, &name, &archive);
    assert_packed(&stage, &name, &archive);
    let listed = Command::new("tar")
        .args(["--numeric-owner", "-tvf"])
        .arg(stage.path(&format!("out/{archive}")))
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(
        listed.lines().all(|line| line.contains(" 0/0 ")),
        "{listed}"
    );
}

#[test]
fn a_dry_run_needs_nothing_of_apple_s_and_leaves_the_same() {
    if !has_shell_scripts() {
        return;
    }
    let stage = Stage::without_apple();
    let told = said(&stage.run(&["--dry-run", "--output", "out"], &[]), true);
    let name = format!("ane-synth-{VERSION}-macos-universal");
    assert_layout(&stage, &name, &format!("{name}.zip"));
    for call in [
        "cargo build --target aarch64-apple-darwin",
        "cargo build --target x86_64-apple-darwin",
        "lipo -create",
        "codesign --force --options runtime --timestamp --sign IDENTITY",
        "codesign --verify",
        "ditto -c -k",
        "xcrun notarytool submit",
    ] {
        assert!(told.contains(&format!("dry run: {call}")), "{call}: {told}");
    }
    assert!(told.contains("the programs in it are stand-ins"), "{told}");
    let shipped = fs::read_to_string(stage.path(&format!("out/{name}/ane-synth"))).unwrap();
    assert!(shipped.contains("stand-in"), "{shipped}");
    // Nothing was built; the licences are the real verb's.
    let calls = stage.calls();
    assert!(
        calls.len() == 1 && calls[0].contains(" licences "),
        "{calls:?}"
    );
}

#[test]
fn no_secret_is_printed_or_handed_on() {
    if !has_shell_scripts() {
        return;
    }
    const SECRET: &str = "hunter2-hunter2";
    let variables = [
        ("NOTARY_PASSWORD", SECRET),
        ("APPLE_ID_PASSWORD", SECRET),
        ("KEYCHAIN_PASSWORD", SECRET),
        ("APP_STORE_CONNECT_API_KEY", SECRET),
    ];
    for refused in ["nothing", "codesign", "xcrun notarytool submit"] {
        let stage = Stage::complete();
        let output = stage.release(&[&variables[..], &[("REFUSED", refused)]].concat());
        for text in [&output.stdout, &output.stderr] {
            assert!(!String::from_utf8_lossy(text).contains(SECRET), "{refused}");
        }
        assert!(!stage.calls().join("\n").contains(SECRET), "{refused}");
    }
    // Tracing would print whatever the script is ever told.
    let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts");
    for script in ["build-release.sh", "prepare.sh"] {
        let text = fs::read_to_string(format!("{scripts}/{script}")).unwrap();
        for tracing in [
            "set -x", "xtrace", "set -v", "bash -x", "set -eux", "printenv",
        ] {
            assert!(!text.contains(tracing), "{script}: {tracing}");
        }
    }
}
