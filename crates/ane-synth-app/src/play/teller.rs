//! What is told while the music plays: plain lines, for people and for what reads to them.

use std::io::IsTerminal;

use crate::error::AppError;
use crate::output;

/// Where lines go.
pub(super) struct Teller {
    /// Standard output is for the summary alone.
    aside: bool,
    failed: Option<AppError>,
}

impl Teller {
    pub(super) fn new(aside: bool) -> Self {
        Self {
            aside,
            failed: None,
        }
    }

    /// Whether somebody looks at it as it comes.
    pub(super) fn is_watched(&self) -> bool {
        match self.aside {
            true => std::io::stderr().is_terminal(),
            false => std::io::stdout().is_terminal(),
        }
    }

    /// A line; the music goes on where it cannot be told.
    pub(super) fn say(&mut self, line: &str) {
        if self.aside {
            output::say_aside(line);
        } else if self.failed.is_none() {
            self.failed = output::say(line).err();
        }
    }

    /// A line about what went wrong.
    pub(super) fn complain(&mut self, line: &str) {
        output::complain(line);
    }

    /// Why lines are missing.
    pub(super) fn into_failure(self) -> Option<AppError> {
        self.failed
    }
}
