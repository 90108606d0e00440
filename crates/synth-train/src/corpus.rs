//! The analysed notes of a folder of recordings.

use crate::analysis::NoteAnalysis;
use crate::loss::Loss;
use crate::recording::Recording;

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
    /// What was measured, levels already moved by the corpus' gain.
    pub analysis: NoteAnalysis,
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
    /// What was added to all levels, dB.
    pub gain_db: f32,
}

impl Corpus {
    /// Moves all levels so that `gain_db` is what has been added to them in all.
    pub fn set_gain_db(&mut self, gain_db: f32) {
        let by_db = gain_db - self.gain_db;
        self.gain_db = gain_db;
        for note in &mut self.notes {
            note.analysis.raise(by_db);
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
