//! Types.
//!
//! ```text
//! type := SCALAR | "tensor" "<" SCALAR "," "[" [dim {"," dim}] "]" ">" | "state" "<" type ">"
//!       | "dict" "<" type "," type ">" | "tuple" "<" [type {"," type}] ">" | "list" "<" type "," dim ">"
//! dim  := NUMBER | "?"
//! ```

use super::tokens::Token;
use super::{ParseError, Parser};
use crate::text::syntax::{Dim, Position, Scalar, Type};

impl Parser<'_> {
    pub(super) fn ty(&mut self) -> Result<Type, ParseError> {
        let Token::Word(word) = self.token else {
            return Err(self.unexpected("a type"));
        };
        let (_, at) = self.advance()?;
        self.type_after(word, at)
    }

    /// The type that begins with `word`, which is read.
    pub(super) fn type_after(&mut self, word: &str, at: Position) -> Result<Type, ParseError> {
        if let Some(scalar) = Scalar::from_name(word) {
            return Ok(Type::Scalar(scalar));
        }
        self.nested(|parser| match word {
            "tensor" => parser.tensor(),
            "state" => parser.in_angles(|parser| Ok(Type::State(Box::new(parser.ty()?)))),
            "dict" => parser.in_angles(|parser| {
                let key = parser.ty()?;
                parser.mark(',', "`,` after the type of the keys")?;
                Ok(Type::Dict(Box::new(key), Box::new(parser.ty()?)))
            }),
            "tuple" => parser.tuple_type(),
            "list" => parser.in_angles(|parser| {
                let element = parser.ty()?;
                parser.mark(',', "`,` before the list's length")?;
                Ok(Type::List(Box::new(element), parser.dim()?))
            }),
            _ => Err(ParseError::Type {
                at,
                found: Token::Word(word).describe().trim_matches('`').to_owned(),
            }),
        })
    }

    fn tensor(&mut self) -> Result<Type, ParseError> {
        self.in_angles(|parser| {
            let Token::Word(word) = parser.token else {
                return Err(parser.unexpected("the type of the tensor's elements, like fp16"));
            };
            let Some(element) = Scalar::from_name(word) else {
                return Err(parser.unexpected("the type of the tensor's elements, like fp16"));
            };
            parser.advance()?;
            parser.mark(',', "`,` before the tensor's shape")?;
            parser.mark('[', "`[` before the tensor's shape")?;
            let mut shape = Vec::new();
            if !parser.takes(']')? {
                shape.push(parser.dim()?);
                while !parser.takes(']')? {
                    parser.mark(',', "`,` or `]` after a dimension")?;
                    shape.push(parser.dim()?);
                }
            }
            Ok(Type::Tensor { element, shape })
        })
    }

    fn tuple_type(&mut self) -> Result<Type, ParseError> {
        self.mark('<', "`<` after `tuple`")?;
        let mut members = Vec::new();
        if self.takes('>')? {
            return Ok(Type::Tuple(members));
        }
        members.push(self.ty()?);
        while !self.takes('>')? {
            self.mark(',', "`,` or `>` after a member's type")?;
            members.push(self.ty()?);
        }
        Ok(Type::Tuple(members))
    }

    fn in_angles(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<Type, ParseError>,
    ) -> Result<Type, ParseError> {
        self.mark('<', "`<` after the type's word")?;
        let ty = inner(self)?;
        self.mark('>', "`>` at the type's end")?;
        Ok(ty)
    }

    fn dim(&mut self) -> Result<Dim, ParseError> {
        const DIM: &str = "a dimension: a number or `?`";
        if self.takes('?')? {
            return Ok(Dim::Unknown);
        }
        let Token::Number(text) = self.token else {
            return Err(self.unexpected(DIM));
        };
        let Ok(dim) = text.parse() else {
            return Err(self.unexpected(DIM));
        };
        self.advance()?;
        Ok(Dim::Fixed(dim))
    }
}
