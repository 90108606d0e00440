//! Constants written out in the program text.

use half::f16;

use crate::DataType;

/// Elements of a constant in row-major order; the value's [`crate::TensorType`] holds the shape.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// fp16 elements, all finite.
    Fp16(Vec<f16>),
    /// fp32 elements, all finite.
    Fp32(Vec<f32>),
    /// int32 elements.
    Int32(Vec<i32>),
    /// bool elements.
    Bool(Vec<bool>),
    /// One string, always a scalar.
    String(String),
}

impl Literal {
    /// Element type.
    #[must_use]
    pub fn data_type(&self) -> DataType {
        match self {
            Self::Fp16(_) => DataType::Fp16,
            Self::Fp32(_) => DataType::Fp32,
            Self::Int32(_) => DataType::Int32,
            Self::Bool(_) => DataType::Bool,
            Self::String(_) => DataType::String,
        }
    }

    /// Number of elements.
    #[must_use]
    pub fn element_count(&self) -> usize {
        match self {
            Self::Fp16(values) => values.len(),
            Self::Fp32(values) => values.len(),
            Self::Int32(values) => values.len(),
            Self::Bool(values) => values.len(),
            Self::String(_) => 1,
        }
    }

    /// Whether every element is finite; MIL text has no agreed spelling of NaN and infinity.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        match self {
            Self::Fp16(values) => values.iter().all(|v| v.is_finite()),
            Self::Fp32(values) => values.iter().all(|v| v.is_finite()),
            Self::Int32(_) | Self::Bool(_) | Self::String(_) => true,
        }
    }
}
