//! Filtering a hop of white noise, both channels at once.

use rustfft::num_complex::Complex32;
use rustfft::{Fft, FftPlanner};
use std::sync::Arc;

use super::filter_design::FilterSet;
use super::white::WhiteNoise;
use crate::simd::{Dispatch, Kernel, Vector};

/// Filters the excitation of a hop, which fades from one set of filters to the next.
///
/// Both generators go through one transform as the parts of a complex signal, and so do both channels on the
/// way back: the filters are real, so the parts can be told apart.
pub(super) struct Convolver {
    dispatch: Dispatch,
    half_filter: usize,
    fade_in: Vec<f32>,
    white: [Vec<f32>; 2],
    forward: Arc<dyn Fft<f32>>,
    inverse: Arc<dyn Fft<f32>>,
    /// The excitation, then its spectrum; both channels' spectra, then both channels.
    signal: Vec<Complex32>,
    scratch: Vec<Complex32>,
    halves: Halves,
}

/// Spectra of a complex signal, bin by bin and mirrored: at `k` stand those of the bins `k` and `-k`. As long as
/// a filter's response.
struct Halves {
    excitation: [Parts; 2],
    channels: [Parts; 2],
}

struct Parts {
    re: Vec<f32>,
    im: Vec<f32>,
}

impl Parts {
    fn new(bins: usize) -> Self {
        Self {
            re: vec![0.0; bins],
            im: vec![0.0; bins],
        }
    }
}

impl Convolver {
    /// For filters of `taps` taps and transforms of `length` samples, which hold a hop and a filter.
    pub(super) fn new(hop: usize, taps: usize, length: usize) -> Self {
        let mut planner = FftPlanner::new();
        let forward = planner.plan_fft_forward(length);
        let inverse = planner.plan_fft_inverse(length);
        let scratch = forward
            .get_inplace_scratch_len()
            .max(inverse.get_inplace_scratch_len());
        let bins = length / 2 + 1;
        let parts = || std::array::from_fn(|_| Parts::new(bins));
        Self {
            dispatch: Dispatch::detect(),
            half_filter: taps / 2,
            fade_in: (0..hop)
                .map(|i| {
                    let half_angle = (i as f64 + 0.5) / hop as f64 * std::f64::consts::FRAC_PI_2;
                    half_angle.sin().powi(2) as f32
                })
                .collect(),
            white: std::array::from_fn(|_| vec![0.0; hop]),
            signal: vec![Complex32::ZERO; length],
            scratch: vec![Complex32::ZERO; scratch],
            halves: Halves {
                excitation: parts(),
                channels: parts(),
            },
            forward,
            inverse,
        }
    }

    /// Draws the white noise of a hop that begins with sample `first`.
    pub(super) fn draw(&mut self, white: &WhiteNoise, first: u64) {
        self.dispatch.run(Draw {
            white,
            first,
            out: &mut self.white,
        });
    }

    /// Filters what was drawn: by the first set while it fades in, by the second while it fades out.
    pub(super) fn convolve(&mut self, [current, previous]: [&FilterSet; 2]) {
        for parts in &mut self.halves.channels {
            parts.re.fill(0.0);
            parts.im.fill(0.0);
        }
        for (filters, is_fading_in) in [(current, true), (previous, false)] {
            if !filters.sounding {
                continue;
            }
            self.dispatch.run(Excite {
                convolver: self,
                is_fading_in,
            });
            self.forward
                .process_with_scratch(&mut self.signal, &mut self.scratch);
            self.dispatch.run(Filter {
                halves: &mut self.halves,
                spectrum: &self.signal,
                filters,
            });
        }
        self.dispatch.run(Join {
            halves: &self.halves,
            spectrum: &mut self.signal,
        });
        self.inverse
            .process_with_scratch(&mut self.signal, &mut self.scratch);
    }

    /// Adds a channel of what was convolved last: the left one, where both are the same.
    pub(super) fn add_to(&self, channel: usize, overlap: &mut [f32]) {
        self.dispatch.run(Add {
            signal: &self.signal,
            half_filter: self.half_filter,
            channel,
            overlap,
        });
    }
}

/// White noise of both generators.
struct Draw<'a> {
    white: &'a WhiteNoise,
    first: u64,
    out: &'a mut [Vec<f32>; 2],
}

impl Kernel for Draw<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let [one, two] = self.out;
        let mut index = self.first;
        for (one, two) in one.iter_mut().zip(two) {
            [*one, *two] = self.white.pair(index);
            index = index.wrapping_add(1);
        }
    }
}

/// The excitation under its fade, with silence behind it.
struct Excite<'a> {
    convolver: &'a mut Convolver,
    is_fading_in: bool,
}

impl Kernel for Excite<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let Convolver {
            signal,
            white: [one, two],
            fade_in,
            ..
        } = self.convolver;
        let (hop, silence) = signal.split_at_mut(fade_in.len());
        let (slope, start) = match self.is_fading_in {
            true => (1.0, 0.0),
            false => (-1.0, 1.0),
        };
        let white = one.iter().zip(two);
        for ((signal, (one, two)), fade_in) in hop.iter_mut().zip(white).zip(fade_in) {
            let gain = start + slope * *fade_in;
            *signal = Complex32::new(*one * gain, *two * gain);
        }
        silence.fill(Complex32::ZERO);
    }
}

/// Adds a filtered excitation to the channels.
struct Filter<'a> {
    halves: &'a mut Halves,
    spectrum: &'a [Complex32],
    filters: &'a FilterSet,
}

impl Kernel for Filter<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let Self {
            halves:
                Halves {
                    excitation: [here, mirrored],
                    channels: [here_out, mirrored_out],
                },
            spectrum,
            filters,
        } = self;
        for ((re, im), value) in here.re.iter_mut().zip(&mut here.im).zip(spectrum) {
            (*re, *im) = (value.re, value.im);
        }
        // The mirror of the first bin is itself.
        (mirrored.re[0], mirrored.im[0]) = (here.re[0], here.im[0]);
        let mirror = spectrum.iter().rev();
        let parts = mirrored.re[1..].iter_mut().zip(&mut mirrored.im[1..]);
        for ((re, im), value) in parts.zip(mirror) {
            (*re, *im) = (value.re, value.im);
        }
        // One line for each array: the loop becomes vector code.
        let bins = here.re.len();
        let (a_re, a_im) = (&here.re[..bins], &here.im[..bins]);
        let (b_re, b_im) = (&mirrored.re[..bins], &mirrored.im[..bins]);
        let (left, shared, own) = (
            &filters.left[..bins],
            &filters.right_shared[..bins],
            &filters.right_own[..bins],
        );
        let (out_re, out_im) = (&mut here_out.re[..bins], &mut here_out.im[..bins]);
        let (back_re, back_im) = (&mut mirrored_out.re[..bins], &mut mirrored_out.im[..bins]);
        for k in 0..bins {
            // Twice the first generator's spectrum, and twice the second's times the imaginary unit.
            let first = (a_re[k] + b_re[k], a_im[k] - b_im[k]);
            let second = (a_re[k] - b_re[k], a_im[k] + b_im[k]);
            // Left plus right times the imaginary unit; mirrored, the generators' spectra are conjugated.
            let (left_re, left_im) = (first.0 * left[k], first.1 * left[k]);
            let (shared_re, shared_im) = (first.0 * shared[k], first.1 * shared[k]);
            let (own_re, own_im) = (second.0 * own[k], second.1 * own[k]);
            out_re[k] += left_re - shared_im + own_re;
            out_im[k] += left_im + shared_re + own_im;
            back_re[k] += left_re + shared_im - own_re;
            back_im[k] += shared_re - left_im + own_im;
        }
    }
}

/// One spectrum of both halves.
struct Join<'a> {
    halves: &'a Halves,
    spectrum: &'a mut [Complex32],
}

impl Kernel for Join<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        let [here, mirrored] = &self.halves.channels;
        let bins = here.re.len();
        for ((value, re), im) in self.spectrum.iter_mut().zip(&here.re).zip(&here.im) {
            *value = Complex32::new(*re, *im);
        }
        let rest = self.spectrum[bins..].iter_mut().rev();
        for ((value, re), im) in rest.zip(&mirrored.re[1..]).zip(&mirrored.im[1..]) {
            *value = Complex32::new(*re, *im);
        }
    }
}

/// Adds a channel to what sounds already.
struct Add<'a> {
    signal: &'a [Complex32],
    half_filter: usize,
    channel: usize,
    overlap: &'a mut [f32],
}

impl Kernel for Add<'_> {
    #[inline(always)]
    fn run<V: Vector>(self) {
        // A filter without delay begins before time 0, which stands at the signal's end.
        let (after, before) = self.signal.split_at(self.signal.len() - self.half_filter);
        let (first, rest) = self.overlap.split_at_mut(self.half_filter);
        for (overlap, signal) in [(first, before), (rest, after)] {
            for (sum, value) in overlap.iter_mut().zip(signal) {
                *sum += if self.channel == 0 {
                    value.re
                } else {
                    value.im
                };
            }
        }
    }
}
