//! Three instruments made from published analytic spectra, so that the synth plays before anybody
//! has recorded anything.
//!
//! Each is a set of formulas (their sources stand in `starter/bowed.rs`, `reed.rs` and `flute.rs`) from
//! which random columns are computed and fitted with the same loop as recordings. They are
//! synthetic and say so in their metadata.

mod bowed;
mod columns;
mod flute;
mod playing;
mod programs;
mod reed;
mod spectrum;

use crate::evaluate::{Answers, EvaluateError, evaluate};
use crate::fit::{FitError, FitSettings, fit};
use crate::output_range::output_range;
use crate::random::SplitMix64;
use crate::training_set::{TrainingSet, TrainingSetError};
use columns::Plan;
use playing::Manner;
use spectrum::Spectrum;
use std::collections::BTreeMap;
use synth_model::{CurveTableError, Instrument, InstrumentError, Metadata, ModelShape};
use thiserror::Error;

/// A starter instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StarterKind {
    /// Bowed string in a violin-family body.
    Bowed,
    /// Reed on a cylindrical bore.
    Reed,
    /// Flute.
    Flute,
}

/// How a starter instrument is made.
#[derive(Clone, Debug, PartialEq)]
pub struct StarterSettings {
    /// The fit. Formulas need no jitter: there is no lack of columns to smooth over.
    pub fit: FitSettings,
    /// Columns to learn from.
    pub columns: usize,
    /// Columns held out for the figures in the metadata.
    pub held_out_columns: usize,
}

impl Default for StarterSettings {
    fn default() -> Self {
        Self {
            fit: FitSettings {
                pitch_jitter_semitones: 0.0,
                loudness_jitter_db: 0.0,
                ..FitSettings::default()
            },
            columns: 24_576,
            held_out_columns: 2_048,
        }
    }
}

/// Why a starter instrument could not be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StarterError {
    /// A computed column is not usable.
    #[error("the formulas gave a column that cannot be used: {0}")]
    Column(#[from] TrainingSetError),
    /// The fit failed.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// The finished instrument could not be compared with its formulas.
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
    /// An expression table is not valid.
    #[error("an expression table of the starter instrument cannot be used: {0}")]
    Table(#[from] CurveTableError),
    /// The instrument as a whole is not valid.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
}

/// Purposes of the random streams beside those of the fit.
const TRAINING_STREAM: u64 = 16;
const HELD_OUT_STREAM: u64 = 17;

/// Fits a starter instrument with the default settings and this seed.
///
/// # Errors
/// [`StarterError`]; not with the settings as they are.
pub fn train(kind: StarterKind, seed: u64) -> Result<Instrument, StarterError> {
    let mut settings = StarterSettings::default();
    settings.fit.seed = seed;
    train_with(kind, &settings)
}

/// Fits a starter instrument with settings of one's own.
///
/// # Errors
/// [`StarterError`] says which part failed.
pub fn train_with(
    kind: StarterKind,
    settings: &StarterSettings,
) -> Result<Instrument, StarterError> {
    let shape = ModelShape {
        hidden: settings.fit.hidden.clone(),
        ..ModelShape::instrument()
    };
    let plan = Plan::new(kind.spectrum(), &shape);
    let ranges = plan.ranges();
    let seed = settings.fit.seed;
    let mut rng = SplitMix64::for_purpose(seed, TRAINING_STREAM);
    let set = plan.random_columns(&ranges, settings.columns, &mut rng)?;
    let fitted = fit(&set, &ranges, &settings.fit)?;

    let outputs = output_range(&fitted.network, &ranges, &set);
    let manner = kind.manner();
    let mut instrument = Instrument {
        metadata: kind.metadata(settings),
        network: fitted.network,
        body_eq: fitted.body_eq,
        ranges,
        outputs,
        expression: manner.expression(playing::planned_sustain_table(&plan)?)?,
    };
    let mut answers = Answers::new(&instrument)?;
    let (partials, bands) = (shape.partials, shape.noise_bands);
    let sustain = playing::sustain_table(&plan, &mut answers, partials, bands)?;
    instrument.expression.sustain_db = sustain;

    let held_out = held_out_columns(kind, settings.held_out_columns, seed)?;
    let evaluation = evaluate(&instrument, &held_out)?;
    let figures = &mut instrument.metadata.held_out;
    // Three decimals say all there is to say, and read the same in every file viewer.
    let rounded = |db: f64| (db * 1e3).round() / 1e3;
    figures.insert(
        "harmonic_error_db".into(),
        rounded(evaluation.harmonic_error_db),
    );
    figures.insert("noise_error_db".into(), rounded(evaluation.noise_error_db));
    instrument.check()?;
    Ok(instrument)
}

/// Random columns of an instrument's formulas that no fit of this seed has seen.
///
/// # Errors
/// [`StarterError::Column`]; not with the formulas as they are.
pub fn held_out_columns(
    kind: StarterKind,
    count: usize,
    seed: u64,
) -> Result<TrainingSet, StarterError> {
    let plan = Plan::new(kind.spectrum(), &ModelShape::instrument());
    let mut rng = SplitMix64::for_purpose(seed, HELD_OUT_STREAM);
    Ok(plan.random_columns(&plan.ranges(), count, &mut rng)?)
}

impl StarterKind {
    /// Every starter instrument.
    pub const ALL: [Self; 3] = [Self::Bowed, Self::Reed, Self::Flute];

    /// Name of the instrument's file, without `.synth`.
    #[must_use]
    pub fn file_stem(self) -> &'static str {
        match self {
            Self::Bowed => "bowed",
            Self::Reed => "reed",
            Self::Flute => "flute",
        }
    }

    fn spectrum(self) -> &'static dyn Spectrum {
        match self {
            Self::Bowed => &bowed::Bowed,
            Self::Reed => &reed::Reed,
            Self::Flute => &flute::Flute,
        }
    }

    /// Vibrato and unsteadiness lie near those measured on recordings of a violin (5.6 Hz, 16 cents)
    /// and a saxophone (hardly any), with a loudness unsteady by 0.5 to 1 dB; the flute's are chosen
    /// between them. Attacks are not the measured ones: a violin that takes 129 ms to -3 dB would
    /// hardly speak on the short notes of a MIDI file.
    fn manner(self) -> Manner {
        match self {
            Self::Bowed => Manner {
                attack_s: (0.075, 0.045),
                soft_attack_factor: 1.8,
                release_s: (0.30, 0.24),
                vibrato: [5.6, 16.0, 0.15, 0.25],
                fluctuation: [0.7, 1.5],
                drift: [3.0, 0.4],
            },
            Self::Reed => Manner {
                attack_s: (0.032, 0.026),
                soft_attack_factor: 1.4,
                release_s: (0.24, 0.18),
                vibrato: [4.5, 1.0, 0.30, 0.40],
                fluctuation: [0.5, 1.5],
                drift: [2.5, 0.4],
            },
            Self::Flute => Manner {
                attack_s: (0.055, 0.040),
                soft_attack_factor: 1.6,
                release_s: (0.26, 0.20),
                vibrato: [5.0, 8.0, 0.20, 0.30],
                fluctuation: [0.7, 1.5],
                drift: [3.0, 0.4],
            },
        }
    }

    fn metadata(self, settings: &StarterSettings) -> Metadata {
        let (name, source) = match self {
            Self::Bowed => (
                "Bowed string",
                "Analytic: Helmholtz motion with rounded corner and bow position (Cremer 1984, \
                 Schelleng 1973), violin-family body modes (Bissinger 2008, Jansson 1997).",
            ),
            Self::Reed => (
                "Reed",
                "Analytic: cylindrical bore with tone-hole cutoff (Benade 1976, Benade and \
                 Kouzoupis 1988), growth of partials with blowing (Worman 1971).",
            ),
            Self::Flute => (
                "Flute",
                "Analytic: evenly falling partials (Fletcher 1975, Coltman 1968), turbulence \
                 noise of the jet (Verge and Hirschberg 1995).",
            ),
        };
        let fit = &settings.fit;
        let training: [(&str, String); 8] = [
            ("seed", fit.seed.to_string()),
            ("steps", fit.steps.to_string()),
            ("batch", fit.batch.to_string()),
            ("learning_rate", fit.learning_rate.to_string()),
            ("weight_decay", fit.weight_decay.to_string()),
            ("noise_share", fit.noise_share.to_string()),
            ("columns", settings.columns.to_string()),
            ("held_out_columns", settings.held_out_columns.to_string()),
        ];
        Metadata {
            name: name.into(),
            author: "the ane-synth developers".into(),
            licence: "MIT".into(),
            source: source.into(),
            synthetic: true,
            sample_rate_hz: 44_100,
            hop: 64,
            programs: programs::programs(self),
            bank: 0,
            held_out: BTreeMap::new(),
            training: training
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
            unknown: BTreeMap::new(),
        }
    }
}
