//! Standard MIDI Files: formats 0, 1 and 2, tempo maps, running status, SMPTE time, and files with
//! damaged parts.
//!
//! Format and defaults follow the *Standard MIDI Files 1.0* specification (RP-001, MIDI
//! Association): 120 quarter notes a minute until a tempo event says otherwise, tempo events of
//! every track apply to all, except that each pattern of format 2 has its own.

mod chunks;
mod cut;
mod damage;
mod error;
mod event;
mod facts;
mod length;
mod merge;
mod message;
mod notes;
mod plausibility;
mod repair;
mod song;
mod status_run;
mod tempo;
mod text;
mod time;
mod track;
mod warnings;
mod wrapper;

pub use error::SongError;
pub use facts::{
    ChannelFacts, KeySignature, SongFacts, TempoChange, Text, TextKind, TimeSignature, TrackFacts,
};
pub use length::SongOptions;
pub use message::{Message, SongMessage};
pub use song::Song;
pub use tempo::{Division, Tempo};
pub use time::SongTime;
