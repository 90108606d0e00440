//! Printing a tree, laid out as Apple's compiler does: one statement a line.

use std::fmt::{Display, Formatter, Result, Write};

use super::{
    Attribute, Binding, BlobFile, Declaration, Dim, Document, Function, Payload, Statement, Type,
    TypedValue,
};
use crate::text::hex_float::hex_float;

impl Display for Document {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "program({})", self.version)?;
        if !self.attributes.is_empty() {
            attributes(f, &self.attributes)?;
            f.write_char('\n')?;
        }
        f.write_str("{\n")?;
        for function in &self.functions {
            function.fmt(f)?;
        }
        f.write_str("}\n")
    }
}

impl Display for Function {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "    func {}<{}>(", self.name, self.opset)?;
        separated(f, &self.inputs, |f, input| input.fmt(f))?;
        f.write_str(") ")?;
        if !self.attributes.is_empty() {
            attributes(f, &self.attributes)?;
            f.write_char(' ')?;
        }
        f.write_str("{\n")?;
        for statement in &self.statements {
            writeln!(f, "            {statement}")?;
        }
        writeln!(f, "        }} -> ({});", self.outputs.join(", "))
    }
}

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        separated(f, &self.results, |f, result| result.fmt(f))?;
        write!(f, " = {}(", self.op)?;
        separated(f, &self.arguments, |f, argument| {
            write!(f, "{} = ", argument.name)?;
            argument.binding.fmt(f)
        })?;
        f.write_char(')')?;
        if !self.attributes.is_empty() {
            attributes(f, &self.attributes)?;
        }
        f.write_char(';')
    }
}

impl Display for Declaration {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{} {}", self.ty, self.name)
    }
}

impl Display for Binding {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Names(names) => write!(f, "({})", names.join(", ")),
            Self::Value(value) => value.fmt(f),
            Self::Literal(payload) => payload.fmt(f),
        }
    }
}

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Scalar(scalar) => f.write_str(scalar.mil_name()),
            Self::Tensor { element, shape } => {
                write!(f, "tensor<{}, [", element.mil_name())?;
                separated(f, shape, |f, dim| dim.fmt(f))?;
                f.write_str("]>")
            }
            Self::State(inner) => write!(f, "state<{inner}>"),
            Self::Dict(key, value) => write!(f, "dict<{key}, {value}>"),
            Self::Tuple(members) => {
                f.write_str("tuple<")?;
                separated(f, members, |f, member| member.fmt(f))?;
                f.write_char('>')
            }
            Self::List(element, length) => write!(f, "list<{element}, {length}>"),
        }
    }
}

impl Display for Dim {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Fixed(dim) => dim.fmt(f),
            Self::Unknown => f.write_char('?'),
        }
    }
}

impl Display for TypedValue {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}({})", self.ty, self.payload)
    }
}

impl Display for Payload {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Integer(value) => value.fmt(f),
            Self::Float(value) => f.write_str(&hex_float(*value)),
            Self::Bool(value) => value.fmt(f),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::List(items) => {
                f.write_char('[')?;
                separated(f, items, |f, item| item.fmt(f))?;
                f.write_char(']')
            }
            Self::Tuple(items) => {
                f.write_char('(')?;
                separated(f, items, |f, item| item.fmt(f))?;
                f.write_char(')')
            }
            Self::Dict(pairs) => {
                f.write_char('{')?;
                separated(f, pairs, |f, (key, value)| write!(f, "{{{key}, {value}}}"))?;
                f.write_char('}')
            }
            Self::Blob(blob) => {
                let BlobFile { path, offset } = &**blob;
                write!(f, "BLOBFILE(path = {path}, offset = {offset})")
            }
        }
    }
}

fn attributes(f: &mut Formatter<'_>, attributes: &[Attribute]) -> Result {
    f.write_char('[')?;
    separated(f, attributes, |f, attribute| {
        write!(f, "{} = {}", attribute.name, attribute.value)
    })?;
    f.write_char(']')
}

fn separated<T>(
    f: &mut Formatter<'_>,
    items: &[T],
    mut print: impl FnMut(&mut Formatter<'_>, &T) -> Result,
) -> Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        print(f, item)?;
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        assert_eq!(quoted("a\"b\\\n"), r#""a\"b\\\n""#);
    }
}
