//! The late reverberation: delay lines that feed each other through a lossless matrix.

use super::CHUNK;
use super::absorption::{FirstOrder, bass_shelf, shelf_through};
use super::delay_line::DelayLine;
use super::shape::{INPUT_SIGNS, LINES, OUTPUT_ROWS, RoomShape};
use crate::simd::{Dispatch, Kernel, Vector};

/// Coefficients of a first-order filter in every line.
#[derive(Clone, Copy)]
struct Filters {
    b0: [f32; LINES],
    b1: [f32; LINES],
    a1: [f32; LINES],
}

impl Filters {
    fn new(filters: [FirstOrder; LINES]) -> Self {
        Self {
            b0: filters.map(|filter| filter.b0),
            b1: filters.map(|filter| filter.b1),
            a1: filters.map(|filter| filter.a1),
        }
    }

    #[inline(always)]
    fn towards(&self, next: &Self, progress: f32) -> Self {
        let between = |from: &[f32; LINES], to: &[f32; LINES]| -> [f32; LINES] {
            std::array::from_fn(|i| from[i] + progress * (to[i] - from[i]))
        };
        Self {
            b0: between(&self.b0, &next.b0),
            b1: between(&self.b1, &next.b1),
            a1: between(&self.a1, &next.a1),
        }
    }

    /// One sample of every line (transposed direct form II).
    #[inline(always)]
    fn next(&self, x: &mut [f32; LINES], state: &mut [f32; LINES]) {
        for i in 0..LINES {
            let y = self.b0[i] * x[i] + state[i];
            state[i] = self.b1[i] * x[i] - self.a1[i] * y;
            x[i] = y;
        }
    }
}

/// What a size makes of the lines.
#[derive(Clone, Copy)]
struct Tuning {
    delays: [usize; LINES],
    highs: Filters,
    bass: Filters,
    gain: f32,
}

impl Tuning {
    fn new(shape: &RoomShape, rate_hz: f64) -> Self {
        let delays = delays(shape, rate_hz);
        // A line absorbs for the time that it really takes.
        let real_s = delays.map(|delay| delay as f64 / rate_hz);
        Self {
            delays,
            highs: Filters::new(
                real_s.map(|delay_s| shelf_through(|hz| shape.highs_db(delay_s, hz), rate_hz)),
            ),
            bass: Filters::new(real_s.map(|delay_s| {
                let (db, corner_hz) = shape.bass_shelf(delay_s);
                bass_shelf(db, corner_hz, rate_hz)
            })),
            gain: shape.late_gain(),
        }
    }

    #[inline(always)]
    fn towards(&self, next: &Self, progress: f32) -> Self {
        Self {
            delays: self.delays,
            highs: self.highs.towards(&next.highs, progress),
            bass: self.bass.towards(&next.bass, progress),
            gain: self.gain + progress * (next.gain - self.gain),
        }
    }
}

pub(super) struct LateReverberation {
    rate_hz: f64,
    dispatch: Dispatch,
    lines: [DelayLine; LINES],
    tuning: Tuning,
    next_tuning: Tuning,
    highs_state: [f32; LINES],
    bass_state: [f32; LINES],
}

impl LateReverberation {
    pub(super) fn new(shape: &RoomShape, rate_hz: f64) -> Self {
        let tuning = Tuning::new(shape, rate_hz);
        let longest = delays(&RoomShape::new(1.0), rate_hz);
        Self {
            rate_hz,
            dispatch: Dispatch::detect(),
            lines: longest.map(|delay| DelayLine::new(delay, CHUNK)),
            tuning,
            next_tuning: tuning,
            highs_state: [0.0; LINES],
            bass_state: [0.0; LINES],
        }
    }

    pub(super) fn begin_fade(&mut self, shape: &RoomShape) {
        self.next_tuning = Tuning::new(shape, self.rate_hz);
    }

    pub(super) fn finish_fade(&mut self) {
        self.tuning = self.next_tuning;
    }

    pub(super) fn clear(&mut self) {
        self.lines.iter_mut().for_each(DelayLine::clear);
        self.highs_state = [0.0; LINES];
        self.bass_state = [0.0; LINES];
    }

    /// Adds the reverberation of `length` samples of `input` to `wet`; no delay is shorter.
    pub(super) fn process(
        &mut self,
        input: &[[f32; CHUNK]; 2],
        wet: &mut [[f32; CHUNK]; 2],
        length: usize,
        progress: Option<&[f32]>,
    ) {
        self.dispatch.run(Pass {
            late: self,
            input,
            wet,
            length,
            progress,
        });
    }
}

/// Samples of the shortest line of any size.
pub(super) fn shortest(rate_hz: f64) -> usize {
    let delays = delays(&RoomShape::new(0.0), rate_hz);
    delays.into_iter().min().unwrap_or(1)
}

fn delays(shape: &RoomShape, rate_hz: f64) -> [usize; LINES] {
    shape
        .late_delays_s()
        .map(|delay_s| ((delay_s * rate_hz).round() as usize).max(1))
}

/// A chunk through the network. Plain arithmetic without fused multiply-add, which the compiler lays
/// out for the level's registers: every level gives the same bits.
struct Pass<'a> {
    late: &'a mut LateReverberation,
    input: &'a [[f32; CHUNK]; 2],
    wet: &'a mut [[f32; CHUNK]; 2],
    length: usize,
    progress: Option<&'a [f32]>,
}

impl Kernel for Pass<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self {
            late,
            input,
            wet,
            length,
            progress,
        } = self;
        let mut taps = [[0.0; CHUNK]; LINES];
        for (line, (taps, delay)) in late
            .lines
            .iter()
            .zip(taps.iter_mut().zip(late.tuning.delays))
        {
            line.read(delay, &mut taps[..length]);
        }
        if let Some(progress) = progress {
            let mut next = [0.0; CHUNK];
            for (line, (taps, delay)) in late
                .lines
                .iter()
                .zip(taps.iter_mut().zip(late.next_tuning.delays))
            {
                line.read(delay, &mut next[..length]);
                for ((tap, next), progress) in taps.iter_mut().zip(next).zip(progress) {
                    *tap += progress * (next - *tap);
                }
            }
        }
        let mut tuning = late.tuning;
        for n in 0..length {
            if let Some(progress) = progress {
                tuning = late.tuning.towards(&late.next_tuning, progress[n]);
            }
            let mut x: [f32; LINES] = std::array::from_fn(|line| taps[line][n]);
            tuning.highs.next(&mut x, &mut late.highs_state);
            tuning.bass.next(&mut x, &mut late.bass_state);
            hadamard(&mut x);
            wet[0][n] += tuning.gain * x[OUTPUT_ROWS[0]];
            wet[1][n] += tuning.gain * x[OUTPUT_ROWS[1]];
            let (left, right) = (0.25 * input[0][n], 0.25 * input[1][n]);
            for (line, taps) in taps.iter_mut().enumerate() {
                taps[n] = x[line] + (INPUT_SIGNS[0][line] * left + INPUT_SIGNS[1][line] * right);
            }
        }
        for (line, taps) in late.lines.iter_mut().zip(&taps) {
            line.write(&taps[..length]);
        }
    }
}

/// The orthonormal Hadamard matrix of order 16, by the fast transform.
#[inline(always)]
fn hadamard(x: &mut [f32; LINES]) {
    let mut stride = 1;
    while stride < LINES {
        let from = *x;
        for (i, x) in x.iter_mut().enumerate() {
            *x = match i & stride {
                0 => from[i] + from[i + stride],
                _ => from[i - stride] - from[i],
            };
        }
        stride *= 2;
    }
    for x in x {
        *x *= 0.25;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_is_that_of_hadamard() {
        for column in 0..LINES {
            let mut x = [0.0; LINES];
            x[column] = 4.0;
            hadamard(&mut x);
            for (row, x) in x.into_iter().enumerate() {
                let odd = (row & column).count_ones() % 2 == 1;
                assert_eq!(x, if odd { -1.0 } else { 1.0 }, "{row} {column}");
            }
        }
    }
}
