//! The network of a recorded instrument over eight control frames of each voice.

use std::hint::black_box;

use mil_runtime::ColumnKernel;
use mil_runtime::cpu::Level;
use mil_runtime::cpu::conv_chain::{ConvChain, ConvLayer};

/// Channels of a recorded instrument's network, from its features to its answer.
const WIDTHS: [usize; 5] = [4, 64, 128, 64, 130];
/// Control frames of a buffer of 512 samples.
const FRAMES: usize = 8;

/// A network made ready, with its input.
pub(crate) struct Columns {
    chain: ConvChain,
    columns: usize,
    input: Vec<f32>,
    output: Vec<f32>,
}

impl Columns {
    /// `None` where this machine lacks the level.
    pub(crate) fn new(level: Level, voices: usize) -> Option<Self> {
        let columns = voices * FRAMES;
        let last = WIDTHS.len() - 2;
        let layer = |(index, pair): (usize, &[usize])| ConvLayer {
            inputs: pair[0],
            outputs: pair[1],
            weight: values(pair[0] * pair[1], (3.0 / pair[0] as f32).sqrt()),
            bias: values(pair[1], 0.1),
            relu: index < last,
        };
        let layers = WIDTHS.windows(2).enumerate().map(layer).collect();
        Some(Self {
            chain: ConvChain::with_level(layers, columns, level).ok()?,
            columns,
            input: values(WIDTHS[0] * columns, 1.0),
            output: vec![0.0; WIDTHS[WIDTHS.len() - 1] * columns],
        })
    }

    pub(crate) fn call(&mut self) {
        let answered = self
            .chain
            .run(self.columns, black_box(&self.input), &mut self.output);
        assert!(answered.is_ok(), "the buffers have the network's sizes");
        black_box(&mut self.output);
    }
}

/// `count` values that fill -spread..spread; what a call takes does not depend on them.
fn values(count: usize, spread: f32) -> Vec<f32> {
    (0..count)
        .map(|index| ((index * 37 % 64) as f32 / 32.0 - 1.0) * spread)
        .collect()
}
