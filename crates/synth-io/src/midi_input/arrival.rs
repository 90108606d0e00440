//! When what arrives is to sound.
//!
//! The audio device asks for blocks, a period long each. A message that arrives while one is being
//! made can sound in the next at the soonest; sounding at the beginning of the next it would be moved
//! by anything up to a period, and music would stumble. So each message sounds a fixed time after its
//! arrival, by default a period.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use synth_engine::EventTime;

use super::PortId;
use super::audio_clock::AudioClock;

/// A message waits for at most so many periods more than its latency. Arrivals are in the past, but
/// for JACK's, which belong into the present period; a clock that has stopped must not send the notes
/// of a whole minute into the future.
const MOST_PERIODS_AHEAD: u64 = 4;
/// Ports whose times are kept apart; later ones share, which moves them by less than a period.
const PORTS: usize = 64;

/// How long after its arrival a message sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Latency {
    /// The device's period (and by how much its callbacks come early): the least that keeps the times
    /// between messages exact.
    Period,
    /// This long, but not before it can. With zero a message sounds at the beginning of the next
    /// block, and times between messages are off by up to a period.
    Fixed(Duration),
}

/// Tells at which sample what arrives is due.
///
/// # Realtime safety
/// RT-safe: no allocation, lock or wait, bounded time. It may be shared by all threads that MIDI
/// arrives on.
#[derive(Debug)]
pub struct ArrivalMapper {
    clock: AudioClock,
    latency: Latency,
    /// The newest sample of each port.
    newest: [AtomicU64; PORTS],
}

impl ArrivalMapper {
    /// A mapper for the device whose callback publishes `clock`.
    #[must_use]
    pub fn new(clock: AudioClock, latency: Latency) -> Self {
        Self {
            clock,
            latency,
            newest: [const { AtomicU64::new(0) }; PORTS],
        }
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &AudioClock {
        &self.clock
    }

    /// When a message that arrived on `port` at `arrived` is due: at a sample that is not rendered yet
    /// and never before one that arrived there earlier. [`EventTime::Now`] while the device has not
    /// asked for anything yet, and always with a latency of zero.
    #[must_use]
    pub fn due(&self, port: PortId, arrived: Instant) -> EventTime {
        let Some(reading) = self.clock.reading() else {
            return EventTime::Now;
        };
        let latency_s = match self.latency {
            Latency::Fixed(Duration::ZERO) => return EventTime::Now,
            Latency::Fixed(latency) => latency.as_secs_f64(),
            Latency::Period => f64::from(reading.frames) * reading.frame_s + reading.early_s,
        };
        let after_s = self.clock.seconds(arrived) - reading.time_s + latency_s;
        // Saturates below at 0, which is rendered, and above where it is cut anyway.
        let after = (after_s / reading.frame_s).round() as u64;
        let earliest = reading.rendered();
        let latest = earliest
            .saturating_add((latency_s / reading.frame_s) as u64)
            .saturating_add(MOST_PERIODS_AHEAD * u64::from(reading.frames));
        let due = reading
            .position
            .saturating_add(after)
            .clamp(earliest, latest);
        EventTime::At(self.in_order(port, due, latest))
    }

    /// `due`, or the port's newest sample if that is later; but one beyond `latest` is of a time line
    /// that has ended.
    fn in_order(&self, port: PortId, due: u64, latest: u64) -> u64 {
        let newest = &self.newest[port.number() as usize % PORTS];
        let before = newest.load(Ordering::Relaxed);
        let due = if before <= latest {
            due.max(before)
        } else {
            due
        };
        // Each port has one thread. Where ports share, either's time may win: no harm is done.
        newest.store(due, Ordering::Relaxed);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::midi_input::audio_clock::{AudioClockPublisher, audio_clock};
    use crate::midi_input::simulation::Random;

    const RATE_HZ: u32 = 48_000;

    /// A device and its callbacks, in seconds of the real time.
    struct Device {
        publisher: AudioClockPublisher,
        start: Instant,
        frames: u32,
        /// Seconds a sample really takes.
        frame_s: f64,
        jitter_periods: f64,
        random: Random,
        next_k: u64,
        /// When callback `next_k` comes.
        next_s: f64,
        /// Time that was lost by gaps so far.
        lost_s: f64,
    }

    impl Device {
        fn new(frames: u32, jitter_periods: f64, ppm: f64) -> (Self, AudioClock) {
            let (publisher, clock) = audio_clock();
            let device = Self {
                publisher,
                start: Instant::now() + Duration::from_secs(1),
                frames,
                frame_s: 1.0 / (f64::from(RATE_HZ) * (1.0 + ppm * 1e-6)),
                jitter_periods,
                random: Random::new(u64::from(frames)),
                next_k: 0,
                next_s: 1.0,
                lost_s: 0.0,
            };
            (device, clock)
        }

        fn instant(&self, s: f64) -> Instant {
            self.start + Duration::from_secs_f64(s)
        }

        fn period_s(&self) -> f64 {
            f64::from(self.frames) * self.frame_s
        }

        /// Makes all callbacks that come before `until_s`.
        fn run(&mut self, until_s: f64) {
            while self.next_s <= until_s {
                let now = self.instant(self.next_s);
                let position = self.next_k * u64::from(self.frames);
                self.publisher
                    .begin_block(now, position, self.frames, RATE_HZ);
                self.next_k += 1;
                let jitter = self.random.between(-1.0, 1.0) * self.jitter_periods;
                let ideal_s = 1.0 + self.lost_s + self.next_k as f64 * self.period_s();
                self.next_s = ideal_s + jitter * self.period_s();
            }
        }

        /// Where in samples the device really is.
        fn samples(&self, s: f64) -> f64 {
            (s - 1.0 - self.lost_s) / self.frame_s
        }
    }

    fn sample(time: EventTime) -> u64 {
        match time {
            EventTime::At(sample) => sample,
            EventTime::Now => panic!("not yet"),
        }
    }

    /// How far from a fixed latency messages that arrive at random are mapped, in periods, and the mean
    /// latency in periods.
    fn error_and_latency(frames: u32, jitter_periods: f64, ppm: f64) -> (f64, f64) {
        let (mut device, clock) = Device::new(frames, jitter_periods, ppm);
        let mapper = ArrivalMapper::new(clock, Latency::Period);
        let mut random = Random::new(3);
        let mut latencies = Vec::new();
        let (mut s, mut before) = (1.5, 0);
        while s < 30.0 {
            s += random.between(0.0, 0.01);
            device.run(s);
            let due = sample(mapper.due(PortId(0), device.instant(s)));
            assert!(due >= before, "time runs one way");
            assert!(due >= device.next_k * u64::from(frames), "rendered already");
            before = due;
            if s > 4.0 {
                latencies.push((due as f64 - device.samples(s)) / f64::from(frames));
            }
        }
        let mean = latencies.iter().sum::<f64>() / latencies.len() as f64;
        let worst = latencies
            .iter()
            .map(|latency| (latency - mean).abs())
            .fold(0.0, f64::max);
        (worst, mean)
    }

    #[test]
    fn jitter_of_callbacks_is_no_jitter_of_notes() {
        for frames in [64, 256, 512, 1024, 2048] {
            for ppm in [-200.0, 0.0, 200.0] {
                let (worst, mean) = error_and_latency(frames, 0.4, ppm);
                println!("{frames} frames, {ppm} ppm: off by {worst:.3} of {mean:.3} periods");
                assert!(worst < 0.2, "{frames} {ppm} {worst}");
                assert!((1.2..1.6).contains(&mean), "{frames} {ppm} {mean}");
            }
        }
    }

    #[test]
    fn without_jitter_the_latency_is_a_period_to_the_sample() {
        let (worst, mean) = error_and_latency(256, 0.0, 0.0);
        assert!(worst < 1.0 / 256.0, "{worst}");
        assert!((mean - 1.0).abs() < 1.0 / 256.0, "{mean}");
    }

    #[test]
    fn a_fixed_latency_is_kept_where_it_can_be() {
        let (mut device, clock) = Device::new(256, 0.0, 0.0);
        let fixed =
            |ms| ArrivalMapper::new(clock.clone(), Latency::Fixed(Duration::from_millis(ms)));
        let (long, short, none) = (fixed(20), fixed(1), fixed(0));
        for step in 0..1000 {
            let s = 2.0 + f64::from(step) * 0.0037;
            device.run(s);
            let arrived = device.instant(s);
            let latency = sample(long.due(PortId(1), arrived)) as f64 - device.samples(s);
            assert!((latency - 960.0).abs() <= 1.0, "{latency}");
            let rendered = device.next_k * 256;
            let due = sample(short.due(PortId(1), arrived));
            assert!((rendered..rendered + 48).contains(&due));
            assert_eq!(none.due(PortId(1), arrived), EventTime::Now);
        }
    }

    #[test]
    fn a_gap_is_got_over() {
        for gap_s in [0.004, 0.02, 3.0] {
            let (mut device, clock) = Device::new(256, 0.1, 50.0);
            let mapper = ArrivalMapper::new(clock, Latency::Period);
            device.run(5.0);
            device.lost_s += gap_s;
            device.next_s += gap_s;
            let mut s = 5.0;
            let mut before = 0;
            while s < 20.0 {
                s += 0.003;
                device.run(s);
                let due = sample(mapper.due(PortId(0), device.instant(s)));
                assert!(due >= before);
                before = due;
                let rendered = device.next_k * 256;
                assert!((rendered..=rendered + 6 * 256).contains(&due), "{s} {due}");
                if s > 6.0 + gap_s {
                    let latency = (due as f64 - device.samples(s)) / 256.0;
                    assert!((0.9..1.4).contains(&latency), "{gap_s} {s} {latency}");
                }
            }
        }
    }

    #[test]
    fn a_device_opened_again_counts_from_its_own_beginning() {
        let (mut device, clock) = Device::new(256, 0.0, 0.0);
        let mapper = ArrivalMapper::new(clock, Latency::Period);
        assert_eq!(
            mapper.due(PortId(0), device.instant(1.0)),
            EventTime::Now,
            "before the first callback"
        );
        device.run(10.0);
        assert!(sample(mapper.due(PortId(0), device.instant(10.0))) > 400_000);
        device.lost_s = 9.5;
        device.next_k = 0;
        device.next_s = 10.5;
        device.run(10.7);
        let due = sample(mapper.due(PortId(0), device.instant(10.7))) as f64;
        assert!((due - device.samples(10.7) - 256.0).abs() <= 1.0);
    }

    #[test]
    fn neither_a_stopped_clock_nor_odd_arrivals_send_notes_far_away() {
        let (mut device, clock) = Device::new(256, 0.0, 0.0);
        let mapper = ArrivalMapper::new(clock, Latency::Period);
        device.run(2.0);
        let rendered = device.next_k * 256;
        for (port, s) in [(1, 0.0), (2, 2.0), (3, 2.01), (4, 3.0), (5, 1e6)] {
            let due = sample(mapper.due(PortId(port), device.instant(s)));
            assert!((rendered..=rendered + 5 * 256).contains(&due), "{s} {due}");
        }
        let long_ago = device.start - Duration::from_millis(900);
        assert_eq!(sample(mapper.due(PortId(6), long_ago)), rendered);
    }

    #[test]
    fn each_port_has_an_order_of_its_own() {
        let (mut device, clock) = Device::new(256, 0.0, 0.0);
        let mapper = ArrivalMapper::new(clock, Latency::Period);
        device.run(2.0);
        testkit::no_alloc(|| {
            let late = sample(mapper.due(PortId(0), device.instant(2.004)));
            let early = sample(mapper.due(PortId(1), device.instant(2.001)));
            assert!(early < late);
            assert!(sample(mapper.due(PortId(0), device.instant(2.001))) == late);
        });
    }
}
