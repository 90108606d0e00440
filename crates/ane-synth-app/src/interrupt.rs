//! Ctrl-C and its like: the render stops at the next block, so that its file is taken away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::TERM_SIGNALS;
use signal_hook::flag;

/// Exit code of a program that was asked to stop: 128 + SIGINT, as shells have it.
pub(crate) const EXIT_INTERRUPTED: u8 = 130;

/// Whether somebody asked the program to stop.
#[derive(Clone)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Watches from now on. The first signal asks, a second one ends the program at once.
    pub(crate) fn watch() -> Self {
        let asked = Arc::new(AtomicBool::new(false));
        for &signal in TERM_SIGNALS {
            // Where a signal cannot be watched it ends the program, as it would have anyway.
            let code = i32::from(EXIT_INTERRUPTED);
            let _ = flag::register_conditional_shutdown(signal, code, asked.clone());
            let _ = flag::register(signal, asked.clone());
        }
        Self(asked)
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
