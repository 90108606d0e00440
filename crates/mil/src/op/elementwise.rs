//! Element-by-element operations.

use crate::{TensorType, ValueId};

/// Functions of one element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryKind {
    /// max(x, 0).
    Relu,
    /// 1 / (1 + e^-x).
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// e^x.
    Exp,
    /// 2^x.
    Exp2,
    /// ln(1 + e^x).
    Softplus,
    /// |x|.
    Abs,
    /// x * x.
    Square,
}

impl UnaryKind {
    /// Every kind, for tests and tables.
    pub const ALL: [Self; 8] = [
        Self::Relu,
        Self::Sigmoid,
        Self::Tanh,
        Self::Exp,
        Self::Exp2,
        Self::Softplus,
        Self::Abs,
        Self::Square,
    ];

    /// The name MIL text uses.
    #[must_use]
    pub fn mil_name(self) -> &'static str {
        match self {
            Self::Relu => "relu",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
            Self::Exp => "exp",
            Self::Exp2 => "exp2",
            Self::Softplus => "softplus",
            Self::Abs => "abs",
            Self::Square => "square",
        }
    }
}

/// A function of one tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unary {
    /// Which function.
    pub kind: UnaryKind,
    /// Its argument.
    pub x: ValueId,
}

/// Functions of two elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryKind {
    /// x + y.
    Add,
    /// x - y.
    Sub,
    /// x * y.
    Mul,
    /// x / y.
    RealDiv,
    /// The larger.
    Maximum,
    /// The smaller.
    Minimum,
}

impl BinaryKind {
    /// Every kind, for tests and tables.
    pub const ALL: [Self; 6] = [
        Self::Add,
        Self::Sub,
        Self::Mul,
        Self::RealDiv,
        Self::Maximum,
        Self::Minimum,
    ];

    /// The name MIL text uses.
    #[must_use]
    pub fn mil_name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Sub => "sub",
            Self::Mul => "mul",
            Self::RealDiv => "real_div",
            Self::Maximum => "maximum",
            Self::Minimum => "minimum",
        }
    }
}

/// A function of two tensors of one type. Shapes are aligned at the innermost dimension; a
/// dimension of 1 is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Binary {
    /// Which function.
    pub kind: BinaryKind,
    /// First operand.
    pub x: ValueId,
    /// Second operand.
    pub y: ValueId,
}

/// Limits every element to `alpha..=beta`. Both are finite, alpha <= beta, and are printed in the
/// type of `x`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clip {
    /// The tensor.
    pub x: ValueId,
    /// Lower limit.
    pub alpha: f32,
    /// Upper limit.
    pub beta: f32,
}

impl Clip {
    pub(super) fn infer(&self, x: &TensorType) -> Result<TensorType, String> {
        let limit = match x.data_type {
            crate::DataType::Fp16 => half::f16::MAX.to_f32(),
            _ => f32::MAX,
        };
        if !(-limit <= self.alpha && self.alpha <= self.beta && self.beta <= limit) {
            return Err(format!(
                "alpha {} and beta {} must be finite in {} with alpha <= beta",
                self.alpha, self.beta, x.data_type
            ));
        }
        infer_unary(x)
    }
}

pub(super) fn infer_unary(x: &TensorType) -> Result<TensorType, String> {
    if x.data_type.is_float() {
        Ok(x.clone())
    } else {
        Err(format!("x is {x}, it must be fp16 or fp32"))
    }
}

pub(super) fn infer_binary(x: &TensorType, y: &TensorType) -> Result<TensorType, String> {
    if !x.data_type.is_float() || x.data_type != y.data_type {
        return Err(format!("x is {x} and y {y}: both must be one float type"));
    }
    let rank = x.shape.len().max(y.shape.len());
    let dim = |shape: &[usize], axis: usize| {
        (axis + shape.len())
            .checked_sub(rank)
            .map_or(1, |at| shape[at])
    };
    let shape = (0..rank)
        .map(|axis| match (dim(&x.shape, axis), dim(&y.shape, axis)) {
            (a, b) if a == b => Ok(a),
            (1, other) | (other, 1) => Ok(other),
            _ => Err(format!(
                "x is {x} and y {y}: the shapes cannot be broadcast"
            )),
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(TensorType::new(x.data_type, shape))
}
