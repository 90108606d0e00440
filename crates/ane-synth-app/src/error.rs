//! The one line a user sees.

use std::fmt::Display;
use std::path::Path;

/// Bad input or usage.
pub(crate) const EXIT_BAD_INPUT: u8 = 2;

/// What went wrong and what to do about it, after the file it is about.
#[derive(Debug)]
pub(crate) struct AppError {
    line: String,
    exit_code: u8,
}

impl AppError {
    /// About nothing in particular.
    pub(crate) fn new(line: impl Display) -> Self {
        // Messages of the operating system and of other crates may span lines.
        let line = line
            .to_string()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        Self {
            line,
            exit_code: EXIT_BAD_INPUT,
        }
    }

    /// The user asked to stop while a file was being written.
    pub(crate) fn interrupted(output: &Path, exit_code: u8) -> Self {
        Self {
            exit_code,
            ..Self::about(output, "interrupted; nothing was written")
        }
    }

    /// What the program ends with.
    pub(crate) fn exit_code(&self) -> u8 {
        self.exit_code
    }

    /// About a file.
    pub(crate) fn about(file: &Path, what: impl Display) -> Self {
        Self::new(format_args!("{}: {what}", file.display()))
    }
}

impl Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.line)
    }
}
