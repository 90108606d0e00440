//! An audio device that plays to nobody, in real time: a thread takes the place of a sound card's
//! callback, its sleep that of the card.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Builder, JoinHandle};
use std::time::{Duration, Instant};

use rtrb::{Consumer, Producer, RingBuffer};
use synth_engine::AudioProcessor;

use crate::error::AppError;

/// What a recorder that does not come to its turn may leave waiting, seconds.
const RECORD_S: u64 = 10;
/// Whoever is this late (a machine that slept, a program that was stopped) does not catch up.
const GIVE_UP_AFTER: Duration = Duration::from_secs(1);

/// What both sides see while it runs.
#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    missed: AtomicU64,
}

/// The running device.
pub(super) struct NullDevice {
    shared: Arc<Shared>,
    /// `None` once it was stopped.
    thread: Option<JoinHandle<(AudioProcessor, u64)>>,
}

impl NullDevice {
    /// Starts calling `processor` every `buffer` samples. With `record`, every sample comes out of the
    /// ring, left and right in turn.
    pub(super) fn start(
        processor: AudioProcessor,
        buffer: usize,
        record: bool,
    ) -> io::Result<(Self, Option<Consumer<f32>>)> {
        let shared = Arc::new(Shared::default());
        let (recorder, recorded) = match record {
            false => (None, None),
            true => {
                let samples = 2 * RECORD_S * u64::from(processor.sample_rate_hz());
                let (recorder, recorded) = RingBuffer::new(samples as usize);
                (Some(recorder), Some(recorded))
            }
        };
        let callback = Callback {
            processor,
            left: vec![0.0; buffer],
            right: vec![0.0; buffer],
            interleaved: vec![0.0; 2 * buffer],
            recorder,
            shared: shared.clone(),
        };
        let thread = Builder::new().name("null audio device".to_owned());
        let thread = Some(thread.spawn(move || callback.run())?);
        Ok((Self { shared, thread }, recorded))
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

    /// Stops it after the period that it is at; how many sample frames were made.
    pub(super) fn stop(&mut self) -> Result<u64, AppError> {
        self.shared.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        // The audio side is dropped here, where that may take its time.
        match ended {
            Some(Ok((_processor, frames))) => Ok(frames),
            _ => Err(AppError::new(
                "the audio thread failed; please report this as a bug",
            )),
        }
    }
}

/// What runs on the thread: from here on no allocation, no lock and no word.
struct Callback {
    processor: AudioProcessor,
    left: Vec<f32>,
    right: Vec<f32>,
    interleaved: Vec<f32>,
    recorder: Option<Producer<f32>>,
    shared: Arc<Shared>,
}

impl Callback {
    fn run(mut self) -> (AudioProcessor, u64) {
        let buffer = self.left.len() as u64;
        let rate_hz = self.processor.sample_rate_hz();
        let mut begun = Instant::now();
        let mut frames = 0;
        let mut periods = 0;
        while !self.shared.stop.load(Ordering::Relaxed) {
            let out = &mut [&mut *self.left, &mut *self.right];
            self.processor.process(out);
            self.record();
            frames += buffer;
            periods += 1;
            // From the beginning on, so that nothing adds up.
            let deadline = begun + time_of(periods * buffer, rate_hz);
            let now = Instant::now();
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
        (self.processor, frames)
    }

    fn record(&mut self) {
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        let frames = self.left.iter().zip(&self.right);
        for (pair, (left, right)) in self.interleaved.chunks_exact_mut(2).zip(frames) {
            pair.copy_from_slice(&[*left, *right]);
        }
        // Whoever finishes the recording sees by its length that something is missing.
        let _ = recorder.push_entire_slice(&self.interleaved);
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
