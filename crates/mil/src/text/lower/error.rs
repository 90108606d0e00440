//! What a tree holds that a program cannot.

use crate::CheckError;
use crate::text::syntax::Position;

/// Why a tree of MIL text is no [`Program`](crate::Program).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LowerError {
    /// Not exactly one function called `main` without attributes.
    #[error("{at}: {reason}")]
    Function {
        /// Where.
        at: Position,
        /// What is wrong and what is needed.
        reason: String,
    },
    /// An operation that is not known here.
    #[error(
        "{at}: the operation `{op}` is not known here; a program of this one can be read as a tree \
         only"
    )]
    UnknownOperation {
        /// Where its statement begins.
        at: Position,
        /// The operation's name.
        op: String,
    },
    /// A statement or an input that cannot be kept.
    #[error("{at}: `{name}`: {reason}")]
    Statement {
        /// Where it begins.
        at: Position,
        /// The name that it defines.
        name: String,
        /// What is wrong and what is needed.
        reason: String,
    },
    /// A program that does not check.
    #[error("{at}: {source}")]
    Check {
        /// Where the statement at fault begins, or the function.
        at: Position,
        /// What the checker says.
        source: CheckError,
    },
}
