//! Why audio was not written or read.

use std::io;
use std::path::PathBuf;

/// Why audio was not written or read. The message says what to do, but not which file: the caller
/// knows its name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// The path has no file name.
    #[error("no file name; name a file to write")]
    NoName,
    /// The path is a directory.
    #[error("is a directory; name a file in it")]
    IsDirectory,
    /// The path is a device, pipe or the like, which cannot be replaced by a file.
    #[error("is not a regular file; name a file to write")]
    NotAFile,
    /// The path is the file that is being read.
    #[error("is the input file itself; choose another name for the output")]
    IsInput,
    /// The file exists and may not be changed.
    #[error("exists and is write-protected; remove it or choose another name")]
    WriteProtected,
    /// The directory does not exist.
    #[error("the directory {} does not exist; create it or choose another place", .0.display())]
    NoDirectory(PathBuf),
    /// A chain of symbolic links that leads nowhere.
    #[error("is a symbolic link that leads in a circle; remove it or choose another name")]
    LinkLoop,
    /// More data than a WAV file can hold.
    #[error(
        "{mib} MiB of audio do not fit in a WAV file (4096 MiB at most); write FLAC, or lower the \
         bits or the sample rate"
    )]
    TooLong {
        /// Size it would have.
        mib: u64,
    },
    /// More frames than a FLAC file can count.
    #[error("FLAC counts at most 2^36 - 1 sample frames; lower the sample rate or write less")]
    TooLongForFlac,
    /// FLAC has no floating-point samples.
    #[error("FLAC holds integers: choose 16 or 24 bits")]
    FlacOfFloats,
    /// A sample rate that FLAC has no number for.
    #[error("FLAC holds sample rates of 1 to 1048575 Hz; choose another rate")]
    FlacRate,
    /// Less or more audio came than was announced.
    #[error("the audio is not as long as was announced; please report this as a bug")]
    NotAsAnnounced,
    /// The disk or the user's share of it is full.
    #[error("there is no room left on the disk; free some space or choose another place")]
    DiskFull,
    /// Whoever reads the output is gone.
    #[error("the program that reads the output has closed it; see why it ended")]
    OutputClosed,
    /// The operating system refused.
    #[error("cannot be written ({0}); check the place's permissions and free space")]
    Io(io::Error),
    /// No room for a [`Spool`](super::Spool).
    #[error(
        "no room for the intermediate data ({mib} MiB so far) {place}; free some space or choose \
         another place"
    )]
    SpoolFull {
        /// Where it was.
        place: &'static str,
        /// Size that it had.
        mib: u64,
    },
    /// The operating system refused a [`Spool`](super::Spool).
    #[error(
        "the intermediate data {place} failed ({error}); check that place's permissions or choose \
         another"
    )]
    Spool {
        /// Where it was.
        place: &'static str,
        /// What it said.
        error: io::Error,
    },
    /// The operating system did not let the file be read.
    #[error("cannot be read ({0}); check that it exists and may be read")]
    Unreadable(io::Error),
    /// The bytes are no audio that is known here.
    #[error("is not a WAV file; name one")]
    NotAudio,
    /// The bytes break their own format.
    #[error("is damaged at byte {at}: {what}; get it afresh")]
    Damaged {
        /// Where, from the beginning of the file.
        at: u64,
        /// What is wrong there.
        what: String,
    },
    /// A kind of audio that is not read here.
    #[error("holds {what}, which is not read here; convert it to 16, 24 or 32-bit WAV")]
    Unsupported {
        /// What it holds.
        what: String,
    },
}

impl From<io::Error> for AudioError {
    /// What a failed write means.
    fn from(error: io::Error) -> Self {
        if is_full(&error) {
            return Self::DiskFull;
        }
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::Io(error),
        }
    }
}

/// Whether there was no room.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}
