//! Audio files: stereo WAV and FLAC out, any WAV in.
//!
//! Full scale is 1.0. Integers are `round(sample * 2^(bits-1))`, clamped to their range, without
//! dither: equal input gives equal bytes, and a renderer's tests rely on that.

mod error;
mod flac;
mod format;
mod place;
mod quantizer;
mod reader;
mod spool;
mod unfinished;
mod wav;
mod wav_chunks;
mod writer;

pub use error::AudioError;
pub use format::{AudioFormat, Container, SampleFormat};
pub use reader::{AudioReader, AudioSpec};
pub use spool::Spool;
pub use unfinished::remove_unfinished_files;
pub use writer::{AudioWriter, CompleteAudio};
