//! Element types of blob storage.

/// Element type of a stored tensor. The discriminants are the codes in the file
/// (`BlobDataType` in coremltools' `BlobDataType.hpp`; its two 8-bit floats, 16 and 17, are not
/// known here).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum BlobDataType {
    /// IEEE 754 binary16.
    Fp16 = 1,
    /// IEEE 754 binary32.
    Fp32 = 2,
    /// Unsigned byte.
    Uint8 = 3,
    /// Signed byte.
    Int8 = 4,
    /// Upper half of an fp32.
    Bf16 = 5,
    /// Signed, 16 bits.
    Int16 = 6,
    /// Unsigned, 16 bits.
    Uint16 = 7,
    /// Signed, 4 bits, packed from the low bits up.
    Int4 = 8,
    /// Unsigned, 1 bit, packed.
    Uint1 = 9,
    /// Unsigned, 2 bits, packed.
    Uint2 = 10,
    /// Unsigned, 4 bits, packed.
    Uint4 = 11,
    /// Unsigned, 3 bits, packed.
    Uint3 = 12,
    /// Unsigned, 6 bits, packed.
    Uint6 = 13,
    /// Signed, 32 bits.
    Int32 = 14,
    /// Unsigned, 32 bits.
    Uint32 = 15,
}

impl BlobDataType {
    /// Every type known here, in the order of the codes.
    pub const ALL: [Self; 15] = [
        Self::Fp16,
        Self::Fp32,
        Self::Uint8,
        Self::Int8,
        Self::Bf16,
        Self::Int16,
        Self::Uint16,
        Self::Int4,
        Self::Uint1,
        Self::Uint2,
        Self::Uint4,
        Self::Uint3,
        Self::Uint6,
        Self::Int32,
        Self::Uint32,
    ];

    /// The code in the file.
    #[must_use]
    pub fn code(self) -> u32 {
        self as u32
    }

    /// The type of a code; `None` if there is none.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|ty| ty.code() == code)
    }

    /// Size of one element in bits.
    #[must_use]
    pub fn bits(self) -> u64 {
        match self {
            Self::Uint1 => 1,
            Self::Uint2 => 2,
            Self::Uint3 => 3,
            Self::Int4 | Self::Uint4 => 4,
            Self::Uint6 => 6,
            Self::Uint8 | Self::Int8 => 8,
            Self::Fp16 | Self::Bf16 | Self::Int16 | Self::Uint16 => 16,
            Self::Fp32 | Self::Int32 | Self::Uint32 => 32,
        }
    }
}
