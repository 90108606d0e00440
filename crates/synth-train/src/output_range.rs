//! What a fitted network answers over its training set, and so what it may answer at all.

use crate::perceptron::{Perceptron, Workspace};
use crate::training_set::TrainingSet;
use synth_model::{Features, Network, OutputRange, Ranges};

/// Columns of one pass through the network.
const BATCH: usize = 256;
/// Margin on either side as a share of what was seen: notes are played between and beyond those
/// that were recorded.
const MARGIN_SHARE: f32 = 0.5;
/// Margin beside that, in the network's units: 10 dB with a log head.
const MARGIN: f32 = 1.0;

/// Smallest and largest value of every output of `network` over the columns of `set`, with a
/// margin. Zero to zero where the set is empty.
#[must_use]
pub fn output_range(network: &Network, ranges: &Ranges, set: &TrainingSet) -> OutputRange {
    let outputs = network.shape.outputs();
    let network = Perceptron::<f32>::from_network(network);
    let mut work = Workspace::new(&network, BATCH);
    let mut input = vec![0.0; Features::COUNT * BATCH];
    let mut range = OutputRange::uniform(outputs, f32::INFINITY, f32::NEG_INFINITY);
    for first in (0..set.len()).step_by(BATCH) {
        let columns = input.chunks_exact_mut(Features::COUNT).enumerate();
        for (offset, column) in columns {
            // The last pass is filled up with its last column.
            let index = (first + offset).min(set.len() - 1);
            if let Some(frame) = set.frame(index) {
                let features = Features {
                    f0_hz: frame.f0_hz,
                    loudness_db: frame.loudness_db,
                    velocity: frame.velocity,
                    z: frame.z,
                };
                column.copy_from_slice(&features.normalised(ranges));
            }
        }
        network.forward(&input, &mut work);
        for answer in work.output().chunks_exact(outputs) {
            let rows = range.lo.iter_mut().zip(&mut range.hi);
            for ((lo, hi), &value) in rows.zip(answer) {
                *lo = lo.min(value);
                *hi = hi.max(value);
            }
        }
    }
    for (lo, hi) in range.lo.iter_mut().zip(&mut range.hi) {
        if *lo > *hi {
            (*lo, *hi) = (0.0, 0.0);
            continue;
        }
        let margin = MARGIN + MARGIN_SHARE * (*hi - *lo);
        (*lo, *hi) = (*lo - margin, *hi + margin);
    }
    range
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training_set::TrainingFrame;
    use synth_model::ModelShape;

    const RANGES: Ranges = Ranges {
        f0_lo_hz: 27.5,
        f0_hi_hz: 4_200.0,
        loudness_lo_db: -70.0,
        loudness_hi_db: -10.0,
        loudness_centre_db: -40.0,
        velocity_lo: 0.0,
        velocity_hi: 1.0,
    };

    fn set(columns: usize) -> TrainingSet {
        let mut set = TrainingSet::new(1, 2);
        for index in 0..columns {
            let frame = TrainingFrame {
                f0_hz: 110.0 + index as f32,
                loudness_db: -60.0 + 0.1 * index as f32,
                velocity: 0.5,
                z: 0.0,
                partial_db: &[0.0],
                noise_db: &[-80.0, -90.0],
                band_limit_hz: 20_000.0,
            };
            set.push(&frame).unwrap();
        }
        set
    }

    #[test]
    fn every_answer_lies_within_and_the_margin_is_the_said_one() {
        let shape = ModelShape {
            hidden: vec![9],
            partials: 1,
            noise_bands: 2,
            ..ModelShape::instrument()
        };
        let network = Network::he_initialised(shape, 3).unwrap();
        let set = set(BATCH + 7);
        let range = output_range(&network, &RANGES, &set);
        range.check(4).unwrap();
        let perceptron = Perceptron::<f32>::from_network(&network);
        let mut work = Workspace::new(&perceptron, 1);
        let mut seen = vec![(f32::MAX, f32::MIN); 4];
        for frame in (0..set.len()).filter_map(|index| set.frame(index)) {
            let features = Features {
                f0_hz: frame.f0_hz,
                loudness_db: frame.loudness_db,
                velocity: 0.5,
                z: 0.0,
            };
            perceptron.forward(&features.normalised(&RANGES), &mut work);
            for ((lo, hi), &value) in seen.iter_mut().zip(work.output()) {
                (*lo, *hi) = (lo.min(value), hi.max(value));
            }
        }
        for (row, (lo, hi)) in seen.into_iter().enumerate() {
            let margin = 1.0 + 0.5 * (hi - lo);
            assert!(hi > lo, "row {row} moves");
            assert!((range.lo[row] - (lo - margin)).abs() < 1e-4, "row {row}");
            assert!((range.hi[row] - (hi + margin)).abs() < 1e-4, "row {row}");
        }
    }

    #[test]
    fn an_empty_set_has_an_empty_range() {
        let network = Network::he_initialised(ModelShape::instrument(), 3).unwrap();
        let range = output_range(&network, &RANGES, &TrainingSet::new(64, 65));
        assert_eq!(range, OutputRange::uniform(130, 0.0, 0.0));
    }
}
