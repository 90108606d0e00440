//! One voice's partials over one buffer of 512 samples.

use std::hint::black_box;

use synth_dsp::harmonic_bank::{HarmonicBank, Segment};
use synth_dsp::phase::{PhaseAccumulator, increment_from_freq};
use synth_dsp::simd::Level;

const SAMPLES: usize = 512;
const HOP: usize = 64;
/// A2 at 44.1 kHz: all 64 partials are below Nyquist.
const FREQ_NORM: f64 = 110.0 / 44_100.0;

/// A steady voice, whose amplitudes move from 1/k to 0.9 of it and back with every control frame.
pub(crate) struct Oscillators {
    bank: HarmonicBank,
    phases: Vec<u64>,
    freq_norm: Vec<f32>,
    high: Vec<f32>,
    low: Vec<f32>,
    out: Vec<f32>,
}

impl Oscillators {
    /// `None` where this machine lacks the level.
    pub(crate) fn new(level: Level, partials: usize) -> Option<Self> {
        let mut phases = vec![0; SAMPLES];
        PhaseAccumulator::default().fill_steady(increment_from_freq(FREQ_NORM), &mut phases);
        let amplitudes = |scale: f32| (1..=partials).map(|k| scale / k as f32).collect();
        Some(Self {
            bank: HarmonicBank::with_level(level)?,
            phases,
            freq_norm: vec![FREQ_NORM as f32; SAMPLES],
            high: amplitudes(1.0),
            low: amplitudes(0.9),
            out: vec![0.0; SAMPLES],
        })
    }

    pub(crate) fn call(&mut self) {
        let curves = self.phases.chunks(HOP).zip(self.freq_norm.chunks(HOP));
        let frames = curves.zip(self.out.chunks_mut(HOP)).enumerate();
        for (frame, ((phases, freq_norm), out)) in frames {
            let (from, to) = match frame % 2 {
                0 => (&self.high, &self.low),
                _ => (&self.low, &self.high),
            };
            let segment = Segment {
                phases,
                freq_norm,
                from,
                to,
                ramp_position: 0,
                hop: HOP as u32,
            };
            self.bank.render(black_box(&segment), out);
        }
        black_box(&mut self.out);
    }
}
