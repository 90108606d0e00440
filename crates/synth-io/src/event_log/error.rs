//! Why a log was not read.

use super::{FORMAT, VERSION};

/// Why a log was not read. The message says what to do, but not which file: the caller knows its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The first line is no header of a log.
    #[error("is no event log: {0}; name one that ane-synth play --event-log has written")]
    NotALog(String),
    /// A version that this program does not know.
    #[error(
        "is version {found} of the format {FORMAT}, and this program reads version {VERSION}; use \
         the program that wrote it"
    )]
    Version {
        /// What the log says.
        found: String,
    },
    /// A line is not what it must be.
    #[error("line {line}: {what}; mend that line or record again")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        what: String,
    },
}
