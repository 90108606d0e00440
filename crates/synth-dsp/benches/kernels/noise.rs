//! The filtered noise of a stereo bus over one buffer of 512 samples.

use std::hint::black_box;

use synth_dsp::filtered_noise::{NOISE_BANDS, NoiseBus, StereoBandPower};

const SAMPLE_RATE_HZ: u32 = 44_100;
const SAMPLES: usize = 512;
const HOP: usize = 64;

/// A bus with noise on both sides, partly shared, so that no filter of a hop is left out.
pub(crate) struct Noise {
    bus: NoiseBus,
    power: StereoBandPower,
    left: Vec<f32>,
    right: Vec<f32>,
}

impl Noise {
    /// On the level of `ANE_SYNTH_SIMD`; its Fourier transforms choose for themselves.
    pub(crate) fn new() -> Self {
        let mut power = StereoBandPower::SILENT;
        let falling = |scale: f32| -> Vec<f32> {
            (1..=NOISE_BANDS).map(|band| scale / band as f32).collect()
        };
        power.add_panned(&falling(1e-8), 0.9, 0.3);
        power.add_panned(&falling(3e-9), 0.2, 0.8);
        Self {
            bus: NoiseBus::new(SAMPLE_RATE_HZ, HOP, 1),
            power,
            left: vec![0.0; SAMPLES],
            right: vec![0.0; SAMPLES],
        }
    }

    pub(crate) fn call(&mut self) {
        self.left.fill(0.0);
        self.right.fill(0.0);
        let hops = self.left.chunks_mut(HOP).zip(self.right.chunks_mut(HOP));
        for (left, right) in hops {
            self.bus.push_hop(black_box(&self.power));
            self.bus.add_to(left, right);
        }
        black_box((&mut self.left, &mut self.right));
    }
}
