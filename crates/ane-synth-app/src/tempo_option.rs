//! How fast to play: `--tempo`.

use std::str::FromStr;

use synth_io::midi_file::Tempo;

/// Slowest and fastest, as a factor.
const FACTORS: std::ops::RangeInclusive<f64> = 0.05..=20.0;
/// Slowest and fastest, quarter notes a minute.
const BPM: std::ops::RangeInclusive<f64> = 4.0..=2000.0;

/// Another tempo than the file's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum TempoOption {
    /// Times the file's own tempo, whatever it is at each place.
    Factor(f64),
    /// One tempo throughout, in quarter notes a minute.
    Bpm(f64),
}

impl TempoOption {
    /// As songs take it.
    pub(crate) fn for_song(self) -> Tempo {
        match self {
            Self::Factor(factor) => Tempo::Factor(factor),
            Self::Bpm(bpm) => Tempo::Fixed { bpm },
        }
    }
}

impl FromStr for TempoOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORMS: &str =
            "a factor (1.5), a percentage (150%) or quarter notes a minute (120bpm)";
        let text = text.trim().to_ascii_lowercase();
        let number = |text: &str| match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(format!("must be {FORMS}")),
        };
        if let Some(bpm) = text.strip_suffix("bpm") {
            let bpm = number(bpm)?;
            return match BPM.contains(&bpm) {
                true => Ok(Self::Bpm(bpm)),
                false => Err(format!(
                    "must lie within {} to {} bpm",
                    BPM.start(),
                    BPM.end()
                )),
            };
        }
        if let Some(percent) = text.strip_suffix('%') {
            let factor = number(percent)? / 100.0;
            return match FACTORS.contains(&factor) {
                true => Ok(Self::Factor(factor)),
                false => Err("must lie within 5% to 2000%".to_owned()),
            };
        }
        let factor = number(&text)?;
        if factor > *FACTORS.end() {
            return Err(format!("could be {text}% or {text}bpm; say which: {FORMS}"));
        }
        match FACTORS.contains(&factor) {
            true => Ok(Self::Factor(factor)),
            false => Err(format!("must be at least {}", FACTORS.start())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_are_understood() {
        for (text, expected) in [
            ("1.5", TempoOption::Factor(1.5)),
            ("150%", TempoOption::Factor(1.5)),
            ("50 %", TempoOption::Factor(0.5)),
            ("20", TempoOption::Factor(20.0)),
            ("120bpm", TempoOption::Bpm(120.0)),
            ("66.5 BPM", TempoOption::Bpm(66.5)),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_could_be_either_is_explained() {
        let line = "120".parse::<TempoOption>().unwrap_err();
        for form in ["1.5", "150%", "120bpm", "120%"] {
            assert!(line.contains(form), "{line}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "", "0", "-1", "nan", "inf", "0%", "1%", "3bpm", "bpm", "%", "fast", "2001bpm", "1e9%",
        ] {
            assert!(text.parse::<TempoOption>().is_err(), "{text}");
        }
    }
}
