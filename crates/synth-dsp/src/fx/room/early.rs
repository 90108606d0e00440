//! The first reflections: delayed copies of both sides at both ears.

use super::CHUNK;
use super::delay_line::DelayLine;
use super::shape::{EARLY_TAPS, RoomShape};

const TAPS: usize = EARLY_TAPS[0].len();

/// Delays in samples, by ear.
type Delays = [[usize; TAPS]; 2];

pub(super) struct EarlyReflections {
    rate_hz: f64,
    gain: f32,
    lines: [DelayLine; 2],
    delays: Delays,
    next_delays: Delays,
}

impl EarlyReflections {
    pub(super) fn new(shape: &RoomShape, rate_hz: f64) -> Self {
        let delays = delays(shape, rate_hz);
        let longest = self::delays(&RoomShape::new(1.0), rate_hz);
        let longest = longest.into_iter().flatten().max().unwrap_or(1);
        Self {
            rate_hz,
            gain: shape.early_gain(),
            lines: std::array::from_fn(|_| DelayLine::new(longest)),
            delays,
            next_delays: delays,
        }
    }

    pub(super) fn begin_fade(&mut self, shape: &RoomShape) {
        self.next_delays = delays(shape, self.rate_hz);
    }

    pub(super) fn finish_fade(&mut self) {
        self.delays = self.next_delays;
    }

    pub(super) fn clear(&mut self) {
        self.lines.iter_mut().for_each(DelayLine::clear);
    }

    /// Writes the reflections of the first `length` samples of `input` to `wet`. During a fade
    /// `progress` is how much of each sample is the next room's.
    #[inline(always)]
    pub(super) fn process(
        &mut self,
        input: &[[f32; CHUNK]; 2],
        wet: &mut [[f32; CHUNK]; 2],
        length: usize,
        progress: Option<&[f32; CHUNK]>,
    ) {
        for (line, input) in self.lines.iter_mut().zip(input) {
            line.write(input, length);
        }
        *wet = self.gather(&self.delays, length);
        let Some(progress) = progress else { return };
        let next = self.gather(&self.next_delays, length);
        for (wet, next) in wet.iter_mut().zip(next) {
            for ((wet, next), progress) in wet.iter_mut().zip(next).zip(progress) {
                *wet += progress * (next - *wet);
            }
        }
    }

    #[inline(always)]
    fn gather(&self, delays: &Delays, length: usize) -> [[f32; CHUNK]; 2] {
        let mut wet = [[0.0; CHUNK]; 2];
        for (ear, wet) in wet.iter_mut().enumerate() {
            for (tap, &delay) in EARLY_TAPS[ear].iter().zip(&delays[ear]) {
                let side = if tap.crosses { 1 - ear } else { ear };
                let gain = self.gain * tap.gain;
                // The input is written already.
                let heard = self.lines[side].read(delay + length);
                for (wet, heard) in wet.iter_mut().zip(heard) {
                    *wet += gain * heard;
                }
            }
        }
        wet
    }
}

fn delays(shape: &RoomShape, rate_hz: f64) -> Delays {
    EARLY_TAPS.each_ref().map(|ear| {
        ear.each_ref().map(|tap| {
            let samples = shape.early_delay_s(tap) * rate_hz;
            (samples.round() as usize).max(1)
        })
    })
}
