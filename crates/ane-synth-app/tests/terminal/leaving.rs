//! However it ends, the terminal is as it was.

use crate::screen::{ANE_SYNTH, Screen};

const NULL: &str = "--audio-device null --sample-rate 8000 --buffer 64 --instrument flute";

#[test]
fn killed_it_gives_the_terminal_back() {
    for (signal, code) in [("TERM", "143"), ("INT", "130"), ("HUP", "129")] {
        let screen = Screen::play(80, 24, NULL);
        screen.wait_for("♪ flute");
        screen.type_text("q");
        screen.signal(signal);
        screen.assert_ended(code);
        screen.wait_for("interrupted");
    }
}

#[test]
fn suspended_it_gives_the_terminal_back_and_goes_on_where_it_was() {
    let script = "exec sh -i";
    let screen = Screen::run(80, 24, script);
    screen.type_text("PS1='ready> '; set -m; stty -a >before; export ANE_SYNTH_CONFIG=$PWD/kept");
    screen.press("Enter");
    screen.wait("a prompt", |text| text.trim_end().ends_with("ready>"));
    screen.type_text(&format!("{ANE_SYNTH} play {NULL}"));
    screen.press("Enter");
    for way in ["key", "signal"] {
        screen.wait_for("♪ flute");
        screen.wait_for("F1 help");
        if way == "key" {
            screen.press("C-z");
        } else {
            let number = screen.read("process");
            assert!(!number.is_empty());
            let kill = format!("kill -TSTP {number}");
            let killed = std::process::Command::new("sh")
                .args(["-c", &kill])
                .status();
            assert!(killed.unwrap().success());
        }
        screen.wait("a prompt", |text| text.trim_end().ends_with("ready>"));
        screen.type_text("jobs -p >process; stty -a >after.new; mv after.new after");
        screen.press("Enter");
        screen.assert_restored();
        std::fs::remove_file(screen.path("after")).unwrap();
        screen.type_text("clear; fg");
        screen.press("Enter");
    }
    screen.wait_for("♪ flute");
    screen.type_text("q");
    screen.wait("a lit key", |text| text.contains('●'));
    screen.press("Escape");
    screen.wait("a prompt", |text| text.trim_end().ends_with("ready>"));
    screen.type_text("stty -a >after.new; mv after.new after");
    screen.press("Enter");
    screen.assert_restored();
}

#[test]
fn plain_and_dumb_terminals_get_lines() {
    for arguments in [format!("--plain {NULL}"), format!("--json {NULL}")] {
        let screen = Screen::play(80, 24, &arguments);
        screen.wait_for("type help for what there is");
        assert_eq!(screen.about("#{alternate_on}"), "0");
        screen.type_text("quit");
        screen.press("Enter");
        assert_eq!(screen.wait_for_file("code").trim(), "0");
        assert!(!screen.path("kept").exists(), "lines keep nothing");
    }
    let screen = Screen::run(
        80,
        24,
        &format!("export TERM=dumb; exec {ANE_SYNTH} play {NULL}"),
    );
    screen.wait_for("type help for what there is");
}

#[test]
fn what_cannot_begin_leaves_the_terminal_alone() {
    let screen = Screen::play(80, 24, "--audio-device null --instrument kazoo");
    assert_eq!(screen.wait_for_file("code").trim(), "2");
    screen.wait_for("there is no such instrument");
    screen.assert_restored();
}
