//! What runs on the audio thread: the engine, and what is to be known of its samples.

use rtrb::{Consumer, Producer, RingBuffer};
use synth_engine::AudioProcessor;
use synth_io::audio_device::{AudioCallback, CallbackTime, LONGEST_PIECE};
use synth_io::midi_input::AudioClockPublisher;

use super::audit;
use super::tap::TapWriter;

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
    tap: Option<TapWriter>,
}

impl LiveCallback {
    /// Tells `clock` the time. With `record` every sample comes out of the ring as well, left and right in
    /// turn; `tap` gets them too, as far as somebody takes them out of it.
    pub(super) fn new(
        processor: AudioProcessor,
        clock: AudioClockPublisher,
        record: bool,
        tap: Option<TapWriter>,
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
            tap,
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

    fn hand_out(&mut self, left: &[f32], right: &[f32]) {
        if self.recorder.is_none() && self.tap.is_none() {
            return;
        }
        for (left, right) in left.chunks(LONGEST_PIECE).zip(right.chunks(LONGEST_PIECE)) {
            let interleaved = &mut self.interleaved[..2 * left.len()];
            let frames = left.iter().zip(right);
            for (pair, (left, right)) in interleaved.chunks_exact_mut(2).zip(frames) {
                pair.copy_from_slice(&[*left, *right]);
            }
            if let Some(recorder) = &mut self.recorder {
                // Whoever finishes the recording sees by its length that something is missing.
                let _ = recorder.push_entire_slice(interleaved);
            }
            if let Some(tap) = &mut self.tap {
                tap.samples(interleaved);
            }
        }
        if let Some(tap) = &mut self.tap {
            tap.spectrum(self.processor.renderer(), left.len());
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
            self.hand_out(left, right);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::time::{Duration, Instant};

    use synth_engine::{
        Capacity, ControlHandle, Event, EventTime, Renderer, RendererConfig, realtime,
    };
    use synth_io::midi_input::audio_clock;

    use super::*;
    use crate::devices::DeviceChoice;
    use crate::play::ensemble::{Carried, Ensemble};
    use crate::play::tap::{Tap, tap};

    const PERIOD: usize = 256;

    fn flute() -> (ControlHandle, LiveCallback, Tap) {
        let ensemble = Ensemble::new(&[OsString::from("flute")], DeviceChoice::Cpu).unwrap();
        let config = RendererConfig::default();
        let ready = ensemble.order(&config, PERIOD);
        let ready = ready.prepare(&mut Carried::default()).unwrap();
        let renderer = Renderer::new(config, ready.loaded, ready.programs).unwrap();
        let (control, processor) = realtime(renderer, Capacity::default());
        let (publisher, _) = audio_clock();
        let (writer, tap) = tap();
        let (callback, _) = LiveCallback::new(processor, publisher, false, Some(writer));
        (control, callback, tap)
    }

    fn play(callback: &mut LiveCallback, periods: usize) -> Vec<f32> {
        let [mut left, mut right] = [[0.0; PERIOD]; 2];
        let mut played = Vec::with_capacity(2 * PERIOD * periods);
        for _ in 0..periods {
            let at = CallbackTime {
                frame: callback.frames(),
                asked: Instant::now(),
                due: None,
                stream: Duration::ZERO,
                heard: Duration::ZERO,
            };
            testkit::no_alloc(|| callback.render(&mut left, &mut right, at));
            let frames = left.iter().zip(&right);
            played.extend(frames.flat_map(|(left, right)| [*left, *right]));
        }
        played
    }

    #[test]
    fn the_tap_shows_what_goes_out_and_what_the_network_said() {
        let (mut control, mut callback, mut tap) = flute();
        for (key, note) in [(60, 0), (76, 1)] {
            let event = Event::NoteOn {
                channel: 0,
                key,
                velocity: 0.8,
            };
            control.send(EventTime::Now, event);
            let played = play(&mut callback, 20);
            let mut seen = vec![0.0; tap.samples.slots()];
            tap.samples.pop_entire_slice(&mut seen).unwrap();
            assert_eq!(seen, played);
            let spectra: Vec<_> = std::iter::from_fn(|| tap.spectra.pop().ok()).collect();
            // A ninth of a second at 44.1 kHz.
            assert!((5..=8).contains(&spectra.len()), "{}", spectra.len());
            for spectrum in spectra {
                assert_eq!((spectrum.note, spectrum.key), (note, key));
                assert!(spectrum.partials[0] > 0.0);
            }
        }
    }

    #[test]
    fn nobody_who_looks_is_nobody_who_is_waited_for() {
        let (mut control, mut callback, tap) = flute();
        let event = Event::NoteOn {
            channel: 0,
            key: 60,
            velocity: 0.8,
        };
        control.send(EventTime::Now, event);
        play(&mut callback, 200);
        assert_eq!(tap.samples.slots() % (2 * PERIOD), 0, "whole blocks");
        drop(tap);
        let played = play(&mut callback, 20);
        assert!(played.iter().any(|x| x.abs() > 1e-3));
    }
}
