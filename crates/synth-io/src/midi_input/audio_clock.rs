//! Which sample the audio device is at, told by its callback to other threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::Instant;

use super::clock_rate::ClockRate;
use super::delay_locked_loop::{DelayLockedLoop, Filtered};

/// Readings that are kept, so that a reader has this many callbacks' time to take one.
const SLOTS: u64 = 8;
/// Numbers of a reading.
const WORDS: usize = 6;
/// How often a reader tries to take a reading before it does without.
const TRIES: usize = 4;
/// How early callbacks come is forgotten to 37 % in so many seconds.
const EARLY_MEMORY_S: f64 = 30.0;
/// Callbacks are believed to come so many periods early and no more.
const MOST_EARLY_PERIODS: f64 = 0.5;

/// Where the audio device was when its newest callback began, freed of the callbacks' jitter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockReading {
    /// The first sample that the callback asks for.
    pub position: u64,
    /// When it was due, in seconds since the clock was made.
    pub time_s: f64,
    /// Seconds a sample takes, by the system's clock.
    pub frame_s: f64,
    /// Samples that it asks for: the period.
    pub frames: u32,
    /// By how many seconds callbacks come before they are due, at the most of late.
    pub early_s: f64,
    /// By how many millionths the device runs faster than its nominal rate; NaN before that is known.
    offset_ppm: f64,
}

impl ClockReading {
    /// Everything before this sample is rendered already or is being rendered.
    #[must_use]
    pub fn rendered(&self) -> u64 {
        self.position.saturating_add(u64::from(self.frames))
    }

    fn to_words(self) -> [u64; WORDS] {
        [
            self.position,
            self.time_s.to_bits(),
            self.frame_s.to_bits(),
            u64::from(self.frames),
            self.early_s.to_bits(),
            self.offset_ppm.to_bits(),
        ]
    }

    fn from_words(words: [u64; WORDS]) -> Self {
        let [position, time, frame, frames, early, offset] = words;
        Self {
            position,
            time_s: f64::from_bits(time),
            frame_s: f64::from_bits(frame),
            frames: frames as u32,
            early_s: f64::from_bits(early),
            offset_ppm: f64::from_bits(offset),
        }
    }
}

/// One reading. A sequence lock without the lock: its number is 0 while it is being written.
#[derive(Debug, Default)]
struct Slot {
    number: AtomicU64,
    words: [AtomicU64; WORDS],
}

#[derive(Debug)]
struct Shared {
    epoch: Instant,
    /// The number of the newest reading, counted from 1.
    newest: AtomicU64,
    slots: [Slot; SLOTS as usize],
}

impl Shared {
    fn slot(&self, number: u64) -> &Slot {
        &self.slots[(number % SLOTS) as usize]
    }

    fn publish(&self, number: u64, reading: ClockReading) {
        let slot = self.slot(number);
        slot.number.store(0, Ordering::Relaxed);
        // Whoever sees one of the words below sees the 0 too.
        fence(Ordering::Release);
        for (place, word) in slot.words.iter().zip(reading.to_words()) {
            place.store(word, Ordering::Relaxed);
        }
        slot.number.store(number, Ordering::Release);
        self.newest.store(number, Ordering::Release);
    }

    fn read(&self) -> Option<ClockReading> {
        for _ in 0..TRIES {
            let number = self.newest.load(Ordering::Acquire);
            let slot = self.slot(number);
            let before = slot.number.load(Ordering::Acquire);
            let words = std::array::from_fn(|at| slot.words[at].load(Ordering::Relaxed));
            fence(Ordering::Acquire);
            let after = slot.number.load(Ordering::Relaxed);
            if number == 0 {
                return None;
            }
            if before == number && after == number {
                return Some(ClockReading::from_words(words));
            }
        }
        None
    }
}

/// Makes a clock: the one end belongs into the audio callback, the other may be copied to any thread.
#[must_use]
pub fn audio_clock() -> (AudioClockPublisher, AudioClock) {
    let shared = Arc::new(Shared {
        epoch: Instant::now(),
        newest: AtomicU64::new(0),
        slots: std::array::from_fn(|_| Slot::default()),
    });
    let publisher = AudioClockPublisher {
        shared: Arc::clone(&shared),
        published: 0,
        sample_rate_hz: 0,
        dll: DelayLockedLoop::new(1),
        rate: ClockRate::default(),
        line: Line::default(),
        early_s: 0.0,
        offset_ppm: f64::NAN,
    };
    (publisher, AudioClock { shared })
}

/// Where the nominal rate would have a callback, since the loop began.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    /// When the first callback came, and the time since then by the samples asked for, in seconds.
    origin_s: f64,
    elapsed_s: f64,
    /// The length of the newest block at the nominal rate.
    block_s: f64,
}

/// The end of an audio clock that the audio callback keeps.
#[derive(Debug)]
pub struct AudioClockPublisher {
    shared: Arc<Shared>,
    published: u64,
    sample_rate_hz: u32,
    dll: DelayLockedLoop,
    rate: ClockRate,
    line: Line,
    early_s: f64,
    offset_ppm: f64,
}

impl AudioClockPublisher {
    /// To be called first thing in the audio callback: it began at `now` and asks for `frames` samples
    /// at `sample_rate_hz`, the first of which is `position`.
    ///
    /// Callbacks may have any length. Where positions do not follow on each other, times jump or the
    /// rate is another, the clock begins anew: a stream that was opened again, a computer that slept
    /// and samples that were lost need no special call.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, lock, wait or system call, bounded time.
    pub fn begin_block(&mut self, now: Instant, position: u64, frames: u32, sample_rate_hz: u32) {
        if frames == 0 {
            return;
        }
        self.take_rate(sample_rate_hz);
        let now_s = seconds_between(self.shared.epoch, now);
        let filtered = self.dll.take(now_s, position, frames);
        let nominal_s = f64::from(frames) / f64::from(sample_rate_hz.max(1));
        self.measure_rate(now_s, filtered, nominal_s);
        let early_s = -filtered.error_s;
        let most_early_s = MOST_EARLY_PERIODS * nominal_s;
        self.early_s = (self.early_s * (-nominal_s / EARLY_MEMORY_S).exp())
            .max(early_s)
            .clamp(0.0, most_early_s);
        self.publish(ClockReading {
            position,
            time_s: filtered.time_s,
            frame_s: filtered.frame_s,
            frames,
            early_s: self.early_s,
            offset_ppm: self.offset_ppm,
        });
    }

    /// As [`AudioClockPublisher::begin_block`], for a device that counts its periods and tells when each is
    /// `due`: that is believed as it is. What arrives with times of the same count, as JACK's messages do,
    /// then sounds to the sample where it should, whatever the device takes for a second.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, lock, wait or system call, bounded time.
    pub fn begin_counted_block(
        &mut self,
        due: Instant,
        position: u64,
        frames: u32,
        sample_rate_hz: u32,
    ) {
        if frames == 0 {
            return;
        }
        self.take_rate(sample_rate_hz);
        let due_s = seconds_between(self.shared.epoch, due);
        let frame_s = 1.0 / f64::from(sample_rate_hz.max(1));
        let filtered = self.dll.take(due_s, position, frames);
        self.measure_rate(due_s, filtered, f64::from(frames) * frame_s);
        self.publish(ClockReading {
            position,
            time_s: due_s,
            frame_s,
            frames,
            early_s: 0.0,
            offset_ppm: self.offset_ppm,
        });
    }

    fn take_rate(&mut self, sample_rate_hz: u32) {
        if sample_rate_hz != self.sample_rate_hz {
            self.sample_rate_hz = sample_rate_hz;
            self.dll = DelayLockedLoop::new(sample_rate_hz);
            self.offset_ppm = f64::NAN;
            self.early_s = 0.0;
        }
    }

    fn publish(&mut self, reading: ClockReading) {
        self.published += 1;
        self.shared.publish(self.published, reading);
    }

    fn measure_rate(&mut self, now_s: f64, filtered: Filtered, nominal_s: f64) {
        if filtered.restarted {
            self.rate = ClockRate::default();
            self.line = Line {
                origin_s: now_s,
                ..Line::default()
            };
        }
        let step_s = self.line.block_s;
        self.line.elapsed_s += step_s;
        self.line.block_s = nominal_s;
        // A callback that was held up long says nothing about the rate.
        let heeded_s = filtered.error_s.clamp(-nominal_s, nominal_s);
        let time_s = now_s - filtered.error_s + heeded_s;
        let late_s = time_s - self.line.origin_s - self.line.elapsed_s;
        self.rate.take(step_s, late_s);
        if let Some(offset_ppm) = self.rate.offset_ppm() {
            self.offset_ppm = offset_ppm;
        }
    }
}

/// The end of an audio clock that tells the time to any thread.
#[derive(Debug, Clone)]
pub struct AudioClock {
    shared: Arc<Shared>,
}

impl AudioClock {
    /// Where the device was when its newest callback began; `None` before the first.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, lock or wait, bounded time. The callback is never held up.
    #[must_use]
    pub fn reading(&self) -> Option<ClockReading> {
        self.shared.read()
    }

    /// By how many millionths the device runs faster than its nominal rate (it asks for more samples a
    /// second), measured by the system's clock over the last two minutes or so; `None` for the first
    /// five seconds.
    #[must_use]
    pub fn clock_offset_ppm(&self) -> Option<f64> {
        let offset_ppm = self.reading()?.offset_ppm;
        offset_ppm.is_finite().then_some(offset_ppm)
    }

    /// Seconds from the making of the clock to `time`; negative before it.
    pub(super) fn seconds(&self, time: Instant) -> f64 {
        seconds_between(self.shared.epoch, time)
    }
}

fn seconds_between(from: Instant, to: Instant) -> f64 {
    match to.checked_duration_since(from) {
        Some(since) => since.as_secs_f64(),
        None => -from.duration_since(to).as_secs_f64(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::midi_input::simulation::Random;

    const RATE_HZ: u32 = 48_000;

    fn offset_after(seconds: f64, frames: u32, jitter_periods: f64, true_ppm: f64) -> f64 {
        let (mut publisher, clock) = audio_clock();
        let start = Instant::now() + Duration::from_secs(5);
        let mut random = Random::new(11);
        let period_s = f64::from(frames) / (f64::from(RATE_HZ) * (1.0 + true_ppm * 1e-6));
        for k in 0..(seconds / period_s) as u64 {
            let jitter_s = random.between(-1.0, 1.0) * jitter_periods * period_s;
            let now = start + Duration::from_secs_f64(1.0 + k as f64 * period_s + jitter_s);
            publisher.begin_block(now, k * u64::from(frames), frames, RATE_HZ);
        }
        clock.clock_offset_ppm().unwrap()
    }

    #[test]
    fn the_clock_offset_is_within_20_ppm_after_30_seconds() {
        for frames in [64, 256, 512] {
            for true_ppm in [-200.0, 0.0, 35.0, 900.0] {
                let found = offset_after(30.0, frames, 0.4, true_ppm);
                println!("{frames} frames: {true_ppm} ppm measured as {found:.1}");
                assert!(
                    (found - true_ppm).abs() < 20.0,
                    "{frames} {true_ppm} {found}"
                );
            }
        }
    }

    #[test]
    fn a_reading_is_of_the_newest_callback() {
        let (mut publisher, clock) = audio_clock();
        assert_eq!(clock.reading(), None);
        assert_eq!(clock.clock_offset_ppm(), None);
        let start = Instant::now();
        testkit::no_alloc(|| {
            for k in 0..20 {
                let now = start + Duration::from_millis(10) * k as u32;
                publisher.begin_block(now, 480 * k, 480, RATE_HZ);
                let reading = clock.reading().unwrap();
                assert!(reading.position == 480 * k && reading.frames == 480);
                assert!(reading.rendered() == 480 * (k + 1));
                assert!((reading.time_s - clock.seconds(now)).abs() < 1e-6);
            }
        });
        publisher.begin_block(start, 1, 0, RATE_HZ);
        assert_eq!(clock.reading().unwrap().position, 480 * 19, "no block");
    }

    #[test]
    fn counted_blocks_are_believed() {
        let (mut publisher, clock) = audio_clock();
        let start = Instant::now();
        testkit::no_alloc(|| {
            for k in 0..1000 {
                // A thousandth fast.
                let due = start + Duration::from_micros(9990) * k as u32;
                publisher.begin_counted_block(due, 480 * k, 480, RATE_HZ);
                let reading = clock.reading().unwrap();
                assert!((reading.time_s - clock.seconds(due)).abs() < 1e-9);
                assert!(reading.position == 480 * k && reading.early_s == 0.0);
                assert!(reading.frame_s == 1.0 / f64::from(RATE_HZ));
            }
        });
        publisher.begin_counted_block(start, 1, 0, RATE_HZ);
        assert_eq!(clock.reading().unwrap().position, 480 * 999, "no block");
        let ppm = clock.clock_offset_ppm().unwrap();
        assert!((950.0..1050.0).contains(&ppm), "{ppm}");
        // Samples were lost: the next period is where it is.
        let due = start + Duration::from_micros(10_000_123);
        publisher.begin_counted_block(due, 480_000, 480, RATE_HZ);
        let reading = clock.reading().unwrap();
        assert!((reading.time_s - clock.seconds(due)).abs() < 1e-9);
    }

    #[test]
    fn early_callbacks_are_remembered_for_a_while() {
        let (mut publisher, clock) = audio_clock();
        let start = Instant::now() + Duration::from_secs(1);
        let mut begin = |k: u64, early_ms: u64| {
            let now = start + Duration::from_millis(10 * k) - Duration::from_millis(early_ms);
            publisher.begin_block(now, 480 * k, 480, RATE_HZ);
            clock.reading().unwrap().early_s
        };
        for k in 0..1000 {
            assert!(begin(k, 0) < 1e-6);
        }
        assert!((begin(1000, 3) - 0.003).abs() < 1e-4);
        let later = (1001..2001).map(|k| begin(k, 0)).last().unwrap();
        assert!((0.001..0.0025).contains(&later), "{later}");
        assert!((begin(2001, 9) - 0.005).abs() < 1e-9, "half a period");
    }

    #[test]
    fn another_rate_begins_anew() {
        let (mut publisher, clock) = audio_clock();
        let start = Instant::now();
        for k in 0..1000 {
            let now = start + Duration::from_millis(10) * k as u32;
            publisher.begin_block(now, 480 * k, 480, RATE_HZ);
        }
        assert!(clock.clock_offset_ppm().unwrap().abs() < 1.0);
        let now = start + Duration::from_secs(10);
        publisher.begin_block(now, 480_000, 441, 44_100);
        assert_eq!(clock.clock_offset_ppm(), None);
        let reading = clock.reading().unwrap();
        assert!((reading.frame_s * 44_100.0 - 1.0).abs() < 1e-9);
        assert!((reading.time_s - clock.seconds(now)).abs() < 1e-9);
    }

    #[test]
    fn readers_never_see_half_a_reading() {
        let (publisher, clock) = audio_clock();
        let done = AtomicBool::new(false);
        let reading = |number: u64| ClockReading {
            position: number,
            time_s: number as f64,
            frame_s: number as f64 + 0.25,
            frames: number as u32,
            early_s: number as f64 + 0.5,
            offset_ppm: number as f64 + 0.75,
        };
        thread::scope(|scope| {
            let readers: Vec<_> = (0..3)
                .map(|_| {
                    scope.spawn(|| {
                        let (mut last, mut taken) = (0, 0_u64);
                        while !done.load(Ordering::Relaxed) {
                            let Some(found) = clock.reading() else {
                                continue;
                            };
                            assert_eq!(found, reading(found.position));
                            assert!(found.position >= last, "time runs one way");
                            last = found.position;
                            taken += 1;
                        }
                        taken
                    })
                })
                .collect();
            for number in 1..=1_000_000 {
                publisher.shared.publish(number, reading(number));
            }
            done.store(true, Ordering::Relaxed);
            for reader in readers {
                reader.join().unwrap();
            }
        });
        assert_eq!(clock.reading(), Some(reading(1_000_000)));
    }
}
