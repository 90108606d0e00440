//! Columns drawn from a training set, as the network sees them and as the loss wants them.

use crate::equaliser::Tap;
use crate::loss::{BatchTarget, partial_weights};
use crate::loudness::{BAND_LIMIT_HI_HZ, sine_loudness_power};
use crate::random::SplitMix64;
use crate::real::Real;
use crate::training_set::TrainingSet;
use synth_model::{BodyEq, Features, Ranges};

/// Partials above are never heard (the decoder's band limit) and so never learnt from. Hz.
pub const HIGHEST_PARTIAL_HZ: f32 = 20_000.0;

/// How columns become batches.
#[derive(Clone, Debug)]
pub struct BatchMaker {
    /// How the features are normalised and clamped.
    pub ranges: Ranges,
    /// Standard deviation of the noise on the pitch input, semitones.
    pub pitch_jitter_semitones: f64,
    /// Standard deviation of the noise on the loudness input, dB.
    pub loudness_jitter_db: f64,
    /// A body curve of the points to be learnt; its gains are not read.
    pub curve: BodyEq,
    /// Centre of each noise band, Hz.
    pub band_hz: Vec<f32>,
    /// [`a_power_table`].
    pub a_power: Vec<f32>,
}

/// Step of [`a_power_table`], Hz.
pub const A_POWER_STEP_HZ: f32 = 2.0;

/// A-weighted power of a sine of amplitude 1, as the decoder counts it, every [`A_POWER_STEP_HZ`] up
/// to where the band ends.
#[must_use]
pub fn a_power_table() -> Vec<f32> {
    let count = (BAND_LIMIT_HI_HZ / f64::from(A_POWER_STEP_HZ)) as usize;
    (0..count)
        .map(|n| {
            let f_hz = (n as f64 + 0.5) * f64::from(A_POWER_STEP_HZ);
            sine_loudness_power(f_hz) as f32
        })
        .collect()
}

/// One batch: `input` is `[batch, Features::COUNT]`, row-major.
#[derive(Clone, Debug)]
pub struct Batch<T> {
    /// Network inputs.
    pub input: Vec<T>,
    /// Wanted answers.
    pub target: BatchTarget<T>,
}

impl<T: Real> Batch<T> {
    /// Room for `size` columns like those of `set`.
    #[must_use]
    pub fn new(set: &TrainingSet, size: usize) -> Self {
        let (partials, noise_bands) = (set.partials(), set.noise_bands());
        let zeros = |count: usize| vec![T::zero(); size * count];
        Self {
            input: zeros(Features::COUNT),
            target: BatchTarget {
                partials,
                noise_bands,
                taps: vec![
                    Tap {
                        index: 0,
                        fraction: T::zero()
                    };
                    size * partials
                ],
                partial_db: zeros(partials),
                partial_weight: zeros(partials),
                a_power: zeros(partials),
                noise_db: zeros(noise_bands),
                noise_weight: zeros(noise_bands),
            },
        }
    }
}

impl BatchMaker {
    /// Fills every column of `batch` with a random one of `set`, its inputs jittered.
    ///
    /// Only the inputs are moved: the levels asked for, and where they fall on the body curve, stay
    /// those of the recorded pitch.
    pub fn draw<T: Real>(&self, set: &TrainingSet, rng: &mut SplitMix64, batch: &mut Batch<T>) {
        if set.is_empty() {
            return;
        }
        let (partials, bands) = (set.partials(), set.noise_bands());
        let mut weights = vec![0.0_f32; partials];
        let target = &mut batch.target;
        for (column, input) in batch
            .input
            .as_chunks_mut::<{ Features::COUNT }>()
            .0
            .iter_mut()
            .enumerate()
        {
            let Some(frame) = set.frame(rng.index(set.len())) else {
                continue;
            };
            let semitones = self.pitch_jitter_semitones * rng.normal();
            let decibels = self.loudness_jitter_db * rng.normal();
            let seen = Features {
                f0_hz: frame.f0_hz * (semitones / 12.0).exp2() as f32,
                loudness_db: frame.loudness_db + decibels as f32,
                velocity: frame.velocity,
                z: frame.z,
            };
            for (value, feature) in input.iter_mut().zip(seen.normalised(&self.ranges)) {
                *value = T::from_f64(f64::from(feature));
            }

            let limit_hz = frame.band_limit_hz.min(HIGHEST_PARTIAL_HZ);
            partial_weights(frame.partial_db, frame.f0_hz, limit_hz, &mut weights);
            for (k, &weight) in weights.iter().enumerate() {
                let at = column * partials + k;
                target.taps[at] = Tap::on(&self.curve, (k + 1) as f32 * frame.f0_hz);
                target.partial_db[at] = T::from_f64(f64::from(frame.partial_db[k]));
                target.partial_weight[at] = T::from_f64(f64::from(weight));
                let f_hz = (k + 1) as f32 * frame.f0_hz;
                let place = (f_hz / A_POWER_STEP_HZ) as usize;
                let power = self.a_power.get(place).copied().unwrap_or(0.0);
                target.a_power[at] = T::from_f64(f64::from(power));
            }
            for j in 0..bands {
                let at = column * bands + j;
                let seen = self.band_hz[j] <= frame.band_limit_hz;
                target.noise_db[at] = T::from_f64(f64::from(frame.noise_db[j]));
                target.noise_weight[at] = if seen { T::one() } else { T::zero() };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training_set::TrainingFrame;

    fn maker(jitter: f64) -> BatchMaker {
        BatchMaker {
            ranges: Ranges {
                f0_lo_hz: 27.5,
                f0_hi_hz: 4_200.0,
                loudness_lo_db: -80.0,
                loudness_hi_db: 0.0,
                loudness_centre_db: -30.0,
                velocity_lo: 0.0,
                velocity_hi: 1.0,
            },
            pitch_jitter_semitones: jitter,
            loudness_jitter_db: jitter,
            curve: BodyEq::flat(),
            band_hz: vec![0.0, 15_000.0],
            a_power: a_power_table(),
        }
    }

    #[test]
    fn inputs_and_masks_are_those_of_the_column() {
        let mut set = TrainingSet::new(3, 2);
        let frame = TrainingFrame {
            f0_hz: 880.0,
            loudness_db: -20.0,
            velocity: 0.25,
            z: 0.75,
            partial_db: &[0.0, -35.0, -10.0],
            noise_db: &[-80.0, -90.0],
            band_limit_hz: 2_000.0,
        };
        set.push(&frame).unwrap();
        let mut batch = Batch::<f64>::new(&set, 2);
        maker(0.0).draw(&set, &mut SplitMix64::new(1), &mut batch);
        for input in batch.input.as_chunks::<{ Features::COUNT }>().0 {
            assert_eq!(*input, [0.5, 0.5, 0.25, 0.75]);
        }
        let weights = &batch.target.partial_weight;
        assert!((weights[1] - 0.51).abs() < 1e-6 && weights[2] == 0.0);
        assert_eq!(batch.target.noise_weight, [1.0, 0.0, 1.0, 0.0]);
        assert_eq!(batch.target.taps[1], Tap::on(&BodyEq::flat(), 1_760.0));
    }

    #[test]
    fn jitter_moves_the_inputs_and_nothing_else() {
        let mut set = TrainingSet::new(1, 2);
        let frame = TrainingFrame {
            f0_hz: 440.0,
            loudness_db: -30.0,
            velocity: 1.0,
            z: 0.0,
            partial_db: &[-3.0],
            noise_db: &[-80.0, -90.0],
            band_limit_hz: 20_000.0,
        };
        set.push(&frame).unwrap();
        let mut batch = Batch::<f64>::new(&set, 4000);
        maker(1.5).draw(&set, &mut SplitMix64::new(1), &mut batch);
        let deviation = |feature: usize| {
            let inputs = batch.input.as_chunks::<{ Features::COUNT }>().0.iter();
            (inputs.map(|input| input[feature].powi(2)).sum::<f64>() / 4000.0).sqrt()
        };
        assert!((deviation(0) * 24.0 - 1.5).abs() < 0.06, "semitones");
        assert!((deviation(1) * 20.0 - 1.5).abs() < 0.06, "dB");
        let first = batch.target.taps[0];
        assert!(batch.target.taps.iter().all(|tap| *tap == first));
        assert!(batch.target.partial_db.iter().all(|&db| db == -3.0));
    }
}
