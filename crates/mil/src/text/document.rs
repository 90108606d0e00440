//! A program as a tree: parameters become named constants, arguments stand in alphabetical order,
//! both as Apple's compiler prints them.

use super::syntax::{
    Argument, Attribute, Binding, BlobFile, Declaration, Document, Function, Payload, Position,
    Scalar, Statement, Type, TypedValue,
};
use super::{Dialect, WEIGHT_FILE_PATH};
use crate::op::{Binary, Clip, Concat, Unary};
use crate::{Constant, Conv, DataType, Literal, Op, PadType, Program, TensorType, ValueId};

/// The only function of a program.
pub(super) const FUNCTION: &str = "main";

impl Program {
    /// The program as a tree of MIL text in `dialect`.
    #[must_use]
    pub fn to_document(&self, dialect: Dialect) -> Document {
        let mut raiser = Raiser {
            program: self,
            dialect,
            statements: Vec::new(),
        };
        for operation in self.operations() {
            raiser.operation(&operation.op, operation.result);
        }
        let names = |ids: &[ValueId]| ids.iter().map(|&id| raiser.name(id)).collect();
        let inputs = self.inputs().iter().map(|&id| raiser.declaration(id));
        let (inputs, outputs) = (inputs.collect(), names(self.outputs()));
        Document {
            version: dialect.version().to_owned(),
            attributes: vec![build_info(dialect, self.build_info())],
            functions: vec![Function {
                name: FUNCTION.to_owned(),
                opset: dialect.opset().to_owned(),
                inputs,
                attributes: Vec::new(),
                statements: raiser.statements,
                outputs,
                position: Position::default(),
            }],
        }
    }
}

fn build_info(dialect: Dialect, pairs: &[(String, String)]) -> Attribute {
    let string = || Box::new(dialect.ty(Scalar::String, &[]));
    let pairs = pairs.iter().map(|(key, value)| {
        let text = |text: &String| Payload::Text(text.clone());
        (text(key), text(value))
    });
    Attribute {
        name: "buildInfo".to_owned(),
        value: TypedValue {
            ty: Type::Dict(string(), string()),
            payload: Payload::Dict(pairs.collect()),
        },
    }
}

struct Raiser<'a> {
    program: &'a Program,
    dialect: Dialect,
    statements: Vec<Statement>,
}

impl Raiser<'_> {
    fn operation(&mut self, op: &Op, result: ValueId) {
        let arguments = match op {
            Op::Const(constant) => return self.constant(constant, result),
            Op::Conv(conv) => self.conv(conv, result),
            Op::Unary(Unary { x, .. }) => vec![self.operand("x", *x)],
            Op::Binary(Binary { x, y, .. }) => vec![self.operand("x", *x), self.operand("y", *y)],
            Op::Clip(clip) => self.clip(clip, result),
            Op::Concat(concat) => self.concat(concat, result),
        };
        let attributes = vec![self.name_attribute(&self.name(result))];
        self.statements.push(Statement {
            results: vec![self.declaration(result)],
            op: op.mil_name().to_owned(),
            arguments,
            attributes,
            position: Position::default(),
        });
    }

    fn constant(&mut self, constant: &Constant, result: ValueId) {
        let ty = self.ty(result);
        let payload = match constant {
            Constant::Literal(literal) => payload(literal, &ty.shape),
            Constant::Blob { offset } => Payload::Blob(Box::new(BlobFile {
                path: self.dialect.text(WEIGHT_FILE_PATH),
                offset: (self.dialect).value(Scalar::Uint64, Payload::Integer((*offset).into())),
            })),
        };
        let declaration = self.declaration(result);
        self.push_constant(declaration, payload);
    }

    fn push_constant(&mut self, declaration: Declaration, payload: Payload) {
        let name = self.name_attribute(&declaration.name);
        let value = Attribute {
            name: "val".to_owned(),
            value: TypedValue {
                ty: declaration.ty.clone(),
                payload,
            },
        };
        self.statements.push(Statement {
            results: vec![declaration],
            op: "const".to_owned(),
            arguments: Vec::new(),
            attributes: vec![name, value],
            position: Position::default(),
        });
    }

    fn conv(&mut self, conv: &Conv, result: ValueId) -> Vec<Argument> {
        // Apple's compiler always prints `pad`, of zeros where `pad_type` does not read it.
        let pad = if conv.pad_type == PadType::Custom {
            conv.pad
        } else {
            [0; 4]
        };
        let pad_type = Literal::String(conv.pad_type.mil_name().to_owned());
        let mut arguments: Vec<Argument> = conv
            .bias
            .iter()
            .map(|&bias| self.operand("bias", bias))
            .collect();
        arguments.extend([
            self.parameter(result, "dilations", &[2], &integers(&conv.dilations)),
            self.parameter(result, "groups", &[], &integers(&[conv.groups])),
            self.parameter(result, "pad", &[4], &integers(&pad)),
            self.parameter(result, "pad_type", &[], &pad_type),
            self.parameter(result, "strides", &[2], &integers(&conv.strides)),
            self.operand("weight", conv.weight),
            self.operand("x", conv.x),
        ]);
        arguments
    }

    fn clip(&mut self, clip: &Clip, result: ValueId) -> Vec<Argument> {
        let data_type = self.ty(clip.x).data_type;
        let literal = |limit: f32| match data_type {
            DataType::Fp16 => Literal::Fp16(vec![half::f16::from_f32(limit)]),
            _ => Literal::Fp32(vec![limit]),
        };
        vec![
            self.parameter(result, "alpha", &[], &literal(clip.alpha)),
            self.parameter(result, "beta", &[], &literal(clip.beta)),
            self.operand("x", clip.x),
        ]
    }

    fn concat(&mut self, concat: &Concat, result: ValueId) -> Vec<Argument> {
        let values = concat.values.iter().map(|&id| self.name(id)).collect();
        let interleave = Literal::Bool(vec![false]);
        vec![
            self.parameter(result, "axis", &[], &integers(&[concat.axis])),
            self.parameter(result, "interleave", &[], &interleave),
            Argument {
                name: "values".to_owned(),
                binding: Binding::Names(values),
            },
        ]
    }

    /// Makes a parameter of the operation that yields `result` a constant, and an argument of it.
    fn parameter(
        &mut self,
        result: ValueId,
        parameter: &str,
        shape: &[usize],
        literal: &Literal,
    ) -> Argument {
        let values = self.program.values();
        let name = (0..)
            .map(|number: u32| format!("{}_{parameter}_{number}", self.name(result)))
            .find(|name| values.iter().all(|value| value.name != *name))
            .unwrap_or_default();
        let declaration = Declaration {
            ty: self.dialect.ty(scalar(literal.data_type()), shape),
            name: name.clone(),
        };
        self.push_constant(declaration, payload(literal, shape));
        Argument {
            name: parameter.to_owned(),
            binding: Binding::Name(name),
        }
    }

    fn operand(&self, argument: &str, id: ValueId) -> Argument {
        Argument {
            name: argument.to_owned(),
            binding: Binding::Name(self.name(id)),
        }
    }

    fn name_attribute(&self, name: &str) -> Attribute {
        Attribute {
            name: "name".to_owned(),
            value: self.dialect.text(name),
        }
    }

    fn declaration(&self, id: ValueId) -> Declaration {
        let ty = self.ty(id);
        Declaration {
            ty: self.dialect.ty(scalar(ty.data_type), &ty.shape),
            name: self.name(id),
        }
    }

    fn name(&self, id: ValueId) -> String {
        self.program.values()[id.index()].name.clone()
    }

    fn ty(&self, id: ValueId) -> &TensorType {
        &self.program.values()[id.index()].ty
    }
}

fn scalar(data_type: DataType) -> Scalar {
    match data_type {
        DataType::Fp16 => Scalar::Fp16,
        DataType::Fp32 => Scalar::Fp32,
        DataType::Int32 => Scalar::Int32,
        DataType::Bool => Scalar::Bool,
        DataType::String => Scalar::String,
    }
}

/// One element, or nested lists by `shape`.
fn payload(literal: &Literal, shape: &[usize]) -> Payload {
    let mut items: Vec<Payload> = match literal {
        Literal::Fp16(values) => values.iter().map(|v| Payload::Float(v.to_f64())).collect(),
        Literal::Fp32(values) => values.iter().map(|&v| Payload::Float(v.into())).collect(),
        Literal::Int32(values) => values.iter().map(|&v| Payload::Integer(v.into())).collect(),
        Literal::Bool(values) => values.iter().map(|&v| Payload::Bool(v)).collect(),
        Literal::String(text) => vec![Payload::Text(text.clone())],
    };
    // Lists from the innermost dimension outwards.
    for &dim in shape.iter().rev() {
        let mut rows = Vec::with_capacity(items.len() / dim.max(1));
        let mut rest = items.into_iter().peekable();
        while rest.peek().is_some() {
            rows.push(Payload::List(rest.by_ref().take(dim).collect()));
        }
        items = rows;
    }
    items.pop().unwrap_or(Payload::List(items))
}

fn integers(values: &[usize]) -> Literal {
    // The checker lets no larger parameter pass.
    Literal::Int32(
        values
            .iter()
            .map(|&v| i32::try_from(v).unwrap_or(i32::MAX))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_nested_by_shape() {
        let six = Literal::Int32((1..=6).collect());
        let text = |shape: &[usize]| payload(&six, shape).to_string();
        assert_eq!(text(&[2, 3]), "[[1, 2, 3], [4, 5, 6]]");
        assert_eq!(text(&[6, 1]), "[[1], [2], [3], [4], [5], [6]]");
        assert_eq!(payload(&Literal::Bool(vec![true]), &[]).to_string(), "true");
    }
}
