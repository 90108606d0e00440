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
            lines: std::array::from_fn(|_| DelayLine::new(longest + CHUNK, CHUNK)),
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

    /// Writes the reflections of `length` samples of `input` to `wet`.
    pub(super) fn process(
        &mut self,
        input: &[[f32; CHUNK]; 2],
        wet: &mut [[f32; CHUNK]; 2],
        length: usize,
        progress: Option<&[f32]>,
    ) {
        for (line, input) in self.lines.iter_mut().zip(input) {
            line.write(&input[..length]);
        }
        for (ear, wet) in wet.iter_mut().enumerate() {
            let wet = &mut wet[..length];
            self.gather(ear, &self.delays, wet);
            let Some(progress) = progress else { continue };
            let mut next = [0.0; CHUNK];
            self.gather(ear, &self.next_delays, &mut next[..length]);
            for ((wet, next), progress) in wet.iter_mut().zip(next).zip(progress) {
                *wet += progress * (next - *wet);
            }
        }
    }

    fn gather(&self, ear: usize, delays: &Delays, wet: &mut [f32]) {
        wet.fill(0.0);
        for (tap, &delay) in EARLY_TAPS[ear].iter().zip(&delays[ear]) {
            let side = if tap.crosses { 1 - ear } else { ear };
            // The input is written already.
            let back = delay + wet.len();
            self.lines[side].add(back, self.gain * tap.gain, wet);
        }
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
