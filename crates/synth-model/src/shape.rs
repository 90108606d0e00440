//! The network's shape as data.

use std::ops::Range;

use thiserror::Error;

/// What the network's output rows mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Head {
    /// The seed's head: every row goes through `exp_sigmoid` (DDSP), noise is one white level.
    Classic,
    /// Every row times 10 is dB. Noise rows are absolute power densities per Hz.
    LogDomain,
}

/// Layer widths and the meaning of the output rows of a HarmonicPredictor.
///
/// A chain of 1x1 convolutions with ReLU between them: `inputs -> hidden[0] -> ... -> outputs()`.
/// Output rows: `0..partials` the partials, row `partials` one gain common to all partials, then
/// `noise_bands` rows of noise.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelShape {
    /// Input channels; 4 for the synth's features.
    pub inputs: usize,
    /// Widths of the hidden layers, first to last; may be empty.
    pub hidden: Vec<usize>,
    /// Number of partials (partial k stands in row k - 1).
    pub partials: usize,
    /// Number of noise rows.
    pub noise_bands: usize,
    /// Meaning of the output values.
    pub head: Head,
}

impl ModelShape {
    /// Widest layer that is accepted: the largest dimension reported for the ANE.
    pub const MAX_CHANNELS: usize = 16_384;
    /// Most layers that are accepted. Each layer needs two blob constants, and the ANE's in-memory
    /// compiler is reported to refuse programs with more than 16.
    pub const MAX_LAYERS: usize = 8;
    /// Most weights and biases together (8 MiB of FP16, a limit reported for one ANE program).
    pub const MAX_PARAMETERS: usize = 4 * 1024 * 1024;

    /// The seed's shape, 4->64->128->64->66: 64 harmonics, amplitude, one noise level.
    pub fn classic() -> Self {
        Self {
            inputs: 4,
            hidden: vec![64, 128, 64],
            partials: 64,
            noise_bands: 1,
            head: Head::Classic,
        }
    }

    /// The instruments' shape, 4->64->128->64->130: 64 partials, one gain, 65 noise bands, in dB.
    pub fn instrument() -> Self {
        Self {
            inputs: 4,
            hidden: vec![64, 128, 64],
            partials: 64,
            noise_bands: 65,
            head: Head::LogDomain,
        }
    }

    /// Number of output rows.
    ///
    /// # Realtime safety
    /// RT-safe: arithmetic only.
    pub fn outputs(&self) -> usize {
        self.partials + 1 + self.noise_bands
    }

    /// Row of the gain (log head) or amplitude (classic head) common to all partials.
    ///
    /// # Realtime safety
    /// RT-safe: arithmetic only.
    pub fn gain_row(&self) -> usize {
        self.partials
    }

    /// Rows of the noise bands.
    ///
    /// # Realtime safety
    /// RT-safe: arithmetic only.
    pub fn noise_rows(&self) -> Range<usize> {
        self.partials + 1..self.outputs()
    }

    /// `(inputs, outputs)` of every layer, first to last.
    pub fn layer_sizes(&self) -> Vec<(usize, usize)> {
        let widths: Vec<usize> = std::iter::once(self.inputs)
            .chain(self.hidden.iter().copied())
            .chain(std::iter::once(self.outputs()))
            .collect();
        widths.windows(2).map(|pair| (pair[0], pair[1])).collect()
    }

    /// Weights and biases together.
    pub fn parameter_count(&self) -> usize {
        self.layer_sizes().iter().map(|(i, o)| i * o + o).sum()
    }

    /// Multiply-accumulates of one column.
    pub fn macs_per_column(&self) -> usize {
        self.layer_sizes().iter().map(|(i, o)| i * o).sum()
    }

    /// Checks that every layer exists and that the sizes are within bounds.
    ///
    /// # Errors
    /// [`ShapeError`] names the first rule that is broken.
    pub fn check(&self) -> Result<(), ShapeError> {
        if self.hidden.len() + 1 > Self::MAX_LAYERS {
            return Err(ShapeError::TooManyLayers(self.hidden.len() + 1));
        }
        let named = [
            ("inputs", self.inputs),
            ("partials", self.partials),
            ("noise bands", self.noise_bands),
        ];
        let hidden = self.hidden.iter().map(|&width| ("hidden width", width));
        for (what, size) in named.into_iter().chain(hidden) {
            if size == 0 || size > Self::MAX_CHANNELS {
                return Err(ShapeError::Size { what, size });
            }
        }
        if self.outputs() > Self::MAX_CHANNELS {
            return Err(ShapeError::Size {
                what: "outputs",
                size: self.outputs(),
            });
        }
        if self.head == Head::Classic && self.noise_bands != 1 {
            return Err(ShapeError::ClassicNoise(self.noise_bands));
        }
        // MAX_LAYERS * (MAX_CHANNELS^2 + MAX_CHANNELS) fits in 32 bits, so the sum cannot overflow.
        let parameters = self.parameter_count();
        if parameters > Self::MAX_PARAMETERS {
            return Err(ShapeError::TooManyParameters(parameters));
        }
        Ok(())
    }
}

/// Why a shape cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// A size is zero or beyond the bound.
    #[error("the {what} of the network is {size}, it must be 1 to {max}", max = ModelShape::MAX_CHANNELS)]
    Size {
        /// Which size.
        what: &'static str,
        /// Its value.
        size: usize,
    },
    /// More layers than devices take.
    #[error("the network has {0} layers, at most {max} are allowed", max = ModelShape::MAX_LAYERS)]
    TooManyLayers(usize),
    /// More weights than devices take.
    #[error("the network has {0} parameters, at most {max} are allowed; make its layers narrower", max = ModelShape::MAX_PARAMETERS)]
    TooManyParameters(usize),
    /// The classic head with another number of noise rows than one.
    #[error(
        "a network with the classic head has one noise row, not {0}; use the log-domain head for noise bands"
    )]
    ClassicNoise(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_named_shapes_have_the_published_sizes() {
        let classic = ModelShape::classic();
        assert_eq!(classic.outputs(), 66);
        assert_eq!(classic.macs_per_column(), 20_864);
        assert_eq!(classic.parameter_count(), 21_186);
        let instrument = ModelShape::instrument();
        assert_eq!(instrument.outputs(), 130);
        assert_eq!(instrument.gain_row(), 64);
        assert_eq!(instrument.noise_rows(), 65..130);
        assert_eq!(instrument.parameter_count(), 25_346);
        assert_eq!(
            instrument.layer_sizes(),
            [(4, 64), (64, 128), (128, 64), (64, 130)]
        );
        assert!(classic.check().is_ok() && instrument.check().is_ok());
    }

    #[test]
    fn absurd_sizes_are_refused() {
        let with = |change: fn(&mut ModelShape)| {
            let mut shape = ModelShape::instrument();
            change(&mut shape);
            shape.check()
        };
        assert!(with(|s| s.inputs = 0).is_err());
        assert!(with(|s| s.hidden[1] = 0).is_err());
        assert!(with(|s| s.hidden = vec![8; 8]).is_err());
        assert!(with(|s| s.partials = usize::MAX).is_err());
        assert!(with(|s| s.noise_bands = 16_384).is_err());
        assert!(with(|s| s.hidden = vec![16_384, 16_384]).is_err());
        assert!(with(|s| s.head = Head::Classic).is_err());
        assert!(with(|s| s.hidden = vec![]).is_ok());
    }
}
