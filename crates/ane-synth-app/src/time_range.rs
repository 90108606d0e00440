//! Moments of a piece and the part of it between two of them: `--from` and `--to`.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

const NS_A_SECOND: u64 = 1_000_000_000;
/// Beyond any piece, and far below what overflows.
const LONGEST_HOURS: u64 = 100_000;

/// A moment from the beginning of the piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    nanoseconds: u64,
}

impl Moment {
    /// The nearest sample at `sample_rate_hz`.
    pub(crate) fn sample_index(self, sample_rate_hz: u32) -> u64 {
        let exact = u128::from(self.nanoseconds) * u128::from(sample_rate_hz);
        let nearest = (exact + u128::from(NS_A_SECOND / 2)) / u128::from(NS_A_SECOND);
        u64::try_from(nearest).unwrap_or(u64::MAX)
    }
}

impl FromStr for Moment {
    type Err = String;

    /// Seconds, m:ss or h:mm:ss, the seconds with decimals.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "must be a time such as 90, 1:30, 1:30.5 or 1:02:03".to_owned();
        let mut parts = text.trim().rsplit(':');
        let seconds = parts.next().ok_or_else(wrong)?;
        let minutes = parts.next();
        let hours = parts.next();
        if parts.next().is_some() {
            return Err(wrong());
        }
        let whole = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse::<u64>().map_err(|_| wrong()),
            false => Err(wrong()),
        };
        // Of ".5" and "1." what is missing is zero.
        let (seconds, decimals) = match seconds.split_once('.') {
            None => (seconds, "0"),
            Some(("", "")) => return Err(wrong()),
            Some(("", decimals)) => ("0", decimals),
            Some((seconds, "")) => (seconds, "0"),
            Some(parts) => parts,
        };
        let seconds = whole(seconds)?;
        let minutes_value = minutes.map_or(Ok(0), whole)?;
        let hours_value = hours.map_or(Ok(0), whole)?;
        if minutes.is_some() && seconds > 59 || hours.is_some() && minutes_value > 59 {
            return Err(wrong());
        }
        // Nine digits are nanoseconds; more cannot be told apart.
        whole(decimals)?;
        let nanoseconds = whole(&format!("{decimals:0<9}")[..9])?;
        let too_long = || format!("must lie within {LONGEST_HOURS} hours");
        let total = hours_value
            .checked_mul(3600)
            .and_then(|total| total.checked_add(minutes_value.checked_mul(60)?))
            .and_then(|total| total.checked_add(seconds))
            .filter(|&total| total < LONGEST_HOURS * 3600)
            .ok_or_else(too_long)?;
        Ok(Self {
            nanoseconds: total * NS_A_SECOND + nanoseconds,
        })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&clock(self.nanoseconds as f64 / NS_A_SECOND as f64))
    }
}

/// The part of a piece to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeRange {
    pub(crate) from: Option<Moment>,
    pub(crate) to: Option<Moment>,
}

impl TimeRange {
    /// What is wrong with it for any piece.
    pub(crate) fn check(self) -> Result<(), String> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from >= to => Err(format!(
                "--from {from} does not lie before --to {to}; nothing would be left"
            )),
            (None, Some(to)) if to.nanoseconds == 0 => {
                Err("--to 0 leaves nothing; name a later time".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// The sample frames of a piece of `frames` that it takes.
    ///
    /// # Errors
    /// If there are none.
    pub(crate) fn window(self, frames: u64, sample_rate_hz: u32) -> Result<Range<u64>, String> {
        self.check()?;
        let index = |moment: Moment| moment.sample_index(sample_rate_hz);
        let begin = self.from.map_or(0, index);
        let end = self.to.map_or(frames, index).min(frames);
        if let Some(from) = self.from
            && begin >= frames
        {
            let end = clock(frames as f64 / f64::from(sample_rate_hz));
            return Err(format!(
                "--from {from} lies beyond the end at {end}; name an earlier time"
            ));
        }
        if (self.from.is_some() || self.to.is_some()) && begin >= end {
            return Err(
                "less than a sample lies between --from and --to; give a longer part".to_owned(),
            );
        }
        Ok(begin..end)
    }
}

/// "5:07.25", "1:02:03".
fn clock(seconds: f64) -> String {
    let milliseconds = (seconds * 1000.0).round() as u64;
    let (minutes, rest) = (milliseconds / 60_000, milliseconds % 60_000);
    let mut text = match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes}"),
        (hours, minutes) => format!("{hours}:{minutes:02}"),
    };
    text.push_str(&format!(":{:02}", rest / 1000));
    if rest % 1000 > 0 {
        let decimals = format!(".{:03}", rest % 1000);
        text.push_str(decimals.trim_end_matches('0'));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ns(text: &str) -> u64 {
        text.parse::<Moment>().unwrap().nanoseconds
    }

    #[test]
    fn every_form_of_a_time_is_exact() {
        assert_eq!(ns("0"), 0);
        assert_eq!(ns("90"), 90_000_000_000);
        assert_eq!(ns("90.5"), 90_500_000_000);
        assert_eq!(ns(".5"), 500_000_000);
        assert_eq!(ns("1."), 1_000_000_000);
        assert_eq!(ns("1:.5"), 60_500_000_000);
        assert_eq!(ns("1:30"), 90_000_000_000);
        assert_eq!(ns("1:30.000000001"), 90_000_000_001);
        assert_eq!(ns("1:02:03.25"), 3_723_250_000_000);
        assert_eq!(ns("0.1234567891234"), 123_456_789);
        let third: Moment = "0.333333333".parse().unwrap();
        assert_eq!(third.sample_index(44_100), 14_700);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            ":",
            "1:60",
            "1:60:00",
            "1:2:3:4",
            "-1",
            "1e3",
            "nan",
            "1:",
            ":30",
            "1.5:00",
            "+1",
            "360000001",
            "99999999999999999999",
            ".",
            "1:.",
            ".:1",
            "1.-5",
            "é",
        ] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_window_lies_within_the_piece() {
        let range = |from: Option<&str>, to: Option<&str>| TimeRange {
            from: from.map(|text| text.parse().unwrap()),
            to: to.map(|text| text.parse().unwrap()),
        };
        assert_eq!(range(None, None).window(1000, 100), Ok(0..1000));
        assert_eq!(range(Some("1"), Some("2")).window(1000, 100), Ok(100..200));
        assert_eq!(
            range(Some("1"), Some("20")).window(1000, 100),
            Ok(100..1000)
        );
        assert_eq!(range(None, None).window(0, 100), Ok(0..0));
        for (from, to) in [
            (Some("2"), Some("2")),
            (Some("10"), None),
            (None, Some("0")),
        ] {
            assert!(range(from, to).window(1000, 100).is_err());
        }
        let error = range(Some("3:00:00"), None).window(30_725, 100);
        assert!(
            error
                .unwrap_err()
                .contains("3:00:00 lies beyond the end at 5:07.25")
        );
    }
}
