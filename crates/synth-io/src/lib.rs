//! The outside world of the synthesizer: live audio out and MIDI in, MIDI files in, audio files in and
//! out.
//!
//! [`audio_device`] plays on the devices of the computer, [`midi_input`] hears its instruments;
//! [`midi_file::Song`] reads a Standard MIDI File into one list of messages with exact
//! times; [`audio_file::decode_audio`] reads a recording of any common kind;
//! [`audio_file::AudioWriter`] writes stereo audio beside its target and moves it there only when it is
//! complete, so that a failed render leaves nothing behind; [`read_file()`] reads a whole file of
//! bounded size, [`NewFile`] writes one in the same way; [`event_log`] keeps what was played live, to be
//! replayed.
//!
//! Nothing here is for the audio thread, for reading and writing do file I/O and allocate, but for what
//! [`audio_device`] and [`midi_input`] say of themselves.
//!
//! # Crate features
//! `jack`: output and MIDI through a JACK server. Building it needs libjack's headers and `pkg-config`; without it,
//! Linux needs those of libasound.
//!
//! ```
//! use synth_io::midi_file::{Song, SongOptions};
//! // One track: C4 for one quarter note, which lasts half a second at the default tempo.
//! let bytes = b"MThd\0\0\0\x06\0\0\0\x01\0\x60MTrk\0\0\0\x0c\0\x90\x3c\x64\x60\x80\x3c\0\0\xff\x2f\0";
//! let song = Song::from_bytes(bytes, &SongOptions::default())?;
//! assert_eq!(song.messages().len(), 2);
//! assert_eq!(song.end().sample_index(44_100), 22_050);
//! # Ok::<(), synth_io::midi_file::SongError>(())
//! ```
#![deny(unsafe_code)]

pub mod audio_device;
pub mod audio_file;
mod device;
pub mod event_log;
mod heap;
mod jack_clients;
pub mod midi_file;
pub mod midi_input;
mod new_file;
mod read_file;
mod stderr_guard;
mod suspension;

pub use heap::{give_back_free_memory, keep_heap_small};
pub use new_file::NewFile;
pub use read_file::{ReadError, read_file, read_stream};
pub use stderr_guard::StderrGuard;
pub use suspension::Suspension;
