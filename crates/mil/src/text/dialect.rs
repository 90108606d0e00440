//! The two spellings of MIL text.

use super::syntax::{Payload, Scalar, Type, TypedValue};

/// The two spellings of MIL text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `program(1.0)`, `main<ios16>`, every scalar a tensor: reported to
    /// work on every chip.
    #[default]
    Ios16,
    /// `program(1.3)`, `main<ios18>`, short scalars: reported to be refused on M1
    /// and M2.
    Ios18,
}

impl Dialect {
    /// Both, for tests and tables.
    pub const ALL: [Self; 2] = [Self::Ios16, Self::Ios18];

    /// The number in `program(...)`: `1.0` or `1.3`.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::Ios16 => "1.0",
            Self::Ios18 => "1.3",
        }
    }

    /// The operation set of the function: `ios16` or `ios18`.
    #[must_use]
    pub fn opset(self) -> &'static str {
        match self {
            Self::Ios16 => "ios16",
            Self::Ios18 => "ios18",
        }
    }

    /// A type as this dialect spells it.
    pub(super) fn ty(self, element: Scalar, shape: &[usize]) -> Type {
        match self {
            Self::Ios18 if shape.is_empty() => Type::Scalar(element),
            _ => Type::tensor(element, shape),
        }
    }

    /// A scalar value.
    pub(super) fn value(self, element: Scalar, payload: Payload) -> TypedValue {
        TypedValue {
            ty: self.ty(element, &[]),
            payload,
        }
    }

    /// A text.
    pub(super) fn text(self, text: &str) -> TypedValue {
        self.value(Scalar::String, Payload::Text(text.to_owned()))
    }
}
