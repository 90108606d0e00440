//! Phase as an exact integer: a `u64` fraction of a turn, 2^64 being one whole turn.
//!
//! Wrapping is the integer's own overflow, so a phase never drifts, and the phase of partial `k` is
//! `k.wrapping_mul(phase)`, exact to the last bit after any number of hours. A `u32` phase is too
//! coarse: within seconds its rounded increment has drifted away from an exact render.

/// 2^64, the size of one turn.
const TURN: f64 = 18_446_744_073_709_551_616.0;

/// Phase increment per sample of a frequency in cycles per sample, rounded to the nearest 2^-64 turn.
///
/// Negative frequencies turn backwards, whole cycles wrap away, and what is not finite gives 0.
///
/// # Realtime safety
/// RT-safe: pure arithmetic.
///
/// ```
/// use synth_dsp::phase::increment_from_freq;
/// assert_eq!(increment_from_freq(0.25), 1 << 62);
/// assert_eq!(increment_from_freq(-0.25), 3 << 62);
/// ```
#[inline]
#[must_use]
pub fn increment_from_freq(freq_norm: f64) -> u64 {
    // Scaling by a power of two is exact, so the one rounding is the conversion to an integer; the
    // magnitude is converted alone because 1 - tiny would round up to a whole turn.
    let magnitude = (freq_norm.abs().fract() * TURN).round() as u64;
    if freq_norm < 0.0 {
        magnitude.wrapping_neg()
    } else {
        magnitude
    }
}

/// Phase increments of `base * ratio` each, `base` in steps of 2^-64 turn, as many as the shorter slice holds.
///
/// Rounded to a whole step; what is half a turn or more, or not a number, becomes a little less than half a turn.
///
/// # Realtime safety
/// RT-safe: pure arithmetic, of loops that become vector code where the caller is compiled for it.
#[inline(always)]
pub fn fill_increments(base: f64, ratios: &[f32], increments: &mut [u64]) {
    for (increment, &ratio) in increments.iter_mut().zip(ratios) {
        *increment = to_integer(base * f64::from(ratio));
    }
}

/// The nearest integer. Processors before AVX-512 have no instruction for it, and `as` looks out for what lies
/// outside the range, one number at a time: this takes sums alone, of the upper 32 bits and of the rest.
#[inline(always)]
fn to_integer(steps: f64) -> u64 {
    /// Added to a number of at most 2^51, it leaves the nearest integer in the last bits.
    const SHIFT: f64 = 1.5 * (1_u64 << 52) as f64;
    const UPPER: f64 = (1_u64 << 32) as f64;
    /// The largest number below 2^63.
    const MOST: f64 = ((1_u64 << 63) - (1 << 10)) as f64;
    let steps = if steps < MOST { steps } else { MOST };
    let upper = steps * (1.0 / UPPER) + SHIFT;
    // Exact: both have the same leading digits.
    let rest = (steps - (upper - SHIFT) * UPPER) + SHIFT;
    let bits = |sum: f64| sum.to_bits().wrapping_sub(SHIFT.to_bits());
    (bits(upper) << 32).wrapping_add(bits(rest))
}

/// The running phase of one oscillator's fundamental.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PhaseAccumulator {
    phase: u64,
}

impl PhaseAccumulator {
    /// Starts at `phase`, a fraction of a turn (2^64 = 1 turn).
    #[must_use]
    pub fn new(phase: u64) -> Self {
        Self { phase }
    }

    /// Phase of the next sample, a fraction of a turn (2^64 = 1 turn).
    #[must_use]
    pub fn phase(&self) -> u64 {
        self.phase
    }

    /// Writes the phase of each sample before stepping by that sample's increment.
    ///
    /// Fills as many samples as the shorter slice holds.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, bounded by the slice length.
    #[inline]
    pub fn fill(&mut self, increments: &[u64], out: &mut [u64]) {
        for (out, &increment) in out.iter_mut().zip(increments) {
            *out = self.phase;
            self.phase = self.phase.wrapping_add(increment);
        }
    }

    /// Like [`fill`](Self::fill) with one increment for all samples; same bits.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, bounded by the slice length.
    #[inline]
    pub fn fill_steady(&mut self, increment: u64, out: &mut [u64]) {
        for (i, out) in (0u64..).zip(out.iter_mut()) {
            *out = self.phase.wrapping_add(increment.wrapping_mul(i));
        }
        self.skip(increment, out.len() as u64);
    }

    /// Steps over `samples` samples of one increment without writing them.
    ///
    /// # Realtime safety
    /// RT-safe: constant time.
    #[inline]
    pub fn skip(&mut self, increment: u64, samples: u64) {
        self.phase = self.phase.wrapping_add(increment.wrapping_mul(samples));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn increments_are_rounded_once() {
        assert_eq!(increment_from_freq(0.0), 0);
        assert_eq!(increment_from_freq(0.5), 1 << 63);
        assert_eq!(increment_from_freq(0.5f64.powi(64)), 1);
        assert_eq!(increment_from_freq(1.6 * 0.5f64.powi(64)), 2);
        assert_eq!(increment_from_freq(1.4 * 0.5f64.powi(64)), 1);
        // 1/3 as f64 is 6004799503160661 / 2^54 exactly.
        assert_eq!(increment_from_freq(1.0 / 3.0), 6_004_799_503_160_661 << 10);
        assert_eq!(
            increment_from_freq(1.0 - f64::EPSILON / 2.0),
            u64::MAX - 2047
        );
    }

    #[test]
    fn many_increments_are_each_the_nearest() {
        let ratios = [
            1.0,
            0.25,
            0.999_999_94,
            1.000_000_1,
            1.059_463_1,
            0.0,
            -1.0,
            1e-9,
            3.7,
            1e9,
        ];
        for freq_norm in [1e-9, 0.001, 0.123_456_789, 0.25, 0.499_999, 1.0 / 3.0] {
            let base = freq_norm * TURN;
            let mut increments = [7; 12];
            fill_increments(base, &ratios, &mut increments);
            assert_eq!(increments[10..], [7; 2]);
            for (ratio, increment) in ratios.into_iter().zip(increments) {
                let wanted = base * f64::from(ratio);
                let half = 0.5 * TURN;
                let near = match wanted >= half {
                    true => (half - 1024.0) as i64,
                    false => wanted.round_ties_even() as i64,
                };
                assert_eq!(increment as i64, near, "{freq_norm} {ratio}");
            }
        }
        let mut increments = [0; 2];
        fill_increments(TURN / 4.0, &[f32::NAN, f32::INFINITY], &mut increments);
        assert!(
            increments.iter().all(|&it| it == (1 << 63) - 1024),
            "{increments:?}"
        );
    }

    #[test]
    fn odd_frequencies_are_given_a_meaning() {
        assert_eq!(increment_from_freq(3.25), 1 << 62);
        assert_eq!(increment_from_freq(-0.5f64.powi(64)), u64::MAX);
        assert_eq!(increment_from_freq(f64::NAN), 0);
        assert_eq!(increment_from_freq(f64::INFINITY), 0);
    }

    #[test]
    fn phase_is_written_before_the_step_and_cutting_changes_nothing() {
        let increments: Vec<u64> = (0..97u64)
            .map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15))
            .collect();
        let mut whole = vec![7; 97];
        let mut accumulator = PhaseAccumulator::new(5);
        accumulator.fill(&increments, &mut whole);
        assert_eq!(whole[0], 5);
        assert_eq!(
            whole[2],
            5u64.wrapping_add(increments[0]).wrapping_add(increments[1])
        );
        let mut cut = vec![9; 97];
        let mut pieces = PhaseAccumulator::new(5);
        for range in [0..0, 0..1, 1..40, 40..97] {
            pieces.fill(&increments[range.clone()], &mut cut[range]);
        }
        assert_eq!(whole, cut);
        assert_eq!(accumulator, pieces);
    }

    #[test]
    fn steady_filling_equals_filling_and_skipping() {
        let increment = increment_from_freq(440.0 / 44_100.0);
        let mut a = PhaseAccumulator::new(u64::MAX / 3);
        let (mut b, mut c) = (a, a);
        let mut slow = vec![0; 300];
        let mut fast = vec![1; 300];
        a.fill(&[increment; 300], &mut slow);
        b.fill_steady(increment, &mut fast);
        c.skip(increment, 300);
        assert_eq!(slow, fast);
        assert_eq!((a, a), (b, c));
    }
}
