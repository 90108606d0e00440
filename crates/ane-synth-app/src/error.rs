//! The one line a user sees.

use std::fmt::Display;
use std::path::Path;

/// What went wrong and what to do about it, after the file it is about.
#[derive(Debug)]
pub(crate) struct AppError {
    line: String,
    interrupted: bool,
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
            interrupted: false,
        }
    }

    /// The user asked to stop while a file was being written.
    pub(crate) fn interrupted(output: &Path) -> Self {
        Self {
            interrupted: true,
            ..Self::about(output, "interrupted; nothing was written")
        }
    }

    /// Whether the user asked for it.
    pub(crate) fn is_interruption(&self) -> bool {
        self.interrupted
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
