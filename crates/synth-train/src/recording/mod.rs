//! Recordings as they come in: decoded audio, what its name says, the notes found in it.

mod find;
mod hints;
mod left_out;
mod level;
mod listening;
mod moving;
mod name;
mod note;
mod periodicity;
mod problem;
mod spectrum;
mod split;
mod steady;
mod tracker;

pub use find::{Findings, find_notes};
pub use hints::{Dynamic, NameHints};
pub use note::{FoundNote, PitchKnot};
pub use problem::RecordingProblem;

/// One decoded audio file.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Path relative to the folder of recordings, parts joined by `/`: what messages call it.
    pub name: String,
    /// Samples a second.
    pub sample_rate_hz: u32,
    /// One vector of samples a channel, all of one length; full scale is 1.
    pub channels: Vec<Vec<f32>>,
}
