//! Names as they can be shown: a name may hold any bytes, a line of text may not.

use std::ffi::OsStr;
use std::fmt::Write;
use std::path::Path;

/// A file's name with what no terminal should get escaped: control characters, marks that turn the
/// direction of writing, and bytes that are no text.
pub(crate) fn path(path: &Path) -> String {
    name(path.as_os_str())
}

/// [`path`] for a name that need not be a path.
pub(crate) fn name(name: &OsStr) -> String {
    let mut shown = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        push_escaped(&mut shown, chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

/// A path for JSON, which escapes what it must by itself; as shown where it is no text.
pub(crate) fn json(path: &Path) -> String {
    match path.to_str() {
        Some(text) => text.to_owned(),
        None => self::path(path),
    }
}

/// `text` on one line: runs of blanks and newlines become a blank, other controls are escaped.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut line = String::new();
    push_escaped(&mut line, &words.join(" "));
    line
}

fn push_escaped(shown: &mut String, text: &str) {
    for character in text.chars() {
        if acts(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
}

/// Whether a character would do something to a terminal or to the text around it instead of showing.
pub(crate) fn acts(character: char) -> bool {
    character.is_control() || turns_writing(character)
}

/// Line and paragraph separators and the explicit marks of the Unicode bidirectional algorithm
/// (UAX #9, section 2): they can make a name look like another.
fn turns_writing(character: char) -> bool {
    matches!(
        character,
        '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_and_the_rest_is_escaped() {
        for plain in ["a  b.mid", "é e\u{301} 音.mid", "it's \"x\" \\ y"] {
            assert_eq!(name(OsStr::new(plain)), plain);
        }
        assert_eq!(name(OsStr::new("a\nb\x1b[2J")), "a\\nb\\u{1b}[2J");
        assert_eq!(name(OsStr::new("a\u{202e}dim")), "a\\u{202e}dim");
        assert_eq!(one_line(" a\n b\t\x07c "), "a b \\u{7}c");
    }
}
