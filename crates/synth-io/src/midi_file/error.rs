//! What can be wrong with a MIDI file.

use std::io;

/// Why a MIDI file cannot be played. The message says where and what to do, but not which file:
/// the caller knows its name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SongError {
    /// The operating system would not give the file's bytes.
    #[error("cannot be read ({0}); check the name and its permissions")]
    Read(#[from] io::Error),
    /// More bytes than any piece of music needs.
    #[error("larger than {limit_mib} MiB, which no MIDI file is; check that it is the right file")]
    TooLarge {
        /// The most that is read, in MiB.
        limit_mib: u64,
    },
    /// Zero bytes.
    #[error("the file is empty; get it again or export the piece again as a Standard MIDI File")]
    Empty,
    /// The first bytes are not those of a MIDI file.
    #[error(
        "not a MIDI file (it begins with {found}, a MIDI file with \"MThd\"); export the piece as a \
         Standard MIDI File"
    )]
    NotMidi {
        /// The first bytes, printable.
        found: String,
    },
    /// The file ends before what it announces.
    #[error("truncated at byte {byte}: {detail}; get a complete copy of the file")]
    Truncated {
        /// Offset in the file, from 0.
        byte: usize,
        /// What is missing.
        detail: String,
    },
    /// Bytes that no MIDI file may hold.
    #[error("damaged at byte {byte}: {detail}; get an intact copy or export the piece again")]
    Damaged {
        /// Offset in the file, from 0.
        byte: usize,
        /// What was found.
        detail: String,
    },
    /// A kind of MIDI file that is not one piece of music.
    #[error("{detail}; export the piece as a MIDI file of format 0 or 1")]
    Unsupported {
        /// What kind it is.
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
    /// The piece would last longer than any real one.
    #[error(
        "the piece would last {days} days (the longest that is read is {limit_days}), so its delta \
         times are damaged; get an intact copy"
    )]
    TooLong {
        /// Days it would last.
        days: u64,
        /// Days that are allowed.
        limit_days: u64,
    },
    /// Notes that no later message ends.
    #[error(
        "{count} note(s) never end, the first is key {key} on channel {channel} at {at_s:.3} s; fix \
         the file, or render with --end-notes to end such notes with the piece"
    )]
    NotesNeverEnd {
        /// How many notes.
        count: usize,
        /// The first one's channel, 1 to 16 as musicians count.
        channel: u8,
        /// The first one's key, 0 to 127.
        key: u8,
        /// When the first one begins, in seconds.
        at_s: f64,
    },
}
