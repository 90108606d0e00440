//! What is wrong with a text, and where.

use crate::text::syntax::Position;

/// Why a text is no MIL program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// Something else stands where the grammar asks for one thing.
    #[error("{at}: expected {expected}, found {found}")]
    Unexpected {
        /// Where.
        at: Position,
        /// What the grammar asks for.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A word in the place of a type that is none.
    #[error(
        "{at}: `{found}` is no type; there are tensor, state, dict, tuple, list and scalars like fp16"
    )]
    Type {
        /// Where.
        at: Position,
        /// The word.
        found: String,
    },
    /// A number that cannot be kept.
    #[error("{at}: the number `{text}` cannot be read: {reason}")]
    Number {
        /// Where.
        at: Position,
        /// The number.
        text: String,
        /// Why.
        reason: &'static str,
    },
    /// A text in quotes that does not end, or with an unknown escape.
    #[error("{at}: the text in quotes {reason}")]
    Text {
        /// Where.
        at: Position,
        /// What is wrong.
        reason: &'static str,
    },
    /// A character that no token begins with.
    #[error("{at}: the character {found:?} has no meaning in MIL text")]
    Character {
        /// Where.
        at: Position,
        /// The character.
        found: char,
    },
    /// Types or lists inside each other without end.
    #[error("{at}: more than {MOST_DEPTH} types or lists inside each other; no program needs that")]
    TooDeep {
        /// Where.
        at: Position,
    },
    /// More text than is read.
    #[error(
        "the text has {bytes} bytes, at most {MOST_BYTES} are read; put large tensors into the weight file"
    )]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// Bytes that are no UTF-8.
    #[error("{at}: the bytes are no UTF-8 text, so this is no MIL text")]
    Utf8 {
        /// Where.
        at: Position,
    },
}

/// Most types or lists inside each other: a tensor has five dimensions.
pub(super) const MOST_DEPTH: u32 = 32;

/// Most bytes of text: a hundred times the largest published file.
pub(super) const MOST_BYTES: usize = 64 << 20;
