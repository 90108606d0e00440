//! What the devices outside the processor have in common: programs of one width for ever, where columns
//! stand in their tensors, and how far an answer may be from the processor's.

mod capacity;
mod fold;
mod form;
mod random;
mod wide_kernel;

use mil::{Program, Weights};

pub use capacity::{CAPACITIES, capacity};
pub(crate) use fold::Fold;
pub(crate) use form::Form;
pub(crate) use random::random_columns;
pub(crate) use wide_kernel::{Dispatch, WideKernel};

use crate::DeviceError;
use crate::cpu::conv_chain::ConvLayer;
use crate::cpu::lower;

/// How far an answer may be off whatever its size, as a part of the largest answer of its batch.
///
/// The CPU keeps activations in f32 and the engine in FP16, each rounded by up to 2^-11 of itself, and the
/// products in between are reported to be rounded too and lost below 6.1e-5. A model that rounds every
/// activation stays within 2.3e-3 of the largest answer on random networks (the test of this file prints
/// it); this is four times that, and for levels in units of 10 dB a tenth of 10 dB at most. Values in
/// wrong places, wrong weights, zeros and answers of another call are off by about as much as the largest
/// answer is large.
pub const ABSOLUTE_TOLERANCE: f32 = 1e-2;
/// How far an answer may be off beside that, as a part of itself.
pub const RELATIVE_TOLERANCE: f32 = 4e-3;

/// The layers of a program that is a chain of 1x1 convolutions, biases and ReLUs; `device` is the name
/// that errors give.
pub(crate) fn chain(
    device: &'static str,
    program: &Program,
    weights: &Weights,
) -> Result<Vec<ConvLayer>, DeviceError> {
    lower(device, program, weights)?.ok_or_else(|| DeviceError::Unsupported {
        device,
        operation: program
            .outputs()
            .first()
            .and_then(|&id| program.value(id))
            .map_or_else(String::new, |value| value.name.clone()),
        reason:
            "the program is no plain chain of 1x1 convolutions, biases and ReLUs; run it on the cpu"
                .into(),
    })
}

#[cfg(test)]
mod tests {
    use half::f16;
    use mil::Weights;

    use super::*;
    use crate::cpu::ReferenceDevice;
    use crate::cpu::conv_chain::ConvChain;
    use crate::{ColumnKernel, Device};

    /// He-initialised: uniform weights of variance 2 / inputs.
    fn random_layers(channels: &[usize], seed: u64) -> Vec<ConvLayer> {
        let last = channels.len() - 2;
        let pairs = channels.windows(2).enumerate();
        pairs
            .map(|(index, pair)| {
                let seed = seed * 100 + index as u64;
                let span = (6.0 / pair[0] as f32).sqrt();
                let weight = random_columns(seed, pair[1], pair[0], pair[0]);
                ConvLayer {
                    inputs: pair[0],
                    outputs: pair[1],
                    weight: weight
                        .iter()
                        .map(|w| f16::from_f32(w * span).to_f32())
                        .collect(),
                    bias: random_columns(seed + 50, pair[1], 1, 1)
                        .iter()
                        .map(|b| f16::from_f32(b * 0.1).to_f32())
                        .collect(),
                    relu: index != last,
                }
            })
            .collect()
    }

    /// The largest difference between f32 and FP16 activations, re the largest answer.
    fn deviation(layers: Vec<ConvLayer>) -> f32 {
        let columns = 256;
        let (program, weights): (_, Weights) = Form::PLAIN.program(&layers, columns).unwrap();
        let mut rounded = ReferenceDevice::fp16()
            .prepare_columns(&program, &weights, columns)
            .unwrap();
        let mut twin = ConvChain::new(layers, columns).unwrap();
        let rows = random_columns(3, twin.inputs(), columns, columns);
        let mut expected = vec![0.0; twin.outputs() * columns];
        let mut got = expected.clone();
        twin.run(columns, &rows, &mut expected).unwrap();
        rounded.run(columns, &rows, &mut got).unwrap();
        let largest = expected.iter().fold(0.0_f32, |most, y| most.max(y.abs()));
        let off = expected.iter().zip(&got).map(|(a, b)| (a - b).abs());
        off.fold(0.0, f32::max) / largest
    }

    #[test]
    fn rounding_every_activation_stays_within_a_quarter_of_the_tolerance() {
        let mut worst = 0.0_f32;
        for seed in 1..=20 {
            for channels in [[4, 64, 128, 64, 66], [4, 64, 128, 64, 130], [1, 8, 8, 8, 3]] {
                worst = worst.max(deviation(random_layers(&channels, seed)));
            }
        }
        println!("worst of the model: {worst:.1e} of the largest answer");
        assert!(worst <= ABSOLUTE_TOLERANCE / 4.0, "{worst:e}");
    }
}
