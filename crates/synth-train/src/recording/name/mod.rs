//! Reading hints out of file names: "Ab3-f-1", "A#4_mf_rr2", "Violin C5", "pp/Gs4", "060".

mod pitch;
mod words;

use super::{Dynamic, NameHints};
use pitch::{bare_key, find_pitch, key_number};
use words::{
    dynamic_letters, dynamic_token, dynamic_with_take, ends_in_digit, is_number, is_take, velocity,
};

/// A part of a name between separators.
struct Token<'a> {
    text: &'a str,
    /// Separator before it; `None` for the first.
    before: Option<char>,
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
