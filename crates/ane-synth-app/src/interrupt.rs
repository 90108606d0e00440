//! Ctrl-C and its like: the render stops at the next block, so that its file is taken away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::TERM_SIGNALS;
use signal_hook::flag;

/// The terminal is gone. POSIX fixes the number (`kill -1`); the name is missing where there is no
/// such signal, and there watching it is refused.
const SIGHUP: i32 = 1;

/// A file grew beyond its limit; 25 on Linux and macOS.
const SIGXFSZ: i32 = 25;

/// Shells report a program that a signal ended as this plus the signal's number.
const EXIT_BY_SIGNAL: u8 = 128;

/// Whether somebody asked the program to stop.
#[derive(Clone)]
pub(crate) struct Interrupt {
    /// The signal's number, 0 as long as there was none.
    signal: Arc<AtomicUsize>,
}

impl Interrupt {
    /// Watches from now on. The first signal asks, a second one ends the program at once.
    pub(crate) fn watch() -> Self {
        let signal = Arc::new(AtomicUsize::new(0));
        let asked_before = Arc::new(AtomicBool::new(false));
        // A write beyond `ulimit -f` shall fail as on a full disk, not kill with the file half done.
        let _ = flag::register(SIGXFSZ, Arc::default());
        let ignored = ignored_signals();
        for &number in TERM_SIGNALS.iter().chain(&[SIGHUP]) {
            // Under nohup, and in a script's background, it was to stay ignored.
            if ignored >> (number - 1) & 1 == 1 {
                continue;
            }
            let code = i32::from(EXIT_BY_SIGNAL) + number;
            // A signal that cannot be watched ends the program as it would have anyway.
            let _ = flag::register_conditional_shutdown(number, code, asked_before.clone());
            let _ = flag::register(number, asked_before.clone());
            let _ = flag::register_usize(number, signal.clone(), number as usize);
        }
        Self { signal }
    }

    /// The exit code to stop with, once somebody asked.
    pub(crate) fn asked(&self) -> Option<u8> {
        match self.signal.load(Ordering::Relaxed) {
            0 => None,
            number => Some(EXIT_BY_SIGNAL.saturating_add(number as u8)),
        }
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
