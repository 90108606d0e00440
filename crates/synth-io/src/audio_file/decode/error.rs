//! Why a recording was not decoded.

use std::io;

use crate::audio_file::AudioError;

/// Why a recording was not decoded. The message says what to do, but not which file: the caller
/// knows its name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The path is a directory.
    #[error("is a directory; name a file in it")]
    IsDirectory,
    /// The operating system did not let the file be read.
    #[error("cannot be read ({0}); check that it exists and may be read")]
    Unreadable(io::Error),
    /// There is not one byte.
    #[error("is empty; record or copy it again")]
    Empty,
    /// The bytes are of no kind that is read here.
    #[error("is {what}; name a WAV, FLAC, AIFF, MP3 or Ogg Vorbis file or convert it to one")]
    NotAudio {
        /// What they seem to be, with its article.
        what: &'static str,
    },
    /// A kind of audio that is not read here.
    #[error("holds {what}, which is not read here; convert it to WAV or FLAC")]
    Unsupported {
        /// What it holds.
        what: String,
    },
    /// The bytes break their own format so that nothing can be read.
    #[error("is damaged ({what}); record or copy it again")]
    Damaged {
        /// What is wrong.
        what: String,
    },
    /// The file is sound as far as can be seen, but there is no sample in it.
    #[error("holds no sound; record or copy it again")]
    NoSamples,
}

impl From<AudioError> for DecodeError {
    fn from(error: AudioError) -> Self {
        match error {
            AudioError::IsDirectory => Self::IsDirectory,
            AudioError::Unreadable(error) => Self::Unreadable(error),
            AudioError::Unsupported { what } => Self::Unsupported { what },
            AudioError::Damaged { at, what } => Self::Damaged {
                what: format!("at byte {at}: {what}"),
            },
            other => Self::Damaged {
                what: other.to_string(),
            },
        }
    }
}
