//! Ctrl-C and its like: the render stops at the next block, so that its file is taken away; a render
//! that does not come to its next block is ended from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use signal_hook::consts::TERM_SIGNALS;
use signal_hook::flag;
use synth_io::audio_file::remove_unfinished_files;

use crate::made_folders;
use crate::output;
use crate::tui;

/// The terminal is gone. POSIX fixes the number (`kill -1`); the name is missing where there is no
/// such signal, and there watching it is refused.
const SIGHUP: i32 = 1;

/// A file grew beyond its limit; 25 on Linux and macOS.
const SIGXFSZ: i32 = 25;

/// Shells report a program that a signal ended as this plus the signal's number.
const EXIT_BY_SIGNAL: u8 = 128;

/// How often the watcher looks whether there was a signal.
const WATCH_INTERVAL: Duration = Duration::from_millis(20);
/// Signals that come this soon after the first are the same keypress: a terminal and a program that
/// passes signals on both send one.
const ONE_KEYPRESS: Duration = Duration::from_millis(300);
/// So long a render has to come to its next block.
const PATIENCE: Duration = Duration::from_secs(1);
/// So long standard error has to take a line, which a pipe that nobody reads never does.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// Whether somebody asked the program to stop.
#[derive(Clone)]
pub(crate) struct Interrupt {
    /// The signal's number, 0 as long as there was none.
    signal: Arc<AtomicUsize>,
}

impl Interrupt {
    /// Watches from now on. The first signal asks; another keypress, or no answer in good time,
    /// ends the program, its unfinished files removed.
    pub(crate) fn watch() -> Self {
        Self::watch_with(PATIENCE)
    }

    /// [`Interrupt::watch`] where the good time is `patience`.
    pub(crate) fn watch_with(patience: Duration) -> Self {
        let signal = Arc::new(AtomicUsize::new(0));
        let again = Arc::new(AtomicBool::new(false));
        // A write beyond `ulimit -f` shall fail as on a full disk, not kill with the file half done.
        let _ = flag::register(SIGXFSZ, Arc::default());
        let watcher = Watcher {
            signal: signal.clone(),
            again: again.clone(),
            patience,
        };
        if Builder::new().spawn(move || watcher.run()).is_err() {
            // Nobody could remove the files, so the signals end the program as ever.
            return Self { signal };
        }
        let ignored = ignored_signals();
        for &number in TERM_SIGNALS.iter().chain(&[SIGHUP]) {
            // Under nohup, and in a script's background, it was to stay ignored.
            if ignored >> (number - 1) & 1 == 1 {
                continue;
            }
            // A signal that cannot be watched ends the program as it would have anyway.
            let _ = flag::register_usize(number, signal.clone(), number as usize);
            let _ = flag::register(number, again.clone());
        }
        Self { signal }
    }

    /// The exit code to stop with, once somebody asked.
    pub(crate) fn asked(&self) -> Option<u8> {
        exit_code(self.signal.load(Ordering::Relaxed))
    }
}

fn exit_code(signal: usize) -> Option<u8> {
    match signal {
        0 => None,
        number => Some(EXIT_BY_SIGNAL.saturating_add(number as u8)),
    }
}

/// Ends the program where it does not end by itself. It looks at flags again and again, which works
/// on every system.
struct Watcher {
    signal: Arc<AtomicUsize>,
    /// Set by every signal.
    again: Arc<AtomicBool>,
    patience: Duration,
}

impl Watcher {
    fn run(&self) {
        let exit_code = loop {
            thread::sleep(WATCH_INTERVAL);
            if let Some(code) = exit_code(self.signal.load(Ordering::Relaxed)) {
                break code;
            }
        };
        let asked = Instant::now();
        thread::sleep(ONE_KEYPRESS);
        self.again.store(false, Ordering::Relaxed);
        while asked.elapsed() < self.patience && !self.again.load(Ordering::Relaxed) {
            thread::sleep(WATCH_INTERVAL);
        }
        remove_unfinished_files();
        made_folders::remove_empty();
        tui::restore_terminal();
        let say = || output::complain("interrupted; what was not finished is removed");
        if Builder::new().spawn(say).is_ok() {
            thread::sleep(LAST_WORDS);
        }
        std::process::exit(i32::from(exit_code));
    }
}

/// Bit n - 1 for each signal n that whoever started the program told it to ignore (proc(5)); none
/// where the system does not tell.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}
