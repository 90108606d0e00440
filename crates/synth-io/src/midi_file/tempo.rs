//! From ticks to seconds and samples, in integers.

use super::SongError;

/// Tempo before the first tempo event: 500,000 us a quarter note, 120 a minute (RP-001).
const DEFAULT_TEMPO_US: u64 = 500_000;
/// No piece is longer; beyond this, delta times are garbage. It also bounds the arithmetic below.
const LIMIT_DAYS: u64 = 7;
const SECONDS_A_DAY: u64 = 86_400;

/// A moment in a song as an exact fraction of a second, so that no rounding adds up over hours.
/// Times of one song are ordered by `<`; times of different songs cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SongTime {
    units: u64,
    units_per_second: u64,
}

impl SongTime {
    /// The time in seconds, rounded to the nearest f64.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.units as f64 / self.units_per_second as f64
    }

    /// The sample at `sample_rate_hz` nearest to this time (half a sample rounds up).
    #[must_use]
    pub fn sample_index(self, sample_rate_hz: u32) -> u64 {
        self.sample_index_after(0, sample_rate_hz)
    }

    /// The sample nearest to `extra_ns` nanoseconds after this time.
    #[must_use]
    pub fn sample_index_after(self, extra_ns: u64, sample_rate_hz: u32) -> u64 {
        const NS_A_SECOND: u128 = 1_000_000_000;
        // Whole and part of a second apart: units < 2^55 (a week at 32767 * 10^6 a second), per_second
        // < 2^35 and rate < 2^32, so every product stays below 2^100.
        let (rate, per_second) = (
            u128::from(sample_rate_hz),
            u128::from(self.units_per_second),
        );
        let extra = u128::from(extra_ns);
        let seconds = u128::from(self.units) / per_second + extra / NS_A_SECOND;
        let rest =
            u128::from(self.units) % per_second * NS_A_SECOND + extra % NS_A_SECOND * per_second;
        let denominator = per_second * NS_A_SECOND;
        let index = seconds * rate + (2 * rest * rate + denominator) / (2 * denominator);
        u64::try_from(index).unwrap_or(u64::MAX)
    }
}

/// How long a tick is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Division {
    /// Ticks to a quarter note; the tempo map says how long that is.
    Musical { ticks_per_quarter: u16 },
    /// A fixed time: `units` out of `units_per_second` of a second a tick.
    Smpte { units: u64, units_per_second: u64 },
}

impl Division {
    /// From the header's division word; `None` for the combinations that RP-001 does not define.
    pub(super) fn from_word(word: u16) -> Option<Self> {
        let [high, low] = word.to_be_bytes();
        if word == 0 {
            return None;
        }
        if high < 0x80 {
            return Some(Self::Musical {
                ticks_per_quarter: word,
            });
        }
        let ticks_per_frame = u64::from(low);
        if ticks_per_frame == 0 {
            return None;
        }
        // The high byte is the negative frame rate; -29 stands for 30000/1001 (drop frame).
        let (units, frames_per_second) = match high.wrapping_neg() {
            24 => (1, 24),
            25 => (1, 25),
            29 => (1001, 30_000),
            30 => (1, 30),
            _ => return None,
        };
        Some(Self::Smpte {
            units,
            units_per_second: frames_per_second * ticks_per_frame,
        })
    }
}

/// Converts ticks, which must be asked for in ascending order.
pub(super) struct TempoMap {
    division: Division,
    /// (tick, us per quarter note), ascending; of several at one tick the last counts.
    changes: Vec<(u64, u64)>,
    next_change: usize,
    tempo_us: u64,
    last_tick: u64,
    units: u64,
}

impl TempoMap {
    /// `changes` in any order; of two at one tick the later in the list counts.
    pub(super) fn new(division: Division, mut changes: Vec<(u64, u64)>) -> Self {
        changes.sort_by_key(|&(tick, _)| tick);
        let tempo_us = DEFAULT_TEMPO_US;
        Self {
            division,
            changes,
            next_change: 0,
            tempo_us,
            last_tick: 0,
            units: 0,
        }
    }

    /// The time of `tick`, which must not be below the one asked for before.
    pub(super) fn time(&mut self, tick: u64) -> Result<SongTime, SongError> {
        while let Some(&(change_tick, tempo_us)) = self.changes.get(self.next_change)
            && change_tick <= tick
        {
            self.advance(change_tick)?;
            self.tempo_us = tempo_us;
            self.next_change += 1;
        }
        self.advance(tick)?;
        Ok(SongTime {
            units: self.units,
            units_per_second: self.units_per_second(),
        })
    }

    fn units_per_second(&self) -> u64 {
        match self.division {
            Division::Musical { ticks_per_quarter } => u64::from(ticks_per_quarter) * 1_000_000,
            Division::Smpte {
                units_per_second, ..
            } => units_per_second,
        }
    }

    fn advance(&mut self, tick: u64) -> Result<(), SongError> {
        let units_per_tick = match self.division {
            Division::Musical { .. } => self.tempo_us,
            Division::Smpte { units, .. } => units,
        };
        let ticks = tick.saturating_sub(self.last_tick);
        let total = u128::from(self.units) + u128::from(ticks) * u128::from(units_per_tick);
        let per_day = u128::from(self.units_per_second()) * u128::from(SECONDS_A_DAY);
        if total > per_day * u128::from(LIMIT_DAYS) {
            let days = u64::try_from(total / per_day).unwrap_or(u64::MAX);
            return Err(SongError::TooLong {
                days,
                limit_days: LIMIT_DAYS,
            });
        }
        self.units = total as u64;
        self.last_tick = tick.max(self.last_tick);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn musical(ticks_per_quarter: u16, changes: &[(u64, u64)]) -> TempoMap {
        TempoMap::new(Division::Musical { ticks_per_quarter }, changes.to_vec())
    }

    #[test]
    fn a_quarter_lasts_half_a_second_unless_told_otherwise() {
        let time = musical(480, &[]).time(480).unwrap();
        assert_eq!(time.seconds(), 0.5);
        assert_eq!(time.sample_index(44_100), 22_050);
        assert_eq!(time.sample_index_after(250_000_000, 48_000), 36_000);
    }

    #[test]
    fn tempo_changes_apply_from_their_tick_on_in_any_list_order() {
        let mut map = musical(100, &[(300, 250_000), (100, 1_000_000), (100, 2_000_000)]);
        let seconds: Vec<f64> = [0, 100, 200, 300, 400]
            .iter()
            .map(|&t| map.time(t).unwrap().seconds())
            .collect();
        assert_eq!(seconds, [0.0, 0.5, 2.5, 4.5, 4.75]);
    }

    #[test]
    fn an_hour_of_awkward_ticks_does_not_drift() {
        // 333,333 us over 7 ticks: a period that no binary fraction holds.
        let mut map = musical(7, &[(0, 333_333)]);
        let ticks = 7 * 3 * 3600_u64;
        for tick in (0..ticks).step_by(13) {
            let time = map.time(tick).unwrap();
            let exact = u128::from(tick) * 333_333 * 44_100;
            let nearest = (exact + 3_500_000) / 7_000_000;
            assert_eq!(
                u128::from(time.sample_index(44_100)),
                nearest,
                "tick {tick}"
            );
        }
    }

    #[test]
    fn smpte_ticks_have_their_own_length() {
        let division = Division::from_word(u16::from_be_bytes([(-25_i8) as u8, 40])).unwrap();
        let mut map = TempoMap::new(division, vec![(0, 1)]);
        assert_eq!(map.time(1000).unwrap().seconds(), 1.0);
        let division = Division::from_word(u16::from_be_bytes([(-29_i8) as u8, 100])).unwrap();
        let mut map = TempoMap::new(division, Vec::new());
        assert_eq!(map.time(3_000_000).unwrap().seconds(), 1001.0);
    }

    #[test]
    fn undefined_divisions_are_refused() {
        for word in [0, 0x8000, 0x80ff, 0xe800, 0xff01, 0xe201 - 0x0100] {
            assert_eq!(Division::from_word(word), None, "{word:#06x}");
        }
    }

    #[test]
    fn weeks_of_music_are_refused() {
        let error = musical(1, &[]).time(u64::MAX).unwrap_err();
        assert!(matches!(error, SongError::TooLong { limit_days: 7, .. }));
        assert!(musical(1, &[]).time(7 * 86_400 * 2).is_ok());
        assert!(musical(1, &[]).time(7 * 86_400 * 2 + 1).is_err());
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let time = SongTime {
            units: (1 << 55) - 1,
            units_per_second: 32_767_000_000,
        };
        assert_eq!(
            time.sample_index_after(0, 1),
            (((1_u64 << 55) - 1) + 16_383_500_000) / 32_767_000_000
        );
        assert_eq!(time.sample_index_after(u64::MAX, u32::MAX), u64::MAX);
    }
}
