//! The analysed notes of a folder of recordings.

use crate::analysis::{NoteAnalysis, analyse_note};
use crate::dynamics::Dynamics;
use crate::loss::Loss;
use crate::recording::{NameHints, Recording, find_notes};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where recordings come from. Names are sorted by whoever makes the source.
pub trait RecordingSource: Sync {
    /// What the recordings are called, in the order in which they are used.
    fn names(&self) -> &[String];

    /// Decodes recording `index`.
    ///
    /// # Errors
    /// What is wrong with the file and what to do, in words.
    fn load(&self, index: usize) -> Result<Recording, String>;
}

/// Who is told how work gets on; every method may be called from several threads at once.
pub trait Watcher: Sync {
    /// So many files of `total` are analysed.
    fn analysed(&self, done: usize, total: usize);
    /// Something about a file that its owner should know.
    fn warning(&self, file: &str, what: &str);
    /// The fit has made `step` of `steps` steps and has this loss.
    fn fitted(&self, step: usize, steps: usize, loss: Loss);
    /// Whether to give up.
    fn cancelled(&self) -> bool;
}

/// One channel of one note, ready to learn from.
#[derive(Clone, Debug, PartialEq)]
pub struct CorpusNote {
    /// Name of the recording it is in.
    pub file: String,
    /// Place of that recording in [`Corpus::files`].
    pub file_index: usize,
    /// Channel of the recording.
    pub channel: usize,
    /// Number of the note in the recording, from 0.
    pub index: usize,
    /// The nearest MIDI key to the measured pitch.
    pub key: u8,
    /// What the recording says of the dynamic ("p", "mf", ...), or empty.
    pub dynamic: String,
    /// Take, round robin or variant, or empty.
    pub take: String,
    /// Velocity that plays it, 0..=1.
    pub velocity: f32,
    /// What has been added to the note's levels, dB: see [`Corpus::set_levels`].
    pub gain_db: f32,
    /// What was measured, levels already moved by `gain_db`.
    pub analysis: NoteAnalysis,
}

impl CorpusNote {
    /// Moves all levels so that `gain_db` is what has been added to them in all.
    pub fn set_gain_db(&mut self, gain_db: f32) {
        self.analysis.raise(gain_db - self.gain_db);
        self.gain_db = gain_db;
    }
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct FileOutcome {
    /// Its name.
    pub name: String,
    /// Hash of its samples: the same recording is known again under another name or in another
    /// lossless container. 0 where it could not be read.
    pub hash: u32,
    /// Seconds of audio.
    pub seconds: f64,
    /// Notes that are used.
    pub notes: usize,
    /// Why none is.
    pub problem: Option<String>,
}

/// Recordings, analysed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Corpus {
    /// Every channel of every note, in the order of the files.
    pub notes: Vec<CorpusNote>,
    /// Every file, used or not.
    pub files: Vec<FileOutcome>,
    /// What was added to all levels, dB; a note's own may be more or less.
    pub gain_db: f32,
}

impl Corpus {
    /// Moves all levels so that `gain_db` is what has been added to them in all, and, where
    /// recordings were brought to one level, what [`dynamics`](Dynamics::modelled_db) has for
    /// each note's velocity: so that soft notes are learnt at the loudness at which they will be
    /// played.
    pub fn set_levels(&mut self, gain_db: f32, dynamics: &Dynamics) {
        self.gain_db = gain_db;
        for note in &mut self.notes {
            note.set_gain_db(gain_db + dynamics.modelled_db(note.velocity));
        }
    }

    /// The levels as recorded.
    pub fn reset_levels(&mut self) {
        self.gain_db = 0.0;
        for note in &mut self.notes {
            note.set_gain_db(0.0);
        }
    }

    /// The distinct keys, rising.
    #[must_use]
    pub fn keys(&self) -> Vec<u8> {
        let mut keys: Vec<u8> = self.notes.iter().map(|note| note.key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

/// The keys that are held out of distinct, rising `keys`: the third from the bottom and every fourth
/// after it, but never the highest, so that what is asked of an instrument always lies between
/// recorded pitches.
#[must_use]
pub fn held_out_keys(keys: &[u8]) -> Vec<u8> {
    let interior = keys.split_last().map_or(keys, |(_, rest)| rest);
    interior.iter().copied().skip(2).step_by(4).collect()
}

/// The nearest MIDI key to a frequency, 0..=127.
#[must_use]
pub fn nearest_key(f0_hz: f64) -> u8 {
    (69.0 + 12.0 * (f0_hz / 440.0).log2())
        .round()
        .clamp(0.0, 127.0) as u8
}

struct Analysed {
    outcome: FileOutcome,
    notes: Vec<CorpusNote>,
}

/// Analyses all recordings of a source on `threads` threads. A file that cannot be used is reported
/// to the watcher and left out. `None` when the watcher gave up.
///
/// The answer does not depend on the number of threads. Velocities come from the names alone, else
/// they are 0; levels are as recorded.
#[must_use]
pub fn analyse_corpus(
    source: &dyn RecordingSource,
    threads: usize,
    watcher: &dyn Watcher,
) -> Option<Corpus> {
    let names = source.names();
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let slots: Vec<Mutex<Option<Analysed>>> = names.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, names.len().max(1)) {
            scope.spawn(|| {
                while !watcher.cancelled() {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(name) = names.get(index) else { break };
                    let analysed = analyse_file(source, index, name, watcher);
                    if let Ok(mut slot) = slots[index].lock() {
                        *slot = Some(analysed);
                    }
                    watcher.analysed(done.fetch_add(1, Ordering::Relaxed) + 1, names.len());
                }
            });
        }
    });
    let mut corpus = Corpus::default();
    for slot in slots {
        let Analysed { outcome, mut notes } = slot.into_inner().ok().flatten()?;
        for note in &mut notes {
            note.file_index = corpus.files.len();
        }
        corpus.files.push(outcome);
        corpus.notes.append(&mut notes);
    }
    Some(corpus)
}

fn analyse_file(
    source: &dyn RecordingSource,
    index: usize,
    name: &str,
    watcher: &dyn Watcher,
) -> Analysed {
    let mut outcome = FileOutcome {
        name: name.to_owned(),
        hash: 0,
        seconds: 0.0,
        notes: 0,
        problem: None,
    };
    let result = source
        .load(index)
        .and_then(|recording| analyse_recording(&recording, &mut outcome, watcher));
    let notes = result.unwrap_or_else(|problem| {
        watcher.warning(name, &format!("{problem}; left out"));
        outcome.problem = Some(problem);
        Vec::new()
    });
    outcome.notes = notes.iter().filter(|note| note.channel == 0).count();
    Analysed { outcome, notes }
}

fn analyse_recording(
    recording: &Recording,
    outcome: &mut FileOutcome,
    watcher: &dyn Watcher,
) -> Result<Vec<CorpusNote>, String> {
    let samples = recording.channels.first().map_or(0, Vec::len);
    outcome.seconds = samples as f64 / f64::from(recording.sample_rate_hz.max(1));
    outcome.hash = hash(recording);
    let hints = NameHints::from_name(&recording.name);
    let findings = find_notes(recording, &hints).map_err(|problem| problem.to_string())?;
    for warning in &findings.warnings {
        watcher.warning(&recording.name, warning);
    }
    let channels = distinct_channels(&recording.channels);
    let mut notes = Vec::new();
    for (index, found) in findings.notes.iter().enumerate() {
        for &channel in &channels {
            let samples = &recording.channels[channel];
            let analysis = match analyse_note(samples, recording.sample_rate_hz, found) {
                Ok(analysis) => analysis,
                Err(problem) => {
                    let at_s = found.start as f64 / f64::from(recording.sample_rate_hz);
                    let what = format!("the note at {at_s:.1} s is left out: {problem}");
                    watcher.warning(&recording.name, &what);
                    continue;
                }
            };
            if analysis.residual_db > MOST_RESIDUAL_DB {
                let at_s = found.start as f64 / f64::from(recording.sample_rate_hz);
                watcher.warning(
                    &recording.name,
                    &format!(
                        "what sounds at {at_s:.1} s is left out: most of it is no single tone \
                         (a chord, noise, or another sound over it)"
                    ),
                );
                continue;
            }
            notes.push(CorpusNote {
                file: recording.name.clone(),
                file_index: 0,
                channel,
                index,
                key: nearest_key(found.f0_hz),
                dynamic: hints.dynamic.map_or("", |d| d.name()).to_owned(),
                take: hints.take.clone().unwrap_or_default(),
                velocity: hints.dynamic.map_or(0.0, |d| d.velocity()),
                gain_db: 0.0,
                analysis,
            });
        }
    }
    if notes.is_empty() {
        return Err("no note in it can be used".to_owned());
    }
    Ok(notes)
}

/// Notes of which the partials explain less are left out, dB re the note.
const MOST_RESIDUAL_DB: f32 = -5.0;
/// Channels of a recording that are learnt from.
const MOST_CHANNELS: usize = 2;

/// The first channels that hold anything of their own.
fn distinct_channels(channels: &[Vec<f32>]) -> Vec<usize> {
    let power = |x: &[f32]| x.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>();
    let loudest = channels.iter().map(|x| power(x)).fold(0.0, f64::max);
    let mut kept: Vec<usize> = Vec::new();
    for (index, channel) in channels.iter().enumerate() {
        let own = power(channel) > 1e-3 * loudest;
        let copy = kept.iter().any(|&k| channels[k] == *channel);
        if own && !copy && kept.len() < MOST_CHANNELS {
            kept.push(index);
        }
    }
    kept
}

/// FNV-1a (Fowler, Noll, Vo; 64 bits, folded to 32) over the rate and the samples rounded to 16
/// bits.
fn hash(recording: &Recording) -> u32 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |bytes: &[u8]| {
        for &byte in bytes {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    eat(&recording.sample_rate_hz.to_le_bytes());
    for sample in recording.channels.iter().flatten() {
        eat(&((sample * 32_768.0).round() as i16).to_le_bytes());
    }
    (state ^ (state >> 32)) as u32
}
