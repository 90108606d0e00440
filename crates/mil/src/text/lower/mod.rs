//! A tree as a checked program. Parameters that stand as named constants become fields again; names
//! of operations and attributes beside `buildInfo` are not kept.

mod constant;
mod error;
mod operation;

pub(crate) use constant::{constant as constant_of, tensor_type as tensor_type_of};
pub use error::LowerError;

use std::collections::{HashMap, HashSet};

use super::document::FUNCTION;
use super::syntax::{
    Attribute, Binding, Document, Function, Payload, Position, Statement, Type, TypedValue,
};
use crate::{CheckError, Op, Operation, Program, ProgramParts, TensorType, Value, ValueId};
use operation::Signature;

impl Document {
    /// The program that the tree describes, checked.
    ///
    /// # Errors
    /// The first thing that a [`Program`] cannot hold (an unknown operation, a flexible shape, several
    /// functions) or that its checker refuses, with its place in the text.
    pub fn to_program(&self) -> Result<Program, LowerError> {
        let [function] = self.functions.as_slice() else {
            let at = self.functions.get(1).map_or(START, |f| f.position);
            let reason = format!(
                "there are {} functions, there must be one",
                self.functions.len()
            );
            return Err(LowerError::Function { at, reason });
        };
        let mut lowerer = Lowerer::new(function)?;
        lowerer.parts.build_info = build_info(&self.attributes)?;
        lowerer.inputs()?;
        for statement in &function.statements {
            lowerer.statement(statement)?;
        }
        lowerer.outputs()?;
        let Lowerer { parts, places, .. } = lowerer;
        Program::from_parts(parts).map_err(|source| {
            let place = source.name().and_then(|name| places.get(name));
            let at = place.copied().unwrap_or(function.position);
            LowerError::Check { at, source }
        })
    }
}

const START: Position = Position { line: 1, column: 1 };

/// The pairs of the attribute `buildInfo`.
fn build_info(attributes: &[Attribute]) -> Result<Vec<(String, String)>, LowerError> {
    let Some(info) = attributes.iter().find(|a| a.name == "buildInfo") else {
        return Ok(Vec::new());
    };
    let pairs = match &info.value.payload {
        Payload::Dict(pairs) => pairs.iter().map(|pair| match pair {
            (Payload::Text(key), Payload::Text(value)) => Some((key.clone(), value.clone())),
            _ => None,
        }),
        _ => return Err(no_build_info()),
    };
    pairs.collect::<Option<_>>().ok_or_else(no_build_info)
}

fn no_build_info() -> LowerError {
    let reason = "buildInfo must be a dictionary of texts".to_owned();
    LowerError::Function { at: START, reason }
}

struct Lowerer<'a> {
    function: &'a Function,
    parts: ProgramParts,
    ids: HashMap<&'a str, ValueId>,
    /// Where each value was declared.
    places: HashMap<&'a str, Position>,
    /// The constants so far whose values stand in the text.
    constants: HashMap<&'a str, &'a TypedValue>,
    /// Constants that are read as parameters only.
    parameters: HashSet<&'a str>,
}

impl<'a> Lowerer<'a> {
    fn new(function: &'a Function) -> Result<Self, LowerError> {
        let refuse = |reason: String| LowerError::Function {
            at: function.position,
            reason,
        };
        if function.name != FUNCTION {
            let name = &function.name;
            return Err(refuse(format!(
                "the function is called `{name}`, not `{FUNCTION}`"
            )));
        }
        if let Some(attribute) = function.attributes.first() {
            let name = &attribute.name;
            return Err(refuse(format!(
                "the function's attribute {name} cannot be kept; shapes are fixed here"
            )));
        }
        Ok(Self {
            function,
            parts: ProgramParts::default(),
            ids: HashMap::new(),
            places: HashMap::new(),
            constants: HashMap::new(),
            parameters: parameters_only(function),
        })
    }

    fn inputs(&mut self) -> Result<(), LowerError> {
        for input in &self.function.inputs {
            let at = self.function.position;
            let ty = constant::tensor_type(&input.ty).map_err(|reason| LowerError::Statement {
                at,
                name: input.name.clone(),
                reason,
            })?;
            let id = self.declare(&input.name, ty, at)?;
            self.parts.inputs.push(id);
        }
        Ok(())
    }

    fn statement(&mut self, statement: &'a Statement) -> Result<(), LowerError> {
        let at = statement.position;
        let [result, more @ ..] = statement.results.as_slice() else {
            let reason = "a statement defines nothing".to_owned();
            return Err(LowerError::Function { at, reason });
        };
        let refuse = |reason: String| LowerError::Statement {
            at,
            name: result.name.clone(),
            reason,
        };
        let op = if statement.op == "const" {
            let constant = self.constant(statement, &result.ty).map_err(refuse)?;
            if self.parameters.contains(result.name.as_str()) {
                return Ok(());
            }
            Op::Const(constant)
        } else {
            let signature = Signature::of(&statement.op).ok_or_else(|| {
                let op = statement.op.clone();
                LowerError::UnknownOperation { at, op }
            })?;
            signature.check(statement).map_err(refuse)?;
            self.operation(statement).map_err(refuse)?
        };
        if !more.is_empty() {
            return Err(refuse("the operation has one result".to_owned()));
        }
        let ty = constant::tensor_type(&result.ty).map_err(refuse)?;
        let id = self.declare(&result.name, ty, at)?;
        self.parts.operations.push(Operation { op, result: id });
        Ok(())
    }

    /// The constant of a statement; what stands in the text is kept for parameters.
    fn constant(
        &mut self,
        statement: &'a Statement,
        declared: &Type,
    ) -> Result<crate::Constant, String> {
        let value = statement
            .attribute("val")
            .ok_or("a constant needs the attribute val")?;
        let (declared, ty) = (
            constant::tensor_type(declared)?,
            constant::tensor_type(&value.ty)?,
        );
        if declared != ty {
            return Err(format!("it is declared as {declared}, but its val is {ty}"));
        }
        if let [result] = statement.results.as_slice() {
            self.constants.insert(&result.name, value);
        }
        constant::constant(&value.payload, &ty)
    }

    fn outputs(&mut self) -> Result<(), LowerError> {
        for name in &self.function.outputs {
            let at = self.function.position;
            let id = self.ids.get(name.as_str()).ok_or_else(|| {
                let reason = format!("the output `{name}` is not defined");
                LowerError::Function { at, reason }
            })?;
            self.parts.outputs.push(*id);
        }
        Ok(())
    }

    fn declare(
        &mut self,
        name: &'a str,
        ty: TensorType,
        at: Position,
    ) -> Result<ValueId, LowerError> {
        let index = self.parts.values.len();
        let wrong = |source| LowerError::Check { at, source };
        let number = u32::try_from(index);
        let number = number.map_err(|_| wrong(CheckError::UnknownValue { index }))?;
        let id = ValueId::from_index(number);
        if self.ids.insert(name, id).is_some() {
            let name = name.to_owned();
            return Err(wrong(CheckError::DuplicateName { name }));
        }
        self.places.insert(name, at);
        let name = name.to_owned();
        self.parts.values.push(Value { name, ty });
        Ok(id)
    }
}

/// Names that only parameters are given.
fn parameters_only(function: &Function) -> HashSet<&str> {
    let mut parameters = HashSet::new();
    let mut operands: HashSet<&str> = function.outputs.iter().map(String::as_str).collect();
    for statement in &function.statements {
        let Some(signature) = Signature::of(&statement.op) else {
            continue;
        };
        for argument in &statement.arguments {
            let names = match &argument.binding {
                Binding::Name(name) => std::slice::from_ref(name),
                Binding::Names(names) => names,
                Binding::Value(_) | Binding::Literal(_) => continue,
            };
            let names = names.iter().map(String::as_str);
            match signature.is_parameter(&argument.name) {
                true => parameters.extend(names),
                false => operands.extend(names),
            }
        }
    }
    parameters.retain(|name| !operands.contains(name));
    parameters
}
