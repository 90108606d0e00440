//! Which key a letter or a name means.

/// Letters of the lower row, C3 to B3, and the upper one, C4 to B4: as on a piano, the row below holds
/// the white keys, the row above it the black ones.
const ROWS: [(&str, i32); 2] = [("zsxdcvgbhnjm", 48), ("q2w3er5t6y7u", 60)];

/// Semitones from C up to the natural notes C to B.
const NATURALS: [(char, i32); 7] = [
    ('c', 0),
    ('d', 2),
    ('e', 4),
    ('f', 5),
    ('g', 7),
    ('a', 9),
    ('b', 11),
];

/// The key of a piano letter, small or capital.
pub(crate) fn letter(letter: char) -> Option<u8> {
    let letter = letter.to_ascii_lowercase();
    ROWS.iter().find_map(|(row, lowest)| {
        let at = row.chars().position(|own| own == letter)?;
        u8::try_from(lowest + at as i32).ok()
    })
}

/// The key that a word names: a piano letter moved by `octave`, a note like C#4 or Bb3 (C4 is 60), or a
/// MIDI number.
pub(super) fn named(word: &str, octave: i8) -> Option<u8> {
    let mut characters = word.chars();
    let first = characters.next()?;
    if characters.as_str().is_empty()
        && let Some(key) = letter(first)
    {
        return moved(key, octave);
    }
    if let Ok(number) = word.parse::<u8>() {
        return (number <= 127).then_some(number);
    }
    note(word)
}

/// A key some octaves up; none beyond the keyboard.
pub(crate) fn moved(key: u8, octaves: i8) -> Option<u8> {
    let key = i16::from(key) + 12 * i16::from(octaves);
    u8::try_from(key).ok().filter(|key| *key <= 127)
}

fn note(word: &str) -> Option<u8> {
    let mut rest = word.chars();
    let natural = rest.next()?.to_ascii_lowercase();
    let (_, semitones) = NATURALS.iter().find(|(name, _)| *name == natural)?;
    let rest = rest.as_str();
    let (accidental, octave) = match rest.strip_prefix(['#', '\u{266f}']) {
        Some(octave) => (1, octave),
        None => match rest.strip_prefix(['b', '\u{266d}']) {
            Some(octave) => (-1, octave),
            None => (0, rest),
        },
    };
    let octave: i32 = octave.parse::<i8>().ok()?.into();
    let key = 12 * (octave + 1) + semitones + accidental;
    u8::try_from(key).ok().filter(|key| *key <= 127)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_letters_of_the_piano() {
        for (row, lowest) in [("ZSXDCVGBHNJM", 48), ("Q2W3ER5T6Y7U", 60)] {
            for (place, name) in row.chars().enumerate() {
                let key = Some(lowest + place as u8);
                assert_eq!(letter(name), key);
                assert_eq!(letter(name.to_ascii_lowercase()), key);
            }
        }
        for none in ['a', '1', '4', '8', ' ', 'é'] {
            assert_eq!(letter(none), None);
        }
    }

    #[test]
    fn notes_have_several_names() {
        for (word, key) in [
            ("q", 60),
            ("c", 52),
            ("c4", 60),
            ("C#4", 61),
            ("db4", 61),
            ("B♭3", 58),
            ("cb4", 59),
            ("A4", 69),
            ("G9", 127),
            ("C-1", 0),
            ("127", 127),
            ("0", 0),
            ("7", 70),
            ("2", 61),
        ] {
            assert_eq!(named(word, 0), Some(key), "{word}");
        }
        for none in [
            "", "G#9", "Cb-1", "h4", "128", "-1", "c#", "c44", "c4x", "1e2", "a",
        ] {
            assert_eq!(named(none, 0), None, "{none}");
        }
        assert_eq!(named("q", 2), Some(84));
        assert_eq!(named("m", 3), Some(95));
        assert_eq!(named("c4", 2), Some(60), "a name is a name");
    }
}
