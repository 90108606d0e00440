//! What runs on the audio thread: the engine, and what is to be known of its samples.

use rtrb::{Consumer, Producer, RingBuffer};
use synth_engine::AudioProcessor;
use synth_io::audio_device::{AudioCallback, CallbackTime, LONGEST_PIECE};
use synth_io::midi_input::AudioClockPublisher;

use super::audit;

/// What a recorder that does not come to its turn may leave waiting, seconds.
const RECORD_S: usize = 10;
/// The highest rate that a device may go on at.
const HIGHEST_RATE_HZ: usize = *synth_engine::SAMPLE_RATES_HZ.end() as usize;

/// The engine as an audio device calls it, whichever that is.
pub(super) struct LiveCallback {
    processor: AudioProcessor,
    clock: AudioClockPublisher,
    interleaved: Box<[f32]>,
    recorder: Option<Producer<f32>>,
}

impl LiveCallback {
    /// Tells `clock` the time. With `record` every sample comes out of the ring as well, left and right in
    /// turn.
    pub(super) fn new(
        processor: AudioProcessor,
        clock: AudioClockPublisher,
        record: bool,
    ) -> (Self, Option<Consumer<f32>>) {
        let (recorder, recorded) = match record {
            false => (None, None),
            true => {
                let (recorder, recorded) = RingBuffer::new(2 * RECORD_S * HIGHEST_RATE_HZ);
                (Some(recorder), Some(recorded))
            }
        };
        audit::prepare();
        let callback = Self {
            processor,
            clock,
            interleaved: vec![0.0; 2 * LONGEST_PIECE].into(),
            recorder,
        };
        (callback, recorded)
    }

    /// The sample rate of the next samples, Hz.
    pub(super) fn sample_rate_hz(&self) -> u32 {
        self.processor.sample_rate_hz()
    }

    /// Sample frames made so far.
    pub(super) fn frames(&self) -> u64 {
        self.processor.now()
    }

    fn record(&mut self, left: &[f32], right: &[f32]) {
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        for (left, right) in left.chunks(LONGEST_PIECE).zip(right.chunks(LONGEST_PIECE)) {
            let interleaved = &mut self.interleaved[..2 * left.len()];
            let frames = left.iter().zip(right);
            for (pair, (left, right)) in interleaved.chunks_exact_mut(2).zip(frames) {
                pair.copy_from_slice(&[*left, *right]);
            }
            // Whoever finishes the recording sees by its length that something is missing.
            let _ = recorder.push_entire_slice(interleaved);
        }
    }
}

impl AudioCallback for LiveCallback {
    fn render(&mut self, left: &mut [f32], right: &mut [f32], at: CallbackTime) {
        audit::watch(|| {
            let (position, rate_hz) = (self.processor.now(), self.processor.sample_rate_hz());
            let frames = left.len().min(right.len()) as u32;
            let clock = &mut self.clock;
            match at.due {
                Some(due) => clock.begin_counted_block(due, position, frames, rate_hz),
                None => clock.begin_block(at.asked, position, frames, rate_hz),
            }
            self.processor.process(&mut [&mut *left, &mut *right]);
            self.record(left, right);
        });
    }
}
