//! The regression loop: a training set in, an instrument's network and body EQ out.

use crate::adamw::{AdamW, cosine_rate};
use crate::batch::{Batch, BatchMaker, a_power_table};
use crate::loss::{DB_PER_UNIT, Loss};
use crate::model::Model;
use crate::perceptron::{Perceptron, Workspace};
use crate::random::SplitMix64;
use crate::training_set::TrainingSet;
use synth_dsp::filtered_noise::NOISE_BAND_SPACING_HZ;
use synth_model::{BodyEq, Features, Head, ModelShape, Network, NetworkError, Ranges, ShapeError};
use thiserror::Error;

/// How a fit is run. The default is the recipe found best on held-out pitches of recordings.
#[derive(Clone, Debug, PartialEq)]
pub struct FitSettings {
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Optimiser steps.
    pub steps: usize,
    /// Columns drawn for a step.
    pub batch: usize,
    /// Highest learning rate of the cosine.
    pub learning_rate: f64,
    /// Decoupled weight decay, times the learning rate.
    pub weight_decay: f64,
    /// Standard deviation of the noise on the pitch input, semitones.
    pub pitch_jitter_semitones: f64,
    /// Standard deviation of the noise on the loudness input, dB.
    pub loudness_jitter_db: f64,
    /// Weight of the noise error beside the partials'.
    pub noise_share: f64,
    /// Seed of the weights, the draws and the jitter.
    pub seed: u64,
}

impl Default for FitSettings {
    fn default() -> Self {
        Self {
            hidden: ModelShape::instrument().hidden,
            steps: 2_000,
            batch: 512,
            learning_rate: 2e-3,
            weight_decay: 1e-4,
            pitch_jitter_semitones: 1.5,
            loudness_jitter_db: 2.0,
            noise_share: 0.3,
            seed: 1,
        }
    }
}

/// What a fit leaves behind.
#[derive(Clone, Debug)]
pub struct Fit {
    /// The network, rounded to FP16.
    pub network: Network,
    /// The body curve.
    pub body_eq: BodyEq,
    /// Mean training loss over the last tenth of the steps.
    pub loss: Loss,
}

/// Why a fit gave no network.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FitError {
    /// There is nothing to learn from.
    #[error("the training set is empty; analyse at least one recording into it first")]
    Empty,
    /// The settings ask for no step or no column.
    #[error("a fit needs at least one step and one column a step; raise `steps` or `batch`")]
    Settings,
    /// The set's sizes make no network.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The parameters ran away.
    #[error(
        "the fit ran away at step {step}; use a lower learning rate or look for outliers in the columns"
    )]
    Diverged {
        /// The step after which a value was not finite.
        step: usize,
    },
    /// The trained weights are no instrument's.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

/// Steps between two looks at whether the parameters are still numbers.
const CHECK_STEPS: usize = 64;

/// Fits a network and a body curve to a training set.
///
/// One thread, and every draw from `settings.seed`: the same call gives the same bits again on the
/// same kind of machine (the matrix product takes the widest instructions there are, and they round
/// differently).
///
/// # Errors
/// [`FitError`] when the set is empty, a size is not usable, or the parameters are not finite.
pub fn fit(set: &TrainingSet, ranges: &Ranges, settings: &FitSettings) -> Result<Fit, FitError> {
    match fit_watched(set, ranges, settings, &|_, _| true)? {
        Some(fit) => Ok(fit),
        None => Err(FitError::Settings),
    }
}

/// As [`fit()`], telling `watch` the number of steps made and the loss now and then; `None` when it
/// answers false.
///
/// # Errors
/// As [`fit()`].
pub fn fit_watched(
    set: &TrainingSet,
    ranges: &Ranges,
    settings: &FitSettings,
    watch: &dyn Fn(usize, Loss) -> bool,
) -> Result<Option<Fit>, FitError> {
    if set.is_empty() {
        return Err(FitError::Empty);
    }
    if settings.steps == 0 || settings.batch == 0 {
        return Err(FitError::Settings);
    }
    let shape = ModelShape {
        inputs: Features::COUNT,
        hidden: settings.hidden.clone(),
        partials: set.partials(),
        noise_bands: set.noise_bands(),
        head: Head::LogDomain,
    };
    shape.check()?;
    let maker = BatchMaker {
        ranges: *ranges,
        pitch_jitter_semitones: settings.pitch_jitter_semitones,
        loudness_jitter_db: settings.loudness_jitter_db,
        curve: BodyEq::flat(),
        band_hz: band_centres_hz(set.noise_bands()),
        a_power: a_power_table(),
    };
    let mut model = initial_model(&shape, set, &maker, settings.seed);
    let mut gradient = model.zeros_like();
    let mut optimiser = AdamW::new(&model.group_lengths(), settings.weight_decay);
    let mut work = Workspace::new(&model.network, settings.batch);
    let mut batch = Batch::<f32>::new(set, settings.batch);
    let mut draws = SplitMix64::for_purpose(settings.seed, 2);

    let late = settings.steps - (settings.steps / 10).max(1);
    let mut sum = Loss::default();
    for step in 0..settings.steps {
        maker.draw(set, &mut draws, &mut batch);
        let share = settings.noise_share;
        let loss = model.loss_and_gradient(&batch, share, &mut work, &mut gradient);
        let rate = cosine_rate(settings.learning_rate, step, settings.steps);
        optimiser.update(rate, model.pairs_with(&gradient));
        if step >= late {
            sum.partial_db += loss.partial_db;
            sum.noise_db += loss.noise_db;
        }
        let look = step % CHECK_STEPS == 0 || step + 1 == settings.steps;
        if look && !model.is_finite() {
            return Err(FitError::Diverged { step });
        }
        if look && !watch(step + 1, loss) {
            return Ok(None);
        }
    }
    let count = (settings.steps - late) as f64;
    let loss = Loss {
        partial_db: sum.partial_db / count,
        noise_db: sum.noise_db / count,
    };
    let (network, body_eq) = model.to_instrument_parts(shape)?;
    Ok(Some(Fit {
        network,
        body_eq,
        loss,
    }))
}

/// Centre of each of so many noise bands, Hz.
pub(crate) fn band_centres_hz(bands: usize) -> Vec<f32> {
    (0..bands)
        .map(|j| (j as f64 * NOISE_BAND_SPACING_HZ) as f32)
        .collect()
}

/// Random weights, output biases at the set's mean levels: the first steps need not find the level.
fn initial_model(
    shape: &ModelShape,
    set: &TrainingSet,
    maker: &BatchMaker,
    seed: u64,
) -> Model<f32> {
    let mut widths = vec![shape.inputs];
    widths.extend(shape.layer_sizes().iter().map(|&(_, outputs)| outputs));
    let mut network = Perceptron::random(&widths, &mut SplitMix64::for_purpose(seed, 1));
    let (partials, noise) = set.row_means_db(&maker.band_hz);
    if let Some(last) = network.layers.last_mut() {
        let levels = partials.iter().chain(std::iter::once(&0.0)).chain(&noise);
        for (bias, level_db) in last.bias.iter_mut().zip(levels) {
            *bias = (level_db / DB_PER_UNIT) as f32;
        }
    }
    Model {
        network,
        curve: vec![0.0; maker.curve.gain_db.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training_set::TrainingFrame;

    const RANGES: Ranges = Ranges {
        f0_lo_hz: 27.5,
        f0_hi_hz: 4_200.0,
        loudness_lo_db: -70.0,
        loudness_hi_db: -10.0,
        loudness_centre_db: -40.0,
        velocity_lo: 0.0,
        velocity_hi: 1.0,
    };

    fn small_settings() -> FitSettings {
        FitSettings {
            hidden: vec![24, 24],
            steps: 300,
            batch: 64,
            learning_rate: 6e-3,
            pitch_jitter_semitones: 0.0,
            loudness_jitter_db: 0.0,
            ..FitSettings::default()
        }
    }

    /// Partials falling by 3 dB each, brighter when loud, with a resonance at 1 kHz.
    fn small_set() -> TrainingSet {
        let mut rng = SplitMix64::new(5);
        let mut set = TrainingSet::new(12, 4);
        for _ in 0..1_500 {
            let f0_hz = (rng.between(6.0, 11.0)).exp2() as f32;
            let loudness_db = rng.between(-70.0, -10.0) as f32;
            let partial = |k: usize| {
                let octaves = (k as f32 * f0_hz / 1_000.0).log2();
                let resonance = 15.0 * (-4.0 * octaves * octaves).exp();
                loudness_db + resonance - k as f32 * (3.0 - 0.03 * (loudness_db + 40.0))
            };
            let levels: Vec<f64> = (1..=12).map(|k| f64::from(partial(k))).collect();
            let reference_db = crate::loudness::loudness_db(&levels, f64::from(f0_hz));
            let partial_db: Vec<f32> = levels.iter().map(|db| (db - reference_db) as f32).collect();
            let noise_db: Vec<f32> = (0..4).map(|j| loudness_db - 50.0 - j as f32).collect();
            let frame = TrainingFrame {
                f0_hz,
                loudness_db,
                velocity: rng.uniform() as f32,
                z: 0.0,
                partial_db: &partial_db,
                noise_db: &noise_db,
                band_limit_hz: 20_000.0,
            };
            set.push(&frame).unwrap();
        }
        set
    }

    #[test]
    fn a_small_spectrum_is_learnt_and_its_resonance_goes_to_the_body() {
        let fit = fit(&small_set(), &RANGES, &small_settings()).unwrap();
        assert!(
            fit.loss.partial_db < 1.2 && fit.loss.noise_db < 1.0,
            "{:?}",
            fit.loss
        );
        let gain = |f_hz: f32| fit.body_eq.gain_db_at(f_hz);
        assert!(gain(1_000.0) > gain(400.0) + 6.0 && gain(1_000.0) > gain(2_500.0) + 6.0);
    }

    #[test]
    fn a_seed_fixes_every_bit() {
        let set = small_set();
        let settings = FitSettings {
            steps: 20,
            ..small_settings()
        };
        let once = fit(&set, &RANGES, &settings).unwrap();
        let twice = fit(&set, &RANGES, &settings).unwrap();
        assert_eq!(once.network, twice.network);
        assert_eq!(once.body_eq, twice.body_eq);
        let other = fit(
            &set,
            &RANGES,
            &FitSettings {
                seed: 2,
                ..settings
            },
        )
        .unwrap();
        assert_ne!(once.network, other.network);
    }

    #[test]
    fn runaway_and_empty_fits_are_refused() {
        let wild = FitSettings {
            learning_rate: 1e30,
            ..small_settings()
        };
        assert!(matches!(
            fit(&small_set(), &RANGES, &wild),
            Err(FitError::Diverged { .. })
        ));
        let none = TrainingSet::new(12, 4);
        assert_eq!(
            fit(&none, &RANGES, &small_settings()).unwrap_err(),
            FitError::Empty
        );
        let idle = FitSettings {
            steps: 0,
            ..small_settings()
        };
        assert_eq!(
            fit(&small_set(), &RANGES, &idle).unwrap_err(),
            FitError::Settings
        );
        let empty_layer = FitSettings {
            hidden: vec![0],
            ..small_settings()
        };
        assert!(matches!(
            fit(&small_set(), &RANGES, &empty_layer),
            Err(FitError::Shape(_))
        ));
    }
}
