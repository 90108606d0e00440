//! `const`.

use crate::{DataType, Literal, TensorType};

/// Where the elements of a constant stand.
#[derive(Clone, Debug, PartialEq)]
pub enum Constant {
    /// In the program itself.
    Literal(Literal),
    /// In the weight blob.
    Blob {
        /// Offset in bytes of the tensor's *metadata record* in the blob file, not of its payload.
        offset: u64,
    },
}

impl Constant {
    pub(super) fn check(&self, declared: &TensorType) -> Result<(), String> {
        match self {
            Self::Literal(literal) => check_literal(literal, declared),
            Self::Blob { offset } => check_blob(*offset, declared),
        }
    }
}

fn check_literal(literal: &Literal, declared: &TensorType) -> Result<(), String> {
    if literal.data_type() != declared.data_type {
        return Err(format!(
            "it holds {} elements, but {declared} is declared",
            literal.data_type()
        ));
    }
    if literal.element_count() != declared.element_count() {
        return Err(format!(
            "it holds {} elements, but {declared} needs {}",
            literal.element_count(),
            declared.element_count()
        ));
    }
    if declared.data_type == DataType::String && !declared.shape.is_empty() {
        return Err("a string constant must be a scalar".into());
    }
    if !literal.is_finite() {
        return Err("NaN and infinity cannot be written out; put the tensor into the blob".into());
    }
    Ok(())
}

fn check_blob(offset: u64, declared: &TensorType) -> Result<(), String> {
    if !declared.data_type.is_float() {
        return Err(format!(
            "a blob constant must be fp16 or fp32, not {}",
            declared.data_type
        ));
    }
    if declared.shape.is_empty() {
        return Err("a scalar belongs into the text, not into the blob".into());
    }
    if offset < 64 {
        return Err(format!(
            "blob offset {offset} lies in the file header; records start at 64"
        ));
    }
    Ok(())
}
