//! Values of MIL text.

use super::Type;

/// `type(payload)`.
#[derive(Clone, Debug, PartialEq)]
pub struct TypedValue {
    /// The type.
    pub ty: Type,
    /// What stands in the parentheses.
    pub payload: Payload,
}

impl TypedValue {
    /// The text of a string.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.payload {
            Payload::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// What a value holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// A number without point and exponent.
    Integer(i128),
    /// A number with point or exponent, hexadecimal or decimal, or an infinity. Hexadecimal ones are
    /// exact, decimal ones the nearest.
    Float(f64),
    /// `true`, `false`.
    Bool(bool),
    /// A text in quotes.
    Text(String),
    /// `[a, b]`, one dimension of a tensor or a list.
    List(Vec<Payload>),
    /// `(a, b)`.
    Tuple(Vec<Payload>),
    /// `{{key, value}, ...}`.
    Dict(Vec<(Payload, Payload)>),
    /// `BLOBFILE(path = ..., offset = ...)`.
    Blob(Box<BlobFile>),
}

/// A tensor in a weight file.
#[derive(Clone, Debug, PartialEq)]
pub struct BlobFile {
    /// Path of the file: a string.
    pub path: TypedValue,
    /// Offset in bytes of the tensor's metadata record: a uint64.
    pub offset: TypedValue,
}
