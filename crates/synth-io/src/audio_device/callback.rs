//! Who makes the sound.

use std::any::Any;
use std::time::{Duration, Instant};

/// Makes the samples that an output stream plays.
pub trait AudioCallback: Any + Send {
    /// Makes the next samples. `left` and `right` have the same length, between 1 and
    /// [`LONGEST_PIECE`](super::LONGEST_PIECE); full scale is 1.0. What they hold before is of no meaning, and
    /// every sample must be written.
    ///
    /// # Realtime safety
    /// It runs on the audio thread: it must not allocate, free, lock, wait, log or panic, and must be done
    /// well within the time that the samples take to play.
    fn render(&mut self, left: &mut [f32], right: &mut [f32], at: CallbackTime);
}

/// When the samples are made and heard that a callback is asked for.
///
/// What the system asks for at once and is made in pieces has times as far apart as the pieces are long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallbackTime {
    /// Sample frames that the callback was asked for before: the place of the first sample.
    pub frame: u64,
    /// When the thread was woken to make the first sample, on the clock of this computer: late by however
    /// long that took.
    pub asked: Instant,
    /// When it should have been woken, on the same clock: the beginning of the period of a system that
    /// counts its periods, as even as the samples however late the thread is. `None` where the system does
    /// not tell, which is all but JACK.
    pub due: Option<Instant>,
    /// The same on the stream's own clock, which [`OutputStream::now`](super::OutputStream::now) reads and
    /// which has no date.
    pub stream: Duration,
    /// When the first sample leaves the device, as far as the system knows, on the stream's own clock. Where
    /// the system counts its cycles (JACK, CoreAudio, ALSA's cards) it goes on as evenly as the samples,
    /// however late the thread was woken: what happens at the time `t` of that clock, and is put at the
    /// frame that is heard at `t` and a delay that does not change, keeps its rhythm.
    pub heard: Duration,
}

impl CallbackTime {
    /// The time of a piece that begins `frames` later.
    pub(super) fn later(self, frames: u64, rate_hz: u32) -> Self {
        let later = time_of(frames, rate_hz);
        Self {
            frame: self.frame + frames,
            // A clock that cannot be moved on by a few seconds stands at its end.
            asked: self.asked.checked_add(later).unwrap_or(self.asked),
            due: self.due.map(|due| due.checked_add(later).unwrap_or(due)),
            stream: self.stream.saturating_add(later),
            heard: self.heard.saturating_add(later),
        }
    }
}

/// How long `frames` last.
fn time_of(frames: u64, rate_hz: u32) -> Duration {
    let rate_hz = u64::from(rate_hz.max(1));
    let rest_ns = frames % rate_hz * 1_000_000_000 / rate_hz;
    Duration::from_secs(frames / rate_hz) + Duration::from_nanos(rest_ns)
}
