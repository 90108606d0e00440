//! The whole way from a folder of recordings to an instrument.

use crate::analysis::NoteAnalysis;
use crate::corpus::{Corpus, CorpusNote, RecordingSource, Watcher, analyse_corpus, held_out_keys};
use crate::dynamics::Dynamics;
use crate::evaluate::Answers;
use crate::fit::{FitError, FitSettings, fit_watched};
use crate::output_range::output_range;
use crate::playing::{self, NoiseLevels};
use crate::strangers::strangers;
use crate::tilt::{TiltError, tilt_table};
use crate::training_set::{TrainingFrame, TrainingSet, TrainingSetError};
use crate::unrecorded::{continue_noise, continue_partials};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use synth_model::{
    CurveTableError, Features, Instrument, InstrumentError, Metadata, Ranges, a_weighting,
    attackness,
};
use thiserror::Error;

/// Fewest distinct pitches that make an instrument.
pub const FEWEST_PITCHES: usize = 3;
/// Least sounding audio that makes an instrument, s.
pub const LEAST_S: f64 = 5.0;
/// Most columns of a note that are learnt from, evenly spread: longer notes say no more.
const MOST_COLUMNS: usize = 1_500;
/// Most columns in all: bounds the memory.
const MOST_COLUMNS_IN_ALL: usize = 400_000;
/// Level that the loudest dynamic is brought to on the mean, midway between its power and its
/// A-weighted power, dB re full scale.
const TARGET_DB: f64 = -24.0;
/// The network sees loudness between these shares of all columns.
const LOUDNESS_QUANTILES: [f64; 2] = [0.03, 0.995];
/// The network sees pitches so far beyond the recorded ones, semitones.
const PITCH_MARGIN: f64 = 2.0;

/// What an instrument says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// Name shown to the player.
    pub name: String,
    /// Who made it.
    pub author: String,
    /// Its licence.
    pub licence: String,
    /// Where the recordings come from.
    pub source: String,
    /// General MIDI programs it is meant for.
    pub programs: Vec<u8>,
    /// Their bank.
    pub bank: u16,
}

/// How an instrument is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainSettings {
    /// The fit.
    pub fit: FitSettings,
    /// Leave every fourth pitch out, for [`crate::evaluation`].
    pub hold_out: bool,
    /// Threads of the analysis; the answer does not depend on it.
    pub threads: usize,
    /// What the instrument says of itself.
    pub about: About,
}

/// Why no instrument came of it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The watcher gave up.
    #[error("cancelled")]
    Cancelled,
    /// The source is empty.
    #[error("there is no recording to learn from")]
    NoRecordings,
    /// No note could be used.
    #[error("none of the {files} files holds a note that can be used")]
    NoNotes {
        /// Files looked at.
        files: usize,
    },
    /// Too few pitches.
    #[error(
        "the notes that can be used have only {pitches} different pitches; an instrument needs at least {FEWEST_PITCHES}, and 8 or more to sound good"
    )]
    Pitches {
        /// Distinct pitches.
        pitches: usize,
    },
    /// Too little sound.
    #[error(
        "the notes that can be used sound for {seconds:.1} s in all; an instrument needs at least {LEAST_S:.0} s, and 30 or more to sound good"
    )]
    Short {
        /// Sounding time, s.
        seconds: f64,
    },
    /// The fit failed.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// A measured column is not usable.
    #[error("a measured column cannot be used: {0}")]
    Column(#[from] TrainingSetError),
    /// An expression table is not valid.
    #[error("an expression table cannot be used: {0}")]
    Table(#[from] CurveTableError),
    /// The tilts are not valid.
    #[error(transparent)]
    Tilt(#[from] TiltError),
    /// The instrument as a whole is not valid.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
}

/// What was learnt from.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainSummary {
    /// Notes learnt from (channels of a note count once).
    pub notes: usize,
    /// Distinct pitches of those.
    pub pitches: usize,
    /// Distinct dynamics named by the files.
    pub dynamics: Vec<String>,
    /// Sounding time, s.
    pub seconds: f64,
    /// Whether the level of the recordings says nothing of how loud the notes were.
    pub levelled: bool,
    /// Loudest over softest dynamic, dB.
    pub range_db: Option<f32>,
    /// Whether the recordings hold releases.
    pub releases: bool,
    /// Files learnt from.
    pub used: Vec<String>,
    /// Files held out.
    pub held_out: Vec<String>,
    /// Files left out, and why.
    pub left_out: Vec<(String, String)>,
    /// Time for reading and analysing, for the fit, and for the rest.
    pub analysis_time: Duration,
    /// See `analysis_time`.
    pub fit_time: Duration,
    /// See `analysis_time`.
    pub rest_time: Duration,
    /// Loss at the end of the fit.
    pub loss: crate::loss::Loss,
}

/// A trained instrument and what it was trained from.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The instrument, checked.
    pub instrument: Instrument,
    /// For the person who trained it.
    pub summary: TrainSummary,
}

/// Trains an instrument.
///
/// The same recordings, settings and kind of machine give the same instrument, whatever the number
/// of threads.
///
/// # Errors
/// [`TrainError`] says what is missing or went wrong.
pub fn train(
    source: &dyn RecordingSource,
    settings: &TrainSettings,
    watcher: &dyn Watcher,
) -> Result<Trained, TrainError> {
    if source.names().is_empty() {
        return Err(TrainError::NoRecordings);
    }
    let started = Instant::now();
    let corpus = analyse_corpus(source, settings.threads, watcher).ok_or(TrainError::Cancelled)?;
    let analysis_time = started.elapsed();
    train_corpus(corpus, settings, watcher, analysis_time)
}

/// Trains an instrument from notes that are analysed already.
///
/// # Errors
/// As [`train`].
pub fn train_corpus(
    mut corpus: Corpus,
    settings: &TrainSettings,
    watcher: &dyn Watcher,
    analysis_time: Duration,
) -> Result<Trained, TrainError> {
    if corpus.notes.is_empty() {
        return Err(TrainError::NoNotes {
            files: corpus.files.len(),
        });
    }
    let held_out = if settings.hold_out {
        held_out_keys(&corpus.keys())
    } else {
        Vec::new()
    };
    let held_out_files = file_names(&corpus, |note| held_out.contains(&note.key));
    corpus.notes.retain(|note| !held_out.contains(&note.key));
    leave_strangers_out(&mut corpus, watcher);
    refuse_too_little(&corpus)?;
    corpus.reset_levels();
    let dynamics = Dynamics::of(&corpus.notes);
    for index in 0..corpus.notes.len() {
        corpus.notes[index].velocity = dynamics.velocity(&corpus.notes[index]);
    }
    corpus.set_levels(0.0, &dynamics);
    corpus.set_levels(playing_gain_db(&corpus.notes), &dynamics);

    let started = Instant::now();
    let set = training_set(&corpus.notes)?;
    let ranges = ranges(&corpus.notes, &set);
    let fitted = fit_watched(&set, &ranges, &settings.fit, &|step, loss| {
        watcher.fitted(step, settings.fit.steps, loss);
        !watcher.cancelled()
    })?
    .ok_or(TrainError::Cancelled)?;
    let fit_time = started.elapsed();

    let started = Instant::now();
    let outputs = output_range(&fitted.network, &ranges, &set);
    let mut instrument = Instrument {
        metadata: metadata(&corpus, settings, &dynamics, &held_out_files),
        network: fitted.network,
        body_eq: fitted.body_eq,
        ranges,
        outputs,
        expression: playing::expression(&corpus.notes, &dynamics)?,
    };
    if !dynamics.levelled {
        let velocities: Vec<f32> = corpus.notes.iter().map(|note| note.velocity).collect();
        instrument.expression.tilt_db = tilt_table(&instrument, &velocities)?;
    }
    let levels = noise_levels(&instrument, &corpus.notes)?;
    instrument.expression.onset_noise_db = playing::onset_noise_table(&corpus.notes, &levels)?;
    instrument.check()?;
    let used = file_names(&corpus, |_| true);
    let first_channels = || corpus.notes.iter().filter(|note| note.channel == 0);
    let mut dynamic_names: Vec<(f32, String)> = first_channels()
        .filter(|note| !note.dynamic.is_empty())
        .map(|note| (note.velocity, note.dynamic.clone()))
        .collect();
    dynamic_names.sort_by(|a, b| a.0.total_cmp(&b.0));
    dynamic_names.dedup();
    let left_out = corpus.files.iter();
    let left_out = left_out.filter_map(|f| Some((f.name.clone(), f.problem.clone()?)));
    let summary = TrainSummary {
        notes: first_channels().count(),
        pitches: corpus.keys().len(),
        dynamics: dynamic_names.into_iter().map(|(_, name)| name).collect(),
        seconds: sounding_s(&corpus.notes),
        levelled: dynamics.levelled,
        range_db: dynamics.range_db,
        releases: first_channels().any(|note| note.analysis.has_release),
        used,
        held_out: held_out_files,
        left_out: left_out.collect(),
        analysis_time,
        fit_time,
        rest_time: started.elapsed(),
        loss: fitted.loss,
    };
    Ok(Trained {
        instrument,
        summary,
    })
}

/// Names of the files that hold a note of a kind, in order.
fn file_names(corpus: &Corpus, of_kind: impl Fn(&CorpusNote) -> bool) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for note in corpus.notes.iter().filter(|note| of_kind(note)) {
        if names.last() != Some(&note.file) {
            names.push(note.file.clone());
        }
    }
    names
}

fn sounding_s(notes: &[CorpusNote]) -> f64 {
    let first = notes.iter().filter(|note| note.channel == 0);
    first
        .map(|note| note.analysis.sounding.len() as f64 * note.analysis.hop_s())
        .sum()
}

/// Leaves out what another instrument played, and says so.
fn leave_strangers_out(corpus: &mut Corpus, watcher: &dyn Watcher) {
    let found = strangers(&corpus.notes);
    let common_db = found.common_db;
    for &(index, db) in &found.notes {
        let file = &corpus.notes[index].file;
        let what = format!(
            "sounds unlike the notes around its pitch ({db:.0} dB apart, where others are {common_db:.0})"
        );
        if found.too_many {
            let what = format!("{what}; the folder seems to hold two instruments, keep them apart");
            watcher.warning(file, &what);
        } else {
            watcher.warning(file, &format!("{what}: another instrument? left out"));
        }
    }
    if found.too_many {
        return;
    }
    for &(index, _) in found.notes.iter().rev() {
        let note = corpus.notes.remove(index);
        let file = &mut corpus.files[note.file_index];
        file.notes = file.notes.saturating_sub(1);
        if file.notes == 0 {
            file.problem = Some("sounds like another instrument".to_owned());
        }
    }
}

fn refuse_too_little(corpus: &Corpus) -> Result<(), TrainError> {
    let pitches = corpus.keys().len();
    if pitches < FEWEST_PITCHES {
        return Err(TrainError::Pitches { pitches });
    }
    let seconds = sounding_s(&corpus.notes);
    if seconds < LEAST_S {
        return Err(TrainError::Short { seconds });
    }
    Ok(())
}

/// What brings the loudest dynamic's sustains to [`TARGET_DB`] on the mean: recordings come at any
/// level, instruments are to be played together.
fn playing_gain_db(notes: &[CorpusNote]) -> f32 {
    let loudest = notes.iter().map(|n| n.velocity).fold(0.0, f32::max);
    let levels = notes
        .iter()
        .filter(|note| note.velocity > loudest - 0.05)
        .map(|note| {
            let plain = sustain_power_db(&note.analysis);
            0.5 * (f64::from(note.analysis.sustain_db) + plain)
        });
    let (sum, count) = levels.fold((0.0, 0), |s, level| (s.0 + level, s.1 + 1));
    (TARGET_DB - sum / f64::from(count.max(1))) as f32
}

fn sustain_power_db(analysis: &NoteAnalysis) -> f64 {
    let columns = analysis.sustain.clone();
    let count = columns.len().max(1) as f64;
    let power: f64 = columns
        .flat_map(|column| analysis.partials_at(column))
        .map(|&db| 10.0_f64.powf(f64::from(db) / 10.0) / 2.0)
        .sum();
    10.0 * (power / count).max(1e-16).log10()
}

/// The columns of a set of notes that are learnt from.
fn training_set(notes: &[CorpusNote]) -> Result<TrainingSet, TrainingSetError> {
    let partials = notes.first().map_or(0, |note| note.analysis.partials);
    let bands = notes.first().map_or(0, |note| note.analysis.noise_bands);
    let mut set = TrainingSet::new(partials, bands);
    let most = (MOST_COLUMNS_IN_ALL / notes.len().max(1)).clamp(16, MOST_COLUMNS);
    let mut levels = vec![0.0_f32; partials];
    let mut noise = vec![0.0_f32; bands];
    for note in notes {
        let analysis = &note.analysis;
        let count = analysis.sounding.len();
        let step = (count as f64 / most as f64).max(2.0);
        let mut place = 0.0;
        while (place as usize) < count {
            let column = analysis.sounding.start + place as usize;
            place += step;
            let loudness_db = analysis.loudness_db[column];
            for (level, db) in levels.iter_mut().zip(analysis.partials_at(column)) {
                *level = db - loudness_db;
            }
            continue_partials(&mut levels, analysis.f0_hz[column], analysis.band_limit_hz);
            noise.copy_from_slice(analysis.noise_at(column));
            continue_noise(&mut noise, analysis.band_limit_hz);
            set.push(&TrainingFrame {
                f0_hz: analysis.f0_hz[column],
                loudness_db,
                velocity: note.velocity,
                z: onset_z(analysis, column),
                partial_db: &levels,
                noise_db: &noise,
                band_limit_hz: f32::MAX,
            })?;
        }
    }
    Ok(set)
}

/// Attackness of a column.
pub(crate) fn onset_z(analysis: &NoteAnalysis, column: usize) -> f32 {
    let since = column as f64 - analysis.sounding.start as f64;
    attackness((since * analysis.hop_s()) as f32, 0.0)
}

fn ranges(notes: &[CorpusNote], set: &TrainingSet) -> Ranges {
    let pitches = notes.iter().map(playing::semitones);
    let (low, high) = pitches.fold((f64::MAX, f64::MIN), |s, p| (s.0.min(p), s.1.max(p)));
    let hz = |semitones: f64| (440.0 * ((semitones - 69.0) / 12.0).exp2()) as f32;
    let mut loudness = set.loudness_db.clone();
    loudness.sort_unstable_by(f32::total_cmp);
    let quantile = |q: f64| loudness[((loudness.len() - 1) as f64 * q).round() as usize];
    let [low_db, high_db] = LOUDNESS_QUANTILES.map(quantile);
    let velocities = notes.iter().map(|note| note.velocity);
    let (softest, loudest) = velocities.fold((1.0_f32, 0.0_f32), |s, v| (s.0.min(v), s.1.max(v)));
    Ranges {
        f0_lo_hz: hz(low - PITCH_MARGIN),
        f0_hi_hz: hz(high + PITCH_MARGIN),
        loudness_lo_db: low_db,
        loudness_hi_db: high_db.max(low_db + 1.0),
        loudness_centre_db: 0.5 * (low_db + high_db),
        velocity_lo: softest,
        velocity_hi: loudest,
    }
}

/// A-weighted power of the noise of every sounding column, measured and answered.
fn noise_levels(
    instrument: &Instrument,
    notes: &[CorpusNote],
) -> Result<Vec<NoiseLevels>, InstrumentError> {
    let mut answers = Answers::new(instrument)?;
    let shape = &instrument.network.shape;
    let mut partials = vec![0.0; shape.partials];
    let mut noise = vec![0.0; shape.noise_bands];
    let weights: Vec<f64> = crate::fit::band_centres_hz(shape.noise_bands)
        .iter()
        .map(|&f_hz| a_weighting::gain(f64::from(f_hz)).powi(2))
        .collect();
    let weighted_db = |powers: &mut dyn Iterator<Item = f64>| {
        let sum: f64 = powers
            .zip(&weights)
            .map(|(power, weight)| power * weight)
            .sum();
        (10.0 * sum.max(1e-20).log10()) as f32
    };
    // The table reaches 0.3 s from the onset.
    let mut levels = Vec::new();
    for note in notes {
        let analysis = &note.analysis;
        let mut of_note = NoiseLevels::default();
        let reach = (0.35 / analysis.hop_s()) as usize;
        for column in analysis.sounding.clone().take(reach) {
            let features = Features {
                f0_hz: analysis.f0_hz[column],
                loudness_db: analysis.loudness_db[column],
                velocity: note.velocity,
                z: onset_z(analysis, column),
            };
            answers.column(&features, &mut partials, &mut noise);
            let beyond_db =
                features.loudness_db - instrument.clamp_loudness_db(features.loudness_db);
            let measured = analysis.noise_at(column).iter();
            let mut measured = measured.map(|&db| 10.0_f64.powf(f64::from(db) / 10.0));
            of_note.measured_db.push(weighted_db(&mut measured));
            let mut predicted = noise.iter().map(|&power| f64::from(power));
            of_note
                .predicted_db
                .push(weighted_db(&mut predicted) + beyond_db);
        }
        levels.push(of_note);
    }
    Ok(levels)
}

fn metadata(
    corpus: &Corpus,
    settings: &TrainSettings,
    dynamics: &Dynamics,
    held_out: &[String],
) -> Metadata {
    let About {
        name,
        author,
        licence,
        source,
        programs,
        bank,
    } = settings.about.clone();
    let mut used: Vec<usize> = corpus.notes.iter().map(|note| note.file_index).collect();
    used.dedup();
    let hashes: Vec<String> = used
        .iter()
        .map(|&index| format!("{:08x}", corpus.files[index].hash))
        .collect();
    let fit = &settings.fit;
    let mut training: BTreeMap<String, String> = [
        ("seed", fit.seed.to_string()),
        ("steps", fit.steps.to_string()),
        ("batch", fit.batch.to_string()),
        ("learning_rate", fit.learning_rate.to_string()),
        ("weight_decay", fit.weight_decay.to_string()),
        ("noise_share", fit.noise_share.to_string()),
        (
            "pitch_jitter_semitones",
            fit.pitch_jitter_semitones.to_string(),
        ),
        ("loudness_jitter_db", fit.loudness_jitter_db.to_string()),
        ("recordings", used.len().to_string()),
        ("files", hashes.join(",")),
        ("gain_db", corpus.gain_db.to_string()),
        ("levelled", dynamics.levelled.to_string()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    if !held_out.is_empty() {
        training.insert("held_out".to_owned(), held_out.join(","));
    }
    let rates = corpus.notes.iter().map(|note| note.analysis.sample_rate_hz);
    let sample_rate_hz = rates.max().unwrap_or(44_100);
    Metadata {
        name,
        author,
        licence,
        source,
        synthetic: false,
        sample_rate_hz,
        hop: crate::analysis::hop_samples(sample_rate_hz) as u32,
        programs,
        bank,
        held_out: BTreeMap::new(),
        training,
        unknown: BTreeMap::new(),
    }
}
