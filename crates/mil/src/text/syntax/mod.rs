//! MIL text as a tree: every construct of the grammar, also those that a [`Program`](crate::Program)
//! cannot hold.
//!
//! [`Document::parse`] reads it, its [`Display`](std::fmt::Display) prints it, and
//! [`Document::to_program`] makes a checked program of the operations that are known here.

mod print;
mod ty;
mod value;

pub use ty::{Dim, Scalar, Type};
pub use value::{BlobFile, Payload, TypedValue};

/// A place in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Position {
    /// Line, the first is 1.
    pub line: u32,
    /// Byte in the line, the first is 1.
    pub column: u32,
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A whole text: `program(1.0) [attributes] { functions }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The number in `program(...)` as it is written: `1.0`, `1.3`.
    pub version: String,
    /// `buildInfo` and the like, in order.
    pub attributes: Vec<Attribute>,
    /// The functions, in order.
    pub functions: Vec<Function>,
}

/// `name = value` in brackets.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: TypedValue,
}

/// A type and the name that gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The type.
    pub ty: Type,
    /// The name.
    pub name: String,
}

/// `func name<opset>(inputs) [attributes] { statements } -> (outputs);`
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name, mostly `main`.
    pub name: String,
    /// The operation set: `ios16`.
    pub opset: String,
    /// Inputs, in order.
    pub inputs: Vec<Declaration>,
    /// Flexible shapes and the like.
    pub attributes: Vec<Attribute>,
    /// Statements, in order.
    pub statements: Vec<Statement>,
    /// Names of the outputs, in order.
    pub outputs: Vec<String>,
    /// Where it stood; equal functions may stand anywhere.
    pub position: Position,
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.opset == other.opset
            && self.inputs == other.inputs
            && self.attributes == other.attributes
            && self.statements == other.statements
            && self.outputs == other.outputs
    }
}

/// `type name, ... = op(arguments)[attributes];`
#[derive(Clone, Debug)]
pub struct Statement {
    /// What it defines, at least one.
    pub results: Vec<Declaration>,
    /// The operation's name, known here or not.
    pub op: String,
    /// Arguments, in order.
    pub arguments: Vec<Argument>,
    /// Attributes, in order; a constant's value is one of them.
    pub attributes: Vec<Attribute>,
    /// Where it stood; equal statements may stand anywhere.
    pub position: Position,
}

impl PartialEq for Statement {
    fn eq(&self, other: &Self) -> bool {
        self.results == other.results
            && self.op == other.op
            && self.arguments == other.arguments
            && self.attributes == other.attributes
    }
}

impl Statement {
    /// The value of the attribute `name`.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&TypedValue> {
        let mut attributes = self.attributes.iter();
        attributes.find(|a| a.name == name).map(|a| &a.value)
    }

    /// What is bound to the argument `name`.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<&Binding> {
        let mut arguments = self.arguments.iter();
        arguments.find(|a| a.name == name).map(|a| &a.binding)
    }
}

/// `name = binding` in parentheses.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// What is bound to it.
    pub binding: Binding,
}

/// What an argument is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Binding {
    /// A value by its name.
    Name(String),
    /// Several values by their names: `(a, b)`.
    Names(Vec<String>),
    /// A value written out with its type.
    Value(TypedValue),
    /// A bare literal.
    Literal(Payload),
}
