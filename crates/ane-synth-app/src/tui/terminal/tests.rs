//! A panic in any thread gives the terminal back: this program is started again, on a terminal of tmux.

use std::env;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::*;

/// Set, this is the program on tmux's terminal.
const ON_A_TERMINAL: &str = "ANE_SYNTH_TEST_PANICS_ON_A_TERMINAL";
const NAME: &str = "tui::terminal::tests::a_panic_in_any_thread_gives_the_terminal_back";
const PATIENCE: Duration = Duration::from_secs(120);

/// Takes the terminal over and waits for a thread that panics.
fn panic_on_the_terminal() {
    let screen = Screen::open().unwrap();
    let panicking = thread::Builder::new().name("some thread".to_owned());
    let panicking = panicking.spawn(|| panic!("planted")).unwrap();
    assert!(panicking.join().is_err());
    assert!(!is_taken());
    drop(screen);
}

/// How a shell starts this test alone.
fn this_test() -> String {
    let program = testkit::own_program().unwrap();
    let words = std::iter::once(program.get_program()).chain(program.get_args());
    let words: Vec<_> = words.map(|word| word.to_str().unwrap()).collect();
    format!(
        "{ON_A_TERMINAL}=1 {} --exact --nocapture {NAME}",
        words.join(" ")
    )
}

#[test]
fn a_panic_in_any_thread_gives_the_terminal_back() {
    if env::var_os(ON_A_TERMINAL).is_some() {
        panic_on_the_terminal();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("tmux");
    let tmux = |arguments: &[&str]| {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&socket).args(["-f", "/dev/null"]);
        let output = command.args(arguments).env_remove("TMUX").output();
        output.expect("this test needs the program tmux: install the package tmux")
    };
    let script = format!(
        "stty -a >before; {}; stty -a >after; touch ended; sleep 600",
        this_test()
    );
    let at = folder.path().to_str().unwrap();
    let begun = tmux(&[
        "new-session",
        "-d",
        "-c",
        at,
        "-x",
        "80",
        "-y",
        "24",
        &script,
    ]);
    assert!(begun.status.success(), "{begun:?}");
    let started = Instant::now();
    while !folder.path().join("ended").exists() && started.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(20));
    }
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let seen = tmux(&["capture-pane", "-p", "-S", "-100"]);
    let modes = tmux(&["display-message", "-p", "#{alternate_on}#{mouse_any_flag}"]);
    tmux(&["kill-server"]);
    let seen = String::from_utf8_lossy(&seen.stdout).into_owned();
    assert!(
        folder.path().join("ended").exists(),
        "it never ended: {seen}"
    );
    assert_eq!(read("before"), read("after"));
    assert_eq!(String::from_utf8_lossy(&modes.stdout).trim(), "00");
    for said in ["thread some thread panicked", "planted", "1 passed"] {
        assert!(seen.contains(said), "{seen}");
    }
}
