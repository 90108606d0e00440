//! Operations and the shape and type each one yields.
//!
//! Operands that are tensors are [`ValueId`]s; parameters that MIL passes as small named constants
//! (strides, axes, bounds) are plain fields, and the printer writes the constants out.
//! Names, arguments and rules follow coremltools 9.0, `converters/mil/mil/ops/defs/iOS15`.

mod concat;
mod constant;
mod conv;
mod elementwise;

pub use concat::Concat;
pub use constant::Constant;
pub use conv::{Conv, PadType};
pub use elementwise::{Binary, BinaryKind, Clip, Unary, UnaryKind};

use crate::{TensorType, ValueId};

/// One operation with its operands and parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// A constant; its type is the one declared for its value.
    Const(Constant),
    /// Two-dimensional convolution.
    Conv(Conv),
    /// Function of one tensor, element by element.
    Unary(Unary),
    /// Function of two tensors, element by element, with broadcasting.
    Binary(Binary),
    /// Limits every element to a range.
    Clip(Clip),
    /// Joins tensors along one axis.
    Concat(Concat),
}

impl Op {
    /// The name MIL text uses.
    #[must_use]
    pub fn mil_name(&self) -> &'static str {
        match self {
            Self::Const(_) => "const",
            Self::Conv(_) => "conv",
            Self::Unary(unary) => unary.kind.mil_name(),
            Self::Binary(binary) => binary.kind.mil_name(),
            Self::Clip(_) => "clip",
            Self::Concat(_) => "concat",
        }
    }

    /// The values it reads.
    #[must_use]
    pub fn operands(&self) -> Vec<ValueId> {
        match self {
            Self::Const(_) => Vec::new(),
            Self::Conv(conv) => [conv.x, conv.weight].into_iter().chain(conv.bias).collect(),
            Self::Unary(unary) => vec![unary.x],
            Self::Binary(binary) => vec![binary.x, binary.y],
            Self::Clip(clip) => vec![clip.x],
            Self::Concat(concat) => concat.values.clone(),
        }
    }

    /// The type of its result, given the declared type (for constants) and those of its operands
    /// in the order of [`Self::operands`]; or what is wrong with them.
    pub(crate) fn infer(
        &self,
        declared: &TensorType,
        operands: &[&TensorType],
    ) -> Result<TensorType, String> {
        match (self, operands) {
            (Self::Const(constant), []) => constant.check(declared).map(|()| declared.clone()),
            (Self::Conv(conv), [x, weight]) => conv.infer(x, weight, None),
            (Self::Conv(conv), [x, weight, bias]) => conv.infer(x, weight, Some(bias)),
            (Self::Unary(_), [x]) => elementwise::infer_unary(x),
            (Self::Binary(_), [x, y]) => elementwise::infer_binary(x, y),
            (Self::Clip(clip), [x]) => clip.infer(x),
            (Self::Concat(concat), values) => concat.infer(values),
            _ => Err(format!("it cannot take {} operands", operands.len())),
        }
    }
}
