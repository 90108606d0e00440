//! What is missing or fails is named in one line, and nothing is left behind.

use std::process::Output;

use crate::has_shell_scripts;
use crate::stage::{APPLE_TOOLS, IDENTITY, Stage, said};

/// The line of the script's own, which is the last.
fn assert_refused(stage: &Stage, output: &Output, wanted: &str) {
    let told = said(output, false);
    let line = told.lines().last().unwrap_or_default();
    assert!(
        line.starts_with("build-release.sh: ") && line.contains(wanted),
        "{wanted}: {told}"
    );
    assert!(!stage.path("out").exists(), "{wanted}");
}

#[test]
fn arguments() {
    if !has_shell_scripts() {
        return;
    }
    let stage = Stage::complete();
    stage.write("full/kept", "");
    stage.write("file", "");
    let full = ["--identity", IDENTITY, "--notary-profile", "P"];
    let with = |more: &[&'static str]| [&full[..], more].concat();
    for (arguments, wanted) in [
        (vec![], "--output DIR"),
        (vec!["--output"], "--output needs a value"),
        (
            vec!["--identity", "--output", "out"],
            "--identity needs a value",
        ),
        (vec!["--output", "out"], "--identity"),
        (
            vec!["--output", "out", "--identity", IDENTITY],
            "--notary-profile",
        ),
        (vec!["--out", "out"], "there is no option --out"),
        (
            vec!["--host", "--output", "out", "--identity", IDENTITY],
            "--host is not signed",
        ),
        (with(&["--output", "full"]), "full is not empty"),
        (with(&["--output", "file"]), "file is no folder"),
    ] {
        assert_refused(&stage, &stage.run(&arguments, &[]), wanted);
    }
    assert!(stage.calls().is_empty(), "{:?}", stage.calls());
    assert_eq!(stage.names("full"), ["kept"]);
}

#[test]
fn tools() {
    if !has_shell_scripts() {
        return;
    }
    for tool in APPLE_TOOLS {
        let stage = Stage::complete();
        stage.remove(&format!("bin/{tool}"));
        assert_refused(&stage, &stage.release(&[]), &format!("{tool} is missing"));
        let built = stage.calls().iter().any(|call| call.starts_with("cargo"));
        assert!(!built, "{tool}: it is known before anything is built");
    }
}

#[test]
fn files() {
    if !has_shell_scripts() {
        return;
    }
    let stage = Stage::complete();
    stage.remove("libdir/libstd-0.rlib");
    let wanted = "aarch64-apple-darwin is missing and there is no rustup";
    assert_refused(&stage, &stage.release(&[]), wanted);

    let stage = Stage::complete();
    stage.remove("sysroot/share/doc/rust/COPYRIGHT-library.html");
    let wanted = "licence texts of Rust's standard library are missing";
    assert_refused(&stage, &stage.release(&[]), wanted);
}

#[test]
fn steps() {
    if !has_shell_scripts() {
        return;
    }
    for (variable, value, wanted) in [
        ("CHANGES", " M README.md", "changes that are not committed"),
        ("REFUSED", "security", "no identity"),
        (
            "REFUSED",
            "xcrun notarytool history",
            "keychain profile 'PROFILE'",
        ),
        (
            "REFUSED",
            "cargo build",
            "the build for aarch64-apple-darwin failed",
        ),
        ("BUILT", "ane-synth", "the build left no"),
        ("REFUSED", "lipo -create", "lipo cannot join ane-synth"),
        ("REFUSED", "lipo /", "not for both processors"),
        (
            "REFUSED",
            "codesign --force",
            "cannot be signed as 'Developer ID",
        ),
        ("REFUSED", "codesign --verify", "does not hold"),
        (
            "REFUSED",
            "cargo run",
            "licences of what is linked in are not complete",
        ),
        ("LICENCES", "", "no licence text"),
        ("VERSION", "0.0.0", "and not ane-synth"),
        ("REFUSED", "ditto", "ditto cannot pack it"),
        ("REFUSED", "xcrun notarytool submit", "could not submit"),
        (
            "ANSWER",
            "Invalid",
            "xcrun notarytool log 42-id --keychain-profile PROFILE",
        ),
    ] {
        let stage = Stage::complete();
        assert_refused(&stage, &stage.release(&[(variable, value)]), wanted);
    }
}

#[test]
fn an_identity_that_the_keychain_lacks() {
    if !has_shell_scripts() {
        return;
    }
    let stage = Stage::complete();
    let another = "Developer ID Application: Somebody";
    let arguments = [
        "--identity",
        another,
        "--notary-profile",
        "P",
        "--output",
        "out",
    ];
    assert_refused(&stage, &stage.run(&arguments, &[]), another);
}
