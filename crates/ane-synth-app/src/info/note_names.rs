//! Names of notes; key 60 is C4.

const PITCH_CLASSES: [&str; 12] = [
    "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B",
];

/// Frequency of key 69, A4, in equal temperament.
const A4_HZ: f64 = 440.0;

/// The name of a key: 60 is "C4", 69 "A4", 0 "C-1".
pub(super) fn key_name(key: i32) -> String {
    let class = PITCH_CLASSES[key.rem_euclid(12) as usize];
    format!("{class}{}", key.div_euclid(12) - 1)
}

/// The name of the note nearest to a frequency in Hz, which must be finite and above zero.
pub(super) fn nearest_note(f0_hz: f64) -> String {
    let key = 69.0 + 12.0 * (f0_hz / A4_HZ).log2();
    key_name(key.round() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_keyboard() {
        let names: Vec<String> = [0, 21, 59, 60, 61, 69, 127, -1].map(key_name).into();
        assert_eq!(names, ["C-1", "A0", "B3", "C4", "C#4", "A4", "G9", "B-2"]);
        assert_eq!(nearest_note(440.0), "A4");
        assert_eq!(nearest_note(27.5), "A0");
        assert_eq!(nearest_note(1.0), "C-4");
        assert_eq!(nearest_note(4186.0), "C8");
    }
}
