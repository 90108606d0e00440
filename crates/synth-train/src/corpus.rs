//! The analysed notes of a folder.

use crate::analysis::NoteAnalysis;

/// One channel of one note, ready to learn from.
#[derive(Clone, Debug, PartialEq)]
pub struct CorpusNote {
    /// Name of the recording it is in.
    pub file: String,
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
