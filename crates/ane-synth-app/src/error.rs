//! The one line a user sees.

use std::fmt::Display;
use std::path::Path;

use crate::printable;

/// Bad input or usage.
pub(crate) const EXIT_BAD_INPUT: u8 = 2;

/// What went wrong and what to do about it, after the file it is about.
#[derive(Debug)]
pub(crate) struct AppError {
    line: String,
    exit_code: u8,
    interrupted: bool,
}

impl AppError {
    /// About nothing in particular.
    pub(crate) fn new(line: impl Display) -> Self {
        Self {
            // Messages of the operating system and of other crates may span lines.
            line: printable::one_line(&line.to_string()),
            exit_code: EXIT_BAD_INPUT,
            interrupted: false,
        }
    }

    /// The user asked to stop while `what` was being written.
    pub(crate) fn interrupted(what: impl Display, exit_code: u8) -> Self {
        Self {
            line: what.to_string(),
            exit_code,
            interrupted: true,
        }
    }

    /// About a file.
    pub(crate) fn about(file: &Path, what: impl Display) -> Self {
        Self::about_name(&printable::path(file), what)
    }

    /// About what is called `name`, which is printed as it is.
    pub(crate) fn about_name(name: &str, what: impl Display) -> Self {
        let what = printable::one_line(&what.to_string());
        Self {
            line: format!("{name}: {what}"),
            ..Self::new("")
        }
    }

    /// What the program ends with.
    pub(crate) fn exit_code(&self) -> u8 {
        self.exit_code
    }

    /// Whether the user asked for it.
    pub(crate) fn is_interruption(&self) -> bool {
        self.interrupted
    }
}

impl Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.line)
    }
}
