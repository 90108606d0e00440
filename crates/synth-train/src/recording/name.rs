//! Reading hints out of file names: "Ab3-f-1", "A#4_mf_rr2", "Violin C5", "pp/Gs4", "060".

use super::{Dynamic, NameHints};

/// Keys that a bare number may stand for: those of a piano. Lower ones number takes.
const BARE_KEYS: std::ops::RangeInclusive<u8> = 21..=108;
/// Words before a number that say it is a MIDI key.
const KEY_WORDS: [&str; 6] = ["note", "midi", "key", "pitch", "n", "m"];
/// Words before a number that say it is a take.
const TAKE_WORDS: [&str; 7] = ["rr", "take", "t", "robin", "var", "alt", "tk"];
/// Words before a number that say it is a velocity.
const VELOCITY_WORDS: [&str; 3] = ["velocity", "vel", "v"];

/// A part of a name between separators.
struct Token<'a> {
    text: &'a str,
    /// Separator before it; `None` for the first.
    before: Option<char>,
}

/// A pitch found in a token, and what of the token follows it.
struct Pitch<'a> {
    key: u8,
    rest: &'a str,
    sure: Sureness,
}

/// How likely it is that letters and digits were meant as a pitch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sureness {
    /// "c4"
    LowerCase,
    /// "C4", "AltoC4"
    Pitch,
}

/// What one part of a path (a folder or the file without its extension) says.
#[derive(Default)]
struct Said {
    key: Option<u8>,
    dynamic: Option<Dynamic>,
    takes: Vec<String>,
}

impl NameHints {
    /// What `name`, a path relative to the folder of recordings with `/` between its parts, says of
    /// the note. What the file's own name leaves open is taken from the folders, innermost first.
    ///
    /// A name with two different pitches hints at none. "piano" and "forte" alone are instruments
    /// or dynamics; they are read as dynamics only after a pitch ("C4-piano-1").
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        let mut parts = name.rsplit('/');
        let file = parts.next().unwrap_or_default();
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let mut hints = Self::default();
        let own = read_part(stem, true);
        hints.key = own.key;
        hints.dynamic = own.dynamic;
        hints.take = (!own.takes.is_empty()).then(|| own.takes.join("-"));
        for folder in parts {
            let said = read_part(folder, false);
            hints.key = hints.key.or(said.key);
            hints.dynamic = hints.dynamic.or(said.dynamic);
            if hints.take.is_none() && !said.takes.is_empty() {
                hints.take = Some(said.takes.join("-"));
            }
        }
        hints
    }
}

/// Reads one part of a path. Only in a file's own name does what follows the pitch count as a take.
fn read_part(part: &str, is_file: bool) -> Said {
    let tokens = tokens(part);
    let mut said = Said::default();
    let pitch_at = find_pitch(&tokens);
    if let Some((_, pitch)) = &pitch_at {
        said.key = Some(pitch.key);
    }
    let numbered = tokens.iter().position(|token| {
        key_number(token.text).is_some_and(|key| said.key.is_none_or(|said| said == key))
    });
    if let (None, Some(at)) = (said.key, numbered) {
        said.key = key_number(tokens[at].text);
    }
    if said.key.is_none() && is_file && tokens.len() == 1 {
        said.key = bare_key(tokens[0].text);
    }
    let first_after = match (&pitch_at, numbered) {
        (Some((at, pitch)), _) => {
            read_remainder(pitch.rest, &mut said);
            at + 1
        }
        (None, Some(at)) => at + 1,
        (None, None) if said.key.is_some() => 1,
        (None, None) => usize::MAX,
    };
    for (i, token) in tokens.iter().enumerate() {
        let after_pitch = i >= first_after;
        if pitch_at.as_ref().is_some_and(|(at, _)| *at == i) || numbered == Some(i) {
            continue;
        }
        if let Some(dynamic) = dynamic_token(&tokens, i, after_pitch) {
            said.dynamic = said.dynamic.or(Some(dynamic));
        } else if let Some((dynamic, take)) = dynamic_with_take(token.text) {
            said.dynamic = said.dynamic.or(Some(dynamic));
            said.takes.push(take.to_owned());
        } else if is_take(token.text) {
            // "take 2" is two tokens.
            let number = tokens.get(i + 1).map(|next| next.text);
            match number.filter(|next| !ends_in_digit(token.text) && is_number(next)) {
                Some(number) if !after_pitch => said.takes.push(format!("{}{number}", token.text)),
                _ => said.takes.push(token.text.to_owned()),
            }
        } else if after_pitch && is_file {
            said.takes.push(token.text.to_owned());
        }
    }
    said
}

/// Splits at what separates words in file names. A minus before digits stays a separator.
fn tokens(part: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let (mut start, mut before) = (0, None);
    let ends = part
        .char_indices()
        .filter(|(_, c)| c.is_whitespace() || "_-.,;()[]{}+&~@!".contains(*c))
        .map(|(at, c)| (at, Some(c)))
        .chain([(part.len(), None)]);
    for (at, separator) in ends {
        if at > start {
            let text = &part[start..at];
            found.push(Token { text, before });
        }
        before = separator;
        start = at + separator.map_or(0, char::len_utf8);
    }
    found
}

/// The one pitch that the tokens name: capital letters before small ones, none when two differ.
fn find_pitch<'a>(tokens: &[Token<'a>]) -> Option<(usize, Pitch<'a>)> {
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

/// Whether a pitch may go on like this: "C4mf", "C4rr2", "C4v64".
fn may_follow(rest: &str, sure: Sureness) -> bool {
    let known = rest.is_empty()
        || dynamic_letters(rest).is_some()
        || dynamic_with_take(rest).is_some()
        || is_take(rest) && ends_in_digit(rest)
        || velocity(rest).is_some();
    known && (sure == Sureness::Pitch || rest.is_empty())
}

fn read_remainder(rest: &str, said: &mut Said) {
    if let Some(dynamic) = dynamic_letters(rest).or_else(|| velocity(rest)) {
        said.dynamic = Some(dynamic);
    } else if let Some((dynamic, take)) = dynamic_with_take(rest) {
        said.dynamic = Some(dynamic);
        said.takes.push(take.to_owned());
    } else if !rest.is_empty() {
        said.takes.push(rest.to_owned());
    }
}

/// "note60", "m060" or three digits of which the first is a zero.
fn key_number(token: &str) -> Option<u8> {
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

fn bare_key(token: &str) -> Option<u8> {
    let is_bare = is_number(token) && (2..=3).contains(&token.len());
    token
        .parse()
        .ok()
        .filter(|key| is_bare && BARE_KEYS.contains(key))
}

/// The dynamic that a whole token spells. Single capitals count only after a pitch, and so do the
/// words that are instruments too.
fn dynamic_token(tokens: &[Token<'_>], i: usize, after_pitch: bool) -> Option<Dynamic> {
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

fn dynamic_letters(text: &str) -> Option<Dynamic> {
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
fn dynamic_with_take(token: &str) -> Option<(Dynamic, &str)> {
    let digits = token.trim_start_matches(|c: char| !c.is_ascii_digit());
    let letters = &token[..token.len() - digits.len()];
    let is_take = is_number(digits) && digits.len() <= 2;
    dynamic_letters(letters)
        .filter(|_| is_take)
        .map(|d| (d, digits))
}

/// "vel100" and "v64": the nearest dynamic to a velocity. Small numbers count layers and say nothing.
fn velocity(token: &str) -> Option<Dynamic> {
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
fn is_take(token: &str) -> bool {
    let (word, number) = word_and_number(token);
    let numbered = !number.is_empty() && number.len() <= 3;
    let is_layer = VELOCITY_WORDS.contains(&word.as_str()) && velocity(token).is_none();
    (TAKE_WORDS.contains(&word.as_str()) && (numbered || word == "take" && number.is_empty()))
        || is_layer && numbered
}

/// Letters in lower case, then digits; both empty when the token is anything else.
fn word_and_number(token: &str) -> (String, &str) {
    let number = token.trim_start_matches(|c: char| !c.is_ascii_digit());
    let word = &token[..token.len() - number.len()];
    if !number.chars().all(|c| c.is_ascii_digit()) || !word.chars().all(char::is_alphabetic) {
        return (String::new(), "");
    }
    (word.to_lowercase(), number)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_digit())
}

fn ends_in_digit(text: &str) -> bool {
    text.ends_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(name: &str) -> (Option<u8>, Option<&'static str>, Option<String>) {
        let hints = NameHints::from_name(name);
        (hints.key, hints.dynamic.map(Dynamic::name), hints.take)
    }

    fn expect(name: &str, key: impl Into<Option<u8>>, dynamic: &str, take: &str) {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (found_key, found_dynamic, found_take) = hints(name);
        let found = (found_key, found_dynamic.map(str::to_owned), found_take);
        assert_eq!(found, (key.into(), some(dynamic), some(take)), "{name}");
    }

    #[test]
    fn pitches_dynamics_and_takes_are_read() {
        expect("Ab3-f-1.flac", 56, "f", "1");
        expect("A0-mf-down.flac", 21, "mf", "down");
        expect("A#4_mf_rr2.wav", 70, "mf", "rr2");
        expect("Violin C5.wav", 72, "", "");
        expect("violin-Gs4.wav", 68, "", "");
        expect("Sax-Tenor D#5.wav", 75, "", "");
        expect("As3.wav", 58, "", "");
        expect("Cs4.ogg", 61, "", "");
        expect("Db4.ogg", 61, "", "");
        expect("C#4.ogg", 61, "", "");
        expect("c4.wav", 60, "", "");
        expect("bb3.wav", 58, "", "");
        expect("E\u{266d}2.wav", 39, "", "");
        expect("AltoSaxA3.wav", 57, "", "");
        expect("C4mf.wav", 60, "mf", "");
        expect("C4_f2.wav", 60, "f", "2");
        expect("C4v100.wav", 60, "f", "");
        expect("C4 take 2.wav", 60, "", "take-2");
        expect("C-1.wav", 0, "", "");
        expect("B#3.wav", 60, "", "");
        expect("Cb4.wav", 59, "", "");
    }

    #[test]
    fn folders_say_what_the_file_leaves_open() {
        expect("pp/C4.wav", 60, "pp", "");
        expect("pp/C4-f.wav", 60, "f", "");
        expect("C4/mf/take2.wav", 60, "mf", "take2");
        expect("sax/rr1/D3.wav", 50, "", "rr1");
        expect("piano/C4.wav", 60, "", "");
        expect("pp.wav", None, "pp", "");
    }

    #[test]
    fn numbers_are_keys_only_when_they_say_so() {
        expect("60.wav", 60, "", "");
        expect("060.wav", 60, "", "");
        expect("note60.wav", 60, "", "");
        expect("m060_p.wav", 60, "p", "");
        expect("sax-060-p-2.wav", 60, "p", "2");
        expect("take2.wav", None, "", "take2");
        expect("recording 60.wav", None, "", "");
        expect("01.wav", None, "", "");
        expect("2026.wav", None, "", "");
        expect("note999.wav", None, "", "");
    }

    #[test]
    fn instruments_are_not_dynamics() {
        expect("Piano C4.wav", 60, "", "");
        expect("piano.wav", None, "", "");
        expect("fortepiano-C4.wav", 60, "", "");
        expect("C4-piano-1.wav", 60, "p", "1");
        expect("C4-forte.wav", 60, "f", "");
        expect("mezzo forte C4.wav", 60, "mf", "");
        expect("bass2.wav", None, "", "");
        expect("MS20 lead.wav", None, "", "");
        expect("CD1.wav", None, "", "");
    }

    #[test]
    fn two_pitches_hint_at_none_and_capitals_go_first() {
        expect("C4 to G4.wav", None, "", "");
        expect("C4-f1.wav", 60, "f", "1");
        expect("C4/C4.wav", 60, "", "");
    }

    #[test]
    fn no_name_makes_it_panic() {
        for name in [
            "",
            "/",
            ".",
            "...",
            "#",
            "C",
            "-1",
            "C-",
            "\u{266d}\u{266f}4",
            "É4-ü",
            "C99999999999.wav",
        ] {
            let _ = NameHints::from_name(name);
        }
    }
}
