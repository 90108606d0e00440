//! A shape with its weights.

use half::f16;
use thiserror::Error;

use crate::shape::{ModelShape, ShapeError};

/// One 1x1 convolution: `y[o] = bias[o] + sum_i weight[o * inputs + i] * x[i]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Input channels.
    pub inputs: usize,
    /// Output channels.
    pub outputs: usize,
    /// Weights, `[outputs, inputs]`, row-major.
    pub weight: Vec<f16>,
    /// Biases, `[outputs]`.
    pub bias: Vec<f16>,
}

impl Layer {
    /// Rounds trained weights (`[outputs, inputs]`, row-major) and biases to FP16.
    ///
    /// # Errors
    /// When a length does not fit the sizes, or a value is not finite or too large for FP16.
    pub fn from_f32(
        inputs: usize,
        outputs: usize,
        weight: &[f32],
        bias: &[f32],
    ) -> Result<Self, NetworkError> {
        let layer = Self {
            inputs,
            outputs,
            weight: weight.iter().map(|&w| f16::from_f32(w)).collect(),
            bias: bias.iter().map(|&b| f16::from_f32(b)).collect(),
        };
        layer.check(0)?;
        Ok(layer)
    }

    fn check(&self, layer: usize) -> Result<(), NetworkError> {
        let weights = self.inputs.checked_mul(self.outputs);
        for (what, want, have) in [
            ("weights", weights.unwrap_or(usize::MAX), self.weight.len()),
            ("biases", self.outputs, self.bias.len()),
        ] {
            if want != have {
                return Err(NetworkError::Length {
                    layer,
                    what,
                    want,
                    have,
                });
            }
        }
        for (what, values) in [("weight", &self.weight), ("bias", &self.bias)] {
            if let Some(index) = values.iter().position(|v| !v.is_finite()) {
                return Err(NetworkError::NotFinite { layer, what, index });
            }
        }
        Ok(())
    }
}

/// A HarmonicPredictor: a shape and FP16 weights, ReLU between the layers, none after the last.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Layer widths and the meaning of the output rows.
    pub shape: ModelShape,
    /// The layers, first to last.
    pub layers: Vec<Layer>,
}

impl Network {
    /// A checked network.
    ///
    /// # Errors
    /// See [`Network::check`].
    pub fn new(shape: ModelShape, layers: Vec<Layer>) -> Result<Self, NetworkError> {
        let network = Self { shape, layers };
        network.check()?;
        Ok(network)
    }

    /// Seeded uniform weights with He's variance 2 / inputs and zero biases: where training starts,
    /// and a stand-in for tests and benches. The same seed gives the same bits on every machine.
    ///
    /// Source: He et al. 2015, "Delving deep into rectifiers" (a uniform law of that variance spans
    /// +-sqrt(6 / inputs)); the generator is SplitMix64 (Steele, Lea, Flood 2014).
    ///
    /// # Errors
    /// [`NetworkError::Shape`] when the shape is not valid.
    pub fn he_initialised(shape: ModelShape, seed: u64) -> Result<Self, NetworkError> {
        shape.check()?;
        let mut state = seed;
        let mut uniform = move || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^= z >> 31;
            (z >> 11) as f64 / (1u64 << 53) as f64 * 2.0 - 1.0
        };
        let layers = shape
            .layer_sizes()
            .into_iter()
            .map(|(inputs, outputs)| {
                let span = (6.0 / inputs as f64).sqrt();
                let weight = (0..inputs * outputs)
                    .map(|_| f16::from_f64(span * uniform()))
                    .collect();
                Layer {
                    inputs,
                    outputs,
                    weight,
                    bias: vec![f16::ZERO; outputs],
                }
            })
            .collect();
        Ok(Self { shape, layers })
    }

    /// Checks that the layers chain as the shape says and that every value is finite.
    ///
    /// # Errors
    /// [`NetworkError`] names the first layer and rule that is broken.
    pub fn check(&self) -> Result<(), NetworkError> {
        self.shape.check()?;
        let sizes = self.shape.layer_sizes();
        if sizes.len() != self.layers.len() {
            return Err(NetworkError::LayerCount {
                want: sizes.len(),
                have: self.layers.len(),
            });
        }
        for (index, (layer, (inputs, outputs))) in self.layers.iter().zip(sizes).enumerate() {
            if (layer.inputs, layer.outputs) != (inputs, outputs) {
                return Err(NetworkError::LayerSize {
                    layer: index,
                    want: (inputs, outputs),
                    have: (layer.inputs, layer.outputs),
                });
            }
            layer.check(index)?;
        }
        Ok(())
    }
}

/// Why a network cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// The shape itself is not valid.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The shape asks for another number of layers.
    #[error("the shape of the network has {want} layers, but weights of {have} are there")]
    LayerCount {
        /// Layers of the shape.
        want: usize,
        /// Layers present.
        have: usize,
    },
    /// A layer has other sizes than the shape says.
    #[error(
        "layer {layer} of the network is {have:?} (inputs, outputs), but its shape says {want:?}"
    )]
    LayerSize {
        /// Index of the layer, from 0.
        layer: usize,
        /// Sizes of the shape.
        want: (usize, usize),
        /// Sizes present.
        have: (usize, usize),
    },
    /// A layer's data do not fill its sizes.
    #[error("layer {layer} of the network needs {want} {what}, but {have} are there")]
    Length {
        /// Index of the layer, from 0.
        layer: usize,
        /// Weights or biases.
        what: &'static str,
        /// Values needed.
        want: usize,
        /// Values present.
        have: usize,
    },
    /// A weight or bias is NaN, infinite or beyond FP16.
    #[error("{what} {index} of layer {layer} is not a finite FP16 number; train the network again")]
    NotFinite {
        /// Index of the layer, from 0.
        layer: usize,
        /// Weight or bias.
        what: &'static str,
        /// Index of the value.
        index: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeded_weights_repeat_and_have_hes_variance() {
        let network = Network::he_initialised(ModelShape::instrument(), 7).unwrap();
        assert_eq!(
            network,
            Network::he_initialised(ModelShape::instrument(), 7).unwrap()
        );
        assert_ne!(
            network,
            Network::he_initialised(ModelShape::instrument(), 8).unwrap()
        );
        network.check().unwrap();
        let layer = &network.layers[1];
        let power: f64 = layer.weight.iter().map(|w| w.to_f64().powi(2)).sum();
        let variance = power / layer.weight.len() as f64;
        assert!(
            (variance * 64.0 / 2.0 - 1.0).abs() < 0.05,
            "variance {variance}"
        );
    }

    #[test]
    fn broken_layers_are_refused() {
        let good = Network::he_initialised(ModelShape::classic(), 1).unwrap();
        let broken = |change: fn(&mut Network)| {
            let mut network = good.clone();
            change(&mut network);
            network.check().unwrap_err()
        };
        assert!(matches!(
            broken(|n| n.layers[2].weight[5] = f16::NAN),
            NetworkError::NotFinite {
                layer: 2,
                index: 5,
                ..
            }
        ));
        assert!(matches!(
            broken(|n| n.layers[0].bias[1] = f16::INFINITY),
            NetworkError::NotFinite {
                layer: 0,
                what: "bias",
                ..
            }
        ));
        assert!(matches!(
            broken(|n| n.layers[3].weight.truncate(1)),
            NetworkError::Length { .. }
        ));
        assert!(matches!(
            broken(|n| n.layers.swap(0, 1)),
            NetworkError::LayerSize { .. }
        ));
        assert!(matches!(
            broken(|n| n.layers.truncate(3)),
            NetworkError::LayerCount { .. }
        ));
        assert!(matches!(
            broken(|n| n.shape.inputs = 0),
            NetworkError::Shape(_)
        ));
        assert!(
            Layer::from_f32(1, 1, &[1e6], &[0.0]).is_err(),
            "beyond FP16"
        );
        assert!(Layer::from_f32(2, 1, &[1.0], &[0.0]).is_err());
    }
}
