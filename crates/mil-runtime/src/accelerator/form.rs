//! A network as a program of a certain form.

use half::f16;
use mil::{BiasForm, CheckError, Program, ProgramBuilder, TensorType, Weights};

use crate::cpu::conv_chain::ConvLayer;

/// How a chain of layers is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form {
    /// Where biases are added.
    pub(crate) bias: BiasForm,
    /// Every layer's channels are filled up with zeros to a multiple of this.
    pub(crate) channel_multiple: usize,
    /// Batches that the columns stand in.
    pub(crate) batches: usize,
}

impl Form {
    /// As Apple's own compiler prints it: bias in the convolution, no padding, one row of columns.
    pub(crate) const PLAIN: Self = Self {
        bias: BiasForm::InConv,
        channel_multiple: 1,
        batches: 1,
    };

    /// Channels that the program has for a layer's end of so many.
    pub(crate) fn channels(&self, channels: usize) -> usize {
        channels.next_multiple_of(self.channel_multiple)
    }

    /// The network of `layers` for `columns` columns, and its blob file. Values are called `features`,
    /// `layer0`, `hidden0`, ..., `answer`, whatever they were called where the layers come from: the same
    /// network is the same program to the system's cache.
    ///
    /// Weights are rounded to FP16, which those of a prepared program already are.
    ///
    /// # Errors
    /// No layers, no columns or too many, and a number of columns that does not fill the batches.
    pub(crate) fn program(
        &self,
        layers: &[ConvLayer],
        columns: usize,
    ) -> Result<(Program, Weights), CheckError> {
        let batches = self.batches;
        let inputs = self.channels(layers.first().map_or(0, |layer| layer.inputs));
        let width = if columns.is_multiple_of(batches) {
            columns / batches
        } else {
            0
        };
        let mut weights = Weights::builder();
        let mut builder = ProgramBuilder::new();
        let mut x = builder.input("features", TensorType::fp16([batches, inputs, 1, width]))?;
        for (index, layer) in layers.iter().enumerate() {
            let (weight, bias) = self.padded_layer(layer);
            let weight = weights.add_fp16(&format!("w{index}"), &weight);
            let bias = weights.add_fp16(&format!("b{index}"), &bias);
            let is_last = index + 1 == layers.len();
            let name = match is_last && !layer.relu {
                true => "answer".to_owned(),
                false => format!("layer{index}"),
            };
            let outputs = self.channels(layer.outputs);
            x = builder.conv1x1(&name, x, outputs, weight, bias, self.bias)?;
            if layer.relu {
                let name = match is_last {
                    true => "answer".to_owned(),
                    false => format!("hidden{index}"),
                };
                x = builder.relu(&name, x)?;
            }
        }
        builder.output(x)?;
        let (program, weights) = (builder.finish()?, weights.finish());
        program.check_weights(&weights)?;
        Ok((program, weights))
    }

    /// Weights `[outputs, inputs]` and biases of a layer in this form: what is added is zero, so the
    /// channels that it makes are zero and those that it reads do not matter.
    fn padded_layer(&self, layer: &ConvLayer) -> (Vec<f16>, Vec<f16>) {
        let (inputs, outputs) = (self.channels(layer.inputs), self.channels(layer.outputs));
        let mut weight = vec![f16::ZERO; inputs * outputs];
        let mut bias = vec![f16::ZERO; outputs];
        let rows = weight.chunks_exact_mut(inputs.max(1));
        for (row, own) in rows.zip(layer.weight.chunks_exact(layer.inputs.max(1))) {
            for (weight, own) in row.iter_mut().zip(own) {
                *weight = f16::from_f32(*own);
            }
        }
        for (bias, own) in bias.iter_mut().zip(&layer.bias) {
            *bias = f16::from_f32(*own);
        }
        (weight, bias)
    }
}
