//! A batch of columns on its way to the worker and back.

use synth_model::{Features, RunError};

/// Which column an answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ColumnKey {
    /// The voice's slot...
    pub(crate) slot: u32,
    /// ...and how often that slot has asked anew: answers of an earlier time are nobody's any more.
    pub(crate) generation: u32,
    /// The voice's control frame.
    pub(crate) frame: u64,
}

/// Columns of one instrument, asked together.
#[derive(Debug)]
pub(crate) struct Job {
    /// The instrument's index in its set.
    pub(crate) instrument: u32,
    /// Columns in use, at most `keys.len()`.
    pub(crate) columns: usize,
    pub(crate) keys: Box<[ColumnKey]>,
    /// What each column asks, normalised and rounded to FP16.
    pub(crate) features: Box<[[f32; Features::COUNT]]>,
    /// Answers, column by column: `[column][row]`, so that one answer lies in one piece.
    pub(crate) answers: Box<[f32]>,
    /// Rows of an answer.
    pub(crate) rows: usize,
    pub(crate) outcome: Outcome,
}

impl Job {
    /// A job with room for `columns` columns whose answers have at most `rows` rows.
    pub(super) fn new(columns: usize, rows: usize) -> Self {
        Self {
            instrument: 0,
            columns: 0,
            keys: vec![ColumnKey::default(); columns].into(),
            features: vec![[0.0; Features::COUNT]; columns].into(),
            answers: vec![0.0; columns * rows].into(),
            rows: 0,
            outcome: Outcome::Asked,
        }
    }
}

/// What became of a job.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Outcome {
    /// Nothing yet.
    Asked,
    /// Every answer passed its check.
    Answered,
    /// No answer is to be used.
    Failed(Fault),
}

/// Why answers are not to be used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    /// The device refused or failed.
    Run(RunError),
    /// An answer is not finite.
    NotFinite,
    /// An answer is not what the CPU answers, within what FP16 may lose.
    Wrong,
    /// The kernel panicked.
    Died,
}
