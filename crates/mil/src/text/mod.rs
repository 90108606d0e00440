//! MIL text: programs as trees, trees as text, and back.

mod dialect;
mod document;
mod hex_float;
mod lower;
mod parser;
pub mod syntax;

pub use dialect::Dialect;
pub use lower::LowerError;
pub use parser::ParseError;

pub(crate) use lower::{constant_of, tensor_type_of};

use crate::Program;
use syntax::Document;

/// Where the program's blob constants are found, relative to the compiled model.
pub const WEIGHT_FILE_PATH: &str = "@model_path/weights/weight.bin";

/// Why a text is no program of ours.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// It is no MIL text.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// It holds what a [`Program`] cannot.
    #[error(transparent)]
    Lower(#[from] LowerError),
}

impl Program {
    /// The program as MIL text (UTF-8, ends with a newline). The same program and dialect give the
    /// same bytes.
    #[must_use]
    pub fn to_text(&self, dialect: Dialect) -> String {
        self.to_document(dialect).to_string()
    }

    /// Reads a program of the operations that are known here, in either dialect.
    ///
    /// # Errors
    /// The first place where the text departs from the grammar, or the first statement that cannot
    /// be kept.
    pub fn from_text(text: &str) -> Result<Self, TextError> {
        Ok(Document::parse(text)?.to_program()?)
    }
}
