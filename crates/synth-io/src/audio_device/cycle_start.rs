//! When a period began, of a system that counts its periods.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

/// Callbacks of one window; the longest of two is what counts.
const WINDOW: u32 = 256;
/// Hearing that is off by this part of a period does not go on evenly.
const UNEVEN: u32 = 8;
/// The clocks are compared so often, for between looking at the one and at the other a thread may rest.
const COMPARISONS: u32 = 8;
/// Not compared yet.
const UNKNOWN: i64 = i64::MIN;

/// Where a stream's clock begins on the clock of this computer.
#[derive(Debug)]
pub(super) struct ClockOrigin {
    epoch: Instant,
    /// Nanoseconds after `epoch`.
    origin_ns: AtomicI64,
}

impl ClockOrigin {
    pub(super) fn unknown() -> Arc<Self> {
        Arc::new(Self {
            epoch: Instant::now(),
            origin_ns: AtomicI64::new(UNKNOWN),
        })
    }

    /// Finds it out by what the stream's clock says `now`.
    pub(super) fn compare(&self, now: impl Fn() -> Duration) {
        let comparison = |_| {
            let before = self.epoch.elapsed();
            let stream = now();
            let took = self.epoch.elapsed() - before;
            (took, nanoseconds(before + took / 2) - nanoseconds(stream))
        };
        if let Some((_, origin_ns)) = (0..COMPARISONS).map(comparison).min() {
            self.origin_ns.store(origin_ns, Ordering::Relaxed);
        }
    }

    /// The time of this computer that is `stream` on the stream's clock; `None` while that is unknown.
    fn instant_of(&self, stream: Duration) -> Option<Instant> {
        let origin_ns = self.origin_ns.load(Ordering::Relaxed);
        let after_ns = origin_ns.checked_add(nanoseconds(stream))?;
        let apart = Duration::from_nanos(after_ns.unsigned_abs());
        match (origin_ns, after_ns) {
            (UNKNOWN, _) => None,
            (_, 0..) => self.epoch.checked_add(apart),
            _ => self.epoch.checked_sub(apart),
        }
    }
}

fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// Finds out when the periods of JACK begin.
///
/// JACK tells when the first sample of a period is heard, which goes on as evenly as the samples. The period
/// begins earlier than that by the latency of the ports, which may change and is not told; a thread that is
/// woken at once has all of it before it, so it is the longest time from waking to hearing of late. Where
/// hearing does not go on evenly the latency has changed (or samples were lost), and what was before tells
/// nothing; cpal lets it stand still then instead of going back.
#[derive(Debug)]
pub(super) struct CycleStart {
    origin: Arc<ClockOrigin>,
    frame_s: f64,
    /// When the next period is heard if all goes on.
    next_heard: Duration,
    longest: Duration,
    longest_before: Duration,
    callbacks: u32,
}

impl CycleStart {
    /// For a stream of so many samples a second, at least 1.
    pub(super) fn new(origin: Arc<ClockOrigin>, sample_rate_hz: u32) -> Self {
        Self {
            origin,
            frame_s: 1.0 / f64::from(sample_rate_hz.max(1)),
            next_heard: Duration::ZERO,
            longest: Duration::ZERO,
            longest_before: Duration::ZERO,
            callbacks: 0,
        }
    }

    /// When the period of `frames` sample frames began whose thread was woken at `woken`, for samples that
    /// are heard at `heard`, both on the stream's clock; `None` before the clocks are compared.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, lock or wait.
    pub(super) fn of(&mut self, frames: u32, woken: Duration, heard: Duration) -> Option<Instant> {
        let period = Duration::from_secs_f64(f64::from(frames) * self.frame_s);
        if heard.abs_diff(self.next_heard) > period / UNEVEN {
            self.callbacks = 0;
            self.longest = Duration::ZERO;
            self.longest_before = Duration::ZERO;
        }
        self.next_heard = heard.saturating_add(period);
        self.longest = self.longest.max(heard.saturating_sub(woken));
        let latency = self.longest.max(self.longest_before);
        self.callbacks += 1;
        if self.callbacks == WINDOW {
            self.callbacks = 0;
            self.longest_before = std::mem::take(&mut self.longest);
        }
        self.origin.instant_of(heard.saturating_sub(latency))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD_US: u64 = 5000;
    const FRAMES: u32 = 240;
    const RATE_HZ: u32 = 48_000;

    fn us(us: u64) -> Duration {
        Duration::from_micros(us)
    }

    /// A stream's clock that begins so many nanoseconds after the epoch.
    fn known(origin_ns: i64) -> Arc<ClockOrigin> {
        let origin = ClockOrigin::unknown();
        origin.origin_ns.store(origin_ns, Ordering::Relaxed);
        origin
    }

    #[test]
    fn clocks_are_compared() {
        let origin = ClockOrigin::unknown();
        let ahead = Duration::from_secs(7);
        origin.compare(|| origin.epoch.elapsed() + ahead);
        let off_ns = origin.origin_ns.load(Ordering::Relaxed) + nanoseconds(ahead);
        // The thread may have been held up at every one of the comparisons.
        assert!(off_ns.abs() < 20_000_000, "{off_ns} ns");
    }

    /// What the beginnings of a device's periods that are found differ by from the true ones, in
    /// microseconds, for a thread that is woken late.
    fn errors_us(periods: u64, latency_us: impl Fn(u64) -> u64) -> Vec<i64> {
        // The stream's clock is 7 s ahead.
        let ahead = Duration::from_secs(7);
        let origin = known(-nanoseconds(ahead));
        let mut cycle = CycleStart::new(origin.clone(), RATE_HZ);
        let error = |k: u64| {
            let start = us(9_000_000 + k * PERIOD_US);
            let late = us(k.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 4500 / 20 * 20);
            let (woken, heard) = (start + late, start + us(latency_us(k)));
            let found = testkit::no_alloc(|| cycle.of(FRAMES, woken, heard)).unwrap();
            let found = found.duration_since(origin.epoch) + ahead;
            found.as_micros() as i64 - start.as_micros() as i64
        };
        (0..periods).map(error).collect()
    }

    fn assert_small(errors_us: &[i64], most_us: i64) {
        let worst = errors_us.iter().map(|error| error.abs()).max();
        assert!(worst < Some(most_us), "{worst:?}");
    }

    #[test]
    fn periods_begin_as_evenly_as_samples_however_late_the_thread_is() {
        for latency_us in [1000, PERIOD_US, 3 * PERIOD_US] {
            assert_small(&errors_us(2000, |_| latency_us)[300..], 60);
        }
    }

    #[test]
    fn another_latency_is_found_out() {
        let falls = |k| if k < 1000 { 9000 } else { 4000 };
        assert_small(&errors_us(2000, falls)[1600..], 60);
        assert_small(&errors_us(2000, |k| 13_000 - falls(k))[1300..], 60);
    }

    #[test]
    fn the_latency_of_another_period_is_found_out_at_once() {
        let origin = known(0);
        let mut cycle = CycleStart::new(origin.clone(), RATE_HZ);
        let (mut start_us, mut heard_us) = (1_000_000, 0);
        for (frames, latency_us) in [(960, 40_000), (48, 2000), (960, 40_000), (960, 3000)] {
            let period_us = u64::from(frames) * 1000 / 48;
            for k in 0..100 {
                // It never goes back.
                heard_us = heard_us.max(start_us + latency_us);
                let begun = cycle.of(frames, us(start_us), us(heard_us)).unwrap();
                let off_us =
                    begun.duration_since(origin.epoch).as_micros() as i64 - start_us as i64;
                let stands_still_us = 40_000;
                if k * period_us > stands_still_us {
                    assert!(
                        off_us.abs() < 40 + period_us as i64 / 8,
                        "{frames} {k}: {off_us} us"
                    );
                }
                start_us += period_us;
            }
        }
    }

    #[test]
    fn odd_times_do_no_harm() {
        let origin = ClockOrigin::unknown();
        let mut cycle = CycleStart::new(origin.clone(), RATE_HZ);
        assert_eq!(cycle.of(FRAMES, us(1), us(2)), None, "not compared yet");
        origin.compare(|| Duration::ZERO);
        for woken in [Duration::ZERO, us(5), Duration::MAX] {
            for heard in [Duration::ZERO, us(7), Duration::MAX] {
                let _ = cycle.of(FRAMES, woken, heard);
            }
        }
    }
}
