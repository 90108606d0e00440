//! What a file says, as it may be shown.

use std::ffi::OsStr;
use std::fmt::Write;

use crate::printable;

/// Longest text that is shown in words; JSON has all of it.
const LONGEST_CHARACTERS: usize = 200;

/// A text on one line, as [`printable::one_line`]; what is too long ends in "...".
pub(super) fn line(text: &str) -> String {
    match text.char_indices().nth(LONGEST_CHARACTERS) {
        Some((cut, _)) => printable::one_line(&text[..cut]) + "...",
        None => printable::one_line(text),
    }
}

/// A file's name, as [`printable::name`].
pub(super) fn name(file: &str) -> String {
    printable::name(OsStr::new(file))
}

/// JSON text with the characters that act on a terminal written as JSON's escapes, also where JSON
/// would not ask for it; the strings stay what they are.
pub(super) fn json(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if printable::acts(c) && c != '\n' {
            // All of them are in the basic plane: one escape each.
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(line(" a\x1b\n b"), "a\\u{1b} b");
        assert_eq!(name("two  blanks"), "two  blanks");
        let long = line(&"\u{e4}".repeat(1000));
        assert_eq!(long.chars().count(), LONGEST_CHARACTERS + 3);
    }

    #[test]
    fn json_strings_keep_their_value() {
        let value = "a\x1b\u{7f}\u{9b}\u{202e}\u{2028}\n\u{e9}";
        let text = serde_json::to_string_pretty(&[value]).unwrap();
        let escaped = json(&text);
        assert!(
            escaped.chars().all(|c| c == '\n' || !printable::acts(c)),
            "{escaped}"
        );
        let back: Vec<String> = serde_json::from_str(&escaped).unwrap();
        assert_eq!(back, [value]);
    }
}
