//! Values.
//!
//! ```text
//! value   := type "(" payload ")"
//! payload := NUMBER | "true" | "false" | TEXT | "[" [payload {"," payload}] "]"
//!          | "(" [payload {"," payload}] ")" | "{" [pair {"," pair}] "}"
//!          | "BLOBFILE" "(" "path" "=" value "," "offset" "=" value ")"
//! pair    := "{" payload "," payload "}"
//! ```

use super::number;
use super::tokens::Token;
use super::{ParseError, Parser};
use crate::text::syntax::{BlobFile, Payload, Type, TypedValue};

/// Whether `word` begins a payload and so names no value.
pub(super) fn begins_literal(word: &str) -> bool {
    matches!(word, "true" | "false" | "inf" | "BLOBFILE")
}

impl Parser<'_> {
    pub(super) fn value(&mut self) -> Result<TypedValue, ParseError> {
        let ty = self.ty()?;
        self.value_of(ty)
    }

    /// What follows the type of a value.
    pub(super) fn value_of(&mut self, ty: Type) -> Result<TypedValue, ParseError> {
        self.mark('(', "`(` after the type of a value")?;
        let payload = self.nested(Self::payload)?;
        self.mark(')', "`)` after a value")?;
        Ok(TypedValue { ty, payload })
    }

    pub(super) fn payload(&mut self) -> Result<Payload, ParseError> {
        let (token, at) = self.advance()?;
        match token {
            Token::Number(text) => number::payload(text, at),
            Token::Text(text) => Ok(Payload::Text(text)),
            Token::Word("true") => Ok(Payload::Bool(true)),
            Token::Word("false") => Ok(Payload::Bool(false)),
            Token::Word("inf") => Ok(Payload::Float(f64::INFINITY)),
            Token::Word("BLOBFILE") => self.blob_file(),
            Token::Mark('[') => Ok(Payload::List(self.items(']')?)),
            Token::Mark('(') => Ok(Payload::Tuple(self.items(')')?)),
            Token::Mark('{') => Ok(Payload::Dict(self.pairs()?)),
            token => Err(super::unexpected((token, at), "a value")),
        }
    }

    fn items(&mut self, end: char) -> Result<Vec<Payload>, ParseError> {
        self.nested(|parser| {
            let mut items = Vec::new();
            if parser.takes(end)? {
                return Ok(items);
            }
            items.push(parser.payload()?);
            while !parser.takes(end)? {
                parser.mark(',', "`,` or the end of the list")?;
                items.push(parser.payload()?);
            }
            Ok(items)
        })
    }

    fn pairs(&mut self) -> Result<Vec<(Payload, Payload)>, ParseError> {
        self.nested(|parser| {
            let mut pairs = Vec::new();
            if parser.takes('}')? {
                return Ok(pairs);
            }
            loop {
                parser.mark('{', "`{` before a pair of key and value")?;
                let key = parser.payload()?;
                parser.mark(',', "`,` after the key")?;
                let value = parser.payload()?;
                parser.mark('}', "`}` after a pair of key and value")?;
                pairs.push((key, value));
                if parser.takes('}')? {
                    return Ok(pairs);
                }
                parser.mark(',', "`,` or `}` after a pair of key and value")?;
            }
        })
    }

    fn blob_file(&mut self) -> Result<Payload, ParseError> {
        self.nested(|parser| {
            parser.mark('(', "`(` after BLOBFILE")?;
            parser.word("path", "`path` in BLOBFILE(path = ..., offset = ...)")?;
            parser.mark('=', "`=` after `path`")?;
            let path = parser.value()?;
            parser.mark(',', "`,` after the path")?;
            parser.word("offset", "`offset` in BLOBFILE(path = ..., offset = ...)")?;
            parser.mark('=', "`=` after `offset`")?;
            let offset = parser.value()?;
            parser.mark(')', "`)` after the offset")?;
            Ok(Payload::Blob(Box::new(BlobFile { path, offset })))
        })
    }
}
