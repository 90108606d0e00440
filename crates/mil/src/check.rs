//! The checker: names, definitions before uses, shapes and types.

use std::collections::HashSet;

use crate::blob::{BlobDataType, BlobError};
use crate::{Constant, DataType, Op, ProgramParts, TensorType, ValueId, Weights};

/// Most elements a tensor may have: 2^31 - 1, so that every index fits the int32 MIL computes with.
const MAX_ELEMENTS: usize = i32::MAX as usize;

/// Most dimensions a tensor may have (coremltools 9.0, `Program._check_invalid_tensor_rank`).
const MAX_RANK: usize = 5;

/// What is wrong with a program.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// A name MIL text cannot hold.
    #[error(
        "`{name}` is no valid name: use an ASCII letter or `_`, then letters, digits and `_`, and \
         no word that MIL reserves"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// Two values of one name.
    #[error("`{name}` names two values: give each its own name")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A dimension of 0, or more elements than an int32 counts.
    #[error("`{name}` is {ty}: every dimension must be at least 1, all together below 2^31")]
    Size {
        /// The value's name.
        name: String,
        /// Its type.
        ty: TensorType,
    },
    /// More dimensions than MIL knows.
    #[error("`{name}` is {ty}: a tensor has at most {MAX_RANK} dimensions")]
    Rank {
        /// The value's name.
        name: String,
        /// Its type.
        ty: TensorType,
    },
    /// An id outside the program.
    #[error("value {index} does not exist: use ids of this program only")]
    UnknownValue {
        /// The id's index.
        index: usize,
    },
    /// A value that is an input and a result, or the result of two statements.
    #[error("`{name}` is defined twice")]
    Redefined {
        /// The value's name.
        name: String,
    },
    /// A value read before the statement that defines it.
    #[error("`{name}` is used before it is defined: order the statements")]
    Undefined {
        /// The value's name.
        name: String,
    },
    /// Operands or parameters an operation cannot take.
    #[error("`{name}` ({op}): {reason}")]
    Operation {
        /// The result's name.
        name: String,
        /// The operation's MIL name.
        op: &'static str,
        /// What is wrong and what is needed.
        reason: String,
    },
    /// A result declared with another type than its operation yields.
    #[error("`{name}` ({op}) is declared as {declared}, but the operation yields {inferred}")]
    Declared {
        /// The result's name.
        name: String,
        /// The operation's MIL name.
        op: &'static str,
        /// Declared type.
        declared: TensorType,
        /// Inferred type.
        inferred: TensorType,
    },
    /// An input that is a scalar or no float tensor.
    #[error("input `{name}` is {ty}: inputs must be fp16 or fp32, of at least one dimension")]
    Input {
        /// The input's name.
        name: String,
        /// Its type.
        ty: TensorType,
    },
    /// No output.
    #[error("the program has no output: mark at least one value as output")]
    NoOutput,
    /// An output listed twice.
    #[error("output `{name}` is listed twice: list it once and read it twice")]
    RepeatedOutput {
        /// The value's name.
        name: String,
    },
    /// An output that is a constant or an input.
    #[error("output `{name}` is no result of a computation: no device accepts that")]
    Output {
        /// The value's name.
        name: String,
    },
    /// A blob constant without a sound record.
    #[error("`{name}`: {source}")]
    Blob {
        /// The constant's name.
        name: String,
        /// What the reader says.
        source: BlobError,
    },
    /// A blob constant whose record is of another type or size.
    #[error("`{name}` is {declared}, but its record holds {count} elements of {found:?}")]
    BlobType {
        /// The constant's name.
        name: String,
        /// Declared type.
        declared: TensorType,
        /// The record's type.
        found: BlobDataType,
        /// The record's number of elements.
        count: u64,
    },
}

impl CheckError {
    /// The name of the value at fault.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Name { name }
            | Self::DuplicateName { name }
            | Self::Size { name, .. }
            | Self::Rank { name, .. }
            | Self::Redefined { name }
            | Self::Undefined { name }
            | Self::Operation { name, .. }
            | Self::Declared { name, .. }
            | Self::Input { name, .. }
            | Self::RepeatedOutput { name }
            | Self::Output { name }
            | Self::Blob { name, .. }
            | Self::BlobType { name, .. } => Some(name),
            Self::UnknownValue { .. } | Self::NoOutput => None,
        }
    }
}

pub(crate) fn check(parts: &ProgramParts) -> Result<(), CheckError> {
    let mut names = HashSet::new();
    for value in &parts.values {
        check_name(&value.name)?;
        check_size(&value.name, &value.ty)?;
        if !names.insert(value.name.as_str()) {
            return Err(CheckError::DuplicateName {
                name: value.name.clone(),
            });
        }
    }
    let mut defined = vec![false; parts.values.len()];
    for &input in &parts.inputs {
        define(parts, &mut defined, input)?;
        let value = &parts.values[input.index()];
        check_input(&value.name, &value.ty)?;
    }
    for operation in &parts.operations {
        for operand in operation.op.operands() {
            known(parts, operand)?;
            if !defined[operand.index()] {
                return Err(CheckError::Undefined {
                    name: name_of(parts, operand),
                });
            }
        }
        known(parts, operation.result)?;
        let declared = &parts.values[operation.result.index()].ty;
        let name = name_of(parts, operation.result);
        let inferred = infer(parts, &operation.op, &name, declared)?;
        if inferred != *declared {
            let (op, declared) = (operation.op.mil_name(), declared.clone());
            return Err(CheckError::Declared {
                name,
                op,
                declared,
                inferred,
            });
        }
        define(parts, &mut defined, operation.result)?;
    }
    check_outputs(parts, &defined)
}

/// The type `op` yields for a result called `name`; `declared` is only read for constants.
pub(crate) fn infer(
    parts: &ProgramParts,
    op: &Op,
    name: &str,
    declared: &TensorType,
) -> Result<TensorType, CheckError> {
    let ids = op.operands();
    let operands = ids
        .iter()
        .map(|&id| known(parts, id))
        .collect::<Result<Vec<_>, _>>()?;
    let inferred = op
        .infer(declared, &operands)
        .and_then(|inferred| check_constants(parts, op).map(|()| inferred))
        .map_err(|reason| CheckError::Operation {
            name: name.into(),
            op: op.mil_name(),
            reason,
        })?;
    check_size(name, &inferred)?;
    Ok(inferred)
}

/// Refuses a convolution whose weight or bias is an input or computed: coremltools declares the bias
/// with `const=True`, and a network's weight is never anything but a constant.
fn check_constants(parts: &ProgramParts, op: &Op) -> Result<(), String> {
    let Op::Conv(conv) = op else {
        return Ok(());
    };
    let is_constant = |id: ValueId| {
        let mut definitions = parts.operations.iter().filter(|o| o.result == id);
        definitions.any(|o| matches!(o.op, Op::Const(_)))
    };
    for (what, id) in [("weight", Some(conv.weight)), ("bias", conv.bias)] {
        if let Some(id) = id
            && !is_constant(id)
        {
            return Err(format!(
                "{what} `{}` is an input or computed, it must be a constant",
                name_of(parts, id)
            ));
        }
    }
    Ok(())
}

pub(crate) fn check_input(name: &str, ty: &TensorType) -> Result<(), CheckError> {
    if ty.data_type.is_float() && !ty.shape.is_empty() {
        return Ok(());
    }
    Err(CheckError::Input {
        name: name.into(),
        ty: ty.clone(),
    })
}

pub(crate) fn check_name(name: &str) -> Result<(), CheckError> {
    let mut bytes = name.bytes();
    let first = bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    let plain = first && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain && !RESERVED.contains(&name) {
        Ok(())
    } else {
        Err(CheckError::Name { name: name.into() })
    }
}

/// Words of MIL text that are no names (coremltools 9.0, `NameSanitizer.sanitize_name`).
const RESERVED: [&str; 24] = [
    "any", "bool", "program", "func", "tensor", "list", "dict", "tuple", "true", "false", "string",
    "bf16", "fp16", "fp32", "fp64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32",
    "uint64", "state",
];

pub(crate) fn check_size(name: &str, ty: &TensorType) -> Result<(), CheckError> {
    if ty.shape.len() > MAX_RANK {
        return Err(CheckError::Rank {
            name: name.into(),
            ty: ty.clone(),
        });
    }
    if ty.shape.contains(&0) || ty.element_count() > MAX_ELEMENTS {
        return Err(CheckError::Size {
            name: name.into(),
            ty: ty.clone(),
        });
    }
    Ok(())
}

pub(crate) fn check_weights(parts: &ProgramParts, weights: &Weights) -> Result<(), CheckError> {
    for operation in &parts.operations {
        let Op::Const(Constant::Blob { offset }) = operation.op else {
            continue;
        };
        let value = &parts.values[operation.result.index()];
        let name = &value.name;
        let tensor = weights.tensor(offset).map_err(|source| CheckError::Blob {
            name: name.clone(),
            source,
        })?;
        let expected = match value.ty.data_type {
            DataType::Fp16 => BlobDataType::Fp16,
            _ => BlobDataType::Fp32,
        };
        let (found, count) = (tensor.data_type(), tensor.element_count());
        if found != expected || count != value.ty.element_count() as u64 {
            let (name, declared) = (name.clone(), value.ty.clone());
            return Err(CheckError::BlobType {
                name,
                declared,
                found,
                count,
            });
        }
    }
    Ok(())
}

fn check_outputs(parts: &ProgramParts, defined: &[bool]) -> Result<(), CheckError> {
    if parts.outputs.is_empty() {
        return Err(CheckError::NoOutput);
    }
    let mut seen = HashSet::new();
    for &output in &parts.outputs {
        known(parts, output)?;
        let name = name_of(parts, output);
        if !defined[output.index()] {
            return Err(CheckError::Undefined { name });
        }
        if !seen.insert(output) {
            return Err(CheckError::RepeatedOutput { name });
        }
        let computed = parts
            .operations
            .iter()
            .any(|operation| operation.result == output && !matches!(operation.op, Op::Const(_)));
        if !computed {
            return Err(CheckError::Output { name });
        }
    }
    Ok(())
}

fn define(parts: &ProgramParts, defined: &mut [bool], id: ValueId) -> Result<(), CheckError> {
    known(parts, id)?;
    if std::mem::replace(&mut defined[id.index()], true) {
        return Err(CheckError::Redefined {
            name: name_of(parts, id),
        });
    }
    Ok(())
}

fn known(parts: &ProgramParts, id: ValueId) -> Result<&TensorType, CheckError> {
    parts
        .values
        .get(id.index())
        .map(|value| &value.ty)
        .ok_or(CheckError::UnknownValue { index: id.index() })
}

fn name_of(parts: &ProgramParts, id: ValueId) -> String {
    parts.values[id.index()].name.clone()
}
