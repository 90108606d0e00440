//! What the files of a report are called.

use std::collections::BTreeSet;

use synth_train::evaluation::NoteFigures;

/// Flats, as the names of recordings mostly have them; key 60 is C4.
const PITCH_CLASSES: [&str; 12] = [
    "C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B",
];

/// The pitch of a key: 69 is "A4".
pub(super) fn pitch(key: u8) -> String {
    let class = PITCH_CLASSES[usize::from(key % 12)];
    format!("{class}{}", i32::from(key / 12) - 1)
}

/// Hands out names, each once.
#[derive(Default)]
pub(super) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// Pitch, dynamic and take of a note as far as they are known: "Eb4-mf-2". A name that is taken,
    /// whatever the case of its letters, gets a number: "C4-2", "C4-3".
    pub(super) fn give(&mut self, note: &NoteFigures) -> String {
        let mut name = pitch(note.key);
        for part in [&note.dynamic, &note.take] {
            let part = in_file_name(part);
            if !part.is_empty() {
                name = format!("{name}-{part}");
            }
        }
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let mut choices = std::iter::once(name.clone()).chain(numbered);
        let free = choices.find(|choice| self.taken.insert(choice.to_lowercase()));
        free.unwrap_or(name)
    }
}

/// What any file system takes, and short.
fn in_file_name(part: &str) -> String {
    let sound = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' {
            c
        } else {
            '_'
        }
    };
    let name: String = part.chars().take(24).map(sound).collect();
    name.trim_matches(['.', '_']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(key: u8, dynamic: &str, take: &str) -> NoteFigures {
        NoteFigures {
            key,
            dynamic: dynamic.into(),
            take: take.into(),
            ..NoteFigures::default()
        }
    }

    #[test]
    fn names_are_pitch_dynamic_and_take_and_never_the_same() {
        let mut names = Names::default();
        let mut give = |key, dynamic, take| names.give(&note(key, dynamic, take));
        assert_eq!(give(63, "p", "1"), "Eb4-p-1");
        assert_eq!(give(60, "", ""), "C4");
        assert_eq!(give(60, "", ""), "C4-2");
        assert_eq!(give(60, "", "2"), "C4-2-2");
        assert_eq!(give(60, "", ""), "C4-3");
        assert_eq!(give(60, "f", "up bow/../x"), "C4-f-up_bow_.._x");
        assert_eq!(give(60, "F", "UP bow/../x"), "C4-F-UP_bow_.._x-2");
        assert_eq!(give(0, "", "…"), "C-1");
    }
}
