//! Operations: which arguments there are, and what is given to them.

use super::{Lowerer, constant};
use crate::op::{Binary, Clip, Concat, Unary};
use crate::text::syntax::{Binding, Payload, Statement, Type};
use crate::{BinaryKind, Conv, DataType, Literal, Op, PadType, TensorType, UnaryKind, ValueId};

/// The arguments of an operation.
#[derive(Clone, Copy)]
pub(super) struct Signature {
    /// Tensors.
    operands: &'static [&'static str],
    /// What is given as a constant.
    parameters: &'static [&'static str],
}

impl Signature {
    /// Of an operation that is known here, constants apart.
    pub(super) fn of(op: &str) -> Option<Self> {
        let signature = |operands, parameters| {
            Some(Self {
                operands,
                parameters,
            })
        };
        match op {
            "conv" => signature(
                &["x", "weight", "bias"],
                &["strides", "pad_type", "pad", "dilations", "groups"],
            ),
            "clip" => signature(&["x"], &["alpha", "beta"]),
            "concat" => signature(&["values"], &["axis", "interleave"]),
            _ if unary(op).is_some() => signature(&["x"], &[]),
            _ if binary(op).is_some() => signature(&["x", "y"], &[]),
            _ => None,
        }
    }

    pub(super) fn is_parameter(self, argument: &str) -> bool {
        self.parameters.contains(&argument)
    }

    /// Refuses arguments that the operation has not, and those that are given twice.
    pub(super) fn check(self, statement: &Statement) -> Result<(), String> {
        let mut seen = Vec::new();
        for argument in &statement.arguments {
            let name = argument.name.as_str();
            if !self.is_parameter(name) && !self.operands.contains(&name) {
                return Err(format!("{} has no argument {name}", statement.op));
            }
            if seen.contains(&name) {
                return Err(format!("the argument {name} is given twice"));
            }
            seen.push(name);
        }
        Ok(())
    }
}

fn unary(op: &str) -> Option<UnaryKind> {
    UnaryKind::ALL.into_iter().find(|k| k.mil_name() == op)
}

fn binary(op: &str) -> Option<BinaryKind> {
    BinaryKind::ALL.into_iter().find(|k| k.mil_name() == op)
}

impl Lowerer<'_> {
    /// The operation of a statement that its signature took.
    pub(super) fn operation(&self, statement: &Statement) -> Result<Op, String> {
        let op = statement.op.as_str();
        if let Some(kind) = unary(op) {
            let x = self.operand(statement, "x")?;
            return Ok(Op::Unary(Unary { kind, x }));
        }
        if let Some(kind) = binary(op) {
            let (x, y) = (self.operand(statement, "x")?, self.operand(statement, "y")?);
            return Ok(Op::Binary(Binary { kind, x, y }));
        }
        match op {
            "conv" => self.conv(statement),
            "clip" => Ok(Op::Clip(Clip {
                x: self.operand(statement, "x")?,
                alpha: self.float(statement, "alpha")?,
                beta: self.float(statement, "beta")?,
            })),
            _ => self.concat(statement),
        }
    }

    /// Parameters that are left out have the defaults of coremltools 9.0.
    fn conv(&self, statement: &Statement) -> Result<Op, String> {
        let bias = match statement.argument("bias") {
            Some(_) => Some(self.operand(statement, "bias")?),
            None => None,
        };
        let default = Conv::new(
            self.operand(statement, "x")?,
            self.operand(statement, "weight")?,
        );
        let [groups] = (self.size(statement, "groups")?).unwrap_or([default.groups]);
        Ok(Op::Conv(Conv {
            bias,
            strides: self.list(statement, "strides")?.unwrap_or(default.strides),
            pad_type: self.pad_type(statement)?.unwrap_or(default.pad_type),
            pad: self.list(statement, "pad")?.unwrap_or(default.pad),
            dilations: self
                .list(statement, "dilations")?
                .unwrap_or(default.dilations),
            groups,
            ..default
        }))
    }

    fn pad_type(&self, statement: &Statement) -> Result<Option<PadType>, String> {
        let ty = TensorType::scalar(DataType::String);
        let Some(Literal::String(name)) = self.parameter(statement, "pad_type", &[ty])? else {
            return Ok(None);
        };
        let kinds = [
            PadType::Valid,
            PadType::Custom,
            PadType::Same,
            PadType::SameLower,
        ];
        let kind = kinds.into_iter().find(|kind| kind.mil_name() == name);
        kind.map(Some).ok_or_else(|| {
            format!("pad_type {name:?} is not known; there are valid, custom, same and same_lower")
        })
    }

    fn concat(&self, statement: &Statement) -> Result<Op, String> {
        let values = match statement.argument("values") {
            Some(Binding::Names(names)) => names
                .iter()
                .map(|name| self.value(name))
                .collect::<Result<Vec<_>, _>>()?,
            _ => return Err("concat needs values = (names of tensors)".to_owned()),
        };
        let flag = TensorType::scalar(DataType::Bool);
        if let Some(Literal::Bool(flags)) = self.parameter(statement, "interleave", &[flag])?
            && flags.contains(&true)
        {
            return Err("interleave = true is not known here".to_owned());
        }
        let int = TensorType::scalar(DataType::Int32);
        let Some(Literal::Int32(axis)) = self.parameter(statement, "axis", &[int])? else {
            return Err("concat needs an axis".to_owned());
        };
        let axis = i64::from(axis.first().copied().unwrap_or_default());
        let first = values.first().map(|id| &self.parts.values[id.index()]);
        let rank = first.map_or(0, |value| value.ty.shape.len()) as i64;
        // Negative ones count from the innermost dimension.
        let outermost = if axis < 0 { axis + rank } else { axis };
        let axis = usize::try_from(outermost)
            .map_err(|_| format!("axis {axis} does not exist in a tensor of {rank} dimensions"))?;
        Ok(Op::Concat(Concat { values, axis }))
    }

    fn operand(&self, statement: &Statement, argument: &str) -> Result<ValueId, String> {
        match statement.argument(argument) {
            Some(Binding::Name(name)) => self.value(name),
            Some(_) => Err(format!("{argument} must be the name of a value")),
            None => Err(format!("{} needs the argument {argument}", statement.op)),
        }
    }

    fn value(&self, name: &str) -> Result<ValueId, String> {
        let id = self.ids.get(name).copied();
        id.ok_or_else(|| format!("`{name}` is read, and no statement before this one defines it"))
    }

    fn float(&self, statement: &Statement, argument: &str) -> Result<f32, String> {
        let types = [DataType::Fp16, DataType::Fp32].map(TensorType::scalar);
        match self.parameter(statement, argument, &types)? {
            Some(Literal::Fp16(values)) => Ok(values.first().map_or(0.0, |v| v.to_f32())),
            Some(Literal::Fp32(values)) => Ok(values.first().copied().unwrap_or_default()),
            _ => Err(format!("{} needs the argument {argument}", statement.op)),
        }
    }

    /// A parameter of `N` elements in a list.
    fn list<const N: usize>(
        &self,
        statement: &Statement,
        argument: &str,
    ) -> Result<Option<[usize; N]>, String> {
        let ty = TensorType::new(DataType::Int32, [N]);
        sizes(self.parameter(statement, argument, &[ty])?, argument)
    }

    /// A scalar parameter.
    fn size(&self, statement: &Statement, argument: &str) -> Result<Option<[usize; 1]>, String> {
        let ty = TensorType::scalar(DataType::Int32);
        sizes(self.parameter(statement, argument, &[ty])?, argument)
    }

    /// A parameter of one of `types`; a bare literal is taken for the last of them.
    fn parameter(
        &self,
        statement: &Statement,
        argument: &str,
        types: &[TensorType],
    ) -> Result<Option<Literal>, String> {
        let (ty, payload): (Option<&Type>, &Payload) = match statement.argument(argument) {
            None => return Ok(None),
            Some(Binding::Name(name)) => {
                let value = self.constants.get(name.as_str()).ok_or_else(|| {
                    format!("{argument} must be a constant, which `{name}` is not before this line")
                })?;
                (Some(&value.ty), &value.payload)
            }
            Some(Binding::Value(value)) => (Some(&value.ty), &value.payload),
            Some(Binding::Literal(payload)) => (None, payload),
            Some(Binding::Names(_)) => {
                return Err(format!("{argument} must be one constant"));
            }
        };
        let Some(last) = types.last() else {
            return Ok(None);
        };
        let ty = ty.map(constant::tensor_type).transpose()?;
        let ty = ty.unwrap_or_else(|| last.clone());
        if !types.contains(&ty) {
            return Err(format!("{argument} is {ty}, it must be {last}"));
        }
        let literal = constant::literal(payload, &ty);
        literal
            .map(Some)
            .map_err(|reason| format!("{argument}: {reason}"))
    }
}

fn sizes<const N: usize>(
    literal: Option<Literal>,
    argument: &str,
) -> Result<Option<[usize; N]>, String> {
    let Some(Literal::Int32(values)) = literal else {
        return Ok(None);
    };
    let sizes: Result<Vec<usize>, _> = values.iter().map(|&v| usize::try_from(v)).collect();
    let sizes = sizes.map_err(|_| format!("{argument} must not be negative"))?;
    Ok(<[usize; N]>::try_from(sizes).ok())
}
