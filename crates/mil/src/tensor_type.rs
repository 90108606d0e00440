//! Data types and tensor types.

use std::fmt;

/// Type of one element. MIL knows more; these are the ones a value of this IR can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    /// IEEE 754 binary16.
    Fp16,
    /// IEEE 754 binary32.
    Fp32,
    /// Signed 32-bit integer.
    Int32,
    /// Truth value.
    Bool,
    /// Text.
    String,
}

impl DataType {
    /// The name MIL text uses.
    #[must_use]
    pub fn mil_name(self) -> &'static str {
        match self {
            Self::Fp16 => "fp16",
            Self::Fp32 => "fp32",
            Self::Int32 => "int32",
            Self::Bool => "bool",
            Self::String => "string",
        }
    }

    /// Whether arithmetic operations take it.
    #[must_use]
    pub fn is_float(self) -> bool {
        matches!(self, Self::Fp16 | Self::Fp32)
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.mil_name())
    }
}

/// Element type and fixed shape of a tensor, outermost dimension first. An empty shape is a scalar.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TensorType {
    /// Element type.
    pub data_type: DataType,
    /// Dimensions, outermost first, each at least 1.
    pub shape: Vec<usize>,
}

impl TensorType {
    /// A tensor of `data_type` and `shape`.
    #[must_use]
    pub fn new(data_type: DataType, shape: impl Into<Vec<usize>>) -> Self {
        Self {
            data_type,
            shape: shape.into(),
        }
    }

    /// An fp16 tensor.
    #[must_use]
    pub fn fp16(shape: impl Into<Vec<usize>>) -> Self {
        Self::new(DataType::Fp16, shape)
    }

    /// An fp32 tensor.
    #[must_use]
    pub fn fp32(shape: impl Into<Vec<usize>>) -> Self {
        Self::new(DataType::Fp32, shape)
    }

    /// A scalar of `data_type`.
    #[must_use]
    pub fn scalar(data_type: DataType) -> Self {
        Self::new(data_type, [])
    }

    /// Number of elements; `usize::MAX` if it does not fit, which no checked program holds.
    #[must_use]
    pub fn element_count(&self) -> usize {
        self.shape
            .iter()
            .fold(1, |count: usize, &dim| count.saturating_mul(dim))
    }
}

impl fmt::Display for TensorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:?}", self.data_type, self.shape)
    }
}
