//! The generator: white excitation per hop, filtered by fast convolution, overlap-added.

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

use super::filter_design::{FilterDesigner, FilterSet, fft_length, tap_count};
use super::stereo_power::StereoBandPower;
use super::white::WhiteNoise;

/// Filtered noise of a stereo bus on a grid of hops.
///
/// The powers latched at a hop's first sample shape an excitation that fades in over that hop and
/// out over the next (the fades sum to 1, so steady powers give steady noise). Each excitation goes
/// through a linear-phase filter of constant length in seconds (128 taps at 44.1 kHz) and is added
/// with its whole tail. Noise therefore lags the latch by half the filter and never precedes it.
///
/// The n-th sample after [`NoiseBus::new`] or [`NoiseBus::reset`] always uses the same random
/// numbers, sounding or not; silent hops whose tail has run out cost nothing and add nothing.
pub struct NoiseBus {
    hop: usize,
    white: WhiteNoise,
    hops_pushed: u64,
    /// Next sample of the current hop; `hop` where the next hop is due.
    position: usize,
    fade_in: Vec<f32>,
    designer: FilterDesigner,
    current: FilterSet,
    previous: FilterSet,
    excitation: Excitation,
    convolver: Convolver,
    overlap: [Vec<f32>; 2],
    /// Samples of `overlap` from its start on that may differ from zero.
    tail: usize,
}

impl NoiseBus {
    /// A silent bus. `hop` is in samples; equal `seed`s give equal noise.
    ///
    /// # Panics
    /// If `hop` is 0 or `sample_rate_hz` is below 1000.
    #[must_use]
    pub fn new(sample_rate_hz: u32, hop: usize, seed: u64) -> Self {
        assert!(hop > 0, "a noise bus needs a hop of at least one sample");
        assert!(
            sample_rate_hz >= 1000,
            "a noise bus needs a sample rate of at least 1 kHz"
        );
        let reach = hop + tap_count(sample_rate_hz) - 1;
        let length = fft_length(reach);
        let bins = length / 2 + 1;
        let mut planner = RealFftPlanner::<f32>::new();
        let forward = planner.plan_fft_forward(length);
        let inverse = planner.plan_fft_inverse(length);
        Self {
            hop,
            white: WhiteNoise::new(seed),
            hops_pushed: 0,
            position: hop,
            fade_in: (0..hop)
                .map(|i| {
                    let half_angle = (i as f64 + 0.5) / hop as f64 * std::f64::consts::FRAC_PI_2;
                    half_angle.sin().powi(2) as f32
                })
                .collect(),
            designer: FilterDesigner::new(sample_rate_hz, forward.clone(), inverse.clone()),
            current: FilterSet::new(bins),
            previous: FilterSet::new(bins),
            excitation: Excitation::new(hop, bins),
            convolver: Convolver::new(forward, inverse),
            overlap: std::array::from_fn(|_| vec![0.0; reach]),
            tail: 0,
        }
    }

    /// Samples between two latches.
    #[must_use]
    pub fn hop(&self) -> usize {
        self.hop
    }

    /// Samples of the current hop that [`NoiseBus::add_to`] has not yet given out; 0 means that the
    /// next [`NoiseBus::push_hop`] is due.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.hop - self.position
    }

    /// Back to the state after [`NoiseBus::new`]: silent, at the first random number.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, bounded time.
    pub fn reset(&mut self) {
        self.hops_pushed = 0;
        self.position = self.hop;
        self.tail = 0;
        self.current.sounding = false;
        self.previous.sounding = false;
        for overlap in &mut self.overlap {
            overlap.fill(0.0);
        }
    }

    /// Starts the next hop with the powers latched at its first sample. What was left of the hop
    /// before is passed over. Powers that are negative or not finite count as zero.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation; bounded by twelve FFTs of about hop + filter length. Silence is
    /// nearly free.
    pub fn push_hop(&mut self, power: &StereoBandPower) {
        if self.tail > 0 {
            for overlap in &mut self.overlap {
                let kept = overlap.len() - self.hop;
                overlap.copy_within(self.hop.., 0);
                overlap[kept..].fill(0.0);
            }
            self.tail = self.tail.saturating_sub(self.hop);
        }
        self.position = 0;
        std::mem::swap(&mut self.current, &mut self.previous);
        self.designer.design(power, &mut self.current);
        if self.current.sounding || self.previous.sounding {
            self.excite();
            self.tail = self.overlap[0].len();
        }
        self.hops_pushed += 1;
    }

    /// Adds the next samples to `left` and `right`: as many as both hold, but at most
    /// [`NoiseBus::remaining`]; what lies beyond is left as it is.
    ///
    /// # Realtime safety
    /// RT-safe: no allocation, bounded time. The same bits however a hop is cut.
    pub fn add_to(&mut self, left: &mut [f32], right: &mut [f32]) {
        let samples = left.len().min(right.len()).min(self.remaining());
        let range = self.position..self.position + samples;
        if self.position < self.tail {
            for (channel, overlap) in [left, right].into_iter().zip(&self.overlap) {
                for (out, &noise) in channel.iter_mut().zip(&overlap[range.clone()]) {
                    *out += noise;
                }
            }
        }
        self.position = range.end;
    }

    /// Generates the excitation of the hop just begun and adds its filtered tails.
    fn excite(&mut self) {
        let first = self.hops_pushed.wrapping_mul(self.hop as u64);
        let second_generator = (self.current.sounding && self.current.second_generator)
            || (self.previous.sounding && self.previous.second_generator);
        let mono = [&self.current, &self.previous]
            .iter()
            .all(|set| set.mono || !set.sounding);
        self.excitation.draw(&self.white, first);
        self.convolver.clear();
        self.convolve(0, mono);
        if second_generator {
            self.convolve(1, mono);
        }
        let [left, right] = &mut self.overlap;
        self.convolver.inverse_transform(0);
        self.convolver.add_to(left);
        if !mono {
            self.convolver.inverse_transform(1);
        }
        self.convolver.add_to(right);
    }

    /// Filters the excitation of one generator, fading from the previous to the current set; the
    /// right channel of a mono bus is left out.
    fn convolve(&mut self, generator: usize, mono: bool) {
        let white = &self.excitation.white[generator];
        for (filters, fading_in) in [(&self.current, true), (&self.previous, false)] {
            if !filters.sounding || (generator == 1 && !filters.second_generator) {
                continue;
            }
            let faded = white
                .iter()
                .zip(&self.fade_in)
                .map(|(&sample, &gain)| sample * if fading_in { gain } else { 1.0 - gain });
            self.convolver
                .transform(faded, &mut self.excitation.spectrum);
            let spectrum = &self.excitation.spectrum;
            if generator == 0 {
                self.convolver.accumulate(0, spectrum, &filters.left);
                if !mono {
                    self.convolver
                        .accumulate(1, spectrum, &filters.right_shared);
                }
            } else {
                self.convolver.accumulate(1, spectrum, &filters.right_own);
            }
        }
    }
}

/// One hop of both white generators and the spectrum of a faded copy.
struct Excitation {
    white: [Vec<f32>; 2],
    spectrum: Vec<Complex32>,
}

impl Excitation {
    fn new(hop: usize, bins: usize) -> Self {
        Self {
            white: std::array::from_fn(|_| vec![0.0; hop]),
            spectrum: vec![Complex32::ZERO; bins],
        }
    }

    fn draw(&mut self, white: &WhiteNoise, first: u64) {
        let [one, two] = &mut self.white;
        let mut index = first;
        for (one, two) in one.iter_mut().zip(two) {
            [*one, *two] = white.pair(index);
            index = index.wrapping_add(1);
        }
    }
}

/// FFT plans, scratch and the two channels' spectra of one hop.
struct Convolver {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    channels: [Vec<Complex32>; 2],
    block: Vec<f32>,
    scratch: Vec<Complex32>,
}

impl Convolver {
    fn new(forward: Arc<dyn RealToComplex<f32>>, inverse: Arc<dyn ComplexToReal<f32>>) -> Self {
        let scratch_len = forward.get_scratch_len().max(inverse.get_scratch_len());
        Self {
            channels: std::array::from_fn(|_| vec![Complex32::ZERO; forward.complex_len()]),
            block: vec![0.0; forward.len()],
            scratch: vec![Complex32::ZERO; scratch_len],
            forward,
            inverse,
        }
    }

    fn clear(&mut self) {
        for channel in &mut self.channels {
            channel.fill(Complex32::ZERO);
        }
    }

    fn transform(&mut self, samples: impl Iterator<Item = f32>, spectrum: &mut [Complex32]) {
        self.block.fill(0.0);
        for (slot, sample) in self.block.iter_mut().zip(samples) {
            *slot = sample;
        }
        let scratch = &mut self.scratch[..self.forward.get_scratch_len()];
        let done = self
            .forward
            .process_with_scratch(&mut self.block, spectrum, scratch);
        debug_assert!(done.is_ok());
    }

    fn accumulate(&mut self, channel: usize, spectrum: &[Complex32], filter: &[Complex32]) {
        let sums = self.channels[channel].iter_mut();
        for ((sum, &value), &response) in sums.zip(spectrum).zip(filter) {
            *sum += value * response;
        }
    }

    fn inverse_transform(&mut self, channel: usize) {
        let spectrum = &mut self.channels[channel];
        // The inverse transform refuses an imaginary part, even of rounding, in these two bins.
        let nyquist = spectrum.len() - 1;
        spectrum[0].im = 0.0;
        spectrum[nyquist].im = 0.0;
        let scratch = &mut self.scratch[..self.inverse.get_scratch_len()];
        let done = self
            .inverse
            .process_with_scratch(spectrum, &mut self.block, scratch);
        debug_assert!(done.is_ok());
    }

    /// Adds the channel last transformed.
    fn add_to(&self, overlap: &mut [f32]) {
        for (sum, &sample) in overlap.iter_mut().zip(&self.block) {
            *sum += sample;
        }
    }
}
