//! Audio of any common kind in: whole recordings, or block by block.

mod collect;
mod decoder;
mod error;
mod guard;
mod id3;
mod kind;
mod source;

pub use collect::{DecodedAudio, decode_audio, decode_source};
pub use decoder::AudioDecoder;
pub use error::DecodeError;
pub use kind::{AudioKind, has_audio_extension};
pub use source::AudioSource;
