//! Audio files: stereo WAV and FLAC out; WAV, FLAC, AIFF, MP3 and Ogg Vorbis in.
//!
//! [`decode_audio`] reads a whole recording of any of these kinds, [`AudioDecoder`] the same block by
//! block; [`AudioReader`] is for WAV alone and knows all about how it is stored. [`Recording`] writes what
//! ends nobody knows when.
//!
//! Full scale is 1.0. Integers are `round(sample * 2^(bits-1))`, clamped to their range, without
//! dither: equal input gives equal bytes, and a renderer's tests rely on that.

mod decode;
mod error;
mod flac;
mod format;
pub(crate) mod place;
mod quantizer;
mod reader;
mod recording;
mod spool;
mod unfinished;
mod wav;
mod wav_chunks;
mod writer;

pub use decode::{
    AudioDecoder, AudioKind, AudioSource, DecodeError, DecodedAudio, decode_audio, decode_source,
    has_audio_extension,
};
pub use error::AudioError;
pub use format::{AudioFormat, Container, SampleFormat};
pub use reader::{AudioReader, AudioSpec};
pub use recording::Recording;
pub use spool::Spool;
pub use unfinished::remove_unfinished_files;
pub use writer::{AudioWriter, CompleteAudio};
