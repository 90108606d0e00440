//! From ticks to time and back, in integers.

use super::SongError;
use super::time::SongTime;

/// Tempo before the first tempo event: 500,000 us a quarter note, 120 a minute (RP-001).
pub(super) const DEFAULT_TEMPO_US: u32 = 500_000;
/// The largest numerator and denominator of a factor or tempo: with them every product below fits
/// its type, and the fraction equals the number asked for within its rounding.
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
    /// Times as fast as the file says, 0.01 to 100: 2 halves every time.
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
/// 1.1 gives 11/10, or the last one with terms below [`LARGEST_TERM`].
fn fraction(value: f64) -> (u64, u64) {
    // value = mantissa / 2^shift exactly: 53 bits, and the smallest value is above 2^-7.
    let shift = 60;
    let (mut numerator, mut denominator) =
        ((value * f64::from(shift).exp2()) as u128, 1_u128 << shift);
    let (mut before, mut last) = ((0_u64, 1_u64), (1_u64, 0_u64));
    while denominator > 0 {
        let quotient = u64::try_from(numerator / denominator).unwrap_or(u64::MAX);
        let next = |a: u64, b: u64| {
            quotient
                .checked_mul(a)
                .and_then(|n| n.checked_add(b))
                .filter(|&n| n < LARGEST_TERM)
        };
        let (Some(p), Some(q)) = (next(last.0, before.0), next(last.1, before.1)) else {
            break;
        };
        (before, last) = (last, (p, q));
        if p as f64 / q as f64 == value {
            break;
        }
        (numerator, denominator) = (denominator, numerator % denominator);
    }
    last
}
