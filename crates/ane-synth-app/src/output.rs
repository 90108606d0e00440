//! Text to standard output and standard error. A closed pipe is no reason to fail, and the
//! print macros panic there. While an audio device is looked for, what its libraries say to standard
//! error is put aside, and what this program says is not.

use std::io::{self, ErrorKind, Write};

use synth_io::StderrGuard;

use crate::error::AppError;

/// Prints `text` and a newline to standard output.
pub(crate) fn say(text: &str) -> Result<(), AppError> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        // Whoever read it has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(AppError::new(format_args!(
            "standard output: cannot be written ({error}); check where it goes"
        ))),
        Ok(()) => Ok(()),
    }
}

/// Prints text and a newline to standard error, where standard output has something else.
pub(crate) fn say_aside(text: &str) {
    let _ = StderrGuard::write_past(&format!("{text}\n"));
}

/// Prints one line, marked as ours, to standard error.
pub(crate) fn complain(line: &str) {
    let _ = StderrGuard::write_past(&format!("ane-synth: {line}\n"));
}
