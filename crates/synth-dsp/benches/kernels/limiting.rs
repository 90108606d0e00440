//! A limiter at work over one stereo buffer of 512 samples.

use std::hint::black_box;

use synth_dsp::limiter::Limiter;

const SAMPLE_RATE_HZ: u32 = 44_100;
const SAMPLES: usize = 512;

/// A limiter that is given two sines, 6 dB too loud.
pub(crate) struct Limiting {
    limiter: Limiter,
    input: [Vec<f32>; 2],
    left: Vec<f32>,
    right: Vec<f32>,
}

impl Limiting {
    /// With look-ahead and true peaks, on the level of `ANE_SYNTH_SIMD`.
    pub(crate) fn look_ahead() -> Self {
        Self::new(Limiter::look_ahead(SAMPLE_RATE_HZ))
    }

    /// Without latency.
    pub(crate) fn instant() -> Self {
        Self::new(Limiter::instant(SAMPLE_RATE_HZ))
    }

    fn new(limiter: Limiter) -> Self {
        let sine = |radians: f32| -> Vec<f32> {
            (0..SAMPLES)
                .map(|index| 2.0 * (index as f32 * radians).sin())
                .collect()
        };
        Self {
            limiter,
            input: [sine(0.05), sine(0.07)],
            left: vec![0.0; SAMPLES],
            right: vec![0.0; SAMPLES],
        }
    }

    pub(crate) fn call(&mut self) {
        let [left, right] = black_box(&self.input);
        self.left.copy_from_slice(left);
        self.right.copy_from_slice(right);
        self.limiter.process(&mut self.left, &mut self.right);
        black_box((&mut self.left, &mut self.right));
    }
}
