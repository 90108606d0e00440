//! What can be wrong with a MIDI file.

use crate::ReadError;

/// Why a MIDI file cannot be played. The message says where and what to do, but not which file:
/// the caller knows its name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SongError {
    /// The file's bytes could not be had.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// More bytes than any piece of music needs.
    #[error("larger than {limit_mib} MiB, which no MIDI file is; check that it is the right file")]
    TooLarge {
        /// The most that is read, in MiB.
        limit_mib: u64,
    },
    /// Zero bytes.
    #[error("the file is empty; get it again or export the piece again as a Standard MIDI File")]
    Empty,
    /// No header of a MIDI file.
    #[error(
        "not a MIDI file (it begins with {found}, a MIDI file with \"MThd\"); export the piece as a \
         Standard MIDI File"
    )]
    NotMidi {
        /// The first bytes, printable.
        found: String,
    },
    /// The file ends before its first track.
    #[error("truncated at byte {byte}: {detail}; get a complete copy of the file")]
    Truncated {
        /// Offset in the file, from 0.
        byte: usize,
        /// What is missing.
        detail: String,
    },
    /// No track chunk at all.
    #[error("the file holds no tracks; export the piece again with at least one track of notes")]
    NoTracks,
    /// Tracks, but nothing to play in them.
    #[error(
        "none of its {tracks} track(s) holds a note, so there is nothing to play; check that it is \
         the right file"
    )]
    NoNotes {
        /// How many tracks there are.
        tracks: usize,
    },
    /// So much is damaged that no note is left.
    #[error("no note of it can be read ({damage}); get an intact copy or export the piece again")]
    Damaged {
        /// The first damage.
        damage: String,
    },
    /// The piece would last longer than what was asked for.
    #[error(
        "the piece would last {length}{cause}; the longest that is read is {limit}, so get an \
         intact copy or, if it is meant to be that long, allow more"
    )]
    TooLong {
        /// How long, in words.
        length: String,
        /// What is allowed, in words.
        limit: String,
        /// The one delta time that does it, or nothing.
        cause: String,
    },
    /// A tempo that the piece cannot be played at.
    #[error("{detail}")]
    Tempo {
        /// What cannot be done and what can.
        detail: String,
    },
}
