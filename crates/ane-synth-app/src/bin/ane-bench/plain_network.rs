//! The plain rival of the network kernels, as the page had one: `sum += weight * input`, one number at
//! a time, in f32. The compiler may not reorder the sum, so it does not vectorise it.

use synth_model::Network;

/// A network as three nested loops over rows of columns.
pub(crate) struct PlainNetwork {
    layers: Vec<PlainLayer>,
    values: Vec<f32>,
    next: Vec<f32>,
}

struct PlainLayer {
    inputs: usize,
    weight: Vec<f32>,
    bias: Vec<f32>,
    relu: bool,
}

impl PlainNetwork {
    pub(crate) fn new(network: &Network) -> Self {
        let last = network.layers.len() - 1;
        let layers = network.layers.iter().enumerate();
        let layers = layers.map(|(index, layer)| PlainLayer {
            inputs: layer.inputs,
            weight: layer.weight.iter().map(|weight| weight.to_f32()).collect(),
            bias: layer.bias.iter().map(|bias| bias.to_f32()).collect(),
            relu: index < last,
        });
        Self {
            layers: layers.collect(),
            values: Vec::new(),
            next: Vec::new(),
        }
    }

    /// `[inputs, columns]` in, `[outputs, columns]` out.
    pub(crate) fn run(&mut self, columns: usize, input: &[f32], output: &mut [f32]) {
        self.values.clear();
        self.values.extend_from_slice(input);
        for layer in &self.layers {
            self.next.clear();
            for (row, &bias) in layer.weight.chunks_exact(layer.inputs).zip(&layer.bias) {
                for column in 0..columns {
                    let mut sum = bias;
                    for (channel, weight) in row.iter().enumerate() {
                        sum += weight * self.values[channel * columns + column];
                    }
                    self.next.push(if layer.relu { sum.max(0.0) } else { sum });
                }
            }
            std::mem::swap(&mut self.values, &mut self.next);
        }
        output.copy_from_slice(&self.values);
    }
}
