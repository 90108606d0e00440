//! Dynamics and takes in names: "mf", "pianissimo", "v100", "rr2".

use super::Token;
use crate::recording::Dynamic;

/// Words before a number that say it is a take.
const TAKE_WORDS: [&str; 7] = ["rr", "take", "t", "robin", "var", "alt", "tk"];
/// Words before a number that say it is a velocity.
const VELOCITY_WORDS: [&str; 3] = ["velocity", "vel", "v"];

/// The dynamic that a whole token spells. Single capitals count only after a pitch, and so do the
/// words that are instruments too.
pub(super) fn dynamic_token(tokens: &[Token<'_>], i: usize, after_pitch: bool) -> Option<Dynamic> {
    let text = tokens[i].text;
    let lower = text.to_lowercase();
    let neighbour = |at: Option<usize>| {
        at.and_then(|at| tokens.get(at))
            .map(|t| t.text.to_lowercase())
    };
    let is_mezzo = neighbour(i.checked_sub(1)).is_some_and(|word| word == "mezzo");
    match lower.as_str() {
        "pianississimo" => Some(Dynamic::Ppp),
        "pianissimo" => Some(Dynamic::Pp),
        "mezzopiano" => Some(Dynamic::Mp),
        "mezzoforte" => Some(Dynamic::Mf),
        "fortissimo" => Some(Dynamic::Ff),
        "fortississimo" => Some(Dynamic::Fff),
        "piano" if is_mezzo => Some(Dynamic::Mp),
        "forte" if is_mezzo => Some(Dynamic::Mf),
        "piano" if after_pitch => Some(Dynamic::P),
        "forte" if after_pitch => Some(Dynamic::F),
        "soft" | "quiet" => Some(Dynamic::P),
        "loud" => Some(Dynamic::F),
        _ if text.len() == 1 && text != lower && !after_pitch => None,
        _ => dynamic_letters(&lower).or_else(|| velocity(&lower)),
    }
}

pub(super) fn dynamic_letters(text: &str) -> Option<Dynamic> {
    match text.to_lowercase().as_str() {
        "ppp" => Some(Dynamic::Ppp),
        "pp" => Some(Dynamic::Pp),
        "p" => Some(Dynamic::P),
        "mp" => Some(Dynamic::Mp),
        "mf" => Some(Dynamic::Mf),
        "f" => Some(Dynamic::F),
        "ff" => Some(Dynamic::Ff),
        "fff" => Some(Dynamic::Fff),
        _ => None,
    }
}

/// "mf2": the second take of a mezzoforte.
pub(super) fn dynamic_with_take(token: &str) -> Option<(Dynamic, &str)> {
    let digits = token.trim_start_matches(|c: char| !c.is_ascii_digit());
    let letters = &token[..token.len() - digits.len()];
    let is_take = is_number(digits) && digits.len() <= 2;
    dynamic_letters(letters)
        .filter(|_| is_take)
        .map(|d| (d, digits))
}

/// "vel100" and "v64": the nearest dynamic to a velocity. Small numbers count layers and say nothing.
pub(super) fn velocity(token: &str) -> Option<Dynamic> {
    let (word, number) = word_and_number(token);
    let velocity: u8 = number.parse().ok()?;
    let is_one = VELOCITY_WORDS.contains(&word.as_str()) && (20..=127).contains(&velocity);
    let all = [
        Dynamic::Ppp,
        Dynamic::Pp,
        Dynamic::P,
        Dynamic::Mp,
        Dynamic::Mf,
        Dynamic::F,
        Dynamic::Ff,
        Dynamic::Fff,
    ];
    let distance = |d: &Dynamic| (d.velocity() * 127.0 - f32::from(velocity)).abs();
    let nearest = all
        .into_iter()
        .min_by(|a, b| distance(a).total_cmp(&distance(b)));
    nearest.filter(|_| is_one)
}

/// "rr2", "take2", "take", "v1": one of several recordings of a note.
pub(super) fn is_take(token: &str) -> bool {
    let (word, number) = word_and_number(token);
    let numbered = !number.is_empty() && number.len() <= 3;
    let is_layer = VELOCITY_WORDS.contains(&word.as_str()) && velocity(token).is_none();
    (TAKE_WORDS.contains(&word.as_str()) && (numbered || word == "take" && number.is_empty()))
        || is_layer && numbered
}

/// Letters in lower case, then digits; both empty when the token is anything else.
pub(super) fn word_and_number(token: &str) -> (String, &str) {
    let number = token.trim_start_matches(|c: char| !c.is_ascii_digit());
    let word = &token[..token.len() - number.len()];
    if !number.chars().all(|c| c.is_ascii_digit()) || !word.chars().all(char::is_alphabetic) {
        return (String::new(), "");
    }
    (word.to_lowercase(), number)
}

pub(super) fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

pub(super) fn ends_in_digit(text: &str) -> bool {
    text.ends_with(|c: char| c.is_ascii_digit())
}
