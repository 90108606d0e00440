//! Ctrl-C while a file is being written: nothing is left behind.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use testkit::SmfBuilder;

#[test]
fn an_interrupted_render_leaves_nothing_behind() {
    for (signal, exit_code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        if is_ignored(exit_code - 128) {
            println!("skipped: whoever runs the tests told them to ignore {signal}");
            continue;
        }
        interrupt(signal, exit_code);
    }
}

/// Whether a render started from here would ignore a signal, as under nohup (proc(5)).
fn is_ignored(number: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or(0) >> (number - 1) & 1 == 1
}

fn interrupt(signal: &str, exit_code: i32) {
    // The shell has its own `kill`; not every system has it as a program.
    let shell = |script: &str| Command::new("sh").args(["-c", script]).status();
    if !shell("kill -l >/dev/null").is_ok_and(|status| status.success()) {
        println!("skipped: there is no shell to interrupt with");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let names = || -> Vec<_> {
        let entries = std::fs::read_dir(&folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    };
    // Many minutes of sound: it cannot be over before the signal arrives.
    let song = SmfBuilder::new(0, 480)
        .track()
        .tempo(0, 16_000_000)
        .note(0, 60, 100, 0, 480 * 300)
        .build();
    std::fs::write(folder.path().join("long.mid"), song).unwrap();
    let mut render = Command::new(env!("CARGO_BIN_EXE_ane-synth"))
        .args(["render", "long.mid", "--threads", "1"])
        .current_dir(&folder)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while names().len() < 2 {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "the render never began"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    let kill = shell(&format!("kill -{signal} {}", render.id())).unwrap();
    assert!(kill.success());
    let status = render.wait().unwrap();
    assert_eq!(status.code(), Some(exit_code), "{signal}");
    assert_eq!(names(), ["long.mid"]);
}

#[test]
fn several_renders_are_interrupted_together() {
    let script = "for name in b c d; do cp a.mid $name.mid; done; mkdir out; \
                  \"$ANE_SYNTH\" render a.mid b.mid c.mid d.mid -o out --threads 2 --stems \
                  --normalise -20 2>errors & \
                  for n in $(seq 300); do ls -A out | grep -q partial && break; sleep 0.1; done; \
                  ls -A out | grep -q partial || exit 8; kill -INT $!; wait $!";
    // A shell's children in the background ignore Ctrl-C; TERM they do not.
    let script = script.replace("-INT", "-TERM");
    match in_shell(&script, 3600) {
        Some((code, names)) => {
            assert_eq!(code, 143);
            let expected = ["a.mid", "b.mid", "c.mid", "d.mid", "errors", "out"];
            assert_eq!(names, expected);
        }
        None => println!("skipped: there is no shell"),
    }
}

#[test]
fn the_line_after_an_interruption_counts_the_files() {
    let script = "for name in b c; do cp a.mid $name.mid; done; \
                  \"$ANE_SYNTH\" render a.mid b.mid c.mid --threads 1 2>errors & \
                  for n in $(seq 300); do ls -A | grep -q partial && break; sleep 0.1; done; \
                  kill -TERM $!; wait $!; code=$?; \
                  test \"$(cat errors)\" = 'ane-synth: interrupted; 0 of 3 files were written' \
                  || { cat errors >&2; exit 9; }; rm errors; ls -A; exit $code";
    match in_shell(script, 3600) {
        Some((code, names)) => {
            assert_eq!(code, 143);
            assert_eq!(names, ["a.mid", "b.mid", "c.mid"]);
        }
        None => println!("skipped: there is no shell"),
    }
}

#[test]
fn names_that_are_no_text_are_names_all_the_same() {
    // Where a file system takes no such names, nothing is tried.
    let script = "name=$(printf 'a\\377'); cp a.mid \"$name.mid\" || exit 0; \
                  cp \"$INSTRUMENT\" \"$name.synth\"; \
                  \"$ANE_SYNTH\" render \"$name.mid\" --instrument \"$name.synth\" --json >json && \
                  \"$ANE_SYNTH\" render \"$name.mid\" -o \"b$name.flac\" >text && \
                  test -s \"$name.wav\" && test -s \"b$name.flac\" && \
                  grep -q '\"input\":\"a\\\\\\\\xff.mid\"' json && \
                  grep -q '^ba\\\\xff.flac: ' text && \
                  rm json text \"$name.wav\" \"b$name.flac\" \"$name.mid\" \"$name.synth\"";
    match in_shell(script, 1) {
        Some((code, names)) => {
            assert_eq!(code, 0);
            assert_eq!(names, ["a.mid"]);
        }
        None => println!("skipped: there is no shell"),
    }
}

/// Runs a shell script beside a MIDI file of `seconds` seconds; the exit code and what it leaves.
fn in_shell(script: &str, seconds: u32) -> Option<(i32, Vec<String>)> {
    let folder = tempfile::tempdir().unwrap();
    let song = SmfBuilder::new(0, 480)
        .track()
        .tempo(0, 1_000_000)
        .note(0, 60, 100, 0, 480 * seconds)
        .build();
    std::fs::write(folder.path().join("a.mid"), song).unwrap();
    let status = Command::new("sh")
        .args(["-c", script])
        .env("ANE_SYNTH", env!("CARGO_BIN_EXE_ane-synth"))
        .env(
            "INSTRUMENT",
            concat!(env!("CARGO_MANIFEST_DIR"), "/instruments/alto-sax.synth"),
        )
        .current_dir(&folder)
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .ok()?;
    let entries = std::fs::read_dir(&folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    Some((status.code()?, names))
}

#[test]
fn a_signal_that_was_to_be_ignored_stays_ignored() {
    if !std::path::Path::new("/proc/self/status").exists() {
        println!("skipped: this system does not tell which signals are ignored");
        return;
    }
    // What nohup does.
    let script = "trap '' HUP; \"$ANE_SYNTH\" render a.mid --threads 1 & \
                  sleep 0.2; kill -HUP $!; wait $!";
    match in_shell(script, 60) {
        Some((code, names)) => {
            assert_eq!(code, 0);
            assert_eq!(names, ["a.mid", "a.wav"]);
        }
        None => println!("skipped: there is no shell"),
    }
}

#[test]
fn a_file_size_limit_is_an_error_like_a_full_disk() {
    match in_shell("ulimit -f 100 && exec \"$ANE_SYNTH\" render a.mid", 60) {
        Some((code, names)) => {
            assert_eq!(code, 2);
            assert_eq!(names, ["a.mid"]);
        }
        None => println!("skipped: there is no shell"),
    }
}

#[test]
fn one_keypress_may_be_two_signals() {
    // The interpreter takes long over so large a block, and the spools of the stems are being filled.
    let script = "\"$ANE_SYNTH\" render a.mid --threads 1 --stems --normalise -20 --block 65536 \
                  --device reference 2>errors & \
                  for n in 1 2 3 4 5 6 7 8 9; do sleep 0.2; ls -A | grep -q partial && break; done; \
                  kill -TERM $!; sleep 0.001; kill -TERM $!; wait $!; code=$?; \
                  test \"$(wc -l <errors)\" -eq 1 || exit 9; rm errors; exit $code";
    for _ in 0..3 {
        match in_shell(script, 3600) {
            Some((code, names)) => {
                assert_eq!(code, 143);
                assert_eq!(names, ["a.mid"]);
            }
            None => println!("skipped: there is no shell"),
        }
    }
}

#[test]
fn a_render_that_waits_is_ended_by_one_signal() {
    if in_shell("mkfifo pipe && rm pipe", 1).is_none_or(|(code, _)| code != 0) {
        println!("skipped: there are no named pipes");
        return;
    }
    let waits = [
        // Nobody writes to the pipe that is to be read.
        "mkfifo pipe; \"$ANE_SYNTH\" render pipe a.mid -o out --threads 2 --stems 2>errors &",
        // Somebody holds it open and writes nothing.
        "mkfifo pipe; sleep 20 >pipe & held=$!; \
         \"$ANE_SYNTH\" render /dev/stdin -o b.wav <pipe 2>errors &",
        // Nobody reads what is written.
        "mkfifo pipe; sleep 20 <pipe & held=$!; \
         \"$ANE_SYNTH\" render a.mid -o - --sample-rate 8000 >pipe 2>errors &",
    ];
    for wait in waits {
        let script = format!(
            "{wait} render=$!; sleep 1; kill -TERM $render; wait $render; code=$?; \
             test -z \"$held\" || kill $held; \
             test \"$(wc -l <errors)\" -eq 1 || exit 9; \
             grep -q interrupted errors || exit 8; rm -f errors pipe; \
             find . -name '*.partial' | grep . && exit 7; rm -rf out; exit $code"
        );
        let begun = Instant::now();
        match in_shell(&script, 3600) {
            Some((code, names)) => {
                assert_eq!(code, 143, "{wait}");
                assert_eq!(names, ["a.mid"], "{wait}");
                assert!(begun.elapsed() < Duration::from_secs(10), "{wait}");
            }
            None => println!("skipped: there is no shell"),
        }
    }
}
