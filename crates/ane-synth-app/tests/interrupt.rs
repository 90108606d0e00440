//! Ctrl-C while a file is being written: nothing is left behind.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use testkit::SmfBuilder;

#[test]
fn an_interrupted_render_leaves_nothing_behind() {
    for (signal, exit_code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        interrupt(signal, exit_code);
    }
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
