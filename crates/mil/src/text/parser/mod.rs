//! Reading MIL text: recursive descent over the tokens, one function a rule of the grammar.
//!
//! ```text
//! program   := "program" "(" NUMBER ")" [attributes] "{" function* "}"
//! function  := "func" NAME "<" NAME ">" "(" [type NAME {"," type NAME}] ")" [attributes]
//!              "{" statement* "}" "->" "(" [NAME {"," NAME}] ")" ";"
//! statement := type NAME {"," type NAME} "=" NAME "(" [argument {"," argument}] ")" [attributes] ";"
//! argument  := NAME "=" (NAME | "(" NAME {"," NAME} ")" | value | payload)
//! attributes := "[" NAME "=" value {"," NAME "=" value} "]"
//! ```
//!
//! Types are in `types.rs`, values in `values.rs`. White space and the order of arguments are free.
//! Memory stays in proportion to the text, and what can be nested has a limit.

mod error;
mod number;
mod tokens;
mod types;
mod values;

pub use error::ParseError;

use error::{MOST_BYTES, MOST_DEPTH};
use tokens::{Token, Tokens};

use super::syntax::{
    Argument, Attribute, Binding, Declaration, Document, Function, Position, Statement, Type,
};

impl Document {
    /// Reads a text. Operations that are not known here are kept, not refused.
    ///
    /// # Errors
    /// The first place where the text departs from the grammar.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.len() > MOST_BYTES {
            return Err(ParseError::TooLong { bytes: text.len() });
        }
        let mut parser = Parser::new(text)?;
        let document = parser.document()?;
        match parser.token {
            Token::End => Ok(document),
            _ => Err(parser.unexpected("the end of the text after the last `}`")),
        }
    }

    /// [`Self::parse`] for the bytes of a file.
    ///
    /// # Errors
    /// As there; also bytes that are no UTF-8.
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, ParseError> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = &bytes[..error.valid_up_to()];
            let lines = before.split(|&byte| byte == b'\n');
            let in_line = lines.clone().next_back().map_or(0, <[u8]>::len);
            let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let at = Position {
                line: number(lines.count()),
                column: number(in_line + 1),
            };
            ParseError::Utf8 { at }
        })?;
        Self::parse(text)
    }
}

/// One token ahead of what is read.
struct Parser<'a> {
    tokens: Tokens<'a>,
    token: Token<'a>,
    at: Position,
    /// Types or lists that are open.
    depth: u32,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self, ParseError> {
        let mut tokens = Tokens::new(text);
        let (token, at) = tokens.next()?;
        Ok(Self {
            tokens,
            token,
            at,
            depth: 0,
        })
    }

    fn document(&mut self) -> Result<Document, ParseError> {
        self.word("program", "`program` at the start of a MIL text")?;
        self.mark('(', "`(` before the program's version")?;
        let version = match self.advance()? {
            (Token::Number(version), _) => version.to_owned(),
            other => return Err(unexpected(other, "the program's version, like 1.0")),
        };
        self.mark(')', "`)` after the program's version")?;
        let attributes = self.attributes()?;
        self.mark('{', "`{` or `[` after `program(...)`")?;
        let mut functions = Vec::new();
        while !self.takes('}')? {
            functions.push(self.function()?);
        }
        Ok(Document {
            version,
            attributes,
            functions,
        })
    }

    fn function(&mut self) -> Result<Function, ParseError> {
        let position = self.at;
        self.word("func", "`func` or the program's `}`")?;
        let name = self.name("the function's name")?;
        self.mark('<', "`<` before the function's operation set")?;
        let opset = self.name("an operation set, like ios16")?;
        self.mark('>', "`>` after the function's operation set")?;
        self.mark('(', "`(` before the function's inputs")?;
        let mut inputs = Vec::new();
        if !self.takes(')')? {
            inputs.push(self.declaration("an input's name")?);
            while !self.takes(')')? {
                self.mark(',', "`,` or `)` after an input")?;
                inputs.push(self.declaration("an input's name")?);
            }
        }
        let attributes = self.attributes()?;
        self.mark('{', "`{` or `[` after the function's inputs")?;
        let mut statements = Vec::new();
        while !self.takes('}')? {
            statements.push(self.statement()?);
        }
        if !matches!(self.token, Token::Arrow) {
            return Err(self.unexpected("`->` after the function's `}`"));
        }
        self.advance()?;
        self.mark('(', "`(` before the function's outputs")?;
        let outputs = self.names_to_the_end("an output's name")?;
        self.mark(';', "`;` after the function's outputs")?;
        Ok(Function {
            name,
            opset,
            inputs,
            attributes,
            statements,
            outputs,
            position,
        })
    }

    fn statement(&mut self) -> Result<Statement, ParseError> {
        let position = self.at;
        let mut results = vec![self.declaration("the result's name")?];
        while !self.takes('=')? {
            self.mark(',', "`=` or `,` after the result")?;
            results.push(self.declaration("the result's name")?);
        }
        let op = self.name("the operation's name")?;
        self.mark('(', "`(` after the operation's name")?;
        let mut arguments = Vec::new();
        if !self.takes(')')? {
            arguments.push(self.argument()?);
            while !self.takes(')')? {
                self.mark(',', "`,` or `)` after an argument")?;
                arguments.push(self.argument()?);
            }
        }
        let attributes = self.attributes()?;
        self.mark(';', "`;` after the statement")?;
        Ok(Statement {
            results,
            op,
            arguments,
            attributes,
            position,
        })
    }

    fn argument(&mut self) -> Result<Argument, ParseError> {
        let name = self.name("an argument's name or `)`")?;
        self.mark('=', "`=` after the argument's name")?;
        let binding = match &self.token {
            Token::Mark('(') => {
                self.advance()?;
                Binding::Names(self.names_to_the_end("a value's name")?)
            }
            Token::Word(word) => {
                let (word, at) = (*word, self.at);
                if values::begins_literal(word) {
                    Binding::Literal(self.payload()?)
                } else {
                    self.advance()?;
                    self.name_or_value(word, at)?
                }
            }
            Token::Number(_) | Token::Text(_) | Token::Mark('[' | '{') => {
                Binding::Literal(self.payload()?)
            }
            _ => return Err(self.unexpected("what the argument is given")),
        };
        Ok(Argument { name, binding })
    }

    /// Behind the word that an argument is given: a type begins with it if `<` or `(` follows.
    fn name_or_value(&mut self, word: &str, at: Position) -> Result<Binding, ParseError> {
        match self.token {
            Token::Mark('<' | '(') => {
                let ty = self.type_after(word, at)?;
                Ok(Binding::Value(self.value_of(ty)?))
            }
            _ => Ok(Binding::Name(word.to_owned())),
        }
    }

    /// Names up to the `)`; the `(` is read.
    fn names_to_the_end(&mut self, expected: &'static str) -> Result<Vec<String>, ParseError> {
        let mut names = Vec::new();
        if self.takes(')')? {
            return Ok(names);
        }
        names.push(self.name(expected)?);
        while !self.takes(')')? {
            self.mark(',', "`,` or `)` after a name")?;
            names.push(self.name(expected)?);
        }
        Ok(names)
    }

    /// What stands in brackets, nothing where there are none.
    fn attributes(&mut self) -> Result<Vec<Attribute>, ParseError> {
        let mut attributes = Vec::new();
        if !self.takes('[')? || self.takes(']')? {
            return Ok(attributes);
        }
        loop {
            let name = self.name("an attribute's name")?;
            self.mark('=', "`=` after the attribute's name")?;
            let value = self.value()?;
            attributes.push(Attribute { name, value });
            if self.takes(']')? {
                return Ok(attributes);
            }
            self.mark(',', "`,` or `]` after an attribute")?;
        }
    }

    fn declaration(&mut self, name: &'static str) -> Result<Declaration, ParseError> {
        let ty: Type = self.ty()?;
        let name = self.name(name)?;
        Ok(Declaration { ty, name })
    }

    /// Reads the token ahead and returns it with its place.
    fn advance(&mut self) -> Result<(Token<'a>, Position), ParseError> {
        let (token, at) = self.tokens.next()?;
        let token = std::mem::replace(&mut self.token, token);
        Ok((token, std::mem::replace(&mut self.at, at)))
    }

    /// Reads `mark` if it is ahead.
    fn takes(&mut self, mark: char) -> Result<bool, ParseError> {
        let is_ahead = self.token == Token::Mark(mark);
        if is_ahead {
            self.advance()?;
        }
        Ok(is_ahead)
    }

    fn mark(&mut self, mark: char, expected: &'static str) -> Result<(), ParseError> {
        match self.takes(mark)? {
            true => Ok(()),
            false => Err(self.unexpected(expected)),
        }
    }

    fn word(&mut self, word: &str, expected: &'static str) -> Result<(), ParseError> {
        if self.token != Token::Word(word) {
            return Err(self.unexpected(expected));
        }
        self.advance().map(drop)
    }

    fn name(&mut self, expected: &'static str) -> Result<String, ParseError> {
        let Token::Word(name) = self.token else {
            return Err(self.unexpected(expected));
        };
        self.advance()?;
        Ok(name.to_owned())
    }

    fn unexpected(&self, expected: &'static str) -> ParseError {
        unexpected((self.token.clone(), self.at), expected)
    }

    /// Runs `inner` one level deeper.
    fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        if self.depth == MOST_DEPTH {
            return Err(ParseError::TooDeep { at: self.at });
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }
}

fn unexpected((token, at): (Token<'_>, Position), expected: &'static str) -> ParseError {
    ParseError::Unexpected {
        at,
        expected,
        found: token.describe(),
    }
}
