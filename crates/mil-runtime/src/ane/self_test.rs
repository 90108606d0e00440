//! Whether a compiled program says what the CPU says.

use ane_bridge::{AneError, AneKernel, Tolerance};
use half::f16;

use super::fold::Fold;
use crate::ColumnKernel;
use crate::cpu::conv_chain::ConvChain;

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

/// Evaluates batches of random columns, full ones, a single column and odd numbers, and compares each
/// with `twin`'s answers. The outputs are filled with a NaN before each.
///
/// # Errors
/// The first answer that is wrong, or what the engine refused.
pub(super) fn pass(
    kernel: &mut AneKernel,
    input: &Fold,
    output: &Fold,
    twin: &mut ConvChain,
) -> Result<(), AneError> {
    let capacity = input.columns();
    let mut asked = vec![f16::ZERO; input.values()];
    let mut expected = vec![f16::ZERO; output.values()];
    let mut answer = vec![0.0; twin.outputs() * capacity];
    let batches = [capacity, 1, 7, capacity / 2 + 1, capacity - 1, capacity];
    for (seed, columns) in (1..).zip(batches) {
        let rows = random_columns(seed, twin.inputs(), capacity, columns);
        input.fill(&rows, capacity, 0, capacity, &mut asked);
        // It was checked to take this many.
        let answered = twin.run(capacity, &rows, &mut answer);
        debug_assert_eq!(answered, Ok(()));
        output.fill(&answer, capacity, 0, capacity, &mut expected);
        let largest = answer.iter().fold(0.0_f32, |most, y| most.max(y.abs()));
        let tolerance = Tolerance {
            absolute: ABSOLUTE_TOLERANCE * largest,
            relative: RELATIVE_TOLERANCE,
        };
        kernel.self_test(&[&asked], &[&expected], tolerance)?;
    }
    Ok(())
}

/// `[channels, capacity]`: FP16 numbers in -1..1 in the first `columns` columns, zeros behind them.
fn random_columns(seed: u64, channels: usize, capacity: usize, columns: usize) -> Vec<f32> {
    // Steele, Lea and Flood's SplitMix64.
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut uniform = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        let value = (z >> 40) as f32 / (1 << 23) as f32 - 1.0;
        f16::from_f32(value).to_f32()
    };
    let mut rows = vec![0.0; channels * capacity];
    for row in rows.chunks_exact_mut(capacity) {
        row[..columns].fill_with(&mut uniform);
    }
    rows
}

#[cfg(test)]
mod tests {
    use mil::Weights;

    use super::*;
    use crate::cpu::ReferenceDevice;
    use crate::cpu::conv_chain::ConvLayer;
    use crate::{Device, ane::Rung};

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
        let (program, weights): (_, Weights) = Rung::LADDER[1].program(&layers, columns).unwrap();
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
