//! How long a piece may be.

use std::time::Duration;

use super::SongError;
use super::tempo::Timeline;

/// How a song is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SongOptions {
    /// The longest piece that is read: damaged delta times can ask for years of silence. Times
    /// beyond 2^32 seconds (136 years) cannot be told, whatever is allowed.
    pub longest: Duration,
}

impl Default for SongOptions {
    /// Four hours.
    fn default() -> Self {
        Self {
            longest: Duration::from_secs(4 * 3600),
        }
    }
}

/// The longest delta time of a piece.
#[derive(Clone, Copy, Debug)]
pub(super) struct LongestDelta {
    /// Number of the track, from 1.
    pub(super) track: usize,
    /// Where it begins, in ticks of its track.
    pub(super) tick: u64,
    /// The same in ticks of the piece.
    pub(super) song_tick: u64,
    pub(super) ticks: u64,
}

/// The longest piece in whole seconds.
pub(super) fn limit(longest: Duration) -> u128 {
    u128::from(longest.as_secs()).min(u128::from(u32::MAX))
}

/// Whether a piece that ends at `end_tick` is not too long.
pub(super) fn fits(timeline: &Timeline, end_tick: u64, longest: Duration) -> bool {
    // Parts of a second do not matter, but 4 hours to the sample must pass with 4 hours.
    timeline.walk().whole_seconds(end_tick) <= limit(longest)
}

/// Refuses a piece that ends at `end_tick` if that is too late.
pub(super) fn check(
    timeline: &Timeline,
    end_tick: u64,
    delta: Option<LongestDelta>,
    longest: Duration,
) -> Result<(), SongError> {
    if fits(timeline, end_tick, longest) {
        return Ok(());
    }
    let limit = limit(longest);
    let length = timeline.walk().whole_seconds(end_tick);
    let cause = delta.and_then(|delta| {
        let mut walk = timeline.walk();
        let before = walk.whole_seconds(delta.song_tick);
        let after = walk.whole_seconds(delta.song_tick + delta.ticks);
        let alone = after - before;
        (length - alone <= limit).then(|| {
            format!(
                ", {} of it in one delta time of {} ticks at tick {} of track {}",
                in_words(alone),
                delta.ticks,
                delta.tick,
                delta.track
            )
        })
    });
    Err(SongError::TooLong {
        length: in_words(length),
        limit: in_words(limit),
        cause: cause.unwrap_or_default(),
    })
}

/// The two largest units that a time has.
pub(super) fn in_words(seconds: u128) -> String {
    const UNITS: [(&str, u128); 5] = [
        ("year", 365 * 86_400),
        ("day", 86_400),
        ("hour", 3600),
        ("minute", 60),
        ("second", 1),
    ];
    let mut rest = seconds;
    let mut words = Vec::new();
    for (unit, size) in UNITS {
        let count = rest / size;
        rest %= size;
        match count {
            0 => continue,
            1 => words.push(format!("1 {unit}")),
            _ => words.push(format!("{count} {unit}s")),
        }
        if words.len() == 2 {
            break;
        }
    }
    match words.is_empty() {
        true => "0 seconds".to_owned(),
        false => words.join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tempo::Division;
    use super::*;

    #[test]
    fn lengths_are_told_in_two_units() {
        let day = 86_400;
        let cases = [
            (0, "0 seconds"),
            (61, "1 minute 1 second"),
            (4 * 3600, "4 hours"),
            (4 * 3600 + 1, "4 hours 1 second"),
            (day + 7200, "1 day 2 hours"),
            (400 * day, "1 year 35 days"),
        ];
        for (seconds, words) in cases {
            assert_eq!(in_words(seconds), words);
        }
    }

    #[test]
    fn the_limit_is_exact_and_one_delta_is_named() {
        let timeline = Timeline::new(Division::from_word(1).unwrap(), Vec::new());
        let check =
            |end, delta, seconds| check(&timeline, end, delta, Duration::from_secs(seconds));
        assert!(check(28_800, None, 14_400).is_ok());
        let line = check(28_801, None, 14_400).unwrap_err().to_string();
        assert!(
            line.contains("would last 4 hours 1 second; the longest that is read is 4 hours"),
            "{line}"
        );
        let delta = LongestDelta {
            track: 3,
            tick: 10,
            song_tick: 10,
            ticks: 1 << 28,
        };
        let line = check((1 << 28) + 20, Some(delta), 14_400)
            .unwrap_err()
            .to_string();
        assert!(
            line.contains("4 years 93 days, 4 years 93 days of it in one delta time of 268435456 ticks at tick 10 of track 3"),
            "{line}"
        );
        assert!(check((1 << 28) + 20, Some(delta), u64::MAX).is_ok());
        // Hundreds of years do not fit; an absurd number of ticks overflows nothing.
        let line = check(u64::MAX, None, u64::MAX).unwrap_err().to_string();
        assert!(
            line.contains("the longest that is read is 136 years"),
            "{line}"
        );
    }
}
