//! How far an instrument is from columns it was not fitted to.

use crate::loss::audibility;
use crate::loudness::{BAND_LIMIT_LO_HZ, loudness_db};
use crate::perceptron::{Perceptron, Workspace};
use crate::training_set::TrainingSet;
use synth_model::{Decoder, Features, Instrument, InstrumentError};
use thiserror::Error;

/// Partials farther below the loudest of their column do not count.
const COUNTED_DB: f32 = 60.0;

/// Errors over a set, both in dB.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// Audibility-weighted mean absolute error of the partials within 60 dB of their column's
    /// loudest one and below 19 kHz, after both spectra are brought to the same A-weighted power.
    pub harmonic_error_db: f64,
    /// Mean absolute error of the noise bands.
    pub noise_error_db: f64,
}

/// Why an instrument cannot be evaluated.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// The instrument itself is not valid.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    /// There is nothing to compare with.
    #[error("the evaluation set is empty; hold out some columns")]
    Empty,
    /// The set has other sizes than the instrument.
    #[error(
        "the set holds columns of {set:?} (partials, noise bands), the instrument answers {instrument:?}; analyse with the instrument's sizes"
    )]
    Sizes {
        /// Partials and bands of the set.
        set: (usize, usize),
        /// Partials and bands of the instrument.
        instrument: (usize, usize),
    },
    /// The network's answer for a column was not finite.
    #[error("the network's answer for column {0} is not finite; fit the instrument again")]
    NotFinite(usize),
}

/// An instrument's answers for chosen features, computed on the spot in f32: what the synth will
/// play, without a device.
#[derive(Clone, Debug)]
pub struct Answers<'a> {
    instrument: &'a Instrument,
    network: Perceptron<f32>,
    work: Workspace<f32>,
    decoder: Decoder,
}

impl<'a> Answers<'a> {
    /// Prepares an instrument.
    ///
    /// # Errors
    /// When the instrument does not pass its check.
    pub fn new(instrument: &'a Instrument) -> Result<Self, InstrumentError> {
        let decoder = Decoder::new(instrument)?;
        let network = Perceptron::from_network(&instrument.network);
        let work = Workspace::new(&network, 1);
        Ok(Self {
            instrument,
            network,
            work,
            decoder,
        })
    }

    /// Partial amplitudes (unit A-weighted power) and noise densities for one column; false when
    /// the answer was not finite.
    pub fn column(&mut self, features: &Features, partials: &mut [f32], noise: &mut [f32]) -> bool {
        let mut input = [0.0; Features::COUNT];
        self.instrument.write_features(features, &mut input, 1, 0);
        self.network.forward(&input, &mut self.work);
        let output = self.work.output();
        let expression = &self.instrument.expression;
        let tilt_db = expression.tilt_db_at(features.f0_hz, features.velocity);
        let heard = self
            .decoder
            .tilted_harmonics(output, 1, 0, features.f0_hz, tilt_db, partials);
        self.decoder.noise(output, 1, 0, noise) && heard
    }
}

/// Compares an instrument's decoded answers with a set.
///
/// # Errors
/// [`EvaluateError`] when the instrument or the set cannot be used.
pub fn evaluate(instrument: &Instrument, set: &TrainingSet) -> Result<Evaluation, EvaluateError> {
    let shape = &instrument.network.shape;
    let sizes = (shape.partials, shape.noise_bands);
    if (set.partials(), set.noise_bands()) != sizes {
        let set = (set.partials(), set.noise_bands());
        return Err(EvaluateError::Sizes {
            set,
            instrument: sizes,
        });
    }
    if set.is_empty() {
        return Err(EvaluateError::Empty);
    }
    let mut answers = Answers::new(instrument)?;
    let mut partials = vec![0.0_f32; sizes.0];
    let mut noise = vec![0.0_f32; sizes.1];
    let band_hz = crate::fit::band_centres_hz(sizes.1);
    let mut counted_bands = 0.0;
    let (mut error, mut weight, mut noise_error) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (index, frame) in (0..set.len()).filter_map(|i| set.frame(i)).enumerate() {
        let features = Features {
            f0_hz: frame.f0_hz,
            loudness_db: frame.loudness_db,
            velocity: frame.velocity,
            z: frame.z,
        };
        if !answers.column(&features, &mut partials, &mut noise) {
            return Err(EvaluateError::NotFinite(index));
        }
        let limit_hz = frame.band_limit_hz.min(BAND_LIMIT_LO_HZ as f32);
        let heard = ((limit_hz / frame.f0_hz) as usize).min(sizes.0);
        let wanted = &frame.partial_db[..heard];
        let wide: Vec<f64> = wanted.iter().map(|&db| f64::from(db)).collect();
        let got: Vec<f64> = partials[..heard]
            .iter()
            .map(|&a| 20.0 * f64::from(a.max(1e-12)).log10())
            .collect();
        let f0_hz = f64::from(frame.f0_hz);
        let apart_db = loudness_db(&got, f0_hz) - loudness_db(&wide, f0_hz);
        let loudest = wanted.iter().copied().fold(f32::MIN, f32::max);
        for ((&wanted, wide), got) in wanted.iter().zip(&wide).zip(&got) {
            let below_db = loudest - wanted;
            if below_db <= COUNTED_DB {
                let share = f64::from(audibility(below_db));
                error += share * (got - apart_db - wide).abs();
                weight += share;
            }
        }
        // Bands beyond the source were not learnt from.
        let bands = noise.iter().zip(frame.noise_db).zip(&band_hz);
        for ((&density, &wanted_db), _) in bands.filter(|&(_, &f)| f <= frame.band_limit_hz) {
            let got_db = 10.0 * f64::from(density.max(1e-30)).log10();
            noise_error += (got_db - f64::from(wanted_db)).abs();
            counted_bands += 1.0;
        }
    }
    Ok(Evaluation {
        harmonic_error_db: error / weight.max(1e-9),
        noise_error_db: noise_error / f64::max(counted_bands, 1.0),
    })
}
