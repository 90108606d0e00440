//! A terminal that tells when a key is let go, by kitty's keyboard protocol. tmux does not, so this test is the
//! terminal itself: `script` (util-linux) makes one, the test answers what is asked and writes what keys send.
//! Where there is no `script`, nothing is tried.

use std::fs::{self, File};
use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::screen::ANE_SYNTH;

const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(20);
/// What is asked: the keyboard's flags, and what the terminal is, which each one knows.
const QUESTION: &str = "\u{1b}[?u";
/// What a terminal answers that knows the protocol and has nothing of it switched on.
const ANSWER: &[u8] = b"\x1b[?0u\x1b[?62;c";
/// Everything is to be told: disambiguated keys, kinds of events, alternate keys, all keys.
const SWITCHED_ON: &str = "\u{1b}[>15u";
const SWITCHED_OFF: &str = "\u{1b}[<1u";
const LOST_FOCUS: &[u8] = b"\x1b[O";
const RATE_HZ: u64 = 8000;

struct Kitty {
    folder: TempDir,
    child: Child,
    keys: ChildStdin,
}

impl Kitty {
    fn start() -> Option<Self> {
        let mut tried = Command::new("script");
        tried
            .args(["-qec", "true", "/dev/null"])
            .stdin(Stdio::null());
        if !tried.output().is_ok_and(|output| output.status.success()) {
            println!("skipped: there is no terminal to type on");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let play = format!(
            "stty rows 24 cols 80; exec {ANE_SYNTH} play --audio-device null --sample-rate {RATE_HZ} \
             --instrument flute --event-log log"
        );
        let seen = File::create(folder.path().join("seen")).unwrap();
        let mut child = Command::new("script")
            .args(["-qec", &play, "/dev/null"])
            .current_dir(&folder)
            .env("TERM", "xterm-kitty")
            .env("ANE_SYNTH_CONFIG", "")
            .stdin(Stdio::piped())
            .stdout(seen)
            .spawn()
            .unwrap();
        let keys = child.stdin.take().unwrap();
        let mut kitty = Self {
            folder,
            child,
            keys,
        };
        kitty.wait_for("seen", QUESTION);
        kitty.send(ANSWER);
        kitty.wait_for("seen", SWITCHED_ON);
        Some(kitty)
    }

    fn send(&mut self, bytes: &[u8]) {
        self.keys.write_all(bytes).unwrap();
        self.keys.flush().unwrap();
    }

    /// A key is pressed (1), repeated (2) or let go (3).
    fn key(&mut self, key: char, kind: u8) {
        let sequence = format!("\u{1b}[{};1:{kind}u", u32::from(key));
        self.send(sequence.as_bytes());
    }

    fn read(&self, name: &str) -> String {
        let bytes = fs::read(self.folder.path().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn wait_for(&self, name: &str, wanted: &str) {
        let begun = Instant::now();
        while !self.read(name).contains(wanted) {
            let text = self.read(name);
            assert!(
                begun.elapsed() < PATIENCE,
                "{wanted:?} never came: {text:?}"
            );
            thread::sleep(POLL);
        }
    }

    /// The sample of the last event that is in the log.
    fn last_sample(&self) -> u64 {
        let log = self.read("log");
        let mut samples = log.lines().filter_map(|line| {
            let rest = line.strip_prefix("{\"sample\":")?;
            rest.split(',').next()?.parse().ok()
        });
        samples.next_back().unwrap_or(0)
    }
}

impl Drop for Kitty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn on(key: u8) -> String {
    format!("\"note-on\",\"channel\":0,\"key\":{key},")
}

fn off(key: u8) -> String {
    format!("\"note-off\",\"channel\":0,\"key\":{key},")
}

#[test]
fn a_note_lasts_as_long_as_its_key_is_down() {
    let Some(mut kitty) = Kitty::start() else {
        return;
    };
    kitty.key('q', 1);
    kitty.wait_for("log", &on(60));
    // More than a second of samples later it sounds still: nothing ends it but its key.
    let begun = kitty.last_sample();
    while kitty.last_sample() < begun + RATE_HZ {
        kitty.key('w', 1);
        thread::sleep(POLL);
        kitty.key('w', 3);
        kitty.key('q', 2);
    }
    assert!(!kitty.read("log").contains(&off(60)), "it ended by itself");
    assert_eq!(
        kitty.read("log").matches(&on(60)).count(),
        1,
        "it was repeated"
    );
    kitty.key('q', 3);
    kitty.wait_for("log", &off(60));
    // Nobody tells of releases any more when another window is typed into.
    kitty.key('e', 1);
    kitty.wait_for("log", &on(64));
    kitty.send(LOST_FOCUS);
    kitty.wait_for("log", &off(64));
    kitty.key('\u{1b}', 1);
    kitty.wait_for("seen", SWITCHED_OFF);
    assert!(kitty.child.wait().unwrap().success());
}
