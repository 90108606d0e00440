//! A machine of the test's own making to run the script on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

pub(crate) const IDENTITY: &str = "Developer ID Application: Someone (TEAM)";
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the script may use of the real machine; some are absent on some systems.
const REAL_TOOLS: [&str; 26] = [
    "bash",
    "basename",
    "cat",
    "chmod",
    "cp",
    "dirname",
    "env",
    "grep",
    "gzip",
    "head",
    "id",
    "ldd",
    "ls",
    "mkdir",
    "mktemp",
    "mv",
    "rm",
    "sed",
    "sha256sum",
    "shasum",
    "sort",
    "tail",
    "tar",
    "tr",
    "uname",
    "zip",
];

pub(crate) const APPLE_TOOLS: [&str; 5] = ["lipo", "codesign", "xcrun", "security", "ditto"];

/// A folder with a PATH of its own: real tools where nothing hangs on them, stand-ins for the rest.
pub(crate) struct Stage {
    folder: TempDir,
}

impl Stage {
    /// With everything that a release needs.
    pub(crate) fn complete() -> Self {
        let stage = Self::without_apple();
        stage.add_stand_ins(&APPLE_TOOLS);
        stage
    }

    /// With all but Apple's tools.
    pub(crate) fn without_apple() -> Self {
        let stage = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(stage.path("bin")).unwrap();
        let script = format!(
            "for tool in {}; do ! real=$(type -P \"$tool\") || ln -s \"$real\" \"$0/$tool\"; done",
            REAL_TOOLS.join(" ")
        );
        let linked = Command::new("bash")
            .arg("-c")
            .arg(script)
            .arg(stage.path("bin"))
            .status();
        assert!(linked.unwrap().success());
        stage.add_stand_ins(&["cargo", "rustc", "git", "cc", "pkg-config"]);
        stage.write(
            "sysroot/share/doc/rust/COPYRIGHT-library.html",
            "Rust's terms",
        );
        stage.write("libdir/libstd-0.rlib", "");
        stage
    }

    fn add_stand_ins(&self, names: &[&str]) {
        let stand_in =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/build_release/stand_in.sh");
        for name in names {
            let place = self.path("bin").join(name);
            fs::copy(&stand_in, &place).unwrap();
            let made = Command::new("chmod").arg("755").arg(place).status();
            assert!(made.unwrap().success());
        }
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join(inside)
    }

    pub(crate) fn write(&self, inside: &str, text: &str) {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn remove(&self, inside: &str) {
        fs::remove_file(self.path(inside)).unwrap();
    }

    pub(crate) fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/build-release.sh");
        Command::new(self.path("bin/bash"))
            .arg(script)
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", self.path("bin"))
            .env("HOME", self.path("home"))
            .env("CARGO_TARGET_DIR", self.path("target"))
            .env("STAGE", self.folder.path())
            .env("VERSION", VERSION)
            .envs(variables.iter().copied())
            .output()
            .unwrap()
    }

    /// The release of a complete stage.
    pub(crate) fn release(&self, variables: &[(&str, &str)]) -> Output {
        let arguments = [
            "--identity",
            IDENTITY,
            "--notary-profile",
            "PROFILE",
            "--output",
            "out",
        ];
        self.run(&arguments, variables)
    }

    /// The calls of stand-ins, but for what only looks at the machine.
    pub(crate) fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.path("calls")).unwrap_or_default();
        let looks =
            |call: &str| ["rustc ", "cc ", "pkg-config "].map(|name| call.starts_with(name));
        let calls = calls.lines().filter(|call| looks(call) == [false; 3]);
        calls.map(str::to_owned).collect()
    }

    /// The names in a folder, in order.
    pub(crate) fn names(&self, inside: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(inside)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

/// What a run said on standard error, if it went as wished.
pub(crate) fn said(output: &Output, succeeds: bool) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.success(), succeeds, "{text}");
    text
}
