//! A moment in a song.

/// Bits of the fraction of a second.
const FRACTION_BITS: u32 = 96;
const FRACTION: u128 = (1 << FRACTION_BITS) - 1;

/// A moment in a song, in units of 2^-96 s from its beginning, so that no rounding adds up.
///
/// Each time is computed from the exact fraction of a second that its tick stands for and rounded
/// up once, which never changes the sample nearest to it: a time with the denominator d is either
/// half way between two samples, and rounded up still counts to the later one, or at least
/// 1 / (2 d) of a sample away from there, while rounding moves it by at most 2^-96 s. For every
/// division, tempo and factor ([`super::Tempo`]) d is below 2^64, and the rate below 2^18 Hz.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SongTime {
    /// Whole seconds, then the upper 32 bits of the fraction.
    upper: u64,
    /// The lower 64 bits of the fraction.
    lower: u64,
}

impl SongTime {
    /// The last moment that can be told, 2^32 seconds (136 years).
    pub(super) const LAST: Self = Self {
        upper: u64::MAX,
        lower: u64::MAX,
    };

    /// `seconds` and `numerator` / `denominator` of a second, rounded up to the next unit.
    /// The fraction is below one.
    pub(super) fn new(seconds: u128, numerator: u64, denominator: u64) -> Self {
        let Ok(seconds) = u32::try_from(seconds) else {
            return Self::LAST;
        };
        // A long division in two steps of 48 bits, none of which exceeds 112 bits.
        let (denominator, mut rest) = (u128::from(denominator.max(1)), u128::from(numerator));
        let mut fraction = 0_u128;
        for _ in 0..2 {
            fraction = (fraction << 48) | ((rest << 48) / denominator);
            rest = (rest << 48) % denominator;
        }
        let up = u128::from(rest > 0);
        match (u128::from(seconds) << FRACTION_BITS | fraction).checked_add(up) {
            Some(units) => Self::from_units(units),
            None => Self::LAST,
        }
    }

    fn units(self) -> u128 {
        u128::from(self.upper) << 64 | u128::from(self.lower)
    }

    fn from_units(units: u128) -> Self {
        Self {
            upper: (units >> 64) as u64,
            lower: units as u64,
        }
    }

    /// The time in seconds, rounded to the nearest f64.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.units() as f64 / (FRACTION + 1) as f64
    }

    /// The sample at `sample_rate_hz` nearest to this time (half a sample rounds up).
    #[must_use]
    pub fn sample_index(self, sample_rate_hz: u32) -> u64 {
        self.sample_index_after(0, sample_rate_hz)
    }

    /// The sample nearest to `extra_ns` nanoseconds after this time.
    #[must_use]
    pub fn sample_index_after(self, extra_ns: u64, sample_rate_hz: u32) -> u64 {
        const NS_A_SECOND: u64 = 1_000_000_000;
        let extra = Self::new(0, extra_ns % NS_A_SECOND, NS_A_SECOND);
        // Each fraction is below 2^96, so their sum times a 32-bit rate could pass 2^128: whole
        // seconds are taken out first.
        let fractions = (self.units() & FRACTION) + extra.units();
        let seconds = (self.units() >> FRACTION_BITS)
            + u128::from(extra_ns / NS_A_SECOND)
            + (fractions >> FRACTION_BITS);
        let rate = u128::from(sample_rate_hz);
        let rest = (fractions & FRACTION) * rate + (1 << (FRACTION_BITS - 1));
        u64::try_from(seconds * rate + (rest >> FRACTION_BITS)).unwrap_or(u64::MAX)
    }

    /// How many units of 1 / `per_second` s there are from `earlier` to this time, to the nearest.
    pub(super) fn units_since(self, earlier: Self, per_second: u64) -> u128 {
        const HALF: u32 = FRACTION_BITS / 2;
        let apart = self.units().saturating_sub(earlier.units());
        let per_second = u128::from(per_second);
        let (upper, lower) = ((apart & FRACTION) >> HALF, apart & ((1 << HALF) - 1));
        let fraction = upper * per_second + ((lower * per_second) >> HALF);
        (apart >> FRACTION_BITS) * per_second + ((fraction + (1 << (HALF - 1))) >> HALF)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_and_thirds_go_to_the_nearest_sample() {
        assert_eq!(SongTime::new(1, 1, 2).seconds(), 1.5);
        // Half a sample at 1000 Hz rounds up, one unit less does not.
        let half = SongTime::new(7, 5, 10_000);
        assert_eq!(half.sample_index(1000), 7001);
        assert_eq!(
            SongTime::from_units(half.units() - 1 - 1).sample_index(1000),
            7000
        );
        assert_eq!(SongTime::new(0, 1, 3).sample_index(3_000_000), 1_000_000);
        assert_eq!(
            SongTime::new(0, 1, 3).sample_index_after(1_666_666_667, 48_000),
            96_000
        );
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        assert_eq!(SongTime::new(1 << 32, 0, 1), SongTime::LAST);
        let last = SongTime::new(u128::from(u32::MAX), u64::MAX - 1, u64::MAX);
        assert!(last <= SongTime::LAST);
        let rate = u64::from(u32::MAX);
        assert_eq!(last.sample_index(u32::MAX), rate * (rate + 1));
        assert_eq!(last.sample_index_after(u64::MAX, u32::MAX), u64::MAX);
        assert_eq!(
            SongTime::LAST.units_since(SongTime::default(), u64::MAX) >> 96,
            0
        );
        assert!(SongTime::new(0, u64::MAX - 1, u64::MAX).seconds() <= 1.0);
    }

    #[test]
    fn units_come_back() {
        for (seconds, part, whole) in [(0, 1, 3), (5, 32_766_999_999, 32_767_000_000), (9, 0, 7)] {
            let time = SongTime::new(seconds, part, whole);
            assert_eq!(
                time.units_since(SongTime::default(), whole),
                seconds * u128::from(whole) + u128::from(part)
            );
        }
    }
}
