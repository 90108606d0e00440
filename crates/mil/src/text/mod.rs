//! Printing a program as MIL text, laid out as Apple's compiler does.

mod literal;

use std::fmt::Write as _;

use crate::op::{Binary, Clip, Concat, Unary};
use crate::{Constant, Conv, DataType, Literal, Op, PadType, Program, TensorType, ValueId};
use literal::payload;

/// Where the program's blob constants are found, relative to the compiled model.
pub const WEIGHT_FILE_PATH: &str = "@model_path/weights/weight.bin";

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
    fn header(self) -> (&'static str, &'static str) {
        match self {
            Self::Ios16 => ("1.0", "ios16"),
            Self::Ios18 => ("1.3", "ios18"),
        }
    }

    fn scalar(self, name: &str) -> String {
        match self {
            Self::Ios16 => format!("tensor<{name}, []>"),
            Self::Ios18 => name.to_owned(),
        }
    }

    fn ty(self, ty: &TensorType) -> String {
        let name = ty.data_type.mil_name();
        if ty.shape.is_empty() {
            self.scalar(name)
        } else {
            format!("tensor<{name}, {:?}>", ty.shape)
        }
    }

    fn string(self, text: &str) -> String {
        format!("{}({})", self.scalar("string"), literal::quoted(text))
    }
}

impl Program {
    /// The program as MIL text (UTF-8, ends with a newline). The same program and dialect give the
    /// same bytes.
    #[must_use]
    pub fn to_text(&self, dialect: Dialect) -> String {
        let mut printer = Printer {
            program: self,
            dialect,
            text: String::new(),
        };
        printer.program();
        printer.text
    }
}

struct Printer<'a> {
    program: &'a Program,
    dialect: Dialect,
    text: String,
}

impl Printer<'_> {
    fn program(&mut self) {
        let (version, opset) = self.dialect.header();
        let string = self.dialect.scalar("string");
        let pairs: Vec<String> = (self.program.build_info().iter())
            .map(|(key, value)| format!("{{{}, {}}}", literal::quoted(key), literal::quoted(value)))
            .collect();
        let inputs: Vec<String> = self
            .program
            .inputs()
            .iter()
            .map(|&id| self.declaration(id))
            .collect();
        let outputs: Vec<&str> = self
            .program
            .outputs()
            .iter()
            .map(|&id| self.name(id))
            .collect();
        let head = format!(
            "program({version})\n[buildInfo = dict<{string}, {string}>({{{}}})]\n{{\n    func \
             main<{opset}>({}) {{\n",
            pairs.join(", "),
            inputs.join(", ")
        );
        let tail = format!("        }} -> ({});\n}}\n", outputs.join(", "));
        self.text.push_str(&head);
        for operation in self.program.operations() {
            self.operation(&operation.op, operation.result);
        }
        self.text.push_str(&tail);
    }

    fn operation(&mut self, op: &Op, result: ValueId) {
        let arguments = match op {
            Op::Const(constant) => return self.constant(constant, result),
            Op::Conv(conv) => self.conv(conv, result),
            Op::Unary(Unary { x, .. }) => vec![("x", self.name(*x).to_owned())],
            Op::Binary(Binary { x, y, .. }) => {
                vec![
                    ("x", self.name(*x).to_owned()),
                    ("y", self.name(*y).to_owned()),
                ]
            }
            Op::Clip(clip) => self.clip(clip, result),
            Op::Concat(concat) => self.concat(concat, result),
        };
        let arguments: Vec<String> = arguments
            .into_iter()
            .map(|(name, value)| format!("{name} = {value}"))
            .collect();
        let line = format!(
            "{} = {}({})[name = {}];",
            self.declaration(result),
            op.mil_name(),
            arguments.join(", "),
            self.dialect.string(self.name(result))
        );
        self.line(&line);
    }

    fn constant(&mut self, constant: &Constant, result: ValueId) {
        let ty = self.dialect.ty(self.ty(result));
        let value = match constant {
            Constant::Literal(literal) => payload(literal, &self.ty(result).shape),
            Constant::Blob { offset } => format!(
                "BLOBFILE(path = {}, offset = {}({offset}))",
                self.dialect.string(WEIGHT_FILE_PATH),
                self.dialect.scalar("uint64")
            ),
        };
        let name = self.dialect.string(self.name(result));
        let line = format!(
            "{} = const()[name = {name}, val = {ty}({value})];",
            self.declaration(result)
        );
        self.line(&line);
    }

    /// Arguments in alphabetical order, as Apple's compiler prints them.
    fn conv(&mut self, conv: &Conv, result: ValueId) -> Vec<(&'static str, String)> {
        let mut arguments = Vec::new();
        if let Some(bias) = conv.bias {
            arguments.push(("bias", self.name(bias).to_owned()));
        }
        // Apple's compiler always prints `pad`, of zeros where `pad_type` does not read it.
        let pad = if conv.pad_type == PadType::Custom {
            conv.pad
        } else {
            [0; 4]
        };
        let pad_type = Literal::String(conv.pad_type.mil_name().to_owned());
        let parameters = [
            ("dilations", integers(&conv.dilations)),
            ("groups", integers(&[conv.groups])),
            ("pad", integers(&pad)),
            ("pad_type", pad_type),
            ("strides", integers(&conv.strides)),
        ];
        for (name, literal) in parameters {
            let shape: &[usize] = match name {
                "pad" => &[4],
                "dilations" | "strides" => &[2],
                _ => &[],
            };
            arguments.push((name, self.parameter(result, name, shape, &literal)));
        }
        arguments.push(("weight", self.name(conv.weight).to_owned()));
        arguments.push(("x", self.name(conv.x).to_owned()));
        arguments
    }

    fn clip(&mut self, clip: &Clip, result: ValueId) -> Vec<(&'static str, String)> {
        let data_type = self.ty(clip.x).data_type;
        let literal = |limit: f32| match data_type {
            DataType::Fp16 => Literal::Fp16(vec![half::f16::from_f32(limit)]),
            _ => Literal::Fp32(vec![limit]),
        };
        vec![
            (
                "alpha",
                self.parameter(result, "alpha", &[], &literal(clip.alpha)),
            ),
            (
                "beta",
                self.parameter(result, "beta", &[], &literal(clip.beta)),
            ),
            ("x", self.name(clip.x).to_owned()),
        ]
    }

    fn concat(&mut self, concat: &Concat, result: ValueId) -> Vec<(&'static str, String)> {
        let values: Vec<&str> = concat.values.iter().map(|&id| self.name(id)).collect();
        let values = format!("({})", values.join(", "));
        let axis = self.parameter(result, "axis", &[], &integers(&[concat.axis]));
        let interleave = self.parameter(result, "interleave", &[], &Literal::Bool(vec![false]));
        vec![
            ("axis", axis),
            ("interleave", interleave),
            ("values", values),
        ]
    }

    /// Prints a parameter of the operation that yields `result` as a constant and returns its name.
    fn parameter(
        &mut self,
        result: ValueId,
        parameter: &str,
        shape: &[usize],
        literal: &Literal,
    ) -> String {
        let name = (0..)
            .map(|number: u32| format!("{}_{parameter}_{number}", self.name(result)))
            .find(|name| {
                self.program
                    .values()
                    .iter()
                    .all(|value| value.name != *name)
            })
            .unwrap_or_default();
        let ty = self
            .dialect
            .ty(&TensorType::new(literal.data_type(), shape));
        let quoted = self.dialect.string(&name);
        let value = payload(literal, shape);
        self.line(&format!(
            "{ty} {name} = const()[name = {quoted}, val = {ty}({value})];"
        ));
        name
    }

    fn line(&mut self, line: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "            {line}");
    }

    fn declaration(&self, id: ValueId) -> String {
        format!("{} {}", self.dialect.ty(self.ty(id)), self.name(id))
    }

    fn name(&self, id: ValueId) -> &str {
        &self.program.values()[id.index()].name
    }

    fn ty(&self, id: ValueId) -> &TensorType {
        &self.program.values()[id.index()].ty
    }
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
