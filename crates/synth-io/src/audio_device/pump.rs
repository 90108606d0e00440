//! What runs on the audio thread: it asks the callback for samples and gives the device its own.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use cpal::{Data, SampleFormat};
use rtrb::{Consumer, Producer, RingBuffer};

use super::callback::{AudioCallback, CallbackTime};
use super::fault::Shared;
use super::interleave::interleave;
use super::sample::DeviceSample;

/// A callback on its way between the threads.
type Boxed = Box<dyn AudioCallback>;

/// A callback lent to the audio side: it goes home when this is dropped, wherever and for whatever reason
/// that happens.
struct Lent {
    /// `None` until it came.
    callback: Option<Boxed>,
    arrivals: Consumer<Boxed>,
    home: Producer<Boxed>,
    shared: Arc<Shared>,
}

/// Where control lends its callback and gets it back.
pub(super) struct Lender {
    arrivals: Producer<Boxed>,
    returns: Consumer<Boxed>,
}

impl Lender {
    /// Lends `callback`; gives it back at once if one was lent before.
    pub(super) fn lend(&mut self, callback: Boxed) -> Result<(), Boxed> {
        self.arrivals
            .push(callback)
            .map_err(|rtrb::PushError::Full(callback)| callback)
    }

    /// What came back.
    pub(super) fn take_back(&mut self) -> Option<Boxed> {
        self.returns.pop().ok()
    }
}

impl Lent {
    /// # Realtime safety
    /// RT-safe.
    fn callback(&mut self) -> Option<&mut dyn AudioCallback> {
        if self.callback.is_none() {
            self.callback = self.arrivals.pop().ok();
        }
        self.callback.as_deref_mut()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(callback) = self.callback.take().or_else(|| self.arrivals.pop().ok()) {
            // There is room for the only one. If control is gone, it is dropped with the ring.
            let _ = self.home.push(callback);
        }
        self.shared.ended.store(true, Relaxed);
    }
}

/// Notes that a callback was unwound through, for nobody else would tell.
struct Unwinding<'a>(&'a Shared);

impl Drop for Unwinding<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.panicked.store(true, Relaxed);
        }
    }
}

/// Fills the buffers of a device.
pub(super) struct Pump {
    lent: Lent,
    left: Box<[f32]>,
    right: Box<[f32]>,
    channels: usize,
    rate_hz: u32,
    /// Frames that the callback was asked for.
    rendered: u64,
    shared: Arc<Shared>,
}

impl Pump {
    /// For a device with so many channels, in pieces of at most `longest_piece` frames (at least 1).
    pub(super) fn new(
        channels: u16,
        rate_hz: u32,
        longest_piece: usize,
        shared: Arc<Shared>,
    ) -> (Self, Lender) {
        let (to_audio, arrivals) = RingBuffer::new(1);
        let (home, returns) = RingBuffer::new(1);
        let silence = || vec![0.0; longest_piece.max(1)].into_boxed_slice();
        let pump = Self {
            lent: Lent {
                callback: None,
                arrivals,
                home,
                shared: shared.clone(),
            },
            left: silence(),
            right: silence(),
            channels: usize::from(channels),
            rate_hz,
            rendered: 0,
            shared,
        };
        let lender = Lender {
            arrivals: to_audio,
            returns,
        };
        (pump, lender)
    }

    /// Fills `data`, which the system asked for at `at` (whose `frame` is of no meaning).
    ///
    /// # Realtime safety
    /// RT-safe if the callback is.
    pub(super) fn fill(&mut self, data: &mut Data, at: CallbackTime) {
        match data.sample_format() {
            SampleFormat::I8 => self.fill_typed::<i8>(data, at),
            SampleFormat::I16 => self.fill_typed::<i16>(data, at),
            SampleFormat::I24 => self.fill_typed::<cpal::I24>(data, at),
            SampleFormat::I32 => self.fill_typed::<i32>(data, at),
            SampleFormat::I64 => self.fill_typed::<i64>(data, at),
            SampleFormat::U8 => self.fill_typed::<u8>(data, at),
            SampleFormat::U16 => self.fill_typed::<u16>(data, at),
            SampleFormat::U24 => self.fill_typed::<cpal::U24>(data, at),
            SampleFormat::U32 => self.fill_typed::<u32>(data, at),
            SampleFormat::U64 => self.fill_typed::<u64>(data, at),
            SampleFormat::F32 => self.fill_typed::<f32>(data, at),
            SampleFormat::F64 => self.fill_typed::<f64>(data, at),
            // No stream is opened with another one. The host has filled the buffer with silence.
            _ => {}
        }
    }

    fn fill_typed<T: DeviceSample>(&mut self, data: &mut Data, at: CallbackTime) {
        if let Some(out) = data.as_slice_mut::<T>() {
            self.fill_slice(out, at);
        }
    }

    /// Fills `out`, whole frames of it; the rest is silent, and so is all of it while there is no
    /// callback.
    pub(super) fn fill_slice<T: DeviceSample>(&mut self, out: &mut [T], at: CallbackTime) {
        let frames = out.len().checked_div(self.channels).unwrap_or(0);
        self.count(frames);
        let (whole, rest) = out.split_at_mut(frames * self.channels);
        rest.fill(T::EQUILIBRIUM);
        let Some(callback) = self.lent.callback() else {
            whole.fill(T::EQUILIBRIUM);
            return;
        };
        let mut at = CallbackTime {
            frame: self.rendered,
            ..at
        };
        let unwinding = Unwinding(&self.shared);
        for piece in whole.chunks_mut(self.left.len() * self.channels.max(1)) {
            let frames = piece.len() / self.channels;
            let left = &mut self.left[..frames];
            let right = &mut self.right[..frames];
            callback.render(left, right, at);
            interleave(left, right, self.channels, piece);
            at = at.later(frames as u64, self.rate_hz);
        }
        drop(unwinding);
        self.rendered += frames as u64;
    }

    fn count(&self, frames: usize) {
        let shared = &self.shared;
        shared.callbacks.fetch_add(1, Relaxed);
        shared.frames.fetch_add(frames as u64, Relaxed);
        let frames = u32::try_from(frames).unwrap_or(u32::MAX);
        shared.largest_callback.fetch_max(frames, Relaxed);
    }
}
