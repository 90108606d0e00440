//! A terminal of tmux's, and the command on it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(crate) const ANE_SYNTH: &str = env!("CARGO_BIN_EXE_ane-synth");
/// Not a measure of speed: what takes this long does not come.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(20);

/// A terminal. It ends with the test, however that ends.
pub(crate) struct Screen {
    folder: TempDir,
}

impl Screen {
    /// A terminal of so many columns and rows on which a shell runs `script`, in a folder of its own.
    pub(crate) fn run(width: u16, height: u16, script: &str) -> Self {
        let screen = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        screen.begin(width, height, script);
        screen
    }

    fn begin(&self, width: u16, height: u16, script: &str) {
        let (width, height) = (width.to_string(), height.to_string());
        let at = self.folder.path().to_str().unwrap();
        let begun = self.tmux(&[
            "new-session",
            "-d",
            "-c",
            at,
            "-x",
            &width,
            "-y",
            &height,
            script,
        ]);
        assert!(begun.status.success(), "{begun:?}");
    }

    /// The command, with what is kept in a folder of the terminal's own; the shell tells of its end, and of the
    /// terminal before and after.
    pub(crate) fn play(width: u16, height: u16, arguments: &str) -> Self {
        Self::run(width, height, &script(arguments))
    }

    /// Plays again on a new terminal, with what was kept.
    pub(crate) fn play_again(&self, width: u16, height: u16, arguments: &str) {
        self.tmux(&["kill-server"]);
        for name in ["before", "after", "code"] {
            let _ = fs::remove_file(self.path(name));
        }
        let started = Instant::now();
        // The server that was told to end may still listen.
        while self.tmux(&["list-sessions"]).status.success() {
            assert!(started.elapsed() < PATIENCE, "tmux does not end");
            thread::sleep(POLL);
        }
        self.begin(width, height, &script(arguments));
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command
            .arg("-S")
            .arg(self.path("tmux"))
            .args(["-f", "/dev/null"]);
        let output = command
            .args(arguments)
            .env_remove("TMUX")
            .env_remove("NO_COLOR")
            .output();
        output.expect("these tests need the program tmux: install the package tmux")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// What is seen, a line each.
    pub(crate) fn text(&self) -> String {
        let output = self.tmux(&["capture-pane", "-p"]);
        String::from_utf8(output.stdout).unwrap()
    }

    /// What is seen, with the escape sequences that make it look so.
    pub(crate) fn escapes(&self) -> String {
        let output = self.tmux(&["capture-pane", "-p", "-e"]);
        String::from_utf8(output.stdout).unwrap()
    }

    /// What tmux knows of its terminal.
    pub(crate) fn about(&self, format: &str) -> String {
        let output = self.tmux(&["display-message", "-p", format]);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Types characters.
    pub(crate) fn type_text(&self, text: &str) {
        let typed = self.tmux(&["send-keys", "-l", text]);
        assert!(typed.status.success(), "{typed:?}");
    }

    /// Presses a key by tmux's name of it.
    pub(crate) fn press(&self, key: &str) {
        let pressed = self.tmux(&["send-keys", key]);
        assert!(pressed.status.success(), "{pressed:?}");
    }

    pub(crate) fn resize(&self, width: u16, height: u16) {
        let (width, height) = (width.to_string(), height.to_string());
        let resized = self.tmux(&["resize-window", "-x", &width, "-y", &height]);
        assert!(resized.status.success(), "{resized:?}");
    }

    /// Waits until what is seen is as wanted; it is given back.
    pub(crate) fn wait(&self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let text = self.text();
            if is_it(&text) {
                return text;
            }
            assert!(begun.elapsed() < PATIENCE, "{what} never came:\n{text}");
            thread::sleep(POLL);
        }
    }

    /// Waits until a text is seen.
    pub(crate) fn wait_for(&self, wanted: &str) -> String {
        self.wait(wanted, |text| text.contains(wanted))
    }

    /// Waits for a file to hold something.
    pub(crate) fn wait_for_file(&self, name: &str) -> String {
        let begun = Instant::now();
        while self.read(name).is_empty() {
            let text = self.text();
            assert!(begun.elapsed() < PATIENCE, "{name} never came:\n{text}");
            thread::sleep(POLL);
        }
        self.read(name)
    }

    /// Waits for the command's end and expects this exit code, and the terminal as it was.
    pub(crate) fn assert_ended(&self, code: &str) {
        assert_eq!(self.wait_for_file("code").trim(), code);
        self.assert_restored();
    }

    /// Expects the terminal to be as it was before the command.
    pub(crate) fn assert_restored(&self) {
        let after = self.wait_for_file("after");
        assert_eq!(self.read("before"), after, "stty -a");
        let modes = "#{alternate_on} #{mouse_any_flag} #{cursor_flag} #{keypad_flag}";
        assert_eq!(self.about(modes), "0 0 1 0");
    }

    /// The number of the command's process.
    pub(crate) fn process(&self) -> u32 {
        let begun = Instant::now();
        loop {
            if let Ok(number) = self.read("process").trim().parse() {
                return number;
            }
            assert!(begun.elapsed() < PATIENCE, "it never began");
            thread::sleep(POLL);
        }
    }

    /// Sends the command a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.process());
        let status = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(status.success(), "{kill}");
    }
}

/// The files are written whole before they have their names.
fn script(arguments: &str) -> String {
    let environment = "ANE_SYNTH_CONFIG=$PWD/kept";
    format!(
        "stty -a >before; export {environment}; \
         sh -c 'echo $$ >process; exec {ANE_SYNTH} play {arguments}'; \
         echo $? >code.new; stty -a >after.new; mv after.new after; mv code.new code; exec sleep 600"
    )
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}
