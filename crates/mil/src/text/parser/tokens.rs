//! Text to tokens, one at a time.

use super::ParseError;
use crate::text::syntax::Position;

/// The smallest piece of MIL text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// A name or a word of the language.
    Word(&'a str),
    /// A number with its sign, not judged yet.
    Number(&'a str),
    /// A text in quotes, its escapes resolved.
    Text(String),
    /// One character of punctuation.
    Mark(char),
    /// `->`.
    Arrow,
    /// There is no more.
    End,
}

impl Token<'_> {
    /// For an error; long ones are cut.
    pub(super) fn describe(&self) -> String {
        let cut = |text: &str| {
            let mut start: String = text.chars().take(MOST_SHOWN).collect();
            if start.len() < text.len() {
                start.push_str("...");
            }
            start.escape_debug().to_string()
        };
        match self {
            Self::Word(text) | Self::Number(text) => format!("`{}`", cut(text)),
            Self::Text(text) => format!("the text \"{}\"", cut(text)),
            Self::Mark(mark) => format!("`{mark}`"),
            Self::Arrow => "`->`".to_owned(),
            Self::End => "the end of the text".to_owned(),
        }
    }
}

/// Most characters of a token in an error.
const MOST_SHOWN: usize = 40;

/// Reads tokens from a text.
pub(super) struct Tokens<'a> {
    text: &'a str,
    /// Bytes read so far.
    offset: usize,
    line: u32,
    /// Offset of the line's first byte.
    line_start: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            offset: 0,
            line: 1,
            line_start: 0,
        }
    }

    /// The next token and where it stands.
    pub(super) fn next(&mut self) -> Result<(Token<'a>, Position), ParseError> {
        self.skip_blanks();
        let at = self.position();
        let text = self.text;
        let rest = &text[self.offset..];
        let Some(first) = rest.chars().next() else {
            return Ok((Token::End, at));
        };
        let token = match first {
            '"' => Token::Text(self.quoted(at)?),
            '-' if rest.starts_with("->") => {
                self.offset += 2;
                Token::Arrow
            }
            '0'..='9' | '-' | '+' | '.' => Token::Number(self.take(number_length(rest))),
            'a'..='z' | 'A'..='Z' | '_' => {
                let is_inside = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
                let length = rest.bytes().take_while(|&b| is_inside(b)).count();
                Token::Word(self.take(length))
            }
            '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | ',' | '=' | ';' | '?' => {
                self.offset += 1;
                Token::Mark(first)
            }
            found => return Err(ParseError::Character { at, found }),
        };
        Ok((token, at))
    }

    fn take(&mut self, length: usize) -> &'a str {
        let start = self.offset;
        self.offset += length;
        &self.text[start..self.offset]
    }

    fn position(&self) -> Position {
        let column = self.offset - self.line_start + 1;
        Position {
            line: self.line,
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }

    fn skip_blanks(&mut self) {
        for byte in self.text[self.offset..].bytes() {
            match byte {
                b'\n' => self.new_line(),
                b' ' | b'\t' | b'\r' => {}
                _ => return,
            }
            self.offset += 1;
        }
    }

    /// Called at a line feed.
    fn new_line(&mut self) {
        self.line += 1;
        self.line_start = self.offset + 1;
    }

    fn quoted(&mut self, at: Position) -> Result<String, ParseError> {
        let rest = &self.text[self.offset + 1..];
        let mut text = String::new();
        let mut characters = rest.char_indices();
        while let Some((index, character)) = characters.next() {
            match character {
                '"' => {
                    self.offset += 1 + index + 1;
                    return Ok(text);
                }
                '\\' => text.push(match characters.next() {
                    Some((_, same @ ('"' | '\\'))) => same,
                    Some((_, 'n')) => '\n',
                    Some((_, 't')) => '\t',
                    Some((_, 'r')) => '\r',
                    _ => {
                        let reason = "has an unknown escape; there are \\\" \\\\ \\n \\t and \\r";
                        return Err(ParseError::Text { at, reason });
                    }
                }),
                '\n' => {
                    self.line += 1;
                    self.line_start = self.offset + 1 + index + 1;
                    text.push('\n');
                }
                other => text.push(other),
            }
        }
        let reason = "does not end; close it with \"";
        Err(ParseError::Text { at, reason })
    }
}

/// Bytes of the number that `text` begins with, sign and exponent included.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let unsigned = text.trim_start_matches(['-', '+']);
    let is_hexadecimal = unsigned.starts_with("0x") || unsigned.starts_with("0X");
    let mut length = 1;
    while let Some(&byte) = bytes.get(length) {
        let after_exponent = match bytes[length - 1] {
            b'p' | b'P' => is_hexadecimal,
            b'e' | b'E' => !is_hexadecimal,
            _ => false,
        };
        let goes_on = byte.is_ascii_alphanumeric()
            || byte == b'.'
            || (after_exponent && (byte == b'-' || byte == b'+'));
        if !goes_on {
            break;
        }
        length += 1;
    }
    length
}
