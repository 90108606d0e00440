//! Facts in words, aligned like a render's summary.

use std::borrow::Cow;

/// Width of the labels.
const LABEL_WIDTH: usize = 11;
/// Longest value in characters; what a file says of itself can be of any length.
const LONGEST_VALUE: usize = 200;
const CUT_OFF: &str = "...";

/// A title and lines of a label and a value.
pub(super) struct Lines {
    text: String,
}

impl Lines {
    pub(super) fn new(title: &str) -> Self {
        Self {
            text: title.to_owned(),
        }
    }

    /// One line, cut where it is longer than a screen has room for; none for an empty value.
    pub(super) fn add(&mut self, label: &str, value: impl AsRef<str>) {
        let value = value.as_ref();
        if !value.is_empty() {
            self.text
                .push_str(&format!("\n  {label:<LABEL_WIDTH$}  {}", capped(value)));
        }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

fn capped(value: &str) -> Cow<'_, str> {
    if value.chars().nth(LONGEST_VALUE).is_none() {
        return value.into();
    }
    let kept: String = value.chars().take(LONGEST_VALUE - CUT_OFF.len()).collect();
    (kept.trim_end().to_owned() + CUT_OFF).into()
}

/// "1 note", "2 notes".
pub(super) fn count(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// "812 bytes", "72.4 kB", "3.1 MB"; powers of 1000.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => count(bytes, "byte"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_aligned_and_empty_ones_left_out() {
        let mut lines = Lines::new("a.wav: WAV file");
        lines.add("peak", "-1 dBFS");
        lines.add("nothing", "");
        lines.add("true peak", "-0.9 dBTP");
        assert_eq!(
            lines.finish(),
            "a.wav: WAV file\n  peak         -1 dBFS\n  true peak    -0.9 dBTP"
        );
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let value = |length| {
            let mut lines = Lines::new("a");
            lines.add("text", "\u{e9}".repeat(length));
            let line = lines.finish();
            let value = line.trim_start_matches("a\n  text").trim_start();
            value.to_owned()
        };
        assert_eq!(value(200), "\u{e9}".repeat(200));
        assert_eq!(value(201), "\u{e9}".repeat(197) + "...");
        assert_eq!(value(100_000).chars().count(), 200);
    }

    #[test]
    fn counts_and_sizes_read_well() {
        assert_eq!(count(1, "note"), "1 note");
        assert_eq!(count(0, "note"), "0 notes");
        assert_eq!(size(1), "1 byte");
        assert_eq!(size(72_356), "72.4 kB");
        assert_eq!(size(2_500_000_000), "2.50 GB");
    }
}
