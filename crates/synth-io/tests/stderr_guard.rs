//! What is put aside comes to the caller, and what comes later to the user. Each test looks at the standard
//! error of a process of its own.

use std::io::{Write, stderr};
use std::process::Command;
use std::sync::mpsc::channel;
use std::thread;

use synth_io::StderrGuard;
use testkit::run_apart;

/// Writes to standard error as a C library does, past everything that Rust knows of it.
fn noise(text: &str) {
    let status = Command::new("sh")
        .args(["-c", r#"printf '%s\n' "$1" >&2"#, "sh", text])
        .status();
    assert!(status.unwrap().success());
}

fn say(text: &str) {
    eprintln!("{text}");
}

/// The standard error of `body`, run apart as the test of this name, and whether it succeeded.
fn heard(test: &str, body: impl FnOnce()) -> Option<(String, bool)> {
    let output = run_apart(test, &[], body)?;
    let heard = String::from_utf8(output.stderr).unwrap();
    Some((heard, output.status.success()))
}

#[track_caller]
fn assert_heard(found: Option<(String, bool)>, wanted: &str) {
    if let Some((heard, succeeded)) = found {
        assert_eq!(heard, wanted);
        assert!(succeeded);
    }
}

#[test]
fn noise_is_put_aside_and_later_words_are_heard() {
    let found = heard("noise_is_put_aside_and_later_words_are_heard", || {
        say("before");
        let guard = StderrGuard::begin();
        noise("ALSA lib: no card");
        say("inside");
        assert_eq!(guard.finish(), "ALSA lib: no card\ninside");
        say("between");
        let guard = StderrGuard::begin();
        assert_eq!(guard.finish(), "");
        let guard = StderrGuard::begin();
        noise("again");
        drop(guard);
        noise("after");
    });
    assert_heard(found, "before\nbetween\nafter\n");
}

#[test]
fn what_the_program_says_itself_goes_past() {
    let found = heard("what_the_program_says_itself_goes_past", || {
        let past = |text| StderrGuard::write_past(text).unwrap();
        past("before\n");
        let outer = StderrGuard::begin();
        noise("1");
        past("out");
        let inner = StderrGuard::begin();
        past("side\n");
        assert_eq!(inner.finish(), "");
        assert_eq!(outer.finish(), "1");
        past("after\n");
    });
    assert_heard(found, "before\noutside\nafter\n");
}

#[test]
fn guards_inside_guards_get_their_part() {
    let found = heard("guards_inside_guards_get_their_part", || {
        let outer = StderrGuard::begin();
        noise("1");
        let inner = StderrGuard::begin();
        noise("2");
        assert_eq!(inner.finish(), "2");
        noise("3");
        assert_eq!(outer.finish(), "1\n2\n3");
        say("heard");
    });
    assert_heard(found, "heard\n");
}

#[test]
fn the_last_of_two_threads_brings_it_back() {
    let found = heard("the_last_of_two_threads_brings_it_back", || {
        let first = StderrGuard::begin();
        let (began, wait_begun) = channel();
        let (go_on, wait) = channel();
        let other = thread::spawn(move || {
            let second = StderrGuard::begin();
            began.send(()).unwrap();
            wait.recv().unwrap();
            noise("still aside");
            second.finish()
        });
        wait_begun.recv().unwrap();
        noise("both");
        assert_eq!(first.finish(), "both");
        go_on.send(()).unwrap();
        assert_eq!(other.join().unwrap(), "both\nstill aside");
        say("heard");
    });
    assert_heard(found, "heard\n");
}

#[test]
fn the_reason_of_a_panic_is_heard() {
    let found = heard("the_reason_of_a_panic_is_heard", || {
        let _guard = StderrGuard::begin();
        noise("what led to it");
        panic!("the reason");
    });
    if let Some((heard, succeeded)) = found {
        assert!(!succeeded);
        assert!(heard.contains("what led to it"), "{heard}");
        assert!(heard.contains("the reason"), "{heard}");
    }
}

#[test]
fn a_flood_ends_somewhere() {
    let found = heard("a_flood_ends_somewhere", || {
        let guard = StderrGuard::begin();
        let line = "x".repeat(999);
        for _ in 0..1000 {
            say(&line);
        }
        let text = guard.finish();
        assert!((60_000..=1 << 16).contains(&text.len()), "{}", text.len());
        let guard = StderrGuard::begin();
        stderr().write_all(b"\xff\xfe!\n").unwrap();
        assert_eq!(guard.finish(), "\u{fffd}\u{fffd}!");
        say("heard");
    });
    assert_heard(found, "heard\n");
}
