//! Just enough of Rust's grammar to tell code from comments and literals.

/// A token of code; comments are gone, a literal keeps its place but not its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// Identifier or keyword.
    Word(String),
    /// `::`.
    PathSeparator,
    /// Any other punctuation character.
    Other(char),
    /// A string, character or number.
    Literal,
}

impl Token {
    /// The identifier or keyword this is, or "".
    pub(crate) fn word(&self) -> &str {
        match self {
            Self::Word(word) => word,
            _ => "",
        }
    }

    pub(crate) fn is(&self, character: char) -> bool {
        *self == Self::Other(character)
    }
}

/// A token and the line it begins on, counted from 1.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) token: Token,
    pub(crate) line: usize,
}

/// The tokens of a Rust source text. Unterminated literals and comments run to the end.
pub(crate) fn tokens(text: &str) -> Vec<Placed> {
    let text: Vec<char> = text.chars().collect();
    let mut reader = Reader {
        text: &text,
        at: 0,
        line: 1,
    };
    let mut found = Vec::new();
    while let Some(first) = reader.peek(0) {
        let line = reader.line;
        if let Some(token) = reader.token(first) {
            found.push(Placed { token, line });
        }
    }
    found
}

struct Reader<'a> {
    text: &'a [char],
    at: usize,
    line: usize,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at + ahead).copied()
    }

    fn take(&mut self) -> Option<char> {
        let next = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(next == '\n');
        Some(next)
    }

    fn skip_while(&mut self, keep: impl Fn(char) -> bool) -> String {
        let start = self.at;
        while self.peek(0).is_some_and(&keep) {
            self.take();
        }
        self.text[start..self.at].iter().collect()
    }

    /// Reads one token, or one blank or comment.
    fn token(&mut self, first: char) -> Option<Token> {
        match (first, self.peek(1)) {
            ('/', Some('/')) => {
                self.skip_while(|c| c != '\n');
                None
            }
            ('/', Some('*')) => {
                self.block_comment();
                None
            }
            ('"', _) => {
                self.take();
                self.string();
                Some(Token::Literal)
            }
            ('\'', _) => self.quote(),
            (':', Some(':')) => {
                self.take();
                self.take();
                Some(Token::PathSeparator)
            }
            (c, _) if c.is_alphabetic() || c == '_' => {
                let word = self.skip_while(|c| c.is_alphanumeric() || c == '_');
                Some(self.prefixed_literal(&word).unwrap_or(Token::Word(word)))
            }
            (c, _) if c.is_ascii_digit() => {
                self.skip_while(|c| c.is_alphanumeric() || c == '_');
                Some(Token::Literal)
            }
            (c, _) => {
                self.take();
                (!c.is_whitespace()).then_some(Token::Other(c))
            }
        }
    }

    /// The rest of a literal such as `b"..."`, `r#"..."#` or `b'x'`, whose prefix was read.
    fn prefixed_literal(&mut self, prefix: &str) -> Option<Token> {
        let raw = matches!(prefix, "r" | "br" | "cr");
        let hashes = self.text[self.at..]
            .iter()
            .take_while(|c| **c == '#')
            .count();
        if raw && self.peek(hashes) == Some('"') {
            self.raw_string(hashes);
            return Some(Token::Literal);
        }
        match (prefix, self.peek(0)) {
            ("b" | "c", Some('"')) => {
                self.take();
                self.string();
                Some(Token::Literal)
            }
            ("b", Some('\'')) => self.quote(),
            _ => None,
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        while let Some(next) = self.take() {
            match (next, self.peek(0)) {
                ('/', Some('*')) => depth += 1,
                ('*', Some('/')) => depth -= 1,
                _ => continue,
            }
            self.take();
            if depth == 0 {
                break;
            }
        }
    }

    fn string(&mut self) {
        while let Some(next) = self.take() {
            match next {
                '"' => break,
                '\\' => _ = self.take(),
                _ => {}
            }
        }
    }

    fn raw_string(&mut self, hashes: usize) {
        for _ in 0..=hashes {
            self.take();
        }
        while let Some(next) = self.take() {
            if next == '"' && (0..hashes).all(|ahead| self.peek(ahead) == Some('#')) {
                (0..hashes).for_each(|_| _ = self.take());
                break;
            }
        }
    }

    /// A character literal, or nothing for a lifetime.
    fn quote(&mut self) -> Option<Token> {
        self.take();
        if self.peek(0) == Some('\\') {
            self.take();
            self.take();
            self.skip_while(|c| c != '\'' && c != '\n');
            self.take();
        } else if self.peek(1) == Some('\'') {
            self.take();
            self.take();
        } else {
            self.skip_while(|c| c.is_alphanumeric() || c == '_');
            return None;
        }
        Some(Token::Literal)
    }
}

/// Position just after the bracket that closes the one at `open`; the end if none does.
pub(crate) fn after_bracket(tokens: &[Placed], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, placed) in tokens.iter().enumerate().skip(open) {
        match placed.token {
            Token::Other('(' | '[' | '{') => depth += 1,
            Token::Other(')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// The tokens without the modules under `#[cfg(test)]`.
pub(crate) fn without_test_modules(tokens: &[Placed]) -> Vec<Placed> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match test_module(tokens, at) {
            Some(after) => at = after,
            None => {
                kept.push(tokens[at].clone());
                at += 1;
            }
        }
    }
    kept
}

/// Where the module ends whose `#[cfg(test)]` stands at `at`, if one does.
fn test_module(tokens: &[Placed], at: usize) -> Option<usize> {
    let word = |at: usize| tokens.get(at).map_or("", |placed| placed.token.word());
    let mark = |at: usize, c: char| tokens.get(at).is_some_and(|placed| placed.token.is(c));
    if !(mark(at, '#') && word(at + 2) == "cfg" && word(at + 4) == "test" && mark(at + 5, ')')) {
        return None;
    }
    let mut item = at;
    while mark(item, '#') {
        item = after_bracket(tokens, item + 1);
    }
    let body = item + 2;
    (word(item) == "mod" && mark(body, '{')).then(|| after_bracket(tokens, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text)
            .iter()
            .map(|placed| placed.token.word().to_owned())
            .filter(|word| !word.is_empty())
            .collect()
    }

    #[test]
    fn comments_and_literals_are_no_code() {
        let text = r###"
            // hidden
            /* hidden /* hidden */ hidden */
            //! hidden
            seen("hidden \" hidden", r#"hidden " hidden"#, b"hidden", 'h', '\'', b'h', '\u{1F600}');
            fn also<'seen_not>(x: &'static str) -> u32 { 0xhidden }
        "###;
        assert_eq!(words(text), ["seen", "fn", "also", "x", "str", "u32"]);
    }

    #[test]
    fn lines_are_counted_through_everything() {
        let text = "one\n/* \n */ two \"\n\n\" three";
        let lines: Vec<usize> = tokens(text)
            .iter()
            .filter(|placed| placed.token != Token::Literal)
            .map(|placed| placed.line)
            .collect();
        assert_eq!(lines, [1, 3, 5]);
    }

    #[test]
    fn test_modules_are_cut_out_and_nothing_else() {
        let text = "before #[cfg(test)] #[path = \"x\"] mod tests { fn hidden() { {} } }
            #[cfg(test)] mod elsewhere; fn kept() {} after";
        let kept = without_test_modules(&tokens(text));
        let words: Vec<&str> = kept.iter().map(|placed| placed.token.word()).collect();
        assert!(words.contains(&"before") && words.contains(&"after") && words.contains(&"kept"));
        assert!(!words.contains(&"hidden"));
    }
}
