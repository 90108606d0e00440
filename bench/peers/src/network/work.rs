//! Weights and inputs that all runtimes get, and the answer in f64.

use std::fs;
use std::io;
use std::path::Path;

use synth_model::{Layer, ModelShape, Network};

use crate::Failure;

/// `y[o] = bias[o] + sum_i weight[o * inputs + i] * x[i]`.
pub(super) struct Dense {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// `[outputs, inputs]`, row-major.
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Dense {
    /// The weights as `[inputs, outputs]`.
    pub(super) fn transposed(&self) -> Vec<f32> {
        transpose(&self.weight, self.inputs)
    }
}

/// What is computed: a network over so many columns.
pub(super) struct Work {
    /// The same weights as ours takes them.
    pub(super) network: Network,
    /// ReLU between them, none after the last.
    pub(super) layers: Vec<Dense>,
    pub(super) columns: usize,
    /// `[columns, inputs]`.
    pub(super) rows: Vec<f32>,
    /// `[inputs, columns]`.
    pub(super) channels: Vec<f32>,
    /// `[columns, outputs]`.
    expected: Vec<f64>,
}

impl Work {
    pub(super) fn new(columns: usize) -> Result<Self, Failure> {
        let network = network()?;
        let layers: Vec<Dense> = network
            .layers
            .iter()
            .map(|layer| Dense {
                inputs: layer.inputs,
                outputs: layer.outputs,
                weight: layer.weight.iter().map(|weight| weight.to_f32()).collect(),
                bias: layer.bias.iter().map(|bias| bias.to_f32()).collect(),
            })
            .collect();
        let inputs = network.shape.inputs;
        let rows: Vec<f32> = (0..inputs * columns).map(within_one).collect();
        Ok(Self {
            expected: answer(&layers, &rows),
            channels: transpose(&rows, inputs),
            network,
            layers,
            columns,
            rows,
        })
    }

    pub(super) fn inputs(&self) -> usize {
        self.network.shape.inputs
    }

    pub(super) fn outputs(&self) -> usize {
        self.network.shape.outputs()
    }

    /// Most channels between two layers.
    pub(super) fn widest(&self) -> usize {
        let widths = self.layers.iter().map(|layer| layer.outputs);
        widths.max().unwrap_or(0)
    }

    /// Products and sums.
    pub(super) fn flops(&self) -> f64 {
        2.0 * (self.network.shape.macs_per_column() * self.columns) as f64
    }

    /// The largest difference of an answer (`[columns, outputs]`) from the one in f64, relative to the
    /// largest output; NaN where a value is or the length is wrong.
    pub(super) fn relative_error(&self, answer: &[f32]) -> f64 {
        if answer.len() != self.expected.len() || answer.iter().any(|value| value.is_nan()) {
            return f64::NAN;
        }
        let pairs = answer.iter().zip(&self.expected);
        let error = pairs
            .map(|(&got, expected)| (f64::from(got) - expected).abs())
            .fold(0.0, f64::max);
        let largest = self
            .expected
            .iter()
            .fold(0.0, |most: f64, value| most.max(value.abs()));
        error / largest
    }

    /// Writes weights and inputs as raw little-endian f32, for runtimes in other processes.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        for (index, layer) in self.layers.iter().enumerate() {
            write(&folder.join(format!("weight{index}.f32")), &layer.weight)?;
            write(&folder.join(format!("bias{index}.f32")), &layer.bias)?;
        }
        write(
            &folder.join(format!("input{}.f32", self.columns)),
            &self.rows,
        )
    }
}

/// Of the classic shape, biases included, which he_initialised leaves 0: whoever forgot them would be right.
fn network() -> Result<Network, Failure> {
    let shape = ModelShape::classic();
    let plain = Network::he_initialised(shape.clone(), 1)?;
    let mut layers = Vec::new();
    for layer in &plain.layers {
        let weight: Vec<f32> = layer.weight.iter().map(|weight| weight.to_f32()).collect();
        let bias: Vec<f32> = (0..layer.outputs)
            .map(|index| 0.1 * within_one(index))
            .collect();
        layers.push(Layer::from_f32(
            layer.inputs,
            layer.outputs,
            &weight,
            &bias,
        )?);
    }
    Ok(Network::new(shape, layers)?)
}

/// Values within -1..1 that look random: fractions of multiples of the golden ratio.
fn within_one(index: usize) -> f32 {
    let golden = 0.618_033_988_749_894_9;
    ((index as f64 + 1.0) * golden).fract() as f32 * 2.0 - 1.0
}

/// The network in f64.
fn answer(layers: &[Dense], rows: &[f32]) -> Vec<f64> {
    let mut values: Vec<f64> = rows.iter().map(|&value| f64::from(value)).collect();
    for (index, layer) in layers.iter().enumerate() {
        let is_last = index + 1 == layers.len();
        let mut next = Vec::new();
        for row in values.chunks_exact(layer.inputs) {
            for (weights, &bias) in layer.weight.chunks_exact(layer.inputs).zip(&layer.bias) {
                let products = weights.iter().zip(row).map(|(&w, x)| f64::from(w) * x);
                let sum = f64::from(bias) + products.sum::<f64>();
                next.push(if is_last { sum } else { sum.max(0.0) });
            }
        }
        values = next;
    }
    values
}

/// A matrix whose rows are `width` long, transposed.
pub(super) fn transpose(matrix: &[f32], width: usize) -> Vec<f32> {
    let height = matrix.len() / width;
    let indices = (0..matrix.len()).map(|index| index % height * width + index / height);
    indices.map(|index| matrix[index]).collect()
}

fn write(path: &Path, values: &[f32]) -> io::Result<()> {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    fs::write(path, bytes)
}

/// The values of a file that [`write`] or another process wrote.
pub(super) fn read(path: &Path) -> io::Result<Vec<f32>> {
    let bytes = fs::read(path)?;
    let (values, _) = bytes.as_chunks::<4>();
    Ok(values
        .iter()
        .map(|&value| f32::from_le_bytes(value))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transposing_turns_rows_to_columns() {
        let matrix = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        assert_eq!(transpose(&matrix, 3), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
        assert_eq!(transpose(&transpose(&matrix, 3), 2), matrix);
    }

    #[test]
    fn one_wrong_value_is_an_error() {
        let work = Work::new(8).unwrap();
        let mut answer: Vec<f32> = work.expected.iter().map(|&value| value as f32).collect();
        assert!(work.relative_error(&answer) < 1e-7);
        answer[100] += 1.0;
        assert!(work.relative_error(&answer) > 1e-2);
        answer[100] = f32::NAN;
        assert!(work.relative_error(&answer).is_nan());
        assert!(work.relative_error(&answer[1..]).is_nan());
    }

    #[test]
    fn an_answer_without_biases_is_wrong() {
        let work = Work::new(8).unwrap();
        let mut layers: Vec<Dense> = Vec::new();
        for layer in &work.layers {
            layers.push(Dense {
                weight: layer.weight.clone(),
                bias: vec![0.0; layer.outputs],
                ..*layer
            });
        }
        let without: Vec<f32> = answer(&layers, &work.rows)
            .iter()
            .map(|&v| v as f32)
            .collect();
        assert!(work.relative_error(&without) > super::super::MOST_ERROR);
    }
}
