//! When audio callbacks would come if nothing delayed them.
//!
//! F. Adriaensen, "Using a DLL to filter time", Linux Audio Conference 2005: a second-order
//! delay-locked loop follows the times at which blocks are asked for. It knows how far apart they are
//! in samples, so what is left is the jitter of the operating system, which it averages out.

use std::f64::consts::{SQRT_2, TAU};

/// Bandwidth of the settled loop, in Hz.
const BANDWIDTH_HZ: f64 = 0.1;
/// While it settles the bandwidth is this many cycles over its age, so that it finds the phase soon.
const SETTLING_CYCLES: f64 = 0.5;
/// The most bandwidth, in cycles a period: more would let a fifth of the jitter through.
const MOST_CYCLES_PER_PERIOD: f64 = 0.005;
/// A clock is believed to be this far off its nominal rate and no further.
const MOST_DEVIATION: f64 = 0.05;
/// A callback that is this many periods off says nothing about the others.
const MOST_ERROR_PERIODS: f64 = 1.0;
/// A callback that is off by so many periods stands for a gap: the computer slept or the device did.
const GAP_PERIODS: f64 = 16.0;
/// The shortest gap, in seconds.
const LEAST_GAP_S: f64 = 0.1;
/// Callbacks that are off to one side this many times in a row, farther than jitter explains, stand for
/// samples that were lost or doubled: an xrun. A device's queue makes up for a late callback sooner.
const OFF_CALLBACKS: u32 = 16;
/// That is so many times the mean jitter, and between these bounds.
const OFF_JITTERS: f64 = 4.0;
const LEAST_OFF_S: f64 = 0.0005;
const LEAST_OFF_PERIODS: f64 = 0.125;
const MOST_OFF_PERIODS: f64 = 0.5;
/// The jitter is the mean over so many callbacks.
const JITTER_CALLBACKS: f64 = 256.0;

/// What became of a callback's time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Filtered {
    /// When the callback was due, in seconds.
    pub(super) time_s: f64,
    /// Seconds a frame.
    pub(super) frame_s: f64,
    /// How far the callback came from when it was expected, in seconds; late is positive.
    pub(super) error_s: f64,
    /// The loop starts anew: what was measured before is of another time line.
    pub(super) restarted: bool,
}

/// The loop.
///
/// # Realtime safety
/// RT-safe: no allocation, bounded time.
#[derive(Debug, Clone)]
pub(super) struct DelayLockedLoop {
    nominal_frame_s: f64,
    frame_s: f64,
    /// When the next callback is expected, and the sample that it begins with.
    next: Option<(f64, u64)>,
    /// Callbacks and seconds since the loop began.
    count: f64,
    age_s: f64,
    off: OffRun,
    /// Mean distance of callbacks from when they are expected, in seconds.
    jitter_s: f64,
}

/// Callbacks in a row that were off to one side.
#[derive(Debug, Clone, Copy, Default)]
struct OffRun {
    count: u32,
    /// Of the one that was off the least.
    least_s: f64,
}

impl OffRun {
    fn take(&mut self, error_s: f64, most_s: f64) {
        if error_s.abs() <= most_s {
            self.count = 0;
        } else if self.count == 0 || error_s.is_sign_positive() != self.least_s.is_sign_positive() {
            *self = Self {
                count: 1,
                least_s: error_s,
            };
        } else {
            self.count += 1;
            if error_s.abs() < self.least_s.abs() {
                self.least_s = error_s;
            }
        }
    }
}

impl DelayLockedLoop {
    /// For a stream of this sample rate in Hz, at least 1.
    pub(super) fn new(sample_rate_hz: u32) -> Self {
        let nominal_frame_s = 1.0 / f64::from(sample_rate_hz.max(1));
        Self {
            nominal_frame_s,
            frame_s: nominal_frame_s,
            next: None,
            count: 0.0,
            age_s: 0.0,
            off: OffRun::default(),
            jitter_s: f64::INFINITY,
        }
    }

    /// Takes the time in seconds at which a callback began that asks for `frames` samples, the first
    /// of which is `position`.
    pub(super) fn take(&mut self, time_s: f64, position: u64, frames: u32) -> Filtered {
        let period_s = f64::from(frames) * self.frame_s;
        let expected_s = match self.next {
            Some((expected_s, next)) if next == position => expected_s,
            _ => return self.restart(time_s, position, frames),
        };
        let error_s = time_s - expected_s;
        if error_s.abs() > (GAP_PERIODS * period_s).max(LEAST_GAP_S) {
            return self.restart(time_s, position, frames);
        }
        let most_off_s = (OFF_JITTERS * self.jitter_s)
            .max(LEAST_OFF_PERIODS * period_s)
            .max(LEAST_OFF_S)
            .min(MOST_OFF_PERIODS * period_s);
        self.off.take(error_s, most_off_s);
        if self.off.count >= OFF_CALLBACKS {
            return self.restart(expected_s + self.off.least_s, position, frames);
        }

        self.count += 1.0;
        self.age_s += period_s;
        let bandwidth_hz = (SETTLING_CYCLES / self.age_s).max(BANDWIDTH_HZ);
        let cycles = (bandwidth_hz * period_s).min(MOST_CYCLES_PER_PERIOD);
        let omega = TAU * cycles;
        let most_s = MOST_ERROR_PERIODS * period_s;
        let heeded_s = error_s.clamp(-most_s, most_s);
        let jitter_s = self.jitter_s.min(most_s);
        self.jitter_s = jitter_s + (heeded_s.abs() - jitter_s) / JITTER_CALLBACKS;
        // At first the mean of all callbacks so far, which is better than any single one.
        let phase_gain = (SQRT_2 * omega).max(1.0 / self.count);
        let time_s = expected_s + phase_gain * heeded_s;
        self.next = Some((
            time_s + period_s,
            position.saturating_add(u64::from(frames)),
        ));
        let slope = omega * omega * heeded_s / f64::from(frames.max(1));
        self.frame_s = (self.frame_s + slope).clamp(
            self.nominal_frame_s * (1.0 - MOST_DEVIATION),
            self.nominal_frame_s * (1.0 + MOST_DEVIATION),
        );
        Filtered {
            time_s,
            frame_s: self.frame_s,
            error_s,
            restarted: false,
        }
    }

    /// Begins at `time_s`; what is known of the rate stays.
    fn restart(&mut self, time_s: f64, position: u64, frames: u32) -> Filtered {
        let period_s = f64::from(frames) * self.frame_s;
        self.next = Some((
            time_s + period_s,
            position.saturating_add(u64::from(frames)),
        ));
        self.count = 1.0;
        self.age_s = period_s;
        self.off = OffRun::default();
        Filtered {
            time_s,
            frame_s: self.frame_s,
            error_s: 0.0,
            restarted: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::midi_input::simulation::Random;

    const RATE_HZ: u32 = 48_000;

    /// The farthest from the truth, in periods, after two seconds.
    fn worst_periods(frames: u32, jitter_periods: f64, true_ppm: f64) -> f64 {
        let mut dll = DelayLockedLoop::new(RATE_HZ);
        let mut random = Random::new(u64::from(frames));
        let frame_s = 1.0 / (f64::from(RATE_HZ) * (1.0 + true_ppm * 1e-6));
        let period_s = f64::from(frames) * frame_s;
        let mut worst = 0.0_f64;
        for k in 0..(30.0 / period_s) as u64 {
            let ideal_s = 3.0 + k as f64 * period_s;
            let time_s = ideal_s + random.between(-1.0, 1.0) * jitter_periods * period_s;
            let filtered = dll.take(time_s, k * u64::from(frames), frames);
            if ideal_s > 5.0 {
                worst = worst.max((filtered.time_s - ideal_s).abs() / period_s);
            }
        }
        worst
    }

    #[test]
    fn jitter_is_averaged_out() {
        for (frames, most) in [(32, 0.1), (256, 0.1), (1024, 0.15), (4096, 0.2)] {
            for ppm in [-300.0, 0.0, 300.0] {
                let worst = worst_periods(frames, 0.4, ppm);
                assert!(worst < most, "{frames} {ppm} {worst}");
            }
        }
    }

    #[test]
    fn without_jitter_it_is_exact_but_for_the_rate_it_learns() {
        assert!(worst_periods(256, 0.0, 0.0) < 1e-9);
        let worst = worst_periods(256, 0.0, 1000.0);
        assert!(worst < 0.1, "{worst}");
    }

    #[test]
    fn blocks_of_any_length_are_followed() {
        let mut dll = DelayLockedLoop::new(RATE_HZ);
        let mut random = Random::new(7);
        let mut position = 0;
        for k in 0..20_000 {
            let frames = 1 + (random.next() % 700) as u32;
            let ideal_s = position as f64 / f64::from(RATE_HZ);
            let time_s = ideal_s + random.between(0.0, 0.001);
            let filtered = dll.take(time_s, position, frames);
            assert!(k == 0 || !filtered.restarted);
            if k > 5000 {
                let off_s = filtered.time_s - ideal_s - 0.0005;
                assert!(off_s.abs() < 0.0002, "{off_s}");
            }
            position += u64::from(frames);
        }
    }

    #[test]
    fn a_late_callback_is_made_up_for_and_moves_nothing() {
        let mut dll = DelayLockedLoop::new(RATE_HZ);
        let period_s = 256.0 / f64::from(RATE_HZ);
        for k in 0..4000_u64 {
            // The device's queue of twelve periods ran nearly empty: the callbacks catch up in a burst.
            let late = if (3000..3010).contains(&k) {
                (3010 - k) as f64
            } else {
                0.0
            };
            let ideal_s = k as f64 * period_s;
            let filtered = dll.take(ideal_s + late * period_s, k * 256, 256);
            assert!(k == 0 || !filtered.restarted);
            let off = (filtered.time_s - ideal_s).abs() / period_s;
            assert!(off < 0.1, "{k} {off}");
        }
    }

    #[test]
    fn after_a_gap_or_a_jump_it_begins_again() {
        let period_s = 256.0 / f64::from(RATE_HZ);
        let gaps = [
            (0.2, false),
            (1.3, false),
            (5.0, false),
            (-2.0, false),
            (1000.0, true),
        ];
        for (gap_periods, at_once) in gaps {
            let mut dll = DelayLockedLoop::new(RATE_HZ);
            let mut restarts = Vec::new();
            for k in 0..2000_u64 {
                let gap = if k < 1000 { 0.0 } else { gap_periods };
                let ideal_s = 100.0 + (k as f64 + gap) * period_s;
                let filtered = dll.take(ideal_s, k * 256, 256);
                if filtered.restarted {
                    restarts.push(k);
                }
                if k > 1020 {
                    let off = (filtered.time_s - ideal_s).abs() / period_s;
                    assert!(off < 0.01, "{gap_periods} {k} {off}");
                }
            }
            let expected = if at_once { 1000 } else { 1015 };
            assert_eq!(restarts, [0, expected], "{gap_periods}");
        }
        let mut dll = DelayLockedLoop::new(RATE_HZ);
        dll.take(1.0, 0, 256);
        assert!(!dll.take(1.0 + period_s, 256, 256).restarted);
        assert!(dll.take(1.0 + 2.0 * period_s, 0, 256).restarted, "reopened");
    }

    #[test]
    fn nonsense_does_no_harm() {
        let mut dll = DelayLockedLoop::new(0);
        for (time_s, position, frames) in [
            (0.0, 0, 0),
            (0.0, 0, 0),
            (-1.0, 0, 1),
            (1e9, u64::MAX, u32::MAX),
            (1e9, u64::MAX, 1),
            (0.0, 5, 0),
        ] {
            let filtered = dll.take(time_s, position, frames);
            assert!(filtered.time_s.is_finite() && filtered.frame_s > 0.0);
        }
    }
}
