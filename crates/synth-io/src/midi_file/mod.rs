//! Standard MIDI Files: formats 0 and 1, tempo maps, running status, SMPTE time.
//!
//! Format and defaults follow the *Standard MIDI Files 1.0* specification (RP-001, MIDI
//! Association): 120 quarter notes a minute until a tempo event says otherwise, tempo events of
//! every track apply to all.

mod chunks;
mod error;
mod notes;
mod song;
mod tempo;
mod track;

pub use error::SongError;
pub use notes::UnendedNotes;
pub use song::{Song, SongMessage};
pub use tempo::SongTime;
