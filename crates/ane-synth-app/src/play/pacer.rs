//! An audio device that plays to nobody, in real time: a thread takes the place of a sound card's
//! callback, its sleep that of the card.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Builder, JoinHandle};
use std::time::{Duration, Instant};

use synth_io::audio_device::{AudioCallback, CallbackTime};

use super::live_callback::LiveCallback;
use crate::error::AppError;

/// Whoever is this late (a machine that slept, a program that was stopped) does not catch up.
const GIVE_UP_AFTER: Duration = Duration::from_secs(1);

/// What both sides see while it runs.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    missed: AtomicU64,
}

/// The running device.
pub(super) struct Pacer {
    shared: Arc<Shared>,
    /// `None` once it was stopped.
    thread: Option<JoinHandle<LiveCallback>>,
}

impl Pacer {
    /// Starts calling `callback` every `buffer` samples.
    pub(super) fn start(callback: LiveCallback, buffer: usize) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let seen = shared.clone();
        let clockwork = Clockwork {
            callback,
            left: vec![0.0; buffer],
            right: vec![0.0; buffer],
            shared: seen,
        };
        let thread = Builder::new().name("null audio device".to_owned());
        let thread = Some(thread.spawn(move || clockwork.run())?);
        Ok(Self { shared, thread })
    }

    /// Periods whose samples came late, so far.
    pub(super) fn missed(&self) -> u64 {
        self.shared.missed.load(Ordering::Relaxed)
    }

    /// Whether it still runs, as it should until it is stopped.
    pub(super) fn is_running(&self) -> bool {
        let thread = self.thread.as_ref();
        thread.is_some_and(|thread| !thread.is_finished())
    }

    /// Stops it after the period that it is at, and gives back what it called.
    pub(super) fn stop(mut self) -> Result<LiveCallback, AppError> {
        self.shared.stop.store(true, Ordering::Relaxed);
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(callback)) => Ok(callback),
            _ => Err(AppError::new(
                "the audio thread failed; please report this as a bug",
            )),
        }
    }
}

impl Drop for Pacer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }
}

/// What runs on the thread: from here on no allocation, no lock and no word.
struct Clockwork {
    callback: LiveCallback,
    left: Vec<f32>,
    right: Vec<f32>,
    shared: Arc<Shared>,
}

impl Clockwork {
    fn run(mut self) -> LiveCallback {
        let buffer = self.left.len() as u64;
        let mut rate_hz = self.callback.sample_rate_hz();
        let mut begun = Instant::now();
        let mut periods = 0;
        let mut frame = 0;
        while !self.shared.stop.load(Ordering::Relaxed) {
            let now = time_of(frame, rate_hz);
            let at = CallbackTime {
                frame,
                asked: Instant::now(),
                due: None,
                stream: now,
                heard: now,
            };
            self.callback.render(&mut self.left, &mut self.right, at);
            frame += buffer;
            periods += 1;
            // From the beginning on, so that nothing adds up.
            let deadline = begun + time_of(periods * buffer, rate_hz);
            let now = Instant::now();
            if self.callback.sample_rate_hz() != rate_hz {
                rate_hz = self.callback.sample_rate_hz();
                begun = deadline;
                periods = 0;
            }
            if let Some(early) = deadline.checked_duration_since(now) {
                thread::sleep(early);
                continue;
            }
            let late = now - deadline;
            let mut missed = 1;
            if late > GIVE_UP_AFTER {
                let period_s = time_of(buffer, rate_hz).as_secs_f64();
                missed += (late.as_secs_f64() / period_s) as u64;
                begun = now;
                periods = 0;
            }
            self.shared.missed.fetch_add(missed, Ordering::Relaxed);
        }
        self.callback
    }
}

fn time_of(frames: u64, rate_hz: u32) -> Duration {
    let rate_hz = u64::from(rate_hz);
    let rest_ns = frames % rate_hz * 1_000_000_000 / rate_hz;
    Duration::from_secs(frames / rate_hz) + Duration::from_nanos(rest_ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_does_not_drift() {
        assert_eq!(
            time_of(48_000 * 86_400, 48_000),
            Duration::from_secs(86_400)
        );
        assert_eq!(time_of(441, 44_100), Duration::from_millis(10));
        assert_eq!(
            time_of(u64::MAX / 2, 192_000).as_secs(),
            u64::MAX / 2 / 192_000
        );
    }
}
