//! How an instrument compares with recordings of pitches that it was not trained on.
//!
//! Every figure is defined once in the project's facts on metrics; the functions here name what they
//! compute. All are computed on the corpus' analyses and on the recordings' own samples.

mod brightness;
mod columns;
mod dynamics;
mod envelope;
mod figures;
mod half_precision;
mod mean_spectrum;
mod neighbours;
mod note;
mod pitch;
mod player;
mod resynthesis;
mod stft;
mod takes;

pub use brightness::Brightness;
pub use dynamics::{DynamicError, LoudAgainstSoft};
pub use envelope::EnvelopeErrors;
pub use figures::Evaluated;
pub use half_precision::HalfPrecision;
pub use note::{NoteFigures, SpectralErrors};
pub use resynthesis::{resynthesise, resynthesise_analysis};
pub use stft::Stft;

use crate::analysis::without_rumble;
use crate::corpus::{Corpus, CorpusNote, FileOutcome, RecordingSource, held_out_keys};
use crate::dynamics::Dynamics;
use mean_spectrum::MeanSpectrum;
use neighbours::Split;
use note::{Bench, NoteResult, stretch};
use player::Player;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use synth_dsp::filtered_noise::NOISE_BANDS;
use synth_model::{Instrument, InstrumentError};
use thiserror::Error;

/// Why an instrument cannot be evaluated.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// The instrument itself is not valid.
    #[error(transparent)]
    Instrument(#[from] InstrumentError),
    /// Nothing can be held out.
    #[error(
        "the recordings hold {0} different pitches, but at least 4 are needed to hold one out; record more pitches"
    )]
    TooFewPitches(usize),
    /// None of the held-out notes could be compared.
    #[error("none of the held-out recordings could be compared: {0}")]
    NothingLeft(String),
    /// The network's answers are not finite.
    #[error("the instrument's answers for {0} are not finite; train it again")]
    NotFinite(String),
    /// The analysis has another number of noise bands than the synth.
    #[error("the analysis has {0} noise bands, the synth {NOISE_BANDS}")]
    NoiseBands(usize),
}

/// Compares an instrument with the notes of a corpus whose keys are held out
/// ([`held_out_keys`]). Levels and velocities of the corpus are brought to those that the instrument
/// was trained with; `source` gives the same recordings as they are.
///
/// The figures are the same for any number of threads.
///
/// # Errors
/// [`EvaluationError`] when the instrument or the notes cannot be used.
pub fn evaluate_instrument(
    instrument: &Instrument,
    corpus: &mut Corpus,
    source: &dyn RecordingSource,
    threads: usize,
) -> Result<Evaluated, EvaluationError> {
    as_trained(instrument, corpus);
    let notes = &corpus.notes;
    let keys = corpus.keys();
    let split = Split::new(notes, &held_out_keys(&keys));
    if let Some(odd) = notes.iter().find(|n| n.analysis.noise_bands != NOISE_BANDS) {
        return Err(EvaluationError::NoiseBands(odd.analysis.noise_bands));
    }
    let means = in_order(threads, split.training.len(), |index| {
        MeanSpectrum::of(&split.training[index].analysis)
    });
    let average = MeanSpectrum::mean(&means);
    let Some(average) = average.filter(|_| !split.held_out.is_empty()) else {
        return Err(EvaluationError::TooFewPitches(keys.len()));
    };
    let bench = Bench {
        instrument,
        player: Player::new(instrument)?,
        split: &split,
        means,
        average,
    };
    let compared = in_order(threads, split.held_out.len(), |index| {
        let note = split.held_out[index];
        let real = real_samples(note, source).map_err(Left::Out)?;
        bench.evaluate(note, &real).ok_or(Left::NotFinite)
    });

    let mut results: Vec<NoteResult> = Vec::new();
    let mut left_out: Vec<(String, String)> = Vec::new();
    for (note, result) in split.held_out.iter().zip(compared) {
        match result {
            Ok(result) => results.push(result),
            Err(Left::Out(why)) => left_out.push((note.file.clone(), why)),
            Err(Left::NotFinite) => return Err(EvaluationError::NotFinite(note.file.clone())),
        }
    }
    if results.is_empty() {
        let why = left_out.first();
        let why = why.map_or_else(String::new, |(file, why)| format!("{file}: {why}"));
        return Err(EvaluationError::NothingLeft(why));
    }
    left_out.dedup();
    Ok(Evaluated {
        take_spread_db: takes::take_spread_db(&split.held_out),
        held_out_figures: is_new_to(instrument, &corpus.files, &split.held_out),
        levelled: instrument
            .metadata
            .training
            .get("levelled")
            .map(String::as_str)
            == Some("true"),
        left_out,
        ..Evaluated::over(results)
    })
}

/// Gives a corpus the levels and velocities of the instrument's training, as
/// [`crate::train::train_corpus`] does it. An instrument that does not name its gain is taken as trained on
/// the recordings as they are.
fn as_trained(instrument: &Instrument, corpus: &mut Corpus) {
    let training = &instrument.metadata.training;
    corpus.reset_levels();
    let mut dynamics = match training.contains_key("held_out") {
        true => {
            let held_out = held_out_keys(&corpus.keys());
            let learnt = |note: &&CorpusNote| !held_out.contains(&note.key);
            let learnt: Vec<CorpusNote> = corpus.notes.iter().filter(learnt).cloned().collect();
            Dynamics::of(&learnt)
        }
        false => Dynamics::of(&corpus.notes),
    };
    if let Some(levelled) = training.get("levelled") {
        dynamics.levelled = levelled == "true";
    }
    for note in &mut corpus.notes {
        note.velocity = dynamics.velocity(note);
    }
    let gain_db = training.get("gain_db").and_then(|db| db.parse().ok());
    let gain_db = gain_db.filter(|db: &f32| db.is_finite()).unwrap_or(0.0);
    corpus.set_levels(gain_db, &dynamics);
}

/// Why a note has no figures.
enum Left {
    Out(String),
    NotFinite,
}

/// The samples of its recording that a note's analysis covers, as much louder as the note's levels, and without the
/// offset and the rumble below 12 Hz that the analysis leaves out too.
///
/// # Errors
/// What is wrong with the recording.
pub fn real_samples(note: &CorpusNote, source: &dyn RecordingSource) -> Result<Vec<f32>, String> {
    const CHANGED: &str = "the recording has changed since it was analysed";
    let index = source.names().iter().position(|name| *name == note.file);
    let recording = source.load(index.ok_or(CHANGED)?)?;
    let samples = recording.channels.get(note.channel);
    let samples = samples.ok_or(CHANGED)?;
    let covered = &samples[stretch(&note.analysis, samples.len())];
    if covered.is_empty() {
        return Err(CHANGED.to_owned());
    }
    let gain = 10f32.powf(note.gain_db / 20.0);
    let mut samples = without_rumble(covered, f64::from(recording.sample_rate_hz));
    samples.iter_mut().for_each(|sample| *sample *= gain);
    Ok(samples)
}

/// Whether an instrument was trained on none of these recordings, by the hashes that its file names.
fn is_new_to(instrument: &Instrument, files: &[FileOutcome], notes: &[&CorpusNote]) -> bool {
    let Some(trained_on) = instrument.metadata.training.get("files") else {
        return instrument.metadata.synthetic;
    };
    let trained_on: BTreeSet<&str> = trained_on.split(',').map(str::trim).collect();
    notes.iter().all(|note| {
        let hash = files.get(note.file_index).map(|file| file.hash);
        hash.is_some_and(|hash| !trained_on.contains(format!("{hash:08x}").as_str()))
    })
}

/// `work(0)..work(count - 1)`, shared among threads, in order.
fn in_order<T: Send>(threads: usize, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(count));
    let run = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                break;
            }
            let result = work(index);
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((index, result));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.clamp(1, count.max(1)) {
            // Where the system gives no more threads, those there are do the rest.
            if std::thread::Builder::new()
                .spawn_scoped(scope, run)
                .is_err()
            {
                break;
            }
        }
        run();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
