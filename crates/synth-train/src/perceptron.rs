//! A multilayer perceptron with ReLU between its layers: forward and hand-written backward pass.

use crate::random::SplitMix64;
use crate::real::Real;
use half::f16;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};
use synth_model::Network;

/// One affine layer: `y = weight x + bias`.
#[derive(Clone, Debug)]
pub struct DenseLayer<T> {
    /// Number of inputs.
    pub inputs: usize,
    /// Number of outputs.
    pub outputs: usize,
    /// `[outputs, inputs]`, row-major.
    pub weight: Vec<T>,
    /// `[outputs]`.
    pub bias: Vec<T>,
}

/// The network of a fit.
#[derive(Clone, Debug)]
pub struct Perceptron<T> {
    /// From the input side on; ReLU after every layer but the last.
    pub layers: Vec<DenseLayer<T>>,
}

/// The buffers of one pass over a batch, made once and reused.
#[derive(Clone, Debug)]
pub struct Workspace<T> {
    batch: usize,
    /// Output of each layer after its ReLU, `[batch, outputs]` row-major.
    values: Vec<Vec<T>>,
    /// Loss gradient with respect to the same.
    slopes: Vec<Vec<T>>,
}

impl<T: Real> Workspace<T> {
    /// Room for `batch` columns of `network`.
    #[must_use]
    pub fn new(network: &Perceptron<T>, batch: usize) -> Self {
        let room = || {
            network
                .layers
                .iter()
                .map(|l| vec![T::zero(); l.outputs * batch])
                .collect()
        };
        Self {
            batch,
            values: room(),
            slopes: room(),
        }
    }

    /// The network's answer, `[batch, outputs]`.
    #[must_use]
    pub fn output(&self) -> &[T] {
        self.values.last().map_or(&[], Vec::as_slice)
    }

    /// Where the loss gradient of the answer is to be written, `[batch, outputs]`.
    pub fn output_slope(&mut self) -> &mut [T] {
        self.slopes.last_mut().map_or(&mut [], Vec::as_mut_slice)
    }

    /// The answer and its gradient buffer together.
    pub(crate) fn output_and_slope(&mut self) -> (&[T], &mut [T]) {
        (
            self.values.last().map_or(&[], Vec::as_slice),
            self.slopes.last_mut().map_or(&mut [], Vec::as_mut_slice),
        )
    }
}

fn matrix<T>(rows: usize, columns: usize, data: &[T]) -> ArrayView2<'_, T> {
    ArrayView2::from_shape((rows, columns), data).expect("buffers are sized with the network")
}

fn matrix_mut<T>(rows: usize, columns: usize, data: &mut [T]) -> ArrayViewMut2<'_, T> {
    ArrayViewMut2::from_shape((rows, columns), data).expect("buffers are sized with the network")
}

impl<T: Real> Perceptron<T> {
    /// Random weights for layers of the given widths (`[inputs, hidden.., outputs]`): normal with
    /// variance 2 / inputs before a ReLU (He et al., ICCV 2015) and 1 / inputs in the last layer.
    #[must_use]
    pub fn random(widths: &[usize], rng: &mut SplitMix64) -> Self {
        let count = widths.len().saturating_sub(1);
        let layers = widths
            .windows(2)
            .enumerate()
            .map(|(index, pair)| {
                let (inputs, outputs) = (pair[0], pair[1]);
                let variance = if index + 1 == count { 1.0 } else { 2.0 } / inputs.max(1) as f64;
                let draw = |_| T::from_f64(rng.normal() * variance.sqrt());
                let weight = (0..inputs * outputs).map(draw).collect();
                DenseLayer {
                    inputs,
                    outputs,
                    weight,
                    bias: vec![T::zero(); outputs],
                }
            })
            .collect();
        Self { layers }
    }

    /// An instrument's network, its FP16 weights widened.
    #[must_use]
    pub fn from_network(network: &Network) -> Self {
        let widen = |values: &[f16]| values.iter().map(|v| T::from_f64(v.to_f64())).collect();
        let layers = network.layers.iter().map(|layer| DenseLayer {
            inputs: layer.inputs,
            outputs: layer.outputs,
            weight: widen(&layer.weight),
            bias: widen(&layer.bias),
        });
        Self {
            layers: layers.collect(),
        }
    }

    /// The same sizes, all zero: the place for gradients.
    #[must_use]
    pub fn zeros_like(&self) -> Self {
        let layers = self.layers.iter().map(|layer| DenseLayer {
            weight: vec![T::zero(); layer.weight.len()],
            bias: vec![T::zero(); layer.bias.len()],
            ..*layer
        });
        Self {
            layers: layers.collect(),
        }
    }

    /// Weights and biases, layer by layer.
    pub fn parameter_groups_mut(&mut self) -> impl Iterator<Item = &mut Vec<T>> {
        self.layers
            .iter_mut()
            .flat_map(|layer| [&mut layer.weight, &mut layer.bias])
    }

    /// Whether every weight and bias is a number.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        let finite = |values: &[T]| values.iter().all(|value| value.finite());
        self.layers
            .iter()
            .all(|layer| finite(&layer.weight) && finite(&layer.bias))
    }

    /// Runs `input` (`[batch, inputs]`, row-major) through the network; the answer is
    /// [`Workspace::output`].
    ///
    /// # Panics
    /// When `input` or `work` was not sized for this network and batch.
    pub fn forward(&self, input: &[T], work: &mut Workspace<T>) {
        for (index, layer) in self.layers.iter().enumerate() {
            let (before, rest) = work.values.split_at_mut(index);
            let x = before.last().map_or(input, Vec::as_slice);
            let y = rest[0].as_mut_slice();
            for row in y.chunks_exact_mut(layer.outputs) {
                row.copy_from_slice(&layer.bias);
            }
            let x = matrix(work.batch, layer.inputs, x);
            let weight = matrix(layer.outputs, layer.inputs, &layer.weight);
            let mut answer = matrix_mut(work.batch, layer.outputs, y);
            general_mat_mul(T::one(), &x, &weight.t(), T::one(), &mut answer);
            if index + 1 < self.layers.len() {
                for value in y.iter_mut() {
                    *value = if *value > T::zero() {
                        *value
                    } else {
                        T::zero()
                    };
                }
            }
        }
    }

    /// Writes into `gradient` the loss gradient of every weight and bias, given that of the answer
    /// in [`Workspace::output_slope`], after [`Perceptron::forward`] on the same `input`.
    ///
    /// # Panics
    /// When a buffer was not sized for this network and batch.
    pub fn backward(&self, input: &[T], work: &mut Workspace<T>, gradient: &mut Self) {
        let batch = work.batch;
        for index in (0..self.layers.len()).rev() {
            let layer = &self.layers[index];
            let (before, rest) = work.slopes.split_at_mut(index);
            let slope = rest[0].as_slice();
            let x = index
                .checked_sub(1)
                .map_or(input, |below| work.values[below].as_slice());
            let target = &mut gradient.layers[index];

            target.bias.fill(T::zero());
            for row in slope.chunks_exact(layer.outputs) {
                for (sum, &value) in target.bias.iter_mut().zip(row) {
                    *sum += value;
                }
            }
            let slope = matrix(batch, layer.outputs, slope);
            let mut weight_slope = matrix_mut(layer.outputs, layer.inputs, &mut target.weight);
            let x_view = matrix(batch, layer.inputs, x);
            general_mat_mul(T::one(), &slope.t(), &x_view, T::zero(), &mut weight_slope);

            if let Some(below) = before.last_mut() {
                let weight = matrix(layer.outputs, layer.inputs, &layer.weight);
                let mut into = matrix_mut(batch, layer.inputs, below);
                general_mat_mul(T::one(), &slope, &weight, T::zero(), &mut into);
                for (slope, &value) in below.iter_mut().zip(x) {
                    if value <= T::zero() {
                        *slope = T::zero();
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same network written as loops over scalars.
    fn plain_forward(network: &Perceptron<f64>, input: &[f64]) -> Vec<f64> {
        let mut x = input.to_vec();
        for (index, layer) in network.layers.iter().enumerate() {
            x = (0..layer.outputs)
                .map(|o| {
                    let row = &layer.weight[o * layer.inputs..(o + 1) * layer.inputs];
                    let y = layer.bias[o] + row.iter().zip(&x).map(|(w, v)| w * v).sum::<f64>();
                    if index + 1 < network.layers.len() {
                        y.max(0.0)
                    } else {
                        y
                    }
                })
                .collect();
        }
        x
    }

    #[test]
    fn forward_agrees_with_plain_loops_in_dirty_buffers() {
        let mut rng = SplitMix64::new(3);
        let mut network = Perceptron::<f64>::random(&[3, 7, 5, 4], &mut rng);
        for group in network.parameter_groups_mut() {
            group
                .iter_mut()
                .for_each(|value| *value += 0.1 * rng.normal());
        }
        let batch = 9;
        let input: Vec<f64> = (0..batch * 3).map(|_| rng.normal()).collect();
        let mut work = Workspace::new(&network, batch);
        work.values
            .iter_mut()
            .for_each(|buffer| buffer.fill(f64::MAX));
        network.forward(&input, &mut work);
        let outputs = work.output().as_chunks::<4>().0;
        for (x, y) in input.as_chunks::<3>().0.iter().zip(outputs) {
            for (got, want) in y.iter().zip(plain_forward(&network, x)) {
                assert!((got - want).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn f32_and_f64_agree() {
        let mut rng = SplitMix64::new(8);
        let wide = Perceptron::<f64>::random(&[4, 16, 6], &mut rng);
        let narrow = Perceptron::<f32>::random(&[4, 16, 6], &mut SplitMix64::new(8));
        let input = [0.3, -0.7, 0.9, 0.1];
        let mut work = Workspace::new(&narrow, 1);
        narrow.forward(&input.map(|x| x as f32), &mut work);
        for (got, want) in work.output().iter().zip(plain_forward(&wide, &input)) {
            assert!((f64::from(*got) - want).abs() < 1e-5);
        }
    }
}
