//! Types of MIL text.

/// Type of one element or of a value of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// IEEE 754 binary16.
    Fp16,
    /// IEEE 754 binary32.
    Fp32,
    /// IEEE 754 binary64.
    Fp64,
    /// Upper half of an fp32.
    Bf16,
    /// Truth value.
    Bool,
    /// Text.
    String,
    /// Signed, 4 bits.
    Int4,
    /// Signed, 8 bits.
    Int8,
    /// Signed, 16 bits.
    Int16,
    /// Signed, 32 bits.
    Int32,
    /// Signed, 64 bits.
    Int64,
    /// Unsigned, 1 bit.
    Uint1,
    /// Unsigned, 2 bits.
    Uint2,
    /// Unsigned, 3 bits.
    Uint3,
    /// Unsigned, 4 bits.
    Uint4,
    /// Unsigned, 6 bits.
    Uint6,
    /// Unsigned, 8 bits.
    Uint8,
    /// Unsigned, 16 bits.
    Uint16,
    /// Unsigned, 32 bits.
    Uint32,
    /// Unsigned, 64 bits.
    Uint64,
}

impl Scalar {
    /// Every one, for tests and tables.
    pub const ALL: [Self; 20] = [
        Self::Fp16,
        Self::Fp32,
        Self::Fp64,
        Self::Bf16,
        Self::Bool,
        Self::String,
        Self::Int4,
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::Uint1,
        Self::Uint2,
        Self::Uint3,
        Self::Uint4,
        Self::Uint6,
        Self::Uint8,
        Self::Uint16,
        Self::Uint32,
        Self::Uint64,
    ];

    /// The name MIL text uses.
    #[must_use]
    pub fn mil_name(self) -> &'static str {
        match self {
            Self::Fp16 => "fp16",
            Self::Fp32 => "fp32",
            Self::Fp64 => "fp64",
            Self::Bf16 => "bf16",
            Self::Bool => "bool",
            Self::String => "string",
            Self::Int4 => "int4",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint1 => "uint1",
            Self::Uint2 => "uint2",
            Self::Uint3 => "uint3",
            Self::Uint4 => "uint4",
            Self::Uint6 => "uint6",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
        }
    }

    /// The scalar of a name; `None` if there is none.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.mil_name() == name)
    }
}

/// A dimension of a tensor, or the length of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dim {
    /// A fixed number.
    Fixed(u64),
    /// `?`: known only when the program runs.
    Unknown,
}

/// A type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `fp16`: the short dialect's spelling of a tensor without dimensions.
    Scalar(Scalar),
    /// `tensor<fp16, [1, ?]>`.
    Tensor {
        /// Element type.
        element: Scalar,
        /// Dimensions, outermost first.
        shape: Vec<Dim>,
    },
    /// `state<tensor<...>>`.
    State(Box<Type>),
    /// `dict<key, value>`.
    Dict(Box<Type>, Box<Type>),
    /// `tuple<a, b>`.
    Tuple(Vec<Type>),
    /// `list<element, length>`.
    List(Box<Type>, Dim),
}

impl Type {
    /// A tensor of fixed shape.
    #[must_use]
    pub fn tensor(element: Scalar, shape: &[usize]) -> Self {
        let shape = shape.iter().map(|&dim| Dim::Fixed(dim as u64)).collect();
        Self::Tensor { element, shape }
    }

    /// Element type and shape of a scalar or a tensor.
    #[must_use]
    pub fn as_tensor(&self) -> Option<(Scalar, &[Dim])> {
        match self {
            Self::Scalar(scalar) => Some((*scalar, &[])),
            Self::Tensor { element, shape } => Some((*element, shape)),
            _ => None,
        }
    }
}
