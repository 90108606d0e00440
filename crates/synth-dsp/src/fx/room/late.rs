//! The late reverberation: delay lines that feed each other through a lossless matrix.

use super::CHUNK;
use super::absorption::{FirstOrder, bass_shelf, shelf_through};
use super::delay_line::DelayLine;
use super::shape::{INPUT_SIGNS, LINES, OUTPUT_ROWS, RoomShape};
use crate::simd::Vector;

/// The root of the number of lines keeps the energy.
const MATRIX_GAIN: f32 = 0.25;
const INPUT_GAIN: f32 = 0.25;

/// Coefficients of a first-order filter in every line, `y[n] = b0 x[n] + b1 x[n-1] + feedback y[n-1]`.
#[derive(Clone, Copy)]
struct Filters {
    b0: [f32; LINES],
    b1: [f32; LINES],
    feedback: [f32; LINES],
}

impl Filters {
    fn new(filters: [FirstOrder; LINES]) -> Self {
        Self {
            b0: filters.map(|filter| filter.b0),
            b1: filters.map(|filter| filter.b1),
            feedback: filters.map(|filter| -filter.a1),
        }
    }

    #[inline(always)]
    fn load<V: Vector>(&self, line: usize) -> Section<V> {
        Section {
            b0: V::load(&self.b0[line..]),
            b1: V::load(&self.b1[line..]),
            feedback: V::load(&self.feedback[line..]),
        }
    }
}

/// One register of lines' filters.
#[derive(Clone, Copy)]
struct Section<V> {
    b0: V,
    b1: V,
    feedback: V,
}

impl<V: Vector> Section<V> {
    /// One sample of each line (transposed direct form II), without fused multiply-add: every level
    /// gives the same bits.
    #[inline(always)]
    fn next(&self, x: V, state: &mut V) -> V {
        let y = self.b0.mul(x).add(*state);
        *state = self.b1.mul(x).add(self.feedback.mul(y));
        y
    }

    #[inline(always)]
    fn towards(&self, next: &Self, progress: V) -> Self {
        let minus = V::splat(-1.0);
        let between = |from: V, to: V| from.add(progress.mul(to.add(minus.mul(from))));
        Self {
            b0: between(self.b0, next.b0),
            b1: between(self.b1, next.b1),
            feedback: between(self.feedback, next.feedback),
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
}

pub(super) struct LateReverberation {
    rate_hz: f64,
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
            lines: longest.map(DelayLine::new),
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

    /// Adds the reverberation of the first `length` samples of `input` to `wet`; no delay is shorter.
    /// During a fade `progress` is how much of each sample is the next room's.
    ///
    /// What runs from sample to sample, the filters, has the lines side by side in a register; all
    /// else has the samples.
    #[inline(always)]
    pub(super) fn process<V: Vector>(
        &mut self,
        input: &[[f32; CHUNK]; 2],
        wet: &mut [[f32; CHUNK]; 2],
        length: usize,
        progress: Option<&[f32; CHUNK]>,
    ) {
        let mut taps = [[0.0; CHUNK]; LINES];
        for (place, (tap, line)) in taps.iter_mut().zip(&self.lines).enumerate() {
            *tap = *line.read(self.tuning.delays[place]);
            if let Some(progress) = progress {
                let next = line.read(self.next_tuning.delays[place]);
                for ((tap, next), progress) in tap.iter_mut().zip(next).zip(progress) {
                    *tap += progress * (next - *tap);
                }
            }
        }
        let mut frames = transposed(&taps);
        self.absorb::<V>(&mut frames[..length], progress);
        let mut lines = transposed(&frames);
        hadamard::<V>(&mut lines);
        let mut gains = [self.tuning.gain; CHUNK];
        if let Some(progress) = progress {
            let change = self.next_tuning.gain - self.tuning.gain;
            for (gain, progress) in gains.iter_mut().zip(progress) {
                *gain += progress * change;
            }
        }
        for (wet, row) in wet.iter_mut().zip(OUTPUT_ROWS) {
            for ((wet, sample), gain) in wet.iter_mut().zip(&lines[row]).zip(&gains) {
                *wet += gain * sample;
            }
        }
        let [left, right] = input;
        for (place, (samples, line)) in lines.iter_mut().zip(&mut self.lines).enumerate() {
            let signs = INPUT_SIGNS.map(|signs| INPUT_GAIN * signs[place]);
            for ((sample, left), right) in samples.iter_mut().zip(left).zip(right) {
                *sample += signs[0] * left + signs[1] * right;
            }
            line.write(samples, length);
        }
    }

    /// The lines' filters over some samples.
    #[inline(always)]
    fn absorb<V: Vector>(&mut self, frames: &mut [[f32; LINES]], progress: Option<&[f32; CHUNK]>) {
        for line in (0..LINES).step_by(V::WIDTH) {
            let highs: Section<V> = self.tuning.highs.load(line);
            let bass: Section<V> = self.tuning.bass.load(line);
            let mut highs_state = V::load(&self.highs_state[line..]);
            let mut bass_state = V::load(&self.bass_state[line..]);
            if let Some(progress) = progress {
                let next_highs = self.next_tuning.highs.load(line);
                let next_bass = self.next_tuning.bass.load(line);
                for (frame, &progress) in frames.iter_mut().zip(progress) {
                    let progress = V::splat(progress);
                    let highs = highs.towards(&next_highs, progress);
                    let bass = bass.towards(&next_bass, progress);
                    let x = highs.next(V::load(&frame[line..]), &mut highs_state);
                    bass.next(x, &mut bass_state).store(&mut frame[line..]);
                }
            } else {
                for frame in &mut *frames {
                    let x = highs.next(V::load(&frame[line..]), &mut highs_state);
                    bass.next(x, &mut bass_state).store(&mut frame[line..]);
                }
            }
            highs_state.store(&mut self.highs_state[line..]);
            bass_state.store(&mut self.bass_state[line..]);
        }
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

/// Rows for columns, by squares of four, which become shuffles of registers; one value at a time it would take
/// longer than all filters.
#[inline(always)]
fn transposed<const ROWS: usize, const COLUMNS: usize>(
    rows: &[[f32; COLUMNS]; ROWS],
) -> [[f32; ROWS]; COLUMNS] {
    const SIDE: usize = 4;
    let mut columns = [[0.0; ROWS]; COLUMNS];
    for row in (0..ROWS).step_by(SIDE) {
        for column in (0..COLUMNS).step_by(SIDE) {
            let square: [[f32; SIDE]; SIDE] =
                std::array::from_fn(|r| std::array::from_fn(|c| rows[row + r][column + c]));
            for c in 0..SIDE {
                let turned: [f32; SIDE] = std::array::from_fn(|r| square[r][c]);
                columns[column + c][row..row + SIDE].copy_from_slice(&turned);
            }
        }
    }
    columns
}

/// The orthonormal Hadamard matrix of order 16, by the fast transform, for each sample: all lines of a register of
/// samples at once, or the compiler would gather and scatter what lies side by side.
#[inline(always)]
fn hadamard<V: Vector>(lines: &mut [[f32; CHUNK]; LINES]) {
    for at in (0..CHUNK).step_by(V::WIDTH) {
        let mut values = [V::splat(0.0); LINES];
        for (value, line) in values.iter_mut().zip(&*lines) {
            *value = V::load(&line[at..]);
        }
        let mut stride = 1;
        while stride < LINES {
            for pair in values.chunks_exact_mut(2 * stride) {
                let (upper, lower) = pair.split_at_mut(stride);
                for (upper, lower) in upper.iter_mut().zip(lower) {
                    let minus = lower.flip(V::splat(-0.0));
                    (*upper, *lower) = (upper.add(*lower), upper.add(minus));
                }
            }
            stride *= 2;
        }
        for (value, line) in values.iter().zip(&mut *lines) {
            value.mul(V::splat(MATRIX_GAIN)).store(&mut line[at..]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Dispatch, Kernel};

    struct Transform<'a>(&'a mut [[f32; CHUNK]; LINES]);

    impl Kernel for Transform<'_> {
        #[inline(always)]
        fn run<V: Vector>(self) {
            hadamard::<V>(self.0);
        }
    }

    #[test]
    fn rows_become_columns() {
        let rows: [[f32; CHUNK]; LINES] =
            std::array::from_fn(|row| std::array::from_fn(|column| (row * 100 + column) as f32));
        let columns = transposed(&rows);
        for (row, column) in (0..LINES).flat_map(|r| (0..CHUNK).map(move |c| (r, c))) {
            assert_eq!(columns[column][row], rows[row][column]);
        }
        assert_eq!(transposed(&columns), rows);
    }

    #[test]
    fn the_matrix_is_that_of_hadamard() {
        for column in 0..LINES {
            let mut lines = [[0.0; CHUNK]; LINES];
            lines[column][5] = 4.0;
            Dispatch::detect().run(Transform(&mut lines));
            for (row, line) in lines.into_iter().enumerate() {
                let odd = (row & column).count_ones() % 2 == 1;
                let sign = if odd { -1.0 } else { 1.0 };
                assert_eq!((line[4], line[5]), (0.0, sign), "{row} {column}");
            }
        }
    }
}
