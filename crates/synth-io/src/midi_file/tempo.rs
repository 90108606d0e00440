//! From ticks to time and back, in integers.

use super::SongError;
use super::time::SongTime;

/// Tempo before the first tempo event: 500,000 us a quarter note, 120 a minute (RP-001).
pub(super) const DEFAULT_TEMPO_US: u32 = 500_000;
/// Numerator and denominator of a factor or tempo stay below this, so that every product below fits
/// its type. The fraction equals any number of up to six significant digits, and is never further off
/// than two parts in 10^9 (1 / denominator / 2^29 for a convergent, at worst next to 1/100).
const LARGEST_TERM: u64 = 1 << 29;

/// How long a tick is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Division {
    /// A part of a quarter note; the tempo events say how long that is.
    Musical {
        /// Ticks to a quarter note, above 0.
        ticks_per_quarter: u16,
    },
    /// A part of a film or video frame, whatever the tempo.
    Smpte {
        /// Nominal frames a second: 24, 25, 29 (drop frame, 30000/1001 frames a second) or 30.
        frame_rate: u8,
        /// Ticks to a frame, above 0.
        ticks_per_frame: u8,
    },
}

impl Division {
    /// From the header's division word; `None` for the values that RP-001 does not define.
    pub(super) fn from_word(word: u16) -> Option<Self> {
        let [high, low] = word.to_be_bytes();
        match (high, high.wrapping_neg()) {
            _ if word == 0 => None,
            (0..0x80, _) => Some(Self::Musical {
                ticks_per_quarter: word,
            }),
            (_, frame_rate @ (24 | 25 | 29 | 30)) if low > 0 => Some(Self::Smpte {
                frame_rate,
                ticks_per_frame: low,
            }),
            _ => None,
        }
    }
}

/// Another tempo than the file's ([`super::Song::scale_tempo`]).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tempo {
    /// Times as fast as the file says, 0.01 to 100: 2 halves every time. Taken as a fraction: 1.1 is
    /// 11/10.
    Factor(f64),
    /// This tempo throughout instead of the file's tempo events.
    Fixed {
        /// Quarter notes a minute, 1 to 10,000.
        bpm: f64,
    },
}

/// What one tick lasts from every tick on.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    division: Division,
    /// (tick, us per quarter note), ascending.
    changes: Vec<(u64, u32)>,
    scale: Scale,
}

/// A tick lasts `tempo` * `factor` / `per_second` seconds.
#[derive(Clone, Copy, Debug)]
struct Scale {
    /// What stands for the tempo where the tempo events have no say.
    fixed: Option<u64>,
    factor: u64,
    per_second: u64,
}

impl Timeline {
    /// `changes`, (tick, us per quarter note above 0), in any order; of two at one tick the later
    /// in the list counts.
    pub(super) fn new(division: Division, mut changes: Vec<(u64, u32)>) -> Self {
        changes.sort_by_key(|&(tick, _)| tick);
        let (fixed, per_second) = match division {
            Division::Musical { ticks_per_quarter } => {
                (None, u64::from(ticks_per_quarter) * 1_000_000)
            }
            Division::Smpte {
                frame_rate,
                ticks_per_frame,
            } => {
                let (units, frames_per_second) = match frame_rate {
                    29 => (1001, 30_000),
                    whole => (1, u64::from(whole)),
                };
                (Some(units), frames_per_second * u64::from(ticks_per_frame))
            }
        };
        let scale = Scale {
            fixed,
            factor: 1,
            per_second,
        };
        Self {
            division,
            changes,
            scale,
        }
    }

    /// The same events at another tempo; what `self` was scaled by before has no part in it.
    pub(super) fn scaled(&self, tempo: Tempo) -> Result<Self, SongError> {
        let refuse = |detail: String| Err(SongError::Tempo { detail });
        let mut new = Self::new(self.division, self.changes.clone());
        match (tempo, self.division) {
            (Tempo::Factor(factor), _) => {
                if !(0.01..=100.0).contains(&factor) {
                    return refuse(format!(
                        "the tempo cannot be {factor} times the file's; 0.01 to 100 times can be played"
                    ));
                }
                let (faster, slower) = fraction(factor);
                new.scale.per_second *= faster;
                new.scale.factor = slower;
            }
            (Tempo::Fixed { bpm }, Division::Musical { ticks_per_quarter }) => {
                if !(1.0..=10_000.0).contains(&bpm) {
                    return refuse(format!(
                        "the tempo cannot be {bpm} quarter notes a minute; 1 to 10000 can be played"
                    ));
                }
                let (quarters, minutes) = fraction(bpm);
                new.scale = Scale {
                    fixed: Some(60),
                    factor: minutes,
                    per_second: u64::from(ticks_per_quarter) * quarters,
                };
            }
            (Tempo::Fixed { .. }, Division::Smpte { .. }) => {
                return refuse("the file counts film frames and has no tempo; give a factor instead of a fixed tempo".to_owned());
            }
        }
        Ok(new)
    }

    pub(super) fn division(&self) -> Division {
        self.division
    }

    /// The whole seconds up to each of `ticks` (rounded up), in any order.
    pub(super) fn whole_seconds(&self, ticks: Vec<u64>) -> Vec<u128> {
        let mut order: Vec<usize> = (0..ticks.len()).collect();
        order.sort_by_key(|&index| ticks[index]);
        let mut seconds = vec![0; ticks.len()];
        let mut walk = self.walk();
        for index in order {
            seconds[index] = walk.whole_seconds(ticks[index]);
        }
        seconds
    }

    /// Converts ticks or times, which must be asked for in ascending order.
    pub(super) fn walk(&self) -> Walk<'_> {
        let mut walk = Walk {
            timeline: self,
            next_change: 0,
            units_per_tick: 0,
            tick: 0,
            seconds: 0,
            part: 0,
        };
        walk.set_tempo(DEFAULT_TEMPO_US);
        walk
    }
}

/// A walk along a [`Timeline`].
pub(super) struct Walk<'a> {
    timeline: &'a Timeline,
    next_change: usize,
    units_per_tick: u64,
    tick: u64,
    seconds: u128,
    /// The rest in parts of a second, below `per_second`.
    part: u64,
}

impl Walk<'_> {
    fn set_tempo(&mut self, tempo_us: u32) {
        let Scale { fixed, factor, .. } = self.timeline.scale;
        self.units_per_tick = fixed.unwrap_or(u64::from(tempo_us)) * factor;
    }

    fn advance(&mut self, tick: u64) {
        let ticks = tick.saturating_sub(self.tick);
        // At most 2^64 ticks of 2^53 units each, so the sum fits.
        let units = u128::from(self.part) + u128::from(ticks) * u128::from(self.units_per_tick);
        let per_second = u128::from(self.timeline.scale.per_second);
        self.seconds += units / per_second;
        self.part = (units % per_second) as u64;
        self.tick += ticks;
    }

    fn now(&self) -> SongTime {
        SongTime::new(self.seconds, self.part, self.timeline.scale.per_second)
    }

    /// The time of `tick`, which must not be below the one asked for before.
    pub(super) fn time(&mut self, tick: u64) -> SongTime {
        self.go_to(tick);
        self.now()
    }

    /// The whole seconds up to `tick` (rounded up), exact however many.
    pub(super) fn whole_seconds(&mut self, tick: u64) -> u128 {
        self.go_to(tick);
        self.seconds + u128::from(self.part > 0)
    }

    /// The last tick that is at most `seconds` from the beginning, which must not be fewer than
    /// those asked for before.
    pub(super) fn last_tick_within(&mut self, seconds: u128) -> u64 {
        let per_second = u128::from(self.timeline.scale.per_second);
        while let Some(&(change_tick, tempo_us)) = self.timeline.changes.get(self.next_change) {
            let here = (self.tick, self.seconds, self.part);
            self.advance(change_tick);
            if self.seconds + u128::from(self.part > 0) > seconds {
                (self.tick, self.seconds, self.part) = here;
                break;
            }
            self.set_tempo(tempo_us);
            self.next_change += 1;
        }
        let units = seconds.saturating_sub(self.seconds) * per_second;
        let ticks = units.saturating_sub(u128::from(self.part)) / u128::from(self.units_per_tick);
        self.tick
            .saturating_add(u64::try_from(ticks).unwrap_or(u64::MAX))
    }

    fn go_to(&mut self, tick: u64) {
        while let Some(&(change_tick, tempo_us)) = self.timeline.changes.get(self.next_change)
            && change_tick <= tick
        {
            self.advance(change_tick);
            self.set_tempo(tempo_us);
            self.next_change += 1;
        }
        self.advance(tick);
    }

    /// The tick of `time`, which must be the time of a tick not below the one asked for before.
    pub(super) fn tick(&mut self, time: SongTime) -> u64 {
        let per_second = self.timeline.scale.per_second;
        while let Some(&(change_tick, tempo_us)) = self.timeline.changes.get(self.next_change) {
            let here = (self.tick, self.seconds, self.part);
            self.advance(change_tick);
            if self.now() > time {
                (self.tick, self.seconds, self.part) = here;
                break;
            }
            self.set_tempo(tempo_us);
            self.next_change += 1;
        }
        let units = time.units_since(self.now(), per_second);
        // The nearest tick: rounding to units of time is far finer.
        let half = u128::from(self.units_per_tick / 2);
        let ticks = (units + half) / u128::from(self.units_per_tick);
        self.tick + u64::try_from(ticks).unwrap_or(u64::MAX)
    }
}

/// The first continued-fraction convergent of `value` (0.01..=10,000) that rounds to it, so that
/// 1.1 gives 11/10; if its terms would reach [`LARGEST_TERM`], the nearest fraction before.
fn fraction(value: f64) -> (u64, u64) {
    const SHIFT: u32 = 60;
    // Exact: a float of 53 bits that is above 2^-7.
    let mut numerator = (value * (1_u64 << SHIFT) as f64) as u128;
    let mut denominator = 1_u128 << SHIFT;
    let distance = |(p, q): (u64, u64)| (p as f64 / q as f64 - value).abs();
    let (mut before, mut last) = ((0_u64, 1_u64), (1_u64, 0_u64));
    while denominator > 0 && (last.1 == 0 || distance(last) > 0.0) {
        let room = |before: u64, last: u64| (LARGEST_TERM - 1 - before) / last.max(1);
        let room = room(before.0, last.0).min(room(before.1, last.1));
        let quotient = u64::try_from(numerator / denominator).unwrap_or(u64::MAX);
        let steps = quotient.min(room);
        let next = (steps * last.0 + before.0, steps * last.1 + before.1);
        if steps < quotient {
            return if distance(next) < distance(last) {
                next
            } else {
                last
            };
        }
        (before, last) = (last, next);
        (numerator, denominator) = (denominator, numerator % denominator);
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn musical(ticks_per_quarter: u16, changes: &[(u64, u32)]) -> Timeline {
        Timeline::new(Division::Musical { ticks_per_quarter }, changes.to_vec())
    }

    #[test]
    fn tempo_changes_apply_from_their_tick_on_in_any_list_order() {
        let timeline = musical(100, &[(300, 250_000), (100, 1_000_000), (100, 2_000_000)]);
        let mut walk = timeline.walk();
        let seconds = [0, 100, 200, 300, 400].map(|tick| walk.time(tick).seconds());
        assert_eq!(seconds, [0.0, 0.5, 2.5, 4.5, 4.75]);
    }

    #[test]
    fn an_hour_of_awkward_ticks_does_not_drift_also_when_scaled() {
        // 333,333 us over 7 ticks, and 10/13 times as long: periods that no binary fraction holds.
        let timeline = musical(7, &[(0, 333_333)]);
        for (timeline, numerator, denominator) in [
            (timeline.scaled(Tempo::Factor(1.3)).unwrap(), 10, 13),
            (timeline.clone(), 1, 1),
        ] {
            let mut walk = timeline.walk();
            for tick in (0..7 * 3 * 3600_u64).step_by(13) {
                let exact = u128::from(tick) * 333_333 * 44_100 * numerator;
                let whole = 7_000_000 * denominator;
                let nearest = (2 * exact + whole) / (2 * whole);
                let time = walk.time(tick);
                assert_eq!(
                    u128::from(time.sample_index(44_100)),
                    nearest,
                    "tick {tick}"
                );
            }
        }
    }

    #[test]
    fn ticks_come_back_from_times() {
        // A tempo change every few ticks, from the shortest tick there is to the longest.
        let changes: Vec<(u64, u32)> = (0..3000)
            .map(|n| (n * 7, [1, 500_000, 0xff_ffff, 333_333][n as usize % 4]))
            .collect();
        for ticks_per_quarter in [1, 480, 0x7fff] {
            let own = musical(ticks_per_quarter, &changes);
            for tempo in [
                Tempo::Factor(1.0),
                Tempo::Factor(std::f64::consts::PI),
                Tempo::Fixed { bpm: 99.9 },
            ] {
                let timeline = own.scaled(tempo).unwrap();
                let (mut there, mut back) = (timeline.walk(), timeline.walk());
                for tick in (0..25_000).step_by(3) {
                    let time = there.time(tick);
                    assert_eq!(back.tick(time), tick, "{ticks_per_quarter} {tempo:?}");
                }
            }
        }
    }

    #[test]
    fn the_last_tick_within_seconds_is_exact() {
        let timeline = musical(3, &[(10, 1_000_001), (20, 7), (5_000_000, 0xff_ffff)]);
        let mut walk = timeline.walk();
        for seconds in 0..100 {
            let tick = walk.last_tick_within(seconds);
            assert!(timeline.walk().whole_seconds(tick) <= seconds);
            assert!(timeline.walk().whole_seconds(tick + 1) > seconds);
        }
        assert_eq!(timeline.whole_seconds(vec![9, 0, 3]), [2, 0, 1]);
    }

    #[test]
    fn smpte_ticks_have_their_own_length() {
        let at = |frame_rate: i8, ticks, tick| {
            let word = u16::from_be_bytes([frame_rate.cast_unsigned(), ticks]);
            let timeline = Timeline::new(Division::from_word(word).unwrap(), vec![(0, 1)]);
            timeline.walk().time(tick).seconds()
        };
        assert_eq!(at(-24, 4, 96), 1.0);
        assert_eq!(at(-25, 40, 1000), 1.0);
        assert_eq!(at(-29, 100, 3_000_000), 1001.0);
        assert_eq!(at(-30, 80, 2400), 1.0);
    }

    #[test]
    fn undefined_divisions_are_none() {
        for word in [0, 0x8000, 0x80ff, 0xe800, 0xff01, 0xe101] {
            assert_eq!(Division::from_word(word), None, "{word:#06x}");
        }
    }

    #[test]
    fn numbers_become_the_fractions_that_were_meant() {
        let cases = [
            (2.0, (2, 1)),
            (0.01, (1, 100)),
            (1.1, (11, 10)),
            (1.0 / 3.0, (1, 3)),
            (99.999, (99_999, 1000)),
            (133.37, (13_337, 100)),
            (10_000.0, (10_000, 1)),
        ];
        for (value, terms) in cases {
            assert_eq!(fraction(value), terms);
        }
        for value in [
            std::f64::consts::PI,
            0.010_000_000_001,
            99.999_999_999_7,
            0.070_710_678_118_654_75,
        ] {
            let (p, q) = fraction(value);
            assert!(p < LARGEST_TERM && q < LARGEST_TERM);
            assert!(
                (p as f64 / q as f64 / value - 1.0).abs() < 2e-9,
                "{value} {p}/{q}"
            );
        }
    }
}
