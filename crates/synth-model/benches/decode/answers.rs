//! Decoding the answers to eight voices of eight control frames.

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../../tests/example/mod.rs"]
mod example;

use std::hint::black_box;

use example::{Random, instrument};
use synth_model::{Decoder, ModelShape};

const VOICES: usize = 8;
const FRAMES: usize = 8;
const COLUMNS: usize = VOICES * FRAMES;

/// A recorded instrument's answers, with partials that fall and noise that is soft.
pub(crate) struct Answers {
    decoder: Decoder,
    answer: Vec<f32>,
    partials: Vec<f32>,
    power: Vec<f32>,
}

impl Answers {
    pub(crate) fn new() -> Self {
        let shape = ModelShape::instrument();
        let (partials, noise_bands, outputs) = (shape.partials, shape.noise_bands, shape.outputs());
        let mut random = Random(1);
        let mut answer = Vec::with_capacity(outputs * COLUMNS);
        for row in 0..outputs {
            let centre = if row <= partials {
                -0.05 * row as f32
            } else {
                -9.0
            };
            answer.extend((0..COLUMNS).map(|_| centre + random.between(-0.5, 0.5)));
        }
        Self {
            decoder: Decoder::new(&instrument(shape, 1)).expect("the example is sound"),
            answer,
            partials: vec![0.0; partials],
            power: vec![0.0; noise_bands],
        }
    }

    pub(crate) fn call_harmonics(&mut self) {
        for column in 0..COLUMNS {
            // A2 and its octaves, up to where some partials are beyond hearing.
            let f0_hz = 110.0 * (1 << (column / FRAMES % 4)) as f32;
            let answer = black_box(&self.answer);
            let decoded =
                self.decoder
                    .harmonics(answer, COLUMNS, column, f0_hz, &mut self.partials);
            assert!(decoded, "the answer is finite");
            black_box(&mut self.partials);
        }
    }

    pub(crate) fn call_noise(&mut self) {
        for column in 0..COLUMNS {
            let answer = black_box(&self.answer);
            let decoded = self.decoder.noise(answer, COLUMNS, column, &mut self.power);
            assert!(decoded, "the answer is finite");
            black_box(&mut self.power);
        }
    }
}
