//! Pitches in names: "Ab3", "C#-1", "note60".

use super::Token;
use super::words::{
    dynamic_letters, dynamic_with_take, ends_in_digit, is_number, is_take, velocity,
    word_and_number,
};

/// Keys that a bare number may stand for: those of a piano. Lower ones number takes.
const BARE_KEYS: std::ops::RangeInclusive<u8> = 21..=108;
/// Words before a number that say it is a MIDI key.
const KEY_WORDS: [&str; 6] = ["note", "midi", "key", "pitch", "n", "m"];

/// A pitch found in a token, and what of the token follows it.
pub(super) struct Pitch<'a> {
    pub(super) key: u8,
    pub(super) rest: &'a str,
    sure: Sureness,
}

/// How likely it is that letters and digits were meant as a pitch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sureness {
    /// "c4"
    LowerCase,
    /// "C4", "AltoC4"
    Pitch,
}

/// The one pitch that the tokens name: capital letters before small ones, none when two differ.
pub(super) fn find_pitch<'a>(tokens: &[Token<'a>]) -> Option<(usize, Pitch<'a>)> {
    let mut best: Option<(usize, Pitch<'a>)> = None;
    let mut torn = false;
    for (i, token) in tokens.iter().enumerate() {
        let Some(pitch) = pitch_in(token.text) else {
            continue;
        };
        match &best {
            Some((_, other)) if pitch.sure < other.sure => {}
            Some((_, other)) if pitch.sure == other.sure => torn |= pitch.key != other.key,
            _ => {
                best = Some((i, pitch));
                torn = false;
            }
        }
    }
    if best.is_none() {
        best = below_zero(tokens);
    }
    best.filter(|_| !torn)
}

/// "C-1" or "C#-2": an octave below zero, which the tokens tore apart.
fn below_zero<'a>(tokens: &[Token<'a>]) -> Option<(usize, Pitch<'a>)> {
    let found = tokens.windows(2).enumerate().find_map(|(i, pair)| {
        let (class, rest) = pitch_class(pair[0].text)?;
        let octave = match pair[1].text {
            "1" => -1,
            "2" => -2,
            _ => return None,
        };
        let is_minus = rest.is_empty() && pair[1].before == Some('-');
        let key = u8::try_from((octave + 1) * 12 + class).ok()?;
        is_minus.then_some((i + 1, key))
    });
    found.map(|(at, key)| {
        let (rest, sure) = ("", Sureness::Pitch);
        (at, Pitch { key, rest, sure })
    })
}

/// A pitch at the token's beginning or where a word in small letters ends ("AltoA3").
fn pitch_in(token: &str) -> Option<Pitch<'_>> {
    let mut before: Option<char> = None;
    for (at, c) in token.char_indices() {
        let begins = before.is_none_or(char::is_lowercase);
        before = Some(c);
        if !begins {
            continue;
        }
        let sure = if c.is_uppercase() {
            Sureness::Pitch
        } else if at == 0 {
            Sureness::LowerCase
        } else {
            continue;
        };
        let Some((class, rest)) = pitch_class(&token[at..]) else {
            continue;
        };
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let Ok(octave) = rest[..digits].parse::<i32>() else {
            continue;
        };
        let rest = &rest[digits..];
        let key = (octave + 1) * 12 + class;
        if octave > 10 || !(0..=127).contains(&key) || !may_follow(rest, sure) {
            continue;
        }
        let key = key as u8;
        return Some(Pitch { key, rest, sure });
    }
    None
}

/// A pitch class, C = 0 (it may be -1 or 12 for C flat and B sharp), and the text behind it.
fn pitch_class(text: &str) -> Option<(i32, &str)> {
    let mut characters = text.chars();
    let letter = characters.next()?;
    let class = match letter.to_ascii_uppercase() {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let rest = characters.as_str();
    let accidentals = [
        ("sharp", 1),
        ("flat", -1),
        ("#", 1),
        ("\u{266f}", 1),
        ("\u{266d}", -1),
        ("b", -1),
    ];
    for (sign, shift) in accidentals {
        if let Some(rest) = rest.strip_prefix(sign) {
            return Some((class + shift, rest));
        }
    }
    // "Cs4" is C sharp 4; "Es" and "Bs" are other notes in other languages.
    match rest.strip_prefix('s') {
        Some(rest) if !matches!(class, 4 | 11) => Some((class + 1, rest)),
        _ => Some((class, rest)),
    }
}

/// "note60", "m060" or three digits of which the first is a zero.
pub(super) fn key_number(token: &str) -> Option<u8> {
    let (word, number) = word_and_number(token);
    if KEY_WORDS.contains(&word.as_str()) {
        return number.parse().ok().filter(|key| *key <= 127);
    }
    let padded = word.is_empty() && number.len() == 3 && number.starts_with('0');
    number
        .parse()
        .ok()
        .filter(|key| padded && BARE_KEYS.contains(key))
}

pub(super) fn bare_key(token: &str) -> Option<u8> {
    let is_bare = is_number(token) && (2..=3).contains(&token.len());
    token
        .parse()
        .ok()
        .filter(|key| is_bare && BARE_KEYS.contains(key))
}

/// Whether a pitch may go on like this: "C4mf", "C4rr2", "C4v64".
fn may_follow(rest: &str, sure: Sureness) -> bool {
    let known = rest.is_empty()
        || dynamic_letters(rest).is_some()
        || dynamic_with_take(rest).is_some()
        || is_take(rest) && ends_in_digit(rest)
        || velocity(rest).is_some();
    known && (sure == Sureness::Pitch || rest.is_empty())
}
