//! The generator: white excitation per hop, filtered by fast convolution, overlap-added.

use super::convolver::Convolver;
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
    designer: FilterDesigner,
    current: FilterSet,
    previous: FilterSet,
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
        Self {
            hop,
            white: WhiteNoise::new(seed),
            hops_pushed: 0,
            position: hop,
            designer: FilterDesigner::new(sample_rate_hz, length),
            current: FilterSet::new(length),
            previous: FilterSet::new(length),
            convolver: Convolver::new(hop, tap_count(sample_rate_hz), length),
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
    /// RT-safe: no allocation; bounded by three FFTs of about hop + filter length and the design of a filter. Silence is
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
        let sets = [&self.current, &self.previous];
        let sounding = sets.iter().filter(|set| set.sounding);
        let is_mono = sounding.clone().all(|set| set.mono);
        let heard = [0, 1].map(|channel| sounding.clone().any(|set| set.heard[channel]));
        self.convolver.draw(&self.white, first);
        self.convolver.convolve(sets);
        for (channel, overlap) in self.overlap.iter_mut().enumerate() {
            // What one channel's rounding leaves in the other is not added to silence.
            if heard[channel] {
                self.convolver
                    .add_to(if is_mono { 0 } else { channel }, overlap);
            }
        }
    }
}
