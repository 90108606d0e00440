//! Powers of two and decibels over 512 values.

use std::hint::black_box;

use synth_dsp::exponential::Exponential;
use synth_dsp::simd::Level;

const VALUES: usize = 512;

/// Values from -60 to 0.
pub(crate) struct Exponentials {
    exponential: Exponential,
    values: Vec<f32>,
    out: Vec<f32>,
}

impl Exponentials {
    /// `None` where this machine lacks the level.
    pub(crate) fn new(level: Level) -> Option<Self> {
        Some(Self {
            exponential: Exponential::with_level(level)?,
            values: (0..VALUES)
                .map(|index| -60.0 * index as f32 / VALUES as f32)
                .collect(),
            out: vec![0.0; VALUES],
        })
    }

    pub(crate) fn call_exp2(&mut self) {
        self.exponential
            .exp2_slice(black_box(&self.values), &mut self.out);
        black_box(&mut self.out);
    }

    pub(crate) fn call_db_to_gain(&mut self) {
        self.exponential
            .db_to_gain_slice(black_box(&self.values), &mut self.out);
        black_box(&mut self.out);
    }
}
