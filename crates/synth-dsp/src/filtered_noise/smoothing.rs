//! What a window on impulse responses makes of frequency responses.

use crate::simd::{MAX_WIDTH, Vector};
use std::f64::consts::{PI, TAU};

/// Share of each half of the impulse response that is tapered (Tukey window).
///
/// A Hann window (share 1) smooths the response over two bands: 0.6 dB mean error where neighbouring
/// bands differ by 4 dB, against 0.35 dB at one half; shorter tapers gain nothing and leak more into
/// deep valleys.
const TAPER_SHARE: f64 = 0.5;

/// Registers of bins of each response that are summed side by side.
const REGISTERS: usize = 4;

/// Turns amplitudes on a grid of frequencies into the responses of the filters that have them, once their
/// impulse responses are cut to a window around time 0: real responses, and as they are linear in the amplitudes
/// a matrix. Two Fourier transforms of each response would give the same; at this size a product with the
/// matrix is several times faster.
///
/// What amplitudes have in common with their mirror image at half the Nyquist frequency makes the even times of
/// an impulse response, what they have against it the odd ones, and so do the answers: two matrices of a quarter
/// the size.
pub(super) struct Smoothing {
    /// From `start` on, a row of bins for every amplitude: first for the even times, then for the odd.
    matrices: Box<[f32]>,
    /// Where a line of the cache begins, so that no register straddles two.
    start: usize,
    /// The last bin, that of the Nyquist frequency.
    last: usize,
    /// Rows of each matrix, and length of each.
    rows: usize,
    row_length: usize,
    /// By filter and parity: the amplitudes folded, and the answers.
    folded: [[Vec<f32>; 2]; MOST_FILTERS],
    answers: [[Vec<f32>; 2]; MOST_FILTERS],
}

/// Filters that are computed together.
pub(super) const MOST_FILTERS: usize = 3;

impl Smoothing {
    /// For filters of `taps` taps on a grid of `length` frequencies, an even number. The responses are scaled by
    /// 1 / (2 x `length`).
    pub(super) fn new(taps: usize, length: usize) -> Self {
        let kernel = window_transform(taps, length);
        let last = length / 2;
        let rows = last / 2 + 1;
        let row_length = rows.next_multiple_of(MAX_WIDTH);
        let mut matrices = vec![0.0; 2 * rows * row_length + MAX_WIDTH - 1].into_boxed_slice();
        let start = matrices
            .as_ptr()
            .align_offset(size_of::<[f32; MAX_WIDTH]>());
        let start = start.min(MAX_WIDTH - 1);
        // The inverse transform of the design, that of the convolution, and the two halves of a signal's
        // spectrum of which the convolver makes its sum.
        let scale = 1.0 / (2.0 * length as f64 * length as f64);
        let answer = |from: usize, to: usize| {
            // An amplitude stands for its negative frequency too, where that is another.
            let of_pair = match from == 0 || from == last {
                true => 0.5,
                false => 1.0,
            };
            scale * of_pair * (kernel[from.abs_diff(to)] + kernel[(from + to) % length])
        };
        let cells = matrices[start..].chunks_exact_mut(row_length);
        for (index, row) in cells.take(2 * rows).enumerate() {
            let (from, sign) = match index < rows {
                true => (index, 1.0),
                false => (index - rows, -1.0),
            };
            for (to, cell) in row[..rows].iter_mut().enumerate() {
                let mirrored = match 2 * from == last {
                    // The amplitude in the middle is its own image, and has nothing against it.
                    true if sign > 0.0 => 0.0,
                    _ => answer(last - from, to),
                };
                *cell = (answer(from, to) + sign * mirrored) as f32;
            }
        }
        let zeros =
            |length: usize| std::array::from_fn(|_| std::array::from_fn(|_| vec![0.0; length]));
        Self {
            matrices,
            start,
            last,
            rows,
            row_length,
            folded: zeros(rows),
            answers: zeros(row_length),
        }
    }

    /// Writes the responses of `F` filters, one number for each amplitude.
    #[inline(always)]
    pub(super) fn smooth<V: Vector, const F: usize>(
        &mut self,
        amplitudes: [&[f32]; F],
        out: [&mut [f32]; F],
    ) {
        const { assert!(F <= MOST_FILTERS) };
        for (folded, amplitudes) in self.folded.iter_mut().zip(amplitudes) {
            let [even, odd] = folded;
            let (here, there) = (amplitudes.iter(), amplitudes[..=self.last].iter().rev());
            let pairs = here.zip(there);
            for ((even, odd), (here, there)) in even.iter_mut().zip(odd).zip(pairs) {
                (*even, *odd) = (0.5 * (here + there), 0.5 * (here - there));
            }
        }
        for parity in 0..2 {
            let mut at = 0;
            while at + REGISTERS * V::WIDTH <= self.row_length {
                self.tile::<V, F, REGISTERS>(parity, at);
                at += REGISTERS * V::WIDTH;
            }
            match (self.row_length - at) / V::WIDTH {
                1 => self.tile::<V, F, 1>(parity, at),
                2 => self.tile::<V, F, 2>(parity, at),
                3 => self.tile::<V, F, 3>(parity, at),
                _ => {}
            }
        }
        for ([even, odd], out) in self.answers.iter().zip(out) {
            let out = &mut out[..=self.last];
            for ((out, even), odd) in out.iter_mut().rev().zip(even).zip(odd).take(self.rows) {
                *out = even - odd;
            }
            for ((out, even), odd) in out.iter_mut().zip(even).zip(odd).take(self.rows) {
                *out = even + odd;
            }
        }
    }

    /// `R` registers of each answer of a parity, from bin `at` on.
    #[inline(always)]
    fn tile<V: Vector, const F: usize, const R: usize>(&mut self, parity: usize, at: usize) {
        let size = self.rows * self.row_length;
        let matrix = &self.matrices[self.start + parity * size..][..size];
        let mut sums = [[V::splat(0.0); R]; F];
        for (from, row) in matrix.chunks_exact(self.row_length).enumerate() {
            let row = &row[at..at + R * V::WIDTH];
            let mut weights = [V::splat(0.0); R];
            for (r, weight) in weights.iter_mut().enumerate() {
                *weight = V::load(&row[r * V::WIDTH..]);
            }
            for (sums, folded) in sums.iter_mut().zip(&self.folded) {
                let amplitude = V::splat(folded[parity][from]);
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum = weight.mul_add(amplitude, *sum);
                }
            }
        }
        for (sums, answers) in sums.iter().zip(&mut self.answers) {
            for (r, sum) in sums.iter().enumerate() {
                sum.store(&mut answers[parity][at + r * V::WIDTH..]);
            }
        }
    }
}

/// The window's spectrum: a Tukey window over `taps` times around 0, zero at the first.
fn window_transform(taps: usize, length: usize) -> Vec<f64> {
    let half = taps / 2;
    let cosines: Vec<f64> = (0..length)
        .map(|i| (TAU * i as f64 / length as f64).cos())
        .collect();
    let window: Vec<f64> = (0..half)
        .map(|time| {
            let distance = time as f64 / half as f64;
            let into_taper = ((distance - 1.0 + TAPER_SHARE) / TAPER_SHARE).max(0.0);
            0.5 * (1.0 + (PI * into_taper).cos())
        })
        .collect();
    (0..length)
        .map(|bin| {
            let later = window.iter().enumerate().skip(1);
            let sum: f64 = later
                .map(|(time, window)| window * cosines[bin * time % length])
                .sum();
            window[0] + 2.0 * sum
        })
        .collect()
}
