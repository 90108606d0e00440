//! The one line a user sees.

use std::fmt::Display;
use std::path::Path;

/// What went wrong and what to do about it, after the file it is about.
#[derive(Debug)]
pub(crate) struct AppError {
    line: String,
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
        Self { line }
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
